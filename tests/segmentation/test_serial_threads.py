"""Work that is shared once."""

import threading

import pytest
import torch

from uhrnet.segmentation.serial_threads import map_in_threads


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def threads_and(item):
    return torch.get_num_threads(), item


def test_several_items_in_order():
    assert map_in_threads(threads_and, [3, 1, 2]) == [(1, 3), (1, 1), (1, 2)]
    assert torch.get_num_threads() == 2


def test_threads_started_later_are_as_they_were():
    map_in_threads(threads_and, [1, 2])
    found = []
    thread = threading.Thread(
        target=lambda: found.append(torch.get_num_threads())
    )
    thread.start()
    thread.join()
    assert found == [2]


def test_one_item():
    assert map_in_threads(threads_and, 'a') == [(2, 'a')]


def test_errors_arrive():
    def fail(item):
        raise KeyError(item)

    with pytest.raises(KeyError, match='1'):
        map_in_threads(fail, [1, 2])
    assert torch.get_num_threads() == 2
