"""Differences of two predictions: against the two scores, and refused where nothing is paired."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import DataError
from boutwise.metrics import Matching, ScoredSubject, ScoreOptions, score_recordings
from boutwise.metrics._paired import compare_predictions
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

NAMES = ("other", "walk", "rear")
ETHOGRAM = Ethogram(
    tuple(map(Behavior, NAMES)), (ExclusiveGroup("action", NAMES, background="other"),)
)


def cohort(seed, n_animals=6, *, skills=(2.0, 1.2), n_frames=300):
    """Two predictions of the same animals, the first with more skill."""
    rng = np.random.default_rng(seed)
    both = ([], [])
    for place in range(n_animals):
        for recording in range(1 + place % 2):
            label = np.repeat(rng.choice(3, n_frames // 10, p=[0.5, 0.3, 0.2]), 10)
            truth = np.eye(3, dtype=np.int8)[label]
            truth[rng.integers(0, 200) :][:20] = -1
            noise = rng.normal(0, 1, (n_frames // 10, 3)).repeat(10, axis=0)
            hard = rng.normal(0, 0.5)
            for items, skill in zip(both, skills, strict=True):
                logits = noise + rng.normal(0, 0.3, (n_frames, 3)) + (skill + hard) * truth
                decided = np.eye(3, dtype=bool)[logits.argmax(axis=1)]
                subject = Subject(f"r{place}_{recording}", f"m{place}")
                items.append(ScoredSubject(subject, subject.animal, truth, decided, 20.0))
    return both


@pytest.mark.parametrize("average", ["pooled", "macro"])
def test_each_number_is_the_difference_of_the_two_scores(average):
    first, second = cohort(0)
    options = ScoreOptions(matching=Matching(average=average), thresholds=(0.2, 0.5))
    found = compare_predictions(first, second, ETHOGRAM, options=options)
    one, two = (score_recordings(items, ETHOGRAM, options=options) for items in (first, second))
    key = "macro_f1" if average == "macro" else "pooled_f1"
    pairs = {
        "macro_f1": (one.frames.macro_f1, two.frames.macro_f1),
        "macro_f1_without_background": (
            one.frames.macro_f1_without_background,
            two.frames.macro_f1_without_background,
        ),
        "accuracy": (one.frames.accuracy, two.frames.accuracy),
        "bout_f1@0.2": (getattr(one.bouts, key)[0], getattr(two.bouts, key)[0]),
        "bout_f1@0.5": (getattr(one.bouts, key)[1], getattr(two.bouts, key)[1]),
        **{f"f1:{name}": (one.behavior(name).f1, two.behavior(name).f1) for name in NAMES},
    }
    assert [row.name for row in found.differences] == list(pairs)
    for name, (a, b) in pairs.items():
        row = found.difference(name)
        assert (row.first, row.second) == pytest.approx((a.value, b.value)), name
        assert row.difference.value == pytest.approx(a.value - b.value)
        interval = row.difference.interval
        assert interval.low < row.difference.value < interval.high
        assert interval.n_groups == 6


def test_animals_count_once_however_many_recordings_they_have():
    first, second = cohort(1)
    found = compare_predictions(first, second, ETHOGRAM)
    assert found.animals == tuple(f"m{place}" for place in range(6))
    assert len(found.recordings) == 9
    one, two = (score_recordings(items, ETHOGRAM) for items in (first, second))
    for row, a, b in zip(found.by_animal, one.by_animal, two.by_animal, strict=True):
        assert (row.animal, row.recordings) == (a.name, ("r" + a.name[1:] + "_0",)) or len(
            row.recordings
        ) == 2
        assert (row.first_macro_f1, row.second_macro_f1) == (a.macro_f1, b.macro_f1)
    own = [a.macro_f1 - b.macro_f1 for a, b in zip(one.by_animal, two.by_animal, strict=True)]
    macro = found.difference("macro_f1")
    assert macro.by_animal.mean == pytest.approx(np.mean(own))
    assert macro.better_in == sum(value > 0 for value in own)
    assert macro.worse_in == sum(value < 0 for value in own)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(3, 7))
def test_the_other_way_round_it_is_the_opposite(seed, n_animals):
    first, second = cohort(seed, n_animals, n_frames=220)
    forth = compare_predictions(first, second, ETHOGRAM)
    back = compare_predictions(second, first, ETHOGRAM)
    for a, b in zip(forth.differences, back.differences, strict=True):
        assert a.difference.value == pytest.approx(-b.difference.value, nan_ok=True)
        ends = (-b.difference.interval.high, -b.difference.interval.low)
        assert (a.difference.interval.low, a.difference.interval.high) == pytest.approx(
            ends, nan_ok=True
        )
        assert (a.better_in, a.worse_in) == (b.worse_in, b.better_in)


def test_few_animals_are_refused_or_called_rough():
    first, second = cohort(2, 2)
    two = compare_predictions(first, second, ETHOGRAM)
    assert np.isfinite(two.difference("macro_f1").difference.value)
    assert "at least 3 animals" in two.difference("macro_f1").difference.interval.reason
    assert any("There is no interval" in note for note in two.notes)
    six = compare_predictions(*cohort(2, 6), ETHOGRAM)
    assert six.difference("accuracy").difference.interval.rough
    assert any("rough" in note for note in six.notes)
    twelve = compare_predictions(*cohort(2, 12), ETHOGRAM)
    assert not twelve.difference("accuracy").difference.interval.rough
    assert not any("rough" in note for note in twelve.notes)


def test_a_behavior_that_few_animals_show_is_rough_however_many_there_are():
    first, second = cohort(5, 12)
    for items in (first, second):
        for place, item in enumerate(items):
            if item.animal not in ("m0", "m1", "m2", "m3"):
                truth = item.truth.copy()
                truth[truth[:, 2] == 1] = (1, 0, 0)
                items[place] = replace(item, truth=truth)
    found = compare_predictions(first, second, ETHOGRAM)
    rough = {row.name: row.difference.interval.rough for row in found.differences}
    assert rough["f1:rear"]
    assert not rough["f1:walk"]
    assert not rough["macro_f1"]
    scores = score_recordings(first, ETHOGRAM)
    rear, walk = scores.behavior("rear"), scores.behavior("walk")
    assert (rear.n_animals, walk.n_animals) == (4, 12)
    assert rear.f1.interval.rough
    assert rear.bout_f1[0].interval.rough
    assert not walk.f1.interval.rough
    assert not walk.bout_f1[0].interval.rough


def test_what_is_not_the_same_is_refused():
    first, second = cohort(3, 3)
    with pytest.raises(DataError, match="not in both"):
        compare_predictions(first, second[1:], ETHOGRAM)
    with pytest.raises(DataError, match="not in both"):
        compare_predictions(first[1:], second, ETHOGRAM)
    changed = first[0].truth.copy()
    changed[0] = np.roll(changed[0], 1)
    with pytest.raises(DataError, match="different labels"):
        compare_predictions(first, [replace(second[0], truth=changed), *second[1:]], ETHOGRAM)
    with pytest.raises(DataError, match="not in both"):
        compare_predictions(first, [replace(second[0], animal="x"), *second[1:]], ETHOGRAM)


def test_a_pair_tells_what_two_intervals_do_not():
    first, second = cohort(4, 10, skills=(1.7, 1.4), n_frames=1000)
    found = compare_predictions(first, second, ETHOGRAM).difference("macro_f1").difference
    one, two = (
        score_recordings(items, ETHOGRAM).frames.macro_f1.interval for items in (first, second)
    )
    assert one.low < two.high
    assert found.interval.low > 0
