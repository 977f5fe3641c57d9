"""Errors that say what is wrong with what a user supplied.

The tools end with the message of one of them, see
:mod:`uhrnet.engine.command_line`. All else is a fault of the program and
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
