import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from uhrnet.scenes import (
    CLASSES,
    PALETTE,
    THINGS,
    make_frame,
    write_dataset,
    writer,
)

SIZE = (48, 80)
TOOL = Path(__file__).parents[2] / 'tools/dataset_converters/scenes.py'


def digests(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(root.rglob('*'))
        if path.is_file()
    }


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp('scenes') / 'data'
    write_dataset(root, {'train': 3, 'val': 2}, SIZE)
    return root


def test_layout(dataset):
    names = set(digests(dataset))
    expected = {'meta.json', 'instances_train.json', 'instances_val.json'}
    for split, count in (('train', 3), ('val', 2)):
        for index in range(count):
            stem = f'{split}/{index:05d}'
            expected |= {
                f'images/{stem}.png',
                f'annotations/{stem}.png',
                f'depth/{stem}.png',
                f'depth/{stem}.npy',
            }
    assert names == expected
    assert [path.name for path in dataset.parent.iterdir()] == ['data']


def test_files_hold_the_frames(dataset):
    for split, count in (('train', 3), ('val', 2)):
        for index in range(count):
            frame = make_frame(0, split, index, SIZE)
            name = f'{split}/{index:05d}'
            image = cv2.imread(str(dataset / f'images/{name}.png'))
            np.testing.assert_array_equal(image[..., ::-1], frame.image)
            raw = cv2.IMREAD_UNCHANGED
            labels = cv2.imread(str(dataset / f'annotations/{name}.png'), raw)
            assert labels.dtype == np.uint8
            np.testing.assert_array_equal(labels, frame.labels)
            depth = np.load(dataset / f'depth/{name}.npy')
            assert depth.dtype == np.float32
            np.testing.assert_array_equal(depth, frame.depth)
            coded = cv2.imread(str(dataset / f'depth/{name}.png'), raw)
            assert coded.dtype == np.uint16
            step = np.abs(coded / 256 - depth.astype(np.float64))
            assert step.max() <= 1 / 256 / 2
            np.testing.assert_array_equal(coded > 0, depth > 0)


@pytest.mark.parametrize('split', ['train', 'val'])
def test_coco(dataset, split):
    path = dataset / f'instances_{split}.json'
    coco = COCO(str(path))
    names = {c['id']: c['name'] for c in coco.loadCats(coco.getCatIds())}
    assert tuple(names[i] for i in sorted(names)) == THINGS
    assert len(coco.getAnnIds()) > 0
    for image_id in coco.getImgIds():
        info = coco.imgs[image_id]
        assert (info['height'], info['width']) == SIZE
        stem = info['file_name'].removesuffix('.png')
        frame = make_frame(0, split, int(stem), SIZE)
        found = np.zeros(SIZE, bool)
        for entry in coco.imgToAnns[image_id]:
            assert isinstance(entry['segmentation']['counts'], str)
            assert entry['iscrowd'] == 0
            mask = coco.annToMask(entry).astype(bool)
            assert entry['area'] == mask.sum()
            assert not (mask & found).any()
            found |= mask
            label = CLASSES.index(names[entry['category_id']])
            assert (frame.labels[mask] == label).all()
            assert len(np.unique(frame.instances[mask])) == 1
            tight = coco_mask.toBbox(entry['segmentation'])
            np.testing.assert_array_equal(entry['bbox'], tight)
        np.testing.assert_array_equal(found, frame.instances > 0)


def test_meta(dataset):
    meta = json.loads((dataset / 'meta.json').read_text())
    assert tuple(meta['classes']) == CLASSES
    assert [tuple(colour) for colour in meta['palette']] == list(PALETTE)
    assert meta['seed'] == 0 and meta['size'] == list(SIZE)
    assert meta['splits'] == {'train': 3, 'val': 2}
    assert sum(meta['pixels']['val'].values()) == 2 * SIZE[0] * SIZE[1]
    k = make_frame(0, 'val', 1, SIZE).intrinsics
    np.testing.assert_allclose(meta['images']['val'][1]['intrinsics'], k)


def test_same_bytes_again_and_whatever_else_is_written(dataset, tmp_path):
    again = tmp_path / 'again'
    write_dataset(again, {'train': 3, 'val': 2}, SIZE)
    reference = digests(dataset)
    assert digests(again) == reference
    other = tmp_path / 'other'
    write_dataset(other, {'val': 1, 'train': 2}, SIZE)
    pictures = {n: d for n, d in digests(other).items() if '/' in n}
    assert len(pictures) == 4 * 3
    assert pictures.items() <= reference.items()


def test_same_bytes_in_another_process(dataset, tmp_path):
    root = tmp_path / 'data'
    command = [sys.executable, TOOL, root, '--train', '3', '--val', '2']
    command += ['--size', *map(str, SIZE)]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert digests(root) == digests(dataset)
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 1
    assert '3 train + 2 val images of 48x80' in lines[0]
    assert all(f'{name} ' in lines[0] for name in CLASSES)
    # Refused with a message, not a traceback, and nothing has changed.
    command[command.index('3')] = '1'
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert '--overwrite' in done.stderr and 'Traceback' not in done.stderr
    assert digests(root) == digests(dataset)


def test_second_call_does_nothing(dataset, monkeypatch):
    def fail(*args):
        raise AssertionError('rendered again')

    monkeypatch.setattr(writer, 'make_frame', fail)
    meta = write_dataset(dataset, {'train': 3, 'val': 2}, SIZE)
    assert meta['splits'] == {'train': 3, 'val': 2}


@pytest.mark.parametrize(
    'change',
    [{'seed': 1}, {'size': (24, 40)}, {'splits': {'train': 1}}],
    ids=['seed', 'size', 'splits'],
)
def test_other_parameters_need_overwrite(tmp_path, change):
    root = tmp_path / 'data'
    first = {'splits': {'train': 1, 'val': 1}, 'size': (24, 32), 'seed': 0}
    write_dataset(root, **first)
    before = digests(root)
    with pytest.raises(FileExistsError, match='overwrite') as error:
        write_dataset(root, **{**first, **change})
    assert next(iter(change)) in str(error.value)
    assert digests(root) == before
    write_dataset(root, **{**first, **change}, overwrite=True)
    assert digests(root) != before
    assert os.listdir(tmp_path) == ['data']


def test_foreign_folders_are_refused(tmp_path):
    root = tmp_path / 'photos'
    root.mkdir()
    keep = root / 'meta.json'
    for content in ('{}', '[]', 'no json', '{"generator": "other"}'):
        keep.write_text(content)
        for overwrite in (False, True):
            with pytest.raises(FileExistsError, match='not written by'):
                write_dataset(root, {'train': 1}, (9, 16), overwrite=overwrite)
        assert keep.read_text() == content
    file = tmp_path / 'file'
    file.write_text('mine')
    with pytest.raises(FileExistsError, match='not written by'):
        write_dataset(file, {'train': 1}, (9, 16))
    assert file.read_text() == 'mine'


def test_empty_folders_and_links_are_filled(tmp_path):
    target = tmp_path / 'disk'
    target.mkdir()
    link = tmp_path / 'link'
    link.symlink_to(target)
    write_dataset(link, {'train': 1}, (9, 16))
    assert link.is_symlink()
    assert (target / 'meta.json').exists()
    assert sorted(os.listdir(tmp_path)) == ['disk', 'link']


def test_failure_leaves_nothing(tmp_path, monkeypatch):
    real = writer.make_frame

    def fail_late(seed, split, index, size):
        if index == 1:
            raise KeyboardInterrupt
        return real(seed, split, index, size)

    monkeypatch.setattr(writer, 'make_frame', fail_late)
    root = tmp_path / 'data'
    with pytest.raises(KeyboardInterrupt):
        write_dataset(root, {'train': 2}, (9, 16))
    assert os.listdir(tmp_path) == []


def test_killed_process_leaves_no_root(tmp_path):
    code = (
        'import os\n'
        'from uhrnet.scenes import write_dataset, writer\n'
        'writer._write_json = lambda *a: os._exit(9)\n'
        'write_dataset("data", {"train": 1}, (9, 16))\n'
    )
    package = Path(writer.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(package)},
    )
    assert done.returncode == 9
    root = tmp_path / 'data'
    assert not root.exists()
    write_dataset(root, {'train': 1}, (9, 16))
    assert (root / 'meta.json').exists()


def test_two_writers_at_once(tmp_path, monkeypatch):
    """The slower of two writers finds the data set and keeps it."""
    root = tmp_path / 'data'
    real = writer._fill

    def overtaken(part, parameters):
        meta = real(part, parameters)
        monkeypatch.setattr(writer, '_fill', real)
        write_dataset(root, {'train': 1}, (9, 16))
        (root / 'mark').touch()
        return meta

    monkeypatch.setattr(writer, '_fill', overtaken)
    write_dataset(root, {'train': 1}, (9, 16))
    assert (root / 'mark').exists()
    assert os.listdir(tmp_path) == ['data']


@pytest.mark.parametrize(
    'wrong',
    [
        {'splits': {}},
        {'splits': {'../train': 1}},
        {'splits': {'train': -1}},
        {'size': (0, 16)},
        {'size': (9,)},
        {'seed': -1},
    ],
    ids=str,
)
def test_wrong_parameters(tmp_path, wrong):
    with pytest.raises(ValueError):
        write_dataset(tmp_path / 'data', **{'splits': {'train': 1}, **wrong})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize('split', ['train', 'val'])
def test_default_data_set_has_every_class(split):
    """Its first 16 images have; at half the size, which saves time."""
    pixels = np.zeros(len(CLASSES), np.int64)
    seen = set()
    for index in range(16):
        frame = make_frame(0, split, index, (96, 160))
        pixels += np.bincount(frame.labels.ravel(), minlength=len(CLASSES))
        seen |= {CLASSES[item.label] for item in frame.objects}
    share = dict(zip(CLASSES, pixels / pixels.sum(), strict=True))
    assert min(share.values()) > 0.002, share
    assert seen == set(THINGS)
