"""The program ``uhrnet``: predict, demo, models, info.

Each module here is a subcommand or a part of one. What takes long to import
is imported when a subcommand runs, so that ``--help`` is quick.
"""

import argparse
from collections.abc import Sequence

from uhrnet.command_line import run
from uhrnet.version import __version__

from . import demo, info, models, predict

COMMANDS = (predict, demo, models, info)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a subcommand.

    Args:
        arguments: Of the command line; by default this process's.
    """
    parser = argparse.ArgumentParser(
        prog='uhrnet',
        description='Segmentation, depth and detection with U-HRNet, HRNet '
        'and HFGD',
    )
    parser.add_argument(
        '--version', action='version', version=f'uhrnet {__version__}'
    )
    subparsers = parser.add_subparsers(
        title='subcommands', metavar='COMMAND', required=True
    )
    for command in COMMANDS:
        command.add_parser(subparsers)
    args = parser.parse_args(arguments)
    run(lambda: args.run(args))
