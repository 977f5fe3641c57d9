"""Stop when a checkpoint does not fit the model."""

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner

_SHOWN = 5
# torch fills it in where it is missing, as in files of old or other origin.
_COUNTER = '.num_batches_tracked'


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Compare a checkpoint with the model before it is loaded.

    mmengine loads what fits and logs the rest as a warning, so that testing
    the weights of another architecture gives a figure near chance and exit
    code 0. Here, testing and resuming need every parameter. Fine-tuning
    (``load_from``) needs the whole backbone; other parts may differ, for
    example for another number of classes, and are named in the log.

    Raises:
        ValueError: If the checkpoint does not fit. It names the parameters.
    """

    # Before mmengine's own after_load_checkpoint hooks (EMA) use it.
    priority = 'VERY_HIGH'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check ``checkpoint`` against ``runner.model``."""
        source = runner._load_from or 'the checkpoint'
        state = checkpoint.get('state_dict', checkpoint)
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        expected = model.state_dict()
        # A test-time augmentation model wraps the one that was trained.
        if expected and all(key.startswith('module.') for key in expected):
            expected = {
                k.removeprefix('module.'): v for k, v in expected.items()
            }
        state = {k.removeprefix('module.'): v for k, v in state.items()}

        problems = {
            key: f'{tuple(state[key].shape)} in place of {tuple(value.shape)}'
            if key in state
            else 'missing'
            for key, value in expected.items()
            if (key not in state and not key.endswith(_COUNTER))
            or (key in state and state[key].shape != value.shape)
        } | {key: 'unknown' for key in state if key not in expected}
        if not problems:
            return
        # Only Runner.train has built its loop by now.
        training = isinstance(runner._train_loop, BaseLoop)
        fine_tuning = training and not runner._resume
        fatal = [
            key
            for key in problems
            if not fine_tuning or key.startswith('backbone.')
        ]
        text = _describe(problems, fatal or list(problems), len(expected))
        if fatal:
            raise ValueError(
                f'{source} does not fit this model: {text} Use the '
                'config that the checkpoint was trained with.'
            )
        print_log(f'Parts of {source} were not used: {text}', logger='current')


def _describe(problems: dict[str, str], keys: list[str], total: int) -> str:
    lines = ''.join(f'\n  {key}: {problems[key]}' for key in keys[:_SHOWN])
    more = len(keys) - _SHOWN
    rest = f'\n  and {more} more' if more > 0 else ''
    return (
        f'{len(keys)} differences, model has {total} entries:{lines}{rest}\n'
    )
