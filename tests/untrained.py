"""Folders as trainings leave them, of models with random weights."""

import warnings

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


def spread(model):
    """Normalise what layers say, or it would be the same of all pixels."""
    norms = [x for x in model.modules() if isinstance(x, _BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all passes, here of one
    model.train()
    with torch.no_grad():
        maps = model.extract_feat(torch.randn(2, 3, 64, 96))
        if hasattr(model, 'decode_head'):
            model.decode_head(maps)
            model.decode_head.conv_seg.weight.normal_()


def work_dir(folder, name):
    """Write a config and a checkpoint; return the folder."""
    folder.mkdir(parents=True)
    cfg = small(name)
    cfg.dump(folder / f'{name}.py')
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = load_model(cfg)
    spread(model)
    checkpoint = dict(
        state_dict=model.state_dict(),
        meta=dict(dataset_meta=model.dataset_meta),
    )
    torch.save(checkpoint, folder / 'best_random_iter_1.pth')
    torch.save(checkpoint, folder / 'iter_1.pth')
    return folder
