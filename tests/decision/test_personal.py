"""Biases for one animal, fitted to a few labelled minutes."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.decision import Calibration, Combination, Decision
from boutwise.decision.links import to_probabilities
from boutwise.decision.personal import PRIOR_SD, fit_biases, personal
from boutwise.types import Behavior, Ethogram, ExclusiveGroup

NAMES = ("rest", "walk", "rear", "sniff")
ETHOGRAM = Ethogram(tuple(Behavior(n) for n in NAMES), (ExclusiveGroup("body", NAMES[:3]),))
FPS = 20.0
DECISION = Decision(ETHOGRAM, Combination(), Calibration("none", (1.0,) * 4, (0.0,) * 4))


def labelled(seconds: float, biases: tuple[float, ...], seed: int = 0):
    """Probabilities that lack the animal's biases, and what is true of it."""
    rng = np.random.default_rng(seed)
    raw = np.repeat(rng.normal(0, 1.5, (int(seconds), 4)), int(FPS), axis=0).astype(np.float32)
    real = to_probabilities(raw + np.array(biases, np.float32), ETHOGRAM)
    states = np.zeros(raw.shape, dtype=np.int8)
    draws = np.repeat(rng.random((int(seconds), 2)), int(FPS), axis=0)
    chosen = (draws[:, :1] > np.cumsum(real[:, :3], axis=1)[:, :2]).sum(axis=1)
    states[np.arange(len(raw)), chosen] = 1
    states[:, 3] = draws[:, 1] < real[:, 3]
    return to_probabilities(raw, ETHOGRAM), states


def test_much_of_an_animal_tells_its_biases():
    planted = (0.6, -0.6, 0.0, -0.5)
    probabilities, states = labelled(4000, planted)
    found = fit_biases(DECISION, [probabilities], [states], [FPS])
    np.testing.assert_allclose(found, planted, atol=0.2)


def test_little_of_it_is_drawn_to_zero():
    """Against the maximum of the posterior found on a grid, for the behavior that is alone."""
    probabilities, states = labelled(90, (0.6, -0.6, 0.0, 1.0))
    found = fit_biases(DECISION, [probabilities], [states], [FPS])
    assert max(map(abs, found)) < 2 * PRIOR_SD
    p, yes = probabilities[:, 3].astype(float), states[:, 3] == 1
    grid = np.linspace(-1, 1, 2001)
    logits = np.log(p) - np.log1p(-p)
    signed = np.where(yes, 1.0, -1.0)
    posterior = [
        -np.logaddexp(0, -signed * (logits + b)).sum() / FPS - b * b / (2 * PRIOR_SD**2)
        for b in grid
    ]
    assert found[3] == pytest.approx(grid[int(np.argmax(posterior))], abs=2e-3)


def test_what_nobody_judged_says_nothing():
    probabilities, states = labelled(120, (0.6, -0.6, 0.0, 1.0))
    more = np.concatenate([states, np.full_like(states, -1)])
    twice = np.concatenate([probabilities, probabilities])
    both = [
        fit_biases(DECISION, [probabilities], [states], [FPS]),
        fit_biases(DECISION, [twice], [more], [FPS]),
    ]
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
    assert fit_biases(DECISION, [probabilities], [np.full_like(states, -1)], [FPS]) == (0.0,) * 4


def test_the_biases_are_added_to_the_calibration():
    before = Decision(
        ETHOGRAM, Combination(), Calibration("vector", (1.0,) * 4, (0.1, 0.2, 0.3, 0.4))
    )
    after = personal(before, (1.0, 0.0, 0.0, -1.0))
    assert after.calibration.bias == pytest.approx((1.1, 0.2, 0.3, -0.6))
    raw = np.zeros((3, 4), dtype=np.float32)
    assert (after.probabilities([raw], FPS)[:, 0] > before.probabilities([raw], FPS)[:, 0]).all()
