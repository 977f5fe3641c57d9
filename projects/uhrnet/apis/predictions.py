"""What a model says about an image: typed, drawn and saved."""

import dataclasses
import io
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from uhrnet.checkpoint_file import write_whole
from uhrnet.errors import ConfigError
from uhrnet.painting import (
    blend,
    depth_scale,
    draw_box,
    paint_labels,
    paint_values,
)

from .coco_results import coco_results

NOTHING = 255  # label of a pixel without a class
DEPTH_SCALE = 256  # value of a 16-bit PNG at one metre
_FRAME = re.compile(r'(.+)#(\d+)', re.DOTALL)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Prediction(ABC):
    """What every task's predictions have.

    Attributes:
        image: What was looked at, (H, W, 3) uint8, RGB.
        source: Where it is from: a path, ``PATH#FRAME`` of a video, or of an
            array its index.
        seconds: What the prediction took, its share of a batch's time.
        task: ``'segmentation'``, ``'depth'`` or ``'detection'``.
        endings: What can be saved, and how the names of these files end.
    """

    image: np.ndarray
    source: str
    seconds: float
    task: ClassVar[str]
    endings: ClassVar[dict[str, str]]

    @abstractmethod
    def draw(self, opacity: float = 0.5) -> np.ndarray:
        """Return the image with the prediction over it, RGB uint8.

        Args:
            opacity: Of what is drawn over the image, 0 to 1.
        """

    @abstractmethod
    def encode(self, kind: str) -> bytes:
        """Return the file of a kind, of those that are no overlay."""

    @property
    def name(self) -> str:
        """What files are called by default: the source without its folder."""
        frame = _FRAME.fullmatch(self.source)
        if frame:
            return f'{Path(frame[1]).stem}_{int(frame[2]):06d}'
        return Path(self.source).stem

    def save(
        self,
        folder: str | Path,
        kinds: Sequence[str] | None = None,
        name: str | None = None,
        opacity: float = 0.5,
    ) -> list[Path]:
        """Write files, each whole or not at all.

        Args:
            folder: Where. It is made if need be, files are replaced.
            kinds: Of :attr:`endings`; by default all.
            name: Of the files, before their endings; may have folders.
            opacity: Of the overlay, see :meth:`draw`.

        Returns:
            The files.

        Raises:
            ConfigError: If there is no such kind, or if a file would be the
                image itself.
        """
        check_kinds(kinds, self.endings, self.task)
        files = []
        for kind in self.endings if kinds is None else kinds:
            path = Path(folder, (name or self.name) + self.endings[kind])
            if os.path.realpath(path) == os.path.realpath(self.source):
                raise ConfigError(
                    f'{path} is the image itself: save to another folder'
                )
            if kind == 'overlay':
                content = _png(self.draw(opacity)[..., ::-1])
            else:
                content = self.encode(kind)
            write_whole(path, lambda file, x=content: file.write(x))
            files.append(path)
        return files


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class SegmentationPrediction(Prediction):
    """A class for every pixel.

    Attributes:
        labels: (H, W) uint8, indices of classes; 255 is none of them.
        classes: Their names.
        palette: Their RGB colours.
    """

    labels: np.ndarray
    classes: tuple[str, ...]
    palette: list[tuple[int, int, int]]
    task = 'segmentation'
    endings = dict(labels='.png', overlay='_overlay.png')

    def areas(self) -> list[tuple[int, str, float]]:
        """Return index, name and share of all pixels, largest share first."""
        pixels = np.bincount(self.labels.ravel(), minlength=256)
        found = [
            (index, name, float(pixels[index] / self.labels.size))
            for index, name in enumerate(self.classes)
            if pixels[index]
        ]
        return sorted(found, key=lambda area: -area[2])

    def draw(self, opacity: float = 0.5) -> np.ndarray:
        """Return the image with the classes' colours over it."""
        painted = paint_labels(self.labels, self.palette)
        known = self.labels < len(self.classes)
        return blend(self.image, painted, opacity, known)

    def encode(self, kind: str) -> bytes:
        """Return the labels as a PNG of one channel."""
        return _png(self.labels)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DepthPrediction(Prediction):
    """A distance for every pixel.

    Attributes:
        depth: (H, W) float32, metres.
    """

    depth: np.ndarray
    task = 'depth'
    endings = dict(npy='.npy', png='.png', overlay='_overlay.png')

    def draw(self, opacity: float = 0.5) -> np.ndarray:
        """Return the image with depth's colours over it.

        Red is near and blue is far, from this prediction's nearest to its
        farthest pixel: :func:`uhrnet.painting.depth_scale`.
        """
        painted = paint_values(self.depth, depth_scale(self.depth))
        return blend(self.image, painted, opacity)

    def encode(self, kind: str) -> bytes:
        """Return metres as float32, or times 256 as a 16-bit PNG."""
        if kind == 'npy':
            file = io.BytesIO()
            np.save(file, self.depth)
            return file.getvalue()
        values = np.nan_to_num(self.depth * DEPTH_SCALE).round()
        return _png(values.clip(0, 2**16 - 1).astype(np.uint16))


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DetectionPrediction(Prediction):
    """Boxes, and masks where the model has them; best scores first.

    Attributes:
        boxes: (N, 4) float32: left, top, right, bottom in pixels.
        scores: (N,) float32, 0 to 1.
        labels: (N,) indices of classes.
        masks: (N, H, W) bool, or None.
        classes: Names of the classes.
        palette: Their RGB colours.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    masks: np.ndarray | None
    classes: tuple[str, ...]
    palette: list[tuple[int, int, int]]
    task = 'detection'
    endings = dict(json='.json', overlay='_overlay.png')

    def above(self, threshold: float) -> 'DetectionPrediction':
        """Return what has at least this score."""
        kept = self.scores >= threshold
        return dataclasses.replace(
            self,
            boxes=self.boxes[kept],
            scores=self.scores[kept],
            labels=self.labels[kept],
            masks=None if self.masks is None else self.masks[kept],
        )

    def draw(self, opacity: float = 0.5) -> np.ndarray:
        """Return the image with masks and boxes, the best on top."""
        drawn = np.ascontiguousarray(self.image).copy()
        order = np.argsort(self.scores, kind='stable')
        for index in order if self.masks is not None else ():
            color = np.uint8(self.palette[self.labels[index]])
            mask = self.masks[index]
            if mask.any():
                # the mask's pixels alone, as there may be many masks
                below = drawn[mask]
                above = np.broadcast_to(color, below.shape)
                drawn[mask] = blend(below, above.copy(), opacity)
        for index in order:
            label = self.labels[index]
            text = f'{self.classes[label]} {self.scores[index]:.2f}'
            draw_box(drawn, self.boxes[index], text, self.palette[label])
        return drawn

    def encode(self, kind: str) -> bytes:
        """Return boxes and masks as COCO has them, in JSON."""
        return json.dumps(coco_results(self)).encode()


PREDICTIONS: dict[str, type[Prediction]] = {
    kind.task: kind
    for kind in (SegmentationPrediction, DepthPrediction, DetectionPrediction)
}


def check_kinds(
    kinds: Sequence[str] | None, endings: dict[str, str], task: str
) -> None:
    """Refuse kinds of files that a task has not.

    Raises:
        ConfigError: If there are any. The message names what there is.
    """
    unknown = sorted({*(kinds or ())} - {*endings})
    if unknown:
        raise ConfigError(
            f'a prediction of {task} cannot be saved as '
            f'{", ".join(unknown)}: kinds are {", ".join(endings)}'
        )


def _png(array: np.ndarray) -> bytes:
    """Encode labels, 16-bit values, or BGR."""
    written, content = cv2.imencode('.png', np.ascontiguousarray(array))
    if not written:
        raise RuntimeError(f'OpenCV cannot write a PNG of {array.shape}')
    return content.tobytes()
