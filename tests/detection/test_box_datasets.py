"""Data sets of boxes: what is read, and what is refused."""

import json
from xml.etree import ElementTree

import pytest
from detection.voc_files import CELLS, add_object, write_voc

from uhrnet.detection.datasets import (
    BCCDDataset,
    CheckedCocoDataset,
    ScenesDataset,
    VOCStyleDataset,
)
from uhrnet.errors import DataError


@pytest.fixture
def voc(tmp_path, scenes):
    return write_voc(tmp_path / 'voc', scenes)


def build(root, kind=BCCDDataset, split='train', **kwargs):
    return kind(
        data_root=str(root),
        ann_file=f'ImageSets/Main/{split}.txt',
        data_prefix=dict(sub_data_root=''),
        pipeline=[],
        serialize_data=False,
        **kwargs,
    )


def edit(root, change, stem='train_000'):
    """Change an annotation."""
    path = root / f'Annotations/{stem}.xml'
    tree = ElementTree.parse(path)
    change(tree.getroot())
    tree.write(path)
    return path


def test_boxes_are_those_of_the_scenes(voc, scenes):
    dataset = build(voc)
    coco = json.loads((scenes / 'instances_train.json').read_text())
    assert dataset.metainfo['classes'] == CELLS
    expected = {}
    for item in coco['annotations']:
        x, y, width, height = item['bbox']
        expected.setdefault(item['image_id'], []).append(
            (item['category_id'] - 1, [x, y, x + width, y + height])
        )
    found = {
        int(image['img_id'][-3:]): [
            (x['bbox_label'], x['bbox']) for x in image['instances']
        ]
        for image in dataset.data_list
    }
    assert found == expected
    image = dataset.data_list[0]
    assert (image['height'], image['width']) == (64, 96)
    assert image['img_path'] == str(voc / 'JPEGImages/train_000.jpg')


def test_boxes_without_area_are_left_out(voc):
    before = len(build(voc).data_list[0]['instances'])
    edit(voc, lambda root: add_object(root, 'RBC', [5, 6, 0, 0]))
    edit(voc, lambda root: add_object(root, 'RBC', [5, 6, 4, 0]))
    edit(voc, lambda root: add_object(root, 'WBC', [5, 6, 4, 1]))
    dataset = build(voc)
    assert len(dataset.data_list[0]['instances']) == before + 1
    assert dataset.num_empty_boxes == 2


def test_boxes_outside_of_the_image_are_left_out(voc):
    """Clipped to nothing by the pipeline, they would make losses NaN."""
    before = len(build(voc).data_list[0]['instances'])
    edit(voc, lambda root: add_object(root, 'RBC', [100, 6, 20, 20]))
    edit(voc, lambda root: add_object(root, 'RBC', [90, 6, 20, 20]))
    dataset = build(voc)
    assert len(dataset.data_list[0]['instances']) == before + 1
    assert dataset.num_empty_boxes == 1


def test_unknown_class(voc):
    edit(voc, lambda root: add_object(root, 'rbc', [5, 6, 7, 8]))
    text = "train.txt.*'train_000.jpg'.*class 'rbc'.*RBC, WBC, Platelets"
    with pytest.raises(DataError, match=text):
        build(voc)
    build(voc, passed_over=('rbc',))


def test_own_classes(voc):
    subset = dict(classes=('WBC',))
    others = ('RBC', 'Platelets')
    dataset = build(voc, VOCStyleDataset, metainfo=subset, passed_over=others)
    labels = {
        x['bbox_label']
        for image in dataset.data_list
        for x in image['instances']
    }
    assert labels == {0}
    with pytest.raises(DataError, match='passed_over'):
        build(voc, VOCStyleDataset, metainfo=subset)


def test_missing_annotation(voc):
    (voc / 'Annotations/train_001.xml').unlink()
    with pytest.raises(DataError, match=r'train_001.xml is missing.*train.tx'):
        build(voc)


def test_truncated_annotation(voc):
    path = voc / 'Annotations/train_001.xml'
    path.write_text(path.read_text()[:100])
    with pytest.raises(DataError, match=r'train_001.xml is no XML'):
        build(voc)


@pytest.mark.parametrize('part', ['name', 'bndbox', 'bndbox/xmax'])
def test_incomplete_object(voc, part):
    def remove(root):
        found = root.find('object')
        parent, _, child = part.rpartition('/')
        parent = found.find(parent) if parent else found
        parent.remove(parent.find(child))

    edit(voc, remove)
    with pytest.raises(
        DataError, match=r'train_000.xml.*has no name, or its box'
    ):
        build(voc)


def remove_all(root):
    for found in root.findall('object'):
        root.remove(found)


def test_no_object_at_all(voc):
    path = voc / 'ImageSets/Main/train.txt'
    path.write_text('train_000')
    edit(voc, remove_all)
    with pytest.raises(DataError, match='none of its 1 images has an object'):
        build(voc)
    assert len(build(voc, test_mode=True)) == 1


@pytest.mark.parametrize(
    'lines, text',
    [
        ('train_000\n\ntrain_001', "line 2: '' is no name"),
        ('train_000\ntrain_000', "line 2: 'train_000' is there twice"),
        ('train_000  1\n', "line 1: 'train_000  1' is no name"),
    ],
    ids=['empty', 'twice', 'with a number'],
)
def test_list_of_images(voc, lines, text):
    (voc / 'ImageSets/Main/train.txt').write_text(lines)
    with pytest.raises(DataError, match=text):
        build(voc)


def test_missing_image(voc):
    (voc / 'JPEGImages/train_001.jpg').unlink()
    with pytest.raises(DataError, match='train_001.jpg is missing.*img_suff'):
        build(voc)


def test_images_of_another_kind(voc):
    for path in (voc / 'JPEGImages').iterdir():
        path.rename(path.with_suffix('.png'))
    image = build(voc, img_suffix='.png').data_list[0]
    assert image['img_path'] == str(voc / 'JPEGImages/train_000.png')


def test_size(voc):
    """Wrong, small images would be left out; absent, they are looked at."""

    def set_zero(root):
        root.find('size/width').text = '0'

    edit(voc, set_zero)
    with pytest.raises(DataError, match='train_000.xml.*is 0x64'):
        build(voc)
    edit(voc, lambda root: root.remove(root.find('size')))
    assert build(voc).data_list[0]['width'] == 96
    with pytest.raises(DataError, match='none of 8 images is left'):
        build(voc, filter_cfg=dict(min_size=1000))


def test_a_single_class_is_no_text(voc):
    with pytest.raises(DataError, match=r"classes=\('name',\)"):
        build(voc, metainfo=dict(classes='RBC'))


def test_infinite_box(voc):
    def widen(root):
        root.find('object/bndbox/xmax').text = 'inf'

    edit(voc, widen)
    with pytest.raises(DataError, match='train_000.xml.*lacks a number'):
        build(voc)


@pytest.mark.parametrize('value', ['1e308', '-1e20', '1048578'])
def test_box_beyond_any_image(voc, value):
    """No tensor could hold the first."""

    def widen(root):
        root.find('object/bndbox/xmax').text = value

    edit(voc, widen)
    with pytest.raises(DataError, match='train_000.xml.*the coordinate'):
        build(voc)


def test_size_beyond_any_image(voc):
    def widen(root):
        root.find('size/width').text = '9' * 30

    edit(voc, widen)
    with pytest.raises(DataError, match='train_000.xml: the image is 64x999'):
        build(voc)


def test_image_that_is_looked_at_for_its_size(voc):
    """Not decoded, if it is one of many gigabytes."""
    edit(voc, lambda root: root.remove(root.find('size')))
    path = voc / 'JPEGImages/train_000.jpg'
    content = bytearray(path.read_bytes())
    content[16:24] = b'\0\0\xff\xff' * 2
    path.write_bytes(content)
    with pytest.raises(DataError, match='train_000.jpg is 65535x65535'):
        build(voc)


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
def test_entities_are_refused(voc, encoding):
    """Nine of these fill the memory with a file of a kilobyte."""
    path = voc / 'Annotations/train_000.xml'
    entities = ''.join(
        f'<!ENTITY e{x} "{f"&e{x - 1};" * 10 if x else "x"}">'
        for x in range(9)
    )
    text = f'<!DOCTYPE a [{entities}]>{path.read_text()}'
    path.write_text(text.replace('RBC', '&e8;'), encoding=encoding)
    with pytest.raises(DataError, match='train_000.xml declares a document'):
        build(voc)


def test_elements_within_elements(voc):
    path = voc / 'Annotations/train_000.xml'
    path.write_text('<a>' * 100_000)
    with pytest.raises(DataError, match='train_000.xml .* nested deeper'):
        build(voc)


@pytest.mark.parametrize('name', ['../x', '/etc/passwd', 'http://host/x'])
def test_names_that_lead_out_of_the_folder(voc, name):
    (voc / 'ImageSets/Main/train.txt').write_text(f'train_000\n{name}\n')
    with pytest.raises(DataError, match='train.txt, line 2, names .* out of'):
        build(voc)


def test_a_list_that_is_no_text(voc):
    (voc / 'ImageSets/Main/train.txt').write_bytes(b'\xff\xfe\x80')
    with pytest.raises(DataError, match='train.txt is no list of images'):
        build(voc)


def test_scenes(scenes):
    dataset = ScenesDataset(
        data_root=str(scenes),
        ann_file='instances_val.json',
        data_prefix=dict(img='images/val'),
        pipeline=[],
    )
    assert len(dataset) == 4
    classes = ('person', 'car', 'sign')
    assert dataset.metainfo['classes'] == classes
    assert len(dataset.metainfo['palette']) == 3
    assert len(dataset.cat_ids) == 3


def coco_style(scenes, classes, **kwargs):
    return CheckedCocoDataset(
        data_root=str(scenes),
        ann_file='instances_val.json',
        data_prefix=dict(img='images/val'),
        metainfo=dict(classes=classes),
        pipeline=[],
        **kwargs,
    )


def test_own_classes_of_a_coco_file(scenes):
    """Some of the file's, in its order."""
    dataset = coco_style(scenes, ('person', 'sign'))
    assert dataset.cat_ids == [1, 3]
    labels = {x['bbox_label'] for image in dataset for x in image['instances']}
    assert labels == {0, 1}


def test_class_that_the_file_lacks(scenes):
    text = "instances_val.json has no class 'cat', but 'person', 'car', 'sign'"
    with pytest.raises(DataError, match=text):
        coco_style(scenes, ('person', 'cat'))


def test_classes_in_another_order(scenes):
    """The host would call cars persons."""
    text = r"another order.*classes=\('person', 'car'\)"
    with pytest.raises(DataError, match=text):
        coco_style(scenes, ('car', 'person'))


def test_nothing_is_left(scenes):
    text = 'instances_val.json: none of 4 images is left'
    with pytest.raises(DataError, match=text):
        coco_style(
            scenes,
            ('person',),
            filter_cfg=dict(filter_empty_gt=True, min_size=1000),
        )
