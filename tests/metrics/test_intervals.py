from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from boutwise.errors import UsageError
from boutwise.metrics import estimate, mean_interval
from boutwise.metrics._intervals import difference, effective_number, student_quantile

from .simulation import Population, f1, macro_f1, outcomes


@settings(max_examples=200, deadline=None)
@given(st.floats(0.001, 0.999), st.integers(1, 120))
def test_student_quantile_is_where_that_share_lies_below(probability, df):
    found = student_quantile(probability, df)
    assert stats.t.cdf(found, df) == pytest.approx(probability, abs=1e-8)
    assert student_quantile(1 - probability, df) == pytest.approx(-found, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("df", [1, 2, 3, 5, 9, 39, 200])
@pytest.mark.parametrize("probability", [0.025, 0.5, 0.9, 0.975])
def test_student_quantile_equals_that_of_scipy(df, probability):
    expected = stats.t.ppf(probability, df)
    assert student_quantile(probability, df) == pytest.approx(expected, abs=1e-6)


def test_student_quantile_refuses_what_has_none():
    with pytest.raises(UsageError, match="degrees of freedom"):
        student_quantile(0.975, 0)


def slow_effective_number(counts):
    """Weights of the animals: their share of each count that occurs, averaged."""
    shares = [
        [row[j] / sum(other[j] for other in counts) for j in range(len(row)) if sum(counts)[j] > 0]
        for row in counts
    ]
    weights = [np.mean(each) for each in shares]
    return sum(weights) ** 2 / sum(w**2 for w in weights)


def slow_jackknife(counts, statistic, curve=lambda x: x, back=lambda x: x):
    """Leave out one animal after the other."""
    n = len(counts)
    value = curve(statistic(sum(counts)))
    without = [
        curve(statistic(sum(row for j, row in enumerate(counts) if j != i))) for i in range(n)
    ]
    error = np.sqrt((n - 1) / n * sum((w - value) ** 2 for w in without))
    df = max(slow_effective_number(counts) - 1, 1)
    half = stats.t.ppf(0.975, df) * error
    return [back(value - half), back(value + half)]


def logit(x):
    return np.log(x / (1 - x))


def expit(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("n_animals", [3, 6, 11])
def test_estimate_equals_a_slow_jackknife(n_animals, unequal):
    population = Population(unequal=unequal)
    counts = outcomes(population.draw(np.random.default_rng(n_animals), n_animals))
    found = estimate(counts, macro_f1)
    assert found.value == pytest.approx(macro_f1(counts.sum(axis=0)))
    ends = [found.interval.low, found.interval.high]
    assert ends == pytest.approx(slow_jackknife(list(counts), macro_f1, logit, expit), abs=1e-6)
    assert found.interval.n_groups == n_animals
    assert found.interval.n_effective == pytest.approx(slow_effective_number(list(counts)))
    assert found.interval.rough == (n_animals < 10)


@pytest.mark.parametrize("n_animals", [3, 6, 11])
def test_difference_equals_a_slow_jackknife_of_pairs(n_animals):
    rng = np.random.default_rng(n_animals)
    first, second = map(outcomes, Population().draw_pair(rng, n_animals, gain=0.3))
    one, two, found = difference(first, second, macro_f1)
    assert one == pytest.approx(macro_f1(first.sum(axis=0)))
    assert two == pytest.approx(macro_f1(second.sum(axis=0)))
    assert found.value == pytest.approx(one - two)
    both = list(np.concatenate([first, second], axis=1))
    ends = slow_jackknife(both, lambda row: macro_f1(row[:15]) - macro_f1(row[15:]))
    assert [found.interval.low, found.interval.high] == pytest.approx(ends, abs=1e-9)
    alone = estimate(first, macro_f1).interval
    # What makes an animal hard for both cancels.
    assert found.interval.high - found.interval.low < alone.high - alone.low


def test_a_difference_of_two_animals_is_refused():
    pair = map(outcomes, Population().draw_pair(np.random.default_rng(0), 2, gain=0.3))
    found = difference(*pair, macro_f1)[2]
    assert np.isnan([found.interval.low, found.interval.high]).all()
    assert "at least 3 animals" in found.interval.reason


def test_equal_predictions_differ_by_nothing():
    counts = outcomes(Population().draw(np.random.default_rng(0), 8))
    found = difference(counts, counts, macro_f1)[2]
    assert (found.value, found.interval.low, found.interval.high) == (0, 0, 0)


def test_effective_animals_are_fewer_where_one_has_most():
    equal = np.ones((8, 3))
    assert effective_number(equal) == pytest.approx(8)
    equal[0] *= 20
    assert effective_number(equal) < 2
    rare = np.column_stack([np.ones(8), np.eye(8)[0]])
    assert 2 < effective_number(rare) < 4


@pytest.mark.parametrize(
    ("n_animals", "population"),
    [
        (6, Population(spread=1.3, n_frames=1500)),
        (20, Population(spread=1.3, n_frames=1500)),
        (10, Population(spread=1.3, n_frames=1500, unequal=True, absent=0.6)),
    ],
)
def test_the_interval_covers_the_score_of_the_population(n_animals, population):
    """A percentile bootstrap would cover about .80 to .90 here; 600 tries err by .01."""
    everyone = outcomes(population.draw(np.random.default_rng(1), 20_000))
    target = macro_f1(everyone.sum(axis=0))
    rng = np.random.default_rng(2)
    n_tries, hits = 600, 0
    for _ in range(n_tries):
        counts = outcomes(population.draw(rng, n_animals))
        interval = estimate(counts, macro_f1).interval
        hits += interval.low <= target <= interval.high
    assert 0.92 <= hits / n_tries <= 0.98


def test_the_paired_interval_covers_the_difference_of_the_population():
    population = Population(spread=1.3, n_frames=1500, unequal=True)
    many = population.draw_pair(np.random.default_rng(1), 20_000, gain=0.3)
    first, second = (macro_f1(outcomes(part).sum(axis=0)) for part in many)
    rng = np.random.default_rng(3)
    n_tries, hits = 600, 0
    for _ in range(n_tries):
        pair = map(outcomes, population.draw_pair(rng, 10, gain=0.3))
        interval = difference(*pair, macro_f1)[2].interval
        hits += interval.low <= first - second <= interval.high
    assert 0.92 <= hits / n_tries <= 0.98


def test_two_animals_are_refused_with_a_reason():
    counts = outcomes(Population().draw(np.random.default_rng(0), 2))
    found = estimate(counts, macro_f1)
    assert found.value == pytest.approx(macro_f1(counts.sum(axis=0)))
    assert np.isnan([found.interval.low, found.interval.high]).all()
    assert "at least 3 animals" in found.interval.reason
    assert mean_interval(np.array([0.5, 0.7])).reason == found.interval.reason


def test_animals_without_any_count_do_not_make_it_narrower():
    counts = outcomes(Population().draw(np.random.default_rng(0), 5))
    padded = np.concatenate([counts, np.zeros((20, counts.shape[1]))])
    assert estimate(padded, macro_f1) == estimate(counts, macro_f1)
    nothing = estimate(np.zeros((5, 15)), macro_f1)
    assert np.isnan(nothing.value)
    assert nothing.interval.reason == "the score is not defined"


def test_a_perfect_score_has_a_defined_interval():
    found = estimate(np.array([[5.0, 0, 0]] * 6), f1)
    assert (found.interval.low, found.value, found.interval.high) == (1.0, 1.0, 1.0)
    nearly = estimate(np.array([[5.0, 0, 0]] * 5 + [[5.0, 1, 0]]), f1).interval
    assert 0.8 < nearly.low < nearly.high == 1.0
    assert "logit" not in nearly.method


def test_a_score_that_hangs_on_one_animal_is_refused():
    # Without the first animal there is neither a true nor a predicted frame.
    counts = np.array([[5.0, 1, 1, 9], [0, 0, 0, 9], [0, 0, 0, 9], [0, 0, 0, 9]])
    found = estimate(counts, f1)
    assert found.value == pytest.approx(10 / 12)
    assert "one animal" in found.interval.reason


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=15))
def test_the_interval_of_a_mean_is_that_of_student(values):
    interval = mean_interval(np.array([*values, np.nan]))
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
    half = stats.t.ppf(0.975, len(values) - 1) * error
    expected = [max(0, mean - half), min(1, mean + half)]
    assert [interval.low, interval.high] == pytest.approx(expected, abs=1e-6)
    assert interval.n_groups == len(values)
