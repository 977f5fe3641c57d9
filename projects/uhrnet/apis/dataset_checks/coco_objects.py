"""Annotations in COCO's form, as they stand in the file."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from .defect import Defect
from .objects import Annotation, Object, finite, no_box, stated_size


class CocoObjects:
    """Takes the annotations of an image from those of the file.

    Args:
        file: Of annotations.
        categories: Its classes, ``id`` and ``name``.
        classes: Of the data set.
    """

    def __init__(
        self,
        file: str,
        categories: Sequence[Mapping],
        classes: Sequence[str],
    ) -> None:
        self.file = file
        self.names = {x.get('id'): x.get('name') for x in categories}
        self.labels = {name: index for index, name in enumerate(classes)}

    def __call__(self, sample: dict) -> Annotation:
        """Return what the file says of an image."""
        file = sample['img_path']
        annotation = Annotation(file, stated_size(sample), smallest=1)
        for record in sample['annotations']:
            found = self._read(file, record)
            if isinstance(found, Defect):
                annotation.defects.append(found)
            elif found is not None:
                annotation.objects.append(found)
        return annotation

    def _read(self, file: str, record: Mapping) -> Object | Defect | None:
        """Return an object; None for one that is to be left out."""
        if record.get('ignore'):
            return None
        where = f'annotation {record.get("id")!r} of {self.file}'
        category = record.get('category_id')
        if category not in self.names:
            return Defect(
                'unknown_class',
                file,
                f'{file}, {where}: category_id {category!r} is none of the '
                'categories there, and the object is left out without a word',
            )
        label = self.labels.get(self.names[category])
        if label is None:
            return None
        numbers = finite(record.get('bbox'))
        if numbers is None:
            return no_box(file, where, record)
        left, top, width, height = numbers
        area = record.get('area')
        if not isinstance(area, int | float) or area <= 0 < width * height:
            return Defect(
                'annotation',
                file,
                f'{file}, {where}: area is {area!r}, for a box of '
                f'{width:g}x{height:g}. A data set leaves the object out, or '
                'stops.',
            )
        return Object(
            where,
            label,
            (left, top, left + width, top + height),
            record.get('segmentation') or None,
        )


def check_ids(content: Mapping, file: str) -> list[Defect]:
    """Check that annotations and images of a file find each other.

    Args:
        content: Of the file.
        file: Its name.
    """
    defects = []
    images = Counter(x.get('id') for x in content.get('images') or ())
    for number, count in images.items():
        if count > 1:
            message = (
                f'{file} has {count} images of id {number!r}: all but the '
                'last are lost'
            )
            defects.append(Defect('annotation', file, message))
    strays = Counter(
        x.get('image_id')
        for x in content.get('annotations') or ()
        if x.get('image_id') not in images
    )
    for number, count in strays.items():
        message = (
            f'{file} has {count} annotations of image_id {number!r}, which '
            'is none of its images: they are left out without a word'
        )
        defects.append(Defect('annotation', file, message))
    return defects


def by_image(content: Mapping) -> dict[object, list[Mapping]]:
    """Return the annotations of each image id."""
    found = defaultdict(list)
    for record in content.get('annotations') or ():
        found[record.get('image_id')].append(record)
    return found
