"""What a row says of its config: computed, never typed."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from mmengine.config import Config

from uhrnet.errors import DataError

from ..config_cost import measure_config
from .benchmarks import benchmark_of, counted_size
from .metafile import Metafile, Rows

COMPUTED = ('Name', 'In Collection', 'Config', 'Metadata')
# Of a model's config, what changes neither layers nor maps.
_NOT_LAYERS = (
    'data_preprocessor',
    'init_cfg',
    'loss_decode',
    'loss_bbox',
    'loss_cls',
    'test_cfg',
    'train_cfg',
)


def leaf_configs(root: Path) -> list[Path]:
    """Return the configs that can be run."""
    return sorted((root / 'configs').glob('[!_]*/*.py'))


def read_metafiles(root: Path) -> list[Metafile]:
    """Read the metafile of each folder of configs."""
    folders = sorted({path.parent for path in leaf_configs(root)})
    return [Metafile(folder / 'metafile.yml') for folder in folders]


def rows_of(metafiles: Iterable[Metafile]) -> Rows:
    """Return all rows by their names."""
    return {row['Name']: row for file in metafiles for row in file.models}


def model_index(metafiles: Iterable[Metafile], root: Path) -> str:
    """Return ``model-index.yml``, which names the metafiles."""
    lines = [f'  - {file.path.relative_to(root)}' for file in metafiles]
    return '\n'.join(['Import:', *lines]) + '\n'


def collection_of(path: Path) -> str:
    """Return what a config's model belongs to."""
    algorithm, backbone = path.stem.split('_')[:2]
    if path.parent.name == 'hfgd':
        names = dict(hfgd='HFGD', fpn='Semantic FPN', fcn='FCN')
        return names[algorithm.split('-')[0]]
    if backbone.startswith('r50'):
        return 'ResNet'
    return dict(hrnet='HRNet', uhrnet='U-HRNet')[path.parent.name]


def identity(path: Path, root: Path) -> dict:
    """Return the part of a row that its path alone determines."""
    return {
        'Name': path.stem,
        'In Collection': collection_of(path),
        'Config': str(path.relative_to(root)),
    }


def schedule(cfg: Config, name: str) -> dict:
    """Return how long and with how many images a config trains."""
    benchmark = benchmark_of(name)
    batch = cfg.auto_scale_lr.base_batch_size
    stated = {'Training Data': benchmark.data}
    if 'max_iters' in cfg.train_cfg:
        stated['Iterations'] = cfg.train_cfg.max_iters
    else:
        epochs = stated['Epochs'] = cfg.train_cfg.max_epochs
        if benchmark.images:
            times = cfg.train_dataloader.dataset.get('times', 1)
            stated['Iterations'] = epochs * -(
                -benchmark.images * times // batch
            )
    stated['Batch Size'] = batch
    return stated


class Costs:
    """Parameters and multiply-adds, counted once for equal models and sizes.

    Some 360 configs have some 200 models; each takes about half a second.
    """

    def __init__(self) -> None:
        self._counted: dict[str, tuple[int, int]] = {}

    def of(self, cfg: Config, name: str) -> dict:
        """Return what a row says of the cost of a config."""
        key, size = self.key(cfg, name), _size(cfg, name)
        if key not in self._counted:
            cost = measure_config(cfg, size)
            self._counted[key] = cost.params, cost.macs
        params, macs = self._counted[key]
        return {
            'Parameters': params,
            'MACs': macs,
            'Input Size': '{}x{}'.format(*size),
        }

    def key(self, cfg: Config, name: str) -> str:
        """Return what configs of equal models and sizes have in common."""
        layers = _without(cfg.model.to_dict(), _NOT_LAYERS)
        content = json.dumps([layers, _size(cfg, name)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def computed(path: Path, root: Path, costs: Costs) -> dict:
    """Return the computed part of a row.

    Args:
        path: A leaf config.
        root: Of the repository.
        costs: Of the configs before it.
    """
    cfg = Config.fromfile(path)
    metadata = schedule(cfg, path.stem) | costs.of(cfg, path.stem)
    return identity(path, root) | {'Metadata': metadata}


def synchronise(root: Path) -> list[Metafile]:
    """Compute all rows anew, keeping their figures; nothing is written.

    Raises:
        DataError: If a row has no config.
    """
    costs, metafiles = Costs(), read_metafiles(root)
    for file in metafiles:
        synchronise_file(file, root, costs)
    return metafiles


def synchronise_file(file: Metafile, root: Path, costs: Costs) -> None:
    """Compute the rows of one metafile anew, keeping their figures.

    Args:
        file: Is changed, and not written.
        root: Of the repository.
        costs: What has been counted before.

    Raises:
        DataError: If a row has no config.
    """
    folder = file.path.parent
    paths = [p for p in leaf_configs(root) if p.parent == folder]
    lost = {row['Name'] for row in file.models} - {p.stem for p in paths}
    if lost:
        raise DataError(
            f'{file.path}: no config for the row {min(lost)}: remove the '
            'row, or restore the config'
        )
    rows = []
    for path in paths:
        old = file.row(path.stem) or {'Results': []}
        kept = {k: old[k] for k in old if k not in COMPUTED}
        rows.append(computed(path, root, costs) | kept)
    file.models = rows


def _size(cfg: Config, name: str) -> tuple[int, int]:
    preprocessor = cfg.model.get('data_preprocessor') or {}
    return counted_size(name, preprocessor.get('pad_size_divisor') or 1)


def _without(node: object, keys: tuple[str, ...]) -> object:
    if isinstance(node, dict):
        return {k: _without(v, keys) for k, v in node.items() if k not in keys}
    if isinstance(node, list | tuple):
        return [_without(child, keys) for child in node]
    return node
