"""Names, sizes and costs in metafiles are those of the configs."""

import hashlib
import re

import pytest
from config_files import CONFIGS, NUM_CONFIGS, ROOT, load, named

from uhrnet.apis.config_cost import measure_config
from uhrnet.apis.leaderboard.metafile import Metafile
from uhrnet.apis.leaderboard.rows import (
    Costs,
    computed,
    leaf_configs,
    read_metafiles,
    rows_of,
    schedule,
    synchronise_file,
)
from uhrnet.errors import DataError

ROWS = rows_of(read_metafiles(ROOT))
NUM_SAMPLES = 5


def by_hash(path):
    """An order that has nothing to do with names."""
    return hashlib.sha256(path.stem.encode()).hexdigest()


def test_all_are_seen():
    assert leaf_configs(ROOT) == CONFIGS
    assert len(ROWS) == NUM_CONFIGS


@pytest.mark.parametrize('path', sorted(CONFIGS, key=by_hash)[:NUM_SAMPLES])
def test_a_sample(path):
    expected = computed(path, ROOT, Costs())
    assert ROWS[path.stem].items() >= expected.items()


def test_equal_models_cost_the_same():
    """Without building any: what a name says of the model and the data."""
    groups = {}
    for name, row in ROWS.items():
        model, _, data = re.sub(r'-in\d+k-pre', '', name).rsplit('_', 2)
        key = model, re.sub(r'-packed|-\d+x\d+$', '', data)
        metadata = row['Metadata']
        cost = [metadata[x] for x in ('Parameters', 'MACs', 'Input Size')]
        groups.setdefault((*key, cost[2]), []).append(cost)
    shared = [costs for costs in groups.values() if len(costs) > 1]
    assert len(shared) > 80
    for costs in shared:
        assert all(cost == costs[0] for cost in costs)


@pytest.mark.slow
@pytest.mark.parametrize('folder', ['hfgd', 'hrnet', 'uhrnet'])
def test_every_row(folder):
    """All models, counted: what the tool's --check --metafiles does."""
    path = ROOT / 'configs' / folder / 'metafile.yml'
    file = Metafile(path)
    stated = file.models
    synchronise_file(file, ROOT, Costs())
    assert file.models == sorted(stated, key=lambda row: row['Name'])
    assert file.text() == path.read_text()


def test_equal_models_are_counted_once(monkeypatch):
    counted = []

    def count(cfg, size):
        counted.append(size)
        return measure_config(cfg, (64, 64))

    monkeypatch.setattr('uhrnet.apis.leaderboard.rows.measure_config', count)
    costs = Costs()
    name = 'fcn_uhrnet-w18-small{}_cityscapes-512x1024'
    found = [
        costs.of(named(name.format(part)), name.format(part))
        for part in ('_4xb2-80k', '_4xb3-120k', '-in1k-pre_4xb3-120k')
    ]
    assert counted == [(1024, 2048)]
    assert found[0] == found[1] == found[2]
    other = 'fcn_uhrnet-w18-small_4xb4-150k_ade20k-520x520'
    assert costs.of(named(other), other) != found[0]
    assert counted == [(1024, 2048), (520, 520)]


def test_schedules():
    """Epochs of known data sets are iterations too."""
    expected = {
        'fcn_uhrnet-w48_4xb3-120k_cityscapes-512x1024': dict(
            Iterations=120000, batch=12
        ),
        'faster-rcnn_hrnetv2p-w18-in1k-pre_8xb2-1x_coco': dict(
            Epochs=12, Iterations=12 * 7330, batch=16
        ),
        'faster-rcnn_r50-fpn_1xb4-6e_bccd-240x320': dict(
            Epochs=6, Iterations=312, batch=4
        ),
        'mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320': dict(
            Epochs=12, batch=4
        ),
    }
    for name, wanted in expected.items():
        found = schedule(named(name), name)
        found.pop('Training Data')
        wanted['Batch Size'] = wanted.pop('batch')
        assert found == wanted


def test_repeated_data_count(monkeypatch):
    name = 'centernet_hrnetv2-w48-in1k-pre_8xb16-140e_coco-512x512'
    cfg = named(name)
    found = schedule(cfg, name)
    times = cfg.train_dataloader.dataset.times
    assert found['Epochs'] * times == 140
    assert found['Iterations'] == found['Epochs'] * -(-117266 * times // 128)


def test_a_row_without_a_config():
    file = Metafile(ROOT / 'configs/hrnet/metafile.yml')
    file.models.append({'Name': 'fcn_gone', 'Results': []})
    with pytest.raises(DataError, match='no config for the row fcn_gone'):
        synchronise_file(file, ROOT, Costs())


def test_a_new_config_gets_a_row(monkeypatch):
    path = ROOT / 'configs/uhrnet/metafile.yml'
    file = Metafile(path)
    file.models = []
    monkeypatch.setattr(
        'uhrnet.apis.leaderboard.rows.leaf_configs',
        lambda root: [
            p for p in CONFIGS if p.stem.startswith('centernet_uhrnetv2-w18_')
        ],
    )
    synchronise_file(file, ROOT, Costs())
    (row,) = file.models
    assert row == ROWS[row['Name']]
    assert row['Results'] == []


def test_size_of_the_model_without_a_config_of_its_own():
    """The README states it in a sentence: no config has 19 classes."""
    cfg = load(
        ROOT / 'configs/hrnet/fcn_hrnet-w18-small-v2_1xb4-1k_camvid-256x256.py'
    )
    cfg.model.decode_head.num_classes = 19
    cost = measure_config(cfg, (1024, 2048))
    text = ' '.join((ROOT / 'README.md').read_text().split())
    assert (
        f'it has {cost.params:,} parameters and {cost.macs / 1e9:.3f} GMACs'
        in text
    )
