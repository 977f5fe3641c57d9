"""Bins as matrices, which an exported graph has, average as torch does."""

import pytest
import torch
from torch.nn import functional as F

from uhrnet.segmentation.layers.average_to import average_to, bins


@pytest.mark.parametrize(
    ('full', 'small'),
    [((8, 12), (4, 3)), ((17, 9), (9, 5)), ((7, 5), (3, 5)), ((3, 4), (1, 1))],
)
def test_bins(full, small):
    x = torch.randn(2, 3, *full)
    expected = F.adaptive_avg_pool2d(x, small)
    found = bins(full[0], small[0]) @ x @ bins(full[1], small[1]).T
    torch.testing.assert_close(found, expected)
    assert torch.equal(average_to(x, small), expected)


class Halve(torch.nn.Module):
    """To half of the size, rounded up."""

    def forward(self, x):
        """Map (N, C, H, W) to (N, C, ceil(H / 2), ceil(W / 2))."""
        return average_to(x, [(side + 1) // 2 for side in x.shape[-2:]])


def test_exported_for_any_size(tmp_path):
    import numpy as np
    import onnxruntime
    from torch.export import Dim

    sizes = {2: Dim('height', min=3), 3: Dim('width', min=3)}
    program = torch.export.export(
        Halve(),
        (torch.zeros(2, 3, 10, 14),),
        dynamic_shapes=dict(x=sizes),
        prefer_deferred_runtime_asserts_over_guards=True,
    )
    path = tmp_path / 'm.onnx'
    torch.onnx.export(program, dynamo=True, verbose=False).save(path)
    session = onnxruntime.InferenceSession(path)
    for size in ((10, 14), (9, 33)):
        x = torch.randn(2, 3, *size)
        (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        np.testing.assert_allclose(found, Halve()(x), atol=1e-6)
