"""Testing with an exported file in the place of a model."""

from collections.abc import Sequence

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.nn import functional as F

from uhrnet.apis.exported_model import ExportedModel
from uhrnet.errors import ConfigError

from .checkpoint_fit import other_normalisation


@HOOKS.register_module()
class ExportedModelHook(Hook):
    """Let an exported file do what backbone, neck and decode head do.

    All else stays: preprocessing, windows, test-time augmentation, enlarging,
    a detector's own heads, metrics. So a difference in the figures is one of
    the file.

    Args:
        path: A file of ``tools/deployment/export.py``.
        backend: ``'onnxruntime'`` or ``'openvino'``.

    Raises:
        ConfigError: If the file is of another task, other classes or other
            normalisation than the config.
        DataError: If it cannot be read.
    """

    priority = 'VERY_LOW'

    def __init__(self, path: str, backend: str) -> None:
        self.path = path
        self.backend = backend

    def before_test(self, runner: Runner) -> None:
        """Put the file in its place."""
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        # out of test-time augmentation
        model = getattr(model, 'module', model)
        classes = runner.test_dataloader.dataset.metainfo.get('classes')
        self.replace(model, classes)

    def replace(self, model: nn.Module, classes: Sequence | None) -> None:
        """Put the file in the place of parts of a model, after checks.

        Args:
            model: A segmentor, depth estimator or detector; it is changed.
            classes: Of the data set, if known.
        """
        exported = ExportedModel(self.path, self.backend)
        self.check(exported.description, model, classes)
        model.backbone = exported
        if getattr(model, 'neck', None) is not None:
            del model.neck
        if hasattr(model, 'decode_head'):
            heads = model.decode_head
            for head in heads if isinstance(heads, nn.ModuleList) else [heads]:
                head.forward = Outputs(exported.description, head.out_channels)
                # HFGD's looks at its stride, which labels have not.
                head.check_stride = lambda *_: None

    def check(
        self, description: dict, model: nn.Module, classes: Sequence | None
    ) -> None:
        """Compare what the file says about itself with the config."""
        from uhrnet.apis.export_graph import task_of

        found = description['task']
        if found != task_of(model):
            raise ConfigError(
                f'{self.path} is of {found}, the config of {task_of(model)}: '
                'name the config that it was exported with'
            )
        theirs = description['classes']
        if theirs and classes and theirs != list(classes):
            raise ConfigError(
                f'{self.path} has {len(theirs)} classes ({theirs[0]}, ...), '
                f'the data set of the config {len(classes)} ({classes[0]}, '
                '...), or in another order: name the config that it was '
                'exported with'
            )
        problem = other_normalisation(description['normalisation'], model)
        if problem:
            raise ConfigError(f'{self.path} {problem}')


class Outputs:
    """The ``forward`` of a head whose results the file has computed.

    Args:
        description: Of the file.
        channels: Of the head's logits.
    """

    def __init__(self, description: dict, channels: int) -> None:
        self.labels = description['outputs'] == 'labels'
        self.channels = channels

    def __call__(
        self, inputs: Sequence[Tensor], prev_output: Tensor | None = None
    ) -> Tensor:
        """Return logits or depths; of labels, 1 where a class was chosen."""
        out = inputs[0]
        if not self.labels:
            return out
        chosen = F.one_hot(out.long(), self.channels)
        return chosen.movedim(-1, 1).to(torch.float32)
