"""Labels of an image from logits that are enlarged class by class.

A head's logits are a quarter of the image's height and width. At full size,
K maps of them are by far the largest tensors of a prediction, and only one
thing is wanted of them: which is the largest. A running maximum needs the map
of one class at a time.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor
from torch.nn import functional as F

from .serial_threads import map_in_threads

# Each has maps of its own, and all share one memory.
_THREADS = 4
_AXES = dict(horizontal=-1, vertical=-2)


class Window(NamedTuple):
    """Part of an image that has logits.

    Attributes:
        logits: (1, K, h, w).
        rows: Of the network's input, ``columns`` likewise. The logits are
            enlarged to their size.
        columns: See ``rows``.
    """

    logits: Tensor
    rows: slice
    columns: slice

    @property
    def size(self) -> tuple[int, int]:
        """Height and width that the logits are enlarged to."""
        return (
            self.rows.stop - self.rows.start,
            self.columns.stop - self.columns.start,
        )


class Restoration(NamedTuple):
    """What makes an image of its data set of the network's input.

    Attributes:
        padding: Left, right, top, bottom, which is cut off.
        flip: Axis of the mirror image.
        size: Height and width of the image.
    """

    padding: Sequence[int] = (0, 0, 0, 0)
    flip: int | None = None
    size: Sequence[int] | None = None

    @classmethod
    def of(cls, sample: BaseDataElement) -> 'Restoration':
        """Read what the pipeline and the preprocessor wrote down.

        Raises:
            ValueError: For a mirror image of another direction.
        """
        meta = sample.metainfo
        # The former is what the preprocessor adds when testing.
        padding = meta.get(
            'img_padding_size', meta.get('padding_size', (0, 0, 0, 0))
        )
        axis = None
        if meta.get('flip'):
            direction = meta.get('flip_direction')
            if direction not in _AXES:
                raise ValueError(
                    f'flip_direction of an image is {direction!r}: its '
                    'prediction can be turned back if it is one of '
                    f'{sorted(_AXES)}'
                )
            axis = _AXES[direction]
        return cls(padding, axis, meta['ori_shape'])


class CoarseLogits:
    """Logits of an image as the heads made them, before they are enlarged.

    Args:
        windows: Where they overlap, enlarged logits are averaged.
        size: Height and width of the network's input, without gaps between
            windows.
        restoration: How to get from there to the image.
        align_corners: As in ``F.interpolate``.
        dtype: Of the enlarged logits.
    """

    def __init__(
        self,
        windows: Sequence[Window],
        size: Sequence[int],
        restoration: Restoration,
        align_corners: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        # One class of maps with channels last is read with gaps, and all of
        # them at once would be resized by a kernel that rounds differently.
        self._windows = [
            x._replace(logits=x.logits.contiguous()) for x in windows
        ]
        self._size = tuple(size)
        self._restoration = restoration
        self._align_corners = align_corners
        self._dtype = dtype
        self._count = None
        if len(windows) > 1:
            logits = windows[0].logits
            self._count = logits.new_zeros((1, 1, *size), dtype=dtype)
            for window in windows:
                self._count[..., window.rows, window.columns] += 1

    def enlarge(self, classes: slice = slice(None)) -> Tensor:
        """Return logits (K, H, W) of the image, or those of some classes.

        Bit for bit what mmsegmentation makes of contiguous logits, whatever
        the other classes are, if they are finite.
        """
        maps = self._join(classes)
        left, right, top, bottom = self._restoration.padding
        height, width = self._size
        maps = maps[..., top : height - bottom, left : width - right]
        if self._restoration.flip is not None:
            maps = maps.flip(self._restoration.flip)
        if self._restoration.size is not None:
            maps = self._resize(maps, self._restoration.size)
        return maps[0].contiguous()

    def labels(self) -> Tensor:
        """Return the class (1, H, W) of the largest logit, int64.

        The first of several, as ``argmax`` does. Undefined where a logit is
        not a number.
        """
        logits = self._windows[0].logits
        count = logits.shape[1]
        on_cpu = logits.device.type == 'cpu'
        threads = min(torch.get_num_threads(), _THREADS) if on_cpu else 1
        step = -(-count // threads)
        shares = [
            range(first, min(first + step, count))
            for first in range(0, count, step)
        ]
        (best, labels), *others = map_in_threads(self._largest, shares)
        for logits, found in others:
            # later classes, so greater numbers, where they are larger
            labels = torch.maximum(labels, found * (logits > best))
            best = torch.maximum(best, logits)
        return labels.long()

    @torch.no_grad()
    def _largest(self, classes: range) -> tuple[Tensor, Tensor]:
        """Return the largest logit (1, H, W) of some classes, and which."""
        first, *rest = classes
        best = self.enlarge(slice(first, first + 1)).clone()
        # Narrow, as it is memory that takes the time.
        narrow = torch.uint8 if classes.stop <= 256 else torch.int16
        labels = torch.full_like(best, first, dtype=narrow)
        larger = torch.empty_like(best, dtype=torch.bool)
        index = torch.empty_like(labels)
        for k in rest:
            logits = self.enlarge(slice(k, k + 1))
            torch.gt(logits, best, out=larger)
            torch.maximum(best, logits, out=best)
            # k grows: a maximum takes it where it is given
            index.copy_(larger).mul_(k)
            torch.maximum(labels, index, out=labels)
        return best, labels

    def _join(self, classes: slice) -> Tensor:
        """Enlarge to the network's input (1, K, H, W), averaging windows."""
        first = self._windows[0]
        if self._count is None:
            maps = self._resize(first.logits[:, classes], first.size)
            return maps.to(self._dtype)
        maps = first.logits[:, classes]
        total = maps.new_zeros(
            (1, maps.shape[1], *self._size), dtype=self._dtype
        )
        for window in self._windows:
            part = self._resize(window.logits[:, classes], window.size)
            total[..., window.rows, window.columns] += part
        return total / self._count

    def _resize(self, maps: Tensor, size: Sequence[int]) -> Tensor:
        # to the same size it changes nothing, and takes as long
        if tuple(maps.shape[-2:]) == tuple(size):
            return maps
        return F.interpolate(
            maps,
            tuple(size),
            mode='bilinear',
            align_corners=self._align_corners,
        )
