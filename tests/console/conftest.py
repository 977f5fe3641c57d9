"""Models are loaded once for all tests of the console."""

import functools

import pytest

from uhrnet.apis import pretrained


@pytest.fixture(scope='session')
def load_once():
    """``load`` with a memory."""
    return functools.cache(pretrained.load)


@pytest.fixture(autouse=True)
def quick_loading(monkeypatch, load_once):
    """Let the program use it."""
    monkeypatch.setattr(pretrained, 'load', load_once)


@pytest.fixture
def loaded(load_once):
    """The model of a training's folder, as the program asks for it."""

    def get(folder):
        return load_once(
            str(folder), None, 'cpu', backend=None, heads=None, tta=False
        )

    return get
