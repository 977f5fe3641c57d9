"""A few hundred hostile files for each reader, and that failures are seen."""

import faulthandler
import os
import sys
import time
from pathlib import Path

import pytest

from uhrnet.errors import DataError

sys.path.insert(0, str(Path(__file__).parents[2] / 'benchmarks'))

from fuzzing import converters, parsers, pixels
from fuzzing.mutation import mutate_bytes
from fuzzing.watch import Target, fuzz

TARGETS = converters.TARGETS | parsers.TARGETS | pixels.TARGETS
SLOW = {'paddle names': 8, 'hrnet names': 8}  # each lists hundreds of names


def test_every_target_has_a_number():
    parsing = parsers.EXECUTIONS | pixels.EXECUTIONS
    assert converters.EXECUTIONS.keys() | parsing.keys() == TARGETS.keys()
    assert sum(converters.EXECUTIONS.values()) >= 200_000
    assert sum(parsing.values()) >= 50_000


@pytest.mark.parametrize('name', TARGETS)
def test_hostile_files_are_read_or_refused(name, tmp_path):
    number = SLOW.get(name, 150)
    outcome = fuzz(TARGETS[name], number, 0, tmp_path)
    assert not outcome.failures
    assert outcome.executions == number
    assert outcome.accepted + sum(outcome.refused.values()) == number
    assert outcome.refused


def undeclared(data, folder):
    raise KeyError('x')


def hang(data, folder):
    time.sleep(60)


def crash(data, folder):
    faulthandler.disable()  # of pytest, which would print it
    faulthandler._sigsegv()


def write(data, folder):
    (folder.parent / 'elsewhere').write_text('x')


def start(data, folder):
    try:
        os.system('true')
    # Whoever swallows all errors is seen nevertheless.
    except BaseException:
        raise DataError('refused') from None


def take_memory(data, folder):
    assert bytearray(3 * 2**30)


@pytest.mark.parametrize(
    'run, message',
    [
        (undeclared, "KeyError: 'x' at test_fuzz.py"),
        (hang, 'hang: more than'),
        (crash, 'process ended with -11'),
        (write, 'event: open'),
        (start, 'event: os.system'),
        (take_memory, 'MemoryError'),
    ],
    ids=lambda x: getattr(x, '__name__', ''),
)
def test_failures_are_seen(run, message, tmp_path, monkeypatch):
    monkeypatch.setattr('fuzzing.watch.SECONDS', 1)

    def act(data, folder):
        if data != b'seed':
            run(data, folder)

    target = Target(act, lambda: [b'seed'], mutate_bytes, (DataError,))
    folder = tmp_path / 'inside'
    folder.mkdir()
    outcome = fuzz(target, 2, 3, folder)
    assert [x for x in outcome.failures if x.startswith(message)]
    assert b'seed' not in outcome.failures.values()
    assert not (tmp_path / 'elsewhere').exists()


def test_a_seed_that_is_refused(tmp_path):
    target = Target(undeclared, lambda: [b''], mutate_bytes, (DataError,))
    with pytest.raises(ValueError, match='first seed was not read'):
        fuzz(target, 2, 0, tmp_path)


def test_same_seed_same_outcome(tmp_path):
    first, again = (fuzz(TARGETS['tar'], 100, 1, tmp_path) for _ in range(2))
    assert first == again
    assert first != fuzz(TARGETS['tar'], 100, 2, tmp_path)
