"""Read a config file, and change it from the command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config, DictAction

from uhrnet.errors import ConfigError

from .config_lookup import find_config


class CfgOptions(DictAction):
    """``KEY=VALUE ...``, refused as other arguments are if it is not."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Read the values.

        Raises:
            argparse.ArgumentError: If one of them has no ``=``, or brackets
                that do not match.
        """
        for value in values:
            if not value.partition('=')[1] or value.startswith('='):
                raise argparse.ArgumentError(
                    self, f'{value!r} is not of the form KEY=VALUE'
                )
        try:
            super().__call__(parser, namespace, values, option_string)
        except (AssertionError, ValueError) as error:
            raise argparse.ArgumentError(self, str(error)) from None


def add_cfg_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=CfgOptions,
        default={},
        metavar='KEY=VALUE',
        help='override values of the config, for example '
        'optim_wrapper.optimizer.lr=0.02 model.backbone.arch=w48',
    )


def read_config(path: str | Path) -> Config:
    """Read a config file, or the config of this package of that name.

    It is Python, so that anything can go wrong in it.

    Raises:
        ConfigError: If it cannot be read. The message names the file.
    """
    path = find_config(path)
    try:
        return Config.fromfile(path)
    except Exception as error:
        while isinstance(error.__context__, ImportError):
            error = error.__context__  # out of a long list of all folders
        said = error.args[0] if isinstance(error, KeyError) else error
        raise ConfigError(
            f'config {path} cannot be read, correct it: '
            f'{type(error).__name__}: {said}'
        ) from error
