"""HRNet's variants, and how the hosts' ``HRNet`` is built by their names."""

from typing import NamedTuple

from torch import Tensor

from uhrnet.errors import ConfigError

from .memory_formats import format_of
from .pretrained import check_pretrained


class HRNetArch(NamedTuple):
    """A variant of the body.

    Attributes:
        channels: C, at stride 4. Strides 8, 16, 32 have 2C, 4C, 8C.
        stage1_channels: Inner width of the bottlenecks of stage 1.
        stage1_blocks: Their number.
        num_modules: In stages 2, 3 and 4.
        num_blocks: Basic blocks of a branch of a module.
    """

    channels: int
    stage1_channels: int = 64
    stage1_blocks: int = 4
    num_modules: tuple[int, int, int] = (1, 4, 3)
    num_blocks: int = 4


# experiments/*.yaml of both repositories; for w64, which has none, the rule of
# the others, which gives the published number of parameters. Small-v1 is a W18
# by name only.
HRNET_ARCHS = {
    'w18-small-v1': HRNetArch(16, 32, 1, (1, 1, 1), 2),
    'w18-small-v2': HRNetArch(18, 64, 2, (1, 3, 2), 2),
    'w18': HRNetArch(18),
    'w30': HRNetArch(30),
    'w32': HRNetArch(32),
    'w40': HRNetArch(40),
    'w44': HRNetArch(44),
    'w48': HRNetArch(48),
    'w64': HRNetArch(64),
}


def stages_of(arch: str) -> dict[str, dict]:
    """Return a variant's stages as the hosts' ``HRNet`` takes them.

    Raises:
        ConfigError: If no variant has this name.
    """
    if arch not in HRNET_ARCHS:
        raise ConfigError(
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


class HRNetByName:
    """Mixed into a host's ``HRNet``, which takes a dict of all stages.

    Args:
        arch: A key of ``HRNET_ARCHS``, such as ``'w18'`` or ``'w48'``, or a
            dict of modules, blocks and channels per stage, ``HRNet``'s
            ``extra``.
        memory_format: ``'channels_last'``, faster on CPUs, or
            ``'contiguous'``.
        **kwargs: As for ``HRNet``. An ``init_cfg`` of type ``Pretrained`` has
            to hold the whole body; the head of a classifier may come with it.

    Attributes:
        name: ``'hrnetv2-w18'`` and the like; None for a dict.
        out_channels: Channels of each returned map.
        out_strides: Stride of each returned map.

    Raises:
        ConfigError: If no variant or no memory format has this name.
    """

    def __init__(
        self,
        arch: str | dict,
        memory_format: str = 'channels_last',
        **kwargs: object,
    ) -> None:
        extra = stages_of(arch) if isinstance(arch, str) else arch
        super().__init__(extra, **kwargs)
        self.memory_format = memory_format
        self.to(memory_format=format_of(memory_format))
        self.name = f'hrnetv2-{arch}' if isinstance(arch, str) else None
        count = 4 if kwargs.get('multiscale_output', True) else 1
        self.out_channels = tuple(extra['stage4']['num_channels'][:count])
        self.out_strides = (4, 8, 16, 32)[:count]

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (N, 3, H, W) to four maps, at strides 4, 8, 16 and 32."""
        return tuple(super().forward(self.arrange(x)))

    def arrange(self, x: Tensor) -> Tensor:
        """Put images (N, 3, H, W) into the memory format of the weights."""
        return x.contiguous(memory_format=format_of(self.memory_format))

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says.

        Raises:
            FileNotFoundError: If pre-trained weights are absent.
            ConfigError: If they lack a part of the body.
        """
        check_pretrained(
            self, self.init_cfg, self.name or 'HRNet', more_allowed=True
        )
        super().init_weights()

    def train(self, mode: bool = True) -> 'HRNetByName':
        """Set the mode and return the model, which the host's does not."""
        super().train(mode)
        return self
