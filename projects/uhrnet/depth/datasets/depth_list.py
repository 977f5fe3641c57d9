"""Data sets of depth that are given by published lists."""

import math
import os.path as osp

from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from uhrnet.data_files import check_inside, read_file
from uhrnet.errors import DataError

# In place of a depth map, of images without ground truth.
NO_DEPTH = 'None'


class DepthListDataset(BaseSegDataset):
    """Images and depth maps of a list: image, depth map, focal length.

    The form of the lists that BTS (arXiv 1907.10326) published, and others
    since, with blanks between. Lines whose depth map is ``None`` are left
    out. The focal length may be missing.

    Args:
        ann_file: The list.
        data_prefix: ``img_path`` and ``depth_map_path``, folders that its
            names are relative to.
        **kwargs: As for ``BaseSegDataset``.

    Attributes:
        without_depth: How many lines have been left out.

    Raises:
        DataError: If the list is missing, empty, a line has another form, or
            names a file outside of the folder.
    """

    METAINFO = dict(classes=('depth',), palette=[[0, 0, 0]])

    def __init__(
        self,
        ann_file: str,
        data_prefix: dict | None = None,
        **kwargs: object,
    ) -> None:
        self.without_depth = 0
        super().__init__(
            ann_file=ann_file,
            data_prefix=data_prefix or dict(img_path='', depth_map_path=''),
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """Return the paths of each line that has a depth map."""
        check_prefix(self.data_prefix)
        lines = read_list(self.ann_file, self.backend_args)
        samples = []
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if not words:
                continue
            if len(words) not in (2, 3) or not _is_focal(words[2:]):
                raise DataError(
                    f'{self.ann_file}, line {number}: {line!r:.200} is not an '
                    'image, a depth map and a focal length'
                )
            if words[1] == NO_DEPTH:
                self.without_depth += 1
                continue
            # Some lists begin their paths with a slash.
            names = [name.lstrip('/') for name in words[:2]]
            for name in names:
                check_inside(name, f'{self.ann_file}, line {number},')
            samples.append(self._sample(*names, *words[2:]))
        if not samples:
            raise DataError(f'{self.ann_file} names no image with depth')
        check_out_names(samples, self.ann_file)
        return samples

    def _sample(self, image: str, depth: str, focal: str = 'nan') -> dict:
        prefix = self.data_prefix
        return dict(
            img_path=osp.join(prefix.get('img_path', ''), image),
            depth_map_path=osp.join(prefix.get('depth_map_path', ''), depth),
            out_name=out_name(image),
            focal=float(focal),
            seg_fields=[],
            reduce_zero_label=False,
        )


def check_prefix(data_prefix: dict) -> None:
    """Refuse a folder by another name, which would be passed over."""
    unknown = sorted({*data_prefix} - {'img_path', 'depth_map_path'})
    if unknown:
        raise DataError(
            f'data_prefix has img_path and depth_map_path, not {unknown[0]!r}'
        )


def read_list(path: str, backend_args: dict | None = None) -> list[str]:
    """Return the lines of a list of images."""
    try:
        return read_file(path, backend_args).decode().splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f'{path} is not a list of images: {error}') from error
    except DataError as error:
        raise DataError(
            f'{path}, a list of images and depth maps, cannot be used: '
            f'{error} docs/datasets.md says where it comes from.'
        ) from error


def check_out_names(samples: list[dict], source: str) -> None:
    """Refuse images of which one would be saved over another."""
    seen = {}
    for sample in samples:
        path = seen.setdefault(sample['out_name'], sample['img_path'])
        if path != sample['img_path']:
            raise DataError(
                f'{source}: {path} and {sample["img_path"]} would both be '
                f'saved as {sample["out_name"]}: rename one of them'
            )


def out_name(image: str) -> str:
    """Name what is saved of an image by its path: folders repeat names."""
    return osp.splitext(image.strip('/'))[0].replace('/', '_')


def _is_focal(words: list[str]) -> bool:
    try:
        return all(0 < float(word) < math.inf for word in words)
    except ValueError:
        return False


@DATASETS.register_module()
class KITTIDepthDataset(DepthListDataset):
    """KITTI with the split of Eigen et al. (arXiv 1406.2283).

    The list for testing has 697 lines, of which 45 have no ground truth: 652
    images are evaluated. Layout::

        data/kitti/input/2011_09_26/2011_09_26_drive_0002_sync/image_02/...
        data/kitti/gt_depth/2011_09_26_drive_0002_sync/proj_depth/...
        data/kitti/eigen_{train,test}_files_with_gt.txt

    Takes the arguments of :class:`DepthListDataset`.
    """


@DATASETS.register_module()
class NYUDepthDataset(DepthListDataset):
    """NYU Depth v2, 24,231 images to train on and 654 to test.

    Layout::

        data/nyu/sync/kitchen_0028b/{rgb_00045.jpg,sync_depth_00045.png}
        data/nyu/official_splits/test/bathroom/...
        data/nyu/nyudepthv2_{train,test}_files_with_gt.txt

    Takes the arguments of :class:`DepthListDataset`.
    """
