"""Data of one's own, to damage."""

import shutil

import pytest


@pytest.fixture
def data(tmp_path, scenes):
    """A copy of the rendered scenes."""
    return shutil.copytree(scenes, tmp_path / 'scenes')
