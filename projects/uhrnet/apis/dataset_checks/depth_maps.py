"""Depth maps: can they be read, and is what they hold a depth."""

import numpy as np

from uhrnet.depth.transforms import LoadCheckedDepth

from .defect import Defect, FoundDefect, found_as
from .labels import check_size
from .reading import DepthFigures, read_content

# Of the known pixels, beyond the largest depth. Maps of KITTI have a few.
_MANY = 0.5


class DepthReader:
    """Reads depth maps as a pipeline does.

    Args:
        loader: Its loader.
    """

    def __init__(self, loader: LoadCheckedDepth) -> None:
        self.loader = loader

    def __call__(
        self, sample: dict, shape: tuple[int, int] | None
    ) -> tuple[list[Defect], DepthFigures | None]:
        """Read and check the depth map of a sample.

        Args:
            sample: As the data set lists it.
            shape: Height and width of its image, if that could be read.

        Returns:
            Defects, and figures of the map.
        """
        path = sample.get('depth_map_path')
        if path is None:
            return [], None
        try:
            read_content(path, self.loader.backend_args)
            with found_as('unreadable', path):
                depth = self.loader.read(path)
            check_size(depth.shape, path, shape, sample)
        except FoundDefect as found:
            return [found.defect], None
        figures = measure(depth, self.loader.max_depth)
        return self._check(depth, figures, path), figures

    def _check(
        self, depth: np.ndarray, figures: DepthFigures, path: str
    ) -> list[Defect]:
        if not figures.known:
            message = f'{path} knows no depth: all of it is 0, or no number.'
            return [Defect('empty_depth', path, message)]
        try:
            with found_as('depth_range', path):
                self.loader.check(depth, path)
        except FoundDefect as found:
            return [found.defect]
        share = figures.beyond / figures.known
        if share > _MANY:
            message = (
                f'{path} is beyond max_depth, {self.loader.max_depth} m, in '
                f'{share:.0%} of what is known: is a metre really '
                f'scale={self.loader.scale:g} in the file?'
            )
            return [Defect('far_depth', path, message)]
        return []


def measure(depth: np.ndarray, max_depth: float) -> DepthFigures:
    """Return the figures of a map, (H, W) metres, 0 where unknown."""
    known = depth[depth > 0]
    if not len(known):
        return DepthFigures()
    return DepthFigures(
        len(known),
        int((known > max_depth).sum()),
        float(known.sum(dtype=np.float64)),
        float(known.min()),
        float(known.max()),
    )
