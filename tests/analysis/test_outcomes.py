import pytest
from mmengine.config import Config

from uhrnet.analysis.outcomes import evaluator_of

DEPTH = dict(type='MonoDepthMetric', max_depth=10, crop='nyu')
LABELS = dict(type='ExactIoUMetric', ignore_index=0)


@pytest.mark.parametrize(
    'evaluator',
    [DEPTH, [LABELS, DEPTH], dict(type='Evaluator', metrics=[LABELS, DEPTH])],
)
def test_evaluator_of_depth(evaluator):
    cfg = Config(dict(test_evaluator=evaluator))
    assert evaluator_of(cfg, 'depth') == DEPTH


def test_evaluator_of_labels():
    cfg = Config(dict(test_evaluator=[DEPTH, LABELS]))
    assert evaluator_of(cfg, 'segmentation')['ignore_index'] == 0
    assert evaluator_of(Config(dict(test_evaluator=None)), 'depth') == {}
