"""mmdetection's COCO metric on this stack gives pycocotools' figures.

On a file of predictions that is stored: boxes and masks of rendered objects,
moved, resized, some left out, some twice, some of another class.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

DATA = Path(__file__).parents[1] / 'data'
TRUTH = DATA / 'coco_truth.json'
PREDICTIONS = DATA / 'coco_predictions.json'
# Of pycocotools' twelve, as mmdetection names them.
NAMES = ('mAP', 'mAP_50', 'mAP_75', 'mAP_s', 'mAP_m', 'mAP_l')


def reference(truth, kind):
    """Figures of pycocotools, called directly."""
    predictions = json.loads(PREDICTIONS.read_text())
    if kind == 'segm':
        for item in predictions:
            del item['bbox']  # or areas would be those of boxes
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(predictions), kind)
        evaluation.params.maxDets = [100, 300, 1000]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, evaluation.stats[:6], strict=True))


def samples(truth, with_instances):
    """What a detector hands to the metric."""
    predictions = json.loads(PREDICTIONS.read_text())
    for image in truth['images']:
        own = [x for x in predictions if x['image_id'] == image['id']]
        boxes = np.array([x['bbox'] for x in own]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        sample = dict(
            img_id=image['id'],
            ori_shape=(image['height'], image['width']),
            pred_instances=dict(
                bboxes=torch.from_numpy(boxes),
                scores=torch.tensor([x['score'] for x in own]),
                labels=torch.tensor([x['category_id'] - 1 for x in own]),
                masks=[x['segmentation'] for x in own],
            ),
        )
        if with_instances:
            sample['instances'] = [
                dict(
                    bbox=[x, y, x + width, y + height],
                    bbox_label=item['category_id'] - 1,
                    ignore_flag=item['iscrowd'],
                )
                for item in truth['annotations']
                if item['image_id'] == image['id']
                for x, y, width, height in [item['bbox']]
            ]
        yield sample


def evaluate(truth, **kwargs):
    from mmdet.evaluation import CocoMetric

    metric = CocoMetric(**kwargs)
    metric.dataset_meta = dict(classes=('person', 'car', 'sign'))
    for sample in samples(truth, 'ann_file' not in kwargs):
        metric.process({}, [sample])
    return metric.evaluate(len(truth['images']))


def compare(found, expected, kind):
    for name, value in expected.items():
        ours = found[f'coco/{kind}_{name}']
        print(f'{kind} {name}: pycocotools {value:.6f}, metric {ours:.3f}')
        assert ours == round(value, 3)
        assert 0.05 < value < 0.95 or value == -1


@pytest.mark.parametrize('kind', ['bbox', 'segm'])
def test_against_a_file(kind):
    truth = json.loads(TRUTH.read_text())
    found = evaluate(truth, ann_file=str(TRUTH), metric=[kind])
    compare(found, reference(truth, kind), kind)


def test_against_the_instances_of_the_samples():
    """The way of VOC-style data: the truth comes with the samples."""
    truth = json.loads(TRUTH.read_text())
    expected = json.loads(TRUTH.read_text())
    for item in expected['annotations']:
        # areas are those of boxes where there are no masks
        item['area'] = item['bbox'][2] * item['bbox'][3]
    found = evaluate(truth, metric='bbox')
    compare(found, reference(expected, 'bbox'), 'bbox')
