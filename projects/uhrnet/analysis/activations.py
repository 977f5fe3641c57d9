"""What the branches of a network hold, and what a class is seen by.

Source of the class activation: Selvaraju et al., Grad-CAM, arXiv 1610.02391.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor, nn
from torch.nn import functional as F

from uhrnet.apis.export_graph import task_of
from uhrnet.errors import ConfigError

_LABEL_STEPS = ('LoadCheckedDepth', 'FreezeDepth')
_MOST_PLACES = 20  # or boxes, that a class is seen at


class Activation(NamedTuple):
    """A map of a stage.

    Attributes:
        stage: Name of the module.
        branch: Which of its maps, the finest first.
        values: (C, H, W).
        cam: (H, W), not negative, where the class is seen; None without one.
    """

    stage: str
    branch: int
    values: Tensor
    cam: Tensor | None = None


def load_input(
    cfg: Config, model: BaseModel, path: str
) -> tuple[Tensor, list[BaseDataElement]]:
    """Bring an image through the test pipeline of a config.

    Returns:
        The model's input (1, 3, H, W), and the sample that belongs to it.
    """
    steps = [
        step
        for step in cfg.test_pipeline
        if 'Annotations' not in step.type and step.type not in _LABEL_STEPS
    ]
    data = Compose(steps)(dict(img_path=path, img_id=0))
    batch = model.data_preprocessor(pseudo_collate([data]), False)
    return batch['inputs'], batch['data_samples']


def shown_part(inputs: Tensor, sample: BaseDataElement) -> tuple[float, float]:
    """Return the shares of a model's input that are not padding."""
    height, width = sample.metainfo['img_shape'][:2]
    return min(1, height / inputs.shape[2]), min(1, width / inputs.shape[3])


def default_stages(model: BaseModel) -> list[str]:
    """Name the stages of a model's backbone."""
    return [
        f'backbone.{name}'
        for name, _ in model.backbone.named_children()
        if name.startswith(('stage', 'layer'))
    ]


def collect(
    model: BaseModel,
    stages: list[str],
    forward: Callable[[], Tensor | None],
) -> list[Activation]:
    """Run a model and keep the maps of its stages.

    Args:
        model: The model.
        stages: Names of modules.
        forward: Runs the model. What it returns, a number, is
            differentiated for the maps' class activations; None for none.

    Raises:
        ConfigError: If there is no such module, or it returns no maps.
    """
    with _kept(model, stages) as kept:
        target = forward()
    found = [(x, i, m) for x, maps in kept.items() for i, m in enumerate(maps)]
    if target is None:
        return [Activation(x, i, m[0].detach()) for x, i, m in found]
    gradients = torch.autograd.grad(
        target, [m for *_, m in found], allow_unused=True
    )
    return [
        Activation(x, i, m[0].detach(), grad_cam(m[0].detach(), gradient))
        for (x, i, m), gradient in zip(found, gradients, strict=True)
    ]


def grad_cam(values: Tensor, gradient: Tensor | None) -> Tensor:
    """Weigh channels by their mean gradients; what is negative is 0.

    Args:
        values: (C, H, W).
        gradient: (1, C, H, W); None if the class does not depend on them.

    Returns:
        (H, W).
    """
    if gradient is None:
        return values.new_zeros(values.shape[1:])
    weights = gradient[0].mean(dim=(1, 2), keepdim=True)
    return F.relu((weights * values).sum(dim=0))


def class_target(
    model: BaseModel,
    inputs: Tensor,
    samples: list[BaseDataElement],
    category: int | None,
) -> tuple[Tensor, str]:
    """Return a number that says how much of a class a model sees.

    For segmentation these are the logits of the class where it is predicted,
    for depth the mean depth. For detection it has to be predicted: then these
    are its scores in the boxes, as the heads for regions give them, or the
    highest ones of a dense head.

    Args:
        model: Of any task.
        inputs: (1, 3, H, W).
        samples: Of ``inputs``.
        category: The class; None for the one that is predicted most.

    Returns:
        The number, and what it is.

    Raises:
        ConfigError: If the class is predicted nowhere, or there is none.
    """
    names = list((model.dataset_meta or {}).get('classes') or ())
    if category is not None and not 0 <= category < len(names):
        raise ConfigError(
            f'class {category} is none of {len(names)}: from 0 to '
            f'{len(names) - 1}'
        )
    task = task_of(model)
    if task == 'detection':
        return _box_target(model, inputs, samples, category, names)
    _attach(model)
    logits = model(inputs, samples, mode='tensor')
    if task == 'depth':
        return logits.mean(), 'depth'
    if logits.shape[1] == 1:  # of one class and the background
        logits = torch.cat((-logits, logits), dim=1)
    predicted = logits[0].argmax(dim=0)
    if category is None:
        category = int(predicted.flatten().bincount().argmax())
    mask = predicted == category
    _check_seen(bool(mask.any()), names[category])
    return logits[0, category][mask].sum(), names[category]


def _box_target(
    model: BaseModel,
    inputs: Tensor,
    samples: list[BaseDataElement],
    category: int | None,
    names: list[str],
) -> tuple[Tensor, str]:
    with torch.no_grad():
        found = model.predict(inputs, samples, rescale=False)[0]
    found = found.pred_instances
    if category is None:
        _check_seen(len(found) > 0, 'object')
        category = int(found.labels[found.scores.argmax()])
    boxes = found.bboxes[found.labels == category][:_MOST_PLACES]
    _check_seen(len(boxes) > 0, names[category])
    maps = model.extract_feat(inputs)
    if not hasattr(model, 'roi_head'):
        scores = model.bbox_head(maps)[0]
        classes = getattr(model.bbox_head, 'cls_out_channels', len(names))
        # several anchors of a place, each with all classes
        flat = torch.cat(
            [
                x[0].unflatten(0, (-1, classes))[:, category].flatten()
                for x in scores
            ]
        )
        count = min(_MOST_PLACES, len(flat))
        return flat.topk(count).values.sum(), names[category]
    regions = [InstanceData(bboxes=boxes)]
    scores = model.roi_head(maps, regions, samples)[0]
    if not isinstance(scores, Tensor):  # a cascade has them for each image
        (scores,) = scores
    return scores[:, category].sum(), names[category]


def _attach(model: BaseModel) -> None:
    """Let gradients through where HFGD trains its decoder without them."""
    for name in ('detach_low', 'detach_high'):
        if hasattr(model.decode_head, name):
            setattr(model.decode_head, name, False)


def _check_seen(seen: bool, name: str) -> None:
    if not seen:
        raise ConfigError(
            f'the model sees no {name} in this image: name another class or '
            'image'
        )


@contextmanager
def _kept(
    model: BaseModel, stages: list[str]
) -> Iterator[Mapping[str, list[Tensor]]]:
    modules = dict(model.named_modules())
    unknown = [name for name in stages if name not in modules]
    if unknown:
        raise ConfigError(
            f'the model has no module {unknown[0]}: name for example '
            + ', '.join(default_stages(model))
        )
    kept: dict[str, list[Tensor]] = {}

    def keep(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            maps = [output] if isinstance(output, Tensor) else list(output)
            if not all(isinstance(x, Tensor) and x.dim() == 4 for x in maps):
                raise ConfigError(f'{name} returns no maps: name another')
            kept[name] = maps

        return hook

    hooks = [modules[x].register_forward_hook(keep(x)) for x in stages]
    try:
        yield kept
    finally:
        for hook in hooks:
            hook.remove()
