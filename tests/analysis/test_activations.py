import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement
from torch import nn

from uhrnet.analysis.activation_pictures import draw_activations, paint
from uhrnet.analysis.activations import (
    Activation,
    class_target,
    collect,
    default_stages,
    grad_cam,
    shown_part,
)
from uhrnet.errors import ConfigError


class Backbone(nn.Module):
    """Two branches: brightness, and its opposite at half the size."""

    def __init__(self):
        super().__init__()
        self.stage1 = nn.Identity()
        self.stage2 = Both()

    def forward(self, x):
        return self.stage2(self.stage1(x))


class Both(nn.Module):
    def forward(self, x):
        return x, -nn.functional.avg_pool2d(x, 2)


class Model(BaseModel):
    """Class 0 is dark; class 1 is bright in the fine map."""

    dataset_meta = dict(classes=('dark', 'bright', 'never'))

    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        self.decode_head = nn.Identity()

    def forward(self, inputs, data_samples=None, mode='tensor'):
        fine, _ = self.backbone(inputs)
        bright = fine.mean(dim=1, keepdim=True)
        return torch.cat((0 * bright + 0.5, bright, bright - 9), dim=1)


def image():
    """Bright in the left half alone."""
    x = torch.zeros(1, 3, 4, 8)
    x[..., :4] = 1
    return x.requires_grad_()


def seen(category):
    model, x = Model(), image()
    return collect(
        model,
        default_stages(model),
        lambda: class_target(model, x, [], category)[0],
    )


def test_cam_is_where_the_class_is():
    first, fine, coarse = seen(1)
    assert (first.stage, first.branch) == ('backbone.stage1', 0)
    assert (fine.stage, fine.branch) == ('backbone.stage2', 0)
    assert coarse.values.shape == (3, 2, 4) and coarse.branch == 1
    for x in (first, fine):
        assert (x.cam[:, :4] > 0).all()
        assert not x.cam[:, 4:].any()
    # the class does not depend on the other branch
    assert not coarse.cam.any()


def test_the_formula():
    values = torch.tensor([[[1.0, 2.0]], [[3.0, 1.0]]])
    gradient = torch.tensor([[[[1.0, 3.0]], [[-1.0, 0.0]]]])
    # weights 2 and -0.5
    assert grad_cam(values, gradient).tolist() == [[0.5, 3.5]]


def test_classes():
    model, x = Model(), image()
    assert class_target(model, x, [], None)[1] == 'dark'  # half and half
    with pytest.raises(ConfigError, match='sees no never in this image'):
        class_target(model, x, [], 2)
    with pytest.raises(ConfigError, match='class 3 is none of 3'):
        class_target(model, x, [], 3)
    with pytest.raises(ConfigError, match=r'no module backbone.stage7'):
        collect(model, ['backbone.stage7'], lambda: None)


def test_padding_is_cut_off():
    """A map of twice the image's width, bright in the image's right half."""
    values = torch.zeros(1, 4, 16)
    values[..., 4:8] = 1
    values[..., 8:] = 9
    grey = np.full((4, 8, 3), 128, np.uint8)
    painted = paint(
        Activation('stage1', 0, values), grey, part=(1, 0.5)
    ).astype(int)
    assert painted.shape == (4, 8, 3)
    assert (painted[:, 0, 2] > painted[:, 0, 0] + 50).all()
    assert (painted[:, 6, 0] > painted[:, 6, 2] + 50).all()
    sample = BaseDataElement(metainfo=dict(img_shape=(90, 100)))
    assert shown_part(torch.zeros(1, 3, 120, 100), sample) == (0.75, 1)


def test_figure():
    """A column a stage, a row a size."""
    activations = seen(1)
    grey = np.full((4, 8, 3), 128, np.uint8)
    figure = draw_activations(grey, activations, 'Of a test', cam=True)
    titles = [x.get_title() for x in figure.axes]
    assert titles == [
        'image',
        'stage1, branch 1\n3 channels, 4 x 8',
        'stage2, branch 1\n3 channels, 4 x 8',
        '',
        '',
        'stage2, branch 2\n3 channels, 2 x 4',
    ]
    painted = figure.axes[1].images[0].get_array()
    left, right = painted[:, 0].astype(int), painted[:, -1].astype(int)
    assert (left[:, 0] > right[:, 0] + 50).all()  # red and blue
    assert (left[:, 2] < right[:, 2] - 50).all()
