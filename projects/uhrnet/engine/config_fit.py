"""Compare the parts of a config that have to agree."""

from collections.abc import Iterator, Mapping

from mmengine.config import Config
from mmengine.model import is_model_wrapper
from torch import nn

from uhrnet.errors import ConfigError

from .dataset_configs import find_datasets, metainfo_of

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# Not those that tell an object from the background, or that name no class.
_HEADS = ('decode_head', 'auxiliary_head', 'bbox_head', 'mask_head')


def check_classes(cfg: Config) -> None:
    """Compare the classes of heads with those of the data sets.

    Raises:
        ConfigError: If their numbers differ. A label without a logit would
            surface as an index error in the loss, and a logit without a
            label as a class that is never there.
    """
    for loader in _LOADERS:
        for path, dataset in find_datasets(cfg.get(loader) or {}, loader):
            meta = metainfo_of(dataset, cfg.get('default_scope', 'mmengine'))
            classes = meta.get('classes')
            # a text names a file of classes
            if not classes or isinstance(classes, str):
                continue
            for name, head in _find_heads(cfg.model, 'model'):
                found = head.get('num_classes', len(classes))
                if found != len(classes):
                    raise ConfigError(
                        f'{name}.num_classes={found}, and {path} '
                        f'({dataset.get("type")}) has {len(classes)} classes. '
                        'If the data set is the right one: --cfg-options '
                        f'{name}.num_classes={len(classes)}'
                    )


def check_channels(cfg: Config, model: nn.Module) -> None:
    """Compare what decode heads read with what the backbone returns.

    Args:
        cfg: The run's config.
        model: What was built from it.

    Raises:
        ConfigError: If the maps of ``in_index`` do not have ``in_channels``.
    """
    if is_model_wrapper(model):
        model = model.module
    config = cfg.model
    # out of test-time augmentation
    if 'module' in config:
        config, model = config.module, model.module
    maps = getattr(getattr(model, 'backbone', None), 'out_channels', None)
    if maps is None or getattr(model, 'neck', None) is not None:
        return
    for name, head in _find_heads(config, 'model'):
        wanted, index = head.get('in_channels'), head.get('in_index')
        if wanted is None or index is None:
            continue
        alone = isinstance(index, int)
        indices = [index] if alone else [*index]
        known = range(-len(maps), len(maps))
        found = [maps[i] if i in known else None for i in indices]
        if found != ([wanted] if alone else [*wanted]):
            raise ConfigError(
                f'{name}.in_channels={wanted} and in_index={index}, and the '
                f'backbone returns {len(maps)} maps of {list(maps)} channels: '
                'set in_index to those that the head is to read, and '
                'in_channels to theirs'
            )


def _find_heads(node: Mapping, path: str) -> Iterator[tuple[str, Mapping]]:
    """Find the heads in a model's config, with their dotted paths."""
    for key, value in node.items():
        name = f'{path}.{key}'
        if key not in _HEADS:
            if isinstance(value, Mapping):
                yield from _find_heads(value, name)
        elif isinstance(value, Mapping):
            yield name, value
        elif value:
            for index, head in enumerate(value):
                yield f'{name}.{index}', head
