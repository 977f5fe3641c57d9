"""Figures as images inside a page."""

import io
import warnings
from collections.abc import Callable

from matplotlib import rc_context
from matplotlib.figure import Figure

from .pictures import data_uri

# Names with dollars are names, and no formulas.
_STYLE = {'text.parse_math': False, 'svg.fonttype': 'path'}


def draw_svg(draw: Callable[..., Figure], *args: object) -> str:
    """Return a figure as the address of an image element.

    An SVG inside an image element runs no script and loads nothing.

    Args:
        draw: Returns the figure.
        *args: For ``draw``.
    """
    file = io.BytesIO()
    with rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of letters that the font lacks
        draw(*args).savefig(file, format='svg', metadata={'Date': None})
    return data_uri('image/svg+xml', file.getvalue())
