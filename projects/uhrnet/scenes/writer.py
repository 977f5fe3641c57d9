"""Writes rendered scenes as a data set for all three tasks.

Layout below the root::

    images/<split>/00000.png        RGB
    annotations/<split>/00000.png   class indices, one channel
    depth/<split>/00000.png         metres * 256, 16 bit, 0 in the sky
    depth/<split>/00000.npy         metres, float32, 0 in the sky
    instances_<split>.json          COCO: boxes and masks of the things
    meta.json                       classes, colours, calibration, parameters
"""

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from .classes import CLASSES, PALETTE, THINGS
from .compose import sample_scene
from .render import Frame, render

DEPTH_SCALE = 256
"""Value of the 16-bit depth images at one metre."""

RENDERER_VERSION = 1
"""Rises when the same seed gives other pictures."""

_GENERATOR = 'uhrnet.scenes'


def make_frame(
    seed: int, split: str, index: int, size: tuple[int, int] = (192, 320)
) -> Frame:
    """Render one image of a data set, whatever else the data set holds.

    Args:
        seed: Of the data set, not negative.
        split: Name of the split.
        index: Number of the image in the split, from 0.
        size: Height and width in pixels.
    """
    key = (seed, zlib.crc32(split.encode()), index)
    return render(sample_scene(np.random.default_rng(key)), *size)


def encode_depth(depth: np.ndarray) -> np.ndarray:
    """Depth in metres (H, W) as 16-bit image values."""
    value = np.rint(depth.astype(np.float64) * DEPTH_SCALE)
    return np.clip(value, 0, np.iinfo(np.uint16).max).astype(np.uint16)


def write_dataset(
    root: str | os.PathLike,
    splits: Mapping[str, int] | None = None,
    size: tuple[int, int] = (192, 320),
    seed: int = 0,
    overwrite: bool = False,
) -> dict:
    """Write a data set, complete or not at all.

    A root that already holds a data set with these parameters is left alone.

    Args:
        root: Folder to write; its parents are made.
        splits: Number of images of each split; 64 ``train`` and 16 ``val`` by
            default.
        size: Height and width of the images in pixels.
        seed: Other seeds give other streets; not negative.
        overwrite: Replace a data set of other parameters.

    Returns:
        The content of ``meta.json``.

    Raises:
        FileExistsError: The root holds something else, or a data set with
            other parameters and ``overwrite`` is not set.
    """
    splits = {'train': 64, 'val': 16} if splits is None else dict(splits)
    _check(splits, size, seed)
    parameters = {
        'generator': _GENERATOR,
        'version': RENDERER_VERSION,
        'seed': int(seed),
        'size': [int(value) for value in size],
        'splits': {name: int(count) for name, count in splits.items()},
    }
    # Links are followed, or the link would be replaced, not its folder.
    root = Path(root).resolve()
    meta = _existing(root, parameters, overwrite)
    if meta is not None:
        return meta
    root.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f'.{root.name}-', dir=root.parent))
    try:
        data = part / 'new'
        data.mkdir()
        meta = _fill(data, parameters)
        return _publish(data, root, parameters, meta, overwrite)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check(splits: dict[str, int], size: tuple[int, int], seed: int) -> None:
    if not splits:
        raise ValueError('no splits to write')
    for name, count in splits.items():
        if not name.isidentifier():
            raise ValueError(f'{name!r} cannot name a split and its folder')
        if count < 0:
            raise ValueError(f'split {name!r} cannot have {count} images')
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f'size is (height, width) in pixels, not {size}')
    if seed < 0:
        raise ValueError(f'seed must not be negative: {seed}')


def _existing(root: Path, parameters: dict, overwrite: bool) -> dict | None:
    """Meta of a data set that fits; None where one may be written."""
    if not root.exists():
        return None
    if root.is_dir() and not any(root.iterdir()):
        return None
    try:
        meta = json.loads((root / 'meta.json').read_text())
        ours = meta['generator'] == _GENERATOR
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise FileExistsError(
            f'{root} exists and was not written by {_GENERATOR}; choose '
            'another folder or remove it yourself'
        )
    different = [
        f'{name} is {meta.get(name)}, asked for {value}'
        for name, value in parameters.items()
        if meta.get(name) != value
    ]
    if not different:
        return meta
    if overwrite:
        return None
    raise FileExistsError(
        f'{root} holds scenes with other parameters '
        f'({"; ".join(different)}); choose another folder, or overwrite it'
    )


def _publish(
    data: Path, root: Path, parameters: dict, meta: dict, overwrite: bool
) -> dict:
    """Move a finished data set to its place."""
    # Whatever happened meanwhile: another process may have been faster.
    other = _existing(root, parameters, overwrite)
    if other is not None:
        return other
    if root.exists():
        os.rename(root, data.parent / 'old')
    os.rename(data, root)
    return meta


def _fill(root: Path, parameters: dict) -> dict:
    size = tuple(parameters['size'])
    images, pixels = {}, {}
    for split, count in parameters['splits'].items():
        for kind in ('images', 'annotations', 'depth'):
            (root / kind / split).mkdir(parents=True)
        total = np.zeros(len(CLASSES), np.int64)
        coco = _empty_coco()
        images[split] = []
        for index in range(count):
            frame = make_frame(parameters['seed'], split, index, size)
            name = f'{index:05d}'
            _write_png(
                root / 'images' / split / f'{name}.png',
                cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR),
            )
            _write_png(
                root / 'annotations' / split / f'{name}.png', frame.labels
            )
            depth = root / 'depth' / split
            _write_png(depth / f'{name}.png', encode_depth(frame.depth))
            np.save(depth / f'{name}.npy', frame.depth)
            _add_to_coco(coco, frame, f'{name}.png')
            total += np.bincount(frame.labels.ravel(), minlength=len(CLASSES))
            images[split].append(
                {
                    'file_name': f'{name}.png',
                    'intrinsics': frame.intrinsics.tolist(),
                }
            )
        _write_json(root / f'instances_{split}.json', coco)
        pixels[split] = dict(zip(CLASSES, total.tolist(), strict=True))
    meta = {
        **parameters,
        'classes': list(CLASSES),
        'palette': [list(colour) for colour in PALETTE],
        'things': list(THINGS),
        'depth_scale': DEPTH_SCALE,
        'pixels': pixels,
        'images': images,
    }
    _write_json(root / 'meta.json', meta)
    return meta


def _write_png(path: Path, image: np.ndarray) -> None:
    if not cv2.imwrite(str(path), image):
        raise OSError(f'could not write {path}')


def _write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, separators=(',', ':')) + '\n')


def _empty_coco() -> dict:
    categories = [
        {'id': index, 'name': name} for index, name in enumerate(THINGS, 1)
    ]
    return {'images': [], 'annotations': [], 'categories': categories}


def _add_to_coco(coco: dict, frame: Frame, file_name: str) -> None:
    """Append an image and its objects to a COCO dictionary."""
    height, width = frame.labels.shape
    image_id = len(coco['images'])
    coco['images'].append(
        {
            'id': image_id,
            'file_name': file_name,
            'height': height,
            'width': width,
        }
    )
    for instance in frame.objects:
        visible = (frame.instances == instance.id).astype(np.uint8)
        rle = coco_mask.encode(np.asfortranarray(visible))
        coco['annotations'].append(
            {
                'id': len(coco['annotations']) + 1,
                'image_id': image_id,
                'category_id': THINGS.index(CLASSES[instance.label]) + 1,
                'bbox': [float(value) for value in instance.bbox],
                'area': instance.area,
                'iscrowd': 0,
                'segmentation': {
                    'size': [height, width],
                    'counts': rle['counts'].decode('ascii'),
                },
            }
        )
