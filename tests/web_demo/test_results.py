"""Files of a prediction, and how long they are there."""

import gc
import os
from copy import deepcopy

import cv2
import numpy as np

from uhrnet.apis.predictions import SegmentationPrediction
from uhrnet.web_demo.results import Results
from uhrnet.web_demo.settings import private_settings


def make(folder, source='a'):
    prediction = SegmentationPrediction(
        image=np.zeros((4, 6, 3), np.uint8),
        source=source,
        seconds=1.0,
        labels=np.eye(4, 6, dtype=np.uint8),
        classes=('road', 'sky'),
        palette=[(128, 64, 128), (70, 130, 180)],
    )
    return Results(prediction, folder)


def test_files_are_there_as_long_as_results(tmp_path):
    results = make(tmp_path)
    labels = cv2.imread(str(results.files['labels']), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(labels, np.eye(4, 6))
    same = deepcopy(results)
    del results
    gc.collect()
    assert all(path.is_file() for path in same.files.values())
    del same
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_links(tmp_path):
    results = make(tmp_path, 'a"><b>{{x}}')
    links = results.links()
    assert links.count('<a href="gradio_api/file=') == 2
    assert '<b>' not in links and '{{' not in links


def test_settings_of_others_are_put_aside(tmp_path, monkeypatch):
    monkeypatch.setenv('GRADIO_ALLOWED_PATHS', '/')
    before = dict(os.environ)
    with private_settings(tmp_path):
        assert 'GRADIO_ALLOWED_PATHS' not in os.environ
        assert os.environ['GRADIO_TEMP_DIR'] == str(tmp_path)
        assert os.environ['GRADIO_ANALYTICS_ENABLED'] == 'False'
    assert dict(os.environ) == before
