"""The models that the page offers: those that have weights."""

import contextlib
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config
from mmengine.registry import MODELS

from uhrnet.apis.catalogue import published_weights
from uhrnet.apis.pretrained import find_training
from uhrnet.engine.config_file import read_config
from uhrnet.errors import ConfigError

from .picture_size import trained_side
from .wanted import Wanted

WORK_DIRS = Path('work_dirs')
NO_WEIGHTS = (
    'No trained model was found: there is none in the folder work_dirs. Run '
    '"make demo", which trains one in minutes, or name yours: uhrnet demo '
    '--model WORK_DIR, or --model CONFIG --weights FILE.'
)


class Offer(NamedTuple):
    """A model on the page.

    Attributes:
        title: What it is called there.
        task: ``'segmentation'``, ``'depth'`` or ``'detection'``.
        config: Path of its config.
        weights: Path of its weights.
        side: Pixels that the longer side of a picture should have; None for
            its own.
    """

    title: str
    task: str
    config: str
    weights: str
    side: int | None = None


def find_offers(wanted: Sequence[Wanted] = ()) -> list[Offer]:
    """List the models that were asked for, or all in ``work_dirs``.

    Raises:
        ConfigError: If one that was asked for has no config or no weights.
    """
    if wanted:
        return _distinct([_offer(*one) for one in wanted])
    offers = []
    for folder in sorted(WORK_DIRS.glob('*')):
        # A training may not have come as far as a checkpoint, or a folder
        # hold something else.
        with contextlib.suppress(ConfigError):
            if folder.is_dir():
                offers.append(_offer(str(folder), None))
    return _distinct(offers)


def _offer(name: str, weights: str | None) -> Offer:
    config, trained = find_training(name)
    stem = Path(config).stem
    weights = str(weights or trained or published_weights(stem))
    if '://' not in weights and not Path(weights).is_file():
        raise ConfigError(f'--weights {weights} does not exist')
    title = stem if trained is None else Path(name).resolve().name
    task, side = _read(config, Path(config).stat().st_mtime_ns)
    return Offer(title, task, config, weights, side)


@functools.lru_cache(maxsize=256)
def _read(path: str, changed: int) -> tuple[str, int | None]:
    """Return task and side of a config, read again once it changes."""
    config = read_config(path)
    task = _task(config, path)
    return task, trained_side(config, task)


def _task(config: Config, path: str) -> str:
    scope = config.get('default_scope', 'mmengine')
    if scope == 'mmdet':
        return 'detection'
    from uhrnet.depth.depth_estimator import DepthEstimator

    with MODELS.switch_scope_and_registry(scope) as models:
        kind = models.get(config.model.type)
    if kind is None:
        raise ConfigError(f'{path}: there is no model {config.model.type}')
    return 'depth' if issubclass(kind, DepthEstimator) else 'segmentation'


def _distinct(offers: list[Offer]) -> list[Offer]:
    """Tell models of one title apart by their weights."""
    titles = [offer.title for offer in offers]
    return [
        offer._replace(title=f'{offer.title} ({offer.weights})')
        if titles.count(offer.title) > 1
        else offer
        for offer in offers
    ]
