"""Reading samples in several processes, whatever becomes of these."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import cv2

from .defect import Defect, describe
from .reading import Reading
from .sources import Source

# Samples that a process takes at once. Few, as all those that it had are read
# again when it dies.
_CHUNK = 8

Task = tuple[int, range]
Result = tuple[int, int, Reading]

# Those of a worker process.
_sources: Sequence[Source] = ()


def read_all(sources: Sequence[Source], workers: int) -> Iterator[Result]:
    """Read all samples.

    A sample that kills a process, or makes a reader raise what nobody
    expected, is reported as any other defect.

    Args:
        sources: Have the samples.
        workers: Number of processes; with 0, this one reads.

    Yields:
        Index of the source and of the sample in it, and what was found, in
        any order.
    """
    tasks = deque(_tasks(sources, workers))
    if not workers:
        for source, numbers in tasks:
            for number in numbers:
                yield source, number, _read_sample(sources[source], number)
        return
    while tasks:
        yield from _read_until_death(sources, workers, tasks)


def _tasks(sources: Sequence[Source], workers: int) -> list[Task]:
    total = sum(len(source.samples) for source in sources)
    size = max(1, min(_CHUNK, total // (4 * max(workers, 1))))
    return [
        (index, range(start, min(start + size, len(source.samples))))
        for index, source in enumerate(sources)
        for start in range(0, len(source.samples), size)
    ]


def _read_until_death(
    sources: Sequence[Source], workers: int, tasks: deque[Task]
) -> Iterator[Result]:
    """Work on tasks until none is left or a process was killed.

    In the latter case, what the processes had is read again one by one.
    """
    running = {}
    try:
        with _Pool(sources, workers) as pool:
            while tasks or running:
                # No more, or an interrupted run would have to wait for them.
                while tasks and len(running) < 2 * workers:
                    running[pool.submit(_read_task, tasks[0])] = tasks[0]
                    tasks.popleft()
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    found = future.result()
                    del running[future]
                    yield from found
    except BrokenProcessPool:
        suspects = [
            (source, number)
            for source, numbers in running.values()
            for number in numbers
        ]
        yield from _read_alone(sources, suspects)


def _read_alone(
    sources: Sequence[Source], suspects: list[tuple[int, int]]
) -> Iterator[Result]:
    """Read samples one by one, so that it is known which one kills."""
    left = deque(suspects)
    while left:
        try:
            with _Pool(sources, 1) as pool:
                while left:
                    source, number = left[0]
                    task = source, range(number, number + 1)
                    yield from pool.submit(_read_task, task).result()
                    left.popleft()
        except BrokenProcessPool:
            source, number = left.popleft()
            yield (
                source,
                number,
                _crashed(
                    sources[source], number, 'reading it killed the process'
                ),
            )


class _Pool:
    """Processes that know the samples, and that end with the block."""

    def __init__(self, sources: Sequence[Source], workers: int) -> None:
        methods = multiprocessing.get_all_start_methods()
        # Forked ones need not import the toolboxes, nor copy the samples.
        method = 'fork' if 'fork' in methods else None
        self.before = {*multiprocessing.active_children()}
        self.pool = ProcessPoolExecutor(
            workers,
            multiprocessing.get_context(method),
            _begin,
            (sources,),
        )

    def __enter__(self) -> ProcessPoolExecutor:
        return self.pool

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is not None:
            for process in {*multiprocessing.active_children()} - self.before:
                process.terminate()
        self.pool.shutdown(cancel_futures=True)


def _begin(sources: Sequence[Source]) -> None:
    """Begin a worker process. An interruption is for its parent."""
    global _sources
    _sources = sources
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)


def _read_task(task: Task) -> list[Result]:
    source, numbers = task
    return [
        (source, number, _read_sample(_sources[source], number))
        for number in numbers
    ]


def _read_sample(source: Source, number: int) -> Reading:
    try:
        return source.read(source.samples[number])
    except Exception as error:
        return _crashed(source, number, describe(error))


def _crashed(source: Source, number: int, message: str) -> Reading:
    file = str(source.samples[number].get('img_path'))
    return Reading(
        file, [Defect('crashed', file, f'{file} cannot be checked: {message}')]
    )
