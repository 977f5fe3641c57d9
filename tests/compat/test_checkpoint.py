"""Loading what mmengine writes, and nothing that runs code."""

import importlib
import os
import pickle
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.infer import BaseInferencer
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner import CheckpointLoader, load_checkpoint
from torch import nn

import uhrnet  # noqa: F401, installs the remedies
from uhrnet.compat import checkpoint as compat
from uhrnet.compat.allow_list import allowed_globals, safe_loading
from uhrnet.compat.checkpoint import CheckpointError


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def saved(tmp_path, content):
    path = tmp_path / 'file.pth'
    torch.save(content, path)
    return str(path)


def test_message_hub_of_a_run_survives(tmp_path):
    hub = MessageHub.get_instance('test_message_hub_of_a_run_survives')
    for value in (3.0, 1.0, 2.0):
        hub.update_scalar('train/loss', value)
    hub.update_info('best', np.float64(0.5))
    hub.update_info('array', np.arange(3.0))
    path = saved(tmp_path, dict(message_hub=hub.state_dict()))
    loaded = CheckpointLoader.load_checkpoint(path)['message_hub']
    buffer = loaded['log_scalars']['train/loss']
    assert isinstance(buffer, HistoryBuffer)
    assert buffer.statistics('mean', 3) == 2
    assert buffer.statistics('min', 3) == 1
    assert loaded['runtime_info']['best'] == 0.5
    assert loaded['runtime_info']['array'].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    'kind',
    [
        'bool',
        'int8',
        'uint8',
        'int32',
        'int64',
        'float16',
        'float32',
        'float64',
    ],
)
def test_numpy_numbers_of_any_kind(tmp_path, kind):
    """An IoU is float32, a data set's length int64, and so on."""
    value = np.dtype(kind).type(1)
    path = saved(tmp_path, dict(scalar=value, array=np.full(3, value)))
    loaded = CheckpointLoader.load_checkpoint(path)
    assert loaded['scalar'] == value and loaded['scalar'].dtype == kind
    assert loaded['array'].tolist() == [value] * 3


def test_numpy_objects_are_refused(tmp_path):
    path = saved(tmp_path, dict(x=np.array([{}, None], dtype=object)))
    with pytest.raises(CheckpointError, match='ObjectDType'):
        CheckpointLoader.load_checkpoint(path)


@pytest.mark.parametrize('code', ['O', 'V8', [('a', 'O')], 'U4', 'M8[s]'])
def test_other_types_than_numbers_are_refused(tmp_path, code):
    """Objects are pointers, in structures as well."""
    path = saved(tmp_path, dict(x=Call(np.dtype, code)))
    with pytest.raises(CheckpointError, match='is no type of numbers'):
        CheckpointLoader.load_checkpoint(path)


def test_a_type_with_the_state_of_another(tmp_path):
    """numpy reports no error there, and Python a SystemError."""

    class Kind:
        def __reduce__(self):
            return np.dtype, ('f8', False, True), (3, '<', 0, 0, 0, 0, 0, 0)

    path = saved(tmp_path, dict(x=Kind()))
    with pytest.raises(CheckpointError, match='is damaged'):
        CheckpointLoader.load_checkpoint(path)


def test_numpy_1_and_2_spellings(tmp_path):
    path = saved(tmp_path, dict(x=np.float64(1.5), y=np.arange(2)))
    content = Path(path).read_bytes()
    spelled = {b'numpy._core', b'numpy.core'}
    names = [core for core in spelled if core in content]
    assert names == [b'numpy._core'] or names == [b'numpy.core']
    for core in spelled:
        module = core.decode() + '.multiarray'
        allowed = {name for _, name in allowed_globals()}
        assert f'{module}.scalar' in allowed
        assert f'{module}._reconstruct' in allowed
    assert compat.load_checkpoint(path)['x'] == 1.5


@pytest.mark.parametrize(
    'content',
    [
        Call(os.system, 'touch {marker}'),
        Call(eval, "open('{marker}', 'w')"),
        Call(getattr, dict, 'fromkeys'),
        Call(getattr, HistoryBuffer, '__init__'),
        Call(getattr, np.ndarray, 'tofile'),
        Call(subprocess.check_call, ['touch', '{marker}']),
        nn.Linear(1, 1),
    ],
    ids=[
        'os.system',
        'eval',
        'getattr-dict',
        'getattr-init',
        'getattr-ndarray',
        'subprocess',
        'module',
    ],
)
@pytest.mark.parametrize('legacy', [False, True], ids=['zip', 'legacy'])
def test_code_is_refused_and_not_run(tmp_path, content, legacy):
    marker = tmp_path / 'marker'
    if isinstance(content, Call):
        function, arguments = content.call
        arguments = [
            a.format(marker=marker) if isinstance(a, str) else a
            for a in arguments
        ]
        content = Call(function, *arguments)
    path = str(tmp_path / 'hostile.pth')
    torch.save(
        dict(state_dict={}, meta=content),
        path,
        _use_new_zipfile_serialization=not legacy,
    )
    for load in (
        compat.load_checkpoint,
        CheckpointLoader.load_checkpoint,
        lambda path: load_checkpoint(nn.Linear(1, 1), path),
    ):
        with pytest.raises(CheckpointError, match=r'hostile\.pth was refused'):
            load(path)
    assert not marker.exists()


def test_plain_pickle_is_refused(tmp_path):
    path = tmp_path / 'plain.pth'
    marker = tmp_path / 'marker'
    path.write_bytes(pickle.dumps(Call(os.system, f'touch {marker}')))
    with pytest.raises(CheckpointError, match='plain.pth'):
        CheckpointLoader.load_checkpoint(str(path))
    assert not marker.exists()


def test_configs_in_a_checkpoint_are_dropped(tmp_path):
    """mmengine executes them when it resumes, or is given no other."""
    path = saved(
        tmp_path,
        dict(
            meta=dict(config='import os', cfg='import os', iter=3),
            message_hub=dict(runtime_info=dict(cfg='import os', best=1)),
            state_dict={},
        ),
    )
    loaded = CheckpointLoader.load_checkpoint(path)
    assert loaded['meta'] == dict(iter=3)
    assert loaded['message_hub'] == dict(runtime_info=dict(best=1))


@pytest.mark.parametrize('place', ['meta', 'message_hub'])
@pytest.mark.parametrize('name', ['MMSegInferencer', 'DetInferencer'])
def test_inferencers_execute_no_config_of_a_checkpoint(tmp_path, place, name):
    """By mmengine alone, given weights and no config, they would."""
    toolbox = 'mmseg' if name == 'MMSegInferencer' else 'mmdet'
    inferencer = getattr(importlib.import_module(f'{toolbox}.apis'), name)
    marker = tmp_path / 'marker'
    config = f"import os\nos.system('touch {marker}')\nmodel = dict(type='X')"
    content = dict(meta=dict(cfg=config), state_dict={})
    if place == 'message_hub':
        content['message_hub'] = dict(runtime_info=dict(cfg=config))
    path = saved(tmp_path, content)
    with pytest.raises(CheckpointError, match='give a file of yours'):
        inferencer(None, weights=path)
    assert not marker.exists()
    # A class that builds its model in its own way finds none either.
    plain = BaseInferencer._init_model.__wrapped__
    with pytest.raises((ValueError, KeyError)):
        plain(inferencer.__new__(inferencer), ConfigDict(), path)
    assert not marker.exists()


@pytest.mark.parametrize('keep', [0, 10, 0.5, 0.99])
def test_damaged_file_is_named(tmp_path, keep):
    path = saved(tmp_path, dict(state_dict=nn.Linear(64, 64).state_dict()))
    content = Path(path).read_bytes()
    size = keep if isinstance(keep, int) else int(len(content) * keep)
    Path(path).write_bytes(content[:size])
    with pytest.raises(CheckpointError, match=r'file\.pth'):
        CheckpointLoader.load_checkpoint(path)


def test_what_is_no_dict(tmp_path):
    path = saved(tmp_path, torch.zeros(3))
    for load in (
        CheckpointLoader.load_checkpoint,
        compat.load_checkpoint,
    ):
        with pytest.raises(CheckpointError, match='holds Tensor in place of'):
            load(path)


def test_one_flipped_bit(tmp_path):
    """torch itself does not compare checksums."""
    path = saved(tmp_path, dict(x=torch.zeros(100_000)))
    data = bytearray(Path(path).read_bytes())
    data[len(data) // 2] ^= 4
    Path(path).write_bytes(data)
    assert torch.load(path, weights_only=True)['x'].count_nonzero() == 1
    with pytest.raises(CheckpointError, match='damaged.*another checksum'):
        compat.load_checkpoint(path)


def test_damage_of_any_kind_is_a_checkpoint_error(tmp_path):
    """A small fuzzer, of files with and without a zip around them."""
    rng = random.Random(0)
    content = dict(meta=dict(a=[1, 'b']), state_dict=dict(x=torch.ones(3)))
    sources = []
    for legacy in (False, True):
        path = tmp_path / f'{legacy}.pth'
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
        sources.append(path.read_bytes())
    refusals = 0
    path = tmp_path / 'broken.pth'
    for _ in range(1000):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            compat.load_checkpoint(str(path))
        except CheckpointError as error:
            assert str(path) in str(error)
            refusals += 1
    assert 200 < refusals < 1000


@pytest.mark.parametrize(
    'error',
    [
        RuntimeError('CUDA out of memory. Tried to allocate 20 MiB'),
        RuntimeError('Attempting to deserialize object on a CUDA device'),
        PermissionError(13, 'Permission denied'),
    ],
)
def test_other_errors_are_not_blamed_on_the_file(tmp_path, monkeypatch, error):
    path = saved(tmp_path, {})

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(torch, 'load', fail)
    with pytest.raises(type(error)) as raised:
        CheckpointLoader.load_checkpoint(path)
    assert raised.value is error


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere.pth'):
        compat.load_checkpoint(str(tmp_path / 'nowhere.pth'))


def test_allow_list_ends_with_the_load(tmp_path):
    before = set(torch.serialization.get_safe_globals())
    path = saved(tmp_path, dict(x=np.float64(1)))
    CheckpointLoader.load_checkpoint(path)
    assert set(torch.serialization.get_safe_globals()) == before
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)


def test_entries_of_the_user_stay(tmp_path):
    item = allowed_globals()[0]
    with torch.serialization.safe_globals([item]):
        with safe_loading():
            pass
        assert item in torch.serialization.get_safe_globals()


def test_downloads_are_loaded_safely(tmp_path, monkeypatch):
    """torch.hub defaults to weights_only=False; mmengine passes nothing."""
    marker = tmp_path / 'marker'
    source = tmp_path / 'remote.pth'
    torch.save(Call(os.system, f'touch {marker}'), source)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))
    with pytest.raises(CheckpointError, match='was refused'):
        # torch.hub opens any address that urllib knows; no network needed.
        from mmengine.runner import checkpoint

        monkeypatch.setattr(
            CheckpointLoader,
            '_get_checkpoint_loader',
            classmethod(lambda cls, path: checkpoint.load_from_http),
        )
        CheckpointLoader.load_checkpoint(source.as_uri())
    assert not marker.exists()


def test_patches_mmengine_imported_before_or_after():
    code = """
        {first}
        {second}
        from mmengine.runner import CheckpointLoader
        print(CheckpointLoader.load_checkpoint.__module__,
              CheckpointLoader.load_checkpoint.__wrapped__.__name__)
    """
    orders = (
        ('import uhrnet', 'import mmengine.runner'),
        ('import mmengine.runner', 'import uhrnet'),
    )
    for first, second in orders:
        script = textwrap.dedent(code.format(first=first, second=second))
        done = subprocess.run(
            [sys.executable, '-c', script],
            capture_output=True,
            text=True,
            env=os.environ | dict(PYTHONPATH='projects'),
        )
        assert done.stdout.split()[-1] == 'load_checkpoint', done.stderr
