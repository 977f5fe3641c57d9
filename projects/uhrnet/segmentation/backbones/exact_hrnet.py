"""HRNet that computes at any size what its authors' code computes."""

from mmseg.models.backbones.hrnet import HRModule, HRNet
from mmseg.models.utils import Upsample
from mmseg.registry import MODELS
from torch import Tensor, nn

from uhrnet.converters.hrnet import HRNET_ARCHS
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
        arch: A key of ``HRNET_ARCHS``, such as ``'w18'`` or ``'w48'``, or a
            dict of modules, blocks and channels per stage, ``HRNet``'s
            ``extra``.
        **kwargs: As for ``HRNet``. An ``init_cfg`` of type ``Pretrained`` has
            to hold the whole body; the head of a classifier may come with it.

    Attributes:
        name: ``'hrnetv2-w18'`` and the like; None for a dict.
        out_channels: Channels of each returned map.
        out_strides: Stride of each returned map.

    Raises:
        ValueError: If no variant has this name.

    Examples:
        >>> maps = ExactHRNet('w18')(torch.rand(1, 3, 64, 128))
        >>> [tuple(x.shape[1:]) for x in maps[:2]]
        [(18, 16, 32), (36, 8, 16)]
    """

    def __init__(self, arch: str | dict, **kwargs: object) -> None:
        extra = stages_of(arch) if isinstance(arch, str) else arch
        super().__init__(extra, **kwargs)
        self.name = f'hrnetv2-{arch}' if isinstance(arch, str) else None
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


def stages_of(arch: str) -> dict[str, dict]:
    """Return a variant's stages as the hosts' ``HRNet`` takes them.

    Raises:
        ValueError: If no variant has this name.
    """
    if arch not in HRNET_ARCHS:
        raise ValueError(
            f'unknown HRNet arch {arch!r}: use one of '
            f'{", ".join(map(repr, HRNET_ARCHS))}, or a dict with the keys '
            'stage1 to stage4'
        )
    spec = HRNET_ARCHS[arch]
    stages = {
        'stage1': dict(
            num_modules=1,
            num_branches=1,
            block='BOTTLENECK',
            num_blocks=(spec.stage1_blocks,),
            num_channels=(spec.stage1_channels,),
        )
    }
    for branches, num_modules in enumerate(spec.num_modules, start=2):
        stages[f'stage{branches}'] = dict(
            num_modules=num_modules,
            num_branches=branches,
            block='BASIC',
            num_blocks=(spec.num_blocks,) * branches,
            num_channels=tuple(spec.channels * 2**i for i in range(branches)),
        )
    return stages
