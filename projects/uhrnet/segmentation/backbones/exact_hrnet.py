"""HRNet that computes at any size what its authors' code computes."""

from mmseg.models.backbones.hrnet import HRModule, HRNet
from mmseg.models.utils import Upsample
from mmseg.registry import MODELS
from torch import Tensor, nn

from uhrnet.converters.hrnet import HRNET_ARCHS, HRNetArch
from uhrnet.models.backbones.pretrained import check_pretrained


@MODELS.register_module()
class ExactHRNet(HRNet):
    """mmsegmentation's HRNet with maps resized once, to their final size.

    The original enlarges a map by 2, 4 or 8 and then resizes it to the size
    of the map it is added to. The authors do the second alone
    (HRNet-Semantic-Segmentation, lib/models/seg_hrnet.py at 605d941f). Where
    32 divides height and width both are equal; elsewhere, such as at 473x473,
    values of the original are off by percents. Parameters and their names are
    the same.

    Args:
        extra: Modules, blocks and channels per stage, as for ``HRNet``.
        **kwargs: As for ``HRNet``. An ``init_cfg`` of type ``Pretrained`` has
            to hold the whole body; the head of a classifier may come with it.

    Attributes:
        name: ``'hrnetv2-w18'`` and the like; None for a shape that the
            authors do not have.
        out_channels: Channels of each returned map.
        out_strides: Stride of each returned map.
    """

    def __init__(self, extra: dict, **kwargs: object) -> None:
        super().__init__(extra, **kwargs)
        self.name = _name_of(extra)
        self.out_channels = tuple(extra['stage4']['num_channels'])
        self.out_strides = (4, 8, 16, 32)
        for module in self.modules():
            if isinstance(module, HRModule):
                _resize_once(module)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (N, 3, H, W) to four maps, at strides 4, 8, 16 and 32."""
        return tuple(super().forward(x))

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says.

        Raises:
            FileNotFoundError: If pre-trained weights are absent.
            ValueError: If they lack a part of the body.
        """
        check_pretrained(
            self, self.init_cfg, self.name or 'HRNet', more_allowed=True
        )
        super().init_weights()

    def train(self, mode: bool = True) -> 'ExactHRNet':
        """Set the mode and return the model, which the original does not."""
        super().train(mode)
        return self


def _resize_once(module: HRModule) -> None:
    """Leave enlarging to the module's ``forward``, which resizes anyway."""
    for layers in module.fuse_layers or ():
        for layer in layers:
            if isinstance(layer, nn.Sequential):
                for index, part in enumerate(layer):
                    if isinstance(part, Upsample):
                        layer[index] = nn.Identity()


def _name_of(extra: dict) -> str | None:
    stages = [extra[f'stage{number}'] for number in range(1, 5)]
    arch = HRNetArch(
        channels=stages[1]['num_channels'][0],
        stage1_channels=stages[0]['num_channels'][0],
        stage1_blocks=stages[0]['num_blocks'][0],
        num_modules=tuple(stage['num_modules'] for stage in stages[1:]),
        num_blocks=stages[1]['num_blocks'][0],
    )
    for name, known in HRNET_ARCHS.items():
        if arch == known:
            return f'hrnetv2-{name}'
    return None
