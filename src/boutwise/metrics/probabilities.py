"""Scores of probabilities: do they mean what they say, and how much time do they foresee?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._intervals import LEVEL, student_quantile
from boutwise.metrics._matching import ratio
from boutwise.metrics.frames import average_precision

DESCRIPTION = "average precision, expected calibration error, Brier score, expected share of frames"
PREDICTION = "probability"

N, SUM_P, SUM_Y = range(3)
"""Places in the last axis of reliability counts."""


def measure(
    truth: NDArray[np.bool_], predicted: NDArray[np.floating], observed: NDArray[np.bool_]
) -> dict[str, float]:
    """Scores of one behavior's probability; see :class:`~boutwise.metrics.Metric`.

    >>> scores = measure(np.array([True, False]), np.array([0.9, 0.3]), np.array([True, True]))
    >>> round(scores["ece"], 3), round(scores["brier"], 3)
    (0.2, 0.05)
    """
    y, p = truth[observed], np.asarray(predicted, dtype=np.float64)[observed]
    return {
        "average_precision": average_precision(y, p),
        "ece": float(calibration_error(reliability(y, p, 10))),
        "brier": float(((p - y) ** 2).mean()) if len(p) else math.nan,
        "expected_share": float(p.mean()) if len(p) else math.nan,
    }


def reliability(
    truth: NDArray[np.bool_], probability: NDArray[np.floating], bins: int
) -> NDArray[np.float64]:
    """Sort frames into bins of equal width by their probability.

    Args:
        truth: Whether the behavior is shown, (frames,).
        probability: (frames,).
        bins: Their number; a probability on an edge falls into the upper bin.

    Returns:
        Frames, sum of the probabilities and number of frames that show it, (bins, 3).
    """
    place = np.clip((probability * bins).astype(np.int64), 0, bins - 1)
    sums = [
        np.bincount(place, weights=weights, minlength=bins)
        for weights in (None, probability.astype(np.float64), truth.astype(np.float64))
    ]
    return np.stack(sums, axis=-1).astype(np.float64)


def calibration_error(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected calibration error: the mean gap between probability and share, over frames.

    Naeini et al. 2015, for one behavior against the rest.

    Args:
        counts: From :func:`reliability`, (..., bins, 3).
    """
    gaps = np.abs(counts[..., SUM_P] - counts[..., SUM_Y]).sum(axis=-1)
    return ratio(gaps, counts[..., N].sum(axis=-1))


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability diagram: ``[low, high)`` and what was in it."""

    low: float
    high: float
    n: int
    mean_probability: float
    observed_share: float


def filled_bins(counts: NDArray[np.float64]) -> tuple[Bin, ...]:
    """The bins that hold a frame, from counts (bins, 3)."""
    width = 1 / len(counts)
    return tuple(
        Bin(
            low=round(row * width, 9),
            high=round((row + 1) * width, 9),
            n=int(n),
            mean_probability=float(sum_p / n),
            observed_share=float(sum_y / n),
        )
        for row, (n, sum_p, sum_y) in enumerate(counts)
        if n
    )


@dataclass(frozen=True)
class ExpectedTime:
    """Time that probabilities foresee for one behavior, seconds, with a 95 % interval."""

    expected_s: float
    low_s: float
    high_s: float


def overdispersion(
    residuals: NDArray[np.float64], variances: NDArray[np.float64]
) -> tuple[float, int]:
    """How much more the time of a behavior varies than independent frames would.

    Frames that follow each other err together, and a model is a little wrong for each animal. So
    the error of the summed probabilities is measured on other animals.

    Args:
        residuals: True minus expected frames of each animal, (animals,).
        variances: Sum of ``p (1 - p)`` over its frames, (animals,).

    Returns:
        Ratio of squared error to the variance of independent frames, and number of animals.

    >>> overdispersion(np.array([30.0, -30.0]), np.array([9.0, 9.0]))
    (100.0, 2)
    """
    used = variances > 0
    if not used.any():
        return math.nan, 0
    return float((residuals[used] ** 2).sum() / variances[used].sum()), int(used.sum())


def expected_time(
    expected_frames: float, variance: float, fps: float, *, factor: float, n_groups: int
) -> ExpectedTime:
    """Time budget of one subject and behavior with an interval for its true time.

    Args:
        expected_frames: Sum of the probabilities.
        variance: Sum of ``p (1 - p)``.
        fps: Frames per second.
        factor: From :func:`overdispersion`, of other animals.
        n_groups: Number of those animals; below 3 there is no interval (NaN).

    >>> time = expected_time(200, 9.0, fps=20, factor=100.0, n_groups=10)
    >>> round(time.expected_s, 2), round(time.low_s, 2), round(time.high_s, 2)
    (10.0, 6.66, 13.34)
    """
    expected_s = expected_frames / fps
    if n_groups < 3 or math.isnan(factor):
        return ExpectedTime(expected_s, math.nan, math.nan)
    # The residuals have a known mean of 0, so no degree of freedom is lost to it.
    half = student_quantile(0.5 + LEVEL / 2, n_groups) * math.sqrt(factor * variance) / fps
    low_s, high_s = np.clip([expected_s - half, expected_s + half], 0.0, None).tolist()
    return ExpectedTime(expected_s, low_s, high_s)
