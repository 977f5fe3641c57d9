"""Scales drawn in steps, as the original recipes do."""

from mmcv.transforms import RandomChoiceResize
from mmengine.registry import TRANSFORMS

from uhrnet.errors import ConfigError


@TRANSFORMS.register_module()
class RandomStepResize(RandomChoiceResize):
    """Resize to one of evenly spaced ratios of a size, all as likely.

    The aspect ratio is kept: the image is made as large as fits into the
    size. mmcv's ``RandomResize`` draws from all ratios in between.

    Sources: ``ResizeStepScaling`` of PaddleSeg (steps of 0.25) and
    ``multi_scale_aug`` of HRNet-Semantic-Segmentation (steps of 0.1).

    Args:
        scale: (width, height) at ratio 1, in pixels.
        ratio_range: The smallest and the largest ratio.
        step: From one ratio to the next.

    Raises:
        ConfigError: If no whole number of steps leads from the smallest to the
            largest ratio, or if the smallest is not positive.
    """

    def __init__(
        self,
        scale: tuple[int, int],
        ratio_range: tuple[float, float] = (0.5, 2.0),
        step: float = 0.25,
    ) -> None:
        low, high = ratio_range
        steps = round((high - low) / step)
        if low <= 0 or steps < 0 or abs(low + steps * step - high) > 1e-6:
            raise ConfigError(
                f'ratio_range={ratio_range} and step={step}: from a positive '
                'ratio, whole steps must lead to the larger one'
            )
        # Without rounding, 0.5 + 7 * 0.1 is a little more than 1.2.
        ratios = [round(low + i * step, 6) for i in range(steps + 1)]
        super().__init__(
            [tuple(int(side * x + 0.5) for side in scale) for x in ratios],
            keep_ratio=True,
        )
