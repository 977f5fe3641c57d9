"""Pictures to try the models with, for who has none at hand."""

from pathlib import Path
from typing import NamedTuple

import cv2

from uhrnet.errors import DataError
from uhrnet.scenes import make_frame
from uhrnet.transforms.image_header import image_size

_NUMBER = 4
# Of the pictures that `make demo` trains and tests on, none.
_SPLIT = 'examples'
_SIZE = (240, 400)


class Example(NamedTuple):
    """A picture to offer.

    Attributes:
        path: Its file.
        focal: Focal length of its camera in pixels, where known.
    """

    path: Path
    focal: float | None = None


def prepare_examples(
    folder: Path, source: Path | None = None
) -> list[Example]:
    """List the pictures of a folder, or render streets.

    Args:
        folder: Where rendered pictures are written to.
        source: Folder with pictures; its first ones are taken.

    Raises:
        DataError: If there is no picture in it.
    """
    if source is not None:
        return _pictures_in(source)
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for index in range(_NUMBER):
        path = folder / f'street-{index + 1}.png'
        frame = make_frame(0, _SPLIT, index, _SIZE)
        content = cv2.imencode('.png', frame.image[..., ::-1])[1]
        path.write_bytes(content.tobytes())
        examples.append(Example(path, round(float(frame.intrinsics[0, 0]), 1)))
    return examples


def _pictures_in(folder: Path) -> list[Example]:
    examples = []
    for path in sorted(folder.glob('*')):
        if path.is_file() and image_size(path.read_bytes()) is not None:
            examples.append(Example(path))
        if len(examples) == _NUMBER:
            break
    if not examples:
        raise DataError(f'--examples {folder}: there is no picture in it')
    return examples
