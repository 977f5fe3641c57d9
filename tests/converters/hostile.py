"""Objects whose pickles are not what a converter wants."""

import numpy as np


class Call:
    """Pickled as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class ArrayWithState:
    """Pickled as an array with any state."""

    def __init__(self, *state):
        self.state = state

    def __reduce__(self):
        return (*np.zeros(1).__reduce__()[:2], self.state)
