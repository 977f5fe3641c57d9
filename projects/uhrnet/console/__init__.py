"""The program ``uhrnet``: predict, demo, models, info.

Each module here is a subcommand or a part of one. What takes long to import
is imported when a subcommand runs, so that ``--help`` is quick.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from uhrnet.command_line import run
from uhrnet.version import __version__

from . import demo, info, models, predict

COMMANDS = (predict, demo, models, info)
BROKEN_PIPE = 141  # as shells say of programs that ``| head`` ended


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
    if isinstance(sys.stdout, io.TextIOWrapper):
        # names of files may have what a terminal cannot show
        sys.stdout.reconfigure(errors='backslashreplace')
    run(lambda: _run(args))


def _run(args: argparse.Namespace) -> None:
    """Run a subcommand until it ends, or who reads its output does."""
    try:
        args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # or Python would fail again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)
