"""Targets: annotations, images, depth maps, packs, descriptions, weights."""

import io
import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from mmdet.datasets.transforms import LoadAnnotations
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader
from PIL import Image

from uhrnet.apis.exported_model import read_description
from uhrnet.compat.checkpoint import CheckpointError
from uhrnet.depth.datasets import DepthListDataset
from uhrnet.depth.transforms import LoadCheckedDepth
from uhrnet.detection.datasets import CheckedCocoDataset, VOCStyleDataset
from uhrnet.errors import DataError
from uhrnet.segmentation.datasets import PackedDataset
from uhrnet.segmentation.datasets.pack_format import verify_pack, write_pack
from uhrnet.segmentation.transforms import (
    LoadCheckedAnnotations,
    LoadPackedSample,
)
from uhrnet.transforms import CheckImageFile, LoadCheckedImage

from .converters import checkpoints, mutate_pickle
from .mutation import (
    mutate_bytes,
    mutate_json,
    mutate_png,
    mutate_xml,
    with_tokens,
    zipped,
)
from .watch import Target

MAX_PIXELS = 2**20
_DATA = (DataError,)
_CLASSES = dict(classes=('cat', 'dog'))


class Nameless(Exception):
    """An error that does not say which file is meant."""


def _named(error: Exception, *paths: Path) -> None:
    if not any(path.name in str(error) for path in paths):
        raise Nameless(str(error)) from error


def _voc_seeds() -> list[bytes]:
    box = '<xmin>2</xmin><ymin>1</ymin><xmax>9</xmax><ymax>8</ymax>'
    thing = f'<object><name>cat</name><bndbox>{box}</bndbox></object>'
    size = '<size><width>20</width><height>10</height></size>'
    text = (
        f'<annotation><filename>a.jpg</filename>{size}{thing * 2}</annotation>'
    )
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    return [
        text.encode(),
        text.replace(size, '').encode(),
        text.encode('utf-16'),
        (bomb + text.replace('cat', '&b;')).encode(),
    ]


def _run_voc(data: bytes, folder: Path) -> None:
    root = _voc_folder(folder)
    (root / 'Annotations/a.xml').write_bytes(data)
    _load_voc(root, 'a.xml')


def _run_voc_list(data: bytes, folder: Path) -> None:
    root = _voc_folder(folder)
    (root / 'Annotations/a.xml').write_bytes(_voc_seeds()[0])
    (root / 'list.txt').write_bytes(data)
    try:
        _load_voc(root, 'voc')
    finally:
        (root / 'list.txt').write_text('a\n')


def _load_voc(root: Path, name: str) -> None:
    dataset = VOCStyleDataset(
        data_root=str(root),
        ann_file='list.txt',
        data_prefix=dict(sub_data_root=''),
        metainfo=_CLASSES,
        pipeline=[],
        lazy_init=True,
    )
    try:
        dataset.load_data_list()
    except DataError as error:
        _named(error, root / name, root / 'list.txt')
        raise


@cache
def _voc_folder(folder: Path) -> Path:
    root = folder / 'voc'
    for name in ('Annotations', 'JPEGImages'):
        (root / name).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(root / 'JPEGImages/a.jpg'), np.zeros((10, 20, 3)))
    (root / 'list.txt').write_text('a\n')
    return root


def _coco_seeds() -> list[bytes]:
    polygon = [1, 1, 8, 1, 8, 7.5, 1, 7]
    masks = (
        [polygon],
        dict(size=[10, 20], counts=[50, 100, 50]),
        dict(size=[10, 20], counts='b1T3b1'),
        None,
    )
    content = dict(
        images=[
            dict(id=1, file_name='a.jpg', height=10, width=20),
            dict(id=2, file_name='b/c.jpg', height=5, width=5),
        ],
        categories=[dict(id=1, name='cat'), dict(id=5, name='dog')],
        annotations=[
            dict(id=number, image_id=1, category_id=1, iscrowd=0, area=49.5,
                 bbox=[1, 1, 7, 6.5], segmentation=mask)
            for number, mask in enumerate(masks)
        ],
    )  # fmt: skip
    return [json.dumps(content).encode()]


def _run_coco(data: bytes, folder: Path) -> None:
    path = folder / 'instances.json'
    path.write_bytes(data)
    try:
        dataset = CheckedCocoDataset(
            ann_file=str(path),
            data_prefix=dict(img=''),
            metainfo=_CLASSES,
            pipeline=[],
            serialize_data=False,
        )
    except DataError as error:
        _named(error, path)
        raise
    load = LoadAnnotations(with_bbox=True, with_mask=True)
    for image in dataset.data_list:
        shape = (image['height'], image['width'])
        if shape[0] * shape[1] <= MAX_PIXELS:
            found = [x for x in image['instances'] if 'mask' in x]
            load.transform(dict(image, instances=found, ori_shape=shape))


def _run_depth_list(data: bytes, folder: Path) -> None:
    path = folder / 'list.txt'
    path.write_bytes(data)
    try:
        DepthListDataset(ann_file=str(path), pipeline=[])
    except DataError as error:
        _named(error, path)
        raise


def _images() -> list[bytes]:
    values = np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3)
    found = []
    for kind in ('PNG', 'JPEG', 'BMP', 'TIFF', 'WEBP', 'GIF', 'PPM'):
        target = io.BytesIO()
        Image.fromarray(values).save(target, kind)
        found.append(target.getvalue())
    eps = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n'
    return [*found, eps + b'(canary) (w) file\n']


def _run_image(data: bytes, folder: Path) -> None:
    path = folder / 'image.png'
    path.write_bytes(data)
    try:
        for backend in ('cv2', 'pillow'):
            LoadCheckedImage(imdecode_backend=backend, max_pixels=MAX_PIXELS)(
                dict(img_path=str(path))
            )
        CheckImageFile(max_pixels=MAX_PIXELS)(dict(img_path=str(path)))
    except DataError as error:
        _named(error, path)
        raise


def _labels() -> list[bytes]:
    values = np.arange(72, dtype=np.uint8).reshape(8, 9) % 5
    kinds = ('.png', '.bmp', '.tiff')
    return [cv2.imencode(kind, values)[1].tobytes() for kind in kinds]


def _run_labels(data: bytes, folder: Path) -> None:
    path = folder / 'labels.png'
    path.write_bytes(data)
    try:
        LoadCheckedAnnotations(5, max_pixels=MAX_PIXELS)(
            dict(
                seg_map_path=str(path),
                ori_shape=(8, 9),
                reduce_zero_label=False,
                seg_fields=[],
            )
        )
    except DataError as error:
        _named(error, path)
        raise


def _depths() -> list[bytes]:
    values = np.arange(1, 73, dtype=np.uint16).reshape(8, 9)
    return [cv2.imencode('.png', values)[1].tobytes()]


def _depth_arrays() -> list[bytes]:
    found = []
    for kind in ('<f4', '<f8', '>u2', '<f2', '?', 'O', '<U3'):
        target = io.BytesIO()
        np.save(target, np.ones((8, 9)).astype(kind), allow_pickle=True)
        found.append(target.getvalue())
    return found


def _depth_zips() -> list[bytes]:
    found = []
    for save in (np.savez, np.savez_compressed):
        target = io.BytesIO()
        save(target, depth=np.ones((8, 9), np.float32), other=np.ones(3))
        found.append(target.getvalue())
    return found


def _run_depth(data: bytes, folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(data)
    try:
        LoadCheckedDepth(1, 80, max_pixels=MAX_PIXELS)(
            dict(depth_map_path=str(path), ori_shape=(8, 9))
        )
    except DataError as error:
        _named(error, path)
        raise


_HEADERS = with_tokens(
    b"'descr': '|O'", b'(9999999999, 9)', b'(-1, 9)', b'((((', b'True',
    b"'<f4'", b"[('a', '<f4')]", b'\x93NUMPY\x02\0', b'\x93NUMPY\x03\0',
    b'8' * 5000, b'(2, 2, 2)',
)  # fmt: skip


@cache
def _pack(folder: Path) -> Path:
    root = folder / 'pack'
    if not root.exists():
        sample = dict(
            img_path='a.png',
            seg_map_path='b.png',
            image=np.zeros((4, 5, 3), np.uint8),
            labels=np.zeros((4, 5), np.uint8),
        )
        head = dict(
            metainfo=dict(_CLASSES, palette=[[0, 0, 0], [1, 2, 3]]),
            reduce_zero_label=False,
            label_map=[[0, 1], [1, 0]],
            ignore_index=255,
        )
        write_pack(root, head, [sample, sample], 160)
    return root


def _pack_seeds() -> list[bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        root = _pack.__wrapped__(Path(folder))
        return [(root / 'index.json').read_bytes()]


def _run_pack(data: bytes, folder: Path) -> None:
    root = _pack(folder)
    (root / 'index.json').write_bytes(data)
    init_default_scope('mmseg')
    try:
        dataset = PackedDataset(str(root))
        for sample in dataset:
            LoadPackedSample()(sample)
        verify_pack(root, str)
    except DataError as error:
        _named(error, root)
        raise


def _descriptions() -> list[bytes]:
    found = dict(
        task='segmentation', outputs='logits', classes=['a', 'b'],
        palette=[[0, 0, 0], [1, 2, 3]],
        normalisation=dict(mean=[1.5] * 3, std=[2] * 3, bgr_to_rgb=True),
        align_corners=False, size=[64, 96], least=1,
    )  # fmt: skip
    return [json.dumps(found).encode()]


def _run_description(data: bytes, folder: Path) -> None:
    path = folder / 'model.onnx'
    text = data.decode('utf-8', 'replace')
    try:
        read_description(path, text)
    except DataError as error:
        _named(error, path)
        raise


def _run_checkpoint(data: bytes, folder: Path) -> None:
    path = folder / 'model.pth'
    path.write_bytes(data)
    try:
        CheckpointLoader.load_checkpoint(str(path), 'cpu')
    except CheckpointError as error:
        _named(error, path)
        raise


_LINES = with_tokens(
    b'../x', b'/etc/passwd', b'http://x/y', b'\0', b'\n', b' ', b'None',
    b'nan', b'-1', b'\xff', b'\xe2\x80\xa8', b'C:\\x', b'x' * 5000,
)  # fmt: skip

TARGETS = {
    'VOC annotation': Target(_run_voc, _voc_seeds, mutate_xml, _DATA),
    'VOC list': Target(_run_voc_list, lambda: [b'a\n', b'b\n'], _LINES, _DATA),
    'COCO': Target(_run_coco, _coco_seeds, mutate_json, _DATA),
    'depth list': Target(
        _run_depth_list,
        lambda: [b'a/b.jpg c/d.png 700.5\n/e.jpg None 700\nf.jpg g.png\n'],
        _LINES,
        _DATA,
    ),
    'image': Target(_run_image, _images, mutate_bytes, _DATA),
    'image PNG': Target(_run_image, lambda: _images()[:1], mutate_png, _DATA),
    'labels': Target(_run_labels, _labels, mutate_png, _DATA),
    'depth PNG': Target(
        lambda data, folder: _run_depth(data, folder, 'depth.png'),
        _depths,
        mutate_png,
        _DATA,
    ),
    'depth npy': Target(
        lambda data, folder: _run_depth(data, folder, 'depth.npy'),
        _depth_arrays,
        _HEADERS,
        _DATA,
    ),
    'depth npz': Target(
        lambda data, folder: _run_depth(data, folder, 'depth.npz'),
        _depth_zips,
        zipped(_HEADERS),
        _DATA,
    ),
    'pack': Target(_run_pack, _pack_seeds, mutate_json, _DATA),
    'description': Target(_run_description, _descriptions, mutate_json, _DATA),
    'checkpoint zip': Target(
        _run_checkpoint,
        lambda: checkpoints(False),
        zipped(mutate_pickle),
        (CheckpointError,),
    ),
    'checkpoint legacy': Target(
        _run_checkpoint,
        lambda: checkpoints(True),
        mutate_pickle,
        (CheckpointError,),
    ),
}
EXECUTIONS = {
    'VOC annotation': 6_000,
    'VOC list': 2_000,
    'COCO': 6_000,
    'depth list': 4_000,
    'image': 6_000,
    'image PNG': 4_000,
    'labels': 4_000,
    'depth PNG': 3_000,
    'depth npy': 5_000,
    'depth npz': 4_000,
    'pack': 4_000,
    'description': 5_000,
    'checkpoint zip': 3_000,
    'checkpoint legacy': 3_000,
}
