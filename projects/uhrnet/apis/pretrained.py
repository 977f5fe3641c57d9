"""Trained models: a config, weights that fit it, and what runs them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import nn

from uhrnet.engine.config_file import read_config
from uhrnet.engine.config_lookup import find_config
from uhrnet.engine.evaluation_pipelines import use_tta_pipeline
from uhrnet.engine.hooks.exported_model import ExportedModelHook
from uhrnet.errors import ConfigError

from .catalogue import published_weights
from .export_graph import task_of
from .loading import dataset_meta, load_model
from .predictions import Prediction
from .predictor import Predictor


def load(
    name_or_config: str | Path,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
    *,
    backend: str | None = None,
    heads: str | Path | None = None,
    tta: bool = False,
) -> Predictor:
    """Load a trained model.

    Args:
        name_or_config: Name of a config of this package, a config file, or
            the folder of a training, with a config and its checkpoints. A
            config is Python code: use those of people you trust.
        weights: Checkpoint, file or address; with ``backend`` an exported
            file. By default the published ones, or of a training its best.
        device: By default the first GPU, or else the CPU.
        backend: ``'onnxruntime'`` or ``'openvino'``, to run an exported file.
        heads: Of an exported detector: the checkpoint with its heads.
        tta: Whether to average over the scales and mirror images of the
            config's ``tta_pipeline``.

    Raises:
        ConfigError: If there is no such config, or no weights for it, or if
            they do not fit.
        CheckpointError: If a checkpoint is damaged or holds more than data.
        DataError: If an exported file cannot be read.
    """
    path, trained = find_training(name_or_config)
    config = read_config(path)
    name = Path(path).stem
    if weights is None:
        weights = trained or published_weights(name)
    if heads is not None and backend is None:
        raise ConfigError('heads are for a backend that runs exported files')
    device = usable_device(device)
    scope = config.get('default_scope', 'mmengine')
    with DefaultScope.overwrite_default_scope(scope):
        if backend is None:
            model = load_model(config, weights, device)
        else:
            model = load_exported(config, weights, device, backend, heads)
        task = task_of(model)
        if tta:
            use_tta_pipeline(config)
            model = with_tta(model, config)
    return Predictor(model, config, task, name, str(weights))


def usable_device(device: str | torch.device | None) -> torch.device:
    """Return a device, by default the first GPU, or else the CPU.

    Raises:
        ConfigError: If there is none of this name.
    """
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        return torch.empty(0, device=device).device
    # PyTorch without CUDA raises an AssertionError
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition('\n')[0]
        raise ConfigError(
            f'device {device} cannot be used ({reason}): uhrnet info lists '
            'those that can'
        ) from None


def predict(
    model: Predictor | str | Path,
    inputs: Any,
    batch: int = 1,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
) -> Iterator[Prediction]:
    """Predict, one image after another.

    Args:
        model: What :func:`load` returned, or what it takes as its first
            argument, with ``weights`` and ``device``.
        inputs: Arrays, files, folders, patterns, videos, webcams: see
            :meth:`uhrnet.apis.predictor.Predictor.predict`.
        batch: Images to predict together.
        weights: See :func:`load`.
        device: See :func:`load`.

    Returns:
        A prediction for each image, in the order of the inputs.

    Examples:
        >>> for found in predict('work_dirs/mine', 'images/'):
        ...     found.save('predictions')
    """
    if not isinstance(model, Predictor):
        model = load(model, weights, device)
    return model.predict(inputs, batch)


def load_exported(
    config: Config,
    file: str | Path,
    device: str | torch.device,
    backend: str,
    heads: str | Path | None,
) -> nn.Module:
    """Build a model of which an exported file does the most."""
    detecting = config.get('default_scope') == 'mmdet'
    if detecting and heads is None:
        raise ConfigError(
            f'backend {backend}: an exported detector has backbone and neck '
            'alone. Name the checkpoint that it was exported from as heads'
        )
    if heads is not None and not detecting:
        raise ConfigError(
            'heads are for detectors: all else is exported whole'
        )
    model = load_model(config, heads, device)
    classes = dataset_meta(config).get('classes')
    ExportedModelHook(str(file), backend).replace(model, classes)
    return model


def with_tta(model: nn.Module, config: Config) -> nn.Module:
    """Wrap a model in the ``tta_model`` of its config."""
    wrapped = MODELS.build(dict(config.tta_model, module=model))
    pairs = model.dataset_meta.get('flip_pairs')
    if pairs and hasattr(wrapped, 'flip_pairs'):
        from uhrnet.segmentation.flip_pairs import pairs_of

        wrapped.flip_pairs = pairs_of(model.dataset_meta)
    return wrapped.to(next(model.parameters()).device).eval()


def find_training(name: str | Path) -> tuple[str, Path | None]:
    """Find a config, and of a training's folder also the best checkpoint.

    Raises:
        ConfigError: If there is none.
    """
    folder = Path(name)
    if not folder.is_dir():
        return find_config(name), None
    configs = sorted(folder.glob('*.py'))
    if not configs:
        raise ConfigError(
            f'{folder} has no config: name the folder of a training '
            '(--work-dir), or a config'
        )
    if len(configs) > 1:
        names = ', '.join(x.name for x in configs)
        raise ConfigError(
            f'{folder} has several configs ({names}): name one of these '
            'files, and its checkpoint as weights'
        )
    return str(configs[0]), best_checkpoint(folder)


def best_checkpoint(folder: Path) -> Path:
    """Return the newest best checkpoint of a training, or its last one.

    Raises:
        ConfigError: If the folder has none.
    """
    for pattern in ('best_*.pth', '*.pth'):
        found = sorted(folder.glob(pattern), key=lambda x: x.stat().st_mtime)
        if found:
            return found[-1]
    raise ConfigError(f'{folder} has no checkpoint yet: name one as weights')
