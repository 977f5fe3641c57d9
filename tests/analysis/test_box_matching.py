import numpy as np

from uhrnet.analysis.box_matching import Boxes, count_boxes, match_boxes


def boxes(*rows, ignored=None):
    """Rows of left, label and, of predictions, score; all are 10 wide."""
    lefts = np.array([row[0] for row in rows], float).reshape(-1, 1)
    corners = np.hstack((lefts, 0 * lefts, lefts + 10, 0 * lefts + 10))
    scores = [row[2] for row in rows if len(row) > 2]
    return Boxes(
        corners,
        np.array([row[1] for row in rows], int),
        np.array(scores, float),
        None if ignored is None else np.array(ignored),
    )


def test_every_fate():
    truth = boxes((0, 0), (20, 0), (40, 1), (60, 1))
    prediction = boxes(
        (1, 0, 0.9),  # the first
        (0, 0, 0.8),  # it is taken
        (21, 1, 0.7),  # a 0 taken for a 1
        (40, 1, 0.2),  # too low
        (90, 1, 0.6),  # nothing there
        (66, 1, 0.6),  # an overlap of 4 of 16
    )
    matches = match_boxes(truth, prediction)
    assert matches.pairs == [(0, 0)]
    assert matches.confused == [(1, 2)]
    assert matches.missed == [2, 3]
    assert matches.spurious == [1, 4, 5]
    counts = count_boxes(truth, prediction, matches, 2)
    assert counts.tolist() == [[1, 1, 0], [0, 0, 2], [1, 2, 0]]


def test_class_before_overlap():
    """The better box of another class leaves the object to its own."""
    truth = boxes((0, 0))
    prediction = boxes((0, 1, 0.9), (1, 0, 0.5))
    matches = match_boxes(truth, prediction)
    assert matches.pairs == [(0, 1)]
    assert matches.spurious == [0]


def test_ignored_objects():
    truth = boxes((0, 0), (20, 0), ignored=[True, False])
    matches = match_boxes(truth, boxes((0, 0, 0.9), (20, 0, 0.9)))
    assert matches == ([(1, 1)], [], [], [])
    # nor need a crowd's box be as large as the crowd
    small = boxes((2, 0, 0.9), (20, 0, 0.9))
    small.bboxes[0, 2:] = 6, 4
    assert not match_boxes(truth, small).spurious
    # a second box on a found object is not excused
    matches = match_boxes(truth, boxes((20, 0, 0.9), (21, 0, 0.8)))
    assert matches == ([(1, 0)], [], [], [1])


def test_none():
    nothing = boxes()
    assert match_boxes(nothing, boxes((0, 0, 1.0))).spurious == [0]
    assert match_boxes(boxes((0, 0)), nothing).missed == [0]
    assert match_boxes(nothing, nothing) == ([], [], [], [])
