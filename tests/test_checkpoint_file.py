import hashlib

import pytest
import torch

from uhrnet.checkpoint_file import save_checkpoint, sha256_of

CONTENT = dict(state_dict={'a': torch.arange(5.0)}, meta=dict(arch='x'))


def test_round_trip_into_a_new_folder(tmp_path):
    path = save_checkpoint(CONTENT, tmp_path / 'new' / 'a.pth')
    assert path == tmp_path / 'new' / 'a.pth'
    loaded = torch.load(path, weights_only=True)
    assert torch.equal(loaded['state_dict']['a'], torch.arange(5.0))
    assert list(path.parent.iterdir()) == [path]


def test_equal_contents_are_equal_bytes(tmp_path):
    paths = [
        save_checkpoint(CONTENT, tmp_path / f'{name}.pth') for name in 'ab'
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_hash_in_the_name(tmp_path):
    path = save_checkpoint(CONTENT, tmp_path / 'some.model.pth', hashed=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.name == f'some.model-{digest[:8]}.pth'
    assert sha256_of(path) == digest


def test_failure_leaves_the_old_file(tmp_path):
    path = save_checkpoint(CONTENT, tmp_path / 'a.pth')
    before = path.read_bytes()
    with pytest.raises(Exception, match='pickle'):
        save_checkpoint(dict(CONTENT, bad=lambda: None), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_mode_is_that_of_any_new_file(tmp_path):
    path = save_checkpoint(CONTENT, tmp_path / 'a.pth')
    other = tmp_path / 'other'
    other.write_bytes(b'')
    assert path.stat().st_mode == other.stat().st_mode
