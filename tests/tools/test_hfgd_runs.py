"""HFGD from the command line."""

import pytest
from command_line import options_without_page, succeed
from mmengine.config import Config

CONFIG = 'configs/hfgd/hfgd_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


def options(root, *more):
    return (
        *options_without_page(root),
        'train_dataloader.batch_size=2',
        'train_cfg.max_iters=3',
        'train_cfg.val_interval=3',
        'default_hooks.logger.interval=1',
        'default_hooks.checkpoint.interval=3',
        *more,
    )


@pytest.fixture(scope='module')
def trained(tmp_path_factory, scenes):
    """Folder and log of a training in two processes, with gloo."""
    folder = tmp_path_factory.mktemp('hfgd')
    log = succeed(
        'tools/dist_train.sh', CONFIG, 2, '--work-dir', folder,
        *options(scenes, 'find_unused_parameters=False'),
    )  # fmt: skip
    return folder, log


@pytest.mark.slow
def test_two_processes(trained):
    """Every parameter has a gradient, or DDP would stop at the second step."""
    folder, log = trained
    assert 'Distributed training: True' in log
    cfg = Config.fromfile(next(folder.glob('*.py')))
    assert cfg.find_unused_parameters is False
    (last,) = (x for x in log.splitlines() if 'Iter(train) [3/3]' in x)
    for name in ('loss_up_ce', 'acc_up_seg', 'loss_high_ce', 'acc_high_seg'):
        assert f'decode.{name}: ' in last
    assert 'mIoU' in log
