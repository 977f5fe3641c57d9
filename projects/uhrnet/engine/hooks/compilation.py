"""Training and testing with compiled networks."""

import functools
from collections.abc import Callable, Iterator

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from uhrnet.errors import ConfigError

from ..launch import COMPILE_MODES

BODY = ('backbone', 'neck')
HEADS = ('decode_head', 'auxiliary_head', 'rpn_head', 'bbox_head')


@HOOKS.register_module()
class CompileHook(Hook):
    """Compile backbone, neck and the convolutional heads of a model.

    Losses, data samples and what a detector does with regions stay outside,
    as they change from image to image; mmengine's ``compile=True`` takes the
    whole model and breaks at each of them. Names of parameters stay the
    same, so checkpoints fit with and without.

    The first iterations take a minute or more, and so does a new size of
    images, once; after two of them compiled code takes any size. Where a
    backbone's ``with_cp`` computes activations anew, each of its modules is
    compiled by itself.

    Args:
        mode: ``'default'``; ``'reduce-overhead'``, which records CUDA graphs
            and so does without launching hundreds of kernels for each image;
            or ``'max-autotune'``, which tries out kernels as well.
        backend: Of ``torch.compile``.

    Raises:
        ConfigError: For another mode.
    """

    # Behind hooks that copy or fold the model.
    priority = 'LOWEST'

    def __init__(
        self, mode: str = 'default', backend: str = 'inductor'
    ) -> None:
        if mode not in COMPILE_MODES:
            raise ConfigError(
                f'mode of CompileHook is {" or ".join(COMPILE_MODES)}, not '
                f'{mode!r}'
            )
        self.records = mode != 'default'
        self.compile = functools.partial(
            torch.compile,
            backend=backend,
            mode=mode if self.records else None,
        )

    def before_train(self, runner: Runner) -> None:
        """Compile at the first call of each part."""
        self.compile_parts(runner.model)

    def before_test(self, runner: Runner) -> None:
        """Compile at the first call of each part."""
        self.compile_parts(runner.model)

    def before_train_iter(self, *args: object, **kwargs: object) -> None:
        """Let recorded graphs use the memory of the last iteration."""
        self._begin()

    def before_val_iter(self, *args: object, **kwargs: object) -> None:
        """See :meth:`before_train_iter`."""
        self._begin()

    def before_test_iter(self, *args: object, **kwargs: object) -> None:
        """See :meth:`before_train_iter`."""
        self._begin()

    def _begin(self) -> None:
        if self.records:
            torch.compiler.cudagraph_mark_step_begin()

    def compile_parts(self, model: nn.Module) -> None:
        """Replace methods of the model's parts by compiled ones.

        They belong to this model: a copy of it made afterwards would run
        these, with these weights.
        """
        model = model.module if is_model_wrapper(model) else model
        # out of test-time augmentation
        model = getattr(model, 'module', model)
        for name in BODY:
            part = getattr(model, name, None)
            if part is not None:
                part.forward = self.compile(part.forward)
        for head in _heads(model):
            # What it calls when training may be something else than forward.
            for name in {'forward', *getattr(head, 'compiled_methods', ())}:
                method = self.compile(getattr(head, name))
                setattr(head, name, kept(method) if self.records else method)


def _heads(model: nn.Module) -> Iterator[nn.Module]:
    for name in HEADS:
        head = getattr(model, name, None)
        if isinstance(head, nn.ModuleList):
            yield from head
        elif head is not None:
            yield head


def kept(method: Callable) -> Callable:
    """Copy what a recorded graph returns when predicting.

    Its memory is written to again at the next image or window, and
    predictions are read after that.
    """

    @functools.wraps(method)
    def call(*args: object, **kwargs: object) -> object:
        out = method(*args, **kwargs)
        if torch.is_grad_enabled():
            return out
        return pytree.tree_map_only(Tensor, Tensor.clone, out)

    return call
