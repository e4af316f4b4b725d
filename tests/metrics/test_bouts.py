from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import UsageError
from boutwise.metrics import Matching, bouts, match, spans_of

from .references import bouts_of, edit_distance, inclusive_iou, iou, many_to_many, one_to_one
from .test_contract import stretches

THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 1.0)
OTHER = 3


@pytest.mark.parametrize("assignment", ["one_to_one", "many_to_many"])
@pytest.mark.parametrize("ends", ["half_open", "inclusive"])
def test_matching_equals_the_slow_loop(assignment, ends):
    rule = Matching(assignment=assignment, ends=ends)
    loop = {"one_to_one": one_to_one, "many_to_many": many_to_many}[assignment]
    overlap = {"half_open": iou, "inclusive": inclusive_iou}[ends]

    @settings(max_examples=120, deadline=None)
    @given(st.integers(1, 50).flatmap(lambda n: st.tuples(stretches(n), stretches(n))))
    def check(pair):
        truth, predicted = pair
        found = match(spans_of(truth), spans_of(predicted), THRESHOLDS, rule)
        everything = [True] * len(truth)
        true, said = bouts_of(truth, everything), bouts_of(predicted, everything)
        for row, threshold in enumerate(THRESHOLDS):
            counts = [int(part[row]) for part in (found.tp, found.fp, found.fn, found.used)]
            assert counts == list(loop(true, said, threshold, overlap)), threshold

    check()


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(stretches(n), stretches(n))))
def test_f1_is_symmetric_bounded_and_falls_with_the_threshold(pair):
    a, b = (spans_of(flags) for flags in pair)
    many = Matching(assignment="many_to_many")
    forth, back = match(a, b, THRESHOLDS, many).f1, match(b, a, THRESHOLDS, many).f1
    np.testing.assert_allclose(forth, back)
    if len(a) or len(b):
        for values in (forth, match(a, b, THRESHOLDS).f1):
            assert ((values >= 0) & (values <= 1)).all()
            assert (np.diff(values) <= 1e-12).all()
    else:
        assert np.isnan(forth).all()


def test_a_prediction_equal_to_the_truth_is_perfect():
    spans = np.array([[0, 4], [9, 10], [12, 30]])
    assert match(spans, spans, THRESHOLDS).f1.tolist() == [1.0] * len(THRESHOLDS)


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1, float("nan")])
def test_a_threshold_outside_0_to_1_is_refused(threshold):
    with pytest.raises(UsageError, match="IoU threshold"):
        match(np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64), [threshold])


@pytest.fixture(name="case")
def case_fixture(shared):
    with np.load(shared("scoring/case.npz")) as case:
        return case["g"], case["p"]


def matched(case, classes, **rule):
    found = bouts.f1_by_class(*case, classes, (0.1, 0.25, 0.5), Matching(**rule))
    total = sum((found[c] for c in classes[1:]), found[classes[0]])
    return total, np.stack([found[c].f1 for c in classes])


def test_the_shared_case_gives_its_published_counts(case):
    total, by_class = matched(case, [0, 1, 2])
    assert total.tp.tolist() == [503, 501, 408]
    assert total.fp.tolist() == [573, 575, 668]
    assert total.fn.tolist() == [69, 71, 164]
    assert total.f1.round(4).tolist() == [0.6104, 0.6080, 0.4951]
    assert by_class.T.round(4).tolist() == [
        [0.6577, 0.6296, 0.4235],
        [0.6577, 0.6296, 0.4078],
        [0.5235, 0.5185, 0.3529],
    ]
    assert by_class.mean(axis=0).round(4).tolist() == [0.5703, 0.5651, 0.4650]


def test_the_shared_case_gives_its_published_numbers_under_other_rules(case):
    background, _ = matched(case, [0, 1, 2, OTHER])
    assert background.f1.round(4).tolist() == [0.5823, 0.5791, 0.4768]
    many, _ = matched(case, [0, 1, 2], assignment="many_to_many")
    assert many.f1[:2].round(4).tolist() == [0.7650, 0.7096]
    assert round(float(many.f1[2]), 6) == 0.495146
    inclusive, _ = matched(case, [0, 1, 2], ends="inclusive")
    assert round(float(inclusive.f1[2]), 4) == 0.5218


def test_a_hundred_thousand_frames_take_less_than_a_tenth_of_a_second(case):
    start = time.process_time()
    bouts.f1_by_class(*case, [0, 1, 2, OTHER])
    assert time.process_time() - start < 0.1


def test_statistics_count_from_the_first_examined_frame():
    flags = np.array([1, 1, 0, 0, 1, 1, 1, 0, 1], dtype=bool)
    observed = np.array([0, 0, 1, 1, 1, 1, 1, 1, 1], dtype=bool)
    found = bouts.statistics(flags, observed, fps=2)
    assert found == bouts.BoutStatistics(count=2, total_s=2.0, mean_s=1.0, latency_s=1.0)
    nothing = bouts.statistics(np.zeros(9, bool), observed, fps=2)
    assert (nothing.count, nothing.total_s) == (0, 0.0)
    assert np.isnan([nothing.mean_s, nothing.latency_s]).all()


def test_bias_and_correlation_leave_out_what_is_not_defined():
    truth, predicted = np.array([1.0, 2, 4, np.nan]), np.array([3.0, 5, 9, 1])
    n, bias, correlation = bouts.bias_and_correlation(truth, predicted)
    assert (n, bias) == (3, pytest.approx(10 / 3))
    assert correlation == pytest.approx(1.0)
    assert np.isnan(bouts.bias_and_correlation(truth[:2], predicted[:2])[2])
    assert np.isnan(bouts.bias_and_correlation(np.ones(5), np.arange(5.0))[2])
    assert bouts.bias_and_correlation(truth[3:], predicted[3:])[0] == 0


def order(labels, left_out):
    bouts = [c for place, c in enumerate(labels) if place == 0 or c != labels[place - 1]]
    return [c for c in bouts if c not in left_out]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 3), max_size=25),
    st.lists(st.integers(0, 3), max_size=25),
    st.sampled_from([(), (3,)]),
)
def test_edit_score_equals_the_full_table(truth, predicted, left_out):
    value = bouts.edit_score(np.array(truth, int), np.array(predicted, int), left_out)
    a, b = order(truth, left_out), order(predicted, left_out)
    longer = max(len(a), len(b))
    expected = 100 * (1 - edit_distance(a, b) / longer) if longer else float("nan")
    assert value == pytest.approx(expected, nan_ok=True)


def test_the_shared_case_gives_its_published_edit_score(case):
    truth, predicted = (labels[:20_000] for labels in case)
    assert round(bouts.edit_score(truth, predicted, [OTHER]), 4) == 59.9078


def test_of_two_equal_overlaps_the_earlier_true_bout_is_claimed():
    truth, predicted = np.array([[0, 4], [6, 10]]), np.array([[2, 8], [8, 10]])
    assert match(truth, predicted, [0.25]).tp.tolist() == [2]
    assert one_to_one([[0, 1, 2, 3], [6, 7, 8, 9]], [[*range(2, 8)], [8, 9]], 0.25)[0] == 2
