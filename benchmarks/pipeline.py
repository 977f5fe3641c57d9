"""Training samples of Cityscapes' recipe, by mmsegmentation's steps and ours.

    python benchmarks/pipeline.py [--rounds 15] [--images 4]

Milliseconds of a sample, in one process with one thread: mmsegmentation's
steps of the same distribution from 2048x1024 PNGs, ours from the same files
(by OpenCV and, if installed, by kornia-rs), and ours from their
packed copy. All draw the same scales and crops. The files are rendered, and as
large as those of Cityscapes; they are in memory, so that no disk is measured.
"""

import argparse
import contextlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import uhrnet.segmentation  # noqa: F401

# isort: split
import cv2
import numpy as np
import torch
from measure import medians
from mmengine.registry import DATASETS, init_default_scope
from torch.utils.data import Dataset

from uhrnet.scenes import CLASSES, render, sample_scene
from uhrnet.transforms import png_decoding

ROOT = Path(__file__).parents[1]
SIZE, CROP = (2048, 1024), (512, 1024)
RATIOS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
COLOURS = ('RandomColorDistortion', 'PhotoMetricDistortion')
STOCK = 'mmsegmentation'
# What was asked for, of samples a second: from the files, from the copy.
FILES_GOAL, PACKED_GOAL = 1.3, 4.0
SAMPLES = 16  # of a round


def write_files(root: Path, images: int) -> None:
    """Render images at half the size and enlarge them, with their labels."""
    for number in range(images):
        scene = sample_scene(np.random.default_rng(number))
        frame = render(scene, SIZE[1] // 2, SIZE[0] // 2)
        pairs = (
            ('images', frame.image[..., ::-1], cv2.INTER_CUBIC),
            ('annotations', frame.labels, cv2.INTER_NEAREST),
        )
        for folder, pixels, method in pairs:
            path = root / folder / f'{number}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            large = cv2.resize(pixels, SIZE, interpolation=method)
            cv2.imwrite(str(path), large)


def stock(colours: str) -> list[dict]:
    """Mmsegmentation's steps for what our recipe draws."""
    return [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(
            type='RandomChoiceResize',
            scales=[tuple(int(x * ratio) for x in SIZE) for ratio in RATIOS],
            keep_ratio=True,
        ),
        dict(type='RandomCrop', crop_size=CROP),
        *rest(colours),
    ]


def ours(colours: str) -> list[dict]:
    """The steps of configs/_base_/datasets/cityscapes.py."""
    return [
        dict(type='LoadCheckedImage'),
        dict(type='LoadCheckedAnnotations', num_classes=len(CLASSES)),
        *packed(colours)[1:],
    ]


def packed(colours: str) -> list[dict]:
    """The same behind another loader."""
    return [
        dict(type='LoadPackedSample'),
        dict(type='RandomScaleCrop', scale=SIZE, step=0.25, crop_size=CROP),
        *rest(colours),
    ]


def rest(colours: str) -> list[dict]:
    """What is the same in all of them."""
    return [
        dict(type='RandomFlip', prob=0.5),
        dict(type=colours),
        dict(type='PackSegInputs'),
    ]


def of_files(root: Path, pipeline: list[dict]) -> Dataset:
    """Build the data set of the written files."""
    folders = dict(img_path='images', seg_map_path='annotations')
    return DATASETS.build(
        dict(
            type='ScenesDataset',
            data_root=str(root),
            data_prefix=folders,
            pipeline=pipeline,
        )
    )


def pack(root: Path) -> Path:
    """Pack the written files as the tool does."""
    path = ROOT / 'tools/dataset_converters/pack.py'
    spec = importlib.util.spec_from_file_location('pack', path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    with contextlib.redirect_stdout(sys.stderr):
        tool.pack(of_files(root, []), root / 'packed')
    return root / 'packed'


@contextlib.contextmanager
def decoding_by(library: str) -> Iterator[None]:
    """Decode PNGs by OpenCV, as if the other library were not installed."""
    kept = png_decoding.decode_image_png_u8
    if library == 'OpenCV':
        png_decoding.decode_image_png_u8 = None
    try:
        yield
    finally:
        png_decoding.decode_image_png_u8 = kept


def libraries() -> list[str]:
    """Name what can decode here, the preferred one last."""
    faster = png_decoding.decode_image_png_u8 is not None
    return ['OpenCV', *(['kornia-rs'] if faster else [])]


def draw(dataset: Dataset, library: str) -> None:
    """Take the images in turn, at scales and places that are always equal."""
    np.random.seed(0)
    with decoding_by(library):
        for number in range(SAMPLES):
            dataset[number % len(dataset)]


def rows(
    rounds: int, images: int = 4
) -> list[tuple[str, float, float, float | None]]:
    """Measure all ways in turn.

    Args:
        rounds: Of 16 samples each, the median of which counts.
        images: How many files to write.

    Returns:
        Label, milliseconds of a sample, samples a second relative to
        mmsegmentation's steps, and what was asked for, if anything.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    init_default_scope('mmseg')
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    found = []
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        root = Path(folder)
        write_files(root, images)
        copy = str(pack(root))
        for colours in COLOURS:
            calls, goals = ways(root, copy, colours)
            times = medians(calls, rounds)
            for name, seconds in times.items():
                label = f'{name}, {colours}'
                ratio = times[STOCK] / seconds
                milliseconds = seconds / SAMPLES * 1e3
                found.append((label, milliseconds, ratio, goals.get(name)))
    return found


def ways(
    root: Path, copy: str, colours: str
) -> tuple[dict[str, Callable], dict[str, float]]:
    """Return all ways to take samples, and the goals of two of them."""
    files = of_files(root, ours(colours))
    calls = {STOCK: partial(draw, of_files(root, stock(colours)), 'OpenCV')}
    for library in libraries():
        name = f'ours, {library}'
        calls[name] = partial(draw, files, library)
    copied = DATASETS.build(
        dict(type='PackedDataset', data_root=copy, pipeline=packed(colours))
    )
    calls['ours, packed'] = partial(draw, copied, 'OpenCV')
    return calls, {name: FILES_GOAL, 'ours, packed': PACKED_GOAL}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--images', type=int, default=4)
    args = parser.parse_args()
    print('| | a sample, ms | samples a second, ratio | goal |')
    print('| --- | --- | --- | --- |')
    for label, ms, ratio, goal in rows(args.rounds, args.images):
        print(f'| {label} | {ms:.1f} | {ratio:.2f} | {goal or ""} |')


if __name__ == '__main__':
    main()
