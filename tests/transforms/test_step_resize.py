import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

from uhrnet.transforms import RandomStepResize


@pytest.mark.parametrize(
    'options, widths',
    [
        (dict(scale=(2048, 1024)), [1024, 1536, 2048, 2560, 3072, 3584, 4096]),
        (
            dict(scale=(473, 473), ratio_range=(0.5, 1.6), step=0.1),
            [237, 284, 331, 378, 426, 473, 520, 568, 615, 662, 710, 757],
        ),
        (dict(scale=(480, 360), ratio_range=(1, 1), step=0.5), [480]),
    ],
    ids=str,
)
def test_scales(options, widths):
    """As the originals round: half up."""
    resize = RandomStepResize(**options)
    assert [width for width, _ in resize.scales] == widths
    assert all(isinstance(x, int) for scale in resize.scales for x in scale)


def test_keeps_the_aspect_ratio_and_reaches_every_scale():
    resize = TRANSFORMS.build(dict(type='RandomStepResize', scale=(48, 48)))
    shapes = set()
    for _ in range(100):
        results = dict(
            img=np.zeros((32, 64, 3), np.uint8),
            gt_seg_map=np.zeros((32, 64), np.uint8),
            seg_fields=['gt_seg_map'],
        )
        results = resize(results)
        shape = results['img'].shape[:2]
        assert results['gt_seg_map'].shape == shape
        shapes.add(shape)
    assert shapes == {(w // 2, w) for w in (24, 36, 48, 60, 72, 84, 96)}


@pytest.mark.parametrize(
    'ratio_range, step', [((0.5, 2.0), 0.4), ((0, 1), 0.5), ((2, 1), 0.5)]
)
def test_ratios_that_steps_do_not_reach(ratio_range, step):
    with pytest.raises(ValueError, match='whole steps must lead'):
        RandomStepResize((64, 64), ratio_range, step)
