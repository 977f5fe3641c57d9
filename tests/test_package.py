"""The package as a whole: what importing it does and what it carries."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_python(code):
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        env=os.environ | dict(PYTHONPATH=str(ROOT / 'projects')),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_is_free_of_toolboxes():
    out = run_python(
        'import sys, uhrnet\n'
        "names = 'mmseg mmdet mmcv mmengine torch cv2'.split()\n"
        'print([name for name in names if name in sys.modules])'
    )
    assert out.strip() == '[]'


def test_models_need_no_task_toolbox():
    out = run_python(
        'import sys, uhrnet.models\n'
        "print([name for name in ('mmseg', 'mmdet') if name in sys.modules])"
    )
    assert out.splitlines()[-1] == '[]'


def test_segmentation_needs_no_detection():
    """mmsegmentation itself imports mmdetection where that is installed."""
    out = run_python(
        'import sys\n'
        'sys.modules["mmdet"] = None  # importing it fails\n'
        'import uhrnet.segmentation\n'
        'import uhrnet.apis.dataset_checks.pixel_sources\n'
        'from mmseg.registry import MODELS\n'
        'print(MODELS.get("ExactHRNet").__name__)'
    )
    assert out.splitlines()[-1] == 'ExactHRNet'


def test_detection_needs_no_segmentation():
    """With mmdetection alone, detectors and their data are registered."""
    out = run_python(
        'import sys\n'
        'sys.modules["mmseg"] = None  # importing it fails\n'
        'import uhrnet.detection\n'
        'import uhrnet.apis.dataset_checks.box_sources\n'
        'from mmdet.registry import DATASETS, MODELS\n'
        'print(MODELS.get("NearestHRNet").__name__,'
        ' DATASETS.get("BCCDDataset").__name__)'
    )
    assert out.splitlines()[-1] == 'NearestHRNet BCCDDataset'


def test_no_trace_of_a_machine():
    """No local path or host in what is published."""
    listed = subprocess.run(
        ['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True
    )
    files = [ROOT / name for name in listed.stdout.splitlines()]
    if not files:  # an unpacked archive
        files = [p for p in ROOT.rglob('*') if p.suffix in ('.py', '.md')]
    words = ['/wo' + 'rk/', '/tmp' + '/', '/ro' + 'ot/', 'sha' + 'red/']
    found = [
        f'{path.relative_to(ROOT)}: {word}'
        for path in files
        if path.is_file() and path.suffix not in ('.npz', '.png', '.jpg')
        for word in words
        if word in path.read_text(errors='ignore')
    ]
    assert not found, found
