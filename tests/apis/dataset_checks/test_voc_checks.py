"""Annotations in VOC's layout: every defect is found, and nothing else."""

from xml.etree import ElementTree

import pytest
from apis.planted import check, config_of, found, truncate
from detection.voc_files import add_object, write_voc

STEM = 'faster-rcnn_uhrnetv2p-w18-small_1xb8-100e_bccd-480x640'
SPLITS = ('train', 'val')
pytestmark = pytest.mark.usefixtures('mmdet_scope')


@pytest.fixture
def voc(tmp_path, scenes):
    return write_voc(tmp_path / 'voc', scenes)


@pytest.fixture
def cfg(voc):
    cfg = config_of(STEM, voc)
    cfg.train_dataloader.dataset.filter_cfg = dict(filter_empty_gt=False)
    return cfg


@pytest.fixture
def clean(cfg, voc):
    """What is found in the scenes as they are: images without a thing."""
    return found(check(cfg, SPLITS), voc)


def edit(voc, stem, change):
    path = voc / f'Annotations/{stem}.xml'
    tree = ElementTree.parse(path)
    change(tree.getroot())
    tree.write(path)


def test_clean(cfg, clean, voc):
    assert {x[1] for x in clean} <= {'no_objects'}
    report = check(cfg, SPLITS)
    assert report.splits['train'].images == 8
    objects = sum(
        len(ElementTree.parse(x).findall('object'))
        for x in (voc / 'Annotations').glob('train*.xml')
    )
    assert sum(report.splits['train'].boxes.values()) == objects


def test_every_defect_of_a_split(cfg, voc, clean):
    """Although the data set stops at the first."""

    def several(root):
        add_object(root, 'rbc', [5, 6, 7, 8])
        add_object(root, 'wbc', [5, 6, 7, 8])
        add_object(root, 'RBC', [5, 6, 0, 0])
        add_object(root, 'RBC', [100, 6, 20, 20])
        add_object(root, 'RBC', [90, 6, 20, 20])
        add_object(root, 'RBC', [5, 6, 7, 8])
        root.findall('object')[-1].find('bndbox/xmax').text = 'wide'

    def resize(root):
        root.find('size/width').text = '95'

    folder = voc / 'Annotations'
    edit(voc, 'train_000', several)
    (folder / 'train_001.xml').unlink()
    truncate(folder / 'train_002.xml')
    edit(voc, 'train_003', resize)
    (voc / 'JPEGImages/train_004.jpg').unlink()
    report = check(cfg, SPLITS)
    first = 'Annotations/train_000.xml'
    damaged = {f'JPEGImages/train_00{x}.jpg' for x in (0, 1, 2)}
    assert found(report, voc) == sorted(
        [x for x in clean if x[2] not in damaged]
        + [
            ('train', 'data_set', 'ImageSets/Main/train.txt'),
            ('train', 'unknown_class', first),
            ('train', 'unknown_class', first),
            ('train', 'box_without_area', first),
            ('train', 'box_outside', first),
            ('train', 'box_partly_outside', first),
            ('train', 'annotation', first),
            ('train', 'missing', 'Annotations/train_001.xml'),
            ('train', 'unreadable', 'Annotations/train_002.xml'),
            ('train', 'stated_size', 'Annotations/train_003.xml'),
            ('train', 'missing', 'JPEGImages/train_004.jpg'),
        ]
    )
    names = {
        x.details['class'] for x in report.defects if 'class' in x.details
    }
    assert names == {'rbc', 'wbc'}


def test_classes_that_are_left_out_by_name(cfg, voc, clean):
    edit(voc, 'val_000', lambda root: add_object(root, 'rbc', [5, 6, 7, 8]))
    cfg.val_dataloader.dataset.passed_over = ('rbc',)
    assert found(check(cfg, SPLITS), voc) == clean


def test_the_hosts_data_set_passes_over_classes(cfg, voc, clean):
    dataset = cfg.val_dataloader.dataset
    dataset.type = 'XMLDataset'
    dataset.metainfo = dict(classes=('RBC', 'WBC', 'Platelets'))
    edit(voc, 'val_000', lambda root: add_object(root, 'rbc', [5, 6, 7, 8]))
    more = [('val', 'passed_over', 'Annotations/val_000.xml')]
    empty = ('val', 'no_objects', 'JPEGImages/val_000.jpg')
    assert found(check(cfg, SPLITS), voc) == sorted(
        [x for x in clean if x != empty] + more
    )


def test_copies_under_another_name_in_the_test(cfg, voc, clean):
    """The fixture's test images are those of its validation."""
    report = check(cfg)
    more = [
        ('test', 'between_splits', f'JPEGImages/test_{x:03}.jpg')
        for x in range(4)
    ]
    kinds = [x for x in found(report, voc) if x[:2] != ('test', 'no_objects')]
    assert kinds == sorted(clean + more)


def test_val_images_that_the_test_reads_too_are_no_defect(cfg, voc):
    """The same files are a choice, unlike copies of them."""
    test = cfg.test_dataloader.dataset
    test.ann_file = 'ImageSets/Main/val.txt'
    test.filter_cfg = dict(filter_empty_gt=False)
    report = check(cfg)
    assert report.splits['test'].same_as is None
    assert 'between_splits' not in {x.kind for x in report.defects}
    test.ann_file = 'ImageSets/Main/train.txt'
    kinds = [x.kind for x in check(cfg).defects]
    assert kinds.count('between_splits') == 8


def test_broken_lists(cfg, voc, clean):
    path = voc / 'ImageSets/Main/train.txt'
    path.write_text('train_000\ntrain_001\ntrain_000\n')
    report = check(cfg, SPLITS)
    kinds = [(x.split, x.kind) for x in report.defects]
    assert kinds.count(('train', 'data_set')) == 1
    assert kinds.count(('train', 'repeated')) == 1
    path.unlink()
    report = check(cfg, SPLITS)
    assert found(report, voc) == sorted(
        [x for x in clean if x[0] == 'val']
        + [('train', 'data_set', 'ImageSets/Main/train.txt')]
    )
