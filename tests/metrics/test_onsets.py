from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.metrics import onsets

from .references import average_precision, most_pairs
from .test_contract import stretches


def sorted_onsets(most):
    return st.lists(st.integers(0, 30), max_size=most, unique=True).map(sorted)


@settings(max_examples=200, deadline=None)
@given(sorted_onsets(6), sorted_onsets(6), st.integers(0, 6))
def test_found_onsets_is_the_largest_matching(truth, predicted, tolerance):
    found = onsets.found_onsets(np.array(truth), np.array(predicted), tolerance)
    assert found == most_pairs(truth, predicted, tolerance)


def slow_hits(truth, predicted, scores, tolerance):
    free, hits = set(truth), [False] * len(predicted)
    for row in sorted(range(len(predicted)), key=lambda row: (-scores[row], predicted[row])):
        near = [t for t in sorted(free) if abs(t - predicted[row]) <= tolerance]
        if near:
            free.remove(min(near, key=lambda t: abs(t - predicted[row])))
            hits[row] = True
    return hits


@settings(max_examples=150, deadline=None)
@given(sorted_onsets(12), sorted_onsets(12), st.integers(0, 6), st.data())
def test_the_surest_chooses_first(truth, predicted, tolerance, data):
    n = len(predicted)
    scores = data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    hits = onsets.ranked_hits(
        np.array(truth, dtype=int), np.array(predicted, dtype=int), np.array(scores), tolerance
    )
    assert hits.tolist() == slow_hits(truth, predicted, scores, tolerance)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(5, 30).flatmap(lambda n: st.tuples(*[stretches(n)] * 2)), min_size=1))
def test_pooled_average_precision_ranks_over_all_subjects(pairs):
    rng = np.random.default_rng(0)
    parts, hits, scores, n_true = [], [], [], 0
    for truth, decided in pairs:
        probability = rng.integers(0, 5, len(truth)) / 4
        part = onsets.onsets_of(truth, decided, probability, [2])
        starts = [f for f in range(len(decided)) if decided[f] and (f == 0 or not decided[f - 1])]
        stops = [
            next((e for e in range(s, len(decided)) if not decided[e]), len(decided))
            for s in starts
        ]
        means = [float(probability[a:b].mean()) for a, b in zip(starts, stops, strict=True)]
        np.testing.assert_allclose(part.scores, means)
        true = [f for f in range(len(truth)) if truth[f] and (f == 0 or not truth[f - 1])]
        hits += slow_hits(true, starts, part.scores.tolist(), 2)
        scores += part.scores.tolist()
        n_true += len(true)
        parts.append(part)
    value = onsets.pooled_average_precision(parts)[0]
    assert value == pytest.approx(average_precision(hits, scores, n_true), nan_ok=True)


def test_without_probabilities_there_is_no_ranking_but_an_f1():
    truth, decided = np.zeros(30, bool), np.zeros(30, bool)
    truth[10:16] = decided[12:18] = True
    part = onsets.onsets_of(truth, decided, None, [1, 2])
    assert np.isnan(onsets.pooled_average_precision([part])).all()
    assert onsets.pooled_scores([part])["f1"].tolist() == [0.0, 1.0]
