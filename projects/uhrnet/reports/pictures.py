"""Small pictures of samples, drawn by the visualiser of a run."""

import base64
from typing import Any

import cv2
import mmcv
import numpy as np
import torch
from mmengine.fileio import get
from mmengine.structures import InstanceData, PixelData
from mmengine.visualization import Visualizer
from torch import Tensor

# Boxes of lower scores are not drawn.
DRAWN_SCORE = 0.3
MOST_DRAWN = 20
_MAPS = ('gt_sem_seg', 'pred_sem_seg', 'gt_depth_map', 'pred_depth_map')
_INSTANCES = ('gt_instances', 'pred_instances')
# Of what is known of an image, what is needed to draw it.
_META = ('img_path', 'window')
_PANEL = 512  # pixels of a map's longer side
# Width of a panel, from which the text below it can be read.
_READABLE = 288
_PICTURE = 1280  # width
_QUALITY = 85
_LARGEST_BYTE = 255


def reduce_sample(sample: Any) -> Any:
    """Copy what a picture needs of a sample, and no more, to the CPU.

    Maps are kept at up to 512 pixels a side, of the objects and the surest
    boxes 20 each, their masks in COCO's run lengths. Logits are left out.

    Args:
        sample: Of an evaluation, of any task.
    """
    meta = dict(sample.metainfo)
    kept = type(sample)(metainfo={k: meta[k] for k in _META if k in meta})
    for key in _MAPS:
        if key in sample:
            data = _shrink(sample.get(key).data)
            kept.set_field(PixelData(data=data), key)
    for key in _INSTANCES:
        if key in sample:
            kept.set_field(_surest(sample.get(key)), key)
    return kept


def draw_sample(visualizer: Visualizer, sample: Any) -> np.ndarray:
    """Draw truth and prediction of a reduced sample.

    Args:
        visualizer: Of the run. Its backends do not get the picture.
        sample: Of :func:`reduce_sample`.

    Returns:
        (H, W, 3) uint8, RGB, not much wider than 1280 pixels.
    """
    image = mmcv.imfrombytes(get(sample.img_path), channel_order='rgb')
    maps = [sample.get(key).data for key in _MAPS if key in sample]
    if maps:
        top, bottom, left, right = sample.get('window', (0, None, 0, None))
        image = image[top:bottom, left:right]
        height, width = maps[0].shape[-2:]
        times = -(-_READABLE // width)
        sample = _enlarge(sample, times)
        height, width = times * height, times * width
        image = cv2.resize(
            image, (width, height), interpolation=cv2.INTER_AREA
        )
    else:
        sample = _with_masks(sample)
    backends, visualizer._vis_backends = visualizer._vis_backends, {}
    try:
        visualizer.add_datasample(
            'sample', image, data_sample=sample, pred_score_thr=DRAWN_SCORE
        )
    finally:
        visualizer._vis_backends = backends
    return fit_width(visualizer.get_image(), _PICTURE)


def fit_width(picture: np.ndarray, width: int) -> np.ndarray:
    """Make a picture (H, W, 3) smaller if it is wider than ``width``."""
    scale = width / picture.shape[1]
    if scale >= 1:
        return picture
    size = (width, max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def jpeg_uri(picture: np.ndarray) -> str:
    """Return an RGB picture (H, W, 3) as the address of an image element."""
    done, data = cv2.imencode(
        '.jpg',
        cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, _QUALITY],
    )
    if not done:
        raise OSError('OpenCV cannot write a JPEG')
    return data_uri('image/jpeg', data.tobytes())


def data_uri(kind: str, data: bytes) -> str:
    """Return data as an address, of a media type such as image/jpeg."""
    return f'data:{kind};base64,{base64.b64encode(data).decode()}'


def _shrink(data: Tensor) -> Tensor:
    """Leave out rows and columns, and keep labels in bytes if they fit."""
    step = max(1, -(-max(data.shape[-2:]) // _PANEL))
    data = data[..., ::step, ::step]
    if data.dtype.is_floating_point:
        return data.float().cpu().clone()
    bytes_do = data.numel() and data.min() >= 0 and data.max() <= _LARGEST_BYTE
    return data.to(torch.uint8 if bytes_do else torch.int32).cpu().clone()


def _enlarge(sample: Any, times: int) -> Any:
    """Repeat rows and columns of all maps, and forget the window."""
    larger = type(sample)()
    for key in _MAPS:
        if key in sample:
            data = sample.get(key).data
            for axis in (-1, -2):
                data = data.repeat_interleave(times, axis)
            larger.set_field(PixelData(data=data), key)
    return larger


def _surest(instances: InstanceData) -> InstanceData:
    if 'scores' in instances:
        instances = instances[instances.scores >= DRAWN_SCORE]
        order = instances.scores.argsort(descending=True)
        instances = instances[order]
    instances = instances[:MOST_DRAWN].cpu()
    kept = {
        key: value.clone() if isinstance(value, Tensor) else value
        for key, value in instances.items()
    }
    if 'masks' in kept:
        kept['masks'] = _encode(kept['masks'])
    return InstanceData(**kept)


def _encode(masks: Any) -> list[dict]:
    """Turn masks, which have the size of the image, into run lengths."""
    from mmdet.structures.mask import encode_mask_results

    array = masks if isinstance(masks, Tensor) else masks.to_ndarray()
    return encode_mask_results([np.asarray(mask, bool) for mask in array])


def _with_masks(sample: Any) -> Any:
    """Turn run lengths into masks (N, H, W) again."""
    larger = type(sample)()
    for key in _INSTANCES:
        if key in sample:
            instances = dict(sample.get(key).items())
            codes = instances.pop('masks', None)
            if codes:
                from pycocotools import mask

                instances['masks'] = mask.decode(codes).transpose(2, 0, 1)
            larger.set_field(InstanceData(**instances), key)
    return larger
