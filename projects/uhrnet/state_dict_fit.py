"""Compare the parameters of a checkpoint with those of a model."""

from collections.abc import Iterable, Mapping

from torch import Tensor

_SHOWN = 5
# torch fills it in where it is missing, as in files of old or other origin.
_COUNTER = '.num_batches_tracked'


def find_misfits(
    expected: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    more_allowed: bool = False,
) -> dict[str, str]:
    """Name what does not fit.

    Args:
        expected: The model's state dict.
        found: The checkpoint's.
        more_allowed: Whether it may have parameters that the model has not.

    Returns:
        Parameter to problem: missing, of another shape, or unknown to the
        model. Empty if everything fits.
    """
    misfits = {}
    for key, value in expected.items():
        if key not in found:
            if not key.endswith(_COUNTER):
                misfits[key] = 'missing'
        elif found[key].shape != value.shape:
            misfits[key] = (
                f'{tuple(found[key].shape)} in place of {tuple(value.shape)}'
            )
    if more_allowed:
        return misfits
    return misfits | {k: 'unknown' for k in found if k not in expected}


def describe_misfits(
    misfits: Mapping[str, str], keys: Iterable[str] | None = None
) -> str:
    """List the first few of ``misfits``, or of some of its keys."""
    keys = list(misfits if keys is None else keys)
    lines = [f'  {key}: {misfits[key]}' for key in keys[:_SHOWN]]
    if len(keys) > _SHOWN:
        lines.append(f'  and {len(keys) - _SHOWN} more')
    return f'{len(keys)} differences:\n' + '\n'.join(lines)
