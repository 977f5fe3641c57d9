"""Checkpoints made ready to be shared."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import fail, succeed
from converters.hostile import Call

HRNET = 'tools/model_converters/hrnet2uhrnet.py'
PUBLISH = 'tools/model_converters/publish_model.py'


def load(path):
    return torch.load(path, weights_only=True)


def test_weights_and_what_they_need_stay(converted, tmp_path):
    """From a checkpoint of a training to one of weights."""
    checkpoint = load(converted)
    large = torch.zeros(1 << 20)
    checkpoint['state_dict']['decode_head.conv_seg.bias'] = large[:19]
    checkpoint['optimizer'] = dict(state=dict(momentum=torch.zeros(99)))
    checkpoint['meta'] |= dict(iter=8, epoch=0, cfg='import os', seed=1)
    source = tmp_path / 'iter_8.pth'
    torch.save(checkpoint, source)
    names = []
    for target in ('a.pth', 'folder/a.pth', 'b.pth'):
        said = succeed(PUBLISH, source, tmp_path / target)
        path = Path(said.split(': ')[0])
        assert path.parent == (tmp_path / target).parent
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.name == f'{Path(target).stem}-{digest[:8]}.pth'
        names.append(path.name)
    assert names[0] == names[1] and names[2][2:] == names[0][2:]

    published = load(path)
    assert published.keys() == {'meta', 'state_dict'}
    assert published['meta'] == load(converted)['meta']
    for key, value in checkpoint['state_dict'].items():
        assert torch.equal(published['state_dict'][key], value)
    assert path.stat().st_size < converted.stat().st_size + 1000


@pytest.mark.parametrize(
    'content, message',
    [
        (dict(state_dict={}), 'it has no state_dict'),
        ([1], 'holds list in place of a dict'),
        (dict(state_dict={'a': np.zeros(3)}), 'is no dense tensor'),
        (dict(state_dict={'a': Call(os.getcwd)}), 'was refused'),
    ],
    ids=['empty', 'list', 'array', 'code'],
)
def test_refusals(tmp_path, content, message):
    source = tmp_path / 'a.pth'
    torch.save(content, source)
    said = fail(PUBLISH, source, tmp_path / 'b.pth')
    assert message in said and 'Traceback' not in said
    assert list(tmp_path.iterdir()) == [source]


def test_full_disk(converted, tmp_path):
    """A limit on the size of files stands in for it."""
    code = (
        'import resource, runpy, signal, sys\n'
        'signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n'
        'resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n'
        f'sys.argv[1:] = [{str(converted)!r}, {str(tmp_path / "a.pth")!r}]\n'
        f'runpy.run_path({PUBLISH!r}, run_name="__main__")\n'
    )
    script = tmp_path / 'limited.py'
    script.write_text(code)
    said = fail(script)
    assert 'could not be written, is the disk full?' in said
    assert 'Traceback' not in said
    assert list(tmp_path.iterdir()) == [script]
