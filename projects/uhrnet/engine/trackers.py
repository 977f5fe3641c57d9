"""Where curves and pictures of a training go besides its work dir."""

import argparse
import os
from importlib.util import find_spec
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import print_log

from uhrnet.errors import ConfigError, MissingLibraryError

from .mlflow_backend import MLflowPicturesVisBackend

# By the name of an option, and of the library, too.
BACKENDS = dict(
    tensorboard='TensorboardVisBackend',
    wandb='WandbVisBackend',
    mlflow=MLflowPicturesVisBackend.__name__,
)
NONE = 'none'


def add_tracker_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--logger``, for :func:`add_trackers`."""
    parser.add_argument(
        '--logger',
        action='append',
        choices=[*BACKENDS, NONE],
        help='hand curves and example predictions to this as well; may be '
        'given several times. By default to TensorBoard, where it is '
        'installed',
    )


def add_trackers(cfg: Config, names: list[str] | None) -> None:
    """Add the visualiser's backends that a command line asks for.

    Args:
        cfg: Of a training. What its visualiser has already stays as it is.
        names: Of the option; None for TensorBoard, if there is one.

    Raises:
        ConfigError: If there is no visualiser, or ``none`` is not alone.
        MissingLibraryError: If a library that was asked for is missing.
    """
    if names is None:
        if not cfg.get('visualizer'):
            return
        names = [name for name in ('tensorboard',) if find_spec(name)]
        if not names:
            print_log(
                'Curves go to files alone: pip install tensorboard to look '
                'at them while a model trains',
                logger='current',
            )
    elif NONE in names:
        if len(set(names)) > 1:
            raise ConfigError('--logger none goes with no other --logger')
        return
    elif not cfg.get('visualizer'):
        raise ConfigError('--logger needs visualizer in the config')
    backends = list(cfg.visualizer.get('vis_backends') or ())
    for name in names:
        if find_spec(name) is None:
            raise MissingLibraryError(
                f'--logger {name} needs {name}: pip install {name}'
            )
        if all(backend['type'] != BACKENDS[name] for backend in backends):
            backends.append(dict(type=BACKENDS[name]))
            if name == 'mlflow':
                backends[-1].update(_mlflow_options(cfg))
    cfg.visualizer.vis_backends = backends


def _mlflow_options(cfg: Config) -> dict[str, str]:
    """Say where MLflow keeps what it gets.

    mmengine names a folder, which MLflow refuses by now, so this is a data
    base in the work dir, unless the environment names a server.
    """
    folder = Path(cfg.work_dir).absolute()
    server = os.environ.get('MLFLOW_TRACKING_URI')
    if server:
        return dict(exp_name=folder.name, tracking_uri=server)
    folder.mkdir(parents=True, exist_ok=True)
    return dict(
        exp_name=folder.name,
        tracking_uri=f'sqlite:///{folder}/mlflow.db',
        # else pictures would go to the current folder
        artifact_location=(folder / 'mlflow').as_uri(),
    )
