"""An image beside its truth, what a model says of it, and where it errs."""

from collections.abc import Sequence

import mmcv
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from uhrnet.painting import DEPTH_COLORS, depth_scale, paint_labels

from .confusion import class_ious, count_labels, shorten

WRONG, RIGHT, UNKNOWN = (214, 39, 40), (225, 225, 225), (0, 0, 0)
# What became of an object or a box: colour and line.
FATES = {
    'found': ('#2ca02c', '-'),
    'wrong class': ('#ff7f0e', '-'),
    'false positive': ('#d62728', '-'),
    'missed': ('#1f77b4', '--'),
}


def read_image(path: str, window: tuple = (0, None, 0, None)) -> np.ndarray:
    """Read an image as (H, W, 3), RGB, or the part of it in a window."""
    top, bottom, left, right = window
    image = mmcv.imread(path, channel_order='rgb')
    return image[top:bottom, left:right]


def draw_labels(
    image: np.ndarray,
    truth: np.ndarray,
    prediction: np.ndarray,
    classes: Sequence[str],
    palette: Sequence,
    title: str,
    ignore_index: int = 255,
) -> Figure:
    """Draw an image, the true and the predicted classes, and what is wrong.

    The legend has the classes that occur, with their IoU in this image.

    Args:
        image: (H, W, 3), RGB.
        truth: Classes (H, W).
        prediction: Classes (H, W).
        classes: Names.
        palette: RGB colour of each class.
        title: Of the figure.
        ignore_index: True class of pixels that do not count.
    """
    known = truth != ignore_index
    errors = np.where((truth == prediction)[..., None], RIGHT, WRONG)
    errors[~known] = UNKNOWN
    panels = {
        'image': image,
        'truth (black: unknown)': paint_labels(truth, list(palette)),
        'prediction': paint_labels(prediction, list(palette)),
        'wrong pixels in red': errors.astype(np.uint8),
    }
    counts = count_labels(truth, prediction, len(classes), ignore_index)
    sizes = counts.sum(axis=0) + counts.sum(axis=1)
    ious = class_ious(counts)
    handles = [
        Patch(
            facecolor=np.array(palette[i]) / 255,
            edgecolor='black',
            linewidth=0.4,
            label=f'{shorten(classes[i])} {ious[i]:.0f} %',
        )
        for i in np.argsort(-sizes, kind='stable')
        if sizes[i]
    ]
    labels = [x.get_label() for x in handles]
    across = _width(image)
    columns = legend_columns(labels, across)
    figure, axes = _grid(image, len(panels), -(-len(handles) // columns))
    for axis, (name, panel) in zip(axes, panels.items(), strict=True):
        axis.imshow(panel, interpolation='nearest')
        axis.set_title(name, fontsize=9)
    figure.legend(
        handles=handles,
        title='IoU in this image',
        loc='outside lower center',
        ncols=columns,
        fontsize=8,
        title_fontsize=8,
        frameon=False,
    )
    figure.suptitle(title, fontsize=11)
    return figure


def draw_depths(
    image: np.ndarray, truth: np.ndarray, prediction: np.ndarray, title: str
) -> Figure:
    """Draw an image, true and predicted depth and the relative error.

    Both depths have one logarithmic scale, that of the truth. Where the
    truth is unknown, it and the error are black.

    Args:
        image: (H, W, 3), RGB.
        truth: Depth (H, W) in metres, 0 where unknown.
        prediction: Depth (H, W) in metres.
        title: Of the figure.
    """
    known = np.isfinite(truth) & (truth > 0)
    truth = np.where(known, truth, np.nan)
    low, high, *_ = depth_scale(truth)
    error = 100 * np.abs(prediction - truth) / truth
    figure, axes = _grid(image, 4, 0)
    axes[0].imshow(image)
    axes[0].set_title('image', fontsize=9)
    for axis, name, values, norm, colors, unit in (
        (axes[1], 'truth', truth, LogNorm(low, high), DEPTH_COLORS, 'm'),
        (
            axes[2], 'prediction', prediction.clip(low, high),
            LogNorm(low, high), DEPTH_COLORS, 'm',
        ),
        (axes[3], 'error / truth', error, Normalize(0, 50), 'inferno', '%'),
    ):  # fmt: skip
        axis.set_facecolor('black')
        drawn = axis.imshow(values, colors, norm=norm, interpolation='nearest')
        axis.set_title(name, fontsize=9)
        place = axis.inset_axes((1.02, 0, 0.03, 1))  # as high as the map
        extend = 'max' if unit == '%' else 'neither'
        bar = figure.colorbar(drawn, cax=place, extend=extend)
        bar.set_label(unit)
        if unit == 'm':
            ticks = depth_ticks(low, high)
            bar.set_ticks(ticks, labels=[f'{x:g}' for x in ticks])
            bar.minorticks_off()
    figure.suptitle(title, fontsize=11)
    return figure


def depth_ticks(low: float, high: float) -> list[float]:
    """Return round depths from ``low`` to ``high``, or these two."""
    steps = [a * 10.0**b for b in range(-3, 4) for a in (1, 2, 5)]
    ticks = [x for x in steps if low <= x <= high]
    return ticks if len(ticks) > 1 else [low, high]


def draw_boxes(
    image: np.ndarray,
    truth: object,
    prediction: object,
    matches: object,
    classes: Sequence[str],
    title: str,
) -> Figure:
    """Draw the objects in one panel and what became of them in another.

    Args:
        image: (H, W, 3), RGB.
        truth: :class:`~uhrnet.analysis.box_matching.Boxes`.
        prediction: The same.
        matches: Of ``match_boxes()``.
        classes: Names.
        title: Of the figure.
    """
    figure, (left, right) = _grid(image, 2, 1)
    for axis, name in ((left, 'truth'), (right, 'prediction')):
        axis.imshow(image)
        axis.set_title(name, fontsize=9)
    ignored = truth.ignored
    for i, (box, label) in enumerate(
        zip(truth.bboxes, truth.labels, strict=True)
    ):
        free = ignored is not None and ignored[i]
        name = shorten(classes[label]) + ' (ignored)' * bool(free)
        annotate_box(left, box, name, '#777777' if free else '#1f77b4', '-')
    fates = {
        'found': [(box, '') for _, box in matches.pairs],
        'wrong class': [
            (box, f', is {classes[truth.labels[found]]}')
            for found, box in matches.confused
        ],
        'false positive': [(box, '') for box in matches.spurious],
    }
    for fate, boxes in fates.items():
        for i, rest in boxes:
            name = shorten(classes[prediction.labels[i]])
            name = f'{name} {prediction.scores[i]:.2f}{rest}'
            annotate_box(right, prediction.bboxes[i], name, *FATES[fate])
    for i in matches.missed:
        name = shorten(classes[truth.labels[i]])
        annotate_box(right, truth.bboxes[i], name, *FATES['missed'])
    counts = {fate: len(boxes) for fate, boxes in fates.items()}
    counts['missed'] = len(matches.missed)
    figure.legend(
        handles=[
            Line2D([], [], color=c, linestyle=line, label=f'{fate}: {n}')
            for (fate, n) in counts.items()
            for c, line in (FATES[fate],)
        ],
        loc='outside lower center',
        ncols=4,
        fontsize=9,
        frameon=False,
    )
    figure.suptitle(title, fontsize=11)
    return figure


def annotate_box(
    axis: object, box: np.ndarray, name: str, color: str | tuple, line: str
) -> None:
    """Draw a box and its name.

    Args:
        axis: Of an image.
        box: Corners (4,).
        name: Above it.
        color: Of its line.
        line: Style of it.
    """
    left, top, right, bottom = map(float, box)
    axis.add_patch(
        Rectangle(
            (left, top),
            right - left,
            bottom - top,
            fill=False,
            edgecolor=color,
            linestyle=line,
            linewidth=1.4,
        )
    )
    bottom_edge = axis.get_ylim()[0]  # of an image, whose axis points down
    inside = top < 0.05 * bottom_edge
    axis.annotate(
        name,
        (left, max(top, 0)),
        xytext=(1, -1 if inside else 1),
        textcoords='offset points',
        fontsize=6,
        color='white',
        va='top' if inside else 'bottom',
        bbox=dict(facecolor=color, edgecolor='none', pad=0.8, alpha=0.8),
        annotation_clip=True,
    )


def legend_columns(labels: Sequence[str], inches: float) -> int:
    """Return how many labels of 8 points fit side by side."""
    longest = max(map(len, labels), default=0)
    return max(1, min(int(inches / (0.068 * longest + 0.6)), 8))


def _width(image: np.ndarray) -> float:
    """Return the inches of a figure with panels of an image's shape."""
    height, width = image.shape[:2]
    return 8.7 if width > 2.2 * height else 10.2


def _grid(image: np.ndarray, count: int, legend_rows: int) -> tuple:
    """Return a figure and axes for panels of an image's shape."""
    height, width = image.shape[:2]
    wide = width > 2.2 * height
    columns = 1 if wide else 2
    rows = count // columns
    inches = _width(image)
    across = (inches - 0.2) / columns
    size = (
        inches,
        (across * height / width + 0.35) * rows + 0.22 * legend_rows + 0.7,
    )
    figure = Figure(size, 110, layout='constrained')
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
    return figure, axes
