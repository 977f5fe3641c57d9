"""Find a config by its name, from whatever folder a tool is run."""

import difflib
import os
from pathlib import Path

from uhrnet.errors import ConfigError

# Some editable installations consist of links.
PACKAGE = Path(__file__).resolve().parents[1]
# Of a wheel, and of a checkout.
FOLDERS = PACKAGE / '.mim' / 'configs', PACKAGE.parents[1] / 'configs'


def find_config(name: str | Path) -> str:
    """Find a config file.

    Args:
        name: Path of a file, or the name of a config of this package, with
            or without ``.py``.

    Returns:
        The path, as it was given if there is such a file.

    Raises:
        ConfigError: If there is neither. The message names what is meant,
            perhaps.
    """
    name = str(name)
    if os.path.isfile(name):
        return name
    stem = os.path.basename(name).removesuffix('.py')
    configs = all_configs()
    if stem in configs and stem == name.removesuffix('.py'):
        return str(configs[stem])
    close = difflib.get_close_matches(stem.lower(), configs, 1)
    raise ConfigError(
        f'config {name} does not exist: name a file, for example one of '
        'configs/' + (f'. Did you mean {close[0]}?' if close else '')
    )


def all_configs() -> dict[str, Path]:
    """Return the configs of this package, by their names."""
    return {
        path.stem: path
        for folder in FOLDERS
        for path in sorted(folder.glob('[!_]*/*.py'))
    }
