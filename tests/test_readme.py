"""What the README and the guides say exists, exists."""

import re
import subprocess
from pathlib import Path

import pytest
from command_line import succeed
from untrained import SEGMENTOR

from uhrnet.console import main

ROOT = Path(__file__).parents[1]
README = ROOT / 'README.md'
TEXT = README.read_text()
GUIDES = [
    README,
    ROOT / 'SECURITY.md',
    *sorted((ROOT / 'docs').glob('*.md')),
    *sorted((ROOT / 'configs').glob('*/README.md')),
]


@pytest.mark.parametrize(
    'guide', GUIDES, ids=[str(path.relative_to(ROOT)) for path in GUIDES]
)
def test_paths_exist(guide):
    text = guide.read_text()
    named = re.findall(
        r'(?<![\w/])(?:configs|tools|docs|demo|benchmarks)/[\w./-]+\.\w+', text
    )
    linked = re.findall(r'\]\(([\w./-]+)(?:#[\w-]+)?\)', text)
    assert named or linked
    missing = [path for path in named if not (ROOT / path).exists()]
    missing += [x for x in linked if not (guide.parent / x).exists()]
    assert not missing


def test_converters_of_the_guide_take_its_arguments():
    """Two files, and no option that does not exist."""
    text = (ROOT / 'docs/official_weights.md').read_text()
    commands = re.findall(
        r'^python (tools/model_converters/\w+\.py)((?: \\\n|.)*)', text, re.M
    )
    assert len(commands) == 5
    for _, arguments in commands:
        assert len(arguments.replace('\\\n', '').split()) == 2
    for tool in {tool for tool, _ in commands}:
        assert 'source' in succeed(tool, '--help')
    assert '--dataset' in succeed(commands[0][0], '--help')


def test_options_exist():
    text = succeed('tools/train.py', '--help')
    text += succeed('tools/test.py', '--help')
    options = set(re.findall(r'`(--[a-z-]+)', TEXT))
    assert {'--resume', '--amp', '--tta', '--show-dir'} <= options
    assert not [option for option in options if option not in text]


def test_make_targets_exist():
    targets = set(re.findall(r'^make (\w+)', TEXT, re.M))
    assert targets == {'demo', 'test'}
    for target in targets:
        subprocess.run(
            ['make', '--dry-run', target],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )


def test_prediction_example_runs(scenes, tmp_path, monkeypatch):
    """The toolbox's own way, on weights that were not trained."""
    import torch
    from mmengine.config import Config
    from mmengine.registry import init_default_scope

    (_, code, _) = re.findall(r'```python\n(.*?)```', TEXT, re.S)
    config = re.search(r"'(configs/.*?)'", code)[1]
    cfg = Config.fromfile(ROOT / config)
    init_default_scope('mmseg')
    from mmseg.registry import MODELS

    model = MODELS.build(cfg.model)
    state = dict(state_dict=model.state_dict(), meta={})
    torch.save(state, tmp_path / 'c.pth')
    for word, path in (
        ('checkpoint.pth', tmp_path / 'c.pth'),
        ('image.png', scenes / 'images/val/00000.png'),
        (config, ROOT / config),
        ('cuda:0', 'cpu'),
    ):
        assert word in code
        code = code.replace(word, str(path))
    names = {}
    exec(code, names)
    assert names['labels'].shape == (1, 64, 96)
    assert names['labels'].max() < 11


def test_shortest_prediction_runs(untrained, scenes, tmp_path):
    (code, *_) = re.findall(r'```python\n(.*?)```', TEXT, re.S)
    for word, path in (
        ('work_dirs/demo', untrained(SEGMENTOR)),
        ('images/', scenes / 'images/val'),
        ('predictions', tmp_path / 'out'),
    ):
        assert f"'{word}'" in code
        code = code.replace(f"'{word}'", repr(str(path)))
    exec(code, {})
    assert len(list((tmp_path / 'out').glob('*_overlay.png'))) == 4


def test_options_of_the_guide_to_prediction_exist(capsys):
    """And those of the program are in it, but for what explains itself."""
    text = (ROOT / 'docs/predict.md').read_text()
    with pytest.raises(SystemExit):
        main(['predict', '--help'])
    options = set(re.findall(r'--[a-z]+', capsys.readouterr().out))
    named = set(re.findall(r'(?<![\w-])--[a-z]+', text)) - {'--task'}
    assert named <= options
    assert options - named == {'--help', '--opacity'}


def test_extras_are_those_of_the_package():
    import configparser

    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    extras = dict(setup['options.extras_require'])
    names = {'demo', 'deployment', 'fast', 'lite', 'mim', 'onedl', 'tests'}
    assert extras.keys() == names
    for extra, sources in extras.items():
        for source in sources.removeprefix('file:').split(','):
            lines = (ROOT / source.strip()).read_text().splitlines()
            # pip reads '-r other.txt', setuptools does not
            assert not [x for x in lines if x.startswith('-')], extra
    for extra in names - {'tests'}:
        assert f'`{extra}`' in TEXT
    openmmlab = ('mmcv', 'mmengine', 'mmseg', 'mmdet')
    runtime = (ROOT / 'requirements/runtime.txt').read_text()
    lines = [x for x in runtime.splitlines() if not x.startswith('#')]
    assert lines and not any(x.startswith(openmmlab) for x in lines)
