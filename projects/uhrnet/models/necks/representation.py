"""What HRNet's representations have in common: the maps they are made from."""

from collections.abc import Sequence

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor

from uhrnet.errors import ConfigError

# He et al.'s for convolutions before a ReLU, as ConvModule has it.
HE_INIT = dict(type='Kaiming', layer='Conv2d')


class Representation(BaseModule):
    """Makes maps for a task from a backbone's, the highest of them first.

    Args:
        in_channels: Channels of the backbone's maps, from the highest
            resolution to the lowest: HRNet's four or U-HRNet's five.
        init_cfg: How mmengine initialises it.

    Attributes:
        in_channels: Of the maps it takes.
        out_channels: Of each map it returns.
        out_strides: Of each map it returns, relative to the first it takes.

    Raises:
        ConfigError: If ``in_channels`` is empty, or if the maps of a backbone
            have other channels.
    """

    def __init__(
        self, in_channels: Sequence[int], init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.in_channels = tuple(in_channels)
        if not self.in_channels:
            raise ConfigError('in_channels must name the channels of a map')
        self.out_channels: tuple[int, ...] = ()
        self.out_strides: tuple[int, ...] = (1,)

    def check(self, maps: Sequence[Tensor]) -> None:
        """Refuse the maps of a backbone that this has not been made for."""
        found = tuple(x.shape[1] for x in maps)
        if found != self.in_channels:
            raise ConfigError(
                f'{type(self).__name__} was built with in_channels='
                f'{self.in_channels}, and its backbone returns maps of '
                f'{found} channels: set in_channels to these'
            )


class Conv(ConvModule):
    """``ConvModule`` that the ``init_cfg`` of its neck initialises.

    mmengine calls the original's own initialisation after that of the neck,
    which it would overwrite.
    """

    def init_weights(self) -> None:
        """Leave everything as it is."""
