"""Seconds and memory of models that take turns, each in its own process.

In turns, so that whatever slows the machine slows all of them; in processes,
so that the memory one of them keeps is not there for another.
"""

import multiprocessing
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from uhrnet.command_line import explain
from uhrnet.errors import ConfigError

from .complexity import DensePart, measure_complexity
from .speed_case import Case, build_call, read_config

# Dense, in half precision, of their data sheets.
PEAK_FLOPS = {'H100': 989e12, 'H200': 989e12, 'A100': 312e12}


class Result(NamedTuple):
    """What was measured of a case.

    Attributes:
        seconds: Of each round.
        megabytes: Peak of the first call beyond the model.
        macs: Multiply-adds of a forward pass of all images.
        kernels: Launched by a call, on a GPU.
        device: Name of the GPU.
    """

    seconds: list[float]
    megabytes: float
    macs: int
    kernels: int | None = None
    device: str | None = None

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)

    def utilisation(self, case: Case) -> float | None:
        """Return the share of the GPU's peak (MFU), if that is known.

        A multiply-add is two operations, and a training step three forward
        passes.
        """
        for name, peak in PEAK_FLOPS.items():
            if case.dtype != 'float32' and name in (self.device or ''):
                passes = 3 if case.task == 'train' else 1
                return 2 * self.macs * passes / self.median / peak
        return None


def measure(
    cases: Sequence[Case], rounds: int = 9, threads: int = 2
) -> list[Result]:
    """Run cases in turn, after a round of warming up.

    Args:
        cases: What to run.
        rounds: How often.
        threads: Of PyTorch, or of what else runs an exported file.

    Raises:
        ConfigError: If there are no rounds, or a case cannot be run.
        RuntimeError: If it fails otherwise, with its error.
    """
    if rounds < 1:
        raise ConfigError(f'rounds must be 1 or more, not {rounds}')
    for case in cases:
        read_config(case)  # a new process takes seconds to say what is wrong
    context = multiprocessing.get_context('spawn')
    workers = []
    try:
        for case in cases:
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(case, threads, theirs), daemon=True
            )
            process.start()
            theirs.close()
            workers.append((case, process, ours))
            _ask(case, ours)  # the first call, alone on the machine
        rounds_of = [[] for _ in workers]
        for _ in range(rounds + 1):
            for kept, (case, _, pipe) in zip(rounds_of, workers, strict=True):
                pipe.send('run')
                kept.append(_ask(case, pipe))
        results = []
        for kept, (case, _, pipe) in zip(rounds_of, workers, strict=True):
            pipe.send('describe')
            results.append(Result(kept[1:], **_ask(case, pipe)))
        return results
    finally:
        for _, process, pipe in workers:
            pipe.close()  # which ends it
            process.join(5)
            process.kill()


def _ask(case: Case, pipe: Connection) -> object:
    try:
        answer = pipe.recv()
    except EOFError:
        answer = RuntimeError('its process ended, perhaps out of memory')
    if isinstance(answer, ConfigError):
        raise ConfigError(f'{case.config}: {answer}') from answer
    if isinstance(answer, Exception):
        raise RuntimeError(f'{case.config}: {answer}') from answer
    return answer


def _work(case: Case, threads: int, pipe: Connection) -> None:
    """Body of a process: build, then run when told."""
    torch.set_num_threads(threads)
    try:
        call, model = build_call(case)
        megabytes = peak_of(call, case.device)
        pipe.send('ready')
        while True:
            if pipe.recv() == 'run':
                pipe.send(seconds_of(call, case.device))
                continue
            pipe.send(
                dict(
                    megabytes=megabytes,
                    kernels=kernels_of(call, case.device),
                    device=_name(case.device),
                    macs=_macs(case, model),
                )
            )
    except EOFError:  # the parent has gone
        return
    except Exception as error:
        message = explain(error)
        if message is None:
            pipe.send(RuntimeError(''.join(traceback.format_exception(error))))
        else:
            pipe.send(ConfigError(message))


def seconds_of(call: Callable[[], object], device: str) -> float:
    """Return how long a call takes; on a GPU between two events."""
    if torch.device(device).type != 'cuda':
        start = time.perf_counter()
        call()
        return time.perf_counter() - start
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    first.record()
    call()
    last.record()
    last.synchronize()
    return first.elapsed_time(last) / 1e3


def peak_of(call: Callable[[], object], device: str) -> float:
    """Return the MB that a call takes beyond what is there before it."""
    if torch.device(device).type == 'cuda':
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    status = Path('/proc/self/status')
    if not sys.platform.startswith('linux'):
        call()
        return float('nan')
    Path('/proc/self/clear_refs').write_text('5')  # forget the peak so far
    before = _resident(status)
    call()
    return _resident(status) - before


def _resident(status: Path) -> float:
    return int(status.read_text().split('VmHWM:')[1].split()[0]) / 1024


def kernels_of(call: Callable[[], object], device: str) -> int | None:
    """Count what a call launches on a GPU; None elsewhere."""
    if torch.device(device).type != 'cuda':
        return None
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        call()
        torch.cuda.synchronize()
    kind = torch.autograd.DeviceType.CUDA
    return sum(event.device_type == kind for event in profile.events())


def _name(device: str) -> str | None:
    cuda = torch.device(device).type == 'cuda'
    return torch.cuda.get_device_name(device) if cuda else None


def _macs(case: Case, model: nn.Module) -> int:
    """Count those of the config's model, which is lost."""
    from .export_graph import input_channels, task_of
    from .loading import load_model

    if case.prepare or case.compile:  # their methods are replaced
        model = load_model(read_config(case))
    size = (case.batch, input_channels(model), *case.shape)
    if task_of(model) == 'detection':
        return measure_complexity(DensePart(model), size).macs
    return measure_complexity(model, size, mode='tensor').macs
