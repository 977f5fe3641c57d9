"""Videos and webcams through OpenCV: frames in their order."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from uhrnet.errors import DataError

VIDEOS = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.m4v', '.mpg', '.mpeg')
# Suffix of a video to write, and what OpenCV calls its form.
CODECS = {'.mp4': 'mp4v', '.avi': 'MJPG', '.mkv': 'MJPG', '.mov': 'mp4v'}
DEFAULT_RATE = 25.0


def is_webcam(name: object) -> bool:
    """Whether this is the number of a webcam, and no file's name."""
    text = str(name)
    return text.isdecimal() and not os.path.exists(text)


class Video:
    """A video file or webcam that is open.

    Args:
        source: Path of a file, or number of a webcam.

    Attributes:
        rate: Frames a second, as the source says.
        count: Of frames, as the file says; None of a webcam, or if unknown.
        size: Width and height in pixels.

    Raises:
        DataError: If it cannot be opened.
    """

    def __init__(self, source: str | Path | int) -> None:
        self.source = source
        webcam = is_webcam(source)
        name = int(source) if webcam else os.fspath(source)
        # What OpenCV says of a file that it cannot read is of its plugins.
        level = cv2.setLogLevel(0)
        try:
            self.capture = cv2.VideoCapture(name)
        finally:
            cv2.setLogLevel(level)
        if not self.capture.isOpened():
            raise DataError(
                f'there is no webcam {source}'
                if webcam
                else f'{source} cannot be read as a video: it is damaged, or '
                'of a form that this OpenCV does not know'
            )
        rate = self.capture.get(cv2.CAP_PROP_FPS)
        # some webcams say 0, some files nonsense
        self.rate = rate if 0 < rate <= 1000 else DEFAULT_RATE
        count = int(self.capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.count = count if count > 0 and not webcam else None
        self.size = (
            int(self.capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self.capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield frames (H, W, 3), RGB.

        Raises:
            DataError: If a file has none.
        """
        number = 0
        while True:
            read, frame = self.capture.read()
            if not read:
                break
            number += 1
            yield np.ascontiguousarray(frame[..., ::-1])
        if not number:
            raise DataError(f'{self.source} has no frame that can be read')

    def __enter__(self) -> 'Video':
        return self

    def __exit__(self, *error: object) -> None:
        self.capture.release()


def read_frames(source: str | Path | int) -> Iterator[np.ndarray]:
    """Yield the frames of a video or webcam, (H, W, 3), RGB."""
    with Video(source) as video:
        yield from video
