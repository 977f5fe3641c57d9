"""Build a config's model and give it weights that fit."""

import warnings
from pathlib import Path

import torch
from mmengine.config import Config, ConfigDict
from mmengine.model import BaseModel, revert_sync_batchnorm
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner.checkpoint import CheckpointLoader

from uhrnet.checkpoint_file import plain_state_dict
from uhrnet.engine.config_file import read_config
from uhrnet.engine.dataset_configs import innermost_dataset, metainfo_of
from uhrnet.errors import ConfigError
from uhrnet.state_dict_fit import describe_misfits, find_misfits


def load_model(
    config: str | Path | Config,
    checkpoint: str | Path | None = None,
    device: str | torch.device = 'cpu',
) -> BaseModel:
    """Build the model of a config, for prediction.

    Args:
        config: A file or what was read from one.
        checkpoint: File or address of its weights; without one they are
            random.
        device: Where to put the model.

    Returns:
        The model in evaluation mode, with plain batch norms. Its
        ``dataset_meta`` has the classes of the checkpoint, or else those of
        the config's data set.

    Raises:
        ConfigError: If the checkpoint does not fit. It names the parameters.
        CheckpointError: If it is damaged or holds more than data.
    """
    if not isinstance(config, Config):
        config = read_config(config)
    init_default_scope(config.get('default_scope', 'mmengine'))
    cfg = ConfigDict(config.model)
    # Of a training's start: what the checkpoint brings in any case.
    cfg.backbone = {k: v for k, v in cfg.backbone.items() if k != 'init_cfg'}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = revert_sync_batchnorm(MODELS.build(cfg))
    meta = None
    if checkpoint is not None:
        loaded = CheckpointLoader.load_checkpoint(str(checkpoint), 'cpu')
        try:
            parameters = plain_state_dict(loaded)
        except ValueError as error:
            raise ConfigError(
                f'{checkpoint}: {error}. Name a checkpoint of the config'
            ) from None
        state = {
            key.removeprefix('module.'): x for key, x in parameters.items()
        }
        misfits = find_misfits(model.state_dict(), state)
        if misfits:
            raise ConfigError(
                f'{checkpoint} does not fit the model of this config. '
                + describe_misfits(misfits)
            )
        model.load_state_dict(state)
        meta = loaded.get('meta')
    stored = meta.get('dataset_meta') if isinstance(meta, dict) else None
    if isinstance(stored, dict):
        # checkpoints of the toolboxes' zoos have them in capitals
        stored = {str(key).lower(): value for key, value in stored.items()}
    if not stored:
        stored = dataset_meta(config)
    model.dataset_meta = stored
    return model.to(device).eval()


def dataset_meta(config: Config) -> dict:
    """Return classes and palette of a config's data set, if it has them."""
    if not config.get('test_dataloader'):
        return {}
    dataset = innermost_dataset(config.test_dataloader)
    return metainfo_of(dataset, config.get('default_scope', 'mmengine'))
