"""Targets: annotations, lists, packs, descriptions and weights."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from mmdet.datasets.transforms import LoadAnnotations
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader

from uhrnet.apis.exported_model import read_description
from uhrnet.compat.checkpoint import CheckpointError
from uhrnet.depth.datasets import DepthListDataset
from uhrnet.detection.datasets import CheckedCocoDataset, VOCStyleDataset
from uhrnet.errors import DataError
from uhrnet.segmentation.datasets import PackedDataset
from uhrnet.segmentation.datasets.pack_format import verify_pack, write_pack
from uhrnet.segmentation.transforms import (
    LoadPackedSample,
)

from .converters import checkpoints, mutate_pickle
from .mutation import (
    mutate_json,
    mutate_xml,
    with_tokens,
    zipped,
)
from .watch import Target, check_named

MAX_PIXELS = 2**20
_DATA = (DataError,)
_CLASSES = dict(classes=('cat', 'dog'))


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
        check_named(error, root / name, root / 'list.txt')
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
        check_named(error, path)
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
        check_named(error, path)
        raise


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
        check_named(error, root)
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
        check_named(error, path)
        raise


def _run_checkpoint(data: bytes, folder: Path) -> None:
    path = folder / 'model.pth'
    path.write_bytes(data)
    try:
        CheckpointLoader.load_checkpoint(str(path), 'cpu')
    except CheckpointError as error:
        check_named(error, path)
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
    'pack': 4_000,
    'description': 5_000,
    'checkpoint zip': 3_000,
    'checkpoint legacy': 3_000,
}
