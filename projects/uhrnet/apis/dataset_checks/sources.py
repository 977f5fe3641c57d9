"""From a config to the samples of its data sets."""

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mmcv.transforms import BaseTransform
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS, TRANSFORMS

from uhrnet.engine.data_sources import check_data_root, check_evaluators
from uhrnet.engine.dataset_configs import find_leaves
from uhrnet.errors import DataError

from .defect import Defect, describe
from .reading import Reading


@dataclass
class Source:
    """A data set, ready to be read.

    Attributes:
        split: ``'train'``, ``'val'`` or ``'test'``.
        key: Dotted path of its config.
        kind: Its type.
        classes: Names of its classes.
        samples: What to read.
        read: Reads one of them.
        defects: What is wrong with its lists.
    """

    split: str
    key: str
    kind: str
    classes: tuple[str, ...] = ()
    samples: list[dict] = field(default_factory=list)
    read: Callable[[dict], Reading] | None = None
    defects: list[Defect] = field(default_factory=list)


def open_sources(cfg: Config, split: str) -> list[Source]:
    """Open the data sets of a split; what cannot be opened has a defect.

    Args:
        cfg: The run's config.
        split: ``'train'``, ``'val'`` or ``'test'``.
    """
    loader = f'{split}_dataloader'
    sources = [
        _open(cfg, Source(split, key, _name(leaf)), leaf)
        for key, leaf in find_leaves(cfg[loader], loader)
    ]
    if not any(source.defects for source in sources):
        try:
            check_evaluators(cfg, loader)
        except DataError as error:
            name = f'{split}_evaluator'
            sources[0].defects.append(Defect('data_set', name, str(error)))
    return sources


def _open(cfg: Config, source: Source, leaf: Mapping) -> Source:
    try:
        check_data_root(leaf, source.key)
        dataset = _build(leaf, cfg.default_scope)
        loaders = _loaders(leaf)
        if cfg.default_scope == 'mmdet':
            from .box_sources import fill_source
        else:
            from .pixel_sources import fill_source
        fill_source(source, dataset, loaders, leaf)
        if any('img_path' not in sample for sample in source.samples):
            source.samples = []
            raise DataError(
                f'{source.key} ({source.kind}) lists samples without '
                'img_path: what can be checked are data sets of images'
            )
    # Whatever stops a run when it builds its data sets.
    except Exception as error:
        source.defects.append(failure(leaf, source.key, error))
    if not source.samples and not source.defects:
        error = DataError(
            f'{source.key} ({source.kind}) lists no image: look at its '
            'data_prefix, ann_file and suffixes'
        )
        source.defects.append(failure(leaf, source.key, error))
    return source


def failure(leaf: Mapping, key: str, error: Exception) -> Defect:
    """Report that a data set cannot be built.

    Args:
        leaf: Its config.
        key: The dotted path of that.
        error: What it raised.
    """
    root, file = leaf.get('data_root') or '', leaf.get('ann_file') or ''
    message = describe(error)
    if not isinstance(error, DataError):
        message = f'{key} ({_name(leaf)}) cannot be built. {message}'
    return Defect('data_set', os.path.join(root, file), message)


def take(listed: list, indices: object) -> list:
    """Take what the argument ``indices`` of a data set says."""
    if indices is None:
        return listed
    if isinstance(indices, int):
        return listed[:indices] if indices >= 0 else listed[indices:]
    return [listed[index] for index in indices]


def _build(leaf: Mapping, scope: str) -> BaseDataset:
    """Build a data set that has not read its lists, if it can do so."""
    kind = leaf['type']
    if isinstance(kind, str):
        kind = DATASETS.get(kind if '.' in kind else f'{scope}.{kind}')
    options = dict(leaf, pipeline=[])
    parameters = inspect.signature(kind).parameters if kind else {}
    if 'lazy_init' in parameters or any(
        x.kind is x.VAR_KEYWORD for x in parameters.values()
    ):
        options['lazy_init'] = True
    return DATASETS.build(options)


def _loaders(leaf: Mapping) -> list[BaseTransform]:
    """Build the steps of a pipeline that read files."""
    return [
        TRANSFORMS.build(step)
        for step in leaf.get('pipeline') or ()
        if _name(step).rpartition('.')[2].startswith('Load')
    ]


def _name(node: Mapping) -> str:
    kind = node.get('type')
    return kind if isinstance(kind, str) else getattr(kind, '__name__', '')
