"""Pages and pictures of the leaderboard, and what is out of date."""

from collections.abc import Iterator
from pathlib import Path

from .board import board
from .guides import guides
from .metafile import Metafile, Rows
from .plots import PLOTS, draw, made_of, stated
from .provenance import problems_of
from .reproduction import reproduction
from .rows import (
    identity,
    leaf_configs,
    model_index,
    read_metafiles,
    rows_of,
)
from .tables import fill


def pages(rows: Rows, root: Path) -> dict[Path, str]:
    """Return the text that each page must have.

    Args:
        rows: Of all metafiles.
        root: Of the repository.

    Raises:
        DataError: If a page lacks the marks of its tables.
    """
    captions = {file: plot.title for file, plot in PLOTS.items()}
    found = {
        root / 'docs/leaderboard.md': board(rows, captions),
        root / 'docs/reproduce.md': reproduction(rows),
    }
    for name, blocks in guides(rows).items():
        path = root / name
        found[path] = fill(path.read_text(), blocks, name)
    return found


def write_pages(rows: Rows, root: Path) -> list[Path]:
    """Bring all pages and pictures up to date; return those that changed."""
    changed = []
    for path, text in pages(rows, root).items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    for file, plot in PLOTS.items():
        path = root / 'docs' / file
        if stated(path) != made_of(rows, plot):
            draw(rows, plot, path)
            changed.append(path)
    return changed


def problems(root: Path) -> Iterator[str]:
    """Say what is wrong with metafiles, or else with pages and pictures.

    Everything but sizes, costs and schedules, which take minutes to count
    (:func:`.rows.synchronise`).
    """
    metafiles = read_metafiles(root)
    found = list(_of_metafiles(metafiles, root))
    yield from found or _stale(rows_of(metafiles), root)


def _of_metafiles(metafiles: list[Metafile], root: Path) -> Iterator[str]:
    rows = rows_of(metafiles)
    configs = {path.stem: path for path in leaf_configs(root)}
    for name in sorted(configs.keys() - rows.keys()):
        yield f'{name}: a config without a row, run the tool with --metafiles'
    for name in sorted(rows.keys() - configs.keys()):
        yield f'{name}: a row without a config'
    if sum(len(file.models) for file in metafiles) != len(rows):
        yield 'two rows of one name'
    for name in sorted(rows.keys() & configs.keys()):
        row = rows[name]
        for key, value in identity(configs[name], root).items():
            if row.get(key) != value:
                yield f'{name}: {key} must be {value}, not {row.get(key)}'
        if not row.get('Metadata'):
            yield f'{name}: no Metadata, run the tool with --metafiles'
        yield from problems_of(row)
    for file in metafiles:
        if file.path.read_text() != file.text():
            yield f'{file.path.relative_to(root)} is not in its one form'
        named = {entry['Name'] for entry in file.collections}
        for row in file.models:
            if row['In Collection'] not in named:
                yield f'{row["Name"]}: no collection {row["In Collection"]}'
    index = root / 'model-index.yml'
    if not index.exists() or index.read_text() != model_index(metafiles, root):
        yield 'model-index.yml does not name the metafiles'


def _stale(rows: Rows, root: Path) -> Iterator[str]:
    for path, text in pages(rows, root).items():
        if not path.exists() or path.read_text() != text:
            yield f'{path.relative_to(root)} is out of date: --docs makes it'
    for file, plot in PLOTS.items():
        if stated(root / 'docs' / file) != made_of(rows, plot):
            yield f'docs/{file} is out of date: --docs draws it'
