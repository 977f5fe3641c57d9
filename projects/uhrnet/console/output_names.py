"""What the files of a prediction are called, so that no two collide."""

import glob
import itertools
import os
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from uhrnet.errors import ConfigError


def root_of(inputs: Sequence[str]) -> Path:
    """Return the folder that all inputs are in, as they were given.

    Of a folder that is the folder, of a file or pattern the folder around
    it. It depends on the inputs alone and not on what is in them, so that
    names stay the same when files are added.
    """
    return Path(os.path.commonpath([_folder_of(one) for one in inputs]))


def _folder_of(one: str) -> str:
    if os.path.isdir(one):
        return os.path.abspath(one)
    parts = Path(one).parts[:-1]
    if not os.path.exists(one):  # a pattern
        parts = itertools.takewhile(lambda x: not glob.has_magic(x), parts)
    return os.path.abspath(os.path.join('', *parts))


def output_names(
    files: Sequence[Path],
    root: Path,
    endings: Collection[str],
    reserved: Collection[str] = (),
) -> dict[Path, str]:
    """Name the outputs of each file, by its path below ``root``.

    ``a/b.jpg`` becomes ``a/b``, unless a file of these outputs would be that
    of another, as of ``b.jpg`` and ``b.png``: then it is ``a/b.jpg``.

    Args:
        files: The inputs.
        root: A folder that all of them are in.
        endings: What the outputs' names go on with.
        reserved: Names of files that are none of these.

    Raises:
        ConfigError: If some collide by their whole names too.
    """
    whole = {
        file: Path(os.path.relpath(os.path.abspath(file), root)).as_posix()
        for file in files
    }
    names = {
        file: str(Path(name).with_suffix('').as_posix())
        for file, name in whole.items()
    }
    for attempt in range(3):
        counts = Counter(
            [*reserved, *(n + e for n in names.values() for e in endings)]
        )
        twice = [
            file
            for file, name in names.items()
            if any(counts[name + ending] > 1 for ending in endings)
        ]
        if not twice:
            break
        if attempt == 2:
            raise ConfigError(
                'outputs would have the same names for '
                f'{", ".join(map(str, twice[:4]))}: predict them one by one, '
                'each to a folder of its own'
            )
        for file in twice:
            names[file] = whole[file]
    return names
