"""How maps lie in memory, by name."""

import torch

MEMORY_FORMATS = {
    'channels_last': torch.channels_last,
    'contiguous': torch.contiguous_format,
}


def format_of(name: str) -> torch.memory_format:
    """Return torch's memory format.

    Raises:
        ValueError: If none has this name.
    """
    if name not in MEMORY_FORMATS:
        raise ValueError(
            f'memory_format is one of {", ".join(MEMORY_FORMATS)}, not '
            f'{name!r}'
        )
    return MEMORY_FORMATS[name]
