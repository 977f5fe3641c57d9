"""``docs/leaderboard.md``: every config, its cost and its figures."""

from collections.abc import Iterator

from .benchmarks import BENCHMARKS
from .figures import METRICS, MODE_TITLES, split_name
from .metafile import Rows
from .tables import bases_and_modes, cells, giga, millions, table

HEAD = """# Leaderboard

Every config, what it costs and every figure that is known of it. Made by

```bash
python tools/analysis_tools/leaderboard.py --docs
```

of [model-index.yml](../model-index.yml) and the `metafile.yml` of each folder
of configs, which hold all that is shown here; a test fails if this page is not
what they say. After a config is added or a model changed, `--metafiles --docs`
counts all models anew.

* *Status*. **reported**: published by somebody else, named as the source, and
  not measured here. **converted**: official weights, evaluated here; there are
  none yet. **trained**: trained and evaluated here; [below](#runs) are seed,
  hardware, command and log of each run. A figure of several seeds is their
  mean, with the range beside it.
* *No target*. A figure of another protocol or split than the config's, which
  it stands beside for comparison. The other reported ones are what
  [reproduce.md](reproduce.md) is about.
* *Units*. Figures of segmentation and AP are in %. `abs_rel` is a ratio,
  `rmse` is in metres, `silog` in hundredths of natural logarithms, `a1`, `a2`
  and `a3` are shares of pixels. {lower} are better when lower.
  *Single scale*: the image as the config tests it; *flip*: averaged with its
  mirror image (`--tta-flip`); *scales + flip*: over scales and mirror images
  (`--tta`).
* *Cost*. Parameters, and multiply-adds of a prediction by convolutions and
  linear layers in 10^9 (GMACs; papers of the HRNet family call multiply-adds /
  2^30 "GFLOPs") at the input size that stands beside: of a test image, or of
  the crop where their sizes differ. Products of attention are not counted. Of
  a detector with regions they are those of backbone, neck and RPN, as the rest
  depends on the image. Counted from the models that the configs build, not
  typed.
"""


def board(rows: Rows, plots: dict[str, str]) -> str:
    """Write the page.

    Args:
        rows: Of all metafiles.
        plots: Their captions by file name.
    """
    lower = [f'`{n}`' for n, metric in METRICS.items() if not metric.higher]
    listed = ', '.join(lower[:-1]) + f' and {lower[-1]}'
    parts = [HEAD.format(lower=listed)]
    parts += [f'![{caption}]({file})\n' for file, caption in plots.items()]
    sections = dict.fromkeys(x.data for x in BENCHMARKS.values())
    for data in sections:
        parts += _section(
            data,
            [
                row
                for row in rows.values()
                if row['Metadata']['Training Data'] == data
            ],
        )
    parts.append('## Runs\n')
    parts.append(
        'What was trained here. The log is summed up by losses, with the '
        'iteration they are of,\nand the median time of an iteration. Equal '
        'recipes have equal hashes, whatever their seed.\n'
    )
    parts.append(_runs(rows))
    return '\n'.join(parts)


def _section(data: str, rows: list[dict]) -> Iterator[str]:
    rows = sorted(rows, key=lambda row: row['Name'])
    known = [row for row in rows if row['Results']]
    rest = [row for row in rows if not row['Results']]
    if not rows:
        return
    yield f'## {data}\n'
    if known:
        yield _figures(known)
    if rest:
        yield (
            f'<details><summary>{len(rest)} configs without a figure'
            '</summary>\n'
        )
        yield table(
            ('config', 'parameters', 'GMACs', 'input'),
            ((*_cost(row),) for row in rest),
        )
        yield '</details>\n'


def _cost(row: dict) -> tuple[str, ...]:
    return (
        f'[{row["Name"]}](../{row["Config"]})',
        millions(row),
        giga(row, 2 if row['Metadata']['MACs'] < 1e10 else 1),
        row['Metadata']['Input Size'],
    )


def _figures(rows: list[dict]) -> str:
    """One line for each config, data set and source.

    Where there are several metrics, also for each way of testing.
    """
    names = [
        name
        for row in rows
        for result in row['Results']
        for name in result['Metrics']
    ]
    names.sort(key=lambda name: list(METRICS).index(split_name(name)[0]))
    bases, modes = bases_and_modes(names)
    wide = len(bases) == 1
    titles = (
        [f'{bases[0]}, {MODE_TITLES[mode]}' for mode in modes]
        if wide
        else ['test', *bases]
    )
    lines = []
    for row in rows:
        for key, metrics in _merged(row['Results']):
            data, status, source, note = key
            by_mode = {
                mode: cells(metrics, bases, mode, status) for mode in modes
            }
            shown = (
                [[value for values in by_mode.values() for value in values]]
                if wide
                else [
                    [MODE_TITLES[mode], *values]
                    for mode, values in by_mode.items()
                    if any(values)
                ]
            )
            origin = '; '.join(filter(None, (source, note)))
            lines += [
                (*_cost(row), data, *line, status, origin) for line in shown
            ]
    costs = 'config', 'parameters', 'GMACs', 'input'
    return table((*costs, 'data', *titles, 'status', 'source'), lines)


def _merged(results: list[dict]) -> list[tuple[tuple, dict]]:
    """Boxes and masks of one source stand in one line."""
    found: dict[tuple, dict] = {}
    for result in results:
        source = result.get('Source', '[run](#runs)')
        if not result.get('Comparable', True):
            source = f'no target: {source}'
        if 'Range' in result:
            spans = (
                f'{name} {low:g} to {high:g}'
                for name, (low, high) in result['Range'].items()
            )
            source += ', ' + ', '.join(spans)
        key = (
            result['Dataset'],
            result['Status'],
            source,
            result.get('Note', ''),
        )
        found.setdefault(key, {}).update(result['Metrics'])
    return list(found.items())


def _runs(rows: Rows) -> str:
    keys = (
        'Seed', 'Iterations', 'Duration', 'Hardware', 'Git Revision',
        'Config Hash', 'Log', 'Command',
    )  # fmt: skip
    return table(
        ('config', *(key.lower() for key in keys)),
        (
            (
                name,
                *(str(run[key]) for key in keys[:-1]),
                f'`{run["Command"]}`',
            )
            for name, row in sorted(rows.items())
            for run in row.get('Runs', [])
        ),
    )
