"""Decode a data set of segmentation once, into files that are mapped.

    python tools/dataset_converters/pack.py CONFIG OUT
    python tools/dataset_converters/pack.py --verify OUT

The training images of a config. Training from the copy (PackedDataset, as in
configs/_base_/datasets/cityscapes_packed.py) decodes nothing, and reads from
the disk little more than the crop. It takes 4 bytes a pixel: 25 GB for
Cityscapes' training images. --verify compares the copy with its checksums.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS, init_default_scope
from PIL import Image

from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.data_sources import check_data_roots
from uhrnet.engine.dataset_configs import innermost_dataset
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import DataError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', nargs='?', help='of segmentation')
    parser.add_argument(
        'out', nargs='?', type=Path, help='new folder, of one split'
    )
    parser.add_argument(
        '--verify', type=Path, metavar='OUT', help='check a packed copy'
    )
    add_cfg_options(parser)
    args = parser.parse_args()
    if (args.out is None) == (args.verify is None):
        parser.error('give CONFIG and OUT, or --verify OUT alone')
    if args.verify is not None and args.cfg_options:
        parser.error('--verify needs no config, and so no --cfg-options')
    return args


def main() -> None:
    """Write a copy, or check one."""
    from uhrnet.segmentation.datasets.pack_format import check_new

    args = parse_args()
    if args.verify is not None:
        verify(args.verify)
        return
    check_new(args.out)
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    init_default_scope(cfg.default_scope)
    check_data_roots(cfg, ('train_dataloader',))
    source = innermost_dataset(cfg.train_dataloader)
    if 'datasets' in source:
        raise DataError(
            f'{args.config} trains on {len(source.datasets)} data sets at '
            'once: pack each of them, by a config that has it alone'
        )
    pack(DATASETS.build(dict(source, pipeline=[])), args.out)


def pack(dataset: BaseDataset, out: Path) -> None:
    """Write the copy of a data set and say what it holds."""
    from uhrnet.segmentation.datasets.pack_format import write_pack

    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    if not dataset.metainfo.get('classes'):
        raise DataError(
            f'{type(dataset).__name__} names no classes: give them as metainfo'
        )
    for info in infos:
        if info.get('seg_map_path') is None:
            raise DataError(
                f'{info.get("img_path")} has no label map: what can be packed '
                'are data sets of segmentation, with labels'
            )
    print(f'looking at {len(infos)} images', flush=True)
    needed = 4 * sum(count_pixels(info['img_path']) for info in infos)
    print(f'writing {needed / 2**30:.2f} GiB', flush=True)
    metainfo = dataset.metainfo
    label_map = metainfo.pop('label_map')
    head = dict(
        metainfo=metainfo,
        reduce_zero_label=metainfo.pop('reduce_zero_label'),
        label_map=None if label_map is None else [*label_map.items()],
        ignore_index=dataset.ignore_index,
    )
    write_pack(out, head, read_samples(dataset, infos), needed)
    print(f'{out}: {len(infos)} samples, {needed / 2**30:.2f} GiB')


def count_pixels(path: str) -> int:
    """Read the head of an image for its size."""
    try:
        with Image.open(path) as file:
            return file.width * file.height
    except (OSError, Image.DecompressionBombError) as error:
        raise DataError(
            f'{path} cannot be read as an image ({error}). Replace it, or '
            'remove it from the data set.'
        ) from None


def read_samples(dataset: BaseDataset, infos: list[dict]) -> Iterator[dict]:
    """Decode and check one sample after the other."""
    from uhrnet.segmentation.transforms import LoadCheckedAnnotations
    from uhrnet.segmentation.transforms.annotation_loading import map_labels
    from uhrnet.transforms import LoadCheckedImage

    load = LoadCheckedImage()
    loader = LoadCheckedAnnotations(
        len(dataset.metainfo['classes']), dataset.ignore_index
    )
    for number, info in enumerate(infos, 1):
        image = load(info)['img']
        labels = loader.read(info)
        used = map_labels(labels, info['reduce_zero_label'], info['label_map'])
        loader.check(used, info['seg_map_path'])
        yield dict(info, image=image, labels=labels)
        if number % 500 == 0:
            print(f'{number} of {len(infos)}', flush=True)


def verify(root: Path) -> None:
    """Compare a copy with its checksums."""
    from uhrnet.segmentation.datasets.pack_format import verify_pack

    samples, damaged = verify_pack(root, print)
    if damaged:
        raise DataError(
            f'{damaged} damaged of {2 * samples} arrays of {root}. '
            'Pack the data set again.'
        )
    print(f'{root}: {samples} samples, all as they were packed')


if __name__ == '__main__':
    run(main)
