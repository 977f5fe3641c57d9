"""Print a config as it is read, with all that it inherits."""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from mmengine.registry import init_default_scope

from uhrnet.apis.config_cost import build_without_memory
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Print a whole config')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--graph', action='store_true', help='print the modules of the model'
    )
    parser.add_argument(
        '--out', metavar='FILE.py', help='write the config to a file too'
    )
    add_cfg_options(parser)
    return parser.parse_args()


def main() -> None:
    """Print, and write what is wanted."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    print(f'Config:\n{cfg.pretty_text}')
    if args.out:
        Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        Path(args.out).write_text(cfg.pretty_text)
    if args.graph:
        init_default_scope(cfg.get('default_scope', 'mmengine'))
        print(f'Model graph:\n{build_without_memory(cfg)}')


if __name__ == '__main__':
    run(main)
