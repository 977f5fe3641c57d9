"""What made the predictions in a folder, so that no others are mixed in."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from uhrnet.checkpoint_file import write_whole
from uhrnet.errors import ConfigError

NAME = '.uhrnet.json'


def record_or_compare(
    folder: Path, made_by: Mapping, outputs: Mapping[str, str]
) -> None:
    """Note what makes the predictions in a folder, or compare.

    Args:
        folder: Of predictions, also one that does not exist.
        made_by: The model and all options that change a prediction.
        outputs: What each file to be written in the folder is made of.

    Raises:
        ConfigError: If predictions in the folder were made in another way or
            of other images, or if a file that is no prediction would be
            replaced. The message names the differences.
    """
    before = _read(folder)
    # what JSON makes of tuples and numbers
    made_by = json.loads(json.dumps(made_by))
    earlier = before['made_by'] if before else made_by
    differences = [
        f'{key} was {earlier.get(key)!r} and is {made_by.get(key)!r}'
        for key in sorted({*earlier, *made_by})
        if earlier.get(key) != made_by.get(key)
    ]
    if differences:
        raise ConfigError(
            f'{folder} holds other predictions: {"; ".join(differences)}. '
            'Name another folder with --out, or remove this one'
        )
    known = before['outputs'] if before else {}
    for name, source in outputs.items():
        if name not in known and os.path.lexists(folder / name):
            raise ConfigError(
                f'{folder / name} would be replaced, and is no prediction of '
                'this program: name another folder with --out'
            )
        if known.get(name, source) != source:
            raise ConfigError(
                f'{folder / name} is of {known[name]}, and would be of '
                f'{source}: name another folder with --out, or remove this one'
            )
    if before is None or not known.keys() >= outputs.keys():
        both = dict(made_by=made_by, outputs=known | dict(outputs))
        text = json.dumps(both, indent=1).encode()
        write_whole(folder / NAME, lambda file: file.write(text))


def _read(folder: Path) -> dict[str, dict] | None:
    path = folder / NAME
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise ConfigError(f'{path} is damaged ({error}): remove it') from None
    if not isinstance(found, dict) or not all(
        isinstance(found.get(key), dict) for key in ('made_by', 'outputs')
    ):
        raise ConfigError(
            f'{path} is damaged (no made_by and outputs): remove it'
        )
    return found


def without_outputs(files: Iterable[Path]) -> list[Path]:
    """Leave out what is itself a prediction, by the records around it."""
    outputs: dict[Path, Mapping] = {}
    kept = []
    for file in files:
        whole = Path(os.path.abspath(file))
        for folder in whole.parents:
            if folder not in outputs:
                outputs[folder] = (_read(folder) or {}).get('outputs', {})
            if whole.relative_to(folder).as_posix() in outputs[folder]:
                break
        else:
            kept.append(file)
    return kept


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
