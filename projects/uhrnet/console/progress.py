"""How far a command is: a bar on a terminal, else lines."""

import sys
from types import TracebackType


class Progress:
    """Counts images or frames that are done.

    Args:
        title: What is done.
        total: How many there are; None if unknown.
        every: Without a terminal, a line for each so many.
    """

    def __init__(self, title: str, total: int | None, every: int = 1) -> None:
        self.title = title
        self.total = total
        self.every = every
        self.done = 0
        self.bar = None
        if sys.stdout.isatty():
            from rich import progress
            from rich.table import Column

            self.bar = progress.Progress(
                progress.TextColumn('{task.description}'),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TimeRemainingColumn(),
                # names of files, which are no markup, in what room is left
                progress.TextColumn(
                    '{task.fields[last]}',
                    markup=False,
                    table_column=Column(no_wrap=True, overflow='ellipsis'),
                ),
            )
            self.task = self.bar.add_task(title, total=total, last='')

    def advance(self, text: str) -> None:
        """Count one more, and say what it was."""
        self.done += 1
        if self.bar is not None:
            self.bar.update(self.task, advance=1, last=text)
        elif self.done % self.every == 0 or self.done == self.total:
            total = '' if self.total is None else f'/{self.total}'
            print(f'{self.title} {self.done}{total} {text}', flush=True)

    def __enter__(self) -> 'Progress':
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.stop()
