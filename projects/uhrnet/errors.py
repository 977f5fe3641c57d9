"""Errors that say what is wrong with what a user supplied."""


class DataError(ValueError):
    """A data set, image or annotation that cannot be used.

    The message names the file and says what to do.
    """


class TrainingError(RuntimeError):
    """A training that cannot go on. The message says why."""


class WrongFormError(DataError):
    """A file that can be read, and holds something else than is wanted.

    A label map of colours, for example, or a depth map of 8 bits.
    """
