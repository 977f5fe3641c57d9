"""``uhrnet demo``: predictions in a browser."""

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        'demo',
        help='predict in a browser',
        description='Serve a page that predicts pictures. It needs '
        "pip install 'uhrnet[demo]'.",
    )
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='address to serve at; by default this machine alone reaches it',
    )
    parser.add_argument('--port', type=int, default=7860)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Serve until the process is stopped."""
    from uhrnet.web_demo import launch

    launch(args.host, args.port)
