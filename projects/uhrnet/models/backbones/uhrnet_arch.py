"""The variants of U-HRNet, as numbers."""

from typing import NamedTuple

from uhrnet.errors import ConfigError


class UHRNetArch(NamedTuple):
    """What distinguishes one U-HRNet from another.

    Attributes:
        base_channels: C, channels at stride 4; 2C at stride 8, and so on to
            16C at stride 64. Even.
        num_modules: Modules of stages 2 to 9.
        num_blocks: Residual units per branch and module, and bottlenecks of
            stage 1.
    """

    base_channels: int
    num_modules: tuple[int, ...]
    num_blocks: int


# Source: UHRNet_W18_Small, UHRNet_W18 and UHRNet_W48 of PaddleSeg.
ARCHS = {
    'w18-small': UHRNetArch(18, (1, 2, 2, 2, 1, 1, 1, 1), 2),
    'w18': UHRNetArch(18, (1, 5, 2, 2, 1, 1, 1, 1), 4),
    'w48': UHRNetArch(48, (1, 5, 2, 2, 1, 1, 1, 1), 4),
}


def arch_name(spec: UHRNetArch) -> str:
    """Return ``'uhrnet-w18'`` and the like, or the numbers of another."""
    for name, known in ARCHS.items():
        if spec == known:
            return f'uhrnet-{name}'
    return f'uhrnet-{tuple(spec)}'


def resolve_arch(arch: str | dict) -> UHRNetArch:
    """Look up a variant by name, or check one given as a dict.

    Args:
        arch: A key of ``ARCHS``, or a dict of :class:`UHRNetArch`'s fields.

    Raises:
        ConfigError: If the name is unknown, the dict has other keys, or a
            value makes no network.
    """
    if isinstance(arch, str):
        if arch.lower() not in ARCHS:
            raise ConfigError(
                f'unknown U-HRNet arch {arch!r}: use one of '
                f'{", ".join(map(repr, ARCHS))}, or a dict with the keys '
                f'{", ".join(UHRNetArch._fields)}'
            )
        return ARCHS[arch.lower()]
    if not isinstance(arch, dict) or set(arch) != set(UHRNetArch._fields):
        raise ConfigError(
            'arch must be a name or a dict with exactly the keys '
            f'{", ".join(UHRNetArch._fields)}, not {arch!r}'
        )
    spec = UHRNetArch(**arch)
    spec = spec._replace(num_modules=tuple(spec.num_modules))
    if spec.base_channels < 2 or spec.base_channels % 2:
        raise ConfigError(
            'base_channels must be even, as U-HRNet halves it, not '
            f'{spec.base_channels}'
        )
    if len(spec.num_modules) != 8 or min(spec.num_modules) < 1:
        raise ConfigError(
            'num_modules needs 8 positive numbers, for stages 2 to 9, not '
            f'{spec.num_modules}'
        )
    if spec.num_blocks < 1:
        raise ConfigError(f'num_blocks must be 1 or more: {spec.num_blocks}')
    return spec
