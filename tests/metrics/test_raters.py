"""Agreement of raters against slow references and scikit-learn; planted clock offsets."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from tests.metrics import references

from boutwise.metrics import Rated, agree, fleiss, spans_of, summed_up
from boutwise.metrics._clock_offset import clock_offset
from boutwise.metrics._kappa import cohen_kappa, fleiss_kappa
from boutwise.metrics._raters import between, categories, shifted
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

TWO = Ethogram((Behavior("groom"), Behavior("rear")))
GROUP = Ethogram(
    (Behavior("none"), Behavior("groom"), Behavior("rear")),
    (ExclusiveGroup("all", ("none", "groom", "rear"), "none"),),
)
CODES = st.integers(-2, 1)


def frames_of(n_behaviors):
    row = st.lists(CODES, min_size=n_behaviors, max_size=n_behaviors)
    return st.lists(row, min_size=1, max_size=40)


@st.composite
def two_raters(draw):
    first = draw(frames_of(2))
    n = len(first)
    second = draw(st.lists(st.lists(CODES, min_size=2, max_size=2), min_size=n, max_size=n))
    return np.array(first, dtype=np.int8), np.array(second, dtype=np.int8)


def simulated(seed, *, minutes=5, fps=25, rate=0.3):
    """Bouts of two behaviors, (frames, 2), int8."""
    rng = np.random.default_rng(seed)
    states = np.zeros((round(minutes * 60 * fps), 2), dtype=np.int8)
    for column in range(2):
        at = 0
        while at < len(states):
            at += round(rng.exponential(fps / rate))
            stop = at + max(1, round(rng.gamma(2, fps / 2)))
            states[at:stop, column] = 1
            at = stop + 1
    return states


def jittered(states, seed, frames=4):
    """The same bouts with other ends; one in ten is missed."""
    rng = np.random.default_rng(seed)
    result = np.zeros_like(states)
    for column in range(states.shape[1]):
        for start, stop in spans_of(states[:, column] == 1).tolist():
            if rng.random() < 0.9:
                begin = max(0, start + round(rng.normal(0, frames)))
                end = max(begin + 1, stop + round(rng.normal(0, frames)))
                result[begin:end, column] = 1
    return result


@given(two_raters())
@settings(max_examples=150, deadline=None)
def test_kappa_is_that_of_scikit_learn_over_sets_of_behaviors(raters):
    first, second = raters
    seen = (first >= 0) & (second >= 0)
    looked_for = seen.any(axis=0)
    both = seen[:, looked_for].all(axis=1) & looked_for.any()
    assume(both.any())
    mine, theirs = first[both][:, looked_for] == 1, second[both][:, looked_for] == 1
    words = [["".join(map(str, row.astype(int))) for row in side] for side in (mine, theirs)]
    assume(len({*words[0], *words[1]}) > 1)
    values = between(first, second, TWO, fps=10)
    expected = cohen_kappa_score(*words)
    assert values.overall["kappa"] == pytest.approx(expected, nan_ok=True, abs=1e-12)
    same = [mine_ == theirs_ for mine_, theirs_ in zip(*words, strict=True)]
    assert values.overall["agreement"] == pytest.approx(np.mean(same))
    assert values.n_frames == both.sum()
    assert categories(mine, theirs).sum() == both.sum()


@given(two_raters())
@settings(max_examples=150, deadline=None)
def test_behaviors_equal_the_references_and_the_order_of_the_raters_does_not_matter(raters):
    first, second = raters
    values, turned = (between(*pair, TWO, fps=10) for pair in (raters, raters[::-1]))
    assert turned.overall == pytest.approx(values.overall, nan_ok=True)
    for place, name in enumerate(TWO.names):
        seen = (first[:, place] >= 0) & (second[:, place] >= 0)
        truth, said = first[:, place] == 1, second[:, place] == 1
        got = values.behaviors[name]
        forward = references.frames(truth, said, seen)["f1"]
        assert got["f1"] == pytest.approx(forward, nan_ok=True)
        both_ways = [
            references.bouts(a, b, seen)["f1@0.5"] for a, b in ((truth, said), (said, truth))
        ]
        assert got["bout_f1@0.5"] == pytest.approx(np.mean(both_ways), nan_ok=True)
        assert got["first_bouts"] == len(references.bouts_of(truth, seen))
        assert got["second_s"] == pytest.approx((said & seen).sum() / 10)


def test_more_than_eight_behaviors_are_told_apart_too():
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 2, (200, 10)).astype(bool) for _ in range(2))
    second[:100] = first[:100]
    words = [[row.tobytes().hex() for row in side] for side in (first, second)]
    matrix = categories(first, second)
    assert np.trace(matrix) == sum(a == b for a, b in zip(*words, strict=True))
    assert cohen_kappa(matrix) == pytest.approx(cohen_kappa_score(*words))


def slow_fleiss(rows):
    """Fleiss 1971, rater by rater: share of agreeing pairs against that of chance."""
    pairs = [np.mean([a == b for a, b in combinations(row, 2)]) for row in rows]
    said = Counter(word for row in rows for word in row)
    total = sum(said.values())
    chance = sum((n / total) ** 2 for n in said.values())
    return (np.mean(pairs) - chance) / (1 - chance) if chance < 1 else math.nan


@given(st.integers(2, 5), st.data())
@settings(max_examples=100, deadline=None)
def test_fleiss_is_the_share_of_agreeing_pairs_beyond_chance(n_raters, data):
    row = st.lists(st.integers(0, 2), min_size=n_raters, max_size=n_raters)
    rows = data.draw(st.lists(row, min_size=1, max_size=30))
    votes = np.array([[row.count(c) for c in range(3)] for row in rows])
    assert fleiss_kappa(votes) == pytest.approx(slow_fleiss(rows), nan_ok=True)


def test_fleiss_of_a_subject_leaves_out_what_one_of_them_did_not_examine():
    states = {name: simulated(1)[:500] for name in "abc"}
    states["b"] = states["b"].copy()
    states["b"][:10] = -1
    states["c"] = np.roll(states["c"], 3, axis=0)
    rated = Rated(Subject("r", "m"), "m", 25.0, TWO, states)
    rows = [tuple(states[name][frame].tobytes() for name in "abc") for frame in range(10, 500)]
    assert fleiss(rated) == pytest.approx(slow_fleiss(rows))
    two = Rated(Subject("r", "m"), "m", 25.0, TWO, {"a": states["a"], "c": states["c"]})
    assert math.isnan(fleiss(two))


def test_one_category_everywhere_is_no_agreement_beyond_chance():
    assert math.isnan(cohen_kappa(np.array([[9]])))
    assert math.isnan(cohen_kappa(np.zeros((2, 2))))
    assert math.isnan(fleiss_kappa(np.zeros((0, 2))))


@pytest.mark.parametrize("offset", [-45, -15, -5, 0, 1, 5, 15, 45])
def test_planted_clock_offsets_are_found(offset):
    found = 0
    for seed in range(20):
        states = simulated(seed)
        later = np.roll(jittered(states, seed + 100), offset, axis=0)
        told = clock_offset(states == 1, later == 1, fps=25, max_offset_s=5)
        found += told.frames is not None and abs(told.frames - offset) <= 2
        assert told.frames is None or abs(told.frames - offset) <= 4 * told.error_frames
    assert found >= 18


def test_labels_that_have_nothing_to_do_with_each_other_have_no_offset():
    told = [
        clock_offset(simulated(seed) == 1, simulated(seed + 500) == 1, fps=25, max_offset_s=5)
        for seed in range(20)
    ]
    assert sum(each.frames is not None for each in told) <= 2
    assert all(each.reason for each in told if each.frames is None)


def test_few_bouts_cannot_tell_an_offset():
    states = np.zeros((2000, 1), dtype=bool)
    states[100:150] = states[700:720] = True
    told = clock_offset(states, np.roll(states, 5, axis=0), fps=25, max_offset_s=5)
    assert told.frames is None
    assert "too few bouts (2" in told.reason


def test_agreement_rises_when_the_planted_offset_is_taken_out():
    states = simulated(3)
    late = np.roll(jittered(states, 4), 12, axis=0)
    rated = Rated(Subject("r", "m"), "m", 25.0, TWO, {"ann": states, "bob": late})
    (pair,) = agree(rated)
    assert pair.annotators == ("ann", "bob")
    assert pair.offset_s == pytest.approx(12 / 25, abs=2 / 25)
    assert pair.aligned.overall["kappa"] > pair.given.overall["kappa"] + 0.1
    assert pair.aligned.overall["start_difference_s"] < pair.given.overall["start_difference_s"]
    a, b = shifted(states, np.roll(states, -7, axis=0), -7)
    assert (a == b).all()
    assert len(a) == len(states) - 7


def test_the_background_has_frames_but_no_bouts_of_its_own():
    first = np.tile(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.int8), (10, 1))
    second = np.tile(np.array([[1, 0, 0], [1, 0, 0]], dtype=np.int8), (10, 1))
    values = between(first, second, GROUP, fps=10)
    assert values.behaviors["none"]["f1"] == pytest.approx(2 * 10 / 30)
    assert values.overall["bout_f1@0.5"] == 0.0
    assert math.isnan(values.behaviors["rear"]["f1"])


def test_each_animal_counts_once_in_the_mean():
    good, bad = simulated(5), simulated(6)
    pairs = []
    for name, other in (("r1", good), ("r2", good), ("r3", bad)):
        animal = "m2" if name == "r3" else "m1"
        states = {"ann": good, "bob": other}
        pairs += agree(Rated(Subject(name, animal), animal, 25.0, TWO, states))
    found = summed_up(TWO, pairs, [])
    kappas = [pair.given.overall["kappa"] for pair in pairs]
    assert kappas[:2] == pytest.approx([1.0, 1.0])
    assert found.given.n_animals == 2
    assert found.given.overall["kappa"].value == pytest.approx((1 + kappas[2]) / 2)
    assert "at least 3" in found.given.overall["kappa"].interval.reason
    assert found.as_dict()["pairs"][2]["recording"] == "r3"


def test_annotators_without_a_frame_in_common_are_no_pair():
    states = simulated(7)[:100]
    first, second = states.copy(), states.copy()
    first[50:], second[:50] = -1, -1
    assert agree(Rated(Subject("r", "m"), "m", 25.0, TWO, {"ann": first, "bob": second})) == []
