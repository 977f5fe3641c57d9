"""Names and colours of the built-in scenes' classes."""

CLASSES = (
    'sky',
    'building',
    'pole',
    'road',
    'sidewalk',
    'vegetation',
    'sign',
    'fence',
    'car',
    'person',
    'terrain',
)
"""Semantic classes in label order. Signals count as signs, kerbs as
sidewalk, hedges as vegetation, lawns as terrain."""

PALETTE = (
    (135, 190, 235),
    (128, 100, 100),
    (170, 170, 160),
    (90, 70, 120),
    (235, 130, 200),
    (60, 130, 50),
    (250, 205, 40),
    (180, 115, 60),
    (35, 70, 190),
    (225, 45, 60),
    (160, 215, 120),
)
"""RGB colour of each class, in the order of ``CLASSES``."""

THINGS = ('person', 'car', 'sign')
"""Countable classes, in the order of the COCO category ids 1, 2, 3."""

LABEL = {name: index for index, name in enumerate(CLASSES)}
"""Class name to label value."""
