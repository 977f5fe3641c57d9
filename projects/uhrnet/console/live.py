"""Predict videos and webcams to annotated videos, or to a window."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from uhrnet.apis.predictions import DetectionPrediction, Prediction
from uhrnet.apis.predictor import Predictor
from uhrnet.apis.videos import CODECS, Video, VideoFile, is_webcam
from uhrnet.errors import ConfigError, DataError

from .images import made_by
from .output_names import output_names, root_of
from .progress import Progress
from .record import is_complete, record_or_compare

ENDING = '_overlay.mp4'
STOPPING = (ord('q'), 27)  # 27 is Escape
EVERY = 25  # frames to a line of progress


def predict_videos(
    predictor: Predictor,
    videos: Sequence[str | Path],
    inputs: Sequence[str],
    out: Path,
    args: argparse.Namespace,
) -> dict[str, DataError]:
    """Predict videos one after another.

    Args:
        predictor: The model.
        videos: Files, and numbers of webcams.
        inputs: What the user named the files by.
        out: Folder for the annotated videos, or of one the file. A webcam
            without a file is shown in a window.
        args: Of the command line.

    Returns:
        Videos that cannot be used, with what is wrong.
    """
    to_file = out.suffix.lower() in CODECS
    files = [x for x in videos if isinstance(x, Path)]
    names = output_names(files, root_of(inputs), [ENDING]) if files else {}
    if files and not to_file:
        made_of = {
            names[file] + ENDING: os.path.abspath(file) for file in files
        }
        record_or_compare(out, made_by(predictor, args), made_of)
    failed: dict[str, DataError] = {}
    for video in videos:
        target = out if to_file else None
        if target is None and not is_webcam(video):
            target = out / (names[video] + ENDING)
            if is_complete(video, [target]):
                print(f'{target} is there already', flush=True)
                continue
        try:
            annotate(predictor, video, target, args)
        except DataError as error:
            failed[str(video)] = error
    return failed


def annotate(
    predictor: Predictor,
    source: str | Path,
    target: Path | None,
    args: argparse.Namespace,
) -> int:
    """Predict a video's frames in their order.

    Args:
        predictor: The model.
        source: File, or number of a webcam.
        target: The annotated video, of the source's frame rate; None for a
            window, which q or Escape closes.
        args: Of the command line.

    Returns:
        The number of frames.
    """
    start = time.perf_counter()
    live = is_webcam(source)
    # a batch of a webcam would show each picture late
    batch = 1 if live else args.batch
    number, writing = 0, None
    with (
        Video(source) as video,
        ExitStack() as stack,
        Progress('frame', video.count, EVERY) as progress,
    ):
        predictions = predictor.predict(iter(video), batch, args.focal)
        try:
            for found in predictions:
                picture = draw(found, args)
                if target is not None and writing is None:
                    size = picture.shape[1], picture.shape[0]
                    writing = VideoFile(target, video.rate, size)
                    stack.enter_context(writing)
                if writing is not None:
                    writing.write(picture)
                elif show(picture):
                    break
                number += 1
                rate = number / (time.perf_counter() - start)
                progress.advance(f'{rate:.1f} frames/s')
        except KeyboardInterrupt:
            # a webcam has no other end
            if not live:
                raise
    spent = time.perf_counter() - start
    print(
        f'{source}: {number} frames in {spent:.1f} s, {number / spent:.1f} '
        f'frames/s; the source has {video.rate:.4g} frames/s'
        + (f'. Written to {target}' if target else ''),
        flush=True,
    )
    if target and video.count is not None and number < video.count:
        print(
            f'{source}: {video.count - number} frames are missing, as the '
            f'file says that it has {video.count}: it may be damaged',
            file=sys.stderr,
        )
    return number


def draw(found: Prediction, args: argparse.Namespace) -> np.ndarray:
    """Draw what the options ask for."""
    if isinstance(found, DetectionPrediction):
        found = found.above(args.threshold)
    return found.draw(args.opacity)


def show(picture: np.ndarray) -> bool:
    """Show a picture in a window; return whether the user wants to end.

    Raises:
        ConfigError: If there is no screen, or OpenCV has no windows.
    """
    try:
        cv2.imshow('uhrnet', np.ascontiguousarray(picture[..., ::-1]))
        return cv2.waitKey(1) & 0xFF in STOPPING
    except cv2.error as error:
        raise ConfigError(
            f'no window can be opened ({error.err or error}): name a video '
            'to write, --out webcam.mp4'
        ) from None
