"""Pascal Context from trainval_merged.json, of 3 + 2 images of 4x5 pixels."""

import copy
import json
import sys
from types import ModuleType

import numpy as np
import pytest
from command_line import call_tool, import_tool
from PIL import Image
from pycocotools import mask as rle
from tools.layouts import HOST

from uhrnet.errors import DataError

COUNTS = {'train': 3, 'val': 2}
HEIGHT, WIDTH = 4, 5


def segment(index, image, number, inside):
    """As the file has it: a compressed run-length code."""
    code = rle.encode(np.asfortranarray(inside.astype(np.uint8)))
    return dict(
        id=index,
        image_id=image,
        category_id=int(number),
        segmentation=dict(
            size=[HEIGHT, WIDTH], counts=code['counts'].decode()
        ),
    )


@pytest.fixture
def converter(monkeypatch):
    module = import_tool(
        monkeypatch, 'tools/dataset_converters/pascal_context.py'
    )
    module.COUNTS = COUNTS
    return module


@pytest.fixture
def content(converter):
    """Five images of one split or the other, and one of none."""
    generator = np.random.default_rng(0)
    phases = ['train', 'val', 'train', 'test', 'val', 'train']
    images, segments = [], []
    for index, phase in enumerate(phases):
        images.append(
            dict(
                image_id=20080000 + index,
                file_name=f'2008_{index:06}.jpg',
                phase=phase,
                height=HEIGHT,
                width=WIDTH,
            )
        )
        # They overlap, so that their order shows.
        for number in generator.choice(converter.NUMBERS, 12):
            inside = generator.random((HEIGHT, WIDTH)) < 0.3
            segments.append(
                segment(len(segments), images[-1]['image_id'], number, inside)
            )
    generator.shuffle(segments)
    return dict(images=images, annos_segmentation=segments)


@pytest.fixture
def root(tmp_path, content):
    """VOC 2010's folder with both downloads."""
    root = tmp_path / 'VOCdevkit/VOC2010'
    (root / 'JPEGImages').mkdir(parents=True)
    for image in content['images']:
        path = root / 'JPEGImages' / image['file_name']
        Image.new('RGB', (WIDTH, HEIGHT)).save(path)
    (root / 'trainval_merged.json').write_text(json.dumps(content))
    return root


def written(root):
    """Relative name to content, of what a converter has written."""
    files = [
        *root.glob('SegmentationClassContext/*'),
        *root.glob('ImageSets/SegmentationContext/*'),
    ]
    return {
        path.relative_to(root).as_posix(): (
            np.array(Image.open(path)).tolist()
            if path.suffix == '.png'
            else path.read_text()
        )
        for path in files
    }


def test_equals_the_hosts(root, content, converter, monkeypatch):
    """Whose Detail API is replaced by what it does with these files."""

    class Detail:
        def __init__(self, annotations, images, split):
            self.split = split

        def getImgs(self):
            return [x for x in content['images'] if x['phase'] == self.split]

        def getMask(self, image):
            mask = np.zeros((HEIGHT, WIDTH), int)
            for x in content['annos_segmentation']:
                if x['image_id'] == image['image_id']:
                    inside = rle.decode(x['segmentation']) > 0
                    mask[inside] = x['category_id']
            return mask

    monkeypatch.setitem(sys.modules, 'detail', ModuleType('detail'))
    sys.modules['detail'].Detail = Detail
    host = import_tool(monkeypatch, HOST / 'pascal_context.py')
    assert tuple(host._mapping[1:]) == converter.NUMBERS
    call_tool(monkeypatch, host, root.parent, 'trainval_merged.json')
    expected = written(root)
    assert len(expected) == 5 + 2

    for name in expected:
        (root / name).unlink()
    (root / 'SegmentationClassContext').rmdir()
    call_tool(monkeypatch, converter, root)
    assert written(root) == expected
    values = {
        value
        for name, rows in expected.items()
        if name.endswith('.png')
        for row in rows
        for value in row
    }
    assert 0 in values and len(values) > 20 and max(values) <= 59


def test_a_second_run_changes_nothing(root, converter, monkeypatch, capsys):
    call_tool(monkeypatch, converter, root)
    before = written(root)
    (root / 'trainval_merged.json').unlink()
    call_tool(monkeypatch, converter, root)
    assert 'nothing to do' in capsys.readouterr().out
    assert written(root) == before

    # Something else in its place is left alone.
    (root / 'SegmentationClassContext/2008_000000.png').unlink()
    with pytest.raises(DataError, match='exists and is not what this'):
        call_tool(monkeypatch, converter, root)
    assert len(written(root)) == len(before) - 1


def test_the_file_may_lie_elsewhere(root, converter, monkeypatch, tmp_path):
    path = (root / 'trainval_merged.json').rename(tmp_path / 'a.json')
    call_tool(monkeypatch, converter, root, '--annotations', path)
    assert len(written(root)) == 5 + 2


def change(content, kind):
    """Do something to the first image or segment of the training split."""
    image = content['images'][0]
    (first, *_) = (
        x
        for x in content['annos_segmentation']
        if x['image_id'] == image['image_id']
    )
    code = first['segmentation']
    if kind == 'count':
        content['images'][3]['phase'] = 'val'
    elif kind == 'path':
        image['file_name'] = '../2008_000000.jpg'
    elif kind == 'image':
        image['file_name'] = '2010_999999.jpg'
    elif kind == 'height':
        image['height'] = 7
    elif kind == 'category':
        first['category_id'] = 1
    elif kind == 'size':
        code['size'] = [WIDTH, HEIGHT]
    elif kind == 'code':
        code['counts'] = 'oooooooooo'
    elif kind == 'stranger':
        first['image_id'] = -1
    elif kind == 'other':
        del content['annos_segmentation']


@pytest.mark.parametrize(
    'kind, message',
    [
        ('count', 'has 3 images for val, not 2'),
        ('path', "names an image '../2008_000000.jpg'"),
        ('image', '2010_999999.jpg cannot be read'),
        ('height', '2008_000000.jpg is 4x5 .* it is 7x5'),
        ('category', 'of 2008_000000.jpg is none of Pascal Context'),
        ('size', r'its size is \[5, 4\]'),
        ('code', 'of 2008_000000.jpg is none of Pascal Context'),
        ('stranger', 'is damaged or not'),
        ('other', "is damaged or not .*'annos_segmentation'"),
    ],
)
def test_refusals_leave_nothing_behind(
    root, content, converter, monkeypatch, kind, message
):
    content = copy.deepcopy(content)
    change(content, kind)
    (root / 'trainval_merged.json').write_text(json.dumps(content))
    names = sorted(path.name for path in root.iterdir())
    with pytest.raises(DataError, match=message):
        call_tool(monkeypatch, converter, root)
    assert sorted(path.name for path in root.iterdir()) == names


@pytest.mark.parametrize('kind', ['truncated', 'missing', 'deep', 'large'])
def test_a_file_that_is_none(root, converter, monkeypatch, kind):
    path = root / 'trainval_merged.json'
    text = path.read_text()
    path.unlink()
    if kind == 'truncated':
        path.write_text(text[: len(text) // 2])
    elif kind == 'deep':
        path.write_text('[' * 100_000)
    elif kind == 'large':
        content = json.loads(text)
        content['images'][0] |= dict(height=60_000, width=60_000)
        path.write_text(json.dumps(content))
    message = 'does not exist' if kind == 'missing' else 'is damaged'
    with pytest.raises(DataError, match=message):
        call_tool(monkeypatch, converter, root)
    assert not written(root)
