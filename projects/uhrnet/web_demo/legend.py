"""What colours stand for: classes and their areas, distances, objects."""

import numpy as np

from uhrnet.apis.predictions import (
    DepthPrediction,
    DetectionPrediction,
    Prediction,
    SegmentationPrediction,
)
from uhrnet.painting import depth_scale, paint_values

from . import markup

_TICKS = 5
_RAMP = 64


def show_legend(prediction: Prediction) -> str:
    """Return the legend of a prediction."""
    if isinstance(prediction, SegmentationPrediction):
        return _areas(prediction)
    if isinstance(prediction, DepthPrediction):
        return _distances(prediction)
    return _objects(prediction)


def _areas(prediction: SegmentationPrediction) -> str:
    """Return classes with their share of the picture, largest first."""
    rows = [
        _row(prediction.palette[index], name, f'{100 * share:.1f} %', share)
        for index, name, share in prediction.areas()
    ]
    return _table('Class', 'Share of the picture', rows)


def _objects(prediction: DetectionPrediction) -> str:
    """Return classes with how often each was found, most first."""
    counts = np.bincount(prediction.labels, minlength=1)
    total = len(prediction.labels)
    if not total:
        return markup.notice(
            'Nothing scores as high as the threshold. Lower it to see less '
            'certain objects.',
            'hint',
        )
    rows = [
        _row(
            prediction.palette[index],
            prediction.classes[index],
            str(counts[index]),
            counts[index] / total,
        )
        for index in np.argsort(-counts, kind='stable')
        if counts[index]
    ]
    return _table('Class', 'Objects shown', rows)


def _distances(prediction: DepthPrediction) -> str:
    """Return the bar of colours with distances below."""
    scale = depth_scale(prediction.depth)
    places = np.linspace(0, 1, _RAMP)
    ramp = np.array([[scale.at(place) for place in places]])
    colors = ', '.join(map(markup.rgb, paint_values(ramp, scale)[0]))
    ticks = ''.join(
        f'<span>{scale.at(place):.3g} {markup.text(scale.unit)}</span>'
        for place in np.linspace(0, 1, _TICKS)
    )
    return (
        '<div class="scale"><div class="ramp" style="background: '
        f'linear-gradient(to right, {colors})"></div>'
        f'<div class="ticks">{ticks}</div><p>Distance in '
        'metres, near to far, on a logarithmic scale.</p></div>'
    )


def _row(
    color: tuple[int, int, int], name: str, value: str, share: float
) -> str:
    paint = f'background: {markup.rgb(color)}'
    return (
        f'<tr><th scope="row"><span class="swatch" style="{paint}"></span>'
        f'<span class="name">{markup.text(name)}</span></th>'
        f'<td class="value">{value}</td><td class="bar"><span style="width: '
        f'{100 * share:.1f}%; {paint}"></span></td></tr>'
    )


def _table(left: str, right: str, rows: list[str]) -> str:
    return (
        f'<table class="legend"><thead><tr><th scope="col">{left}</th>'
        f'<th scope="col" colspan="2">{right}</th></tr></thead>'
        f'<tbody>{"".join(rows)}</tbody></table>'
    )
