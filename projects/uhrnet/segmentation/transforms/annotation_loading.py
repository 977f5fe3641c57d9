"""Reading label maps so that a wrong one stops the run by name."""

import cv2
import numpy as np
from mmseg.datasets.transforms import LoadAnnotations
from mmseg.registry import TRANSFORMS

from uhrnet.data_files import read_file
from uhrnet.errors import DataError, WrongFormError
from uhrnet.transforms.image_header import MAX_PIXELS, max_bytes_of
from uhrnet.transforms.image_loading import check_same_size, decode_image


def map_labels(
    labels: np.ndarray, reduce_zero_label: bool, label_map: dict | None
) -> np.ndarray:
    """Turn stored labels into those of a data set.

    Args:
        labels: (H, W) uint8.
        reduce_zero_label: 0 becomes "ignore", every other label one less.
        label_map: New labels by old ones, after that.

    Returns:
        (H, W) uint8; ``labels`` themselves where nothing changes.
    """
    if not reduce_zero_label and label_map is None:
        return labels
    table = np.arange(256, dtype=np.uint8)
    for old, new in (label_map or {}).items():
        table[old] = new
    if reduce_zero_label:
        table = table[[255, *range(255)]]
        table[255] = table[0]
    return cv2.LUT(labels, table)


@TRANSFORMS.register_module()
class LoadCheckedAnnotations(LoadAnnotations):
    """``LoadAnnotations`` that refuses label maps which cannot be right.

    A label beyond the classes otherwise surfaces as an index error in the
    loss, on a GPU as a device-side assertion, and in evaluation not at all.

    A sample that names no label map passes as it is, so that pipelines with
    this step serve prediction on new images too.

    Args:
        num_classes: Classes of the data set, after its label map.
        ignore_index: The label that means "no class".
        imdecode_backend: Decoder, as in ``mmcv.imfrombytes``.
        backend_args: Where files are, as in ``mmengine.fileio``.
        max_pixels: The most that a label map may have, by its header.

    Raises:
        DataError: If the file is missing, damaged, too large, of another
            size than its image, or holds a label outside ``[0, num_classes)``
            other than ``ignore_index``. The message names file and values.
    """

    def __init__(
        self,
        num_classes: int,
        ignore_index: int = 255,
        imdecode_backend: str = 'pillow',
        backend_args: dict | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        super().__init__(
            imdecode_backend=imdecode_backend, backend_args=backend_args
        )
        self.max_pixels = max_pixels
        self.num_classes = num_classes
        self.ignore_index = ignore_index

    def transform(self, results: dict) -> dict:
        """Set ``gt_seg_map`` (H, W) uint8, if there is a label map."""
        if results.get('seg_map_path') is None:
            return results
        return super().transform(results)

    def _load_seg_map(self, results: dict) -> None:
        labels = map_labels(
            self.read(results),
            results['reduce_zero_label'],
            results.get('label_map'),
        )
        self.check(labels, results['seg_map_path'])
        results['gt_seg_map'] = labels
        results['seg_fields'].append('gt_seg_map')

    def read(self, results: dict) -> np.ndarray:
        """Read the label map of a sample as it is stored.

        Args:
            results: The sample, with ``seg_map_path``.

        Returns:
            (H, W) uint8, before the data set's label map.
        """
        path = results['seg_map_path']
        labels = decode_image(
            read_file(path, self.backend_args, max_bytes_of(self.max_pixels)),
            path,
            'unchanged',
            self.imdecode_backend,
            self.max_pixels,
        )
        if labels.ndim == 3 and labels.shape[2] == 1:
            labels = labels[..., 0]
        self._check_form(labels, path, results)
        return labels.astype(np.uint8, copy=False)

    def _check_form(
        self, labels: np.ndarray, path: str, results: dict
    ) -> None:
        if labels.ndim != 2:
            raise WrongFormError(
                f'{path} has shape {labels.shape}: a label map has one '
                'channel, whose values are class indices. Colour-coded maps '
                'have to be converted first.'
            )
        if labels.dtype != np.uint8 and labels.max(initial=0) > 255:
            raise WrongFormError(
                f'{path} holds the label {labels.max()}: labels must fit '
                'into 8 bits.'
            )
        check_same_size(labels.shape, path, results)

    def check(self, labels: np.ndarray, path: str) -> None:
        """Raise :class:`DataError` for a label that is no class.

        Args:
            labels: (H, W) uint8, after the data set's label map.
            path: Their file, for the message.
        """
        # Counting takes ten times as long, and is for the message.
        beyond = labels >= self.num_classes
        if not (beyond & (labels != self.ignore_index)).any():
            return
        counts = np.bincount(labels.ravel(), minlength=256)
        wrong = np.flatnonzero(counts[self.num_classes :]) + self.num_classes
        wrong = wrong[wrong != self.ignore_index]
        if len(wrong):
            found = ', '.join(
                f'{value} ({counts[value]} pixels)' for value in wrong[:5]
            )
            raise DataError(
                f'{path} holds labels outside 0-{self.num_classes - 1} and '
                f'{self.ignore_index} (ignored): {found}. Correct the file, '
                'or num_classes and label map of the data set.'
            )
