"""A model as a user names it."""

from typing import NamedTuple


class Wanted(NamedTuple):
    """What to offer on the page.

    Attributes:
        name: Work dir of a training, or name or path of a config.
        weights: File of its weights; of a work dir the best one by default.
    """

    name: str
    weights: str | None = None
