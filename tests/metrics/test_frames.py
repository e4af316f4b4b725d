from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from boutwise.metrics import frames

from .references import average_precision

CLASSES = 4


def one_hot(labels):
    return np.eye(CLASSES, dtype=bool)[labels]


@st.composite
def label_pairs(draw):
    n = draw(st.integers(1, 60))
    one = st.lists(st.integers(0, CLASSES - 1), min_size=n, max_size=n)
    return np.array(draw(one)), np.array(draw(one))


@settings(max_examples=150, deadline=None)
@given(label_pairs())
def test_scores_equal_those_of_sklearn(pair):
    truth, predicted = pair
    everything = np.ones((len(truth), CLASSES), dtype=bool)
    counts = frames.binary_counts(one_hot(truth), one_hot(predicted), everything)
    options = {"labels": range(CLASSES), "zero_division": np.nan}
    p, r, f, n = sklearn_metrics.precision_recall_fscore_support(truth, predicted, **options)
    present = np.union1d(truth, predicted)
    np.testing.assert_allclose(frames.precision(counts), p)
    np.testing.assert_allclose(frames.recall(counts), r)
    np.testing.assert_allclose(frames.f1(counts)[present], f[present])
    assert np.isnan(frames.f1(counts)[np.setdiff1d(range(CLASSES), present)]).all()
    assert (counts[:, frames.TP] + counts[:, frames.FN]).tolist() == n.tolist()
    macro = sklearn_metrics.f1_score(truth, predicted, average="macro")
    assert frames.macro_f1(counts) == pytest.approx(macro)
    weighted = sklearn_metrics.f1_score(truth, predicted, average="weighted")
    assert frames.weighted_f1(counts) == pytest.approx(weighted)


@settings(max_examples=100, deadline=None)
@given(label_pairs())
def test_confusion_and_accuracies_equal_those_of_sklearn(pair):
    truth, predicted = pair
    everything = np.ones((len(truth), CLASSES), dtype=bool)
    matrix = frames.confusion(one_hot(truth), one_hot(predicted), everything)
    expected = sklearn_metrics.confusion_matrix(truth, predicted, labels=range(CLASSES))
    assert matrix[:-1, :-1].tolist() == expected.tolist()
    assert not matrix[-1].any()
    assert not matrix[:, -1].any()
    accuracy = sklearn_metrics.accuracy_score(truth, predicted)
    assert frames.accuracy(matrix) == pytest.approx(accuracy)
    recalls = [(predicted[truth == c] == c).mean() for c in np.unique(truth)]
    assert frames.balanced_accuracy(matrix) == pytest.approx(np.mean(recalls))


def test_confusion_keeps_frames_without_any_member_apart():
    truth = np.array([[1, 0], [0, 0], [0, 1], [0, 1]], dtype=bool)
    decided = np.array([[0, 0], [1, 0], [0, 1], [0, 1]], dtype=bool)
    observed = np.array([[1, 1], [1, 1], [1, 1], [1, 0]], dtype=bool)
    matrix = frames.confusion(truth, decided, observed)
    assert matrix.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40))
def test_average_precision_equals_that_of_sklearn(pairs):
    hits = np.array([hit for hit, _ in pairs])
    scores = np.array([score / 8 for _, score in pairs])
    if not hits.any():
        assert np.isnan(frames.average_precision(hits, scores))
        return
    expected = sklearn_metrics.average_precision_score(hits, scores)
    assert frames.average_precision(hits, scores) == pytest.approx(expected)
    precision, recall, threshold = frames.precision_recall_curve(hits, scores, int(hits.sum()))
    p, r, t = sklearn_metrics.precision_recall_curve(hits, scores)
    np.testing.assert_allclose(precision[::-1], p[:-1])
    np.testing.assert_allclose(recall[::-1], r[:-1])
    np.testing.assert_allclose(threshold[::-1], t)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=25),
    st.integers(0, 9),
)
def test_average_precision_counts_what_was_never_proposed(pairs, missed):
    hits, scores = [hit for hit, _ in pairs], [score / 5 for _, score in pairs]
    n_true = sum(hits) + missed
    value = frames.average_precision(np.array(hits), np.array(scores), n_true)
    assert value == pytest.approx(average_precision(hits, scores, n_true), nan_ok=True)


def test_nothing_proposed_is_worth_nothing():
    assert frames.average_precision(np.zeros(0, bool), np.zeros(0), 3) == 0.0


def test_a_class_that_is_nowhere_is_undefined_and_one_only_predicted_is_zero():
    nowhere, only_predicted, right = [0, 0, 0, 9], [0, 4, 0, 5], [4, 0, 0, 5]
    scores = frames.f1(np.array([nowhere, only_predicted, right]))
    assert np.isnan(scores[0])
    assert scores[1:].tolist() == [0.0, 1.0]
    assert frames.macro_f1(np.array([nowhere, only_predicted, right])) == 0.5
    assert np.isnan(frames.macro_f1(np.array([nowhere])))


def test_the_shared_case_gives_its_published_frame_scores(shared):
    case = np.load(shared("scoring/case.npz"))
    truth, predicted = one_hot(case["g"]), one_hot(case["p"])
    everything = np.ones(truth.shape, dtype=bool)
    counts = frames.binary_counts(truth, predicted, everything)
    assert frames.f1(counts)[:3].round(4).tolist() == [0.9338, 0.8848, 0.7884]
    assert round(float(frames.macro_f1(counts)), 4) == 0.8098
    assert round(float(frames.macro_f1(counts[:3])), 4) == 0.8690
    matrix = frames.confusion(truth, predicted, everything)
    assert round(float(frames.accuracy(matrix)), 5) == 0.89167
