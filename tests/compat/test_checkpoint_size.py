"""Checkpoints that ask for more memory than they fill."""

import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from mmengine.runner import CheckpointLoader

import uhrnet  # noqa: F401, installs the remedies
from uhrnet.compat import checkpoint as compat
from uhrnet.compat.checkpoint import CheckpointError


def refused(path, message):
    """Both ways to load it end with the error that names the file."""
    for load in (compat.load_checkpoint, CheckpointLoader.load_checkpoint):
        with pytest.raises(CheckpointError, match=message) as error:
            load(str(path))
        assert str(path) in str(error.value)


def rewritten(path, change=lambda name, data: data, **options):
    """Write the members of a checkpoint again, by Python's zipfile."""
    with zipfile.ZipFile(path) as archive:
        members = {x: archive.read(x) for x in archive.namelist()}
    with zipfile.ZipFile(path, 'w', **options) as archive:
        for name, data in members.items():
            archive.writestr(name, change(name, data))
    return path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'file.pth'
    torch.save(dict(state_dict=dict(x=torch.zeros(1 << 16))), path)
    return path


def test_compressed_members(file):
    """Zeros shrink to a thousandth: 1 MB could fill 1 GB."""
    rewritten(file)
    assert compat.load_checkpoint(str(file))
    rewritten(file, compression=zipfile.ZIP_DEFLATED)
    assert file.stat().st_size < 3000
    refused(file, 'is compressed')


def test_members_that_share_bytes(file):
    """Each entry of a directory may lead to the same place."""
    data = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        start = archive.start_dir
    (size,) = struct.unpack_from('<I', data, len(data) - 10)
    directory = data[start : start + size]
    count = len(zipfile.ZipFile(file).infolist())
    end = struct.pack(
        '<4s4H2IH', b'PK\5\6', 0, 0, 9 * count, 9 * count, 9 * size, start, 0
    )
    file.write_bytes(data[:start] + directory * 9 + end)
    refused(file, 'its members have')


def test_a_tensor_larger_than_its_storage(file):
    """PyTorch enlarges the storage to the shape that the file states."""
    shape = struct.pack('<BI', ord('J'), 1 << 16)
    larger = struct.pack('<BI', ord('J'), 1 << 28)

    def change(name, data):
        if not name.endswith('data.pkl'):
            return data
        # The first is the size of the storage.
        assert data.count(shape) == 2
        first = data.index(shape) + len(shape)
        return data[:first] + data[first:].replace(shape, larger)

    refused(rewritten(file, change), 'more memory|damaged')


def test_a_tensor_that_repeats_one_value(tmp_path):
    path = tmp_path / 'file.pth'
    one = torch.zeros(1)
    torch.save(dict(x=one.expand(1000)), path)
    assert len(compat.load_checkpoint(str(path))['x']) == 1000
    torch.save(dict(x=one.expand(1 << 30)), path)
    refused(path, 'a tensor has 4294967296 bytes')


class Calls:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


LARGE = {
    'array': Calls(np.ndarray, (1 << 28,)),
    'bytes': Calls(bytearray, 1 << 28),
    'more than there is': Calls(np.ndarray, (1 << 46,)),
    'shape': Calls(np.zeros(1).__reduce__()[0], np.ndarray, (1 << 28,), b'b'),
}


@pytest.mark.parametrize('name', LARGE)
def test_large_objects_from_nothing(name, tmp_path):
    path = tmp_path / 'file.pth'
    torch.save(dict(x=[LARGE[name]]), path)
    assert path.stat().st_size < 3000
    refused(path, 'was refused' if name == 'shape' else 'more memory')


def test_a_storage_that_the_old_format_states(tmp_path):
    path = tmp_path / 'file.pth'
    torch.save(
        dict(x=torch.zeros(1 << 16)),
        path,
        _use_new_zipfile_serialization=False,
    )
    data = path.read_bytes()
    path.write_bytes(
        data.replace(struct.pack('<I', 1 << 16), struct.pack('<I', 0x7FFFFFFF))
    )
    refused(path, 'more memory|damaged')


def test_one_object_in_many_places(tmp_path):
    """Looked at once: each level holds the one before it twice."""
    item = [torch.zeros(1)]
    for _ in range(60):
        item = [item, item]
    path = tmp_path / 'file.pth'
    torch.save(dict(x=item), path)
    loaded = compat.load_checkpoint(str(path))['x']
    for _ in range(60):
        (loaded, _) = loaded
    assert loaded == [torch.zeros(1)]


@pytest.mark.parametrize('legacy', [False, True], ids=['zip', 'legacy'])
def test_tuples_within_tuples(legacy, tmp_path):
    """As a key of a dict, they would crash the process."""
    path = tmp_path / 'file.pth'
    torch.save(dict(x='here'), path, _use_new_zipfile_serialization=not legacy)

    def nest(depth):
        def change(name, data):
            marker = b'X\x01\0\0\0xq\x01X\x04\0\0\0here'
            deep = b')' + b'\x85' * depth + b'X\x04\0\0\0here'
            assert legacy or marker in data or 'data.pkl' not in name
            return data.replace(marker, deep)

        if legacy:
            path.write_bytes(change('', path.read_bytes()))
        else:
            rewritten(path, change)

    nest(900_000)
    refused(path, 'nested deeper than 100')


def test_depth_is_that_of_the_deepest(tmp_path):
    """Through the memo, and by tuples of any number of items."""
    path = tmp_path / 'file.pth'
    item = ()
    for number in range(99):
        item = (*range(number % 5), item)
    torch.save({item: torch.zeros(1), (item, item): 1}, path)
    assert len(compat.load_checkpoint(str(path))) == 2
    torch.save({((item,),): 1}, path)
    refused(path, 'nested deeper than 100')


def test_tuples_that_hold_one_twice(tmp_path):
    """To hash 60 levels of them would take a century."""
    path = tmp_path / 'file.pth'
    item = ()
    for _ in range(60):
        item = (item, item)
    torch.save(dict(x=item), path)
    refused(path, 'more than 50000 items')


def test_pickles_that_are_cut(tmp_path):
    path = tmp_path / 'file.pth'
    for data in (b'}', b'\x80\x02}\x85\x86.', pickle.dumps({})[:-2]):
        path.write_bytes(data)
        refused(path, 'file.pth')
