"""A trained model that takes images and returns typed predictions."""

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from torch import nn

from uhrnet.engine.dataset_configs import innermost_dataset
from uhrnet.engine.evaluation_pipelines import without_labels
from uhrnet.errors import ConfigError, DataError
from uhrnet.transforms.image_header import check_pixels
from uhrnet.transforms.image_loading import LoadCheckedImage

from .class_names import class_count, colors_for, names_for
from .inputs import Source, find_sources
from .predictions import (
    DepthPrediction,
    DetectionPrediction,
    Prediction,
    SegmentationPrediction,
)

LOADERS = ('LoadImageFromFile', 'LoadCheckedImage')


class Predictor:
    """Maps images to predictions, as ``tools/test.py`` does.

    Images go through the config's own test pipeline, so that results equal
    those of an evaluation bit by bit, for one image at a time on the same
    device. Made by :func:`uhrnet.apis.load`.

    Args:
        model: A segmentor, depth estimator or detector in evaluation mode,
            or one of these in its ``tta_model``.
        config: Its config, whose test pipeline is that of the model.
        task: ``'segmentation'``, ``'depth'`` or ``'detection'``.
        name: What it is called.
        weights: Where its weights are from.

    Attributes:
        name: Of the config.
        weights: File or address of its weights.
        task: What it predicts.
        model: The model.
        device: Where it is.
        classes: Names of what it tells apart, none for depth.
        palette: RGB colours of the classes.

    Raises:
        ConfigError: If the pipeline does not begin with a loader.
    """

    def __init__(
        self,
        model: nn.Module,
        config: Config,
        task: str,
        name: str,
        weights: str,
    ) -> None:
        self.model = model
        self.task = task
        self.name = name
        self.weights = weights
        self.device = next(model.parameters()).device
        inner = getattr(model, 'module', model)
        meta = inner.dataset_meta
        # Data sets of depth have one class, which names what is measured.
        number = 0 if task == 'depth' else class_count(inner)
        self.classes = names_for(meta.get('classes'), number)
        self.palette = colors_for(meta.get('palette'), len(self.classes))
        steps = innermost_dataset(config.test_dataloader).pipeline
        loading, *steps = without_labels(steps)
        # of the camera that depth is told for, see CanonicalFocal
        self.focal = next((x.focal for x in steps if 'focal' in x), None)
        self.load = checked_loader(name, loading, steps)
        steps = [step for step in steps if step.type != 'CheckImageFile']
        scope = config.get('default_scope', 'mmengine')
        with DefaultScope.overwrite_default_scope(scope):
            self.prepare = Compose(steps)

    def predict(
        self,
        inputs: Any,
        batch: int = 1,
        focal: float | None = None,
        on_error: Callable[[str, DataError], None] | None = None,
    ) -> Iterator[Prediction]:
        """Predict, one image after another.

        Args:
            inputs: An array (H, W, 3) uint8, RGB; a path of an image, a
                folder or a video; a pattern such as ``'images/*.png'``; a
                number for a webcam; or several of these. Files of a folder
                come in the order of their names, frames in theirs.
            batch: Images to predict together. Neighbours of equal size are;
                on most devices results then differ in the last digits.
            focal: Focal length of the camera in pixels, for models of depth
                that need one.
            on_error: Called with source and error for an image that cannot
                be used; by default the error is raised.

        Yields:
            A prediction for each image, in the order of the inputs.

        Raises:
            ConfigError: If the model does not take these options.
            DataError: If an image is missing, damaged, too large or none, or
                if there are none at all.
        """
        if batch < 1:
            raise ConfigError(f'batch={batch}: predict at least one at a time')
        self.check_focal(focal)
        if focal is None and self.focal is not None:
            warnings.warn(
                'the focal length of the camera is not known: depth is '
                f'that of one of {self.focal} pixels, give focal (--focal)',
                stacklevel=2,
            )
            focal = self.focal
        waiting: list[tuple[Source, np.ndarray, dict, float]] = []
        for source in find_sources(inputs):
            start = time.perf_counter()
            try:
                image, sample = self.read(source, focal)
            except DataError as error:
                if on_error is None:
                    raise
                on_error(source.name, error)
                continue
            spent = time.perf_counter() - start
            if waiting and image.shape != waiting[0][1].shape:
                yield from self._run(waiting)
                waiting = []
            waiting.append((source, image, sample, spent))
            if len(waiting) == batch:
                yield from self._run(waiting)
                waiting = []
        if waiting:
            yield from self._run(waiting)

    def check_focal(self, focal: float | None) -> None:
        """Raise :class:`ConfigError` for a focal length of no use."""
        if focal is None:
            return
        if self.focal is None:
            raise ConfigError(
                f'{self.name} does not ask for a focal length: leave it out'
            )
        if not 0 < focal < math.inf:
            raise ConfigError(f'focal={focal}: give pixels, more than 0')

    def read(
        self, source: Source, focal: float | None = None
    ) -> tuple[np.ndarray, dict]:
        """Load and prepare an image.

        Returns:
            The image (H, W, 3), RGB, and what the model takes.

        Raises:
            DataError: If it cannot be used.
        """
        results = dict(img_path=source.name, img_id=0)
        if focal is not None:
            results['focal'] = focal
        if source.image is None:
            results = self.load(results)
        else:
            check_array(source.image, source.name, self.load.max_pixels)
            # the toolboxes' channels are in OpenCV's order
            image = np.ascontiguousarray(source.image[..., ::-1])
            kind = np.float32 if self.load.to_float32 else np.uint8
            results['img'] = image.astype(kind)
            results['img_shape'] = results['ori_shape'] = image.shape[:2]
        image = results['img'][..., ::-1].astype(np.uint8)
        return image, self.prepare(results)

    def _run(
        self, items: list[tuple[Source, np.ndarray, dict, float]]
    ) -> Iterator[Prediction]:
        """Predict images of equal size together."""
        start = time.perf_counter()
        data = pseudo_collate([sample for _, _, sample, _ in items])
        with torch.no_grad():
            samples = self.model.test_step(data)
        spent = (time.perf_counter() - start) / len(items)
        for (source, image, _, before), sample in zip(
            items, samples, strict=True
        ):
            yield TYPED[self.task](
                self, image, sample, source.name, before + spent
            )


def _segmentation(
    model: Predictor, image: np.ndarray, sample: Any, source: str, time: float
) -> SegmentationPrediction:
    labels = sample.pred_sem_seg.data.squeeze(0).cpu().numpy()
    return SegmentationPrediction(
        image=image,
        source=source,
        seconds=time,
        labels=labels.astype(np.uint8),
        classes=model.classes,
        palette=model.palette,
    )


def _depth(
    model: Predictor, image: np.ndarray, sample: Any, source: str, time: float
) -> DepthPrediction:
    # What a pipeline cuts off has no depth.
    top, bottom, left, right = sample.get('window', (0, None, 0, None))
    return DepthPrediction(
        image=image[top:bottom, left:right],
        source=source,
        seconds=time,
        depth=sample.pred_depth_map.data.squeeze(0).float().cpu().numpy(),
    )


def _detection(
    model: Predictor, image: np.ndarray, sample: Any, source: str, time: float
) -> DetectionPrediction:
    found = sample.pred_instances
    order = torch.argsort(found.scores, descending=True, stable=True)
    found = found[order].cpu().numpy()
    masks = found.get('masks')
    return DetectionPrediction(
        image=image,
        source=source,
        seconds=time,
        boxes=np.asarray(found.bboxes, np.float32).reshape(-1, 4),
        scores=found.scores,
        labels=found.labels,
        masks=None if masks is None else np.asarray(masks, bool),
        classes=model.classes,
        palette=model.palette,
    )


TYPED: dict[str, Callable[..., Prediction]] = dict(
    segmentation=_segmentation, depth=_depth, detection=_detection
)


def checked_loader(
    name: str, loading: Mapping, steps: Sequence[Mapping]
) -> LoadCheckedImage:
    """Return what loads files as a pipeline does, and checks them first.

    Args:
        name: Of the config, for messages.
        loading: The first step of its test pipeline.
        steps: The others, in which files may be checked.

    Raises:
        ConfigError: If the first step does not load colours from a file.
    """
    color = loading.get('color_type', 'color')
    if loading['type'] not in LOADERS or color != 'color':
        raise ConfigError(
            f'the test pipeline of {name} begins with {dict(loading)}: to '
            'predict images that are in no data set, it has to be one of '
            f'{", ".join(LOADERS)}, with colours'
        )
    known = ('to_float32', 'imdecode_backend', 'backend_args', 'max_pixels')
    options = {key: loading[key] for key in known if key in loading}
    for step in steps:
        if step['type'] == 'CheckImageFile' and 'max_pixels' in step:
            options['max_pixels'] = step['max_pixels']
    return LoadCheckedImage(**options)


def check_array(image: np.ndarray, name: str, max_pixels: int) -> None:
    """Raise :class:`DataError` for what is no RGB image, or too large."""
    if (
        not isinstance(image, np.ndarray)
        or image.dtype != np.uint8
        or image.ndim != 3
        or image.shape[2] != 3
        or 0 in image.shape
    ):
        found = f'{getattr(image, "dtype", type(image).__name__)} of shape '
        raise DataError(
            f'image {name} is {found}{np.shape(image)}: give arrays of uint8 '
            'and shape (height, width, 3), RGB'
        )
    check_pixels(image.shape[:2], f'image {name}', max_pixels)
