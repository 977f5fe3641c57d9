"""HRNet that computes at any size what its authors' code computes."""

from mmseg.models.backbones.hrnet import HRModule, HRNet
from mmseg.models.utils import Upsample
from mmseg.registry import MODELS
from torch import Tensor, nn

from uhrnet.models.backbones.hrnet_arch import HRNetByName


@MODELS.register_module()
class ExactHRNet(HRNetByName, HRNet):
    """mmsegmentation's HRNet with maps resized once, to their final size.

    The original enlarges a map by 2, 4 or 8 and then resizes it to the size
    of the map it is added to. The authors do the second alone
    (HRNet-Semantic-Segmentation, lib/models/seg_hrnet.py at 605d941f). Where
    32 divides height and width both are equal; elsewhere, such as at 473x473,
    values of the original are off by percents. Parameters and their names are
    the same.

    Args:
        arch: As for :class:`HRNetByName`, with its attributes.
        return_stem: Put the stem's map (stride 2, 64 channels) in front of
            the four, for decoders that reach output stride 2.
        **kwargs: As for ``HRNet``.

    Examples:
        >>> maps = ExactHRNet('w18')(torch.rand(1, 3, 64, 128))
        >>> [tuple(x.shape[1:]) for x in maps[:2]]
        [(18, 16, 32), (36, 8, 16)]
    """

    def __init__(
        self, arch: str | dict, return_stem: bool = False, **kwargs: object
    ) -> None:
        super().__init__(arch, **kwargs)
        self.return_stem = return_stem
        if return_stem:
            self.out_channels = (64, *self.out_channels)
            self.out_strides = (2, *self.out_strides)
        for module in self.modules():
            if isinstance(module, HRModule):
                _resize_once(module)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (N, 3, H, W) to maps of ``out_channels`` at ``out_strides``."""
        stem = self.relu(self.norm1(self.conv1(self.arrange(x))))
        x = self.relu(self.norm2(self.conv2(stem)))
        maps = [self.layer1(x)]
        for stage in (2, 3, 4):
            transitions = getattr(self, f'transition{stage - 1}')
            # A branch is new, changes its channels, or goes on as it is.
            maps = getattr(self, f'stage{stage}')(
                [
                    maps[index] if layers is None else layers(maps[-1])
                    for index, layers in enumerate(transitions)
                ]
            )
        return (stem, *maps) if self.return_stem else tuple(maps)


def _resize_once(module: HRModule) -> None:
    """Leave enlarging to the module's ``forward``, which resizes anyway."""
    for layers in module.fuse_layers or ():
        for layer in layers:
            if isinstance(layer, nn.Sequential):
                for index, part in enumerate(layer):
                    if isinstance(part, Upsample):
                        layer[index] = nn.Identity()
