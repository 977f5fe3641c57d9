"""Stop when a checkpoint does not fit the model."""

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner, find_latest_checkpoint
from torch import nn

from uhrnet.errors import ConfigError
from uhrnet.state_dict_fit import describe_misfits, find_misfits
from uhrnet.version import __version__

_BACKBONE = 'backbone.'


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Compare a checkpoint with the model before it is loaded.

    mmengine loads what fits and logs the rest as a warning, so that testing
    the weights of another architecture gives a figure near chance and exit
    code 0. Here, testing and resuming need every parameter. Fine-tuning
    (``load_from``) needs the whole backbone; other parts may differ, for
    example for another number of classes, and the log says so.

    Saved checkpoints get the architecture and the normalisation of images in
    their ``meta``, as converted ones have them. A test that normalises
    otherwise is stopped, and a checkpoint without the state of a training,
    converted or published, cannot be resumed.

    Raises:
        ConfigError: If the checkpoint does not fit. It names the parameters.
    """

    # Before mmengine's own after_load_checkpoint hooks (EMA) use it.
    priority = 'VERY_HIGH'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Write into ``checkpoint`` what :meth:`after_load_checkpoint` reads.

        The backbone's ``name`` as ``arch``, and the normalisation.
        """
        model = _unwrap(runner.model)
        meta = checkpoint.setdefault('meta', {})
        meta['uhrnet_version'] = __version__
        meta['normalisation'] = normalisation_of(model)
        name = getattr(getattr(model, 'backbone', None), 'name', None)
        if name is not None:
            meta['arch'] = name

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check ``checkpoint`` against ``runner.model``."""
        # Only Runner.train has built its loop by now.
        training = isinstance(runner._train_loop, BaseLoop)
        resuming = training and runner._resume
        source = runner._load_from
        if source is None:
            source = find_latest_checkpoint(runner.work_dir)
        meta = checkpoint.get('meta')
        meta = meta if isinstance(meta, dict) else {}
        if resuming and 'iter' not in meta:
            raise ConfigError(
                f'{source} holds weights alone, without the state of a '
                'training, so there is nothing to resume. To start a new '
                f'training from it: --cfg-options load_from={source}'
            )
        model = _unwrap(runner.model)
        expected = model.state_dict()
        state = {
            key.removeprefix('module.'): value
            for key, value in checkpoint.get('state_dict', checkpoint).items()
        }
        misfits = find_misfits(expected, state)
        if training and not resuming and expected.keys() & state.keys():
            fatal = [key for key in misfits if key.startswith(_BACKBONE)]
        else:
            fatal = list(misfits)
        if fatal:
            raise ConfigError(
                f'{source} does not fit this model{_archs(meta, model)}. '
                + _advice(state)
                + describe_misfits(misfits, fatal)
            )
        if misfits:
            print_log(
                f'Parts of {source} were not used. '
                + describe_misfits(misfits),
                logger='current',
            )
        problem = other_normalisation(meta.get('normalisation'), model)
        if problem and (resuming or not training):
            raise ConfigError(f'{source} {problem}')
        if problem:
            print_log(f'{source} {problem}', logger='current')


def normalisation_of(model: nn.Module) -> dict | None:
    """Return ``mean``, ``std`` (of 0-255) and ``bgr_to_rgb``, if it has them.

    Read from a data preprocessor of mmengine, mmsegmentation or mmdetection.
    """
    preprocessor = getattr(model, 'data_preprocessor', None)
    if not hasattr(preprocessor, 'mean'):
        return None
    swap = getattr(preprocessor, 'channel_conversion', None)
    if swap is None:
        swap = preprocessor._channel_conversion
    return dict(
        mean=[float(x) for x in preprocessor.mean.flatten()],
        std=[float(x) for x in preprocessor.std.flatten()],
        bgr_to_rgb=bool(swap),
    )


def _unwrap(model: nn.Module) -> nn.Module:
    """Take the trained model out of DDP and test-time augmentation."""
    if is_model_wrapper(model):
        model = model.module
    return getattr(model, 'module', model)


def _archs(meta: dict, model: nn.Module) -> str:
    """Say which architectures meet, as far as they are known."""
    name = getattr(getattr(model, 'backbone', None), 'name', None)
    parts = []
    if meta.get('arch'):
        parts.append(f'it holds {meta["arch"]}')
    if name:
        parts.append(f'the config builds {name}')
    return ': ' + ', '.join(parts) if parts else ''


def _advice(state: dict) -> str:
    if all(key.startswith(_BACKBONE) for key in state):
        return (
            'It is a backbone alone: train a model from it, with load_from '
            'or init_cfg. '
        )
    return 'Use the config that the checkpoint was trained with. '


def other_normalisation(expected: dict | None, model: nn.Module) -> str:
    """Say what differs, or nothing."""
    found = normalisation_of(model)
    for key in ('mean', 'std', 'bgr_to_rgb'):
        theirs = (expected or {}).get(key)
        ours = (found or {}).get(key)
        if theirs is not None and (
            np.shape(theirs) != np.shape(ours) or not np.allclose(theirs, ours)
        ):
            return (
                f'was trained with {key} {theirs}, and '
                f'model.data_preprocessor has {ours}: use the config that it '
                'was trained with, or change these'
            )
    return ''
