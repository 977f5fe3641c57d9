"""``docs/reproduce.md``: how to come by the published figures."""

from collections.abc import Iterator

from .benchmarks import benchmark_of, counted_size, crop_of, gpus_of
from .collecting import targets
from .figures import METRICS, MODES, show, split_name
from .metafile import Rows
from .tables import table

# Sustained by one GPU in training: assumed, none has been measured.
THROUGHPUT = 10e12
_PASSES = 3  # forward once, backward about twice as much
_OPTIONS = {'': '', 'flip': ' --tta-flip', 'ms+flip': ' --tta'}

HEAD = """# Reproduce the published figures

One row for each config with a published figure of its own protocol, made by
`tools/analysis_tools/leaderboard.py --docs` of what the
[leaderboard](leaderboard.md) is made of, which also has what was trained here.

*Data* as in [datasets.md](datasets.md), *ImageNet weights* as in
[official_weights.md](official_weights.md): HRNet's are downloaded, U-HRNet's
converted. With fewer GPUs than the command names, add `--auto-scale-lr`.

*Expected*: the published figure, and around it by how much a run may miss it
and still agree: {spreads}. These widths are a convention of this page, as no
seeds of these configs have been compared yet. Afterwards

```bash
python tools/analysis_tools/leaderboard.py work_dirs/*
```

says how far each run is from the published figure.

*GPU hours* are an estimate, of all GPUs together:

    hours = 3 passes * 2 operations * MACs of an image * batch * iterations
            / throughput / 3600

MACs are those of the leaderboard, by the area of the training crop; a backward
pass counts as two forward passes. The throughput is **{throughput:g} TFLOP/s
sustained by a GPU**, which is assumed and has not been measured: a GPU that
sustains half of it takes twice the hours. Of detectors the heads that look at
regions are not in the MACs, and add to this.
"""


def reproduction(rows: Rows) -> str:
    """Write the page."""
    spreads = ', '.join(
        f'{name} {metric.spread:g}'
        for name, metric in METRICS.items()
        if metric.spread
    )
    parts = [HEAD.format(spreads=spreads, throughput=THROUGHPUT / 1e12)]
    by_data: dict[str, list[dict]] = {}
    for _, row in sorted(rows.items()):
        if _wanted(row):
            data = row['Metadata']['Training Data']
            by_data.setdefault(data, []).append(row)
    for data, group in by_data.items():
        parts.append(f'## {data}\n')
        parts.append(
            table(
                ('config', 'expected', 'GPU hours'),
                (
                    (
                        f'[{row["Name"]}](../{row["Config"]})',
                        '; '.join(_expected(row)),
                        f'{hours(row):.0f}',
                    )
                    for row in group
                ),
            )
        )
        parts.append('```bash')
        parts += [line for row in group for line in commands(row)]
        parts.append('```\n')
    return '\n'.join(parts)


def hours(row: dict) -> float:
    """Estimate the GPU hours of a training."""
    stated, name = row['Metadata'], row['Name']
    counted = [int(side) for side in stated['Input Size'].split('x')]
    crop = crop_of(name) or counted_size(name)
    macs = stated['MACs'] * (crop[0] * crop[1]) / (counted[0] * counted[1])
    images = stated['Batch Size'] * stated['Iterations']
    return _PASSES * 2 * macs * images / THROUGHPUT / 3600


def commands(row: dict) -> Iterator[str]:
    """Return the commands that train and evaluate a config."""
    config, name = row['Config'], row['Name']
    gpus = gpus_of(name)
    yield f'tools/dist_train.sh {config} {gpus}'
    length = row['Metadata'].get('Epochs')
    last = (
        f'epoch_{length}'
        if length
        else f'iter_{row["Metadata"]["Iterations"]}'
    )
    modes = {split_name(metric)[1] for _, metric in _wanted(row)}
    for mode in MODES:
        if mode in modes:
            folder = f'work_dirs/{name}/{mode or "test"}'
            yield (
                f'tools/dist_test.sh {config} work_dirs/{name}/{last}.pth '
                f'{gpus}{_OPTIONS[mode]} --work-dir {folder}'
            )


def _wanted(row: dict) -> dict[tuple[str, str], float]:
    """Published figures that ``tools/test.py`` computes."""
    data = benchmark_of(row['Name']).test
    return {k: v for k, v in targets(row).items() if k[0] == data}


def _expected(row: dict) -> Iterator[str]:
    for (_, name), value in _wanted(row).items():
        metric = METRICS[split_name(name)[0]]
        low, high = value - metric.spread, value + metric.spread
        yield (
            f'{name} {show(name, value, "reported")} {metric.unit} '
            f'({show(name, low)} to {show(name, high)})'
        )
