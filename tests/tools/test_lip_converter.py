"""Downloads of LIP, of 3 + 2 + 1 images of 4x5 pixels."""

import functools
import io
import os
import shutil
import stat
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from command_line import call_tool, fail, succeed
from PIL import Image

from uhrnet.errors import DataError

TOOL = 'tools/dataset_converters/lip.py'
sys.path.insert(0, str(Path(__file__).parents[2] / 'tools/dataset_converters'))
import lip  # noqa: E402

COUNTS = {'train': 3, 'val': 2, 'testing': 1}
STEMS = ('0_7', '1_8', '2_9')
IMAGES = 'TrainVal_images'
LABELS = 'TrainVal_parsing_annotations'
LABEL_MAP = np.arange(20, dtype=np.uint8).reshape(4, 5)
BIG = bytes(1 << 16)
# What makes `lip.py` one for small downloads.
SMALL = (
    f'import sys; sys.path.insert(0, {str(Path(lip.__file__).parent)!r}); '
    f'import lip; lip.COUNTS = {COUNTS}; lip.main()'
)


@pytest.fixture
def source(tmp_path):
    """All three downloads, unpacked, beside files that are not wanted."""
    root = tmp_path / 'LIP'
    for split, count in COUNTS.items():
        download = 'Testing_images' if split == 'testing' else IMAGES
        stems = STEMS[:count]
        images = root / download / f'{split}_images'
        images.mkdir(parents=True)
        ids = {'testing': 'test'}.get(split, split)
        (root / download / f'{ids}_id.txt').write_text('\n'.join(stems))
        (images / '._0_7.jpg').touch()
        for stem in stems:
            Image.new('RGB', (5, 4)).save(images / f'{stem}.jpg')
        if split != 'testing':
            labels = root / LABELS / f'{split}_segmentations'
            labels.mkdir(parents=True)
            for stem in stems:
                save(labels / f'{stem}.png')
    (root / LABELS / 'README_parsing.md').touch()
    (root / '__MACOSX' / 'train_images').mkdir(parents=True)
    return root


@pytest.fixture
def convert(source, tmp_path, monkeypatch):
    """Convert the source in this process, to ``tmp_path / 'out'``."""
    monkeypatch.setattr(lip, 'COUNTS', COUNTS)
    return functools.partial(
        call_tool, monkeypatch, lip, source, tmp_path / 'out', '--workers', 1
    )


@pytest.fixture
def refuse(source, tmp_path, convert):
    """Convert what has to be refused, and return the message."""

    def run():
        before = listing(source)
        with pytest.raises(DataError) as error:
            convert()
        assert os.listdir(tmp_path) == ['LIP']
        assert listing(source) == before
        return str(error.value)

    return run


def save(path, labels=LABEL_MAP, palette=False):
    image = Image.fromarray(labels)
    if palette:
        image.putpalette([200, 9, 77] * 20)
    image.save(path)


def listing(root):
    """Relative name to content."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob('*')
        if path.is_file()
    }


def pack(source, name, nested=0):
    """Replace an unpacked download by its zip, or a zip of the zip."""
    shutil.make_archive(source / name, 'zip', source, name)
    shutil.rmtree(source / name)
    for _ in range(nested):
        data = (source / f'{name}.zip').read_bytes()
        with zipfile.ZipFile(source / f'{name}.zip', 'w') as archive:
            archive.writestr(f'{name}/', b'')
            archive.writestr(f'{name}/{name}.zip', data)


def assert_complete(target, testing=True):
    expected = {'train_id.txt', 'val_id.txt'}
    if testing:
        expected |= {'test_id.txt', 'testing_images/0_7.jpg'}
    for split in ('train', 'val'):
        for stem in STEMS[: COUNTS[split]]:
            expected.add(f'{split}_images/{stem}.jpg')
            expected.add(f'{split}_segmentations/{stem}.png')
    assert listing(target).keys() == expected
    assert os.listdir(target.parent).count(f'.{target.name}.unfinished') == 0


@pytest.mark.parametrize('nested', [None, 0, 1])
def test_lays_out_folders_zips_and_zips_of_zips(
    source, convert, tmp_path, nested
):
    """Also that a second run changes nothing, and needs no source."""
    files = listing(source)
    if nested is not None:
        for name in (IMAGES, LABELS, 'Testing_images'):
            pack(source, name, nested)
    convert()
    target = tmp_path / 'out'
    assert_complete(target)
    for name, content in listing(target).items():
        download = 'Testing_images' if name.startswith('test') else IMAGES
        download = LABELS if '_segmentations' in name else download
        assert content == files[f'{download}/{name}']
    before = {path: path.stat() for path in target.rglob('*')}
    convert()
    shutil.rmtree(source)
    convert()
    assert {path: path.stat() for path in target.rglob('*')} == before


def test_mixture_as_a_process_with_the_target_inside(source, mmseg_scope):
    """A folder goes before the zip that it came from."""
    pack(source, LABELS, nested=1)
    with zipfile.ZipFile(source / f'{LABELS}.zip') as archive:
        archive.extractall(source)
    (source / f'{IMAGES}.zip').write_bytes(b'half of it')
    (source / 'deep').mkdir()
    (source / IMAGES).rename(source / 'deep' / 'unpacked')
    shutil.rmtree(source / 'Testing_images')
    target = source / 'data' / 'lip'
    command = ('-c', SMALL, source, target, '--workers', 2)
    assert 'train: reading 3 label maps' in succeed(*command)
    assert_complete(target, testing=False)
    assert 'nothing to do' in succeed(*command)

    from mmseg.datasets import LIPDataset

    dataset = LIPDataset(
        data_root=str(target),
        data_prefix=dict(
            img_path='train_images', seg_map_path='train_segmentations'
        ),
        pipeline=[dict(type='LoadAnnotations')],
    )
    assert len(dataset) == 3
    assert np.array_equal(dataset[2]['gt_seg_map'], LABEL_MAP)


def test_of_palettes_the_indices_count(source, convert, tmp_path):
    path = source / LABELS / 'val_segmentations' / '0_7.png'
    save(path, palette=True)
    convert()
    copy = tmp_path / 'out' / 'val_segmentations' / '0_7.png'
    assert copy.read_bytes() == path.read_bytes()
    assert np.array_equal(np.array(Image.open(copy)), LABEL_MAP)


def test_leftovers_of_a_killed_run_go(source, convert, tmp_path, monkeypatch):
    leftover = tmp_path / '.out.unfinished' / 'train_images' / '9_9.jpg'
    leftover.parent.mkdir(parents=True)
    leftover.touch()

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lip, 'find_faults', interrupt)
        with pytest.raises(KeyboardInterrupt):
            convert()
    assert os.listdir(tmp_path) == ['LIP']
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    convert()
    assert_complete(tmp_path / 'out')


def test_targets_of_others_are_left_alone(source, convert, tmp_path):
    target = tmp_path / 'out'
    target.mkdir()
    (target / 'mine').touch()
    with pytest.raises(DataError, match='Move it away'):
        convert()
    assert listing(target) == {'mine': b''}
    target.joinpath('mine').unlink()
    target.rmdir()
    convert()
    next((target / 'val_images').iterdir()).unlink()
    with pytest.raises(DataError, match='Move it away'):
        convert()


def test_later_downloads_are_not_passed_over(source, convert, tmp_path):
    (source / 'Testing_images').rename(tmp_path / 'later')
    convert()
    (tmp_path / 'later').rename(source / 'Testing_images')
    with pytest.raises(DataError, match='Move it away'):
        convert()


def test_real_counts_and_missing_downloads_as_a_process(source, tmp_path):
    target = tmp_path / 'out'
    said = fail(TOOL, source, target)
    assert 'train_images holds 3 files, and should hold 30462' in said
    assert 'testing_images holds 1 files, and should hold 10000' in said
    assert '5 problems' in said
    shutil.rmtree(source / LABELS)
    said = fail(TOOL, source, target)
    assert f'should hold {LABELS}.zip, or a folder train_seg' in said
    assert os.listdir(tmp_path) == ['LIP']


@pytest.mark.parametrize('packed', [False, True])
def test_partners_and_counts(source, refuse, packed):
    folder = source / LABELS / 'train_segmentations'
    (folder / '1_8.png').rename(folder / '1_9.png')
    (source / 'Testing_images/testing_images/0_7.jpg').unlink()
    shown = folder
    if packed:
        pack(source, LABELS)
        shown = source / f'{LABELS}.zip' / 'train_segmentations'
    said = refuse()
    assert f'{shown} lacks 1_8, ' in said
    assert f'{source / IMAGES / "train_images"} lacks 1_9, ' in said
    assert 'testing_images holds 0 files, and should hold 1' in said
    assert '3 problems' in said


def test_many_problems_are_cut_short(source, refuse):
    for path in (source / LABELS).rglob('*.png'):
        path.rename(path.with_name(f'x{path.name}'))
    said = refuse()
    assert '10 problems' in said and said.count('\n') == 6


DEFECTS = {
    'holds the label 20;': LABEL_MAP + 1,
    'holds the label 255;': np.full((4, 5), 255, np.uint8),
    'has mode RGB, not one 8-bit channel': np.zeros((4, 5, 3), np.uint8),
    'has mode LA, not one 8-bit channel': np.zeros((4, 5, 2), np.uint8),
    'has mode 1, not one 8-bit channel': np.zeros((4, 5), bool),
    'has mode I;16, not one 8-bit channel': np.zeros((4, 5), np.uint16),
    'has 5x4 pixels, its image 4x5': np.zeros((5, 4), np.uint8),
}


@pytest.mark.parametrize('fault', DEFECTS)
def test_defects_of_label_maps(source, refuse, fault):
    path = source / LABELS / 'val_segmentations' / '1_8.png'
    save(path, DEFECTS[fault])
    assert f'{path} {fault}' in refuse()


def test_damaged_images_are_listed_together(source, refuse):
    labels = source / LABELS / 'train_segmentations' / '0_7.png'
    labels.write_bytes(labels.read_bytes()[:50])
    image = source / IMAGES / 'val_images' / '1_8.jpg'
    image.write_bytes(b'<html>')
    said = refuse()
    assert '2 problems' in said
    assert f'{labels} cannot be read' in said
    assert f'{image} cannot be read' in said


def test_folders_of_one_name_are_ambiguous(source, refuse):
    (source / 'CIHP' / 'train_images').mkdir(parents=True)
    assert 'Move all but one' in refuse()


def link():
    member = zipfile.ZipInfo(f'{IMAGES}/train_images/3_3.jpg')
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize('nested', [0, 1])
@pytest.mark.parametrize(
    ('member', 'reason'),
    [
        (f'{IMAGES}/train_images/../../../x.jpg', 'leads out'),
        ('/etc/train_images/x.jpg', 'leads out'),
        ('..\\train_images\\x.jpg', 'leads out'),
        ('C:train_images/x.jpg', 'leads out'),
        (link(), 'is a link'),
    ],
)
def test_members_that_leave_the_folder(source, refuse, member, reason, nested):
    pack(source, IMAGES)
    path = source / f'{IMAGES}.zip'
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr(member, '/etc/passwd')
    if nested:
        path.rename(source / 'inner')
        with zipfile.ZipFile(path, 'w') as archive:
            archive.write(source / 'inner', path.name)
        (source / 'inner').unlink()
        path = path / path.name
    said = refuse()
    assert said.startswith(f'{path} was refused') and reason in said


@pytest.mark.parametrize('nested', [0, 1])
def test_bombs(source, refuse, monkeypatch, nested):
    """Of a true size, and the same bytes with a false one."""
    monkeypatch.setattr(lip, 'MAX_BYTES', 1 << 20)
    big = source / IMAGES / 'train_images' / '3_3.jpg'
    big.write_bytes(bytes((1 << 20) + 1))
    pack(source, IMAGES, nested)
    assert 'more than 1048576 bytes' in refuse()
    path = source / f'{IMAGES}.zip'
    data = path.read_bytes()
    size = ((1 << 20) + 1).to_bytes(4, 'little')
    assert data.count(size) > 1
    path.write_bytes(data.replace(size, (99).to_bytes(4, 'little')))
    assert 'Bad CRC-32' in refuse()


def test_more_than_one_zip_in_a_zip(source, refuse):
    pack(source, IMAGES, nested=2)
    assert 'it holds further zips' in refuse()


def test_truncated_and_encrypted_zips(source, refuse):
    pack(source, IMAGES)
    path = source / f'{IMAGES}.zip'
    data = path.read_bytes()
    for cut in (0, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:cut])
        assert f'{path} was refused, download it again' in refuse()
    path.write_bytes(data[:30] + bytes(len(data) - 30))
    assert 'download it again' in refuse()
    # The flags in the directory at the end.
    offset = data.index(b'PK\x01\x02') + 8
    path.write_bytes(data[:offset] + b'\x01' + data[offset + 1 :])
    assert 'is encrypted' in refuse()


def test_zips_with_any_byte_changed(tmp_path):
    """Only ``DataError``, and nothing outside of the folder."""
    path = tmp_path / 'source' / f'{IMAGES}.zip'
    path.parent.mkdir()
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f'{IMAGES}/train_images/0_7.jpg', bytes(99))
        archive.writestr(f'{IMAGES}/train_images/1_8.jpg', bytes(99))
    data = path.read_bytes()
    refused = 0
    for index in range(len(data)):
        for value in (0x00, 0x2F, 0xFF):
            changed = data[:index] + bytes([value]) + data[index + 1 :]
            path.write_bytes(changed)
            work = tmp_path / 'work'
            (work / 'train_images').mkdir(parents=True)
            try:
                lip.unpack(path, 'it', {'train_images'}, work)
            except DataError as error:
                refused += 1
                assert str(error).startswith('it was refused')
            assert all(
                name.startswith('train_images/') for name in listing(work)
            )
            shutil.rmtree(work)
            assert os.listdir(tmp_path) == ['source']
    assert refused > 300


def test_a_full_disk_is_no_damaged_zip(source, convert, monkeypatch):
    pack(source, IMAGES)

    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(zipfile.ZipFile, 'open', full)
    with pytest.raises(OSError, match='No space left'):
        convert()


def test_members_longer_than_they_state(source, refuse, monkeypatch):
    """Python's own reader stops in time; this does not rely on it."""
    pack(source, IMAGES)
    monkeypatch.setattr(zipfile.ZipFile, 'open', lambda *_: io.BytesIO(BIG))
    assert 'false sizes' in refuse()
