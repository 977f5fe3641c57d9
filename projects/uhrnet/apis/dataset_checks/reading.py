"""What comes out of reading a sample, and the reading of its image."""

import copy
import hashlib
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from mmcv.transforms import BaseTransform, LoadImageFromFile

from uhrnet.data_files import read_file
from uhrnet.errors import MissingFileError
from uhrnet.transforms.image_header import MAX_PIXELS
from uhrnet.transforms.image_loading import decode_image

from .defect import Defect, FoundDefect, describe, found_as


@dataclass
class DepthFigures:
    """Of the pixels whose depth is known.

    Attributes:
        known: Their number.
        beyond: How many are beyond the largest depth of the model.
        total: Sum of their depths, in metres.
        nearest: Smallest depth, in metres.
        farthest: Largest depth, in metres.
    """

    known: int = 0
    beyond: int = 0
    total: float = 0.0
    nearest: float = float('inf')
    farthest: float = 0.0

    def add(self, other: 'DepthFigures') -> None:
        """Take in the figures of another map."""
        self.known += other.known
        self.beyond += other.beyond
        self.total += other.total
        self.nearest = min(self.nearest, other.nearest)
        self.farthest = max(self.farthest, other.farthest)


@dataclass
class Reading:
    """What was found in a sample.

    Attributes:
        file: Its image.
        defects: What is wrong.
        identity: Equal for images of equal pixels; None of an unread image.
        pixels: Label pixels by class index; -1 for ignored ones.
        boxes: Objects by class index.
        depth: Figures of its depth map, if it has one.
    """

    file: str
    defects: list[Defect] = field(default_factory=list)
    identity: tuple | None = None
    pixels: Counter = field(default_factory=Counter)
    boxes: Counter = field(default_factory=Counter)
    depth: DepthFigures | None = None


def read_content(path: str, backend_args: dict | None) -> bytes:
    """Read a file.

    Raises:
        FoundDefect: If it is missing or cannot be read.
    """
    try:
        return read_file(path, backend_args)
    except MissingFileError as error:
        defect = Defect('missing', path, str(error))
    except Exception as error:
        defect = Defect('unreadable', path, describe(error))
    raise FoundDefect(defect)


def read_image(loader: LoadImageFromFile, path: str) -> np.ndarray:
    """Read an image as a loader would, but a damaged file is refused.

    Raises:
        FoundDefect: If it is missing, truncated or no image.
    """
    content = read_content(path, loader.backend_args)
    with found_as('unreadable', path):
        return decode_image(
            content,
            path,
            loader.color_type,
            loader.imdecode_backend,
            # The host's has none.
            getattr(loader, 'max_pixels', MAX_PIXELS),
        )


def begin_reading(
    loader: LoadImageFromFile | None, sample: dict
) -> tuple[Reading, tuple[int, int] | None]:
    """Read the image of a sample.

    Args:
        loader: Of the image, or None if a pipeline has none that is known.
        sample: As the data set lists it.

    Returns:
        What was found, and the image's height and width if it could be read.
    """
    reading = Reading(str(sample.get('img_path')))
    if loader is None:
        return reading, None
    try:
        image = read_image(loader, sample['img_path'])
    except FoundDefect as found:
        reading.defects.append(found.defect)
        return reading, None
    reading.identity = identify(image)
    return reading, image.shape[:2]


def run_steps(
    steps: list[BaseTransform], sample: dict, reading: Reading
) -> None:
    """Run loading steps of which nothing is known, and note what they raise.

    Args:
        steps: All loading steps of a pipeline.
        sample: As the data set lists it.
        reading: What was found in it so far.
    """
    try:
        with found_as('unreadable', reading.file):
            results = copy.deepcopy(sample)
            for step in steps:
                results = step(results)
    except FoundDefect as found:
        reading.defects.append(found.defect)


def identify(image: np.ndarray) -> tuple:
    """Return what is equal for equal pixels, however they are stored."""
    return image.shape, checksum(image)


def checksum(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's bytes, as packed data sets have it."""
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
