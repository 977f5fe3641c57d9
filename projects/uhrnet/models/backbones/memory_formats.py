"""How maps lie in memory, by name."""

import torch

from uhrnet.errors import ConfigError

MEMORY_FORMATS = {
    'channels_last': torch.channels_last,
    'contiguous': torch.contiguous_format,
}


def format_of(name: str) -> torch.memory_format:
    """Return torch's memory format.

    Raises:
        ConfigError: If none has this name.
    """
    if name not in MEMORY_FORMATS:
        raise ConfigError(
            f'memory_format is one of {", ".join(MEMORY_FORMATS)}, not '
            f'{name!r}'
        )
    return MEMORY_FORMATS[name]
