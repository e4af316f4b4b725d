"""Overlap and average precision of boxes, against slow versions of themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import UsageError
from boutwise.metrics import average_precision, box_ious


def slow_iou(a, b):
    """Counting whole pixels."""

    def cells(box):
        return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}

    one, other = cells(a), cells(b)
    return len(one & other) / len(one | other) if one | other else 0.0


def slow_precision(truth, found, scores, least):
    """Precision and recall at every threshold, each time from the beginning."""
    every = sorted((-s, p, b) for p, list_ in enumerate(scores) for b, s in enumerate(list_))
    n_true = sum(map(len, truth))
    if not n_true:
        return math.nan
    curve = []
    for n_taken in range(1, len(every) + 1):
        taken, right = set(), 0
        for _, picture, box in every[:n_taken]:
            overlaps = [
                (slow_iou(found[picture][box], true), -k)
                for k, true in enumerate(truth[picture])
                if (picture, k) not in taken
            ]
            if overlaps and max(overlaps)[0] >= least:
                taken.add((picture, -max(overlaps)[1]))
                right += 1
        curve.append((right, right / n_taken))
    area = 0.0
    for rank in range(1, n_true + 1):
        reached = [precision for right, precision in curve if right >= rank]
        area += max(reached, default=0.0) / n_true
    return area


boxes = st.tuples(*[st.integers(0, 6), st.integers(0, 6), st.integers(1, 5), st.integers(1, 5)])


@st.composite
def pictures(draw):
    corners = boxes.map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
    n = draw(st.integers(1, 3))
    truth = [draw(st.lists(corners, max_size=3)) for _ in range(n)]
    found = [draw(st.lists(corners, max_size=4)) for _ in range(n)]
    count = sum(map(len, found))
    order = iter(draw(st.permutations(range(count))))
    return truth, found, [[next(order) / 20 for _ in list_] for list_ in found]


def arrays(lists):
    return [np.array(list_, dtype=float).reshape(-1, 4) for list_ in lists]


@settings(max_examples=200, deadline=None)
@given(pictures(), st.sampled_from([0.3, 0.5, 0.75]))
def test_average_precision_equals_the_slow_one(case, least):
    truth, found, scores = case
    value = average_precision(
        arrays(truth), arrays(found), [np.array(s) for s in scores], iou=least
    )
    assert value == pytest.approx(slow_precision(truth, found, scores, least), nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_overlap_equals_counted_pixels(case):
    truth, found, _ = case
    one, other = truth[0], found[0]
    ious = box_ious(*arrays([one, other]))
    assert ious.shape == (len(one), len(other))
    expected = [[slow_iou(a, b) for b in other] for a in one]
    assert ious == pytest.approx(np.array(expected).reshape(ious.shape))


def test_no_box_overlaps_nothing():
    nothing = np.full((1, 4), np.nan)
    assert box_ious(nothing, np.array([[0.0, 0, 4, 4]])).tolist() == [[0.0]]
    assert box_ious(nothing, nothing).tolist() == [[0.0]]


def test_lists_that_do_not_belong_together_are_refused():
    box = [np.zeros((1, 4))]
    with pytest.raises(UsageError, match="pictures"):
        average_precision(box, [], [])
    with pytest.raises(UsageError, match="scores"):
        average_precision(box, box, [np.zeros(2)])
