"""What a wheel carries, whatever it is built from."""

import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
import yaml
from config_files import CONFIGS, ROOT

from uhrnet import __version__

BUILT_FROM = (
    *('LICENSE', 'MANIFEST.in', 'README.md', 'model-index.yml'),
    *('pyproject.toml', 'requirements.txt', 'setup.cfg', 'setup.py'),
    *('configs', 'demo', 'projects', 'requirements', 'tools'),
)
MIM = 'uhrnet/.mim/'
UNWANTED = (
    'configs/uhrnet/__pycache__/a.cpython-311.pyc',
    'data/scenes/image.py',
    'demo/picture.png',
    'tests/test_a.py',
    'tools/misc/weights.pth',
    'work_dirs/a/config.py',
)


def build(kind, tree, out):
    """Build as pip does, with the setuptools that is installed."""
    out.mkdir()
    code = (
        f'from setuptools import build_meta as b; b.build_{kind}({str(out)!r})'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    (path,) = out.iterdir()
    return path


def contents(wheel):
    """The bytes of every file, but for the list of their checksums."""
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        assert len(names) == len(set(names))
        return {x: file.read(x) for x in names if not x.endswith('/RECORD')}


def scripts(wheel):
    """The modes of the shell scripts."""
    with zipfile.ZipFile(wheel) as file:
        return {
            x.filename: x.external_attr >> 16
            for x in file.infolist()
            if x.filename.endswith('.sh')
        }


def files(tree):
    """What lies in a tree, but for what a build may leave there."""
    return {
        str(path.relative_to(tree)): path.read_bytes()
        for path in tree.rglob('*')
        if path.is_file()
        and path.relative_to(tree).parts[0] != 'build'
        and '.egg-info' not in path.parent.name
    }


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """A copy to build from, with what must not be carried."""
    tree = tmp_path_factory.mktemp('build') / 'tree'
    tree.mkdir()
    unwanted = shutil.ignore_patterns('__pycache__', '*.egg-info')
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=unwanted)
        else:
            shutil.copy2(ROOT / name, tree / name)
    for name in UNWANTED:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    return tree


@pytest.fixture(scope='module')
def wheel(tree, tmp_path_factory):
    before = files(tree)
    path = build('wheel', tree, tmp_path_factory.mktemp('out') / 'first')
    assert files(tree) == before, 'the tree is not as it was'
    return path


def test_all_of_mim_is_there(wheel):
    carried = {
        x.removeprefix(MIM): content
        for x, content in contents(wheel).items()
        if x.startswith(MIM)
    }
    for path in CONFIGS:
        assert str(path.relative_to(ROOT)) in carried
    for name, content in carried.items():
        assert content == (ROOT / name).read_bytes()
        assert name.endswith(('.md', '.py', '.sh', '.yml'))
        assert name.startswith(('configs/', 'demo/', 'tools/')) or (
            name == 'model-index.yml'
        )
    for tool in (ROOT / 'tools').rglob('*.[ps][yh]'):
        assert str(tool.relative_to(ROOT)) in carried
    index = yaml.safe_load(carried['model-index.yml'])
    metafiles = [
        str(x.relative_to(ROOT)) for x in ROOT.glob('configs/*/*.yml')
    ]
    assert sorted(index['Import']) == sorted(metafiles)
    for name in metafiles:
        for row in yaml.safe_load(carried[name])['Collections']:
            assert row['README'] in carried


def test_nothing_else_is_there(wheel):
    folders = {x.split('/')[0] for x in contents(wheel)}
    assert folders == {'uhrnet', f'uhrnet-{__version__}.dist-info'}
    assert not [x for x in contents(wheel) if x.endswith(UNWANTED)]
    licenses = [x for x in contents(wheel) if x.endswith('/LICENSE')]
    assert len(licenses) == 1


def test_an_editable_installation_is_the_tree(tree, tmp_path):
    """It needs no copies, which would be out of date soon."""
    carried = contents(build('editable', tree, tmp_path / 'editable'))
    assert not [x for x in carried if MIM in x]
    assert not (tree / 'projects' / MIM).exists()


def test_scripts_can_be_run(wheel):
    modes = scripts(wheel).values()
    assert len(modes) == 4
    assert all(mode & 0o100 for mode in modes)


def test_name_is_that_of_the_import(wheel):
    """By which mim finds the files."""
    (metadata,) = (
        content.decode()
        for name, content in contents(wheel).items()
        if name.endswith('.dist-info/METADATA')
    )
    assert '\nName: uhrnet\n' in metadata
    required = [
        line.split(': ')[1]
        for line in metadata.splitlines()
        if line.startswith('Requires-Dist: ') and 'extra ==' not in line
    ]
    assert required
    assert not [x for x in required if x.startswith(('mm', 'onedl'))]


def test_a_second_build_carries_the_same(tree, wheel, tmp_path):
    """Also if the first one held a file that is gone since."""
    gone = tree / 'build' / 'lib' / MIM / 'configs' / 'uhrnet' / 'gone.py'
    assert gone.parent.is_dir()
    gone.touch()
    again = build('wheel', tree, tmp_path / 'second')
    assert contents(again) == contents(wheel)


def test_sources_build_the_same_wheel(tree, wheel, tmp_path):
    sources = build('sdist', tree, tmp_path / 'sources')
    with tarfile.open(sources) as file:
        assert not [x.name for x in file if x.issym() or x.islnk()]
        file.extractall(tmp_path, filter='data')
    unpacked = tmp_path / sources.name.removesuffix('.tar.gz')
    for name in UNWANTED:
        assert not (unpacked / name).exists()
    rebuilt = build('wheel', unpacked, tmp_path / 'rebuilt')
    assert contents(rebuilt) == contents(wheel)
    assert scripts(rebuilt) == scripts(wheel)
