"""Training and testing detectors from the command line, on tiny images."""

import json
import re

import cv2
import pytest
import torch
from command_line import (
    ROOT,
    data_options,
    import_tool,
    succeed,
    succeed_in_turn,
)
from detection.voc_files import write_voc
from mmengine.fileio import load

BCCD = 'configs/uhrnet/faster-rcnn_uhrnetv2p-w18-small_1xb4-6e_bccd-240x320.py'
MASKS = (
    'configs/uhrnet/mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320.py'
)
FCOS = 'configs/uhrnet/fcos_uhrnetv2p-w18_4xb4-2x_coco.py'
SMALL = (
    'model.roi_head.bbox_head.fc_out_channels=32',
    'train_dataloader.batch_size=2',
    'train_cfg.max_epochs=1',
    'default_hooks.logger.interval=1',
)


@pytest.fixture(scope='module')
def bccd(tmp_path_factory, scenes):
    """Data in BCCD's layout, and a run on it: its folder and its log."""
    root = write_voc(tmp_path_factory.mktemp('data') / 'bccd', scenes)
    folder = tmp_path_factory.mktemp('run')
    options = (
        *data_options(root),
        *SMALL,
        *(
            f'{split}_dataloader.dataset.pipeline.2.scale=(96,64)'
            for split in ('train', 'val', 'test')
        ),
    )
    log = succeed('tools/train.py', BCCD, '--work-dir', folder, *options)
    return folder, log, options


def figures(log):
    """AP and AP50 of the last evaluation in a log."""
    found = re.findall(r'bbox_mAP: (\S+)  coco/bbox_mAP_50: (\S+)', log)
    assert found, log[-4000:]
    return found[-1]


@pytest.mark.slow
def test_voc_style_run(bccd, tmp_path):
    """Train, test, save and draw; resume; what is refused."""
    folder, log, options = bccd
    assert 'Epoch(train) [1][4/4]' in log
    assert 'Epoch(val) [1][4/4]' in log
    assert len([*folder.glob('best_coco_bbox_mAP_epoch_1.pth')]) == 1
    checkpoint = folder / 'epoch_1.pth'
    out, pictures = tmp_path / 'found.pkl', tmp_path / 'pictures'
    # the validation and the test images are the same here
    tested, averaged, resumed = succeed_in_turn(
        (
            'tools/test.py', BCCD, checkpoint, '--work-dir', tmp_path,
            '--out', out, '--show-dir', pictures, *options,
        ),
        (
            # the short schedule's config has no tta_pipeline
            'tools/test.py', BCCD.replace('4-6e', '8-100e').replace(
                '240x320', '480x640'
            ),
            checkpoint, '--work-dir', tmp_path, '--tta-flip', *options,
        ),
        (
            'tools/train.py', BCCD, '--work-dir', folder, '--resume',
            *options, 'train_cfg.max_epochs=2',
        ),
    )  # fmt: skip
    assert figures(tested) == figures(log)
    figures(averaged)
    found = load(out)
    assert len(found) == 4
    boxes = found[0]['pred_instances']['bboxes']
    assert boxes.shape[1] == 4 and (boxes <= 96).all()
    names = [f'test_{index:03}.jpg' for index in range(4)]
    assert sorted(path.name for path in pictures.iterdir()) == names
    drawn = [cv2.imread(str(pictures / name)) for name in names]
    # truth and predictions side by side
    assert [picture.shape for picture in drawn] == [(64, 192, 3)] * 4
    assert 'Epoch(train) [2][1/4]' in resumed
    assert 'Epoch(train) [1][1/4]' not in resumed
    assert torch.load(folder / 'epoch_2.pth', weights_only=False)['meta'][
        'arch'
    ] == ('uhrnet-w18-small')


def evaluate(samples, truth):
    """Figures of saved predictions."""
    from mmdet.evaluation import CocoMetric

    metric = CocoMetric(ann_file=str(truth), metric=['bbox', 'segm'])
    metric.dataset_meta = dict(classes=('person', 'car', 'sign'))
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def as_truth(samples, path, scenes):
    """Annotations of the best predictions, so that figures are not zero."""
    content = json.loads((scenes / 'instances_val.json').read_text())
    content['annotations'] = []
    for sample in samples:
        found = sample['pred_instances']
        for index in range(0, len(found['scores']), 5):
            left, top, right, bottom = found['bboxes'][index].tolist()
            mask = found['masks'][index]
            content['annotations'].append(
                dict(
                    id=len(content['annotations']) + 1,
                    image_id=sample['img_id'],
                    category_id=int(found['labels'][index]) + 1,
                    bbox=[left, top, right - left, bottom - top],
                    area=(right - left) * (bottom - top),
                    iscrowd=0,
                    segmentation=mask | dict(counts=as_text(mask['counts'])),
                )
            )
    path.write_text(json.dumps(content))


def as_text(counts):
    return counts.decode() if isinstance(counts, bytes) else counts


@pytest.mark.slow
def test_masks_with_two_processes(tmp_path, scenes):
    """gloo; the figures are those of one process, and not zero."""
    options = (
        *data_options(scenes),
        *SMALL,
        'test_dataloader.dataset.pipeline.2.scale=(96,64)',
        'val_dataloader.dataset.pipeline.2.scale=(96,64)',
        f'val_evaluator.ann_file={scenes / "instances_val.json"}',
        # an odd number for two processes
        'test_dataloader.dataset.indices=3',
    )
    log = succeed(
        'tools/dist_train.sh', MASKS, 2, '--work-dir', tmp_path, *options
    )
    assert 'Epoch(train) [1][2/2]' in log
    assert 'segm_mAP' in log
    out, truth = tmp_path / 'found.pkl', tmp_path / 'truth.json'
    checkpoint = tmp_path / 'epoch_1.pth'
    succeed(
        'tools/test.py', MASKS, checkpoint, '--work-dir', tmp_path / 'one',
        '--out', out, *options,
        f'test_evaluator.ann_file={scenes / "instances_val.json"}',
    )  # fmt: skip
    samples = load(out)
    # packed, as whole masks of large images would fill a memory
    for sample in samples:
        masks = sample['pred_instances']['masks']
        assert len(masks) == len(sample['pred_instances']['scores'])
        assert all(mask['size'] == [64, 96] for mask in masks)
    as_truth(samples, truth, scenes)
    expected = evaluate(samples, truth)
    tested = succeed(
        'tools/dist_test.sh', MASKS, checkpoint, 2,
        '--work-dir', tmp_path / 'two', *options,
        f'test_evaluator.ann_file={truth}',
        f'test_dataloader.dataset.ann_file={truth}',
    )  # fmt: skip
    for kind in ('bbox', 'segm'):
        (figure,) = re.findall(rf'{kind}_mAP: (\S+)', tested)
        print(f'{kind}: {figure} with two processes')
        assert float(figure) == expected[f'coco/{kind}_mAP']
        assert float(figure) > 0.05


@pytest.fixture
def coco(tmp_path, scenes):
    """COCO's folders, with rendered scenes and the names of its classes."""
    from mmdet.datasets import CocoDataset

    root = tmp_path / 'coco'
    (root / 'annotations').mkdir(parents=True)
    content = json.loads((scenes / 'instances_val.json').read_text())
    names = CocoDataset.METAINFO['classes']
    content['categories'] = [
        dict(id=index, name=name) for index, name in enumerate(names, 1)
    ]
    for name in ('instances_train2017', 'instances_val2017'):
        (root / f'annotations/{name}.json').write_text(json.dumps(content))
    del content['annotations']
    path = root / 'annotations/image_info_test-dev2017.json'
    path.write_text(json.dumps(content))
    for folder in ('train2017', 'val2017', 'test2017'):
        (root / folder).symlink_to(scenes / 'images/val')
    return root


@pytest.mark.slow
def test_coco_run_and_submission(tmp_path, coco):
    truth = coco / 'annotations/instances_val2017.json'
    server = coco / 'annotations/image_info_test-dev2017.json'
    options = (
        *data_options(coco),
        'train_cfg.max_epochs=1',
        'train_dataloader.batch_size=2',
        'train_dataloader.dataset.pipeline.2.scale=(96,64)',
        'val_dataloader.dataset.pipeline.2.scale=(96,64)',
        'test_dataloader.dataset.pipeline.2.scale=(96,64)',
        *(
            f'tta_pipeline.1.transforms.0.{i}.scale=({96 + 16 * i},64)'
            for i in range(5)
        ),
        'model.backbone.arch=w18-small',
        # of an untrained detector no score is high
        'model.test_cfg.score_thr=0.001',
        f'val_evaluator.ann_file={truth}',
        f'submission.evaluator.ann_file={server}',
    )
    checkpoint, out = tmp_path / 'epoch_1.pth', tmp_path / 'submitted'
    answer = f'test_evaluator.ann_file={truth}'
    trained, _, averaged = succeed_in_turn(
        ('tools/train.py', FCOS, '--work-dir', tmp_path, '--amp', *options),
        (
            'tools/test.py', FCOS, checkpoint, '--work-dir', tmp_path,
            '--format-only', '--out', out, *options,
        ),
        (
            'tools/test.py', FCOS, checkpoint, '--work-dir', tmp_path,
            '--tta', *options, answer,
        ),
    )  # fmt: skip
    assert 'Epoch(train) [1][2/2]' in trained
    figures(averaged)
    submitted = load(out / 'detections.bbox.json')
    assert {x['image_id'] for x in submitted} == {0, 1, 2, 3}
    assert all(len(x['bbox']) == 4 for x in submitted)


def test_missing_files_are_named(coco):
    """Before anything is built."""
    from mmengine.config import Config

    from uhrnet.engine.data_sources import check_data_roots
    from uhrnet.errors import DataError

    cfg = Config.fromfile(ROOT / FCOS)
    for split in ('train', 'val'):
        cfg[f'{split}_dataloader'].dataset.data_root = str(coco)
    loaders = ('train_dataloader', 'val_dataloader')
    text = r"val_evaluator.ann_file='data/coco/annotations/.*ann_file=FILE"
    with pytest.raises(DataError, match=text):
        check_data_roots(cfg, loaders)
    annotations = coco / 'annotations'
    cfg.val_evaluator.ann_file = str(annotations / 'instances_train2017.json')
    text = 'val_evaluator.ann_file is .*train2017.*those of .*val2017'
    with pytest.raises(DataError, match=text):
        check_data_roots(cfg, loaders)
    cfg.val_evaluator.ann_file = str(annotations / 'instances_val2017.json')
    check_data_roots(cfg, loaders)
    (coco / 'annotations/instances_train2017.json').unlink()
    text = (
        'ann_file of train_dataloader.dataset .CheckedCoco.*'
        'train_dataloader.dataset.ann_file=FILE'
    )
    with pytest.raises(DataError, match=text):
        check_data_roots(cfg, loaders)


@pytest.mark.parametrize('name', [MASKS, FCOS])
def test_amp_on_a_cpu(name, monkeypatch):
    """bfloat16 is too coarse for the coordinates of regions."""
    from mmengine.config import Config

    tool = import_tool(monkeypatch, 'tools/train.py')
    monkeypatch.setattr(tool, 'get_device', lambda: 'cpu')
    cfg = Config.fromfile(ROOT / name)
    if name == MASKS:
        with pytest.raises(ValueError, match='rounds regions'):
            tool.use_amp(cfg)
        monkeypatch.setattr(tool, 'get_device', lambda: 'cuda')
    tool.use_amp(cfg)
    kinds = {MASKS: 'AmpOptimWrapper', FCOS: 'Bf16OptimWrapper'}
    assert cfg.optim_wrapper.type == kinds[name]
