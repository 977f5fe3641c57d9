"""Which class was taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from uhrnet.errors import DataError

BACKGROUND = '(nothing)'
_MOST_NUMBERS = 25  # classes, above which numbers are not written into cells
_LONGEST = 32  # letters of a class name


def count_labels(
    truth: np.ndarray,
    prediction: np.ndarray,
    num_classes: int,
    ignore_index: int = 255,
) -> np.ndarray:
    """Count pixels by true and predicted class.

    Args:
        truth: True classes (H, W).
        prediction: Predicted classes (H, W).
        num_classes: Number K of classes.
        ignore_index: True class of pixels that do not count.

    Returns:
        (K, K) int64; rows are true classes, columns predicted ones.

    Raises:
        DataError: If the maps differ in size or hold other classes.
    """
    if truth.shape != prediction.shape:
        raise DataError(
            f'a prediction of {prediction.shape} and a truth of '
            f'{truth.shape} cannot be compared: predict at the size of the '
            'images'
        )
    known = truth != ignore_index
    truth = truth[known].astype(np.int64)
    prediction = prediction[known].astype(np.int64)
    for name, labels in (('truth', truth), ('prediction', prediction)):
        if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
            raise DataError(
                f'the {name} has classes from {labels.min()} to '
                f'{labels.max()}, the data set 0 to {num_classes - 1}: '
                'name the config that belongs to both'
            )
    counts = np.bincount(truth * num_classes + prediction, minlength=1)
    full = np.zeros(num_classes**2, np.int64)
    full[: len(counts)] = counts
    return full.reshape(num_classes, num_classes)


def shares(counts: np.ndarray) -> np.ndarray:
    """Return counts in percent of their row, not a number in empty ones."""
    sums = counts.sum(axis=1, keepdims=True)
    return 100 * counts / np.where(sums == 0, np.nan, sums)


def class_ious(counts: np.ndarray) -> np.ndarray:
    """Return the IoU of every class in percent, not a number without one."""
    hits = np.diagonal(counts)
    union = counts.sum(axis=0) + counts.sum(axis=1) - hits
    return 100 * hits / np.where(union == 0, np.nan, union)


def largest_confusions(
    counts: np.ndarray, names: Sequence[str], limit: int = 10
) -> list[tuple[str, str, float]]:
    """Return true class, predicted class and percent of the true class.

    Args:
        counts: (K, K), rows are true classes.
        names: Of the rows and columns.
        limit: How many to return, the largest first.
    """
    rates = np.nan_to_num(shares(counts))
    np.fill_diagonal(rates, 0)
    order = np.argsort(-rates, axis=None, kind='stable')[:limit]
    places = zip(*np.unravel_index(order, rates.shape), strict=True)
    return [
        (names[row], names[column], float(rates[row, column]))
        for row, column in places
        if rates[row, column] > 0
    ]


def draw_confusion(
    counts: np.ndarray,
    names: Sequence[str],
    title: str = 'Confusion matrix',
    unit: str = 'pixels',
    colors: str = 'Blues',
    what: str = 'class',
) -> Figure:
    """Draw shares of the true classes, with numbers if there is room.

    Classes that do not occur are grey rows. Names say how much of all is of
    their class.

    Args:
        counts: (K, K), rows are true classes.
        names: Of the rows and columns.
        title: Of the figure.
        unit: What is counted.
        colors: Name of a colour map of matplotlib.
        what: The names are of.
    """
    count = len(names)
    few = count <= _MOST_NUMBERS
    cell = 0.55 if few else 0.17
    font = 9 if few else 7
    names = [shorten(name) for name in names]
    margin = 0.08 * max(map(len, names)) + 1.5
    side = max(cell * count, 2.5)
    wide = 0.1 * max(map(len, title.splitlines()))
    figure = Figure(
        (max(side + margin + 1.4, wide), side + margin),
        110,
        layout='constrained',
    )
    panel = figure.add_subplot()
    palette = colormaps[colors].with_extremes(bad='0.85')
    rates = shares(counts)
    # of many classes, small confusions would be white
    norm = PowerNorm(1 if few else 0.5, vmin=0, vmax=100)
    image = panel.imshow(rates, palette, norm=norm)
    bar = figure.colorbar(image, ax=panel, shrink=0.8, aspect=30, pad=0.02)
    bar.set_label(f'% of the {unit} of the true {what}')

    places = np.arange(count)
    part = 100 * counts.sum(axis=1) / max(counts.sum(), 1)
    rows = [f'{n}  {p:.1f} %' for n, p in zip(names, part, strict=True)]
    panel.set_yticks(places, rows, fontsize=font)
    panel.set_xticks(places, names, fontsize=font, rotation=90)
    panel.set_xlabel(f'predicted {what}')
    panel.set_ylabel(f'true {what}, and its share of all {unit}')
    panel.set_xticks(places[:-1] + 0.5, minor=True)
    panel.set_yticks(places[:-1] + 0.5, minor=True)
    panel.grid(which='minor', color='white', linewidth=0.6 if few else 0.2)
    panel.tick_params(which='minor', length=0)
    if few:
        _write_numbers(panel, rates, palette)
    figure.suptitle(title, fontsize=12 if few else 18)
    return figure


def shorten(name: str) -> str:
    """Cut a long class name."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + '…'


def _write_numbers(panel: object, rates: np.ndarray, palette: object) -> None:
    for (row, column), rate in np.ndenumerate(rates):
        if not rate >= 0.5:  # rounded to 0, or not a number
            continue
        red, green, blue, _ = palette(rate / 100)
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.55
        panel.text(
            column,
            row,
            f'{rate:.0f}',
            ha='center',
            va='center',
            fontsize=8,
            color='white' if dark else 'black',
        )
