"""``uhrnet demo``: predictions in a browser."""

from typing import Any

from uhrnet.web_demo.options import add_arguments, run


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        'demo',
        help='predict in a browser',
        description='Serve a page that predicts pictures. It needs '
        "pip install 'uhrnet[demo]'.",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)
