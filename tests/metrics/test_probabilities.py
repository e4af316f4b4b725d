from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from boutwise.metrics import probabilities


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 200), st.integers(0, 10_000))
def test_bins_and_brier_equal_those_of_sklearn(n, seed):
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    y = rng.random(n) < p
    bins = probabilities.filled_bins(probabilities.reliability(y, p, 10))
    share, mean = calibration_curve(y, p, n_bins=10)
    np.testing.assert_allclose([b.observed_share for b in bins], share)
    np.testing.assert_allclose([b.mean_probability for b in bins], mean)
    assert sum(b.n for b in bins) == n
    assert all(b.low <= b.mean_probability <= b.high for b in bins)
    if len(set(y.tolist())) == 2:
        found = probabilities.measure(y, p, np.ones(n, bool))["brier"]
        assert found == pytest.approx(brier_score_loss(y, p))


def test_certainty_falls_into_the_last_bin():
    counts = probabilities.reliability(np.array([True, False]), np.array([1.0, 0.0]), 10)
    assert counts[:, probabilities.N].tolist() == [1] + [0] * 8 + [1]
    assert probabilities.calibration_error(counts) == 0


def test_calibration_error_of_calibrated_and_of_overconfident_probabilities():
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    y = rng.random(p.size) < p
    honest = probabilities.calibration_error(probabilities.reliability(y, p, 10))
    assert honest < 0.01
    sharp = np.where(p > 0.5, 0.99, 0.01)
    boasting = probabilities.calibration_error(probabilities.reliability(y, sharp, 10))
    assert boasting == pytest.approx(0.24, abs=0.01)


def wave(rng, n_frames, block, animal_sd):
    """Calibrated probabilities in blocks; labels that follow a shifted version of them."""
    p = np.repeat(rng.beta(0.5, 1.5, n_frames // block), block)
    shifted = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + rng.normal(0, animal_sd))))
    y = np.repeat(rng.random(n_frames // block), block) < shifted
    return p, y


def test_the_interval_of_a_time_budget_holds_the_true_time():
    """Frames of a block err together and each animal is shifted; 95 % of new animals are held."""
    rng = np.random.default_rng(3)
    hits = naive = 0
    n_tries = 400
    for _ in range(n_tries):
        animals = [wave(rng, 3000, 15, 0.4) for _ in range(9)]
        residuals = np.array([y.sum() - p.sum() for p, y in animals])
        variances = np.array([(p * (1 - p)).sum() for p, _ in animals])
        factor, n = probabilities.overdispersion(residuals[1:], variances[1:])
        time = probabilities.expected_time(
            animals[0][0].sum(), variances[0], 20, factor=factor, n_groups=n
        )
        truth_s = animals[0][1].sum() / 20
        hits += time.low_s <= truth_s <= time.high_s
        naive += abs(truth_s - time.expected_s) <= 1.96 * np.sqrt(variances[0]) / 20
    assert 0.91 <= hits / n_tries <= 0.985
    assert naive / n_tries < 0.6


def test_too_few_other_animals_leave_only_the_expected_time():
    time = probabilities.expected_time(40.0, 4.0, 20, factor=10.0, n_groups=2)
    assert time.expected_s == 2.0
    assert np.isnan([time.low_s, time.high_s]).all()
    assert np.isnan(probabilities.overdispersion(np.zeros(2), np.zeros(2))[0])
