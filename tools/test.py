"""Evaluate a checkpoint of any task: python tools/test.py CONFIG CKPT."""

import argparse
import os
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

from mmengine.config import Config
from mmengine.logging import print_log

from uhrnet.command_line import run
from uhrnet.engine.data_sources import check_data_roots
from uhrnet.engine.dataset_configs import innermost_dataset
from uhrnet.engine.evaluation_pipelines import use_tta, without_labels
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
from uhrnet.errors import ConfigError
from uhrnet.memory import keep_freed_memory

PICKLES = ('.pkl', '.pickle')
# Of a config; the hook that draws would open the training data.
TRAINING = ('train_dataloader', 'train_cfg', 'optim_wrapper',
            'param_scheduler')  # fmt: skip


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Evaluate a checkpoint')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint',
        help='checkpoint file or address, or an exported file (--backend)',
    )
    parser.add_argument(
        '--out',
        metavar='PATH',
        help='save predictions: to a .pkl file, or to a folder as label PNGs '
        '(segmentation) or 16-bit PNGs of metres * 256 (depth)',
    )
    parser.add_argument(
        '--format-only',
        action='store_true',
        help='predict the images of the test server, if the config names '
        'them, and save to the folder --out what the server takes (label '
        'PNGs, depth as 16-bit PNGs, or boxes and masks as JSON), without '
        'evaluating',
    )
    parser.add_argument(
        '--fuse-conv-bn',
        action='store_true',
        help='fold batch norms into convolutions first: faster, and equal to '
        '1e-5',
    )
    parser.add_argument(
        '--backend',
        choices=['onnxruntime', 'openvino'],
        help='evaluate a file of tools/deployment/export.py by this library',
    )
    parser.add_argument(
        '--heads',
        metavar='CHECKPOINT',
        help='of a detector that was exported: the checkpoint with its heads, '
        'which the file does not have',
    )
    parser.add_argument(
        '--show-dir', help='folder for pictures of the predictions'
    )
    parser.add_argument(
        '--show', action='store_true', help='show pictures in a window'
    )
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds to show each'
    )
    parser.add_argument(
        '--tta',
        action='store_true',
        help='average over the scales and mirror images of tta_pipeline',
    )
    parser.add_argument(
        '--tta-flip',
        action='store_true',
        help='average over mirror images alone',
    )
    add_compile_argument(parser)
    add_common_arguments(parser)
    args = parser.parse_args()
    if args.backend and args.fuse_conv_bn:
        parser.error('--fuse-conv-bn: an exported file is folded already')
    if args.backend and args.compile:
        parser.error('--compile: an exported file is run by its library')
    if args.heads and not args.backend:
        parser.error('--heads belongs to an exported file: name its --backend')
    return args


def main() -> None:
    """Evaluate."""
    args = parse_args()
    cfg = prepare_config(args)
    cfg.load_from = args.checkpoint
    if args.backend:
        use_exported(cfg, args)
    # Only training resumes, whatever the config says.
    cfg.resume = False
    if args.show or args.show_dir:
        draw_predictions(cfg, args)
    if args.format_only:
        check_submission(cfg, args.out)
        use_submission(cfg, args.cfg_options)
    merge_cfg_options(cfg, args.cfg_options)
    # These move what the options name.
    if args.tta or args.tta_flip:
        use_tta(cfg, flip_only=not args.tta)
    if args.format_only:
        dataset = innermost_dataset(cfg.test_dataloader)
        dataset.pipeline = without_labels(dataset.pipeline)
        if cfg.default_scope == 'mmdet':
            cfg.test_evaluator.outfile_prefix = f'{args.out}/detections'
        else:
            cfg.test_evaluator.output_dir = args.out
    elif args.out:
        save_predictions(cfg, args.out)
    if args.fuse_conv_bn or args.backend:
        # It would swap weights of a model that has others by then. Those of
        # a checkpoint are averaged already.
        cfg.custom_hooks = [
            hook
            for hook in cfg.get('custom_hooks') or []
            if hook.type != 'EMAHook'
        ]
    if args.fuse_conv_bn:
        add_hook(cfg, type='PrepareForInferenceHook')
    if args.compile:
        add_hook(cfg, type='CompileHook', mode=args.compile)
    add_report(cfg, args)
    check_data_roots(cfg, ('test_dataloader',))
    if args.out and not args.out.endswith(PICKLES):
        # Every process writes there, and mmsegmentation's first makes it.
        os.makedirs(args.out, exist_ok=True)
    prepare_distributed(cfg)
    keep_freed_memory()
    for key in TRAINING:
        cfg.pop(key, None)
    build_runner(cfg).test()
    leave_distributed()
    if args.format_only:
        print_log(
            f'{args.out} holds {len(os.listdir(args.out))} files to submit',
            logger='current',
        )


def use_exported(cfg: Config, args: argparse.Namespace) -> None:
    """Evaluate an exported file, of a detector with a checkpoint's heads."""
    detecting = cfg.get('default_scope') == 'mmdet'
    if detecting and not args.heads:
        raise ConfigError(
            '--backend: an exported detector has backbone and neck alone. '
            'Name the checkpoint that it was exported from with --heads'
        )
    if args.heads and not detecting:
        raise ConfigError(
            '--heads is for detectors: all else is exported whole'
        )
    cfg.load_from = args.heads
    add_hook(
        cfg,
        type='ExportedModelHook',
        path=args.checkpoint,
        backend=args.backend,
    )


def draw_predictions(cfg: Config, args: argparse.Namespace) -> None:
    """Turn on the visualisation hook for every test image."""
    hook = cfg.default_hooks.get('visualization')
    if hook is None:
        raise ConfigError(
            '--show and --show-dir need default_hooks.visualization in the '
            'config'
        )
    hook.update(draw=True, interval=1)
    if args.show:
        hook.update(show=True, wait_time=args.wait_time)
    if args.show_dir and cfg.get('default_scope') == 'mmdet':
        # under the images' names; it would be joined to the work dir
        hook.test_out_dir = os.path.abspath(args.show_dir)
    elif args.show_dir:
        cfg.visualizer.save_dir = args.show_dir


def save_predictions(cfg: Config, path: str) -> None:
    """Save to a file for any task, or to a folder as PNGs."""
    if path.endswith(PICKLES):
        evaluators = cfg.test_evaluator
        if not isinstance(evaluators, list):
            evaluators = [evaluators]
        # mmdetection's packs masks, which fill a memory otherwise
        detecting = cfg.get('default_scope') == 'mmdet'
        kind = 'DumpDetResults' if detecting else 'DumpResults'
        dump = dict(type=kind, out_file_path=path)
        cfg.test_evaluator = [*evaluators, dump]
    elif cfg.get('default_scope') == 'mmseg':
        evaluators = cfg.test_evaluator
        for evaluator in (
            evaluators if isinstance(evaluators, list) else [evaluators]
        ):
            evaluator.output_dir = path
    else:
        raise ConfigError(f'--out {path} must end in .pkl')


def check_submission(cfg: Config, folder: str | None) -> None:
    """Refuse what would leave no submission, or one of mixed files."""
    detecting = cfg.get('default_scope') == 'mmdet'
    if detecting and 'submission' not in cfg:
        raise ConfigError(
            '--format-only needs submission in the config: the images of a '
            'test server, and an evaluator that writes what it takes'
        )
    if folder is None or folder.endswith(PICKLES):
        raise ConfigError('--format-only needs --out FOLDER')
    if os.path.exists(folder) and os.listdir(folder):
        raise ConfigError(
            f'--out {folder} is not empty, and all files in it would be '
            'submitted: name a new folder'
        )


def use_submission(cfg: Config, options: dict) -> None:
    """Predict what a test server wants, and write what it takes.

    ``submission`` in the config changes the test data set and names the
    evaluator that writes; without it, label PNGs of the test images are
    written (segmentation). Options are merged later and go before it.
    """
    merge_cfg_options(
        cfg, {k: v for k, v in options.items() if k.startswith('submission.')}
    )
    submission = cfg.get('submission', {})
    innermost_dataset(cfg.test_dataloader).update(
        submission.get('dataset', {})
    )
    evaluator = dict(type='IoUMetric') | dict(submission.get('evaluator', {}))
    cfg.test_evaluator = evaluator | dict(format_only=True)


if __name__ == '__main__':
    run(main)
