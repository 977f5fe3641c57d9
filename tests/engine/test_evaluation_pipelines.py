"""Test pipelines in their augmented forms."""

import copy

import pytest
from config_files import ROOT
from mmengine.config import Config, ConfigDict

from uhrnet.engine.evaluation_pipelines import use_tta
from uhrnet.errors import ConfigError

CONFIG = 'uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


@pytest.mark.parametrize('flip_only', [False, True])
def test_each_of_several_data_sets(flip_only):
    cfg = Config.fromfile(ROOT / 'configs' / CONFIG)
    inner = cfg.test_dataloader.dataset
    cfg.test_dataloader.dataset = ConfigDict(
        type='ConcatDataset', datasets=[inner, copy.deepcopy(inner)]
    )
    use_tta(cfg, flip_only)
    one, other = cfg.test_dataloader.dataset.datasets
    for dataset in (one, other):
        (views,) = (x for x in dataset.pipeline if x.type == 'TestTimeAug')
        kinds = [options[0].type for options in views.transforms]
        assert ('Resize' in kinds) is not flip_only
        assert 'RandomFlip' in kinds
    assert one.pipeline is not other.pipeline
    assert cfg.model.type == 'FlipPairsTTAModel'
    assert cfg.model.module.type == 'StreamingEncoderDecoder'


def test_without_tta_in_the_config():
    cfg = Config.fromfile(ROOT / 'configs' / CONFIG)
    cfg.pop('tta_pipeline')
    with pytest.raises(ConfigError, match='--tta needs tta_pipeline'):
        use_tta(cfg)
