"""Label maps: every defect is found, by name, and nothing else."""

import shutil

import cv2
import numpy as np
import pytest
from apis.planted import check, config_of, edit_image, found, truncate

STEM = 'fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320'
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.fixture
def cfg(data):
    return config_of(STEM, data)


def fill(labels, value):
    labels[:] = value
    return labels


def test_clean(cfg, scenes):
    report = check(cfg)
    assert report.defects == []
    train, val, test = report.splits.values()
    assert (train.images, val.images, test.same_as) == (8, 4, 'val')
    maps = [
        cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        for path in (scenes / 'annotations/train').iterdir()
    ]
    counts = np.bincount(np.stack(maps).ravel(), minlength=256)
    assert [train.pixels[x] for x in train.classes] == counts[:11].tolist()
    assert train.ignored == counts[255]
    assert sum(counts) == 8 * 64 * 96


def test_every_defect_of_a_split(cfg, data):
    images, labels = data / 'images/train', data / 'annotations/train'
    (labels / '00000.png').unlink()
    truncate(images / '00001.png')
    truncate(labels / '00002.png')
    edit_image(labels / '00003.png', lambda x: np.stack([x] * 3, -1))
    edit_image(labels / '00004.png', lambda x: x[:-1])

    def change(x):
        x[:] = 0
        x[0, :3], x[1, :2], x[2, 0] = 11, 200, 255
        return x

    edit_image(labels / '00005.png', change)
    edit_image(labels / '00006.png', lambda x: fill(x, 255))
    (images / '00007.png').write_bytes(b'')
    report = check(cfg)
    assert found(report, data) == sorted(
        [
            ('train', 'missing', 'annotations/train/00000.png'),
            ('train', 'unreadable', 'images/train/00001.png'),
            ('train', 'unreadable', 'annotations/train/00002.png'),
            ('train', 'wrong_form', 'annotations/train/00003.png'),
            ('train', 'size', 'annotations/train/00004.png'),
            ('train', 'label_value', 'annotations/train/00005.png'),
            ('train', 'empty_label', 'annotations/train/00006.png'),
            ('train', 'unreadable', 'images/train/00007.png'),
        ]
    )
    (wrong,) = (x for x in report.defects if x.kind == 'label_value')
    assert wrong.details == dict(pixels_by_value={'11': 3, '200': 2})
    train = report.splits['train']
    assert train.images == 6
    assert (train.levels['error'], train.levels['warning']) == (7, 1)


def test_labels_are_those_after_mapping(cfg, data):
    """With fewer classes, 0 is ignored, and 11 becomes 10."""
    for path in (data / 'annotations/val').iterdir():
        edit_image(path, lambda x: fill(x, 11))
    dataset = cfg.val_dataloader.dataset
    assert len(check(cfg, ['val']).defects) == 4
    dataset.reduce_zero_label = True
    report = check(cfg, ['val'])
    assert report.defects == []
    last = report.splits['val'].classes[-1]
    assert report.splits['val'].pixels == {last: 4 * 64 * 96}
    dataset.metainfo = dict(classes=report.splits['val'].classes[:-1])
    assert {x.kind for x in check(cfg, ['val']).defects} == {'empty_label'}


def test_loaders_of_the_host(cfg, data):
    """They see neither a truncated file nor a label that is no class."""
    dataset = cfg.train_dataloader.dataset
    dataset.pipeline[:2] = [
        dict(type='LoadImageFromFile'),
        dict(type='mmseg.LoadAnnotations'),
    ]
    assert check(cfg).defects == []
    labels = data / 'annotations/train'
    truncate(data / 'images/train/00000.png')
    truncate(labels / '00001.png')
    edit_image(labels / '00002.png', lambda x: fill(x, 11))
    edit_image(labels / '00003.png', lambda x: np.stack([x] * 3, -1))
    edit_image(labels / '00004.png', lambda x: x[:, 1:])
    (labels / '00005.png').unlink()
    report = check(cfg)
    assert found(report, data) == sorted(
        [
            ('train', 'unreadable', 'images/train/00000.png'),
            ('train', 'unreadable', 'annotations/train/00001.png'),
            ('train', 'label_value', 'annotations/train/00002.png'),
            ('train', 'wrong_form', 'annotations/train/00003.png'),
            ('train', 'size', 'annotations/train/00004.png'),
            ('train', 'missing', 'annotations/train/00005.png'),
        ]
    )


def test_equal_images(cfg, data):
    images, labels = data / 'images', data / 'annotations'
    for folder in (images, labels):
        shutil.copy(folder / 'train/00002.png', folder / 'train/copy.png')
        shutil.copy(folder / 'train/00003.png', folder / 'val/leak.png')
    # other bytes, the same pixels
    pixels = cv2.imread(str(images / 'val/leak.png'))
    cv2.imwrite(
        str(images / 'val/leak.png'), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0]
    )
    report = check(cfg)
    assert found(report, data) == [
        ('train', 'repeated', 'images/train/copy.png'),
        ('val', 'between_splits', 'images/val/leak.png'),
    ]
    (leak,) = (x for x in report.defects if x.kind == 'between_splits')
    assert leak.details == dict(
        other_split='train', other_file=f'{images}/train/00003.png'
    )


def test_wrappers_and_a_split_that_cannot_be_built(cfg, data):
    plain = cfg.train_dataloader.dataset
    other = dict(plain, data_prefix=dict(img_path='images/absent'))
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset',
        times=3,
        dataset=dict(type='ConcatDataset', datasets=[plain, other, plain]),
    )
    cfg.val_dataloader.dataset.ann_file = 'list.txt'
    report = check(cfg)
    train, val, test = report.splits.values()
    assert [x['samples'] for x in train.datasets] == [8, 0, 8]
    assert train.images == 16 and val.images == 0 and test.images == 4
    kinds = [(x.split, x.kind) for x in report.defects]
    assert kinds.count(('train', 'repeated')) == 8
    assert kinds.count(('train', 'data_set')) == 1
    assert kinds.count(('val', 'data_set')) == 1
    assert len(kinds) == 10
    text = next(x for x in report.defects if x.kind == 'data_set').message
    assert 'train_dataloader.dataset.dataset.datasets.1' in text


def test_a_data_set_without_images(cfg, data):
    cfg.val_dataloader.dataset.img_suffix = '.jpg'
    report = check(cfg, ['val'])
    assert [x.kind for x in report.defects] == ['data_set']
    assert 'lists no image' in report.defects[0].message


def test_unknown_loading_steps_are_run(cfg, data):
    from mmseg.registry import TRANSFORMS

    class LoadNothing:
        def __call__(self, results):
            if results['img_path'].endswith('00002.png'):
                raise RuntimeError('no such thing')
            return results

    TRANSFORMS.register_module(module=LoadNothing, force=True)
    cfg.train_dataloader.dataset.pipeline.insert(2, dict(type='LoadNothing'))
    report = check(cfg, ['train'])
    assert found(report, data) == [
        ('train', 'unreadable', 'images/train/00002.png')
    ]
    assert 'RuntimeError: no such thing' in report.defects[0].message


def test_packed_copy(cfg, data, tmp_path, monkeypatch):
    from command_line import call_tool, import_tool

    tool = import_tool(monkeypatch, 'tools/dataset_converters/pack.py')
    cfg.dump(tmp_path / 'files.py')
    pack = tmp_path / 'pack'
    call_tool(monkeypatch, tool, tmp_path / 'files.py', pack)
    cfg.train_dataloader.dataset = dict(
        type='PackedDataset',
        data_root=str(pack),
        pipeline=[dict(type='LoadPackedSample')],
    )
    files = check(config_of(STEM, data), ['train'])
    report = check(cfg, ['train'])
    assert report.defects == []
    packed, plain = report.splits['train'], files.splits['train']
    assert packed.images == 8 and packed.pixels == plain.pixels
    # an image of the pack is found again among files
    shutil.copy(data / 'images/train/00001.png', data / 'images/val/leak.png')
    shutil.copy(
        data / 'annotations/train/00001.png', data / 'annotations/val/leak.png'
    )
    with open(pack / 'labels.bin', 'r+b') as file:
        file.seek(2 * 64 * 96)
        file.write(b'\x63')
    assert found(check(cfg), data) == [
        ('train', 'unreadable', 'images/train/00002.png'),
        ('val', 'between_splits', 'images/val/leak.png'),
    ]
