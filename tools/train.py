"""Train a model of any task: python tools/train.py CONFIG."""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

from mmengine.config import Config
from mmengine.device import get_device

from uhrnet.command_line import run
from uhrnet.engine.data_sources import check_data_roots
from uhrnet.engine.hooks.preemption import Preempted
from uhrnet.engine.launch import (
    add_common_arguments,
    add_compile_argument,
    add_hook,
    add_report,
    build_runner,
    leave_distributed,
    merge_cfg_options,
    prepare_config,
    prepare_distributed,
)
from uhrnet.engine.run_record import record_run
from uhrnet.engine.trackers import add_tracker_argument, add_trackers
from uhrnet.errors import ConfigError
from uhrnet.memory import keep_freed_memory


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='go on from this checkpoint, or from the latest in the work dir; '
        'if that has none, begin',
    )
    parser.add_argument(
        '--amp', action='store_true', help='automatic mixed precision'
    )
    add_compile_argument(parser)
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help="scale the learning rate from the config's total batch size to "
        'the one in use',
    )
    add_tracker_argument(parser)
    add_common_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Train."""
    args = parse_args()
    cfg = prepare_config(args)
    if args.amp:
        use_amp(cfg)
    if args.auto_scale_lr:
        if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
            raise ConfigError(
                f'{args.config} has no auto_scale_lr.base_batch_size: say '
                'which total batch size its learning rate is for'
            )
        cfg.auto_scale_lr.enable = True
    if args.compile:
        add_hook(cfg, type='CompileHook', mode=args.compile)
    if args.resume:
        resume(cfg, args.resume)
    merge_cfg_options(cfg, args.cfg_options)
    add_trackers(cfg, args.logger)
    add_report(cfg, args)
    check_data_roots(cfg, ('train_dataloader', 'val_dataloader'))
    prepare_distributed(cfg)
    keep_freed_memory()
    try:
        runner = build_runner(cfg)
        record_run(runner.log_dir)
        runner.train()
    except Preempted as stop:
        leave_distributed(stop.code)
        raise
    leave_distributed()


def resume(cfg: Config, source: str) -> None:
    """Go on from a checkpoint, or 'auto', where the work dir has one."""
    hook = cfg.get('default_hooks', {}).get('checkpoint') or {}
    if source == 'auto' and hook.get('type') == 'SafeCheckpointHook':
        hook.auto_resume = True
        return
    cfg.resume = True
    cfg.load_from = None if source == 'auto' else source


def use_amp(cfg: Config) -> None:
    """Switch a plain optimiser wrapper to mixed precision.

    float16 with loss scaling on GPUs, as in the toolboxes, bfloat16 on CPUs.
    """
    wrapper = cfg.optim_wrapper
    kind = wrapper.get('type', 'OptimWrapper')
    if kind in ('AmpOptimWrapper', 'Bf16OptimWrapper'):
        return
    if kind != 'OptimWrapper':
        raise ConfigError(
            f'--amp cannot change an optim_wrapper of type {kind}: it needs '
            'OptimWrapper'
        )
    if get_device() == 'cpu':
        if 'roi_head' in cfg.model:
            raise ConfigError(
                '--amp on a CPU means bfloat16, to which MMDetection rounds '
                'regions too, by up to 4 pixels: train detectors with a '
                'roi_head without it'
            )
        wrapper.type = 'Bf16OptimWrapper'
    else:
        wrapper.type = 'AmpOptimWrapper'
        wrapper.setdefault('loss_scale', 'dynamic')


if __name__ == '__main__':
    run(main)
