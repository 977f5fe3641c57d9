"""What holds for the configs of every task."""

import ast
import collections

import pytest
from config_files import (
    CONFIGS,
    NUM_CONFIGS,
    load,
    of_detection,
)

from uhrnet.engine.config_fit import check_classes


def test_all_are_seen():
    assert len(CONFIGS) == NUM_CONFIGS
    names = collections.Counter(path.stem for path in CONFIGS)
    assert len(names) == NUM_CONFIGS, 'basenames must be unique'
    for path in CONFIGS:
        scope = 'mmdet' if of_detection(path) else 'mmseg'
        cfg = load(path)
        assert cfg.default_scope == scope
        check_classes(cfg)


@pytest.mark.parametrize('path', CONFIGS, ids=[path.stem for path in CONFIGS])
def test_leaves_are_text_style(path):
    """Readable by every tool: plain assignments, relative bases."""
    tree = ast.parse(path.read_text())
    assert all(isinstance(node, ast.Assign) for node in tree.body)
    (bases,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if ast.unparse(node.targets[0]) == '_base_'
    )
    bases = [bases] if isinstance(bases, str) else bases
    assert all((path.parent / base).is_file() for base in bases)
