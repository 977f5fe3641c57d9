"""A child process that runs one input after another, and is watched.

Nothing of a hostile file may start a program, open a connection, write
outside of the folder, or unpickle: an audit hook sees it, which cannot be
removed again and so has a process of its own. Its memory is limited, and who
hangs or crashes leaves the input behind.
"""

import gc
import hashlib
import mmap
import multiprocessing
import os
import random
import re
import resource
import signal
import struct
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SECONDS = 10  # for an input
MEMORY = 2 * 2**30  # more than the process has at its start
_KEPT = 500  # inputs that made something new happen
_EVENTS = {
    'os.system', 'os.exec', 'os.posix_spawn', 'os.fork', 'subprocess.Popen',
    'socket.connect', 'socket.getaddrinfo', 'exec', 'pickle.find_class',
    'os.remove', 'os.rename', 'os.rmdir', 'os.mkdir', 'os.link', 'os.symlink',
    'os.chmod', 'os.truncate', 'os.putenv', 'ctypes.dlopen', 'os.kill',
}  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Target(NamedTuple):
    """What is fuzzed.

    Attributes:
        run: Reads an input; the second argument is a folder to write to.
        seeds: Inputs to begin with.
        mutate: Makes another input of one.
        declared: Errors that it may raise.
        reads: Whether the first seed is read to the end.
    """

    run: Callable[[bytes, Path], object]
    seeds: Callable[[], list[bytes]]
    mutate: Callable[[random.Random, bytes], bytes]
    declared: tuple[type[Exception], ...]
    reads: bool = True


class Outcome(NamedTuple):
    """What came of it.

    Attributes:
        executions: How many inputs were run.
        accepted: How many were read without an error.
        refused: Declared errors, by type.
        failures: What should not have happened, by description, with the
            first input that caused it.
    """

    executions: int
    accepted: int
    refused: Counter
    failures: dict[str, bytes]


class Hang(BaseException):
    """An input took too long."""


class Watched(BaseException):
    """An input did what no file may do."""


class Nameless(Exception):
    """An error that does not say which file is meant."""


def check_named(error: Exception, *paths: Path) -> None:
    """Refuse an error that names none of these files."""
    if not any(path.name in str(error) for path in paths):
        raise Nameless(str(error)) from error


def fuzz(target: Target, executions: int, seed: int, folder: Path) -> Outcome:
    """Run a target on mutated inputs, in processes of its own.

    The same arguments give the same inputs, as long as nothing fails.

    Args:
        target: What to run.
        executions: How many inputs.
        seed: Of the random numbers.
        folder: Where inputs may be written, the only place.

    Raises:
        ValueError: If the first seed is refused.
    """
    done, accepted, refused, failures = 0, 0, Counter(), {}
    # Where the child writes what it is about to run.
    board = mmap.mmap(-1, 2**21)
    seeds = target.seeds()
    context = multiprocessing.get_context('fork')
    while done < executions:
        board[:16] = bytes(16)
        receive, send = context.Pipe(duplex=False)
        child = context.Process(
            target=_work,
            args=(target, seeds, done, executions, seed, folder, board, send),
        )
        child.start()
        send.close()
        result = _wait(child, receive, board)
        if isinstance(result, str):
            raise ValueError(result)
        count, length = struct.unpack_from('<QQ', board)
        if result is None:
            problem = f'process ended with {child.exitcode}'
            failures.setdefault(problem, board[16 : 16 + length])
            # Counts of this process are lost, and its inputs are not.
            done = max(count, done + 1)
            continue
        done = executions
        accepted += result[0]
        refused += result[1]
        failures = result[2] | failures
    return Outcome(done, accepted, refused, failures)


def _wait(
    child: object, receive: object, board: mmap.mmap
) -> tuple | str | None:
    """Wait for the end; None if it crashed or hung where no signal gets."""
    before = None
    while not receive.poll(10 * SECONDS):
        count = board[:8]
        if count == before or not child.is_alive():
            child.kill()
            break
        before = count
    try:
        result = receive.recv()
    except EOFError:
        result = None
    child.join()
    return result


def _work(
    target: Target,
    seeds: list[bytes],
    start: int,
    end: int,
    seed: int,
    folder: Path,
    board: mmap.mmap,
    send: object,
) -> None:
    """Be the child."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    # Imports of all that is needed later, before they are watched.
    results = [_classify(target, data, folder) for data in seeds]
    if target.reads and results[0][0] is not None:
        send.send(f'the first seed was not read: {results[0]}')
        os._exit(0)
    corpus = [*seeds]
    # Data sets collect garbage: not all of PyTorch every time.
    gc.freeze()
    pages = int(Path('/proc/self/statm').read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    seen_events = _install_hook(folder)
    signal.signal(signal.SIGALRM, _hang)

    try:
        send.send(
            _run_all(
                target, corpus, start, end, seed, folder, board, seen_events
            )
        )
    # Of this program itself.
    except Exception:
        send.send(traceback.format_exc())
    send.close()
    os._exit(0)


def _run_all(
    target: Target,
    corpus: list[bytes],
    start: int,
    end: int,
    seed: int,
    folder: Path,
    board: mmap.mmap,
    seen_events: '_Events',
) -> tuple[int, Counter, dict]:
    seeds = [*corpus]
    accepted, refused, failures, known = 0, Counter(), {}, set()
    for number in range(start, end):
        rng = random.Random(f'{seed} {number}')
        source = seeds if rng.random() < 0.5 else corpus
        data = target.mutate(rng, rng.choice(source))
        if len(data) > 2**20:
            data = data[: 2**20]
        struct.pack_into('<QQ', board, 0, number + 1, len(data))
        board[16 : 16 + len(data)] = data
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        seen_events.active = True
        try:
            kind, message, is_declared = _classify(target, data, folder)
        finally:
            seen_events.active = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        if seen_events.found:
            message, is_declared = seen_events.found[0], False
            kind = 'event'
            seen_events.found.clear()
        if kind is None:
            accepted += 1
        elif is_declared:
            refused[kind] += 1
        else:
            failures.setdefault(f'{kind}: {message}', data)
        # Something new, by what was said about it: worth going on from.
        pattern = re.sub(r'\d+|\'[^\']*\'', '', f'{kind} {message[:300]}')
        if pattern not in known and len(known) < _KEPT:
            known.add(pattern)
            corpus.append(data)
    return accepted, refused, failures


def _classify(
    target: Target, data: bytes, folder: Path
) -> tuple[str | None, str, bool]:
    """Run an input; tell the error, what it says, and whether it may be."""
    try:
        target.run(data, folder)
    except Hang:
        return 'hang', f'more than {SECONDS} s', False
    except Watched as error:
        return 'event', str(error), False
    # Whatever it is, it is what this is looking for.
    except BaseException as error:
        name = type(error).__name__
        if isinstance(error, target.declared):
            return name, str(error), True
        *_, last = traceback.extract_tb(error.__traceback__)
        place = f'{Path(last.filename).name}:{last.lineno}'
        return name, f'{str(error)[:200]} at {place}', False
    return None, '', True


def _hang(*_: object) -> None:
    raise Hang


class _Events:
    """What the hook saw while it was active."""

    def __init__(self) -> None:
        self.active = False
        self.found: list[str] = []


def _install_hook(folder: Path) -> _Events:
    events = _Events()
    inside = str(folder.resolve())

    def hook(name: str, arguments: tuple) -> None:
        if not events.active:
            return
        if name == 'open':
            path, _, flags = arguments
            if not flags & _WRITES or str(path).startswith(inside):
                return
        elif name not in _EVENTS:
            return
        # An event by itself: only here, where it comes back to the above.
        caller = sys._getframe(1)
        if name == 'exec' and (
            # Modules that are imported late have a file, or named tuples.
            arguments[0].co_filename != '<string>'
            or caller.f_globals.get('__name__') == 'collections'
        ):
            return
        place = f'{Path(caller.f_code.co_filename).name}:{caller.f_lineno}'
        shown = re.sub('0x[0-9a-f]+', '', f'{arguments!r:.200}')
        events.found.append(f'{name} {shown} at {place}')
        raise Watched(events.found[-1])

    sys.addaudithook(hook)
    return events


def name_of(data: bytes) -> str:
    """Name an input by its content."""
    return hashlib.sha256(data).hexdigest()[:12]
