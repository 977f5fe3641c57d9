"""Areas and figures beside the host's."""

import numpy as np
import pytest
import torch
from PIL import Image

from uhrnet.segmentation.metrics import ExactIoUMetric

# isort: split
from mmseg.evaluation import IoUMetric

K = 5
CASES = {
    'plain': {},
    'absent classes': dict(predicted=(0, 2), true=(2, 4)),
    'all ignored': dict(true=(255, 256)),
    'labels that are no classes': dict(true=(-2, 9)),
    'predictions that are no classes': dict(predicted=(-2, 9)),
    'both': dict(predicted=(-2, 300), true=(-2, 300)),
    'another index ignored': dict(ignore_index=0),
    'a negative index ignored': dict(true=(-1, K), ignore_index=-1),
    'narrow types': dict(dtype=torch.uint8),
    'a binary head predicts floats': dict(
        predicted=(0, 2), dtype=torch.float32
    ),
}


def maps(predicted=(0, K), true=(0, K), ignore_index=255, dtype=torch.long):
    size = (31, 17)
    prediction = torch.randint(*predicted, size).to(dtype)
    labels = torch.randint(*true, size).to(dtype)
    hit = torch.rand(size) < 0.5
    labels[hit & (labels != ignore_index)] = prediction[
        hit & (labels != ignore_index)
    ]
    if ignore_index == 255:
        labels[:3] = 255
    return prediction, labels


@pytest.mark.parametrize('name', CASES)
def test_areas_are_the_hosts(name):
    case = CASES[name]
    ignore_index = case.get('ignore_index', 255)
    prediction, labels = maps(**case)
    kept = prediction.clone(), labels.clone()
    ours, theirs = (
        metric.intersect_and_union(prediction, labels, K, ignore_index)
        for metric in (ExactIoUMetric, IoUMetric)
    )
    assert len(ours) == 4
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == torch.int64
        assert one.shape == other.shape == (K,)
        assert one.tolist() == other.tolist()
    assert torch.equal(prediction, kept[0]) and torch.equal(labels, kept[1])


def evaluate(kind, images, **options):
    metric = kind(**options)
    metric.dataset_meta = dict(classes=tuple('abcde'))
    for index, (prediction, labels) in enumerate(images):
        sample = dict(
            pred_sem_seg=dict(data=prediction[None]),
            gt_sem_seg=dict(data=labels[None]),
            img_path=f'{index}.jpg',
        )
        metric.process({}, [sample])
    return metric.evaluate(len(images))


@pytest.mark.parametrize(
    'options',
    [
        {},
        dict(iou_metrics=['mIoU', 'mDice', 'mFscore']),
        dict(iou_metrics=['mFscore'], beta=2, prefix='x'),
        dict(nan_to_num=-1),
        dict(ignore_index=3),
    ],
)
def test_figures_are_the_hosts(options):
    images = [maps(**case) for case in list(CASES.values())[:6]]
    images = [(a, b) for a, b in images]
    ours = evaluate(ExactIoUMetric, images, **options)
    theirs = evaluate(IoUMetric, images, **options)
    np.testing.assert_equal(ours, theirs)
    assert ours
    absent = [(torch.zeros(4, 4).long(), torch.zeros(4, 4).long())]
    np.testing.assert_equal(
        evaluate(ExactIoUMetric, absent, **options),
        evaluate(IoUMetric, absent, **options),
    )


def test_predictions_are_written(tmp_path):
    prediction, labels = maps()
    options = dict(output_dir=str(tmp_path), format_only=True)
    assert evaluate(ExactIoUMetric, [(prediction, labels)], **options) == {}
    written = np.array(Image.open(tmp_path / '0.png'))
    np.testing.assert_array_equal(written, prediction)


def test_sums_are_exact():
    """2**24 + 1 pixels of a class: float32 has no such number."""
    one = torch.zeros(1, 1).long()
    many = torch.zeros(1 << 12, 1 << 12).long()
    ours = [
        ExactIoUMetric.intersect_and_union(x, x, 2, 255) for x in (many, one)
    ]
    theirs = [IoUMetric.intersect_and_union(x, x, 2, 255) for x in (many, one)]
    assert sum(x[0][0] for x in ours) == 2**24 + 1
    assert sum(x[0][0] for x in theirs) == 2**24


def test_sizes_differ():
    with pytest.raises(ValueError, match=r'\(2, 3\) and labels of size'):
        ExactIoUMetric.intersect_and_union(
            torch.zeros(2, 3), torch.zeros(3, 3), K, 255
        )
