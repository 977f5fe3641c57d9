"""The toolboxes' inferencers know the names of this package's configs."""

import pytest
from untrained import DETECTOR, SEGMENTOR

from uhrnet.errors import ConfigError


@pytest.mark.parametrize(
    ('toolbox', 'inferencer', 'name'),
    [
        ('mmseg', 'MMSegInferencer', SEGMENTOR),
        ('mmdet', 'DetInferencer', DETECTOR),
    ],
)
def test_names(toolbox, inferencer, name):
    """With weights: test_pretrained.py."""
    apis = pytest.importorskip(f'{toolbox}.apis')
    with pytest.raises(
        ConfigError, match=f'no weights are published for {name}'
    ):
        getattr(apis, inferencer)(name, device='cpu')
    # a name that is not ours is looked up where it was before
    with pytest.raises((ValueError, FileNotFoundError)) as error:
        getattr(apis, inferencer)('nobodys-model', device='cpu')
    assert not isinstance(error.value, ConfigError)
