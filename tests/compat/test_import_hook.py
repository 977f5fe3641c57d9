import importlib
import inspect
import sys

import pytest

from uhrnet.compat.import_hook import when_imported


@pytest.fixture
def module(tmp_path, monkeypatch):
    """An importable module that nobody has imported."""
    (tmp_path / 'hooked_module.py').write_text('value = 1\n')
    monkeypatch.syspath_prepend(tmp_path)
    kept = list(sys.meta_path)
    yield 'hooked_module'
    sys.modules.pop('hooked_module', None)
    sys.meta_path[:] = kept


def double(module):
    module.value *= 2


def test_later_import(module):
    when_imported(module, double)
    assert module not in sys.modules
    assert importlib.import_module(module).value == 2
    assert importlib.import_module(module).value == 2, 'patched twice'


def test_earlier_import(module):
    imported = importlib.import_module(module)
    when_imported(module, double)
    assert imported.value == 2


def test_two_patches(module):
    when_imported(module, double)
    when_imported(module, lambda m: setattr(m, 'value', m.value + 10))
    assert importlib.import_module(module).value == 12


def test_module_stays_inspectable(module):
    when_imported(module, double)
    imported = importlib.import_module(module)
    assert inspect.getsource(imported) == 'value = 1\n'
    assert imported.__spec__.name == module


def test_other_modules_and_missing_ones(module):
    when_imported('no_such_module_anywhere', double)
    assert importlib.import_module(module).value == 1
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module('no_such_module_anywhere')
