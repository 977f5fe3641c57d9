"""The part of a depth map that a benchmark evaluates."""

import numpy as np

from uhrnet.errors import ConfigError

# Top, bottom, left and right as shares of height and width, rounded down.
_SHARES = {
    # Garg et al., arXiv 1603.04992, of KITTI
    'garg': (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    # Eigen et al., arXiv 1406.2283, of KITTI
    'eigen': (0.3324324, 0.91351351, 0.0359477, 0.96405229),
}
# Of images of 480x640, where all of NYU v2 are.
_NYU = (slice(45, 471), slice(41, 601))
_NYU_SHAPE = (480, 640)
CROPS = (*_SHARES, 'nyu')


def check_crop(crop: str | None) -> None:
    """Raise ``ValueError`` for a crop that does not exist."""
    if crop is not None and crop not in CROPS:
        raise ConfigError(
            f'crop is one of {", ".join(map(repr, CROPS))}, or None, not '
            f'{crop!r}'
        )


def evaluation_crop(
    crop: str | None, shape: tuple[int, int]
) -> tuple[slice, slice]:
    """Return rows and columns to evaluate of a depth map (H, W).

    Args:
        crop: ``'garg'``, ``'eigen'`` or ``'nyu'``; None for all of it.
        shape: Height and width of the ground truth, for KITTI after its crop
            to 352x1216.

    Raises:
        ConfigError: For another crop, and for ``'nyu'`` if the map is not one
            of 480x640.
    """
    check_crop(crop)
    if crop is None:
        return slice(None), slice(None)
    if crop == 'nyu':
        if tuple(shape) != _NYU_SHAPE:
            raise ConfigError(
                f"crop='nyu' is of depth maps of {_NYU_SHAPE}, and this is "
                f'{tuple(shape)}: leave out crop, or keep ground truth as it '
                'is'
            )
        return _NYU
    height, width = shape
    top, bottom, left, right = _SHARES[crop]
    return (
        slice(int(top * height), int(bottom * height)),
        slice(int(left * width), int(right * width)),
    )


def crop_mask(crop: str | None, shape: tuple[int, int]) -> np.ndarray:
    """Return a mask (H, W) of what is evaluated; all of it without a crop."""
    mask = np.zeros(shape, bool)
    mask[evaluation_crop(crop, shape)] = True
    return mask
