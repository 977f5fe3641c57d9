"""From a command line to a config that a runner can start from."""

import argparse
import difflib
import os

import torch
from mmengine.config import Config, ConfigDict, DictAction
from mmengine.device import get_device
from mmengine.logging import print_log

# Keys that mmengine's runner reads and that a config may leave out.
RUNNER_KEYS = (
    'activation_checkpointing',
    'auto_scale_lr',
    'cfg',
    'compile',
    'efficient_conv_bn_eval',
    'experiment_name',
    'find_unused_parameters',
    'load_from',
    'model_wrapper_cfg',
    'randomness',
    'resume',
    'sync_bn',
    'work_dir',
)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that training and testing share."""
    parser.add_argument('--work-dir', help='folder for logs and checkpoints')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='override values of the config, for example '
        'optim_wrapper.optimizer.lr=0.02 model.backbone.arch=w48',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what started the processes of a distributed job',
    )
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def prepare_config(args: argparse.Namespace) -> Config:
    """Read the config named by ``args`` and merge what both tools share.

    Options on the command line are merged by the caller before
    :func:`merge_cfg_options`, which has the last word.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = Config.fromfile(args.config)
    cfg.launcher = args.launcher
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        stem = os.path.splitext(os.path.basename(args.config))[0]
        cfg.work_dir = os.path.join('work_dirs', stem)
    return cfg


def merge_cfg_options(cfg: Config, options: dict) -> None:
    """Merge ``--cfg-options``; unlike mmengine, refuse unknown names.

    mmengine adds a misspelt key to the config, where nobody reads it.

    Raises:
        ValueError: If an option starts with a key that neither the config
            nor the runner knows. Deeper misspellings are refused by the
            class that gets them.
    """
    for option in options:
        name = option.split('.')[0]
        known = [*cfg.keys(), *RUNNER_KEYS]
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f' Did you mean {close[0]}?' if close else ''
            raise ValueError(
                f'--cfg-options {option}: the config has no {name}.{hint}'
            )
    cfg.merge_from_dict(options)


def prepare_distributed(cfg: Config) -> None:
    """Let a job with several processes run on CPUs as well as on GPUs.

    mmengine starts process groups for accelerators only. Without one this
    starts gloo, wraps the model without device ids, and uses plain batch
    norms, as torch's synchronised ones need an accelerator.
    """
    if cfg.launcher == 'none' or get_device() != 'cpu':
        return
    if cfg.launcher != 'pytorch':
        raise ValueError(
            f'--launcher {cfg.launcher} needs GPUs. On CPUs use '
            'tools/dist_train.sh or tools/dist_test.sh'
        )
    torch.distributed.init_process_group('gloo')
    cfg.env_cfg.dist_cfg = dict(backend='gloo')
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    if _replace_sync_bn(cfg.model):
        print_log(
            'SyncBN needs a GPU: every process normalises its own batch (BN)',
            logger='current',
        )


def _replace_sync_bn(node: ConfigDict | list | tuple) -> int:
    """Turn every SyncBN of a nested config into BN; return how many."""
    children = node.values() if isinstance(node, dict) else node
    replaced = sum(
        _replace_sync_bn(child)
        for child in children
        if isinstance(child, dict | list | tuple)
    )
    if isinstance(node, dict) and node.get('type') == 'SyncBN':
        node['type'] = 'BN'
        replaced += 1
    return replaced
