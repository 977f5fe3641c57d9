"""From a command line to a config that a runner can start from."""

import argparse
import atexit
import difflib
import inspect
import os
import sys

import torch
from mmengine.config import Config, ConfigDict
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from uhrnet.errors import ConfigError

from .config_file import add_cfg_options, read_config
from .config_fit import check_channels, check_classes

# What is read from a config besides the arguments of mmengine's Runner.
OTHER_KEYS = (
    'activation_checkpointing',
    'compile',
    'custom_imports',
    'efficient_conv_bn_eval',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'runner_type',
    'submission',
    'sync_bn',
    'test_pipeline',
    'tta_model',
    'tta_pipeline',
)


COMPILE_MODES = ('default', 'reduce-overhead', 'max-autotune')


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that training and testing share."""
    parser.add_argument('--work-dir', help='folder for logs and checkpoints')
    add_cfg_options(parser)
    parser.add_argument(
        '--no-report',
        action='store_true',
        help='do not write report.html to the work dir at the end',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what started the processes of a distributed job',
    )
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def add_compile_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--compile``, for :class:`CompileHook`."""
    parser.add_argument(
        '--compile',
        nargs='?',
        const='default',
        choices=COMPILE_MODES,
        metavar='MODE',
        help='compile backbone, neck and head, which needs a C++ compiler, or '
        f'on a GPU Triton: {", ".join(COMPILE_MODES)}; the second records '
        'CUDA graphs',
    )


def add_hook(cfg: Config, **hook: str) -> None:
    """Add a hook to those of the config."""
    cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), hook]


def add_report(cfg: Config, args: argparse.Namespace) -> None:
    """Add the hook that writes the page, unless ``--no-report`` is given."""
    if not args.no_report:
        add_hook(cfg, type='ReportHook')


def prepare_config(args: argparse.Namespace) -> Config:
    """Read the config named by ``args`` and set what both tools share.

    Further options of a tool come next, then :func:`merge_cfg_options`, which
    has the last word.
    """
    # Open MPI has a name of its own, and mmengine wraps models by LOCAL_RANK.
    local_rank = os.environ.get('OMPI_COMM_WORLD_LOCAL_RANK', args.local_rank)
    os.environ.setdefault('LOCAL_RANK', str(local_rank))
    cfg = read_config(args.config)
    cfg.launcher = args.launcher
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        stem = os.path.splitext(os.path.basename(args.config))[0]
        cfg.work_dir = os.path.join('work_dirs', stem)
    return cfg


def merge_cfg_options(cfg: Config, options: dict) -> None:
    """Merge ``--cfg-options``; unlike mmengine, refuse what has no effect.

    mmengine adds a misspelt key to the config, where nobody reads it. It
    also changes variables such as ``data_root``, which served their purpose
    when the file was read.

    Raises:
        ConfigError: If an option starts with a key that nobody reads.
            Misspelt arguments of a class are refused by that class.
    """
    known = [*inspect.signature(Runner.__init__).parameters, *OTHER_KEYS]
    for option in options:
        name = option.split('.')[0]
        if name not in known and name in cfg:
            raise ConfigError(
                f'--cfg-options {option}: {name} is a variable of the config '
                'file and was used when that was read. Change what it was '
                'used for, for example train_dataloader.dataset.data_root'
            )
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f' Did you mean {close[0]}?' if close else ''
            raise ConfigError(
                f'--cfg-options {option}: nothing reads {name}.{hint}'
            )
        try:
            cfg.merge_from_dict({option: options[option]})
        except (KeyError, TypeError, IndexError) as error:
            said = error.args[0] if error.args else error
            raise ConfigError(
                f'--cfg-options {option} does not fit the config: {said}'
            ) from error


def prepare_distributed(cfg: Config) -> None:
    """Let a job with several processes run on CPUs as well as on GPUs.

    mmengine starts process groups for accelerators only. Without one this
    starts gloo, wraps the model without device ids, and uses plain batch
    norms, as torch's synchronised ones need an accelerator.
    """
    if cfg.launcher == 'pytorch' and 'RANK' not in os.environ:
        raise ConfigError(
            '--launcher pytorch: torch has not started this process. Use '
            'tools/dist_train.sh or tools/dist_test.sh'
        )
    if cfg.launcher == 'none' or get_device() != 'cpu':
        return
    if cfg.launcher != 'pytorch':
        raise ConfigError(
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


def leave_distributed(code: int = 0) -> None:
    """End a job of several processes together; the last call of a tool.

    A process that ends while another one still talks to it may abort that
    one. And a thread of gloo that is left when Python destroys its objects
    aborts its own process now and then, after all is done ("terminate called
    without an active exception"). So exit handlers run here, which flush and
    close, and the process ends without the destruction. One process alone
    returns.

    Args:
        code: The exit code.
    """
    if not torch.distributed.is_initialized():
        return
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def build_runner(cfg: Config) -> Runner:
    """Build the runner that the config names, by default mmengine's.

    Raises:
        ConfigError: If model and data, or head and backbone do not agree.
    """
    check_classes(cfg)
    if 'runner_type' in cfg:
        runner = RUNNERS.build(cfg)
    else:
        runner = Runner.from_cfg(cfg)
    check_channels(cfg, runner.model)
    return runner


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
