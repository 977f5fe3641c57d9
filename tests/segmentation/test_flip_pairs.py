"""Left and right in mirror images, when training and when testing."""

import copy
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from uhrnet.segmentation.flip_pairs import FlipPairsHook, FlipPairsTTAModel

# isort: split
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS

ROOT = Path(__file__).parents[2]
PAIRS = [(1, 2), (3, 4)]
CLASSES = ('background', 'left-arm', 'right-arm', 'left-leg', 'right-leg')
HEIGHT, WIDTH = 8, 12
_numbers = itertools.count()


def truth():
    """A person who faces us: his left is on the right of the image."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[:4, 7:] = 1
    labels[:4, :5] = 2
    labels[4:, 7:] = 3
    labels[4:, :5] = 4
    return labels


@MODELS.register_module()
class KnowsLeftFromRight(EncoderDecoder):
    """Right about every image it sees, mirror images included.

    In a mirror image, too, what is on the right of it is a left arm.
    """

    truth = staticmethod(truth)

    def inference(self, inputs, batch_img_metas):
        labels = torch.from_numpy(self.truth()).long()
        scores = torch.nn.functional.one_hot(labels, self.num_classes)
        scores = 9.0 * scores.permute(2, 0, 1)[None]
        scores = torch.nn.functional.interpolate(scores, inputs.shape[2:])
        return scores.expand(len(inputs), -1, -1, -1)


def person():
    """LIP's arms, legs and shoes of a person who faces us."""
    labels = np.zeros((30, 20), np.uint8)
    for row, (left, right) in enumerate([(14, 15), (16, 17), (18, 19)]):
        labels[10 * row : 10 * row + 10, 12:] = left
        labels[10 * row : 10 * row + 10, :8] = right
    return labels


@MODELS.register_module()
class KnowsAPerson(KnowsLeftFromRight):
    """The same of a person in LIP's classes."""

    truth = staticmethod(person)


@pytest.fixture
def root(tmp_path):
    for split in ('train', 'val'):
        for kind, content in (
            ('images', np.full((HEIGHT, WIDTH, 3), 99, np.uint8)),
            ('labels', truth()),
        ):
            folder = tmp_path / kind / split
            folder.mkdir(parents=True)
            suffix = '.jpg' if kind == 'images' else '.png'
            cv2.imwrite(str(folder / f'a{suffix}'), content)
    return tmp_path


LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
VIEWS = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='RandomFlip', prob=prob) for prob in (0.0, 1.0)],
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]


def run(root, pairs, tta='FlipPairsTTAModel', swap=None):
    def loader(split, pipeline):
        return dict(
            batch_size=1,
            sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=dict(
                type='BaseSegDataset',
                data_root=str(root),
                data_prefix=dict(
                    img_path=f'images/{split}', seg_map_path=f'labels/{split}'
                ),
                metainfo=dict(
                    classes=CLASSES, palette=[[i] * 3 for i in range(5)]
                )
                | (dict(flip_pairs=pairs) if pairs is not None else {}),
                pipeline=pipeline,
            ),
        )

    model = dict(
        type='KnowsLeftFromRight',
        data_preprocessor=dict(
            type='SegDataPreProcessor', size=(HEIGHT, WIDTH)
        ),
        backbone=dict(type='UHRNet', arch='w18-small'),
        decode_head=dict(
            type='FCNHead',
            in_channels=[9, 18, 36, 72, 144],
            in_index=[0, 1, 2, 3, 4],
            input_transform='resize_concat',
            channels=4,
            num_classes=5,
        ),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    )
    flip = dict(type='RandomFlip', prob=0.5, swap_seg_labels=swap)
    training = [*LOAD, flip, dict(type='PackSegInputs')]
    return Runner(
        model=dict(type=tta, module=model) if tta else model,
        work_dir=str(root / 'work'),
        train_dataloader=loader('train', training),
        train_cfg=dict(by_epoch=False, max_iters=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.0)),
        test_dataloader=loader('val', copy.deepcopy(VIEWS)),
        test_cfg=dict(),
        test_evaluator=dict(type='IoUMetric', iou_metrics=['mIoU']),
        custom_hooks=[dict(type='FlipPairsHook')],
        experiment_name=f'flip_pairs_{next(_numbers)}',
        default_scope='mmseg',
    )


def test_plain_flipping_is_wrong_and_ours_is_right(root, mmseg_scope):
    wrong = run(root, PAIRS, tta='SegTTAModel').test()['mIoU']
    right = run(root, PAIRS).test()['mIoU']
    print(f'mIoU: SegTTAModel {wrong}, FlipPairsTTAModel {right}')
    assert right == 100
    assert wrong < 70


def test_lip(tmp_path, mmseg_scope):
    """The same with the classes, the folders and the --tta of a config."""
    for name, content in (
        ('val_images/1_2.jpg', np.full((30, 20, 3), 99, np.uint8)),
        ('val_segmentations/1_2.png', person()),
    ):
        (tmp_path / name).parent.mkdir()
        cv2.imwrite(str(tmp_path / name), content)
    miou = {}
    for tta in ('SegTTAModel', 'FlipPairsTTAModel'):
        cfg = Config.fromfile(
            ROOT / 'configs/uhrnet/'
            'fcn_uhrnet-w18-small_4xb10-110k_lip-473x473.py'
        )
        cfg.work_dir = str(tmp_path / 'work')
        cfg.experiment_name = f'lip_{tta}'
        cfg.test_dataloader.update(num_workers=0, persistent_workers=False)
        cfg.test_dataloader.dataset.update(
            data_root=str(tmp_path), pipeline=cfg.tta_pipeline
        )
        cfg.model.type = 'KnowsAPerson'
        assert cfg.tta_model.type == 'FlipPairsTTAModel'
        cfg.model = dict(type=tta, module=cfg.model)
        miou[tta] = Runner.from_cfg(cfg).test()['mIoU']
    print(f'LIP, mIoU: {miou}')
    assert miou['FlipPairsTTAModel'] == 100
    assert miou['SegTTAModel'] < 70


def test_without_pairs_it_is_the_hosts(root, mmseg_scope):
    results = [
        run(root, pairs, tta=tta).test()['mIoU']
        for pairs, tta in (
            (None, 'SegTTAModel'),
            (None, 'FlipPairsTTAModel'),
            ([], 'FlipPairsTTAModel'),
        )
    ]
    assert len(set(results)) == 1


@pytest.mark.parametrize(
    'pairs, classes',
    [
        ([(1, 5)], '0 to 4'),
        ([(1, 1)], '0 to 4'),
        ([(1, 2), (2, 3)], '0 to 4'),
        ([(1, 2, 3)], '0 to 4'),
    ],
    ids=str,
)
def test_pairs_that_are_none(root, mmseg_scope, pairs, classes):
    with pytest.raises(
        ValueError, match=f'pairs of two of its classes, {classes}'
    ):
        run(root, pairs).test()


@pytest.mark.parametrize(
    'pairs, swap',
    [
        (PAIRS, None),
        (PAIRS, [(1, 2)]),
        (None, PAIRS),
        (PAIRS, [(1, 3), (2, 4)]),
    ],
    ids=str,
)
def test_training_has_to_swap_the_same(root, mmseg_scope, pairs, swap):
    with pytest.raises(ValueError, match='they must be equal'):
        run(root, pairs, tta=None, swap=swap).train()


@pytest.mark.parametrize('swap', [PAIRS, [(4, 3), (2, 1)]], ids=str)
def test_training_swaps(root, mmseg_scope, swap):
    runner = run(root, PAIRS, tta=None, swap=swap)
    FlipPairsHook().before_train(runner)
    np.random.seed(0)
    seen = set()
    for _ in range(20):
        sample = runner.train_dataloader.dataset[0]['data_samples']
        labels = sample.gt_sem_seg.data[0].numpy()
        # A person who faces us, mirrored or not, has his left on our right.
        assert (labels == truth()).all()
        seen.add(sample.metainfo['flip'])
    assert seen == {True, False}


def test_logits_are_swapped_in_mirror_images_alone():
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    class Module(torch.nn.Module):
        out_channels = 5

        def test_step(self, data):
            raise NotImplementedError

    model = FlipPairsTTAModel(Module())
    model.flip_pairs = PAIRS
    views = []
    for flip in (False, True):
        sample = SegDataSample(
            seg_logits=PixelData(data=torch.randn(5, 2, 3)),
            metainfo=dict(flip=flip, img_path='a'),
        )
        views.append(sample)
    first, second = (view.seg_logits.data.softmax(0) for view in views)
    expected = (first + second[[0, 2, 1, 4, 3]]).argmax(0)
    (merged,) = model.merge_preds([views])
    assert torch.equal(merged.pred_sem_seg.data[0], expected)
