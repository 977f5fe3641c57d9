"""Maps of all stages and branches, over the image that they are of."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from mmengine.visualization import Visualizer
from torch.nn import functional as F

from .activations import Activation

_ACROSS = 2.3  # inches of a map


def draw_activations(
    image: np.ndarray,
    activations: Sequence[Activation],
    title: str,
    cam: bool = False,
    part: tuple[float, float] = (1, 1),
) -> Figure:
    """Draw stages from left to right, and branches by their strides.

    Args:
        image: (H, W, 3), RGB, uint8.
        activations: Maps of one image.
        title: Of the figure.
        cam: Draw the class activations, else the means over channels. Each
            map has a scale of its own, from blue to red.
        part: Shares of the maps' height and width that are of the image; what
            is below and to the right of it was padded.
    """
    height, width = image.shape[:2]
    finest = max(x.values.shape[1] for x in activations)
    rows = sorted({_level(x, finest) for x in activations})
    stages = list(dict.fromkeys(x.stage for x in activations))
    figure = Figure(
        (
            _ACROSS * (len(stages) + 1) + 0.3,
            (_ACROSS * height / width + 0.38) * len(rows) + 0.7,
        ),
        110,
        layout='constrained',
    )
    axes = figure.subplots(len(rows), len(stages) + 1, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    axes[0, 0].imshow(image)
    axes[0, 0].set_title('image', fontsize=8)
    for x in activations:
        axis = axes[rows.index(_level(x, finest)), stages.index(x.stage) + 1]
        axis.imshow(paint(x, image, cam, part))
        channels, tall, wide = x.values.shape
        name = x.stage.removeprefix('backbone.')
        axis.set_title(
            f'{name}, branch {x.branch + 1}\n'
            f'{channels} channels, {tall} x {wide}',
            fontsize=8,
        )
    what = 'Grad-CAM' if cam else 'mean over channels'
    figure.suptitle(
        f'{title}\n{what}; blue: lowest, red: highest value of each map, '
        'dark: nothing',
        fontsize=10,
    )
    return figure


def paint(
    activation: Activation,
    image: np.ndarray,
    cam: bool = False,
    part: tuple[float, float] = (1, 1),
) -> np.ndarray:
    """Lay a map over its image, (H, W, 3), by mmengine's visualiser.

    Args:
        activation: The map.
        image: (H, W, 3), RGB, uint8.
        cam: Whether of the class activation.
        part: As for :func:`draw_activations`.
    """
    values = activation.cam[None] if cam else activation.values
    mean = values.float().cpu().mean(dim=0)[None, None]
    height, width = image.shape[:2]
    padded = round(height / part[0]), round(width / part[1])
    large = F.interpolate(mean, padded, mode='bilinear')[0, :, :height, :width]
    if float(large.max()) <= float(large.min()):
        return (image * 0.5).astype(np.uint8)  # it would divide by 0
    return Visualizer.draw_featmap(large, image)


def _level(activation: Activation, finest: int) -> int:
    return round(np.log2(finest / activation.values.shape[1]))
