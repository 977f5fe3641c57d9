"""A converted checkpoint, and data in the folders of Cityscapes."""

import pickle
import shutil
import sys
from pathlib import Path

import pytest
from command_line import options_without_page, succeed

DATA = Path(__file__).parents[1] / 'data'
sys.path.insert(0, str(DATA))
import uhrnet_golden as golden  # noqa: E402


def write_pdparams(path, arrays, protocol=4):
    """Write a file as Paddle does."""
    table = {'StructuredToParameterName@@': {key: key for key in arrays}}
    path.write_bytes(pickle.dumps(arrays | table, protocol))
    return path


@pytest.fixture(scope='session')
def arrays():
    """Name to array, of U-HRNet-W18-Small with its head."""
    return golden.checkpoint('UHRNet_W18_Small')


@pytest.fixture(scope='session')
def pdparams(tmp_path_factory, arrays):
    """The same as a file."""
    folder = tmp_path_factory.mktemp('source')
    return write_pdparams(folder / 'model.pdparams', arrays)


@pytest.fixture(scope='session')
def converted(pdparams):
    """The same, converted."""
    path = pdparams.with_name('converted.pth')
    succeed('tools/model_converters/paddle2uhrnet.py', pdparams, path)
    return path


@pytest.fixture(scope='session')
def cityscapes(tmp_path_factory, scenes):
    """Rendered scenes in the folders and under the names of Cityscapes.

    Two images per split; those for the test have no labels.
    """
    root = tmp_path_factory.mktemp('data') / 'cityscapes'
    for split in ('train', 'val', 'test'):
        source = 'train' if split == 'train' else 'val'
        images = root / 'leftImg8bit' / split / 'town'
        labels = root / 'gtFine' / split / 'town'
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        for path in sorted((scenes / 'images' / source).iterdir())[:2]:
            stem = f'town_0{path.stem}_000019'
            shutil.copy(path, images / f'{stem}_leftImg8bit.png')
            if split != 'test':
                shutil.copy(
                    scenes / 'annotations' / source / path.name,
                    labels / f'{stem}_gtFine_labelTrainIds.png',
                )
    return root


def options(root, *more):
    """Overrides that make a run on ``cityscapes`` small."""
    return (
        *options_without_page(root),
        'model.data_preprocessor.size=(64,64)',
        'train_dataloader.dataset.pipeline.2.scale=(96,64)',
        'train_dataloader.dataset.pipeline.2.crop_size=(64,64)',
        'train_cfg.max_iters=1',
        'train_cfg.val_interval=1',
        'default_hooks.logger.interval=1',
        *more,
    )
