"""Folders as trainings leave them, of models with random weights."""

import warnings

import cv2
import numpy as np
import torch
from config_files import named
from torch.nn.modules.batchnorm import _BatchNorm

from uhrnet.apis import load_model

SEGMENTOR = 'fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320'
ESTIMATOR = 'depth_uhrnet-w18-small_1xb8-4k_scenes-96x160'
DETECTOR = 'mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320'


def small(name):
    """A config of this package, the detector with few parameters."""
    cfg = named(name)
    if name == DETECTOR:
        cfg.test_dataloader.dataset.pipeline[2].scale = (96, 64)
        cfg.model.roi_head.bbox_head.fc_out_channels = 32
        cfg.model.test_cfg.rpn.max_per_img = 50
        cfg.model.test_cfg.rcnn.max_per_img = 5
    return cfg


def spread(model, images):
    """Normalise what layers say, or it would be the same of all pixels."""
    for norm in model.modules():
        if isinstance(norm, _BatchNorm):
            norm.reset_running_stats()
            norm.momentum = None  # the mean of all passes, here of one
    pixels = [cv2.imread(str(x)) for x in images]
    pixels = torch.from_numpy(np.stack(pixels)[..., ::-1].copy())
    inputs = (pixels.movedim(-1, 1).float() - 120) / 58
    with torch.no_grad():
        maps = model.train().extract_feat(inputs)
        if hasattr(model, 'decode_head'):
            model.decode_head(maps)
            last = model.decode_head.conv_seg
            last.weight.normal_()
            logits = model.eval().decode_head(model.extract_feat(inputs))
            last.bias -= logits.mean((0, 2, 3))


def work_dir(folder, name, images):
    """Write a config and a checkpoint; return the folder.

    Images are of the kind that the model will be tried on.
    """
    folder.mkdir(parents=True)
    cfg = small(name)
    cfg.dump(folder / f'{name}.py')
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = load_model(cfg)
    spread(model, images)
    checkpoint = dict(
        state_dict=model.state_dict(),
        meta=dict(dataset_meta=model.dataset_meta),
    )
    torch.save(checkpoint, folder / 'best_random_iter_1.pth')
    torch.save(checkpoint, folder / 'iter_1.pth')
    return folder
