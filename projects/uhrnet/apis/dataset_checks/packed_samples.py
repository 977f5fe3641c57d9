"""Samples of a packed data set, which are arrays in large files."""

from pathlib import Path

import numpy as np

from uhrnet.segmentation.datasets import PackedDataset
from uhrnet.segmentation.datasets.pack_format import (
    FILES,
    map_array,
    read_index,
)
from uhrnet.segmentation.transforms import LoadCheckedAnnotations
from uhrnet.segmentation.transforms.annotation_loading import map_labels

from .defect import Defect, FoundDefect, found_as
from .labels import LabelValues
from .reading import Reading, checksum, identify


class PackedReader:
    """Maps image and labels and compares both with their checksums.

    Args:
        dataset: Whose samples they are.
    """

    def __init__(self, dataset: PackedDataset) -> None:
        samples = read_index(Path(dataset.data_root))['samples']
        self.checksums = {
            (kind, sample[kind]['offset']): sample[kind]['sha256']
            for sample in samples
            for kind in FILES
        }
        self.values = LabelValues(
            LoadCheckedAnnotations(
                len(dataset.metainfo['classes']), dataset.ignore_index
            )
        )

    def __call__(self, sample: dict) -> Reading:
        """Read and check a sample."""
        reading = Reading(sample['img_path'])
        try:
            image = self._read('image', sample)
            reading.identity = identify(image)
            labels = map_labels(
                self._read('labels', sample),
                sample['reduce_zero_label'],
                sample['label_map'],
            )
        except FoundDefect as found:
            reading.defects.append(found.defect)
        else:
            reading.defects, reading.pixels = self.values.check(
                labels, sample['seg_map_path']
            )
        return reading

    def _read(self, kind: str, sample: dict) -> np.ndarray:
        packed, file = sample['packed'], sample['img_path']
        offset = packed[kind]
        with found_as('unreadable', file):
            array = map_array(packed['root'], kind, offset, packed['shape'])
        if checksum(array) != self.checksums[kind, offset]:
            raise FoundDefect(
                Defect(
                    'unreadable',
                    file,
                    f'{file}: its {kind} (from byte {offset} of '
                    f'{Path(packed["root"], FILES[kind])}) differs from what '
                    'was packed. Pack the data set again.',
                )
            )
        return array
