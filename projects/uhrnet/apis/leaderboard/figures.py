"""Metrics of the leaderboard: their units, digits and what is a good one."""

import re
from typing import NamedTuple


class Metric(NamedTuple):
    """What a figure of this name is.

    Attributes:
        unit: Of the figure.
        digits: Behind the point.
        spread: By how much a run may miss a published figure and count as
            equal: what seeds of published recipes are known to differ by,
            or 0 where nothing is published.
        logged: The name in mmengine's logs.
        scale: By which a logged figure is multiplied.
        higher: Whether a higher figure is a better one.
    """

    unit: str
    digits: int
    spread: float
    logged: str
    scale: float = 1.0
    higher: bool = True


METRICS = {
    'mIoU': Metric('%', 2, 0.5, 'mIoU'),
    'aAcc': Metric('%', 2, 0.3, 'aAcc'),
    'mAcc': Metric('%', 2, 0.7, 'mAcc'),
    'box AP': Metric('%', 1, 0.3, 'coco/bbox_mAP', 100),
    'box AP50': Metric('%', 1, 0.5, 'coco/bbox_mAP_50', 100),
    'mask AP': Metric('%', 1, 0.3, 'coco/segm_mAP', 100),
    'abs_rel': Metric('ratio', 4, 0, 'abs_rel', higher=False),
    'rmse': Metric('m', 4, 0, 'rmse', higher=False),
    'silog': Metric('100 ln', 4, 0, 'silog', higher=False),
    'a1': Metric('share', 4, 0, 'a1'),
    'a2': Metric('share', 4, 0, 'a2'),
    'a3': Metric('share', 4, 0, 'a3'),
}
# How an image is tested: as it is, averaged with its mirror image, or over
# scales and mirror images.
MODES = ('', 'flip', 'ms+flip')
MODE_TITLES = {
    '': 'single scale',
    'flip': 'flip',
    'ms+flip': 'scales + flip',
}


def split_name(name: str) -> tuple[str, str]:
    """Split ``'mIoU(ms+flip)'`` into metric and mode.

    Raises:
        KeyError: If there is no such metric or mode.
    """
    found = re.fullmatch(r'(.*?)(?:\((.*)\))?', name)
    base, mode = found[1], found[2] or ''
    if base not in METRICS or mode not in MODES:
        raise KeyError(name)
    return base, mode


def join_name(base: str, mode: str) -> str:
    """Name a metric of a mode."""
    return f'{base}({mode})' if mode else base


def show(name: str, value: float, status: str = 'trained') -> str:
    """Write a figure with its metric's digits, or a reported one as it is."""
    if status == 'reported':
        return str(float(value))
    return f'{value:.{METRICS[split_name(name)[0]].digits}f}'


def units(names: list[str]) -> str | dict[str, str]:
    """Return the unit of these metrics, or each one's if they differ."""
    found = {name: METRICS[split_name(name)[0]].unit for name in names}
    same = set(found.values())
    return same.pop() if len(same) == 1 else found
