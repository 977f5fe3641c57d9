"""``uhrnet models``: what there is, and how good it is."""

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        'models',
        help='list the models of this package',
        description='List the models of this package with their best figure; '
        '"reported" ones are from the literature, docs/leaderboard.md has '
        'all of them.',
    )
    parser.add_argument(
        'pattern',
        nargs='?',
        default='*',
        help="of the names, in quotes, for example '*uhrnet*camvid*'; a word "
        'alone may stand anywhere in them',
    )
    parser.add_argument(
        '--task', choices=['segmentation', 'depth', 'detection']
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print a table, or plain lines where the output is no terminal."""
    from rich.console import Console
    from rich.table import Table

    from uhrnet.apis.catalogue import list_models, model_rows, task_of_config
    from uhrnet.engine.config_lookup import all_configs
    from uhrnet.errors import ConfigError

    pattern = args.pattern
    if not any(sign in pattern for sign in '*?['):
        pattern = f'*{pattern}*'
    names = list_models(pattern, args.task)
    if not names:
        raise ConfigError(
            f'no model is called {args.pattern!r}'
            + (f' and of {args.task}' if args.task else '')
            + ': uhrnet models lists all of them'
        )
    rows, paths = model_rows(), all_configs()
    titles = ('model', 'task', 'data set', 'params M', 'GMACs', 'figure')
    lines = [
        (name, task_of_config(paths[name]) or '', *describe(rows.get(name)))
        for name in names
    ]
    console = Console(markup=False)
    if not console.is_terminal:
        for line in (titles, *lines):
            print('\t'.join(line))
        return
    table = Table(caption=f'{len(names)} models', header_style='bold')
    for title in titles:
        number = title in ('params M', 'GMACs')
        table.add_column(
            title,
            justify='right' if number else 'left',
            overflow='fold',
        )
    for line in lines:
        table.add_row(*line)
    console.print(table)


def describe(row: dict | None) -> tuple[str, str, str, str]:
    """Return data set, parameters, costs and best figure of a metafile row."""
    if row is None:
        return '', '', '', ''
    metadata = row['Metadata']
    return (
        metadata.get('Training Data', ''),
        in_units(metadata.get('Parameters'), 1e6),
        in_units(metadata.get('MACs'), 1e9),
        best_figure(row.get('Results') or []),
    )


def in_units(value: float | None, unit: float) -> str:
    """Write a number in a unit, nothing for none."""
    return '' if value is None else f'{value / unit:.1f}'


def best_figure(results: list[dict]) -> str:
    """Return the best of the first metric in words, with where it is from.

    Figures of this repository's own trainings go before reported ones.
    """
    from uhrnet.apis.leaderboard.figures import METRICS, show, split_name

    found = []
    for result in results:
        metrics = result['Metrics']
        first = split_name(next(iter(metrics)))[0]
        sign = 1 if METRICS[first].higher else -1
        value, name = max(
            (sign * value, name)
            for name, value in metrics.items()
            if split_name(name)[0] == first
        )
        status = result.get('Status', '')
        text = f'{name} {show(name, sign * value, status)}'
        unit = METRICS[first].unit
        text += f' {unit}' * (unit in ('%', 'm'))
        own = status not in ('', 'reported')
        words = ', '.join(x for x in (result['Dataset'], status) if x)
        found.append((own, f'{text} ({words})'))
    return max(found, key=lambda x: x[0])[1] if found else ''
