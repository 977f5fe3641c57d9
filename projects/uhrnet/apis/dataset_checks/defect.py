"""What may be wrong with a data set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from uhrnet.errors import WrongFormError

LEVELS = ('error', 'warning', 'note')
# Kind of defect: its level. With an error, training or testing would stop or
# be wrong; a warning is for looking at; a note is no defect.
KINDS = {
    'data_set': 'error',
    'missing': 'error',
    'unreadable': 'error',
    'wrong_form': 'error',
    'size': 'error',
    'crashed': 'error',
    'label_value': 'error',
    'empty_label': 'warning',
    'depth_range': 'error',
    'far_depth': 'warning',
    'empty_depth': 'warning',
    'annotation': 'error',
    'stated_size': 'error',
    'unknown_class': 'error',
    'passed_over': 'warning',
    'box_without_area': 'error',
    'box_outside': 'error',
    'box_partly_outside': 'warning',
    'small_box': 'warning',
    'broken_mask': 'error',
    'partial_mask': 'warning',
    'no_objects': 'warning',
    'left_out': 'note',
    'between_splits': 'error',
    'repeated': 'warning',
}


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with one file.

    Attributes:
        kind: One of ``KINDS``.
        file: Which file, or what else there is to name.
        message: What is wrong with it, and what to do.
        split: ``'train'``, ``'val'`` or ``'test'``.
        details: Figures, for programs.
    """

    kind: str
    file: str
    message: str
    split: str = ''
    details: dict = field(default_factory=dict)

    @property
    def level(self) -> str:
        """``'error'``, ``'warning'`` or ``'note'``."""
        return KINDS[self.kind]


class FoundDefect(Exception):
    """Ends the reading of a file.

    Attributes:
        defect: What was found.
    """

    def __init__(self, defect: Defect) -> None:
        super().__init__(defect.message)
        self.defect = defect


@contextmanager
def found_as(kind: str, file: str) -> Iterator[None]:
    """Turn whatever a loader raises into a defect.

    Args:
        kind: What its errors mean, except for ``WrongFormError``.
        file: What is being read.

    Raises:
        FoundDefect: If anything was raised.
    """
    try:
        yield
    except WrongFormError as error:
        raise FoundDefect(Defect('wrong_form', file, str(error))) from error
    except Exception as error:
        raise FoundDefect(Defect(kind, file, describe(error))) from error


def describe(error: Exception) -> str:
    """Return what an error says, with its type unless that is for users."""
    if isinstance(error, ValueError) and str(error):
        return str(error)
    return f'{type(error).__name__}: {error}'
