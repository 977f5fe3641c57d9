"""LIP, single person, in the layout of MMSegmentation's LIPDataset.

    python tools/dataset_converters/lip.py ~/Downloads/LIP

The source holds TrainVal_images.zip, TrainVal_parsing_annotations.zip and, if
wanted, Testing_images.zip, or what was unpacked from them, at any depth; an
unpacked folder goes before a zip. Files are copied as they are and checked.
A label map may have Pillow's mode L or P: MMSegmentation reads with Pillow,
which gives the indices of a palette. OpenCV would give its colours.
"""

import argparse
import os
import shutil
import stat
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path, PureWindowsPath

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import numpy as np
from PIL import Image

from uhrnet.command_line import run
from uhrnet.errors import DataError

COUNTS = {'train': 30462, 'val': 10000, 'testing': 10000}
NUM_CLASSES = 20
FOLDERS = {  # and the download that each comes from
    'train_images': 'TrainVal_images.zip',
    'val_images': 'TrainVal_images.zip',
    'train_segmentations': 'TrainVal_parsing_annotations.zip',
    'val_segmentations': 'TrainVal_parsing_annotations.zip',
    'testing_images': 'Testing_images.zip',  # may be left out
}
# Beside the images. Nothing here reads them; they will do for an ann_file.
ID_LISTS = ('train_id.txt', 'val_id.txt', 'test_id.txt')
MAX_BYTES = 16 * 2**30  # that a zip may unpack to
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source', type=Path, help='folder of the downloads')
    parser.add_argument('target', type=Path, nargs='?', default='data/lip')
    parser.add_argument('--workers', type=int, default=os.cpu_count())
    return parser.parse_args()


def main() -> None:
    """Gather the files in a new folder, check them, put it in place."""
    args = parse_args()
    target = args.target
    unfinished = target.with_name(f'.{target.name}.unfinished')
    origins = find_origins(args.source, target.resolve())
    needed = [x for x in FOLDERS if x in origins or x != 'testing_images']
    if target.exists():
        if not find_gaps(target, dict.fromkeys(needed, '')):
            print(f'{target} is complete, nothing to do')
            return
        raise DataError(
            f'{target} exists and is not what this would write. Move it away '
            'or name another folder.'
        )
    if lacking := [name for name in needed if name not in origins]:
        raise DataError(
            f'{args.source} should hold {FOLDERS[lacking[0]]}, or a folder '
            f'{lacking[0]} unpacked from it: put it there'
        )
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        shown = gather(origins, unfinished)
        problems = find_gaps(unfinished, shown)
        for split in () if problems else ('train', 'val'):
            print(f'{split}: reading {COUNTS[split]} label maps', flush=True)
            problems += find_faults(unfinished, split, shown, args.workers)
        if problems:
            raise DataError(
                f'{len(problems)} problems; download or unpack LIP again:\n'
                + '\n'.join(problems[:5] + ['...'] * (len(problems) > 5))
            )
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def find_origins(source: Path, target: Path) -> dict[str, Path]:
    """Map folder names to such a folder of the source, or else to a zip."""
    found: dict[str, list[Path]] = {}
    for root, folders, files in os.walk(source):
        for name in {*folders} & {*FOLDERS} | {*files} & {*FOLDERS.values()}:
            found.setdefault(name, []).append(Path(root, name))
        folders[:] = sorted(
            name
            for name in {*folders} - {*FOLDERS, '__MACOSX'}
            if name[0] != '.' and Path(root, name).resolve() != target
        )
    for name in {*FOLDERS} & {*found}:
        if len(found[name]) > 1:
            paths = ', '.join(map(str, found[name]))
            raise DataError(f'Move all but one of these away: {paths}')
    # Of equal zips, one may have been unpacked from the other: either will do.
    return {
        name: found.get(name, found.get(download))[0]
        for name, download in FOLDERS.items()
        if name in found or download in found
    }


def gather(origins: dict[str, Path], work: Path) -> dict[str, str]:
    """Copy and unpack what is wanted; map folders to names for messages."""
    zips: dict[Path, set[str]] = {}
    for name, origin in origins.items():
        (work / name).mkdir(parents=True)
        if not origin.is_dir():
            zips.setdefault(origin, set()).add(name)
            continue
        print(f'copying {origin}', flush=True)
        for path in origin.glob(pattern(name)):
            shutil.copyfile(path, work / name / path.name)
        for path in map(origin.with_name, ID_LISTS):
            if path.is_file():
                shutil.copyfile(path, work / path.name)
    for path, folders in zips.items():
        print(f'unpacking {path}', flush=True)
        unpack(path, str(path), folders, work)
    return {x: f'{p}/{x}' if p in zips else str(p) for x, p in origins.items()}


def pattern(folder: str) -> str:
    """Match a folder's files, and none of the ``._*`` that macOS adds."""
    return '[!.]*.jpg' if folder.endswith('_images') else '[!.]*.png'


def unpack(path: Path, shown: str, folders: set[str], work: Path) -> None:
    """Unpack what is wanted of a zip, or of the one of its name in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            places = [find_place(x, folders, path.name) for x in members]
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise zipfile.BadZipFile(f'more than {MAX_BYTES} bytes')
            if places.count(path.name) > (path.parent != work):
                raise zipfile.BadZipFile('it holds further zips')
            for member, place in zip(members, places, strict=True):
                if not place:
                    continue
                left, copy = member.file_size, work / place
                with archive.open(member) as data, copy.open('wb') as file:
                    while left >= 0 and (chunk := data.read(1 << 20)):
                        left -= file.write(chunk)
                if left:
                    raise zipfile.BadZipFile('false sizes')
                if place == path.name:
                    unpack(copy, f'{shown}/{place}', folders, work)
                    copy.unlink()
    except (DataError, OSError):  # of the zip in it; of a full disk
        raise
    except Exception as error:  # zipfile raises many kinds for damaged files
        message = f'{shown} was refused, download it again: {error}'
        raise DataError(message) from None


def find_place(member: zipfile.ZipInfo, folders: set[str], nested: str) -> str:
    """Tell where a member goes, by its name; '' if it is not taken."""
    # Windows' rules take apart what either system takes for a path.
    path = PureWindowsPath(member.filename)
    folder = path.parent.name
    hazard = ''
    if path.anchor or '..' in path.parts:
        hazard = 'leads out of the folder'
    if stat.S_IFMT(member.external_attr >> 16) not in _KINDS:
        hazard = 'is a link or a device'
    usual = member.compress_type in _METHODS and member.header_offset >= 0
    if member.flag_bits & 1 or not usual:
        hazard = 'is encrypted or damaged'
    if hazard:
        raise zipfile.BadZipFile(f'its {member.filename!a} {hazard}')
    if member.is_dir() or '__MACOSX' in path.parts:
        return ''
    if folder in folders and fnmatchcase(path.name, pattern(folder)):
        return f'{folder}/{path.name}'
    return path.name if path.name in (*ID_LISTS, nested) else ''


def find_gaps(root: Path, shown: dict[str, str]) -> list[str]:
    """Compare the numbers of files, and images with label maps."""
    stems = {
        name: {path.stem for path in (root / name).glob(pattern(name))}
        for name in shown
    }
    gaps = [
        f'{shown[name]} holds {len(found)} files, and should hold {count}'
        for name, found in stems.items()
        if len(found) != (count := COUNTS[name.split('_')[0]])
    ]
    for split in ('train', 'val'):
        images, labels = f'{split}_images', f'{split}_segmentations'
        gaps += [
            f'{shown[labels if stem in stems[images] else images]} lacks '
            f'{stem}, its partner has it'
            for stem in sorted(stems[images] ^ stems[labels])
        ]
    return gaps


def find_faults(root: Path, split: str, shown: dict, workers: int) -> list:
    """Read all label maps of a split."""
    images = sorted((root / f'{split}_images').iterdir())
    folder = root / f'{split}_segmentations'
    labels = [folder / f'{path.stem}.png' for path in images]
    with ProcessPoolExecutor(workers) as pool:
        faults = pool.map(find_fault, images, labels, chunksize=64)
        return [
            f'{shown[path.parent.name]}/{path.name} {fault}'
            for path, fault in filter(None, faults)
        ]


def find_fault(image: Path, labels: Path) -> tuple[Path, str] | None:
    """Read a label map, and the head of its image for the size."""
    path = image
    try:
        with Image.open(image, formats=['JPEG', 'PNG']) as file:
            width, height = file.size
        path = labels
        with Image.open(labels, formats=['PNG']) as file:
            if file.mode not in ('L', 'P'):
                return path, f'has mode {file.mode}, not one 8-bit channel'
            if file.size != (width, height):
                size = f'{file.height}x{file.width}'
                return path, f'has {size} pixels, its image {height}x{width}'
            largest = np.asarray(file).max()
    except Exception:  # Pillow raises many kinds for damaged files
        return path, 'cannot be read'
    if largest >= NUM_CLASSES:
        return path, f'holds the label {largest}; 0 to 19 are known'
    return None


if __name__ == '__main__':
    run(main)
