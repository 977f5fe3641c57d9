"""Built-in scenes: rendered streets with labels, depth and objects.

A data set that needs no download, so that segmentation, depth and detection
can be tried, tested and shown at once. Needs numpy, OpenCV and pycocotools
only.

Examples:
    >>> import numpy as np
    >>> from uhrnet.scenes import render, sample_scene
    >>> frame = render(sample_scene(np.random.default_rng(0)), 48, 80)
    >>> frame.image.shape, frame.depth.shape
    ((48, 80, 3), (48, 80))
"""

from .camera import Camera
from .classes import CLASSES, PALETTE, THINGS
from .compose import sample_scene
from .render import Frame, Instance, render
from .scene import Scene
from .writer import (
    DEPTH_SCALE,
    RENDERER_VERSION,
    encode_depth,
    make_frame,
    write_dataset,
)

__all__ = [
    'CLASSES',
    'DEPTH_SCALE',
    'PALETTE',
    'RENDERER_VERSION',
    'THINGS',
    'Camera',
    'Frame',
    'Instance',
    'Scene',
    'encode_depth',
    'make_frame',
    'render',
    'sample_scene',
    'write_dataset',
]
