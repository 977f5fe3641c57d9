"""Parameters and multiply-adds of a config's model."""

import argparse
import json
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.apis.config_cost import measure_config
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Count parameters and multiply-adds of convolutions and '
        'linear layers. Papers of the HRNet family call multiply-adds / 2^30 '
        '"GFLOPs"; here G is 10^9. Of a detector, the multiply-adds are those '
        'of backbone, neck and dense head: the heads that look at regions '
        'cost as much as there are proposals.'
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--shape',
        type=int,
        nargs='+',
        default=[1024, 2048],
        metavar='N',
        help='input height and width, or one number for both '
        '(default: 1024 2048)',
    )
    parser.add_argument(
        '--json', action='store_true', help='print one JSON object'
    )
    add_cfg_options(parser)
    args = parser.parse_args()
    if len(args.shape) > 2 or min(args.shape) < 1:
        parser.error('--shape takes a height and a width, both positive')
    return args


def main() -> None:
    """Count and print."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    size = args.shape[0], args.shape[-1]
    result = measure_config(cfg, size)
    height, width = size
    channels = cfg.model.backbone.get('in_channels', 3)
    if args.json:
        report = dict(
            config=args.config,
            input=[channels, height, width],
            **result._asdict(),
        )
        print(json.dumps(report))
        return
    print(f'input       {channels} x {height} x {width}')
    print(f'parameters  {result.params:,} ({result.params / 1e6:.3f} M)')
    print(
        f'MACs        {result.macs:,} ({result.macs / 1e9:.3f} GMACs, '
        f'{result.macs / 2**30:.3f} x 2^30)'
    )
    for part, macs in result.macs_by_part.items():
        print(f'  {part:<14}{macs / 1e9:.3f} GMACs')


if __name__ == '__main__':
    run(main)
