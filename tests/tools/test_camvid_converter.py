import cv2
import numpy as np
import pytest
from command_line import fail, succeed

TOOL = 'tools/dataset_converters/camvid.py'
COUNTS = {'train': 367, 'val': 101, 'test': 233}


@pytest.fixture
def source(tmp_path):
    """The tutorial's folder, with images of 2x3 pixels."""
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for split, count in COUNTS.items():
        for folder in (split, f'{split}annot'):
            (tmp_path / 'CamVid' / folder).mkdir(parents=True)
        for index in range(count):
            name = f'{index:06}.png'
            cv2.imwrite(
                str(tmp_path / 'CamVid' / split / name),
                np.full((3, 4, 3), index % 256, np.uint8),
            )
            cv2.imwrite(
                str(tmp_path / 'CamVid' / f'{split}annot' / name), labels
            )
    return tmp_path / 'CamVid'


def test_converts_and_knows_that_it_has(source, tmp_path, mmseg_scope):
    target = tmp_path / 'out'
    succeed(TOOL, source, target)
    for split, count in COUNTS.items():
        images = sorted((target / 'images' / split).iterdir())
        labels = sorted((target / 'annotations' / split).iterdir())
        assert [p.name for p in images] == [p.name for p in labels]
        assert len(images) == count
        assert (
            images[5].read_bytes()
            == (source / split / images[5].name).read_bytes()
        )
        values = np.unique(cv2.imread(str(labels[0]), cv2.IMREAD_UNCHANGED))
        assert values.tolist() == [*range(11), 255]
    assert 'nothing to do' in succeed(TOOL, source, target)

    from uhrnet.segmentation.datasets import CamVidDataset

    dataset = CamVidDataset(
        data_root=str(target),
        data_prefix=dict(
            img_path='images/test', seg_map_path='annotations/test'
        ),
        pipeline=[],
    )
    assert len(dataset) == 233


def test_refusals_leave_nothing_behind(source, tmp_path):
    target = tmp_path / 'out'
    (source / 'val' / '000003.png').unlink()
    assert 'should hold 101' in fail(TOOL, source, target)
    assert not target.exists()

    extra = np.full((3, 4), 12, np.uint8)
    cv2.imwrite(str(source / 'val' / '000003.png'), extra)
    cv2.imwrite(str(source / 'testannot' / '000000.png'), extra)
    assert 'testannot/000000.png holds the label 12' in fail(
        TOOL, source, target
    )
    assert not target.exists()

    target.mkdir()
    (target / 'mine').touch()
    assert 'Move it away' in fail(TOOL, source, target)
    assert (target / 'mine').exists()
