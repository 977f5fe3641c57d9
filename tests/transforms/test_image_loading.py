import cv2
import numpy as np
import pytest

from uhrnet.errors import DataError
from uhrnet.transforms import CheckImageFile, LoadCheckedImage


@pytest.fixture(params=['png', 'jpg'])
def file(request, tmp_path):
    path = tmp_path / f'image.{request.param}'
    x = np.add.outer(np.arange(40), np.arange(50))
    cv2.imwrite(str(path), np.dstack((x, 2 * x, x)).astype(np.uint8))
    return path


def load(path, **kwargs):
    return LoadCheckedImage(**kwargs)(dict(img_path=str(path)))


def test_sets_what_the_host_sets(file):
    from mmcv.transforms import LoadImageFromFile

    for options in (
        dict(),
        dict(to_float32=True),
        dict(color_type='grayscale'),
    ):
        ours = load(file, **options)
        theirs = LoadImageFromFile(**options)(dict(img_path=str(file)))
        assert ours.keys() == theirs.keys()
        assert ours['img'].dtype == theirs['img'].dtype
        np.testing.assert_array_equal(ours['img'], theirs['img'])
        assert ours['ori_shape'] == theirs['ori_shape'] == (40, 50)


@pytest.mark.parametrize('share', [0.3, 0.9, 0.99])
def test_truncated(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=rf'{file.name} is truncated'):
        load(file)


@pytest.mark.parametrize('length', [100, 100_000])
def test_something_after_the_end_is_fine(file, length):
    """Phones put whole videos behind their JPEGs."""
    file.write_bytes(file.read_bytes() + bytes(length))
    assert load(file)['img'].shape == (40, 50, 3)


@pytest.mark.parametrize('content', [b'', b'not an image'])
def test_no_image(tmp_path, content):
    path = tmp_path / 'file.png'
    path.write_bytes(content)
    with pytest.raises(DataError, match='file.png'):
        load(path)


def test_missing(tmp_path):
    with pytest.raises(DataError, match='gone.png is missing'):
        load(tmp_path / 'gone.png')


def test_check_behind_another_loader(file):
    check = CheckImageFile()
    results = dict(img_path=str(file), img=np.zeros(3))
    assert check(results) is results
    assert check(dict(img=np.zeros(3))).keys() == {'img'}
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=rf'{file.name} is truncated'):
        check(results)
