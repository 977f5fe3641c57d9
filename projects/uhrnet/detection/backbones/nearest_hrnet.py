"""HRNet as its authors detect with it: fusions take the nearest value."""

from mmdet.models.backbones.hrnet import HRNet
from mmdet.registry import MODELS
from torch import Tensor

from uhrnet.errors import ConfigError
from uhrnet.models.backbones.hrnet_arch import HRNetByName

STRIDE = 32
"""Of the lowest map: what it adds to the others is enlarged by 2, 4 and 8."""


@MODELS.register_module()
class NearestHRNet(HRNetByName, HRNet):
    """mmdetection's HRNet, built by the name of a variant.

    It computes what mmdetection's computes, so that weights of its model zoo
    and of the authors' classifiers keep their meaning: low maps are enlarged
    by whole numbers, to the nearest value, while segmentation does it
    bilinearly.

    Args:
        arch: As for :class:`HRNetByName`, with its attributes.
        **kwargs: As for ``HRNet``, whose ``norm_eval`` is true by default.

    Examples:
        >>> maps = NearestHRNet('w18')(torch.rand(1, 3, 64, 128))
        >>> [tuple(x.shape[1:]) for x in maps[:2]]
        [(18, 16, 32), (36, 8, 16)]
    """

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (N, 3, H, W) to four maps, at strides 4, 8, 16 and 32.

        Raises:
            ConfigError: If 32 does not divide H and W.
        """
        height, width = x.shape[2:]
        if height % STRIDE or width % STRIDE:
            raise ConfigError(
                f'images of {height}x{width}: {STRIDE} has to divide both. '
                'Set model.data_preprocessor.pad_size_divisor='
                f'{STRIDE}, which pads them'
            )
        return super().forward(x)
