"""End a tool with a message where its user can act, else with a traceback."""

import atexit
import logging
import os
import re
import sys
from collections.abc import Callable

from .compat.checkpoint import CheckpointError
from .errors import UserError

TRACEBACK = 'UHRNET_TRACEBACK'
_HINT = f' ({TRACEBACK}=1 shows where this comes from.)'
# What others say where it is a config that has to be changed, and how.
_ADVICE = {
    'stack expects each tensor to be equal size': 'images of a batch differ '
    'in size: make model.data_preprocessor.size as large as crop_size of '
    'train_pipeline',
    'Expected more than 1 value per channel': 'make '
    'train_dataloader.batch_size or crop_size of train_pipeline larger',
    'CUDA out of memory': 'make batch_size or crop_size smaller, or try --amp',
}
_BUILDING = 'mmengine.registry.build_functions'
# What Python says of a call with arguments that a function does not take.
_MISCALLED = re.compile(r'__init__\(\) (got an unexpected|missing \d+ req)')


def run(main: Callable[[], None]) -> None:
    """Call a tool's ``main``.

    Errors about what the user supplied end the process with exit code 1 and
    ``error: MESSAGE`` on the error output, and in the log file if there is
    one. Others are faults of the program and keep their traceback; with
    ``UHRNET_TRACEBACK=1`` in the environment, all do.
    """
    try:
        main()
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        line = f'error{_rank()}: {message}'
        _log(line)
        if os.environ.get(TRACEBACK, '0') not in ('', '0'):
            raise
        print(line, file=sys.stderr)
        _leave()


def explain(error: Exception) -> str | None:
    """Return the message for a user; None if the program is at fault."""
    text = _original_text(error)
    if isinstance(error, UserError | CheckpointError):
        return text
    # of files, disks and addresses
    if isinstance(error, OSError):
        return text + _HINT * (error.errno is not None)
    for said, advice in _ADVICE.items():
        if text.startswith(said):
            return f'{text}: {advice}.{_HINT}'
    if not _was_built(error):
        return None
    if isinstance(error, KeyError) and ' registry. Please check' in text:
        return f'{text.partition(" Please check")[0]} Correct the type.{_HINT}'
    if isinstance(error, TypeError) and _MISCALLED.search(text):
        return f'{text}: correct the config or --cfg-options.{_HINT}'
    return None


def _original_text(error: Exception) -> str:
    """Return what was said where an error was raised.

    A DataLoader raises the error of a worker process again, with that one's
    traceback as the text.
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f'{error.filename}: {error.strerror}'
    # str() of a KeyError is in quotes
    text = str(error.args[0] if isinstance(error, KeyError) else error)
    if 'Original Traceback (most recent call last)' not in text:
        return text
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != 'builtins':
        name = f'{kind.__module__}.{name}'
    return text.rpartition(f'\n{name}: ')[2].strip()


def _was_built(error: Exception) -> bool:
    """Whether an error is from making something that a config names."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals.get('__name__') == _BUILDING:
            return True
        step = step.tb_next
    return False


def _rank() -> str:
    """Say which process this is, of several."""
    count = os.environ.get('WORLD_SIZE', '1')
    return f' (rank {os.environ.get("RANK")} of {count})' * (count != '1')


def _log(line: str) -> None:
    """Write to the log files alone: the terminal has it already."""
    logging_of = sys.modules.get('mmengine.logging')
    if logging_of is None or not logging_of.MMLogger._instance_dict:
        return
    logger = logging_of.MMLogger.get_current_instance()
    # mmengine writes the place of an error before it, which is this one.
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 0, line, (), None
    )
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(record)


def _leave() -> None:
    """End with exit code 1, in a job of several processes too.

    There a thread of gloo may abort a process that destroys its objects, see
    :func:`uhrnet.engine.launch.leave_distributed`.
    """
    distributed = sys.modules.get('torch.distributed')
    if distributed is None or not distributed.is_initialized():
        sys.exit(1)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
