"""Threads that share work once, not operation by operation.

PyTorch divides every operation among its threads, and at the end of each they
wait for the slowest. Of hundreds of short operations little else remains
where other processes, such as those that load images, want the same cores.
"""

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
    # This sets a number for its own thread, and one that all threads begin
    # with that are started later.
    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(
            len(items), initializer=torch.set_num_threads, initargs=(1,)
        ) as pool:
            return list(pool.map(call, items))
    finally:
        torch.set_num_threads(threads)
