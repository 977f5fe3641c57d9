"""Measure configs side by side: seconds, memory, multiply-adds a second.

    python tools/analysis_tools/benchmark.py 'CONFIG [OPTIONS]' ... [--rounds 9]

Every quoted argument is a config with options of its own; they take turns,
each in a process of its own, and are compared with the first. No data set is
needed. For example, U-HRNet prepared for inference beside mmsegmentation's
HRNet of the same multiply-adds:

    python tools/analysis_tools/benchmark.py \
        'configs/uhrnet/fcn_uhrnet-w18_4xb3-120k_cityscapes-512x1024.py --prepare' \
        'mmseg::hrnet/fcn_hr18_4xb2-40k_cityscapes-512x1024.py'
"""  # noqa: E501

import argparse
import shlex
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import torch

from uhrnet.apis.speed import Result, measure
from uhrnet.apis.speed_case import DTYPES, Case
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options
from uhrnet.engine.launch import add_compile_argument
from uhrnet.models.backbones.memory_formats import MEMORY_FORMATS


def case_parser() -> argparse.ArgumentParser:
    """Return the parser of one quoted argument."""
    parser = argparse.ArgumentParser(prog='CASE', add_help=False)
    parser.add_argument('config')
    parser.add_argument(
        '--task', choices=['inference', 'train'], default='inference'
    )
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument(
        '--shape', type=int, nargs=2, default=[512, 1024], metavar=('H', 'W')
    )
    parser.add_argument(
        '--memory-format',
        choices=MEMORY_FORMATS,
        help="default: the model's own",
    )
    parser.add_argument('--dtype', choices=DTYPES, default='float32')
    parser.add_argument(
        '--prepare', action='store_true', help='prepare_for_inference()'
    )
    add_compile_argument(parser)
    parser.add_argument(
        '--backend',
        choices=['eager', 'onnxruntime', 'openvino'],
        default='eager',
        help='others run an exported file',
    )
    parser.add_argument(
        '--stock-memory',
        action='store_true',
        help="training: leave memory to the C library, as the hosts' tools",
    )
    parser.add_argument(
        '--device', default='cuda' if torch.cuda.is_available() else 'cpu'
    )
    add_cfg_options(parser)
    return parser


def parse_args() -> tuple[argparse.Namespace, list[Case]]:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Measure configs side by side',
        epilog='options of a case:\n' + case_parser().format_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'cases', nargs='+', metavar='CASE', help="'CONFIG [OPTIONS]', quoted"
    )
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--threads', type=int, default=2)
    args = parser.parse_args()
    cases = []
    for text in args.cases:
        options = vars(case_parser().parse_args(shlex.split(text)))
        options['shape'] = tuple(options['shape'])
        cases.append(Case(**options))
    return args, cases


def row(name: str, case: Case, result: Result, first: Result) -> str:
    """Write a row in Markdown."""
    cells = [
        name,
        f'{result.median:.4f} s',
        f'{min(result.seconds):.4f} to {max(result.seconds):.4f}',
        f'{case.batch / result.median:.2f}',
        f'{result.median / first.median:.2f}',
        f'{result.megabytes:.0f} MB',
        f'{result.macs / 1e9:.1f}',
    ]
    if result.kernels is not None:
        share = result.utilisation(case)
        cells.append(str(result.kernels))
        cells.append('' if share is None else f'{share:.1%}')
    return f'| {" | ".join(cells)} |'


def main() -> None:
    """Measure and print a table."""
    args, cases = parse_args()
    results = measure(cases, args.rounds, args.threads)
    print(f'torch {torch.__version__}, {args.threads} threads')
    head = ['', 'median', 'range', 'images/s', 'to the first', 'peak', 'GMACs']
    if results[0].kernels is not None:
        head += ['kernels', 'MFU']
    print(f'| {" | ".join(head)} |\n|{" --- |" * len(head)}')
    for text, case, result in zip(args.cases, cases, results, strict=True):
        print(row(text, case, result, results[0]))


if __name__ == '__main__':
    run(main)
