"""What made the predictions in a folder, so that no others are mixed in."""

import json
from pathlib import Path

from uhrnet.errors import ConfigError

NAME = '.uhrnet.json'


def record_or_compare(folder: Path, made_by: dict) -> None:
    """Note what makes the predictions in a folder, or compare.

    Args:
        folder: Of predictions, also one that does not exist.
        made_by: The model and all options that change a prediction.

    Raises:
        ConfigError: If those in the folder were made in another way. The
            message names the differences.
    """
    from uhrnet.checkpoint_file import write_whole

    path = folder / NAME
    # what JSON makes of tuples and numbers
    made_by = json.loads(json.dumps(made_by))
    if not path.exists():
        text = json.dumps(made_by, indent=1).encode()
        write_whole(path, lambda file: file.write(text))
        return
    try:
        before = dict(json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise ConfigError(f'{path} is damaged ({error}): remove it') from None
    differences = [
        f'{key} was {before.get(key)!r} and is {made_by.get(key)!r}'
        for key in sorted({*before, *made_by})
        if before.get(key) != made_by.get(key)
    ]
    if differences:
        raise ConfigError(
            f'{folder} holds other predictions: {"; ".join(differences)}. '
            'Name another folder with --out, or remove this one'
        )


def describe_file(path: str) -> str | list:
    """Return what tells a file of weights from another, or the address."""
    file = Path(path)
    if not file.is_file():
        return path
    found = file.stat()
    return [str(file.resolve()), found.st_size, found.st_mtime_ns]


def is_complete(source: Path, outputs: list[Path]) -> bool:
    """Whether all outputs are there, and no older than their source."""
    try:
        changed = source.stat().st_mtime_ns
        return all(x.stat().st_mtime_ns >= changed for x in outputs)
    except OSError:
        return False
