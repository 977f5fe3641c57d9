"""Label maps: can they be read, and are all labels classes."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from mmseg.datasets.transforms import LoadAnnotations

from uhrnet.errors import DataError
from uhrnet.segmentation.transforms import LoadCheckedAnnotations
from uhrnet.segmentation.transforms.annotation_loading import map_labels
from uhrnet.transforms.image_loading import check_same_size, decode_image

from .defect import Defect, FoundDefect, found_as
from .reading import read_content


class LabelReader:
    """Reads label maps as a pipeline does.

    Args:
        loader: Its loader, ``LoadCheckedAnnotations`` or MMSegmentation's.
        classes: Of the data set, maybe none.
        ignore_index: The label of no class, for MMSegmentation's loader.
    """

    def __init__(
        self,
        loader: LoadAnnotations,
        classes: Sequence[str],
        ignore_index: int,
    ) -> None:
        self.loader = loader
        if isinstance(loader, LoadCheckedAnnotations):
            self.values = LabelValues(loader)
        elif classes:
            self.values = LabelValues(
                LoadCheckedAnnotations(len(classes), ignore_index)
            )
        else:
            self.values = None

    def __call__(
        self, sample: dict, shape: tuple[int, int] | None
    ) -> tuple[list[Defect], Counter]:
        """Read and check the label map of a sample.

        Args:
            sample: As the data set lists it.
            shape: Height and width of its image, if that could be read.

        Returns:
            Defects, and pixels by class.
        """
        path = sample.get('seg_map_path')
        if path is None:
            return [], Counter()
        try:
            labels = self._read(sample, path)
            check_size(labels.shape, path, shape, sample)
        except FoundDefect as found:
            return [found.defect], Counter()
        if self.values is None:
            return [], Counter()
        return self.values.check(labels, path)

    def _read(self, sample: dict, path: str) -> np.ndarray:
        """Return (H, W) uint8, after the data set's label map."""
        content = read_content(path, self.loader.backend_args)
        with found_as('unreadable', path):
            if isinstance(self.loader, LoadCheckedAnnotations):
                return map_labels(
                    self.loader.read(sample),
                    sample['reduce_zero_label'],
                    sample.get('label_map'),
                )
            # The host's loader sees no truncation.
            decode_image(
                content, path, 'unchanged', self.loader.imdecode_backend
            )
            labels = self.loader(dict(sample, seg_fields=[]))['gt_seg_map']
        if labels.ndim != 2:
            raise FoundDefect(
                Defect(
                    'wrong_form',
                    path,
                    f'{path} has shape {labels.shape}: a label map has one '
                    'channel, whose values are class indices. Colour-coded '
                    'maps have to be converted first.',
                )
            )
        return labels


class LabelValues:
    """Compares labels with classes and counts them.

    Args:
        rule: The loader that says which labels are classes.
    """

    def __init__(self, rule: LoadCheckedAnnotations) -> None:
        self.rule = rule

    def check(
        self, labels: np.ndarray, path: str
    ) -> tuple[list[Defect], Counter]:
        """Count the labels of a map and name those that are no class.

        Args:
            labels: (H, W) uint8, after the data set's label map.
            path: Their file.

        Returns:
            Defects, and pixels by class, -1 for ignored ones.
        """
        ignored = self.rule.ignore_index
        found = np.bincount(labels.ravel(), minlength=256)
        values = {int(x): int(found[x]) for x in np.flatnonzero(found)}
        counts = Counter(
            {
                -1 if value == ignored else value: count
                for value, count in values.items()
                if value == ignored or value < self.rule.num_classes
            }
        )
        try:
            self.rule.check(labels, path)
        except DataError as error:
            wrong = {
                str(value): count
                for value, count in values.items()
                if value != ignored and value >= self.rule.num_classes
            }
            details = dict(pixels_by_value=wrong)
            defect = Defect('label_value', path, str(error), details=details)
            return [defect], counts
        if set(counts) <= {-1}:
            message = (
                f'{path} holds nothing but {ignored} (ignored): a training '
                'learns nothing from it.'
            )
            return [Defect('empty_label', path, message)], counts
        return [], counts


def check_size(
    shape: tuple[int, int],
    path: str,
    image_shape: tuple[int, int] | None,
    sample: dict,
) -> None:
    """Compare the size of a map with that of its image.

    Args:
        shape: Of the map, height and width.
        path: Its file.
        image_shape: Of the image, or None if that could not be read.
        sample: As the data set lists it.

    Raises:
        FoundDefect: If they differ.
    """
    with found_as('size', path):
        check_same_size(shape, path, dict(sample, ori_shape=image_shape))
