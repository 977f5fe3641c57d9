"""Annotations in VOC's form, as they stand in the files."""

import os
from collections.abc import Collection, Sequence
from xml.etree import ElementTree

from .defect import Defect, FoundDefect, found_as
from .objects import Annotation, Object
from .reading import read_content


class VOCObjects:
    """Reads an image's file of annotations.

    Args:
        classes: Of the data set.
        passed_over: Names of objects that are left out.
        strict: Whether the data set refuses other classes, or passes over
            them.
        backend_args: Where files are, as in ``mmengine.fileio``.
    """

    def __init__(
        self,
        classes: Sequence[str],
        passed_over: Collection[str],
        strict: bool,
        backend_args: dict | None,
    ) -> None:
        self.labels = {name: index for index, name in enumerate(classes)}
        self.passed_over = passed_over
        self.strict = strict
        self.backend_args = backend_args

    def __call__(self, sample: dict) -> Annotation:
        """Return what the file says of an image."""
        file = sample['xml_path']
        annotation = Annotation(file)
        try:
            content = read_content(file, self.backend_args)
            with found_as('unreadable', file):
                try:
                    root = ElementTree.fromstring(content)
                except ElementTree.ParseError as error:
                    raise ValueError(f'{file} is no XML ({error})') from error
        except FoundDefect as found:
            annotation.defects.append(found.defect)
            return annotation
        size = root.find('size')
        if size is not None:
            try:
                annotation.size = _integers(size, ('width', 'height'))
            except ValueError as error:
                message = f'{file}: <size> has {error}'
                annotation.defects.append(Defect('annotation', file, message))
        for number, record in enumerate(root.findall('object'), 1):
            found = self._read(file, f'object {number}', record)
            if isinstance(found, Defect):
                annotation.defects.append(found)
            elif found is not None:
                annotation.objects.append(found)
        return annotation

    def _read(
        self, file: str, where: str, record: ElementTree.Element
    ) -> Object | Defect | None:
        """Return an object; None for one that is to be left out."""
        name = record.findtext('name')
        if name in self.passed_over:
            return None
        if name not in self.labels:
            known = ', '.join(self.labels)
            return Defect(
                'unknown_class' if self.strict else 'passed_over',
                file,
                f'{file}, {where}: {name!r} is none of the classes {known}',
                details={'class': name},
            )
        box = record.find('bndbox')
        try:
            if box is None:
                raise ValueError('no <bndbox>')
            corners = _integers(box, ('xmin', 'ymin', 'xmax', 'ymax'))
        except ValueError as error:
            message = f'{file}, {where} ({name}) has {error}'
            return Defect('annotation', file, message)
        # The first pixel is 1.
        return Object(
            where, self.labels[name], tuple(float(x - 1) for x in corners)
        )


def list_files(
    names: Sequence[str], root: str, folders: tuple[str, str], suffix: str
) -> list[dict]:
    """Return image and annotation of each name of a list.

    Args:
        names: Without suffix.
        root: Folder that holds the two others.
        folders: Those of the images and of the annotations.
        suffix: End of the images' names.
    """
    images, annotations = (os.path.join(root, folder) for folder in folders)
    return [
        dict(
            img_id=name,
            img_path=os.path.join(images, name + suffix),
            xml_path=os.path.join(annotations, f'{name}.xml'),
        )
        for name in names
    ]


def _integers(
    parent: ElementTree.Element, names: Sequence[str]
) -> tuple[int, ...]:
    """Read numbers as the data sets do, whole ones below them."""
    values = []
    for name in names:
        text = parent.findtext(name)
        try:
            values.append(int(float(text)))
        except (OverflowError, TypeError, ValueError):
            raise ValueError(f'{text!r} for <{name}>') from None
    return tuple(values)
