"""Predictions of the rendered scenes that are made of their truth."""

import json

import cv2
import numpy as np
import torch

CONFIGS = dict(
    segmentation='fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320',
    depth='depth_uhrnet-w18-small_1xb8-4k_scenes-96x160',
    detection='mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320',
)


def options(scenes, *loaders):
    """``--cfg-options`` that read from the scenes."""
    loaders = loaders or ('test',)
    return (
        '--cfg-options',
        *(f'{x}_dataloader.dataset.data_root={scenes}' for x in loaders),
    )


def labels_of(scenes):
    """Name to true labels of the validation images."""
    return {
        path.stem: cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        for path in sorted((scenes / 'annotations/val').iterdir())
    }


def depth_of(scenes):
    """Name to true depth in metres of the validation images."""
    return {
        path.stem: np.load(path)
        for path in sorted((scenes / 'depth/val').glob('*.npy'))
    }


def as_png(metres):
    """Depth as 16-bit PNGs hold it."""
    return np.rint(metres * 256).clip(1, 65535).astype(np.uint16)


def save_maps(folder, maps):
    """Write label maps or 16-bit depth maps by name."""
    folder.mkdir()
    for name, values in maps.items():
        assert cv2.imwrite(str(folder / f'{name}.png'), values)
    return folder


def boxes_of(scenes):
    """File name to boxes and classes of the validation images."""
    content = json.loads((scenes / 'instances_val.json').read_text())
    numbers = sorted(x['id'] for x in content['categories'])
    found = {}
    for image in sorted(content['images'], key=lambda x: x['id']):
        own = [
            x for x in content['annotations'] if x['image_id'] == image['id']
        ]
        boxes = np.array([x['bbox'] for x in own], float).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        labels = [numbers.index(x['category_id']) for x in own]
        found[image['file_name']] = boxes, np.array(labels, int)
    return found


def as_results(found):
    """What mmdet dumps of boxes and classes by file name."""
    return [
        dict(
            img_path=name,
            pred_instances=dict(
                bboxes=torch.tensor(boxes, dtype=torch.float32),
                labels=torch.tensor(labels),
                scores=torch.full((len(labels),), 0.9),
            ),
        )
        for name, (boxes, labels) in found.items()
    ]
