"""Figures of classes, against those of the metrics, and what is kept."""

import numpy as np
import pytest
import torch
from mmdet.evaluation import CocoMetric
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData, PixelData
from mmseg.structures import SegDataSample

from uhrnet.depth.metrics import DepthMetric
from uhrnet.reports.detection_summary import average_precision
from uhrnet.reports.summary import summary_for
from uhrnet.segmentation.metrics import ExactIoUMetric


def labels(seed, path):
    generator = torch.Generator().manual_seed(seed)
    truth = torch.randint(4, (1, 60, 700), generator=generator)
    wrong = torch.rand(truth.shape, generator=generator) < 0.1 * seed
    prediction = torch.where(wrong, (truth + 1) % 3, truth % 3)
    truth[truth == 3] = 255
    return SegDataSample(
        metainfo=dict(img_path=path),
        gt_sem_seg=PixelData(data=truth),
        pred_sem_seg=PixelData(data=prediction),
        seg_logits=PixelData(data=torch.zeros(3, 60, 700)),
    )


def test_label_maps():
    samples = [labels(i, f'{i}.png') for i in (3, 1, 5)]
    summary = summary_for(samples[0], dict(classes=['a', 'b', 'c']), 1)
    metric = ExactIoUMetric()
    metric.dataset_meta = dict(classes=['a', 'b', 'c'])
    for index, sample in enumerate(samples):
        summary.add(sample, index)
    metric.process({}, [x.to_dict() for x in samples])
    figures = metric.evaluate(3)
    rows = summary.table().rows
    assert np.mean([x.figures['IoU (%)'] for x in rows]) == pytest.approx(
        figures['mIoU'], abs=0.01
    )
    assert np.mean([x.figures['recall (%)'] for x in rows]) == pytest.approx(
        figures['mAcc'], abs=0.01
    )
    gaps = [x.gap_to_best for x in rows]
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] == 0
    assert {x.name: x.note for x in rows}['a'].endswith('taken for b')
    assert [x.index for x in summary.gallery.worst] == [2]
    kept = summary.gallery.best[0].sample
    assert kept.img_path == '1.png' and 'seg_logits' not in kept
    # small: every second row and column, in bytes
    assert torch.equal(
        kept.gt_sem_seg.data, samples[1].gt_sem_seg.data[:, ::2, ::2]
    )
    assert kept.pred_sem_seg.data.dtype == torch.uint8


def depths(seed):
    generator = torch.Generator().manual_seed(seed)
    truth = 4 + 30 * torch.rand(1, 40, 50, generator=generator)
    truth[:, :10] = 0
    prediction = truth.clamp(min=4) * (1 + 0.1 * seed)
    return SegDataSample(
        metainfo=dict(img_path=f'{seed}.png'),
        gt_depth_map=PixelData(data=truth),
        pred_depth_map=PixelData(data=prediction),
    )


def test_depth_maps():
    samples = [depths(i) for i in (2, 0, 1)]
    summary = summary_for(samples[0], {}, 1)
    metric = DepthMetric()
    for index, sample in enumerate(samples):
        summary.add(sample, index)
    metric.process({}, [x.to_dict() for x in samples])
    table = summary.table()
    assert {row.name for row in table.rows} == {
        '2 to 5 m', '5 to 10 m', '10 to 20 m', '20 to 40 m'
    }  # fmt: skip
    errors = [row.figures['|error| / truth (%)'] for row in table.rows]
    shares = [row.figures['share of pixels (%)'] for row in table.rows]
    assert np.dot(errors, shares) / 100 == pytest.approx(
        100 * metric.evaluate(3)['abs_rel'], rel=1e-5
    )
    # too far by 0, 10 and 20 %, in every range
    assert errors == pytest.approx([10] * 4, abs=0.5)
    assert errors == sorted(errors, reverse=True)
    assert summary.counts.sum() == 3 * 30 * 50
    assert [x.sample.img_path for x in summary.gallery.worst] == ['2.png']
    assert [x.sample.img_path for x in summary.gallery.best] == ['0.png']


def boxes(index):
    generator = torch.Generator().manual_seed(index)
    corners = 200 * torch.rand(8, 2, generator=generator)
    corners = torch.cat((corners, corners + 40), 1)
    classes = torch.randint(3, (8,), generator=generator)
    moved = corners + 8 * torch.randn(8, 4, generator=generator)
    found = torch.cat((moved, corners[:2] + 100))
    return DetDataSample(
        metainfo=dict(
            img_path=f'{index}.png', img_id=index, ori_shape=(300, 300)
        ),
        gt_instances=InstanceData(bboxes=corners, labels=classes),
        pred_instances=InstanceData(
            bboxes=found,
            labels=torch.cat((classes, classes[:2])),
            scores=torch.rand(10, generator=generator),
        ),
    )


def test_boxes():
    samples = [boxes(i) for i in range(6)]
    meta = dict(classes=('a', 'b', 'c'))
    summary = summary_for(samples[0], meta, 2)
    metric = CocoMetric(metric='bbox')
    metric.dataset_meta = meta
    for index, sample in enumerate(samples):
        summary.add(sample, index)
        known = sample.to_dict() | dict(
            instances=[
                dict(bbox=x.tolist(), bbox_label=int(y), ignore_flag=0)
                for x, y in zip(
                    sample.gt_instances.bboxes,
                    sample.gt_instances.labels,
                    strict=True,
                )
            ]
        )
        metric.process({}, [known])
    rows = summary.table().rows
    assert np.mean([x.figures['AP50 (%)'] for x in rows]) == pytest.approx(
        100 * metric.evaluate(6)['coco/bbox_mAP_50'], abs=0.06
    )
    assert sum(x.figures['objects'] for x in rows) == 48
    assert any('are not found' in x.note for x in rows)
    kept = summary.gallery.worst[0]
    assert kept.figures['errors'] == kept.error
    assert (kept.sample.pred_instances.scores >= 0.3).all()


def test_average_precision():
    assert np.isnan(average_precision(np.zeros((0, 2)), 0))
    assert average_precision(np.zeros((0, 2)), 3) == 0
    right = np.array([[0.9, 1], [0.8, 1], [0.1, 0]])
    assert average_precision(right, 2) == 1
    # up to a recall of 0.5
    assert average_precision(right, 4) == pytest.approx(51 / 101)


@pytest.mark.parametrize('make', [lambda i: labels(i, 'a'), depths, boxes])
def test_two_processes_count_as_one(make):
    samples = [make(i) for i in range(4)]
    meta = dict(classes=['a', 'b', 'c'])
    whole, *parts = (summary_for(samples[0], meta, 2) for _ in range(3))
    for index, sample in enumerate(samples):
        whole.add(sample, index)
        parts[index % 2].add(sample, index)
    parts[0].merge(parts[1:])
    assert (parts[0].counts == whole.counts).all()
    assert parts[0].images == 4
    assert str(parts[0].table()) == str(whole.table())
    assert [x.index for x in parts[0].gallery.worst] == [
        x.index for x in whole.gallery.worst
    ]


def test_no_truth_and_other_tasks():
    sample = labels(1, 'a')
    assert summary_for(sample, {}, 2) is None
    del sample.gt_sem_seg
    assert summary_for(sample, dict(classes=['a']), 2) is None
    assert summary_for(dict(value=1), dict(classes=['a']), 2) is None


def test_names_that_no_figure_can_hold():
    """And of two classes of one name each has its own note."""
    names = ['a\x01\udc80\uffffb', 'same', 'same']
    summary = summary_for(labels(1, 'a.png'), dict(classes=names), 1)
    assert summary.names == ['a\ufffd\ufffd\ufffdb', 'same', 'same']
    summary.counts[:] = [[1, 0, 0], [0, 1, 3], [1, 0, 0]]
    notes = {row.figures['recall (%)']: row.note for row in
             summary.table().rows}  # fmt: skip
    assert notes[25.0] == '75.0 % are taken for same'
    assert notes[0.0] == '100.0 % are taken for a\ufffd\ufffd\ufffdb'
    assert notes[100.0] == ''
