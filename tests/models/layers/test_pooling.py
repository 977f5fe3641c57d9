"""What an exported graph does where torch rounds up."""

import pytest
import torch

from uhrnet.models.layers.pooling import POOLINGS, pool_rounding_up


@pytest.mark.parametrize('pooling', POOLINGS)
@pytest.mark.parametrize('size', [1, 2, 16])
def test_padded_as_in_ceil_mode(pooling, size, monkeypatch):
    for height, width in ((32, 48), (33, 47), (1, 5)):
        x = torch.randn(2, 3, height, width)
        plain = pool_rounding_up(x, size, pooling)
        assert plain.shape[-2:] == (-(-height // size), -(-width // size))
        with monkeypatch.context() as patch:
            patch.setattr(torch.compiler, 'is_exporting', lambda: True)
            padded = pool_rounding_up(x, size, pooling)
        torch.testing.assert_close(padded, plain)
