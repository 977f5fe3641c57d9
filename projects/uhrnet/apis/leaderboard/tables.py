"""Markdown tables of rows, and the blocks of a page that they go into."""

import re
from collections.abc import Callable, Iterable, Sequence

from uhrnet.errors import DataError

from .figures import MODES, join_name, show, split_name

_BLOCK = re.compile(
    r'(<!-- leaderboard: ([\w-]+) -->\n).*?(<!-- end of \2 -->)', re.S
)


def table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    rows = [titles, ['---'] * len(titles), *lines]
    return ''.join(
        '| ' + ' | '.join(str(cell) for cell in row) + ' |\n' for row in rows
    )


def fill(text: str, blocks: dict[str, Callable[[], str]], page: str) -> str:
    """Put each block between its marks.

    The marks of a block are ``<!-- leaderboard: NAME -->`` and
    ``<!-- end of NAME -->``, each on a line of its own.

    Args:
        text: Of a page.
        blocks: What writes a block, by its name.
        page: Its name, for errors.

    Raises:
        DataError: If a block has no marks, or marks have no block.
    """
    found = [name for _, name, _ in _BLOCK.findall(text)]
    if sorted(found) != sorted(blocks):
        raise DataError(
            f'{page} must have the blocks {", ".join(sorted(blocks))} between '
            f'<!-- leaderboard: NAME --> and <!-- end of NAME -->, and has '
            f'{", ".join(sorted(found)) or "none"}'
        )
    return _BLOCK.sub(
        lambda match: f'{match[1]}\n{blocks[match[2]]()}\n{match[3]}', text
    )


def link(name: str, folder: str = '', data: bool = False) -> str:
    """Link to a config, called by its name, without the data set's."""
    title = name if data else name.rsplit('_', 1)[0]
    return f'[{title}]({folder}{name}.py)'


def millions(row: dict) -> str:
    """Parameters of a row, as ``13.2M``."""
    return f'{row["Metadata"]["Parameters"] / 1e6:.1f}M'


def giga(row: dict, digits: int = 1) -> str:
    """Multiply-adds of a row in 10^9."""
    return f'{row["Metadata"]["MACs"] / 1e9:.{digits}f}'


def cell(row: dict, data: str, name: str, status: str) -> str:
    """Write the first figure of a row that fits, or nothing.

    Args:
        row: Of a metafile.
        data: The data set.
        name: Of the metric.
        status: Of the figure.
    """
    for result in row['Results']:
        fits = result['Dataset'] == data and result['Status'] == status
        if fits and name in result['Metrics']:
            return show(name, result['Metrics'][name], status)
    return ''


def bases_and_modes(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return metrics in their order, and ways of testing."""
    split = [split_name(name) for name in names]
    bases = list(dict.fromkeys(base for base, _ in split))
    modes = [mode for mode in MODES if mode in {mode for _, mode in split}]
    return bases, modes


def cells(
    metrics: dict, bases: Sequence[str], mode: str, status: str
) -> list[str]:
    """Write the metrics of one way of testing."""
    names = [join_name(base, mode) for base in bases]
    return [
        show(name, metrics[name], status) if name in metrics else ''
        for name in names
    ]
