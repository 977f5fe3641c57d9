"""Samples of boxes and masks, in MMDetection's scope."""

from collections import Counter
from collections.abc import Callable

from mmcv.transforms import BaseTransform, LoadImageFromFile
from mmdet.datasets.transforms import LoadAnnotations

from uhrnet.transforms.image_loading import check_same_size, decode_image

from .boxes import check_objects, check_stated_size
from .defect import Defect, FoundDefect, found_as
from .masks import check_mask
from .objects import Annotation
from .reading import Reading, begin_reading, read_content, run_steps


class BoxReader:
    """Reads images, boxes, masks and labels of pixels as a pipeline does.

    A sample is what the data set lists, or what its files name where it
    cannot be built, with ``left_out`` in it: why it is, or None.

    Args:
        loaders: The loading steps of the pipeline.
        objects: Returns what is annotated of a sample.
    """

    def __init__(
        self,
        loaders: list[BaseTransform],
        objects: Callable[[dict], Annotation],
    ) -> None:
        self.loaders = loaders
        self.objects = objects
        self.image = self.annotations = None
        # Steps that nothing is known of are run as they are.
        self.others = False
        for loader in loaders:
            if isinstance(loader, LoadImageFromFile):
                self.image = loader
            elif type(loader) is LoadAnnotations:
                self.annotations = loader
            else:
                self.others = True

    def __call__(self, sample: dict) -> Reading:
        """Read and check a sample."""
        reading, shape = begin_reading(self.image, sample)
        annotation = self.objects(sample)
        reading.defects += annotation.defects
        reading.boxes = Counter(x.label for x in annotation.objects)
        size = annotation.size if shape is None else shape[::-1]
        if shape is not None:
            reading.defects += check_stated_size(
                annotation, reading.file, size
            )
        if size is not None:
            reading.defects += check_objects(annotation, size)
        if size is not None and self._wants('with_mask'):
            masks = (
                check_mask(x, annotation.file, size)
                for x in annotation.objects
            )
            reading.defects += [x for x in masks if x is not None]
        if self._wants('with_seg') and sample.get('seg_map_path'):
            reading.defects += self._check_labels(sample, shape)
        if sample['left_out']:
            reading.defects.append(
                Defect(
                    'left_out',
                    reading.file,
                    f'{reading.file} is left out by filter_cfg: it '
                    f'{sample["left_out"]}',
                )
            )
        elif not (annotation.objects or annotation.defects):
            message = f'{reading.file} has no object of the classes'
            reading.defects.append(Defect('no_objects', reading.file, message))
        if self.others and not reading.defects:
            run_steps(self.loaders, sample, reading)
        return reading

    def _wants(self, what: str) -> bool:
        """Whether the pipeline loads masks or labels of pixels."""
        return bool(getattr(self.annotations, what, False))

    def _check_labels(
        self, sample: dict, shape: tuple[int, int] | None
    ) -> list[Defect]:
        """Read labels of pixels, which have classes of their own."""
        path, loader = sample['seg_map_path'], self.annotations
        try:
            content = read_content(path, loader.backend_args)
            with found_as('unreadable', path):
                labels = decode_image(
                    content, path, 'unchanged', loader.imdecode_backend
                )
            with found_as('size', path):
                check_same_size(
                    labels.shape[:2], path, dict(sample, ori_shape=shape)
                )
        except FoundDefect as found:
            return [found.defect]
        return []
