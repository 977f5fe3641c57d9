"""Errors that say what is wrong with what a user supplied."""


class DataError(ValueError):
    """A data set, image or annotation that cannot be used.

    The message names the file and says what to do.
    """


class TrainingError(RuntimeError):
    """A training that cannot go on. The message says why."""
