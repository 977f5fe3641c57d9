"""What each step of a data pipeline makes of a sample."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from mmengine.config import Config

from uhrnet.errors import ConfigError

from .datasets import open_dataset

MODES = ('original', 'transformed', 'pipeline')
# Steps that bring a sample in, beside those that are named Load...
_READING = ('CheckImageFile', 'FreezeDepth')


class Stage(NamedTuple):
    """A sample behind a step.

    Attributes:
        step: Name of the step.
        image: (H, W, 3), RGB.
        labels: Classes (H, W), or None.
        depth: (H, W) in metres, or None.
        boxes: (N, 4) corners, or None.
        box_labels: (N,) classes of the boxes.
        masks: (N, H, W) of the boxes' objects, or None.
    """

    step: str
    image: np.ndarray
    labels: np.ndarray | None = None
    depth: np.ndarray | None = None
    boxes: np.ndarray | None = None
    box_labels: np.ndarray | None = None
    masks: np.ndarray | None = None

    def same_as(self, other: 'Stage') -> bool:
        """Whether a step has changed nothing of another stage."""
        pairs = zip(self[1:], other[1:], strict=True)
        return all(
            a is b is None or (a is not None and np.array_equal(a, b))
            for a, b in pairs
        )


class Trace:
    """Stages of one sample at a time.

    Args:
        mode: One of :data:`MODES`.

    Attributes:
        stages: Behind each step so far.
        path: Of the image.
        complete: Whether the sample's own pipeline has ended. Others that are
            read after that are mixed into it.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.path = ''
        self.reset()

    def reset(self) -> None:
        """Begin with another sample."""
        self.stages: list[Stage] = []
        self.complete = False

    def record(self, data: Mapping, step: Any) -> None:
        """Keep what a step has returned, if there is an image yet."""
        stage = stage_of(data, type(step).__name__)
        if stage is not None:
            self.stages.append(stage)

    def chosen(self) -> list[Stage]:
        """Return the stages that the mode shows."""
        return self.stages if self.mode == 'pipeline' else self.stages[-1:]


class Recorder:
    """Stands for a pipeline, and keeps the stages of a sample.

    Args:
        pipeline: A ``Compose``.
        trace: That keeps them. In its mode ``'original'`` the steps run alone
            that read, as in many pipelines labels are read after a resizing.
    """

    def __init__(self, pipeline: Any, trace: Trace) -> None:
        self.trace = trace
        self.transforms: list[Callable] = [
            step
            for step in pipeline.transforms
            if trace.mode != 'original' or is_reading(type(step).__name__)
        ]

    def __call__(self, data: dict) -> dict | None:
        """Run the steps; None if one refuses the sample, as a pipeline."""
        kept = not self.trace.complete
        if kept:
            self.trace.reset()
        for transform in self.transforms:
            data = transform(data)
            if data is None:
                return None
            if kept:
                self.trace.record(data, transform)
                self.trace.path = data.get('img_path', self.trace.path)
        self.trace.complete = True
        return data


class MixingStep:
    """Stands for a step that mixes other samples into one.

    Args:
        step: Of a ``MultiImageMixDataset``.
        trace: That keeps what it makes.
    """

    def __init__(self, step: Any, trace: Trace) -> None:
        self.step = step
        self.trace = trace

    def __call__(self, data: dict) -> dict | None:
        """Run the step."""
        mixed = self.step(data)
        if mixed is not None:
            self.trace.record(mixed, self.step)
        return mixed

    def __getattr__(self, name: str) -> Any:
        """Look it up in the step: not all choose samples to mix."""
        return getattr(self.step, name)


def is_reading(step: str) -> bool:
    """Whether a step brings in a sample and leaves it as it is."""
    return step.startswith('Load') or step in _READING


class Browser:
    """Goes through a data set of a config, as the loader would.

    Args:
        cfg: Of any task.
        phase: ``'train'``, ``'val'`` or ``'test'``.
        mode: One of :data:`MODES`.

    Attributes:
        classes: Names.
        palette: RGB colours of the classes; empty without.

    Raises:
        ConfigError: If the config has no such data.
        DataError: If they are missing.
    """

    def __init__(
        self, cfg: Config, phase: str, mode: str = 'pipeline'
    ) -> None:
        self.dataset = open_dataset(cfg, phase)
        meta = self.dataset.metainfo
        self.classes = tuple(meta.get('classes') or ())
        self.palette = list(meta.get('palette') or ())
        self._trace = Trace(mode)
        self._record(self.dataset)

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.dataset)

    def __iter__(self) -> Iterator[Trace]:
        """Go through the samples, each with its stages."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Trace:
        """Return a sample's stages, until another one is read."""
        self._trace.reset()
        self.dataset[index]
        if not self._trace.stages:
            raise ConfigError(
                'the pipeline reads no image: it has to have a step '
                'LoadImageFromFile or LoadCheckedImage'
            )
        return self._trace

    def _record(self, dataset: Any) -> None:
        for inner in (
            getattr(dataset, 'dataset', None),
            *(getattr(dataset, 'datasets', None) or ()),
        ):
            if inner is not None:
                self._record(inner)
        pipeline = getattr(dataset, 'pipeline', None)
        if hasattr(pipeline, 'transforms'):
            dataset.pipeline = Recorder(pipeline, self._trace)
        elif isinstance(pipeline, list):  # of MultiImageMixDataset
            mixes = self._trace.mode != 'original'
            dataset.pipeline = [
                MixingStep(step, self._trace) for step in pipeline if mixes
            ]


def stage_of(data: Mapping, step: str) -> Stage | None:
    """Read what a step has returned; None if there is no image yet.

    Args:
        data: The results, or what a packing step makes of them.
        step: Its name.
    """
    if 'data_samples' in data:
        return _packed(data, step)
    if 'img' not in data:
        return None
    boxes = data.get('gt_bboxes')
    return Stage(
        step,
        _rgb(data['img']),
        _copy(data.get('gt_seg_map')),
        _copy(data.get('gt_depth_map')),
        None if boxes is None else _corners(boxes),
        _copy(data.get('gt_bboxes_labels')),
        _masks(data.get('gt_masks')),
    )


def _packed(data: Mapping, step: str) -> Stage:
    sample = data['data_samples']
    labels, depth, objects = (
        sample.get(key)
        for key in ('gt_sem_seg', 'gt_depth_map', 'gt_instances')
    )
    stage = Stage(step, _rgb(data['inputs'].permute(1, 2, 0).numpy()))
    if labels is not None:
        stage = stage._replace(labels=labels.data.squeeze(0).numpy())
    if depth is not None:
        stage = stage._replace(depth=depth.data.squeeze(0).numpy())
    if objects is not None and 'bboxes' in objects:
        stage = stage._replace(
            boxes=_corners(objects.bboxes),
            box_labels=objects.labels.numpy(),
            masks=_masks(objects.get('masks')),
        )
    return stage


def _rgb(image: np.ndarray) -> np.ndarray:
    image = image.clip(0, 255).astype(np.uint8)
    if image.ndim == 2:
        image = image[..., None].repeat(3, 2)
    return image[..., 2::-1].copy()


def _copy(values: Any) -> np.ndarray | None:
    return None if values is None else np.array(values)


def _corners(boxes: Any) -> np.ndarray:
    boxes = getattr(boxes, 'tensor', boxes)
    return np.array(boxes, np.float32).reshape(-1, 4)


def _masks(masks: Any) -> np.ndarray | None:
    if masks is None:
        return None
    return masks.to_ndarray().astype(bool)
