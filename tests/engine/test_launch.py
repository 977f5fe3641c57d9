import argparse
import os
from pathlib import Path

import pytest
from command_line import succeed
from mmengine.config import Config

from uhrnet.engine import launch
from uhrnet.engine.data_sources import SOURCES, check_data_roots
from uhrnet.errors import DataError


def parse(*command):
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    launch.add_common_arguments(parser)
    return parser.parse_args(command)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'name.py'
    path.write_text("model = dict(type='X', a=1)\nwork_dir = None\n")
    return str(path)


def test_work_dir(config):
    cfg = launch.prepare_config(parse(config))
    assert Path(cfg.work_dir) == Path('work_dirs/name')
    cfg = launch.prepare_config(parse(config, '--work-dir', 'elsewhere'))
    assert cfg.work_dir == 'elsewhere'


def test_options_have_the_last_word(config):
    args = parse(config, '--cfg-options', 'model.a=2', 'work_dir=there')
    cfg = launch.prepare_config(args)
    launch.merge_cfg_options(cfg, args.cfg_options)
    assert cfg.model.a == 2
    assert cfg.work_dir == 'there'


def test_a_report_unless_it_is_not_wanted(config):
    hooks = []
    for options in ([], ['--no-report']):
        args = parse(config, *options)
        cfg = launch.prepare_config(args)
        launch.add_report(cfg, args)
        hooks.append(cfg.get('custom_hooks'))
    assert hooks == [[dict(type='ReportHook')], None]


def test_unknown_option_is_refused_with_a_hint(config):
    cfg = launch.prepare_config(parse(config))
    with pytest.raises(ValueError, match='modell. Did you mean model'):
        launch.merge_cfg_options(cfg, {'modell.a': 2})
    launch.merge_cfg_options(cfg, {'find_unused_parameters': True})
    assert cfg.find_unused_parameters


@pytest.mark.parametrize('name', ['data_root', 'crop_size'])
def test_variables_of_the_file_are_refused(tmp_path, name):
    path = tmp_path / 'name.py'
    path.write_text(f'{name} = 1\n')
    cfg = launch.prepare_config(parse(str(path)))
    with pytest.raises(ValueError, match=rf'{name} is a variable'):
        launch.merge_cfg_options(cfg, {name: 2})


def test_local_rank_of_open_mpi(config, monkeypatch):
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    monkeypatch.setenv('OMPI_COMM_WORLD_LOCAL_RANK', '3')
    launch.prepare_config(parse(config, '--launcher', 'mpi'))
    assert os.environ['LOCAL_RANK'] == '3'


def test_sync_bn_is_replaced_everywhere():
    cfg = Config(
        dict(
            model=dict(
                norm_cfg=dict(type='SyncBN', requires_grad=True),
                heads=[dict(norm_cfg=dict(type='SyncBN')), dict(type='BN')],
            )
        )
    )
    assert launch._replace_sync_bn(cfg.model) == 2
    assert 'SyncBN' not in cfg.pretty_text
    assert cfg.model.norm_cfg == dict(type='BN', requires_grad=True)


def test_launchers_that_need_gpus(config, monkeypatch):
    monkeypatch.setattr(launch, 'get_device', lambda: 'cpu')
    cfg = launch.prepare_config(parse(config, '--launcher', 'slurm'))
    with pytest.raises(ValueError, match='slurm needs GPUs'):
        launch.prepare_distributed(cfg)


def loader(root, kind='CamVidDataset', wrapped=False):
    dataset = dict(type=kind, data_root=str(root))
    if wrapped:
        dataset = dict(type='RepeatDataset', times=2, dataset=dataset)
    return Config(dict(train_dataloader=dict(dataset=dataset)))


@pytest.mark.parametrize('kind', SOURCES)
@pytest.mark.parametrize('wrapped', [False, True])
def test_missing_data_says_where_to_get_it(tmp_path, kind, wrapped):
    cfg = loader(tmp_path / 'none', kind, wrapped)
    with pytest.raises(DataError) as error:
        check_data_roots(cfg, ('train_dataloader',))
    inner = 'train_dataloader.dataset' + '.dataset' * wrapped
    text = str(error.value)
    assert f'{tmp_path}/none' in text
    assert SOURCES[kind].format(root=tmp_path / 'none') in text
    assert f'--cfg-options {inner}.data_root=FOLDER' in text


@pytest.mark.parametrize('key', ['img_path', 'img'])
def test_missing_images_are_named(tmp_path, key):
    cfg = loader(tmp_path)
    dataset = cfg.train_dataloader.dataset
    dataset.data_prefix = {key: 'images/train', 'seg_map_path': 'absent'}
    with pytest.raises(DataError) as error:
        check_data_roots(cfg, ('train_dataloader',))
    assert f"'{tmp_path}/images/train'" in str(error.value)
    option = f'--cfg-options train_dataloader.dataset.data_prefix.{key}=FOLDER'
    assert option in str(error.value)
    (tmp_path / 'images/train').mkdir(parents=True)
    if key == 'img_path':
        with pytest.raises(DataError, match='holds no file'):
            check_data_roots(cfg, ('train_dataloader',))
    (tmp_path / 'images/train/a.png').touch()
    check_data_roots(cfg, ('train_dataloader',))


def test_present_and_remote_data_pass(tmp_path):
    check_data_roots(loader(tmp_path), ('train_dataloader', 'absent'))
    check_data_roots(loader('s3://bucket/x'), ('train_dataloader',))


def test_concatenated_sets_are_all_checked(tmp_path):
    sets = [
        dict(type='A', data_root=str(tmp_path)),
        dict(type='B', data_root=str(tmp_path / 'b')),
    ]
    cfg = Config(
        dict(train_dataloader=dict(dataset=dict(type='C', datasets=sets)))
    )
    with pytest.raises(DataError, match='dataset.datasets.1'):
        check_data_roots(cfg, ('train_dataloader',))


LAST_CALL = """
import atexit, logging.handlers, sys
import torch
from uhrnet.engine import launch

file = logging.FileHandler({log!r})
buffered = logging.handlers.MemoryHandler(99, target=file)
logging.getLogger('a').addHandler(buffered)
logging.getLogger('a').warning('written in the end')
atexit.register(print, 'exit handlers have run')
launch.leave_distributed()
print('one process goes on')
torch.distributed.init_process_group(
    'gloo', init_method={store!r}, rank=0, world_size=1
)
launch.leave_distributed()
print('never')
"""


def test_a_job_ends_with_its_exit_handlers(tmp_path):
    log = tmp_path / 'log.txt'
    text = succeed(
        '-c', LAST_CALL.format(log=str(log), store=f'file://{tmp_path}/store')
    )
    assert text.splitlines()[-2:] == [
        'one process goes on',
        'exit handlers have run',
    ]
    assert log.read_text() == 'written in the end\n'
