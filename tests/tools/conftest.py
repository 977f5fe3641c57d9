"""A checkpoint of the original, converted once for all tests here."""

import pickle
import sys
from pathlib import Path

import pytest
from command_line import succeed

DATA = Path(__file__).parents[1] / 'data'
sys.path.insert(0, str(DATA))
import uhrnet_golden as golden  # noqa: E402


def write_pdparams(path, arrays, protocol=4):
    """Write a file as Paddle does."""
    table = {'StructuredToParameterName@@': {key: key for key in arrays}}
    path.write_bytes(pickle.dumps(arrays | table, protocol))
    return path


@pytest.fixture(scope='session')
def arrays():
    """Name to array, of U-HRNet-W18-Small with its head."""
    return golden.checkpoint('UHRNet_W18_Small')


@pytest.fixture(scope='session')
def pdparams(tmp_path_factory, arrays):
    """The same as a file."""
    folder = tmp_path_factory.mktemp('source')
    return write_pdparams(folder / 'model.pdparams', arrays)


@pytest.fixture(scope='session')
def converted(pdparams):
    """The same, converted."""
    path = pdparams.with_name('converted.pth')
    succeed('tools/model_converters/paddle2uhrnet.py', pdparams, path)
    return path
