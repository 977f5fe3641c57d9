"""What test servers take, and that our figures are theirs."""

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import (
    ROOT,
    data_options,
    fail,
    import_tool,
    miou,
    succeed,
)
from mmengine.config import Config
from PIL import Image
from tools.conftest import options
from tools.layouts import LAYOUTS

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_4xb2-80k_cityscapes-512x1024.py'
ADE = 'configs/uhrnet/fcn_uhrnet-w18-small_4xb4-150k_ade20k-520x520.py'
SCENES = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


def read(folder):
    """Labels by file name, read as the server does: indices of a palette."""
    return {
        path.name: np.array(Image.open(path))
        for path in sorted(Path(folder).iterdir())
    }


def evaluate(
    tmp_path, checkpoint, root, *arguments, config=CONFIG, run=succeed
):
    return run(
        'tools/test.py', config, checkpoint, *arguments,
        '--work-dir', tmp_path / 'work', *options(root),
    )  # fmt: skip


@pytest.mark.parametrize(
    'tta',
    [
        pytest.param((), id='plain'),
        pytest.param(('--tta',), id='tta', marks=pytest.mark.slow),
    ],
)
def test_cityscapes(tmp_path, converted, cityscapes, tta):
    """Label ids under the images' names, for images without labels."""
    from cityscapesscripts.helpers.labels import trainId2label

    out = tmp_path / 'submission'
    said = evaluate(
        tmp_path, converted, cityscapes, '--out', out, '--format-only', *tta
    )
    assert f'{out} holds 2 files to submit' in said
    assert 'mIoU: ' not in said
    files = read(out)
    images = (cityscapes / 'leftImg8bit/test/town').iterdir()
    assert files.keys() == {path.name for path in images}

    # The test images are those of the validation set here.
    labels = tmp_path / 'labels'
    evaluate(tmp_path, converted, cityscapes, '--out', labels, *tta)
    expected = read(labels)
    assert files.keys() == expected.keys()
    to_id = np.array([trainId2label[i].id for i in range(19)], np.uint8)
    for name, ids in files.items():
        assert ids.dtype == np.uint8 and ids.shape == (64, 96)
        assert (ids == to_id[expected[name]]).all()
        assert len(np.unique(ids)) > 1


@pytest.mark.slow
def test_other_data_sets_get_labels(tmp_path, converted, scenes):
    """From two processes, either of which may be the first to write."""
    import torch

    checkpoint = torch.load(converted, weights_only=True)
    state = checkpoint['state_dict']
    for key in ('weight', 'bias'):
        name = f'decode_head.conv_seg.{key}'
        state[name] = state[name][:11].clone()
    del checkpoint['meta']
    path = tmp_path / 'scenes.pth'
    torch.save(checkpoint, path)
    out = tmp_path / 'new/out'
    succeed(
        'tools/dist_test.sh', SCENES, path, 2, '--format-only', '--out', out,
        '--work-dir', tmp_path / 'work', *data_options(scenes),
    )  # fmt: skip
    files = read(out)
    assert list(files) == [f'{i:05}.png' for i in range(4)]
    assert all(labels.max() < 11 for labels in files.values())


@pytest.fixture
def tool(monkeypatch):
    """tools/test.py as a module."""
    return import_tool(monkeypatch, 'tools/test.py')


@pytest.mark.parametrize('out', [None, 'a.pkl'])
def test_a_folder_is_needed(tool, out):
    cfg = Config(dict(default_scope='mmseg'))
    with pytest.raises(ValueError, match='--format-only needs --out FOLDER'):
        tool.check_submission(cfg, out)
    with pytest.raises(ValueError, match='--format-only needs submission'):
        tool.check_submission(Config(dict(default_scope='mmdet')), 'out')


def test_a_used_folder_is_refused(tmp_path, converted, cityscapes):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/old.png').touch()
    said = evaluate(
        tmp_path, converted, cityscapes, '--format-only',
        '--out', tmp_path / 'out', run=fail,
    )  # fmt: skip
    assert 'is not empty' in said


@pytest.mark.parametrize(
    'options',
    [
        {'test_dataloader.dataset.data_prefix.img_path': 'images/x'},
        {'submission.dataset.data_prefix.img_path': 'images/x'},
    ],
    ids=['dataset', 'submission'],
)
def test_options_go_before_the_configs_submission(tool, options):
    cfg = Config.fromfile(ROOT / ADE)
    assert 'release_test' not in str(cfg.test_dataloader)
    tool.use_submission(cfg, options)
    tool.merge_cfg_options(cfg, options)
    dataset = cfg.test_dataloader.dataset
    assert dataset.data_prefix.img_path == 'images/x'
    assert dataset.data_root == 'data/ade/'
    assert cfg.test_evaluator.format_only


@pytest.mark.parametrize('benchmark', LAYOUTS)
def test_mirror_images_alone_have_the_tests_size(tool, benchmark):
    """--tta-flip leaves out the other scales, not the resizing."""
    cfg = Config.fromfile(
        ROOT / f'configs/uhrnet/fcn_uhrnet-w18-small_{benchmark}.py'
    )
    test = cfg.test_dataloader.dataset.pipeline
    resizing = [step for step in test if step.type == 'Resize']
    tool.use_tta(cfg, flip_only=True)
    (views,) = (
        step
        for step in cfg.test_dataloader.dataset.pipeline
        if step.type == 'TestTimeAug'
    )
    found = [x for x in views.transforms if x[0].type == 'Resize']
    assert found == ([resizing] if resizing else [])
    flips = [x for x in views.transforms if x[0].type == 'RandomFlip']
    assert [[x.prob for x in options] for options in flips] == [[0.0, 1.0]]


@pytest.mark.slow
def test_three_evaluators_agree(
    tmp_path, converted, cityscapes, monkeypatch, mmseg_scope
):
    """tools/test.py, mmsegmentation's metric, and that of the server.

    The predictions are those of a random network, and the truth is made from
    them: moved, partly replaced and partly void, so that no figure is trivial.
    """
    # cityscapesscripts 2.3.0 uses a name that numpy 2.4 no longer has.
    monkeypatch.setattr(np, 'in1d', np.isin, raising=False)
    import cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling as cs
    import torch
    from cityscapesscripts.helpers.labels import labels, trainId2label
    from mmengine.structures import PixelData
    from mmseg.apis import inference_model, init_model
    from mmseg.evaluation import IoUMetric
    from mmseg.structures import SegDataSample

    # Classes that are as likely, by features without their mean
    model = init_model(CONFIG, str(converted), device='cpu')
    classify, features = model.decode_head.conv_seg, []
    classify.register_forward_pre_hook(lambda _, x: features.append(x[0]))
    image = next((cityscapes / 'leftImg8bit/val/town').iterdir())
    inference_model(model, str(image))
    mean = features[0].mean((0, 2, 3))
    weight = torch.randn(19, len(mean)) / (features[0].std((0, 2, 3)) + 1e-6)
    checkpoint = torch.load(converted, weights_only=True)
    state = checkpoint['state_dict']
    state['decode_head.conv_seg.weight'] = weight[..., None, None]
    state['decode_head.conv_seg.bias'] = -weight @ mean
    path, out = tmp_path / 'random.pth', tmp_path / 'labels'
    torch.save(checkpoint, path)
    evaluate(tmp_path, path, cityscapes, '--out', out)
    root = shutil.copytree(cityscapes, tmp_path / 'data')
    truth_of = {
        name: root / 'gtFine/val/town' / name.replace(
            'leftImg8bit', 'gtFine_labelTrainIds'
        )
        for name in read(out)
    }  # fmt: skip
    for name, prediction in read(out).items():
        truth = np.roll(prediction, (1, 2), (0, 1))
        other = np.random.rand(*truth.shape) < 0.2
        truth[other] = np.random.randint(0, 19, other.sum())
        truth[:5] = 255
        cv2.imwrite(str(truth_of[name]), truth)

    log = evaluate(tmp_path, path, root)
    ours = dict(re.findall(r'\| +([a-z ]+?) +\| +([\d.]+) +\|', log))
    assert 'road' in ours

    metric = IoUMetric(iou_metrics=['mIoU'])
    names = [trainId2label[i].name for i in range(19)]
    metric.dataset_meta = dict(classes=names)
    to_id = np.zeros(256, np.uint8)
    for label in labels:
        if 0 <= label.trainId < 19:
            to_id[label.trainId] = label.id
    predicted, truths = [], []
    for name, prediction in read(out).items():
        truth = cv2.imread(str(truth_of[name]), cv2.IMREAD_UNCHANGED)
        sample = SegDataSample(
            pred_sem_seg=PixelData(data=torch.from_numpy(prediction)[None]),
            gt_sem_seg=PixelData(data=torch.from_numpy(truth)[None]),
        )
        metric.process({}, [sample.to_dict()])
        for values, folder, paths in (
            (prediction, 'predicted', predicted),
            (truth, 'truth', truths),
        ):
            path = tmp_path / folder / name
            path.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(path), to_id[values])
            paths.append(str(path))
    theirs = metric.evaluate(2)

    cs.args.quiet = True
    cs.args.JSONOutput = False
    cs.args.evalInstLevelScore = False
    server = cs.evaluateImgLists(predicted, truths, cs.args)

    assert miou(log) == theirs['mIoU']
    assert miou(log) == round(100 * server['averageScoreClasses'], 2)
    scores = {name: server['classScores'][name] for name in names}
    for name, score in scores.items():
        assert float(ours[name]) == round(100 * score, 2), name
    print(f'mIoU {miou(log)}, classes: {ours}')
    assert sum(0.01 < score < 0.99 for score in scores.values()) > 5
