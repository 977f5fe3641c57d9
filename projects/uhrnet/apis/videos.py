"""Videos and webcams through OpenCV: frames in their order."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from uhrnet.checkpoint_file import UNFINISHED
from uhrnet.errors import ConfigError, DataError

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
        self.capture = cv2.VideoCapture(name)
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


class VideoFile:
    """A video that is being written, whole or not at all.

    Args:
        path: Its file; the suffix decides on the form. Folders are made.
        rate: Frames a second.
        size: Width and height in pixels.

    Raises:
        ConfigError: If OpenCV cannot write such a file.
    """

    def __init__(
        self, path: str | Path, rate: float, size: tuple[int, int]
    ) -> None:
        self.path = Path(path)
        self.size = size
        codec = CODECS.get(self.path.suffix.lower())
        if codec is None:
            raise ConfigError(
                f'{path}: videos are written as {", ".join(CODECS)}'
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # OpenCV, too, looks at the suffix.
        self.unfinished = self.path.with_name(
            f'.{self.path.stem}.{os.getpid()}{UNFINISHED}{self.path.suffix}'
        )
        self.writer = cv2.VideoWriter(
            str(self.unfinished), cv2.VideoWriter_fourcc(*codec), rate, size
        )
        if not self.writer.isOpened():
            raise ConfigError(
                f'{path} cannot be written: this OpenCV has no encoder for '
                f'{codec}, or the folder is read-only. Try a name in .avi'
            )

    def write(self, frame: np.ndarray) -> None:
        """Add a frame (H, W, 3), RGB, of the video's size."""
        if (frame.shape[1], frame.shape[0]) != self.size:
            raise DataError(
                f'a frame for {self.path} is {frame.shape[1]}x'
                f'{frame.shape[0]}, and the first was '
                f'{self.size[0]}x{self.size[1]}'
            )
        self.writer.write(np.ascontiguousarray(frame[..., ::-1]))

    def __enter__(self) -> 'VideoFile':
        return self

    def __exit__(self, kind: type | None, *error: object) -> None:
        """Give the file its name, unless an error stopped it."""
        self.writer.release()
        if kind is None:
            os.replace(self.unfinished, self.path)
        self.unfinished.unlink(missing_ok=True)
