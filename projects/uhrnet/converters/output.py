"""From a conversion to a checkpoint that the toolboxes load as it is."""

import argparse
from pathlib import Path

from uhrnet.checkpoint_file import save_checkpoint
from uhrnet.version import __version__

from .conversion import Conversion, ConversionError


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``target`` and ``--dataset``, which all converters take."""
    parser.add_argument('target', type=Path, help='.pth file to write')
    parser.add_argument(
        '--dataset',
        metavar='TYPE',
        help='data set of the classes, as configs name it; default: '
        'CityscapesDataset for 19 classes',
    )


def write_conversion(
    conversion: Conversion,
    target: str | Path,
    family: str,
    source: Path,
    sha256: str,
    origin: str,
    normalisation: dict[str, list[float] | bool],
    dataset: str | None = None,
) -> str:
    """Save a converted checkpoint.

    ``tools/test.py``, ``load_from``, and ``init_cfg=dict(type='Pretrained',
    prefix='backbone.')`` take the file. It has no state of a training, so it
    cannot be resumed.

    Args:
        conversion: What to save.
        target: File to write.
        family: ``'uhrnet'`` or ``'hrnetv2'``; with the arch it names the
            model.
        source: File of the weights.
        sha256: Its checksum.
        origin: Whose format it has.
        normalisation: ``mean`` and ``std`` of 0-255 and ``bgr_to_rgb``, that
            a model with a head was trained with. A backbone alone says
            nothing about it.
        dataset: Type of the data set that a head was trained on, as in a
            config. By default ``CityscapesDataset`` for 19 classes.

    Returns:
        What was written and done, for the user.

    Raises:
        ConversionError: If the data set is unknown, is not stated for
            another number of classes than 19, or has another number, or if
            source and target are one file.
        OSError: If the file cannot be written. Nothing is left behind.
    """
    target = Path(target)
    if target.exists() and target.samefile(source):
        raise ConversionError(
            'source and target are the same file: name another target'
        )
    arch = f'{family}-{conversion.arch}'
    meta = dict(
        arch=arch,
        source=dict(
            name=source.name,
            sha256=sha256,
            origin=origin,
            notes=list(conversion.notes),
        ),
        normalisation=None,
        uhrnet_version=__version__,
    )
    if conversion.num_classes is not None:
        meta['dataset_meta'] = dataset_meta(dataset, conversion.num_classes)
        meta['normalisation'] = normalisation
        contents = f'{conversion.num_classes} classes'
    elif dataset is not None:
        raise ConversionError(
            f'--dataset {dataset}: the file holds a backbone alone, without '
            'classes'
        )
    else:
        contents = 'backbone'
    checkpoint = dict(meta=meta, state_dict=conversion.state_dict)
    path = save_checkpoint(checkpoint, target)
    lines = [
        f'{path}: {arch}, {contents}; {conversion.used} parameters placed, '
        f'{len(conversion.dropped)} unused ones dropped; source sha256 '
        f'{sha256}',
        *conversion.notes,
    ]
    return '\n'.join(lines)


def dataset_meta(dataset: str | None, num_classes: int) -> dict:
    """Look up classes and palette of a data set.

    Args:
        dataset: Its type in a config; None for the default.
        num_classes: What the head has.

    Returns:
        ``classes`` and ``palette``, as mmengine stores them.

    Raises:
        ConversionError: See :func:`write_conversion`.
    """
    from mmseg.registry import DATASETS

    import uhrnet.segmentation  # noqa: F401, registers our data sets

    if dataset is None and num_classes != 19:
        raise ConversionError(
            f'the head has {num_classes} classes: say which data set they '
            'are from, for example --dataset ADE20KDataset'
        )
    dataset = 'CityscapesDataset' if dataset is None else dataset
    # get() would also import whatever a dotted name leads to.
    found = DATASETS.get(dataset) if dataset.isidentifier() else None
    metainfo = getattr(found, 'METAINFO', {})
    if not {'classes', 'palette'} <= metainfo.keys():
        raise ConversionError(
            f'--dataset {dataset} is unknown: give the type that a config '
            'names, for example CityscapesDataset'
        )
    classes = metainfo['classes']
    if len(classes) != num_classes:
        raise ConversionError(
            f'the head has {num_classes} classes and {dataset} has '
            f'{len(classes)}: name its data set with --dataset'
        )
    return dict(classes=classes, palette=metainfo['palette'])
