"""Options of ``uhrnet demo``."""

import argparse
from pathlib import Path
from typing import Any

from .server import HOST, PORT, launch
from .wanted import Wanted


class _AddModel(argparse.Action):
    """Begin another model."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        value: Any,
        option: str | None = None,
    ) -> None:
        namespace.models = [*namespace.models, Wanted(value)]


class _AddWeights(argparse.Action):
    """Give the last model its weights."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        value: Any,
        option: str | None = None,
    ) -> None:
        if not namespace.models or namespace.models[-1].weights:
            parser.error('--weights belongs behind the --model that it is of')
        last = namespace.models[-1]._replace(weights=value)
        namespace.models = [*namespace.models[:-1], last]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the page to a parser."""
    parser.set_defaults(models=())
    parser.add_argument(
        '--host',
        default=HOST,
        help='address to listen at; another one than the default lets other '
        'machines in (default: %(default)s)',
    )
    parser.add_argument(
        '--port', type=int, default=PORT, help='(default: %(default)s)'
    )
    parser.add_argument(
        '--model',
        action=_AddModel,
        metavar='NAME_OR_DIR',
        help='work dir of a training, or a config by name or path with '
        '--weights behind it; may be given several times (default: the '
        'trainings in work_dirs)',
    )
    parser.add_argument('--weights', action=_AddWeights, metavar='FILE')
    parser.add_argument(
        '--examples',
        type=Path,
        metavar='DIR',
        help='folder with pictures to offer (default: rendered streets)',
    )
    parser.add_argument(
        '--device', help='cpu, cuda or cuda:0 (default: cuda where there)'
    )


def run(arguments: argparse.Namespace) -> None:
    """Serve the page until it is interrupted."""
    launch(
        arguments.host,
        arguments.port,
        models=arguments.models,
        examples=arguments.examples,
        device=arguments.device,
    )
