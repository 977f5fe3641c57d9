"""Targets: what the converters read."""

import gzip
import io
import os
import pickle
import tarfile
from functools import cache
from pathlib import Path

import numpy as np
import torch

from uhrnet.checkpoint_file import plain_state_dict
from uhrnet.compat.checkpoint import CheckpointError, load_checkpoint
from uhrnet.converters import hrnet, paddle
from uhrnet.converters.array_pickle import load_arrays
from uhrnet.converters.conversion import ConversionError
from uhrnet.converters.source_file import read_paddle_file
from uhrnet.models.backbones import ARCHS

from .mutation import (
    gzipped,
    mutate_json,
    mutate_tar,
    pickled,
    zipped,
)
from .watch import Target


class Call:
    """Pickled as a call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        """Return the call."""
        return self.call


# What an attacker would put in.
CALLS = (
    Call(os.system, 'touch canary'),
    Call(eval, "open('canary', 'w')"),
    Call(getattr, dict, 'fromkeys'),
    Call(np.ndarray, (1 << 40,)),
)
PICKLE_WORDS = (
    b'.', b'0', b'1', b'(', b't', b'R', b'b', b'a', b'e', b's', b'u', b'}',
    b']', b')', b'N', b'\x85' * 3000, b'\x86', b'\x87', b'\x88', b'\x93',
    b'\x94', b'q\0', b'h\0', b'j\xff\xff\xff\x7f', b'K\0', b'Q',
    b'\x8d' + b'\xff' * 8, b'\x8e' + b'\xff' * 7 + b'\0', b'cos\nsystem\n',
    b'cbuiltins\neval\n', b'cnumpy\nndarray\n', b'cnumpy\ndtype\n',
    b'cnumpy.core.multiarray\n_reconstruct\n', b'c_codecs\nencode\n',
    b'ctorch._utils\n_rebuild_tensor_v2\n', b'ccollections\nOrderedDict\n',
    b'ctorch\nFloatStorage\n', b'c__builtin__\nbytearray\n', b'(t(t\x86\x86',
)  # fmt: skip
mutate_pickle = pickled(PICKLE_WORDS)


def _arrays() -> dict[str, np.ndarray]:
    return {
        'a.weight': np.arange(24, dtype='float32').reshape(2, 3, 2, 2),
        'a.bias': np.ones(3, 'float32'),
        'scalar': np.full((), 3, 'float32'),
    }


def pickles() -> list[bytes]:
    """Return what Paddle writes, and what it does not."""
    contents = [_arrays() | {paddle.NAME_TABLE: {'a': 'b'}}, {'x': _arrays()}]
    contents += [_arrays() | {'x': call} for call in CALLS]
    return [*(pickle.dumps(x, p) for x in contents for p in (2, 4))]


def _tars() -> list[bytes]:
    found = []
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode='w', format=form) as archive:
            for name in ('m/readme', 'm/model.pdparams', 'm/' + 'x' * 150):
                member = tarfile.TarInfo(name)
                data = pickle.dumps(_arrays(), 2)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
            link = tarfile.TarInfo('m/link')
            link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
            archive.addfile(link)
        found.append(target.getvalue())
        # The same without the link, at which reading ends.
        with tarfile.open(fileobj=io.BytesIO(found[-1])) as archive:
            end = archive.getmember('m/link').offset
        found.insert(0, target.getvalue()[:end] + bytes(1024))
    return found


def _run_file(data: bytes, folder: Path) -> None:
    path = folder / 'model.pdparams'
    path.write_bytes(data)
    load_arrays(read_paddle_file(path).content, [paddle.NAME_TABLE])


@cache
def _paddle_names() -> tuple[str, ...]:
    return tuple(paddle.key_pairs(ARCHS['w18-small']))


def _names(kind: str) -> list[bytes]:
    """List names and shapes, as JSON."""
    import json

    if kind == 'paddle':
        pairs = paddle.key_pairs(ARCHS['w18-small'])
        shapes = paddle._shapes('w18-small', None)
        found = {a: shapes[b] for a, b in pairs.items()}
    else:
        found = hrnet.body_shapes(hrnet.HRNET_ARCHS['w18'])
    return [json.dumps(found).encode()]


def _run_names(data: bytes, kind: str) -> None:
    """Convert arrays of these names and shapes, which take no memory."""
    import json

    try:
        items = json.loads(data).items()
    except (ValueError, AttributeError, RecursionError):
        return
    convert = paddle if kind == 'paddle' else hrnet
    arrays = {}
    for name, shape in items:
        if not isinstance(shape, list):
            shape = [3]
        shape = [x % 5000 for x in shape if type(x) is int][:4]
        if np.prod(shape, dtype=float) > 1e7:
            shape = [1]
        # As PyTorch's counters are.
        is_counter = name.endswith('num_batches_tracked')
        value = np.int64(0) if is_counter else np.float32(0)
        array = np.broadcast_to(value, shape)
        arrays[name] = array if kind == 'paddle' else torch.from_numpy(array)
    convert.convert_state_dict(arrays)


# A whole HRNet has 40 MB. This one is refused for what it lacks, at the end.
def checkpoints(legacy: bool) -> list[bytes]:
    """Return what PyTorch writes, and what it does not."""
    weights = {
        'transition1.0.0.weight': torch.ones(18, 2, 1, 1),
        'conv1.weight': torch.ones(2, 3),
    }
    weights['shared'] = weights['conv1.weight'].t()[1:]
    contents = [
        weights,
        dict(state_dict=weights, meta=dict(cfg='import os', iter=1)),
        dict(state_dict=weights, x=np.arange(3), y=np.float32(2)),
        dict(x=torch.eye(3).to_sparse(), y=torch.ones(2).bool()),
        *(dict(state_dict=weights, x=call) for call in CALLS),
    ]
    found = []
    for content in contents:
        target = io.BytesIO()
        torch.save(content, target, _use_new_zipfile_serialization=not legacy)
        found.append(target.getvalue())
    return found


def _run_hrnet(data: bytes, folder: Path) -> None:
    path = folder / 'model.pth'
    path.write_bytes(data)
    state = plain_state_dict(load_checkpoint(str(path)))
    hrnet.convert_state_dict(state)


_DECLARED = (ConversionError, OSError)
# plain_state_dict says ValueError.
_DECLARED_HRNET = (CheckpointError, ConversionError, ValueError)

TARGETS = {
    'pickle': Target(
        lambda data, _: load_arrays(data, [paddle.NAME_TABLE]),
        pickles,
        mutate_pickle,
        (ConversionError,),
    ),
    'pdparams': Target(_run_file, pickles, mutate_pickle, _DECLARED),
    'tar': Target(_run_file, _tars, mutate_tar, _DECLARED),
    'tar.gz': Target(
        _run_file,
        lambda: [gzip.compress(x, 1) for x in _tars()],
        gzipped,
        _DECLARED,
    ),
    'paddle names': Target(
        lambda data, _: _run_names(data, 'paddle'),
        lambda: _names('paddle'),
        mutate_json,
        (ConversionError,),
    ),
    'hrnet names': Target(
        lambda data, _: _run_names(data, 'hrnet'),
        lambda: _names('hrnet'),
        mutate_json,
        (ConversionError,),
    ),
    'hrnet zip': Target(
        _run_hrnet,
        lambda: checkpoints(False),
        zipped(mutate_pickle),
        _DECLARED_HRNET,
        reads=False,
    ),
    'hrnet legacy': Target(
        _run_hrnet,
        lambda: checkpoints(True),
        mutate_pickle,
        _DECLARED_HRNET,
        reads=False,
    ),
}
EXECUTIONS = {
    'pickle': 110_000,
    'pdparams': 30_000,
    'tar': 30_000,
    'tar.gz': 15_000,
    'paddle names': 2_000,
    'hrnet names': 2_000,
    'hrnet zip': 10_000,
    'hrnet legacy': 10_000,
}
