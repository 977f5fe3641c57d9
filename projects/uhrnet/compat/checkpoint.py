"""Checkpoint loading that works on torch >= 2.6 and never runs code.

A checkpoint is a pickle, and unpickling may call anything. ``torch.load``
refuses by default (``weights_only=True``), but then also refuses what
mmengine 0.10 itself writes: ``HistoryBuffer`` and numpy scalars, so that
``--resume`` and ``tools/test.py`` fail. The remedy keeps ``weights_only=True``
and, for the duration of mmengine's own loads, allows exactly those types.

A config is another matter, as it is Python code. mmengine stores it in
checkpoints, as ``meta['cfg']``, and its inferencers would execute that one
when they are given weights alone. It is dropped with every load, so that they
stop and ask for a config file; nothing else reads it, and a training that
resumes writes its own.

Beyond code, a file may claim more memory than it fills. Its archive and its
tensors are compared with its size.
"""

import errno
import functools
import os
import pickle
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlparse

from .allow_list import safe_loading
from .checkpoint_size import Oversized, check_archive, check_contents
from .import_hook import when_imported
from .pickle_depth import check_depth

_SIGNS = ('Unsupported', 'Trying to', 'but got')
# In messages of errors that are not the file's fault.
_OF_THE_MACHINE = ('out of memory', 'deserialize object on a', 'allocate')


class CheckpointError(RuntimeError):
    """A checkpoint that is damaged or holds more than data."""


def load_checkpoint(path: str, map_location: Any = 'cpu') -> dict:
    """Load a local checkpoint without executing anything from it.

    Args:
        path: A file written by ``torch.save``.
        map_location: As in :func:`torch.load`.

    Returns:
        The checkpoint, usually with the keys ``state_dict`` and ``meta``.

    Raises:
        CheckpointError: If the file is damaged or holds anything but
            tensors, plain Python data, and what mmengine's runner writes.
        FileNotFoundError: If there is no such file.
    """
    import torch

    _check_exists(path)
    with safe_loading(), _explained(path):
        check_archive(path)
        _check_sums(path)
        check_depth(path)
        checkpoint = torch.load(
            path, map_location=map_location, weights_only=True
        )
        check_contents(checkpoint, os.path.getsize(path))
    _check_is_dict(path, checkpoint)
    return checkpoint


def check_complete(path: str) -> None:
    """Look whether a checkpoint is whole, without loading it.

    Args:
        path: A file written by ``torch.save``.

    Raises:
        CheckpointError: If a part of it is missing or has another checksum.
        OSError: If it cannot be read.
    """
    with _explained(path):
        os.stat(path)
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile('it has no end')
        _check_sums(path)


def _check_exists(path: str) -> None:
    if not os.path.exists(path):
        raise FileNotFoundError(
            f'{path} does not exist: name the file of a checkpoint'
        )


def _check_sums(path: str) -> None:
    """Compare the checksums inside a zip, which torch does not look at."""
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as file:
                damaged = file.testzip()
        # Damage that looks like encryption or another version of the format.
        except (NotImplementedError, RuntimeError) as error:
            raise zipfile.BadZipFile(str(error)) from None
        if damaged:
            raise zipfile.BadZipFile(f'{damaged} has another checksum')


def _check_is_dict(path: str, checkpoint: Any) -> None:
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f'{path} holds {type(checkpoint).__name__} in place of a dict '
            'with a state_dict: it is no checkpoint, name another file'
        )


@contextmanager
def _explained(filename: str) -> Iterator[None]:
    """Turn errors from inside the unpickler into one that names the file."""
    try:
        yield
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f'{filename} was refused: it holds more than tensors and plain '
            'data, or is no checkpoint. Loading it could run code, so '
            'nothing of it was used. If you trust its author, load it in a '
            'session of your own with torch.load(..., weights_only=False) '
            f'and save its state_dict again. ({_finding(error)})'
        ) from None
    except (Oversized, MemoryError) as error:
        raise CheckpointError(
            f'{filename} was refused: it asks for more memory than a file of '
            f'its size can fill, or than there is ({_finding(error)}). '
            'Download or copy it again.'
        ) from None
    except (
        *(EOFError, RuntimeError, OSError, zipfile.BadZipFile),
        *(ValueError, LookupError, TypeError, AttributeError, AssertionError),
        *(OverflowError, SystemError),
    ) as error:
        # Out of memory, no such device, no such file and others are not the
        # file's fault and explain themselves.
        if not _is_damage(error, filename):
            raise
        raise CheckpointError(
            f'{filename} is damaged or incomplete and cannot be read. '
            f'Download or copy it again. ({_finding(error)})'
        ) from error


def _is_damage(error: Exception, filename: str) -> bool:
    """Whether an error is one of those that broken files cause."""
    if isinstance(error, OSError):
        # torch seeks before the start of a truncated archive.
        return error.errno == errno.EINVAL
    if isinstance(error, RuntimeError):
        wanted = re.search(r'you tried to allocate (\d+) bytes', str(error))
        if wanted and os.path.isfile(filename):
            return int(wanted[1]) > os.path.getsize(filename)
        if any(sign in str(error) for sign in _OF_THE_MACHINE):
            return False
    # What torch's unpickler trips over in a file that was overwritten is of
    # many kinds. An address may have other troubles.
    return os.path.isfile(filename)


def _finding(error: Exception) -> str:
    """The line of torch's long message that says what was found."""
    text = str(error)
    text = text.partition('WeightsUnpickler error:')[2].strip() or text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if any(sign in line for sign in _SIGNS):
            return line
    return lines[0] if lines else type(error).__name__


def _drop_configs(checkpoint: dict) -> None:
    """Remove what mmengine would execute as a config file."""
    # Runner.resume takes the first, inferencers the others.
    meta = checkpoint.get('meta')
    if isinstance(meta, dict):
        meta.pop('config', None)
        meta.pop('cfg', None)
    hub = checkpoint.get('message_hub')
    info = hub.get('runtime_info') if isinstance(hub, dict) else None
    if isinstance(info, dict):
        info.pop('cfg', None)


def _patch_loader(module: ModuleType) -> None:
    """Make every load of ``mmengine.runner.checkpoint`` a safe one."""
    loader = module.CheckpointLoader
    original = loader.load_checkpoint.__func__

    @functools.wraps(original)
    def load(
        cls: type,
        filename: str,
        map_location: Any = None,
        logger: Any = 'current',
    ) -> dict:
        is_local = os.path.isfile(filename)
        if '://' not in filename:
            _check_exists(os.path.expanduser(filename))
        with safe_loading(), _explained(filename):
            if is_local:
                check_archive(filename)
                check_depth(filename)
            checkpoint = original(cls, filename, map_location, logger)
            if is_local:
                check_contents(checkpoint, os.path.getsize(filename))
        _check_is_dict(filename, checkpoint)
        _drop_configs(checkpoint)
        return checkpoint

    loader.load_checkpoint = classmethod(load)
    module.load_url = _load_url


def _load_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
) -> dict:
    """Download once, then load as a file.

    ``torch.hub`` defaults to ``weights_only=False`` for addresses, and
    unpacks a zip of any size into its folder.
    """
    from torch import hub

    folder = model_dir or os.path.join(hub.get_dir(), 'checkpoints')
    path = os.path.join(folder, os.path.basename(urlparse(url).path))
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        hub.download_url_to_file(url, path, progress=progress)
    return load_checkpoint(path, map_location)


def _patch_inferencer(module: ModuleType) -> None:
    """Have inferencers say that they need a config file."""
    inferencer = module.BaseInferencer
    original = inferencer._init_model

    @functools.wraps(original)
    def init_model(
        self: Any, cfg: Any, weights: str | None, device: str = 'cpu'
    ) -> Any:
        if not cfg:
            raise CheckpointError(
                f'{weights} comes without a config file. The config that a '
                'checkpoint holds is Python code, which is not executed: '
                'give a file of yours, as model=CONFIG beside weights='
                f'{weights!r}'
            )
        return original(self, cfg, weights, device)

    inferencer._init_model = init_model


_installed = False


def install() -> None:
    """Patch mmengine now or when it is imported. Idempotent."""
    global _installed
    if not _installed:
        _installed = True
        when_imported('mmengine.runner.checkpoint', _patch_loader)
        when_imported('mmengine.infer.infer', _patch_inferencer)
