"""Every data set of the papers: convert, train, test, submit."""

import numpy as np
import pytest
from command_line import ROOT, miou, succeed_in_turn
from mmengine.config import Config
from PIL import Image
from tools.layouts import LAYOUTS, encode, samples

# What these show, another one shows as well.
SLOW = 'lip', 'pascal', 'coco-stuff', 'ade20k', 'camvid'
EIGHTH = {'scale', 'crop_size', 'size', 'stride'}

# A network that sees the last class everywhere
PLANT = """
import sys, torch
checkpoint = torch.load(sys.argv[1], weights_only=False)
state = checkpoint['state_dict']
state['decode_head.conv_seg.weight'].zero_()
state['decode_head.conv_seg.bias'].zero_()[-1] = 9
torch.save(checkpoint, sys.argv[1])
"""


def shrink(node):
    """An eighth of every size in pixels, to leave a protocol as it is."""
    if isinstance(node, dict):
        for key, value in node.items():
            node[key] = eighth(value) if key in EIGHTH else shrink(value)
        return node
    return [shrink(x) for x in node] if isinstance(node, list) else node


def eighth(size):
    if isinstance(size, (list, tuple)):
        return type(size)(eighth(x) for x in size)
    return size // 8


@pytest.fixture(
    params=[
        pytest.param(
            name,
            id=name.split('_')[1],
            marks=[pytest.mark.slow] * any(x in name for x in SLOW),
        )
        for name in LAYOUTS
    ]
)
def benchmark(request, tmp_path, scenes, monkeypatch, mmseg_scope):
    """What is expected, and a config as small as the images."""
    monkeypatch.chdir(tmp_path)
    layout = LAYOUTS[request.param]
    layout.make(scenes, monkeypatch)
    name = f'fcn_uhrnet-w18-small_{request.param}.py'
    cfg = Config.fromfile(ROOT / 'configs/uhrnet' / name)
    assert cfg.model.decode_head.num_classes == layout.classes
    for key in (
        'model', 'train_dataloader', 'val_dataloader', 'test_dataloader',
        'tta_pipeline',
    ):  # fmt: skip
        cfg[key] = shrink(cfg[key])
    # Of the network, only that it is one matters here.
    cfg.model.backbone.arch = dict(
        base_channels=2, num_modules=[1] * 8, num_blocks=1
    )
    cfg.model.decode_head.update(in_channels=[1, 2, 4, 8, 16], channels=31)
    for split in ('train', 'val', 'test'):
        loader = cfg[f'{split}_dataloader']
        loader.update(num_workers=0, persistent_workers=False)
    cfg.train_dataloader.batch_size = 2
    cfg.train_cfg.update(max_iters=1, val_interval=1)
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.save_best = None
    cfg.dump('config.py')
    return layout, cfg


def read(folder):
    return {
        path.name: np.array(Image.open(path))
        for path in sorted(folder.iterdir())
    }


def test_whole_path(benchmark, scenes, tmp_path):
    from mmseg.registry import DATASETS

    layout, cfg = benchmark

    # Labels come out of files, converter and loading as they went in.
    for split in ('train', 'val'):
        dataset = cfg[f'{split}_dataloader'].dataset
        dataset.test_mode = True
        dataset.pipeline = [
            step for step in dataset.pipeline if step.type.startswith('Load')
        ]
        dataset = DATASETS.build(dataset)
        assert len(dataset) == 2
        for index, (_, _, labels) in enumerate(samples(scenes, split)):
            expected = encode(labels, layout.values, layout.void)
            assert (dataset[index]['gt_seg_map'] == expected).all()

    def call(tool, *arguments):
        config = ('config.py', '--work-dir', 'work')
        return (ROOT / 'tools' / tool, *config, *arguments)

    weights = 'work/iter_1.pth'
    (tmp_path / 'plant.py').write_text(PLANT)
    out = ('--out', 'submission')
    trained, tested, _, said = succeed_in_turn(
        call('train.py'),
        call('test.py', weights, '--tta-flip'),
        ('plant.py', weights),
        call('test.py', weights, '--format-only', *out),
        cwd=tmp_path,
    )
    assert 'Iter(train) [1/1]' in trained
    assert 'mIoU: ' in trained and 0 <= miou(tested) <= 100
    assert 'mIoU: ' not in said, said
    files = read(tmp_path / 'submission')
    assert list(files) == list(layout.submitted)
    assert f'submission holds {len(files)} files to submit' in said
    for labels in files.values():
        assert labels.dtype == np.uint8
        assert labels.shape == layout.size
        assert (labels == layout.numbers[-1]).all()
