"""The crops that benchmarks of depth take of every image."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from uhrnet.errors import DataError


@TRANSFORMS.register_module()
class CropWindow(BaseTransform):
    """Cut the same window from every image and its maps.

    NYU v2 is trained on the window rows 45-472, columns 43-608, inside the
    white border of its images.

    Args:
        rows: First row, and the one after the last.
        columns: The same of columns.

    Raises:
        DataError: If an image does not have these rows and columns.
    """

    def __init__(
        self, rows: tuple[int, int], columns: tuple[int, int]
    ) -> None:
        self.rows = rows
        self.columns = columns

    def transform(self, results: dict) -> dict:
        """Cut ``img`` and all that belongs to it."""
        return cut(results, *self.rows, *self.columns)


@TRANSFORMS.register_module()
class CropKITTI(BaseTransform):
    """Cut the bottom middle of an image and its maps, 352x1216 pixels.

    KITTI's images differ by some pixels in size. Source: BTS
    (arXiv 1907.10326), ``--do_kb_crop``.

    Args:
        size: Height and width.

    Raises:
        DataError: If an image is smaller.
    """

    def __init__(self, size: tuple[int, int] = (352, 1216)) -> None:
        self.size = size

    def transform(self, results: dict) -> dict:
        """Cut ``img`` and all that belongs to it."""
        (height, width), (rows, columns) = results['img'].shape[:2], self.size
        top, left = height - rows, (width - columns) // 2
        return cut(results, top, top + rows, left, left + columns)


def cut(results: dict, top: int, bottom: int, left: int, right: int) -> dict:
    """Cut a window from the image and the maps of a sample.

    Sets ``window``, what has been cut: top, bottom, left, right in the file.
    """
    height, width = results['img'].shape[:2]
    if min(top, left) < 0 or bottom > height or right > width:
        raise DataError(
            f'{results.get("img_path")} is {height}x{width} (height x '
            f'width), and rows {top}-{bottom}, columns {left}-{right} are to '
            'be cut from it'
        )
    for key in ('img', *results.get('seg_fields', ())):
        results[key] = results[key][top:bottom, left:right]
    results['img_shape'] = results['img'].shape[:2]
    # What is cut away is neither predicted nor evaluated.
    results['ori_shape'] = results['img_shape']
    # Of the file, for pictures of it
    first, _, start, _ = results.get('window', (0, 0, 0, 0))
    results['window'] = (
        first + top,
        first + bottom,
        start + left,
        start + right,
    )
    return results
