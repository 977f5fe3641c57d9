"""Find the configs of data sets inside those of dataloaders."""

from collections.abc import Iterator, Mapping

from mmengine.config import ConfigDict
from mmengine.registry import DATASETS


def find_datasets(node: Mapping, path: str) -> Iterator[tuple[str, Mapping]]:
    """Find data sets, also inside wrappers such as ``RepeatDataset``.

    Args:
        node: The config of a dataloader, a wrapper or a data set.
        path: Its dotted path, for messages.

    Yields:
        Dotted path and config of everything that has a ``data_root``.
    """
    if 'data_root' in node:
        yield path, node
    inner = node.get('dataset')
    if isinstance(inner, Mapping):
        yield from find_datasets(inner, f'{path}.dataset')
    for index, dataset in enumerate(node.get('datasets') or ()):
        yield from find_datasets(dataset, f'{path}.datasets.{index}')


def find_leaves(node: Mapping, path: str) -> Iterator[tuple[str, Mapping]]:
    """Find what the wrappers in a dataloader's config hold in the end.

    Args:
        node: The config of a dataloader, a wrapper or a data set.
        path: Its dotted path, for messages.

    Yields:
        Dotted path and config of every data set that wraps no other.
    """
    inner = [('dataset', node.get('dataset'))]
    inner += [
        (f'datasets.{index}', dataset)
        for index, dataset in enumerate(node.get('datasets') or ())
    ]
    inner = [(key, x) for key, x in inner if isinstance(x, Mapping)]
    if not inner:
        yield path, node
    for key, dataset in inner:
        yield from find_leaves(dataset, f'{path}.{key}')


def metainfo_of(dataset: Mapping, scope: str) -> dict:
    """Return classes, palette and what else a data set's config says of it.

    Args:
        dataset: Its config.
        scope: Of the run, where the data set's type is registered.
    """
    name = dataset.get('type')
    if isinstance(name, str):
        name = name if '.' in name else f'{scope}.{name}'
        name = DATASETS.get(name)
    return {**getattr(name, 'METAINFO', {}), **dataset.get('metainfo', {})}


def innermost_dataset(loader: ConfigDict) -> ConfigDict:
    """Return the data set of a dataloader that has one, out of wrappers."""
    dataset = loader.dataset
    while 'dataset' in dataset:
        dataset = dataset.dataset
    return dataset
