import cv2
import numpy as np
import pytest
from command_line import call_tool, import_tool
from predictions import CONFIGS, boxes_of, options

from uhrnet.analysis.pipeline_stages import Browser
from uhrnet.engine.config_file import read_config
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import ConfigError

TOOL = 'tools/analysis_tools/browse_dataset.py'


@pytest.fixture
def tool(monkeypatch, tmp_path):
    module = import_tool(monkeypatch, TOOL)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: call_tool(monkeypatch, module, *arguments)


def browse(task, scenes, phase='train', mode='original'):
    cfg = read_config(CONFIGS[task])
    root = f'{phase}_dataloader.dataset.data_root'
    merge_cfg_options(cfg, {root: str(scenes)})
    return Browser(cfg, phase, mode)[0]


def file_of(scenes, kind, sample):
    name = sample.path.rsplit('/', 1)[-1]
    return cv2.imread(str(scenes / kind / name), cv2.IMREAD_UNCHANGED)


def test_stages_of_labels(scenes):
    sample = browse('segmentation', scenes)
    (original,) = sample.chosen()
    image = file_of(scenes, 'images/train', sample)
    assert np.array_equal(original.image, image[..., ::-1])
    labels = file_of(scenes, 'annotations/train', sample)
    assert np.array_equal(original.labels, labels)
    (last,) = browse('segmentation', scenes, mode='transformed').chosen()
    assert last.step == 'PackSegInputs'
    assert last.image.shape[:2] == last.labels.shape
    stages = browse('segmentation', scenes, mode='pipeline').chosen()
    steps = [stage.step for stage in stages]
    assert steps[0] == 'LoadCheckedImage' and steps[-1] == 'PackSegInputs'
    assert len(steps) > 4
    # packing changes nothing
    assert stages[-1].same_as(stages[-2])
    assert not stages[-1].same_as(original)


def test_stages_of_depth(scenes):
    (original,) = browse('depth', scenes, 'val').chosen()
    known = original.depth[original.depth > 0]
    assert known.min() > 0.5 and known.max() < 1000
    assert original.labels is None and original.boxes is None


def test_stages_of_boxes(scenes):
    sample = browse('detection', scenes, 'val')
    (original,) = sample.chosen()
    name = next(x for x in boxes_of(scenes) if sample.path.endswith(x))
    boxes, labels = boxes_of(scenes)[name]
    assert original.boxes == pytest.approx(boxes, abs=1e-3)
    assert original.box_labels.tolist() == labels.tolist()


def test_stages_of_a_mosaic(scenes):
    """Of four samples one is followed, and then what they become."""
    cfg = read_config(CONFIGS['segmentation'])
    inner = cfg.train_dataloader.dataset
    inner.data_root = str(scenes)
    inner.pipeline = inner.pipeline[:2]
    size = 100, 150
    mixed = dict(
        type='MultiImageMixDataset',
        dataset=inner,
        pipeline=[
            dict(type='RandomMosaic', prob=1.0, img_scale=size),
            dict(type='PackSegInputs'),
        ],
    )
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset', times=2, dataset=mixed
    )
    browser = Browser(cfg, 'train', 'pipeline')
    sample = browser[1]
    stages = sample.chosen()
    assert [x.step for x in stages] == [
        'LoadCheckedImage', 'LoadCheckedAnnotations', 'RandomMosaic',
        'PackSegInputs',
    ]  # fmt: skip
    image = file_of(scenes, 'images/train', sample)
    assert np.array_equal(stages[1].image, image[..., ::-1])
    assert stages[-1].image.shape == (200, 300, 3)
    assert stages[-1].labels.shape == (200, 300)
    (alone,) = Browser(cfg, 'train', 'original')[1].chosen()
    assert alone.same_as(stages[1])


@pytest.mark.parametrize('task', CONFIGS)
def test_pictures(tool, scenes, tmp_path, task):
    tool(
        CONFIGS[task], '--not-show', '--output-dir', tmp_path / 'out',
        '--mode', 'transformed', '--show-number', 1,
        *options(scenes, 'train'),
    )  # fmt: skip
    (picture,) = (tmp_path / 'out').iterdir()
    assert picture.name.startswith('00000_')
    assert cv2.imread(str(picture)).std() > 10
    assert [x.name for x in tmp_path.iterdir()] == ['out']


def test_nowhere_to_go(tool, scenes):
    with pytest.raises(ConfigError, match='--not-show needs --output-dir'):
        tool(CONFIGS['depth'], '--not-show')
    with pytest.raises(ConfigError, match='no display'):
        tool(CONFIGS['depth'], *options(scenes, 'train'))
