"""Stop when a checkpoint does not fit the model."""

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner
from torch import nn

from uhrnet.state_dict_fit import describe_misfits, find_misfits


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Compare a checkpoint with the model before it is loaded.

    mmengine loads what fits and logs the rest as a warning, so that testing
    the weights of another architecture gives a figure near chance and exit
    code 0. Here, testing and resuming need every parameter. Fine-tuning
    (``load_from``) needs the whole backbone; other parts may differ, for
    example for another number of classes, and are named in the log.

    Converted and published checkpoints hold no state of a training, so they
    cannot be resumed. Converted ones say how their input is normalised; a
    test that does otherwise is stopped as well.

    Raises:
        ValueError: If the checkpoint does not fit. It names the parameters.
    """

    # Before mmengine's own after_load_checkpoint hooks (EMA) use it.
    priority = 'VERY_HIGH'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check ``checkpoint`` against ``runner.model``."""
        source = runner._load_from or 'the checkpoint'
        meta = checkpoint.get('meta') or {}
        # Only Runner.train has built its loop by now.
        training = isinstance(runner._train_loop, BaseLoop)
        if training and runner._resume and 'iter' not in meta:
            raise ValueError(
                f'{source} holds weights alone, without the state of a '
                'training, so there is nothing to resume. To start a new '
                f'training from it: --cfg-options load_from={source}'
            )
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        # A test-time augmentation model wraps the one that was trained.
        trained = getattr(model, 'module', model)
        state = checkpoint.get('state_dict', checkpoint)
        misfits = find_misfits(
            trained.state_dict(),
            {k.removeprefix('module.'): v for k, v in state.items()},
        )
        fine_tuning = training and not runner._resume
        fatal = [
            key
            for key in misfits
            if not fine_tuning or key.startswith('backbone.')
        ]
        if fatal:
            raise ValueError(
                f'{source} does not fit this model{_archs(meta, trained)}. '
                'Use the config that the checkpoint was trained with. '
                + describe_misfits(misfits, fatal)
            )
        if misfits:
            print_log(
                f'Parts of {source} were not used. '
                + describe_misfits(misfits),
                logger='current',
            )
        if not training and meta.get('normalisation'):
            _check_normalisation(source, meta['normalisation'], trained)


def _archs(meta: dict, model: nn.Module) -> str:
    """Say which architectures meet, as far as they are known."""
    name = getattr(getattr(model, 'backbone', None), 'name', None)
    parts = []
    if meta.get('arch'):
        parts.append(f'it holds {meta["arch"]}')
    if name:
        parts.append(f'the config builds {name}')
    return ': ' + ', '.join(parts) if parts else ''


def _check_normalisation(
    source: str, expected: dict, model: nn.Module
) -> None:
    """Compare mean and standard deviation with those of the model."""
    preprocessor = model.data_preprocessor
    for key in ('mean', 'std'):
        value = getattr(preprocessor, key, None)
        found = None if value is None else value.flatten().tolist()
        if found is None or not np.allclose(found, expected[key]):
            raise ValueError(
                f'{source} needs images normalised with {key} '
                f'{expected[key]}, and model.data_preprocessor.{key} is '
                f'{found}: set it so in the config'
            )
