"""As great a macro-F1 over frames as can be expected, when every change of behavior has a price.

Of rare acts the likeliest behavior of a frame is nearly never the act, even where it is ten times
as likely as usual: the one who takes the likeliest says many right frames and few acts. F1 asks for
both. Near the best decision a frame that is given to a behavior of ``n`` true and ``m`` decided
frames, whose F1 is ``F``, raises that F1 by ``(2 p - F) / (n + m)``: it is a gain where the
probability ``p`` exceeds half the F1, the more so the rarer the behavior. These two numbers of each
behavior, its threshold and its worth, are found in out-of-fold probabilities alone, without a look
at the labels; so they are as good as the calibration is.

Source: the threshold of half the best F1, Lipton et al. 2014 (ECML); for several classes and
ratios of counts, Narasimhan et al. 2015 (ICML).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.decoders._best_path import best_path
from boutwise.decision.decoders.expected_frames import yes_or_no
from boutwise.decision.links import blocks
from boutwise.types import Ethogram

MOST_FRAMES = 200_000
"""Frames from which thresholds and worths are found, evenly spread: more would not move them."""

ROUNDS = 60
"""Of going from a decision to thresholds and worths, and back; it has settled long before."""

STEP = 0.3
"""Share of the way that is gone in a round: a whole step may swing between two decisions."""

FEWEST_FRAMES, RAREST = 30, 1e-4
"""Frames, and share of the frames, that a behavior counts for at least: what nearly never occurs is
of no great worth, or one wrong guess would be said for it everywhere."""

LEAST = 0.02
"""Lowest threshold, as of independent behaviors."""

Floats = NDArray[np.float64]


def decide(
    probabilities: NDArray[np.float32],
    ethogram: Ethogram,
    fps: float,
    *,
    thresholds: Mapping[str, float] | None = None,
    worths: Mapping[str, float] | None = None,
    price_s: float = 0.0125,
) -> NDArray[np.bool_]:
    """Decide whole recordings.

    Args:
        probabilities: (frames, behaviors).
        ethogram: Behaviors and groups.
        fps: Frames per second.
        thresholds: Probability from which a frame is a gain for a behavior; of one in a group 0
            where not given, of an independent one .5.
        worths: Of a gain, by behavior of a group; 1 where not given, so that without both the
            likeliest behavior is taken.
        price_s: Seconds of gain that a change must win; 0 decides each frame alone. A second of
            all behaviors as often as they are is worth 1.
    """
    decided = np.zeros(probabilities.shape, dtype=bool)
    for columns in blocks(ethogram):
        chance = probabilities[:, columns].astype(np.float64)
        names = [ethogram.names[column] for column in columns]
        if len(columns) == 1:
            threshold = (thresholds or {}).get(names[0], 0.5)
            decided[:, columns[0]] = yes_or_no(chance[:, 0], threshold, price_s * fps)
            continue
        least = np.array([(thresholds or {}).get(name, 0.0) for name in names])
        worth = np.array([(worths or {}).get(name, 1.0) for name in names])
        path = best_path((chance - least) * worth, price_s * fps)
        decided[:, columns] = np.arange(len(columns)) == path[:, None]
    return decided


def fit(
    probabilities: NDArray[np.float32], known: NDArray[np.bool_], ethogram: Ethogram
) -> tuple[dict[str, float], dict[str, float]]:
    """Thresholds and worths of the behaviors of exclusive groups.

    Args:
        probabilities: Calibrated, of frames that were not trained on, (frames, behaviors).
        known: Where somebody said yes or no, (frames, behaviors).
        ethogram: Behaviors and groups.
    """
    thresholds: dict[str, float] = {}
    worths: dict[str, float] = {}
    for columns in blocks(ethogram):
        judged = np.flatnonzero(known[:, columns].all(axis=1))
        if len(columns) == 1 or not len(judged):
            continue
        spread = np.linspace(0, len(judged) - 1, min(len(judged), MOST_FRAMES))
        rows = judged[spread.round().astype(np.int64)]
        least, worth = _settled(probabilities[rows][:, columns].astype(np.float64))
        for place, column in enumerate(columns):
            thresholds[ethogram.names[column]] = float(least[place])
            worths[ethogram.names[column]] = float(worth[place])
    return thresholds, worths


def _settled(chances: Floats) -> tuple[Floats, Floats]:
    """Threshold and worth of each class of a group, (classes,) each."""
    share = np.maximum(chances.mean(axis=0), max(RAREST, FEWEST_FRAMES / len(chances)))
    f1, counts = np.full(share.size, 0.5), 2 * share
    best, found = -1.0, (f1, counts)
    for _ in range(ROUNDS):
        chosen = ((2 * chances - f1) / counts).argmax(axis=1)
        said = np.bincount(chosen, minlength=share.size) / len(chances)
        sure = chances[np.arange(len(chances)), chosen]
        right = np.bincount(chosen, weights=sure, minlength=share.size) / len(chances)
        reached = 2 * right / (share + said)
        if reached.mean() > best:
            best, found = float(reached.mean()), (f1, counts)
        f1 = f1 + STEP * (reached - f1)
        counts = counts + STEP * (share + said - counts)
    f1, counts = found
    worth = 1 / counts
    return np.maximum(f1 / 2, LEAST), worth / (share @ worth)
