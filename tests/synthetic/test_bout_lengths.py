"""Bouts are as long as those of real mice."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.synthetic import simulate
from boutwise.synthetic.bout_lengths import (
    BEHAVIORS,
    LEVELS,
    NEXT,
    QUANTILES_S,
    SUBTLE_BOUT_QUANTILES_S,
    draw_length_s,
    draw_sequence,
)

REAL = {"rest": "na", "walk": "walking", "rear": "rearing", "groom": "grooming"}


def lengths_s(labels: np.ndarray, fps: float) -> dict[str, list[float]]:
    edges = np.concatenate(([0], np.flatnonzero(labels[1:] != labels[:-1]) + 1, [len(labels)]))
    found: dict[str, list[float]] = {}
    for start, stop in pairwise(edges):
        found.setdefault(str(labels[start]), []).append((stop - start) / fps)
    return found


def test_the_recorded_quantiles_are_those_of_the_real_labels(shared):
    found: dict[str, list[float]] = {}
    for file in sorted((shared("subtle/labelled") / "annots").glob("*.csv")):
        labels = pd.read_csv(file, keep_default_na=False).iloc[:, 1].to_numpy(dtype=str)
        for name, values in lengths_s(labels, 20).items():
            found.setdefault(name, []).extend(values)
    for name, expected in SUBTLE_BOUT_QUANTILES_S.items():
        assert np.quantile(found[name], LEVELS[1:-1]) == pytest.approx(expected, abs=0.026)


@pytest.fixture(scope="module")
def mice():
    return simulate(animals=12, seed=3)


@pytest.mark.parametrize("behavior", REAL)
def test_human_labels_of_simulated_mice_have_such_quantiles(mice, behavior):
    found = [
        (bout.stop - bout.start) / 30
        for item in mice
        for bout in item.bouts.rows()
        if bout.behavior == behavior
    ]
    real = dict(zip(LEVELS[1:-1], SUBTLE_BOUT_QUANTILES_S[REAL[behavior]], strict=True))
    for level in (0.25, 0.5, 0.75):
        # Few groomings were seen in either, so their quantiles are rough.
        room = 0.5 if behavior == "groom" else 0.3
        assert np.quantile(found, level) == pytest.approx(real[level], rel=room)


def test_true_withdrawals_take_5_to_10_frames(mice):
    found = [
        bout.stop - bout.start
        for item in mice
        for bout in item.truth.rows()
        if bout.behavior == "paw_withdraw" and bout.stop < item.recording.n_frames
    ]
    assert min(found) == 5
    assert max(found) == 10
    assert len(found) > 100


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_quantiles_rise_and_transitions_are_probabilities(behavior):
    assert (np.diff(QUANTILES_S[behavior]) >= 0).all()
    assert len(QUANTILES_S[behavior]) == len(LEVELS)
    assert sum(NEXT[behavior].values()) == pytest.approx(1)
    assert behavior not in NEXT[behavior]
    assert draw_length_s(behavior, 0.25) <= draw_length_s(behavior, 0.5)


@given(st.integers(0, 2**31), st.integers(2, 4000), st.sampled_from([15.0, 30.0, 100.0]))
@settings(max_examples=30, deadline=None)
def test_a_sequence_covers_the_recording_without_repeats(seed, n_frames, fps):
    script = draw_sequence(n_frames, fps, rates={}, generator=np.random.default_rng(seed))
    codes, starts = script.codes, script.starts
    assert starts[0] == 0
    assert (np.diff(starts) >= 2).all()
    assert starts[-1] < n_frames
    assert script.lengths.sum() == len(script.bout_of_frame) == n_frames
    assert (codes[1:] != codes[:-1]).all()


def test_a_habit_makes_a_behavior_more_frequent():
    counts = []
    for rate in (0.3, 3.0):
        generator = np.random.default_rng(1)
        script = draw_sequence(60_000, 30, rates={"rear": rate}, generator=generator)
        counts.append(script.are("rear").sum())
    assert counts[1] > 2 * counts[0]
