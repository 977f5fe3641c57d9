"""Open the data of a config, without what evaluates or trains on them."""

from typing import Any

from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope

from uhrnet.engine.data_sources import check_data_root
from uhrnet.engine.dataset_configs import find_datasets
from uhrnet.errors import ConfigError


def open_dataset(cfg: Config, phase: str) -> Any:
    """Build the data set of a phase, and set the default scope.

    Args:
        cfg: Of any task.
        phase: ``'train'``, ``'val'`` or ``'test'``.

    Raises:
        ConfigError: If the config has no such data.
        DataError: If they are missing.
    """
    init_default_scope(cfg.get('default_scope', 'mmengine'))
    loader = f'{phase}_dataloader'
    if not cfg.get(loader):
        raise ConfigError(
            f'the config has no {loader}: name one with data to {phase}'
        )
    for path, dataset in find_datasets(cfg[loader], loader):
        check_data_root(dataset, path)
    return DATASETS.build(cfg[loader].dataset)
