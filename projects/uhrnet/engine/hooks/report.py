"""A page about every run, at its end."""

import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mmengine.dist import (
    all_gather_object,
    get_rank,
    get_world_size,
    is_main_process,
)
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import Dataset

from uhrnet.checkpoint_file import write_whole
from uhrnet.engine.run_record import describe_run

NAME = 'report.html'


@HOOKS.register_module()
class ReportHook(Hook):
    """Write ``report.html`` at the end of a training or a test.

    The page stands by itself. It is written to the folder of the log, and to
    the work dir, where the next run replaces it. Of the last evaluation it
    has figures and confusions of the classes and the best and the worst
    images; of these, only as many as are shown are kept, made small. Several
    processes share the work, and the first one writes.

    Whatever goes wrong here is a warning in the log and nothing else. A
    training that was finished before, and resumed, keeps its page.

    Args:
        pictures: How many of the best and how many of the worst images.
    """

    # Behind the hooks that log.
    priority = 'LOWEST'

    def __init__(self, pictures: int = 4) -> None:
        self.pictures = pictures
        self.evaluation = None
        self.seconds = 0.0
        self.is_written = False
        self._began = time.time()
        self._record: dict[str, str] = {}
        self._remarks: list[str] = []
        self._has_trained = False
        self._reset()

    def before_run(self, runner: Runner) -> None:
        """Begin to take the time, and note what the code is by now."""
        self._began = time.time()
        if is_main_process():
            with self._harmless(runner, 'does not know the code'):
                self._record = describe_run()

    def before_train_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Note that there is something to report."""
        self._has_trained = True

    def before_val_epoch(self, runner: Runner) -> None:
        """Forget the validation before."""
        self._reset()

    def before_test_epoch(self, runner: Runner) -> None:
        """Begin to count."""
        self._reset()

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Count the images of a batch."""
        self._count(runner, runner.val_loop, outputs)

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Count the images of a batch."""
        self._count(runner, runner.test_loop, outputs)

    def after_val_epoch(
        self, runner: Runner, metrics: dict | None = None
    ) -> None:
        """Keep what the last validation showed."""
        self._conclude(
            runner, f'validation at iteration {runner.iter}', metrics
        )

    def after_test_epoch(
        self, runner: Runner, metrics: dict | None = None
    ) -> None:
        """Keep what the test showed."""
        self._conclude(runner, 'test', metrics)

    def after_run(self, runner: Runner) -> None:
        """Write the page."""
        if not is_main_process():
            return
        trained = self._has_trained or runner._train_loop is None
        if not trained and (Path(runner.work_dir) / NAME).exists():
            return
        with self._harmless(runner, 'was not written'):
            from uhrnet.reports.page import render
            from uhrnet.reports.run_page import make_page

            page = make_page(
                runner,
                self.evaluation,
                self._began,
                self._record,
                self._remarks,
            )
            text = render(page).encode(errors='replace')
            for folder in (runner.log_dir, runner.work_dir):
                write_whole(Path(folder) / NAME, lambda file: file.write(text))
            self.is_written = True
        if self.is_written:
            runner.logger.info(
                f'{Path(runner.work_dir) / NAME} shows this run. To make it '
                f'took {self.seconds:.1f} s.'
            )

    def _reset(self) -> None:
        self._summary = None
        self._seen = 0
        self._is_counting = True

    def _count(
        self, runner: Runner, loop: BaseLoop, outputs: Sequence | None
    ) -> None:
        if not self._is_counting:
            return
        self._is_counting = False  # unless all goes well
        with self._harmless(runner, 'has no classes and images'):
            dataset = loop.dataloader.dataset
            for sample in outputs or ():
                # Samplers deal images out in turn, and the last round may
                # have some twice.
                index = self._seen * get_world_size() + get_rank()
                self._seen += 1
                if index < len(dataset):
                    self._add(sample, index, dataset, loop.evaluator)
            self._is_counting = True

    def _add(
        self,
        sample: object,
        index: int,
        dataset: Dataset,
        evaluator: Evaluator,
    ) -> None:
        if self._summary is None:
            from uhrnet.reports.summary import summary_for

            ignored = {
                metric.ignore_index
                for metric in evaluator.metrics
                if isinstance(getattr(metric, 'ignore_index', None), int)
            }
            self._summary = summary_for(
                sample,
                getattr(dataset, 'metainfo', {}),
                self.pictures,
                ignored,
            )
        if self._summary is not None:
            self._summary.add(sample, index)

    def _conclude(
        self, runner: Runner, name: str, metrics: dict | None
    ) -> None:
        """Bring together what all processes have; all of them call this."""
        with self._harmless(runner, 'has no classes and images'):
            # First, as others wait for it; and not by files, which one of
            # them may fail to write.
            parts = all_gather_object(
                (self._is_counting, self._summary, self._remarks)
            )
            if not is_main_process():
                return
            from uhrnet.reports.run_page import Evaluation

            self.evaluation = Evaluation(name, dict(metrics or {}), None)
            for _, _, remarks in parts[1:]:
                self._remarks += [x for x in remarks if x not in self._remarks]
            found = [summary for _, summary, _ in parts if summary]
            # figures of a part of the images would be wrong ones
            if found and all(whole for whole, _, _ in parts):
                found[0].merge(found[1:])
                self.evaluation.summary = found[0]

    @contextmanager
    def _harmless(self, runner: Runner, problem: str) -> Iterator[None]:
        """Let no error end a run, and take the time."""
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            self._remarks.append(f'{type(error).__name__}: {error}')
            runner.logger.warning(
                f'{NAME} {problem}, all else is well: {traceback.format_exc()}'
            )
        finally:
            self.seconds += time.perf_counter() - began
