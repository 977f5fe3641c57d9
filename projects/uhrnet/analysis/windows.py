"""Figures in a window, where there is a display."""

import matplotlib
from matplotlib.figure import Figure

from uhrnet.errors import ConfigError


def show(figure: Figure, seconds: float = 0) -> None:
    """Open a window with a figure.

    Args:
        figure: One without ``pyplot``.
        seconds: How long; 0 until it is closed.

    Raises:
        ConfigError: If no window can be opened.
    """
    import matplotlib.pyplot as plt

    if matplotlib.get_backend().lower() == 'agg':
        raise ConfigError(
            'there is no display for a window: name a folder or file to save '
            'to'
        )
    manager = plt.figure().canvas.manager
    manager.canvas.figure = figure
    figure.set_canvas(manager.canvas)
    if seconds:
        plt.pause(seconds)
        plt.close('all')
    else:
        plt.show()
