"""The built-in scenes as a data set of depth."""

import json
import math
from pathlib import PurePath

from mmengine import fileio
from mmseg.registry import DATASETS

from uhrnet.data_files import read_file
from uhrnet.errors import DataError

from .numpy_depth import NumpyDepthDataset


@DATASETS.register_module()
class ScenesDepthDataset(NumpyDepthDataset):
    """Rendered streets, written by ``tools/dataset_converters/scenes.py``.

    Each has its own camera, whose focal length is read. Layout::

        data/scenes-depth/images/{train,val}/*.png
        data/scenes-depth/depth/{train,val}/*.npy
        data/scenes-depth/meta.json

    Takes the arguments of :class:`NumpyDepthDataset`.

    Raises:
        DataError: As there, and if ``meta.json`` is missing or does not know
            an image.
    """

    def load_data_list(self) -> list[dict]:
        """Return paths, and the focal length of each image in pixels."""
        samples = super().load_data_list()
        split = PurePath(self.data_prefix['img_path']).name
        path = fileio.join_path(self.data_root, 'meta.json')
        try:
            meta = json.loads(read_file(path, self.backend_args))
            focals = {
                image['file_name']: image['intrinsics'][0][0]
                for image in meta['images'][split]
            }
            for sample in samples:
                name = PurePath(sample['img_path']).name
                sample['focal'] = float(focals[name])
                if not 0 < sample['focal'] < math.inf:
                    raise ValueError(f'the focal length of {name}')
        except (
            *(ValueError, LookupError, TypeError),
            *(OverflowError, RecursionError),
        ) as error:
            raise DataError(
                f'{path} does not describe the cameras of the split {split!r} '
                f'({error!r:.200}). Render the scenes again: python '
                f'tools/dataset_converters/scenes.py {self.data_root}'
            ) from error
        return samples
