"""Targets: images, label maps and depth maps."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from uhrnet.depth.transforms import LoadCheckedDepth
from uhrnet.errors import DataError
from uhrnet.segmentation.transforms import LoadCheckedAnnotations
from uhrnet.transforms import CheckImageFile, LoadCheckedImage

from .mutation import mutate_bytes, mutate_png, with_tokens, zipped
from .watch import Target, check_named

MAX_PIXELS = 2**20
_DATA = (DataError,)


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
        check_named(error, path)
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
        check_named(error, path)
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
        check_named(error, path)
        raise


_HEADERS = with_tokens(
    b"'descr': '|O'", b'(9999999999, 9)', b'(-1, 9)', b'((((', b'True',
    b"'<f4'", b"[('a', '<f4')]", b'\x93NUMPY\x02\0', b'\x93NUMPY\x03\0',
    b'8' * 5000, b'(2, 2, 2)',
)  # fmt: skip


TARGETS = {
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
}
EXECUTIONS = {
    'image': 6_000,
    'image PNG': 4_000,
    'labels': 4_000,
    'depth PNG': 3_000,
    'depth npy': 5_000,
    'depth npz': 4_000,
}
