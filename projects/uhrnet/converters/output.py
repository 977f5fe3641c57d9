"""From a conversion to a checkpoint that the toolboxes load as it is."""

from pathlib import Path

from uhrnet.checkpoint_file import save_checkpoint
from uhrnet.version import __version__

from .conversion import Conversion, ConversionError


def write_conversion(
    conversion: Conversion,
    target: str | Path,
    family: str,
    source: dict[str, str],
    normalisation: dict[str, list[float]],
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
        source: Where the weights come from: ``name`` and ``sha256`` of the
            file and the ``origin``.
        normalisation: ``mean`` and ``std`` of RGB in 0-255 that a model with
            a head was trained with. A backbone alone says nothing about it.
        dataset: Type of the data set that a head was trained on, as in a
            config. By default ``CityscapesDataset`` for 19 classes.

    Returns:
        A line that says what was written.

    Raises:
        ConversionError: If the data set is unknown, is not stated for
            another number of classes than 19, or has another number.
        OSError: If the file cannot be written. Nothing is left behind.
    """
    arch = f'{family}-{conversion.arch}'
    meta = dict(
        arch=arch,
        source=source,
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
    return (
        f'{path}: {arch}, {contents}; {conversion.used} parameters placed, '
        f'{len(conversion.dropped)} unused ones dropped; source sha256 '
        f'{source["sha256"]}'
    )


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
    dataset = dataset or 'CityscapesDataset'
    found = DATASETS.get(dataset)
    if found is None:
        raise ConversionError(
            f'--dataset {dataset} is unknown: give the type that a config '
            'names, for example CityscapesDataset'
        )
    classes = found.METAINFO.get('classes', ())
    if len(classes) != num_classes:
        raise ConversionError(
            f'the head has {num_classes} classes and {dataset} has '
            f'{len(classes)}: name its data set with --dataset'
        )
    return dict(classes=classes, palette=found.METAINFO['palette'])
