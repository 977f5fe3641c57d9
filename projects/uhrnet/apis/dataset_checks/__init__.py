"""Read all that a config would read, and report every defect at once.

Imported by its name alone, as it needs the toolbox of a config's task.
"""

from .check import check_datasets
from .defect import KINDS, Defect
from .report import Report

__all__ = ['KINDS', 'Defect', 'Report', 'check_datasets']
