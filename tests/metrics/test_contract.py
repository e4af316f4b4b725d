"""Every metric equals a slow and obvious reference; a metric without one fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import registry
from boutwise.errors import DataError
from boutwise.metrics import ScoredSubject
from boutwise.types import Subject

from .references import REFERENCES

NAMES = registry.names("metric")


@st.composite
def stretches(draw, n_frames):
    """Flags in runs, as behavior comes, and not frame by frame."""
    flags = []
    while len(flags) < n_frames:
        flags += [draw(st.booleans())] * draw(st.integers(1, 7))
    return np.array(flags[:n_frames], dtype=bool)


@st.composite
def position_cases(draw):
    """Positions of two keypoints, some of them NaN, some not visible."""
    n_frames = draw(st.integers(1, 8))
    numbers = st.one_of(st.integers(0, 99), st.just(float("nan")))
    flat = st.lists(numbers, min_size=n_frames * 4, max_size=n_frames * 4)
    truth, predicted = (np.array(draw(flat), dtype=float).reshape(-1, 2, 2) for _ in range(2))
    seen = draw(st.lists(st.booleans(), min_size=n_frames * 2, max_size=n_frames * 2))
    return truth, predicted, np.array(seen, dtype=bool).reshape(-1, 2)


@st.composite
def cases(draw, kind):
    if kind == "positions":
        return draw(position_cases())
    n_frames = draw(st.integers(1, 28))
    truth = draw(stretches(n_frames))
    observed = draw(st.one_of(st.just(np.ones(n_frames, dtype=bool)), stretches(n_frames)))
    if kind == "decided":
        return truth, draw(stretches(n_frames)), observed
    tenths = st.lists(st.integers(0, 40), min_size=n_frames, max_size=n_frames)
    return truth, np.array(draw(tenths)) / 40, observed


@pytest.mark.parametrize("name", NAMES)
def test_metric_equals_its_reference(name):
    metric = registry.load("metric", name)

    @settings(max_examples=150, deadline=None)
    @given(cases(metric.PREDICTION))
    def check(case):
        truth, predicted, observed = case
        values = metric.measure(truth, predicted, observed)
        expected = REFERENCES[name](truth.tolist(), predicted.tolist(), observed.tolist())
        assert values.keys() == expected.keys()
        for key, value in expected.items():
            assert values[key] == pytest.approx(value, abs=1e-9, nan_ok=True), key

    check()


@pytest.mark.parametrize("name", NAMES)
def test_frames_that_nobody_examined_change_nothing(name):
    metric = registry.load("metric", name)

    @settings(max_examples=30, deadline=None)
    @given(cases(metric.PREDICTION), st.integers(1, 9))
    def check(case, n_more):
        truth, predicted, observed = case
        more = [np.ones((n_more, *part.shape[1:]), part.dtype) for part in (truth, predicted)]
        unseen = np.zeros((n_more, *observed.shape[1:]), dtype=bool)
        parts = zip((truth, predicted, observed), (*more, unseen), strict=True)
        values = metric.measure(*(np.concatenate(part) for part in parts))
        assert values == pytest.approx(metric.measure(truth, predicted, observed), nan_ok=True)

    check()


@pytest.mark.parametrize("name", NAMES)
def test_metric_describes_itself(name):
    metric = registry.load("metric", name)
    assert metric.DESCRIPTION
    assert metric.PREDICTION in ("decided", "probability", "positions")


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("truth", np.zeros(5, dtype=np.int8), "axes"),
        ("truth", np.full((5, 2), 3, dtype=np.int8), "unknown state"),
        ("decided", np.zeros((4, 2), dtype=bool), "shape"),
        ("decided", np.zeros((5, 2)), "float64"),
        ("probabilities", np.zeros((5, 1)), "shape"),
        ("probabilities", np.full((5, 2), np.nan), "not in"),
        ("fps", 0.0, "frame rate"),
    ],
)
def test_a_subject_that_does_not_fit_is_refused(part, value, message):
    parts = {
        "truth": np.zeros((5, 2), dtype=np.int8),
        "decided": np.zeros((5, 2), dtype=bool),
        "fps": 20.0,
    }
    with pytest.raises(DataError, match=message):
        ScoredSubject(Subject("r", "m"), "m", **{**parts, part: value})
