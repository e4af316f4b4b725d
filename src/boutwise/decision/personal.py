"""Biases for one animal, from a few minutes of it that somebody labelled.

Animals differ in how a behavior looks, and people in where they say that it begins. Both show as a
behavior that is said too often or too seldom of one animal. A bias on the logit of each behavior
takes that out. A few minutes bear no free bias: neighboring frames say the same, so that each
second counts as one vote, and the bias is drawn to zero by a normal prior (maximum a posteriori).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.decision import Decision
from boutwise.decision.links import blocks, to_raw
from boutwise.types import FrameState

PRIOR_SD = 0.2
"""Standard deviation of the prior of a bias, logits. On six animals .15 to .3 did alike; biases
that were almost free (1) lost .01 macro-F1, because two minutes are not like the rest."""
VOTES_A_SECOND = 1.0

Floats = NDArray[np.float64]


def fit_biases(
    decision: Decision,
    probabilities: Sequence[NDArray[np.float32]],
    states: Sequence[NDArray[np.int8]],
    fps: Sequence[float],
) -> tuple[float, ...]:
    """A bias for each behavior.

    Args:
        decision: Of the bundle; says which behaviors exclude each other.
        probabilities: What it gives for each recording of the animal, (frames, behaviors).
        states: What people said, (frames, behaviors).
        fps: Frames per second of each recording.
    """
    raw = np.concatenate([to_raw(part, decision.ethogram) for part in probabilities])
    truth = np.concatenate(list(states))
    votes = np.concatenate(
        [
            np.full(len(part), VOTES_A_SECOND / rate)
            for part, rate in zip(probabilities, fps, strict=True)
        ]
    )
    biases = np.zeros(raw.shape[1])
    for columns in blocks(decision.ethogram):
        place = list(columns)
        yes = truth[:, place] == FrameState.YES
        used = (truth[:, place] >= FrameState.NO).all(axis=1)
        if len(place) > 1:
            used &= yes.any(axis=1)
        if used.any():
            biases[place] = _fit(raw[used][:, place].astype(np.float64), yes[used], votes[used])
    return tuple(float(bias) for bias in biases)


def personal(decision: Decision, biases: Sequence[float]) -> Decision:
    """The decision with biases added to those of its calibration."""
    bias = tuple(a + b for a, b in zip(decision.calibration.bias, biases, strict=True))
    return replace(decision, calibration=replace(decision.calibration, bias=bias))


def _fit(raw: Floats, yes: NDArray[np.bool_], votes: Floats) -> Floats:
    from scipy.optimize import minimize

    # One behavior alone is a choice between its logit and 0.
    alone = raw.shape[1] == 1
    scores = np.concatenate([raw, np.zeros_like(raw)], axis=1) if alone else raw
    truth = np.concatenate([yes, ~yes], axis=1) if alone else yes

    def loss(bias: Floats) -> tuple[float, Floats]:
        moved = scores + (np.array([bias[0], 0.0]) if alone else bias)
        total = np.logaddexp.reduce(moved, axis=1)
        missed = votes * (total - moved[truth])
        slope = (votes[:, None] * (np.exp(moved - total[:, None]) - truth)).sum(axis=0)
        prior = float(bias @ bias) / (2 * PRIOR_SD**2)
        return float(missed.sum()) + prior, slope[: len(bias)] + bias / PRIOR_SD**2

    found: Floats = minimize(loss, np.zeros(raw.shape[1]), jac=True, method="L-BFGS-B").x
    return found
