"""Metafiles: what they name exists, and every figure says whence it comes."""

import re

import pytest
import yaml
from config_files import CONFIGS, ROOT

METAFILES = sorted((ROOT / 'configs').glob('*/metafile.yml'))
STATUSES = ('reported', 'converted', 'trained')
NUM_MODELS = {'hfgd': 12, 'hrnet': 25, 'uhrnet': 2}


def models_in(path):
    return yaml.safe_load(path.read_text())['Models']


def test_all_are_seen():
    counts = {path.parent.name: len(models_in(path)) for path in METAFILES}
    assert counts == NUM_MODELS


@pytest.mark.parametrize('path', METAFILES, ids=lambda x: x.parent.name)
def test_rows(path):
    content = yaml.safe_load(path.read_text())
    collections = {row['Name'] for row in content['Collections']}
    stems = {config.stem for config in CONFIGS}
    for row in content['Models']:
        assert row['Name'] in stems
        assert row['Config'] == f'configs/{path.parent.name}/{row["Name"]}.py'
        assert (ROOT / row['Config']).is_file()
        assert row['In Collection'] in collections
        for result in row['Results']:
            assert result['Status'] in STATUSES
            assert result['Source'], 'a figure without provenance'
            assert result['Metrics'] and result['Task'] and result['Dataset']
            for figure in result['Metrics'].values():
                assert 0 < figure < 100


def test_figures_are_those_of_the_guide():
    """Each row of the guide's table, by detector, schedule and size."""
    text = (ROOT / 'configs/hrnet/README.md').read_text()
    table = re.findall(
        r'^\| ([A-Z][\w -]+) \| ([\w-]+) \|((?:[\d .()]*\|){3})$', text, re.M
    )
    names = {
        'Faster R-CNN': 'faster-rcnn',
        'Mask R-CNN': 'mask-rcnn',
        'Cascade R-CNN': 'cascade-rcnn',
        'Cascade Mask R-CNN': 'cascade-mask-rcnn',
        'HTC': 'htc',
        'FCOS': 'fcos',
    }
    shown = {}
    for detector, schedule, cells in table:
        batch = '4xb4' if detector == 'FCOS' else '8xb2'
        for width, cell in zip((18, 32, 48), cells.split('|'), strict=False):
            name = (
                f'{names[detector]}_hrnetv2p-w{width}-in1k-pre_'
                f'{batch}-{schedule}_coco'
            )
            figures = [float(x) for x in re.findall(r'[\d.]+', cell)]
            if figures:
                shown[name] = figures
    stated = {
        row['Name']: [
            figure
            for result in row['Results']
            for figure in result['Metrics'].values()
        ]
        for row in models_in(ROOT / 'configs/hrnet/metafile.yml')
        if 'coco' in row['Name']
    }
    assert shown == stated


def test_figures_of_hfgd_are_those_of_its_guide():
    """The last figure of a row is of the test images."""
    text = (ROOT / 'configs/hfgd/README.md').read_text()
    shown = {
        name: float(cells.split('|')[-2])
        for name, cells in re.findall(
            r'^\| \[[\w-]+\]\(([\w-]+)\.py\) \|(.*\|) trained \|$', text, re.M
        )
    }
    stated = {
        row['Name']: row['Results'][0]['Metrics']['mIoU']
        for row in models_in(ROOT / 'configs/hfgd/metafile.yml')
    }
    assert shown == stated
