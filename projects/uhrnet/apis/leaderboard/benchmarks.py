"""The data sets of configs, by their names."""

import re
from typing import NamedTuple


class Benchmark(NamedTuple):
    """A data set that configs train on.

    Attributes:
        data: What is trained on.
        val: What training evaluates on.
        test: What ``tools/test.py`` evaluates on.
        size: Height and width of a test image, where they are the same for
            all and not those in the config's name.
        images: Training images, where epochs are counted and they are known.
    """

    data: str
    val: str
    test: str
    size: tuple[int, int] | None = None
    images: int | None = None


BENCHMARKS = {
    'cityscapes': Benchmark(
        'Cityscapes', 'Cityscapes val', 'Cityscapes val', (1024, 2048)
    ),
    'ade20k': Benchmark('ADE20K', 'ADE20K val', 'ADE20K val'),
    'pascal-context-59': Benchmark(
        'Pascal Context (59 classes)',
        'Pascal Context val (59 classes)',
        'Pascal Context val (59 classes)',
    ),
    'pascal-context': Benchmark(
        'Pascal Context (60 classes)',
        'Pascal Context val (60 classes)',
        'Pascal Context val (60 classes)',
    ),
    'lip': Benchmark('LIP', 'LIP val', 'LIP val'),
    'coco-stuff164k': Benchmark(
        'COCO-Stuff 164k', 'COCO-Stuff 164k val', 'COCO-Stuff 164k val'
    ),
    'camvid': Benchmark('CamVid', 'CamVid val', 'CamVid test', (360, 480)),
    # without the images that have no box of 32 pixels, as configs train
    'coco': Benchmark(
        'COCO', 'COCO val2017', 'COCO val2017', (800, 1333), 117266
    ),
    'bccd': Benchmark('BCCD', 'BCCD val', 'BCCD test', None, 205),
    'kitti': Benchmark(
        'KITTI (Eigen)', 'KITTI Eigen test', 'KITTI Eigen test',
        (352, 1216), 23158,
    ),
    'nyu': Benchmark(
        'NYU Depth v2', 'NYU v2 test', 'NYU v2 test', (480, 640), 24231
    ),
    'scenes': Benchmark('scenes', 'scenes val', 'scenes val'),
}  # fmt: skip
_SCENES_OF_DEPTH = Benchmark(
    'scenes', 'scenes, 64 held out', 'scenes, 64 held out'
)
_DATA = re.compile(r'([a-z0-9-]+?)(-packed)?(?:-(\d+)x(\d+))?')


def benchmark_of(name: str) -> Benchmark:
    """Return the data set in a config's name."""
    key = _DATA.fullmatch(name.split('_')[-1])[1]
    if key == 'scenes' and name.startswith('depth_'):
        return _SCENES_OF_DEPTH
    return BENCHMARKS[key]


def crop_of(name: str) -> tuple[int, int] | None:
    """Return height and width in a config's name, if it has them."""
    *_, height, width = _DATA.fullmatch(name.split('_')[-1]).groups()
    return (int(height), int(width)) if height else None


def counted_size(name: str, divisor: int = 1) -> tuple[int, int]:
    """Return the size at which a config's multiply-adds are counted.

    That of a test image, or the crop where test images differ.

    Args:
        name: Of the config.
        divisor: Of which the model's input is a multiple.
    """
    benchmark, crop = benchmark_of(name), crop_of(name)
    size = benchmark.size or crop
    if benchmark.data == 'COCO' and crop:  # CenterNet's
        size = crop
    return tuple(-(-side // divisor) * divisor for side in size)


def gpus_of(name: str) -> int:
    """Return the number of GPUs in a config's name."""
    return int(re.search(r'_(\d+)xb\d+', name)[1])
