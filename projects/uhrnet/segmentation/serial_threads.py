"""Threads that share work once, not operation by operation.

PyTorch divides every operation among its threads, and at the end of each they
wait for the slowest. Of hundreds of short operations little else remains
where other processes, such as those that load images, want the same cores.
"""

import functools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar('Item')
Result = TypeVar('Result')


def map_in_threads(
    call: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    """Call a function for each item, all at the same time.

    Args:
        call: Its operations are not divided any further. What a ``with`` of
            PyTorch has set, such as ``no_grad``, it does not see.
        items: A single one is left to PyTorch's own threads.

    Returns:
        The results in the items' order.
    """
    if len(items) == 1:
        return [call(items[0])]
    pool = _pool(os.getpid(), len(items))
    return list(pool.map(call, items))


@functools.lru_cache(maxsize=1)
def _pool(process: int, size: int) -> ThreadPoolExecutor:
    """Start threads that stay, and that divide no operation.

    ``set_num_threads`` sets a number for its own thread, and one that threads
    begin with which are started later. So it is called once, and not for
    every image, and set back when all have begun.

    Args:
        process: The one that they belong to: a fork has none of them.
        size: How many.
    """
    threads = torch.get_num_threads()
    begun = threading.Barrier(size)

    def begin() -> None:
        torch.get_num_threads()  # or the first operation would set it anew
        torch.set_num_threads(1)
        begun.wait()

    pool = ThreadPoolExecutor(size, initializer=begin)
    list(pool.map(len, [()] * size))
    torch.set_num_threads(threads)
    return pool
