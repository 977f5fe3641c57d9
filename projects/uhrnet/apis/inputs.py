"""From what a user names to images: arrays, files, folders, videos."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from uhrnet.errors import DataError

from .videos import VIDEOS, is_webcam, read_frames

IMAGES = (
    '.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm',
)  # fmt: skip


class Source(NamedTuple):
    """An image, or where one is.

    Attributes:
        name: Path of the file, ``PATH#FRAME``, or the index of an array.
        image: (H, W, 3) uint8, RGB; None for a file.
    """

    name: str
    image: np.ndarray | None = None


def find_sources(inputs: Any) -> Iterator[Source]:
    """Find images, and read frames of videos one after another.

    Args:
        inputs: See :meth:`uhrnet.apis.predictor.Predictor.predict`.

    Raises:
        DataError: If a path does not exist, or a folder or pattern has no
            image.
    """
    if isinstance(inputs, str | os.PathLike | int | np.ndarray):
        inputs = [inputs]
    # bytes would be numbers of webcams
    if not isinstance(inputs, Iterable) or isinstance(inputs, bytes):
        raise DataError(
            f'{type(inputs).__name__} cannot be predicted: give an array, a '
            'path, or several of these'
        )
    for index, one in enumerate(inputs):
        if isinstance(one, Source):
            yield one
        elif isinstance(one, str | os.PathLike | int):
            yield from _sources_of(one)
        else:
            yield Source(str(index), one)


def _sources_of(one: str | os.PathLike | int) -> Iterator[Source]:
    if is_webcam(one):
        for number, frame in enumerate(read_frames(one)):
            yield Source(f'{one}#{number}', frame)
        return
    for path in find_files(str(one)):
        if path.suffix.lower() in VIDEOS:
            for number, frame in enumerate(read_frames(path)):
                yield Source(f'{path}#{number}', frame)
        else:
            yield Source(str(path))


def find_files(name: str) -> list[Path]:
    """Return the file, the images of a folder, or those of a pattern.

    Args:
        name: A path or a pattern, ``**`` for folders in folders. A file may
            be anything; of folders, images are taken by their suffix, and
            nothing that is hidden.

    Returns:
        Paths by name.

    Raises:
        DataError: If there is none.
    """
    if not name:
        raise DataError("'' is no name: '.' is the current folder")
    path = Path(name)
    if path.is_dir():
        found = [
            x
            for x in path.rglob('*')
            if x.suffix.lower() in IMAGES
            # half-written, or in folders of other programs' previews
            and not any(y.startswith('.') for y in x.relative_to(path).parts)
            and x.is_file()
        ]
        if not found:
            raise DataError(
                f'{name} has no images: their names end in {", ".join(IMAGES)}'
            )
    elif path.exists():
        found = [path]
    else:
        found = (
            [Path(x) for x in glob.glob(name, recursive=True)]
            if glob.has_magic(name)
            else []
        )
        found = [x for x in found if x.is_file()]
        if not found:
            raise DataError(
                f'{name} does not exist: name an image, a folder, a video, '
                "or a pattern in quotes, such as 'images/*.png'"
            )
    return sorted(found)
