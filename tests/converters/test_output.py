"""What a converted checkpoint says about itself."""

import pytest
import torch

from uhrnet.converters.conversion import Conversion, ConversionError
from uhrnet.converters.output import dataset_meta, write_conversion
from uhrnet.segmentation.datasets import CamVidDataset

STATE = {'x': torch.zeros(1)}


def write(tmp_path, num_classes, **kwargs):
    source = tmp_path / 'source'
    source.write_bytes(b'')
    return write_conversion(
        Conversion(STATE, 'w18', num_classes, 1, ('y',), ('rounded',)),
        tmp_path / 'target.pth',
        **dict(
            family='uhrnet',
            source=source,
            sha256='123',
            origin='here',
            normalisation=dict(mean=[1.0], std=[2.0], bgr_to_rgb=True),
        )
        | kwargs,
    )


def test_backbone(tmp_path):
    said = write(tmp_path, None)
    path = tmp_path / 'target.pth'
    assert said == (
        f'{path}: uhrnet-w18, backbone; 1 parameters placed, 1 unused ones '
        'dropped; source sha256 123\nrounded'
    )
    meta = torch.load(path, weights_only=True)['meta']
    assert meta['normalisation'] is None and 'dataset_meta' not in meta
    assert meta['source']['notes'] == ['rounded']


def test_backbone_has_no_data_set(tmp_path):
    with pytest.raises(ConversionError, match='backbone alone, without clas'):
        write(tmp_path, None, dataset='CamVidDataset')
    assert not (tmp_path / 'target.pth').exists()


def test_source_and_target_differ(tmp_path):
    (tmp_path / 'target.pth').write_bytes(b'kept')
    with pytest.raises(ConversionError, match='the same file'):
        write(tmp_path, None, source=tmp_path / 'target.pth')
    assert (tmp_path / 'target.pth').read_bytes() == b'kept'


def test_data_sets(mmseg_scope):
    cityscapes = dataset_meta(None, 19)
    assert cityscapes == dataset_meta('CityscapesDataset', 19)
    assert cityscapes['classes'][0] == 'road'
    assert cityscapes['palette'][0] == [128, 64, 128]
    classes = CamVidDataset.METAINFO['classes']
    assert dataset_meta('CamVidDataset', 11)['classes'] == classes


@pytest.mark.parametrize(
    'name, number, message',
    [
        (None, 11, 'has 11 classes: say which data set'),
        ('ADE20KDataset', 11, 'has 11 classes and ADE20KDataset has 150'),
        ('Unknown', 11, '--dataset Unknown is unknown'),
        ('', 19, '--dataset  is unknown'),
        ('ConcatDataset', 19, '--dataset ConcatDataset is unknown'),
        ('BaseSegDataset', 0, '--dataset BaseSegDataset is unknown'),
        ('os.system', 19, '--dataset os.system is unknown'),
    ],
)
def test_data_sets_that_do_not_fit(mmseg_scope, name, number, message):
    with pytest.raises(ConversionError, match=message):
        dataset_meta(name, number)
