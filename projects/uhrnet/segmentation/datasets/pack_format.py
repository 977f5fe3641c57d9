"""A packed data set: decoded pixels, one behind the other, and an index.

A folder with three files. ``images.bin`` holds the images, (H, W, 3) uint8 in
BGR order, ``labels.bin`` the label maps as they were stored, (H, W) uint8, and
``index.json`` what else is known. JSON and pixels run no code, whoever wrote
them.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from uhrnet.errors import DataError

VERSION = 1
INDEX = 'index.json'
FILES = {'image': 'images.bin', 'labels': 'labels.bin'}
CHANNELS = {'image': (3,), 'labels': ()}
_AGAIN = 'Pack the data set again (tools/dataset_converters/pack.py).'


def write_pack(
    root: Path, head: dict, samples: Iterable[dict], needed: int
) -> None:
    """Write a new pack; what is not finished has another name.

    A killed run leaves that behind, a folder ``.NAME.*.unfinished``.

    Args:
        root: Its folder, which must not exist.
        head: What the index says of the data set: ``metainfo``,
            ``reduce_zero_label``, ``label_map`` as pairs, ``ignore_index``.
        samples: ``img_path``, ``seg_map_path``, and the arrays ``image`` and
            ``labels`` of each.
        needed: Bytes that the arrays will take.

    Raises:
        DataError: If the folder exists or the disk is too full.
    """
    check_new(root)
    try:
        head = json.loads(json.dumps(head))
    except TypeError as error:
        raise DataError(
            f'the metainfo of the data set cannot be stored ({error}): let it '
            'be numbers, strings, lists and dicts'
        ) from None
    root.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root.parent).free
    if free < needed:
        raise DataError(
            f'{root} will take {needed / 2**30:.1f} GiB, and '
            f'{free / 2**30:.1f} GiB are free there. Name a folder on another '
            'disk.'
        )
    work = Path(
        tempfile.mkdtemp('.unfinished', f'.{root.name}.', dir=root.parent)
    )
    try:
        entries = _write_arrays(work, samples)
        index = dict(version=VERSION, **head, samples=entries)
        with open(work / INDEX, 'w') as file:
            json.dump(index, file)
            _sync(file)
        work.chmod(0o755)  # of others too, as folders usually are
        work.rename(root)
    except OSError as error:
        raise DataError(
            f'{root} cannot be written ({error}). Nothing was left behind.'
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check_new(root: Path) -> None:
    """Refuse to write where something is already."""
    if os.path.lexists(root):
        raise DataError(
            f'{root} exists already. Move it away or name another folder.'
        )


def _write_arrays(folder: Path, samples: Iterable[dict]) -> list[dict]:
    entries = []
    with (
        open(folder / FILES['image'], 'wb') as images,
        open(folder / FILES['labels'], 'wb') as labels,
    ):
        files = dict(image=images, labels=labels)
        for sample in samples:
            entry = {k: sample[k] for k in ('img_path', 'seg_map_path')}
            entry['shape'] = list(sample['labels'].shape)
            for kind, file in files.items():
                data = np.ascontiguousarray(sample[kind])
                entry[kind] = dict(offset=file.tell(), sha256=_checksum(data))
                file.write(data)
            entries.append(entry)
        for file in files.values():
            _sync(file)
    return entries


def _sync(file: object) -> None:
    """Have the disk store it before the folder gets its name."""
    file.flush()
    os.fsync(file.fileno())


def _checksum(data: np.ndarray) -> str:
    return hashlib.sha256(data).hexdigest()


def read_index(root: Path) -> dict:
    """Read what a pack holds, and check that its files can hold it.

    Raises:
        DataError: If the index is missing, damaged or of another version, or
            if it names bytes that a file does not have.
    """
    path = root / INDEX
    try:
        index = json.loads(path.read_text())
    except OSError as error:
        raise DataError(f'{path} cannot be read ({error}). {_AGAIN}') from None
    except (ValueError, RecursionError) as error:
        raise DataError(f'{path} is damaged ({error}). {_AGAIN}') from None
    version = index.get('version') if isinstance(index, dict) else None
    if version != VERSION:
        raise DataError(
            f'{path} has version {version!r}, and this release reads '
            f'{VERSION}. {_AGAIN}'
        )
    sizes = {}
    for kind, name in FILES.items():
        if not (root / name).is_file():
            raise DataError(f'{root / name} is missing. {_AGAIN}')
        sizes[kind] = (root / name).stat().st_size
    try:
        for number, entry in enumerate(index['samples']):
            _check_entry(entry, f'{path}: sample {number}', root, sizes)
        _check_head(index, str(path))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f'{path} is damaged ({error!r}). {_AGAIN}') from None
    return index


def _check_head(index: dict, path: str) -> None:
    """Check what holds for all samples, so that labels are what they say."""
    metainfo, ignored = index['metainfo'], index['ignore_index']
    classes = metainfo['classes']
    valid = {*range(len(classes)), ignored, 255}
    # None for no map; anything else has to be a list of pairs.
    pairs = [] if index['label_map'] is None else index['label_map']
    faults = dict(
        samples=not isinstance(index['samples'], list) or not index['samples'],
        classes=not isinstance(classes, list)
        or not all(isinstance(x, str) for x in classes),
        palette=not _is_table(metainfo.get('palette'), 3, 256)
        or len(metainfo.get('palette') or classes) != len(classes),
        flip_pairs=not _is_table(metainfo.get('flip_pairs'), 2, len(classes)),
        ignore_index=type(ignored) is not int or abs(ignored) >= 2**31,
        reduce_zero_label=type(index['reduce_zero_label']) is not bool,
        label_map=not all(
            type(x) is int and 0 <= x < 256 for pair in pairs for x in pair
        )
        or not all(new in valid for _, new in pairs),
    )
    wrong = [name for name, fault in faults.items() if fault]
    if wrong:
        raise DataError(
            f'{path} has no valid {", ".join(wrong)}: it is damaged, or was '
            f'written by hand. {_AGAIN}'
        )


def _is_table(rows: list | None, width: int, end: int) -> bool:
    """Whether these are rows of so many numbers below ``end``, or nothing."""
    return rows is None or (
        isinstance(rows, list)
        and all(len(row) == width for row in rows)
        and all(type(x) is int and 0 <= x < end for row in rows for x in row)
    )


def _check_entry(entry: dict, name: str, root: Path, sizes: dict) -> None:
    """Check one sample's numbers, and that they stay inside the files."""
    texts = [entry['img_path'], entry['seg_map_path']]
    texts += [entry[kind]['sha256'] for kind in FILES]
    if not all(isinstance(x, str) for x in texts):
        raise DataError(
            f'{name} has {texts} where paths and checksums are expected. '
            f'{_AGAIN}'
        )
    height, width = entry['shape']
    offsets = [entry[kind]['offset'] for kind in FILES]
    numbers = (height, width, *offsets)
    if not all(type(x) is int for x in numbers) or min(height, width) < 1:
        raise DataError(
            f'{name} has shape {entry["shape"]} and offsets {offsets}: whole '
            f'numbers, and a shape of at least 1x1, are expected. {_AGAIN}'
        )
    for kind, offset in zip(FILES, offsets, strict=True):
        end = offset + height * width * (3 if kind == 'image' else 1)
        if offset < 0 or end > sizes[kind]:
            raise DataError(
                f'{name} ({entry["img_path"]}) is said to be bytes {offset} '
                f'to {end} of {root / FILES[kind]}, which has {sizes[kind]}. '
                f'The file was truncated, or the index changed. {_AGAIN}'
            )


def map_array(
    root: str | Path, kind: str, offset: int, shape: tuple[int, int]
) -> np.ndarray:
    """Map an array of a pack into memory.

    What is written to it stays in this process, and out of the file.

    What is not used of it is not read from the disk, but for the rest of a
    page. Every call maps anew, which takes a thirtieth of a millisecond, so
    there is nothing that processes would have to share or copy.

    Args:
        root: The pack's folder.
        kind: ``'image'`` or ``'labels'``.
        offset: Of its first byte in the file.
        shape: Height and width.

    Returns:
        (H, W, 3) or (H, W), uint8.
    """
    path = Path(root, FILES[kind])
    try:
        mapped = np.memmap(
            path, np.uint8, 'c', offset, (*shape, *CHANNELS[kind])
        )
    except (OSError, ValueError) as error:
        raise DataError(f'{path} cannot be read ({error}). {_AGAIN}') from None
    return np.asarray(mapped)


def verify_pack(
    root: Path, report: Callable[[str], object]
) -> tuple[int, int]:
    """Compare every array with its checksum.

    Args:
        root: The pack's folder.
        report: Called with a line about every damaged array.

    Returns:
        The numbers of samples and of damaged arrays.
    """
    samples, damaged = read_index(root)['samples'], 0
    for entry in samples:
        for kind, file in FILES.items():
            offset = entry[kind]['offset']
            array = map_array(root, kind, offset, tuple(entry['shape']))
            if _checksum(array) != entry[kind]['sha256']:
                damaged += 1
                report(
                    f'{entry["img_path"]}: its {kind} (from byte {offset} of '
                    f'{root / file}) differs from what was packed'
                )
    return len(samples), damaged
