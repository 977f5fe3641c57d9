"""Downloads of KITTI and NYU Depth v2, made up, to the configs' layouts."""

import importlib
import sys
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from command_line import call_tool, fail
from scipy.io import savemat

from uhrnet.errors import DataError

FOLDER = Path(__file__).parents[2] / 'tools/dataset_converters'
DRIVE = '2011_09_26_drive_{:04}_sync'


@pytest.fixture
def converter(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module
    for name in ('kitti_depth', 'nyu_depth'):
        sys.modules.pop(name, None)


@pytest.fixture
def kitti(tmp_path, converter, monkeypatch):
    """Two drives, one of each part, and lists of three and two lines."""
    module = converter('kitti_depth')
    counts = {'eigen_train_files_with_gt.txt': (2, 2),
              'eigen_test_files_with_gt.txt': (2, 1)}  # fmt: skip
    monkeypatch.setattr(module, 'COUNTS', counts)
    lines = []
    for number, part in ((1, 'train'), (2, 'val')):
        drive = DRIVE.format(number)
        image = f'2011_09_26/{drive}/image_02/data/0000000005.png'
        depth = f'{drive}/proj_depth/groundtruth/image_02/0000000005.png'
        lines.append(f'{image} {depth} 721.5377\n')
        for path in (tmp_path / 'raw' / image,
                     tmp_path / 'annotated' / part / depth):  # fmt: skip
            path.parent.mkdir(parents=True)
            path.write_bytes(b'x')
    (tmp_path / 'lists').mkdir()
    train, test = (tmp_path / 'lists' / name for name in counts)
    train.write_text(''.join(lines))
    test.write_text(lines[1] + 'nowhere.png None 721.5377\n')
    return module


def convert_kitti(module, root, monkeypatch):
    folders = (root / x for x in ('raw', 'annotated', 'lists', 'out/kitti'))
    call_tool(monkeypatch, module, *folders)


def test_kitti(kitti, tmp_path, monkeypatch, capsys):
    (tmp_path / 'out').mkdir()
    for part in ('train', 'val'):
        (tmp_path / 'annotated' / part / '.DS_Store').touch()
    convert_kitti(kitti, tmp_path, monkeypatch)
    out = tmp_path / 'out/kitti'
    assert sorted(x.name for x in out.iterdir()) == [
        'eigen_test_files_with_gt.txt', 'eigen_train_files_with_gt.txt',
        'gt_depth', 'input',
    ]  # fmt: skip
    text = capsys.readouterr().out
    assert 'eigen_test_files_with_gt.txt: 1 images with depth' in text

    from uhrnet.depth.datasets import KITTIDepthDataset

    dataset = KITTIDepthDataset(
        data_root=str(out),
        ann_file='eigen_train_files_with_gt.txt',
        data_prefix=dict(img_path='input', depth_map_path='gt_depth'),
    )
    infos = [dataset.get_data_info(i) for i in range(2)]
    for info in infos:
        assert Path(info['img_path']).read_bytes() == b'x'
        assert Path(info['depth_map_path']).read_bytes() == b'x'
    with pytest.raises(DataError, match='kitti exists. Move it away'):
        convert_kitti(kitti, tmp_path, monkeypatch)


def test_kitti_that_is_incomplete(kitti, tmp_path, monkeypatch):
    (tmp_path / 'out').mkdir()
    file = next((tmp_path / 'raw').rglob(f'{DRIVE.format(2)}/**/*.png'))
    file.unlink()
    with pytest.raises(DataError, match='1 files that .*train.* missing, the'):
        convert_kitti(kitti, tmp_path, monkeypatch)
    file.touch()
    path = tmp_path / 'lists/eigen_test_files_with_gt.txt'
    path.write_text(path.read_text().split('\n')[0])
    with pytest.raises(DataError, match='1 lines, 1 of them .* 2 and 1'):
        convert_kitti(kitti, tmp_path, monkeypatch)
    path.write_text('a.png b.png\n')
    with pytest.raises(DataError, match="'a.png b.png' is not an image, a"):
        convert_kitti(kitti, tmp_path, monkeypatch)
    path.unlink()
    with pytest.raises(DataError, match='eigen_test_.*does not exist'):
        convert_kitti(kitti, tmp_path, monkeypatch)
    (tmp_path / 'annotated/val').rename(tmp_path / 'annotated/other')
    with pytest.raises(DataError, match='unpack data_depth_annotated.zip'):
        convert_kitti(kitti, tmp_path, monkeypatch)
    assert not any((tmp_path / 'out').iterdir()), 'something was left'


def write_nyu(path, scenes=('bathroom', 'living_room', 'bathroom')):
    """As MATLAB stores it: columns first, names behind references."""
    number = len(scenes)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (number, 3, 640, 480), np.uint8)
    images[:] = 200
    images[:, 0, :, 100:] = np.arange(number)[:, None, None] * 40
    depth = rng.uniform(0, 9, (number, 640, 480)).astype(np.float32)
    with h5py.File(path, 'w') as file:
        file['images'] = images
        file['rawDepths'] = depth
        kind = h5py.special_dtype(ref=h5py.Reference)
        names = file.create_dataset('sceneTypes', (1, number), dtype=kind)
        for i, scene in enumerate(scenes):
            codes = np.array([[ord(x)] for x in scene], np.uint16)
            file[f'names/{i}'] = codes
            names[0, i] = file[f'names/{i}'].ref
    return depth


@pytest.fixture
def nyu(tmp_path, converter, monkeypatch):
    """Three images, the second to train on."""
    module = converter('nyu_depth')
    monkeypatch.setattr(module, 'COUNTS', dict(train=1, test=2))
    savemat(
        tmp_path / 'splits.mat',
        dict(trainNdxs=np.array([[2]]), testNdxs=np.array([[1], [3]])),
    )
    return module


def convert_nyu(module, root, monkeypatch):
    call_tool(
        monkeypatch, module, root / 'labeled.mat', root / 'splits.mat',
        root / 'nyu',
    )  # fmt: skip


def test_nyu(nyu, tmp_path, monkeypatch):
    metres = write_nyu(tmp_path / 'labeled.mat')
    convert_nyu(nyu, tmp_path, monkeypatch)
    out = tmp_path / 'nyu'
    assert (out / 'nyudepthv2_test_files_with_gt.txt').read_text() == (
        'bathroom/rgb_00000.jpg bathroom/sync_depth_00000.png 518.8579\n'
        'bathroom/rgb_00002.jpg bathroom/sync_depth_00002.png 518.8579\n'
    )
    assert (
        (out / 'nyudepthv2_labeled_train_files_with_gt.txt')
        .read_text()
        .startswith('living_room/rgb_00001.jpg ')
    )

    from uhrnet.depth.datasets import NYUDepthDataset
    from uhrnet.depth.transforms import LoadCheckedDepth

    dataset = NYUDepthDataset(
        data_root=str(out),
        ann_file='nyudepthv2_test_files_with_gt.txt',
        data_prefix=dict(
            img_path='official_splits/test',
            depth_map_path='official_splits/test',
        ),
    )
    info = dataset.get_data_info(1)
    loaded = LoadCheckedDepth(scale=1000, max_depth=10)(info)['gt_depth_map']
    # cut to whole millimetres, as the originals are
    assert np.abs(loaded - metres[2].T).max() < 0.00101
    image = cv2.imread(info['img_path'])[..., ::-1].astype(int)
    assert image.shape == (480, 640, 3)
    assert (image[:6] < 10).all() and (image[:, 634:] < 10).all()
    assert np.abs(image[20:90, 20:600] - 200).max() < 5
    assert np.abs(image[120:460, 20:600] - (80, 200, 200)).max() < 8
    with pytest.raises(DataError, match='official_splits exists'):
        convert_nyu(nyu, tmp_path, monkeypatch)
    (out / 'official_splits').rename(out / 'other')
    with pytest.raises(DataError, match='_files_with_gt.txt exists'):
        convert_nyu(nyu, tmp_path, monkeypatch)


def test_nyu_that_is_damaged(nyu, tmp_path, monkeypatch):
    path = tmp_path / 'labeled.mat'
    write_nyu(path, scenes=('bathroom', '../../etc', 'den'))
    with pytest.raises(DataError, match="image 1 is of a scene '../../etc'"):
        convert_nyu(nyu, tmp_path, monkeypatch)
    write_nyu(path, scenes=('bathroom', 'den'))
    with pytest.raises(DataError, match=r'images should be of shape \(3, 3'):
        convert_nyu(nyu, tmp_path, monkeypatch)
    path.write_bytes(b'MATLAB 7.3 MAT-file' + bytes(3000))
    with pytest.raises(DataError, match='labeled.mat cannot be read'):
        convert_nyu(nyu, tmp_path, monkeypatch)
    assert not (tmp_path / 'nyu/official_splits').exists()
    assert not [*tmp_path.glob('nyu/.*')], 'something was left'
    savemat(tmp_path / 'splits.mat', dict(trainNdxs=[[1]], testNdxs=[[2]]))
    with pytest.raises(DataError, match="splits of {'train': 1, 'test': 1}"):
        convert_nyu(nyu, tmp_path, monkeypatch)
    (tmp_path / 'splits.mat').write_bytes(b'no')
    with pytest.raises(DataError, match='is not the splits.mat of NYU'):
        convert_nyu(nyu, tmp_path, monkeypatch)


def test_nyu_from_the_command_line(tmp_path):
    """The real counts are asked for."""
    savemat(tmp_path / 's.mat', dict(trainNdxs=[[2]], testNdxs=[[1], [3]]))
    text = fail(
        'tools/dataset_converters/nyu_depth.py', tmp_path / 'l.mat',
        tmp_path / 's.mat', tmp_path / 'nyu',
    )  # fmt: skip
    assert "not of {'train': 795, 'test': 654}" in text
