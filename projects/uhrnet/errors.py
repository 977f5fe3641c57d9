"""Errors that say what is wrong with what a user supplied.

The tools end with the message of one of them, see
:mod:`uhrnet.command_line`. All else is a fault of the program and
keeps its traceback.
"""


class UserError(Exception):
    """Something supplied that cannot be used.

    The message names the file, key or value and says what to do.
    """


class DataError(UserError, ValueError):
    """A data set, image or annotation that cannot be used."""


class ConfigError(UserError, ValueError):
    """A config, an option or a checkpoint that does not fit the rest."""


class MissingLibraryError(UserError, ImportError):
    """A library that is needed for what is wanted, and not there."""


class TrainingError(UserError, RuntimeError):
    """A training that cannot go on. The message says why."""


class WrongFormError(DataError):
    """A file that can be read, and holds something else than is wanted.

    A label map of colours, for example, or a depth map of 8 bits.
    """


class MissingFileError(DataError):
    """A file that a data set names, and that is not there."""
