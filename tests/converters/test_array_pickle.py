"""Reading pickled arrays: what Paddle writes, and what an attacker would."""

import collections
import os
import pickle
import random
import struct
import subprocess
import sys

import numpy as np
import pytest
from converters.hostile import ArrayWithState, Call

from uhrnet.converters.array_pickle import load_arrays
from uhrnet.converters.conversion import ConversionError

TABLE = 'StructuredToParameterName@@'


def arrays():
    rng = np.random.default_rng(0)
    return {
        'a.weight': rng.normal(size=(4, 3, 2, 2)).astype('float32'),
        'a.bias': np.arange(4, dtype='float32'),
        'scalar': np.full((), 3, 'float32'),
    }


def dumps(protocol=4, **more):
    return pickle.dumps(arrays() | more, protocol)


def refused(data, message):
    with pytest.raises(ConversionError, match=message):
        load_arrays(data)


@pytest.mark.parametrize('protocol', [2, 3, 4])
def test_reads_every_protocol_of_paddle(protocol):
    loaded = load_arrays(dumps(protocol, **{TABLE: {'a': 'b'}}), [TABLE])
    assert loaded.keys() == arrays().keys()
    for key, value in arrays().items():
        assert loaded[key].dtype == np.float32
        assert loaded[key].shape == value.shape
        assert (loaded[key] == value).all()


def test_reads_the_names_of_both_numpys():
    data = dumps(2)
    old, new = b'cnumpy.core.multiarray\n', b'cnumpy._core.multiarray\n'
    assert (old in data) != (new in data)
    for source, target in ((old, new), (new, old)):
        loaded = load_arrays(data.replace(source, target))
        assert (loaded['a.weight'] == arrays()['a.weight']).all()


def test_reads_fortran_order():
    value = np.asfortranarray(arrays()['a.weight'])
    assert (load_arrays(dumps(x=value))['x'] == value).all()


def test_one_array_under_two_names():
    value = arrays()['a.bias']
    loaded = load_arrays(dumps(x=value, y=value))
    assert (loaded['x'] == loaded['y']).all()


@pytest.mark.parametrize('dtype', ['f8', 'f2', 'i8', 'b1', '>f4', 'U3'])
def test_other_dtypes(dtype):
    refused(dumps(x=np.zeros(3, dtype)), 'float32')


def test_structured_and_object_arrays():
    refused(dumps(x=np.zeros(3, [('a', 'f4')])), 'float32')
    refused(dumps(x=np.array([None, {}], object)), 'holds objects')


@pytest.mark.parametrize('protocol', [0, 1, 5])
def test_other_protocols(protocol):
    refused(dumps(protocol), 'instruction|has protocol 5')


@pytest.mark.parametrize(
    'value', [3, 'text', None, (1,), {'a': 'b'}, {'a': 1}], ids=repr
)
def test_other_values(value):
    refused(dumps(x=value), 'x is no array')


@pytest.mark.parametrize('value', [[1], {1}, 2.5, bytearray(3), 1 << 4000])
def test_other_types(value):
    refused(dumps(x=value), 'instruction|refers to')


def test_keys_are_strings_and_unique():
    refused(pickle.dumps({1: arrays()['a.bias']}, 4), 'no string')
    text = b'\x8c\x01x'
    refused(b'\x80\x04}(' + (text + b'N') * 2 + b'u.', 'x occurs twice')


@pytest.mark.parametrize('value', [(), 'x', {}, None], ids=repr)
def test_something_else(value):
    data = pickle.dumps(value, 4)
    if value == {}:
        assert load_arrays(data) == {}
    else:
        refused(data, 'no dict')


def test_empty():
    refused(b'', 'file is empty')


def test_bytes_after_the_end():
    refused(dumps() + b'x', '1 bytes follow')


@pytest.mark.parametrize('protocol', [2, 4])
def test_cut_anywhere(protocol):
    data = dumps(protocol)
    for length in range(1, len(data)):
        refused(data[:length], 'damaged or incomplete')


@pytest.mark.parametrize(
    'function, arguments, name',
    [
        (os.system, ('touch {marker}',), r'posix\.system'),
        (eval, ("open('{marker}', 'w')",), r'(__builtin__|builtins)\.eval'),
        (open, ('{marker}', 'w'), r'i?o\.open'),
        (collections.OrderedDict, (), r'collections\.OrderedDict'),
        (np.load, ('{marker}',), r'numpy\.load'),
        (np.zeros, (3,), r'numpy.*zeros'),
    ],
    ids=['system', 'eval', 'open', 'OrderedDict', 'load', 'zeros'],
)
@pytest.mark.parametrize('protocol', [2, 4])
def test_calls(function, arguments, name, protocol, tmp_path):
    marker = tmp_path / 'marker'
    arguments = [
        x.format(marker=marker) if isinstance(x, str) else x for x in arguments
    ]
    call = Call(function, *arguments)
    refused(dumps(protocol, x=call), f'refers to {name}')
    assert not marker.exists()


def test_known_names_with_other_arguments():
    reconstruct = np.zeros(1).__reduce__()[0]
    for call in (
        Call(np.ndarray, (3,)),
        Call(reconstruct, np.ndarray, (1 << 40,), b'b'),
        Call(reconstruct, np.dtype, (0,), b'b'),
        Call(np.dtype, 'f4', True, True),
    ):
        refused(dumps(x=call), 'in a way that no array does|float32')


def state_of(*state):
    """A pickle whose array has this state."""
    return dumps(x=ArrayWithState(*state))


def test_shape_that_the_bytes_do_not_fill():
    kind = np.dtype('float32')
    refused(state_of(1, (1 << 31,) * 4, kind, False, b'1234'), '4 are there')
    refused(state_of(1, (2, 2), kind, False, bytes(12)), '16 bytes, and 12')
    refused(state_of(1, (), kind, False, bytes(8)), '4 bytes, and 8')


@pytest.mark.parametrize(
    'shape', [(-1, -1), (True,), (1,) * 5, ('x',), ((1,),)], ids=repr
)
def test_shapes_that_are_none(shape):
    kind = np.dtype('float32')
    refused(state_of(1, shape, kind, False, bytes(4)), 'shape of an array')


def test_incomplete_states():
    kind = np.dtype('float32')
    for state in (
        (),
        (1, (1,), kind, False),
        (2, (1,), kind, False, bytes(4)),
        (1, (1,), 'f4', False, bytes(4)),
        (1, (1,), kind, None, bytes(4)),
        (1, (1,), kind, False, 'text'),
    ):
        refused(state_of(*state), 'incomplete or of a new kind')


def exhausting(kind):
    """Programs that take gigabytes or hours from other readers."""
    start, end = b'\x80\x04', b'.'
    size = struct.pack('<Q', 1 << 60)
    match kind:
        case 'memo':  # a place in a list of four thousand million
            return b'\x80\x04}r' + struct.pack('<I', 2**32 - 1) + b'N.'
        case 'text':
            return start + b'\x8d' + size + b'x'
        case 'bytes':
            return start + b'\x8e' + size + b'x'
        case 'frame':
            return start + b'\x95' + size + b'x'
        case 'depth':  # a tuple in a tuple in a tuple, as a key
            return start + b'})' + b'\x85' * 900_000 + b'Ns' + end
        case 'width':  # a shape whose halves are the same, 60 times over
            wide = ()
            for _ in range(60):
                wide = (wide, wide)
            return state_of(1, wide, np.dtype('float32'), False, bytes(4))
        case 'marks':
            return start + b'(' * 300_000 + b't' * 300_000 + end
        case 'dicts':
            return start + b'}' * 50_000_000 + end
        case 'encoding':  # the same text to bytes, again and again
            text = b'X' + struct.pack('<I', 1 << 20) + b'x' * (1 << 20)
            latin = b'X\x06\0\0\0latin1'
            names = b'c_codecs\nencode\nq\0' + text + b'q\1' + latin
            again = b'h\0h\1h\2\x86R'
            return b'\x80\x02' + names + b'q\2' + again * 20_000 + end


EXHAUSTING = (
    'memo', 'text', 'bytes', 'frame', 'depth', 'width', 'marks', 'dicts',
    'encoding',
)  # fmt: skip


@pytest.mark.parametrize('kind', EXHAUSTING)
def test_programs_that_exhaust_a_machine(kind, tmp_path):
    """Refused with little more memory than the file itself."""
    path = tmp_path / 'model.pdparams'
    path.write_bytes(exhausting(kind))
    code = (
        'import resource, sys\n'
        'from uhrnet.converters.array_pickle import load_arrays\n'
        'from uhrnet.converters.conversion import ConversionError\n'
        f'data = open({str(path)!r}, "rb").read()\n'
        'used = int(open("/proc/self/statm").read().split()[0]) * 4096\n'
        'limit = used + len(data) + 600 * 2**20\n'
        'resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n'
        'try:\n'
        '    load_arrays(data)\n'
        'except ConversionError as error:\n'
        '    sys.exit(f"refused: {error}")\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | dict(PYTHONPATH=os.pathsep.join(sys.path)),
    )
    assert done.stderr.startswith('refused: '), done.stderr[-2000:]


def test_damage_of_any_kind_is_a_conversion_error():
    """A small fuzzer: only the declared error, and no array of garbage."""
    rng = random.Random(0)
    sources = [dumps(2), dumps(4)]
    refusals = 0
    for _ in range(4000):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            kind = rng.random()
            if kind < 0.5:
                data[place] = rng.randrange(256)
            elif kind < 0.75:
                del data[place : place + rng.randint(1, 8)]
            else:
                data[place:place] = data[place // 2 :][: rng.randint(1, 8)]
        try:
            loaded = load_arrays(bytes(data))
        except ConversionError:
            refusals += 1
        else:
            assert all(x.dtype == np.float32 for x in loaded.values())
    assert 1000 < refusals < 4000


def test_names_cannot_take_over_a_terminal():
    evil = 'x\x1b[2J\nfake: converted' + 'y' * 5000
    for data in (
        pickle.dumps({evil: None}, 4),
        b'\x80\x02c' + evil.replace('\n', '').encode() + b'\nname\n.',
    ):
        with pytest.raises(ConversionError) as error:
            load_arrays(data)
        message = str(error.value)
        assert message.isprintable() and len(message) < 300
