"""Data sets of depth that are given by folders."""

import os.path as osp

from mmengine import fileio
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from uhrnet.errors import DataError

from .depth_list import (
    check_out_names,
    check_prefix,
    out_name,
    read_list,
)


@DATASETS.register_module()
class NumpyDepthDataset(BaseSegDataset):
    """Images and depth maps of the same name in two folders.

    Depth maps are ``.npy``, ``.npz`` or 16-bit ``.png`` files, see
    :class:`LoadCheckedDepth`.

    Args:
        data_prefix: ``img_path`` and ``depth_map_path``, the folders; without
            the second, or None for it, images are taken alone, to predict.
        ann_file: A list of names, without suffix, to take alone; '' for all.
        img_suffix: End of the images' names.
        depth_map_suffix: End of the depth maps' names.
        **kwargs: As for ``BaseSegDataset``.

    Raises:
        DataError: If a folder is missing or empty, an image has no depth map,
            or the list names something else.
    """

    METAINFO = dict(classes=('depth',), palette=[[0, 0, 0]])

    def __init__(
        self,
        data_prefix: dict,
        ann_file: str = '',
        img_suffix: str = '.png',
        depth_map_suffix: str = '.npy',
        **kwargs: object,
    ) -> None:
        self.depth_map_suffix = depth_map_suffix
        folders = {k: x for k, x in data_prefix.items() if x is not None}
        super().__init__(
            data_prefix=folders,
            ann_file=ann_file,
            img_suffix=img_suffix,
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """Return the paths of images and depth maps, sorted by name."""
        names = self._image_names()
        depths = self.data_prefix.get('depth_map_path')
        if depths is not None:
            known = self._names(depths, self.depth_map_suffix)
            missing = sorted(names - known)
            if missing:
                raise DataError(
                    f'{len(missing)} of {len(names)} images of '
                    f'{self._image_folder} have no depth map in {depths}, '
                    f'the first one {missing[0]}{self.depth_map_suffix}'
                )
        samples = self._samples(names)
        check_out_names(samples, self._image_folder)
        return samples

    def list_unchecked(self) -> list[dict]:
        """Return what :meth:`load_data_list` does, of incomplete folders too.

        For a report of all that is missing.
        """
        return self._samples(self._image_names())

    @property
    def _image_folder(self) -> str:
        return self.data_prefix.get('img_path', self.data_root)

    def _image_names(self) -> set[str]:
        """Names of the images to read."""
        check_prefix(self.data_prefix)
        names = self._names(self._image_folder, self.img_suffix)
        if self.ann_file:
            names = self._listed(names)
        if not names:
            raise DataError(
                f'{self._image_folder} has no file *{self.img_suffix}: set '
                'data_prefix.img_path and img_suffix'
            )
        return names

    def _samples(self, names: set[str]) -> list[dict]:
        depths = self.data_prefix.get('depth_map_path')
        return [
            self._sample(name, self._image_folder, depths)
            for name in sorted(names)
        ]

    def _listed(self, names: set[str]) -> set[str]:
        """Return the names of ``ann_file``."""
        lines = read_list(self.ann_file, self.backend_args)
        listed = {line.strip() for line in lines} - {''}
        unknown = sorted(listed - names)
        if unknown or not listed:
            raise DataError(
                f'{self.ann_file} should list names of the images, without '
                f'{self.img_suffix}, and has '
                f'{unknown[0] if unknown else "none"!r}'
            )
        return listed

    def _names(self, folder: str, suffix: str) -> set[str]:
        """Names of a folder's files, and of those below, without suffix."""
        if not fileio.isdir(folder, self.backend_args):
            raise DataError(f'{folder}, a folder of {suffix}, does not exist')
        return {
            name.removesuffix(suffix)
            for name in fileio.list_dir_or_file(
                folder,
                list_dir=False,
                suffix=suffix,
                recursive=True,
                backend_args=self.backend_args,
            )
        }

    def _sample(self, name: str, images: str, depths: str | None) -> dict:
        sample = dict(
            img_path=osp.join(images, name + self.img_suffix),
            out_name=out_name(name + self.img_suffix),
            seg_fields=[],
            reduce_zero_label=False,
        )
        if depths is not None:
            sample['depth_map_path'] = osp.join(
                depths, name + self.depth_map_suffix
            )
        return sample
