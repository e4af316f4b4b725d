"""Two thresholds: a behavior begins above the upper one and lasts until below the lower one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.decoders.most_likely import decide as most_likely
from boutwise.decision.links import blocks
from boutwise.types import Ethogram
from boutwise.types.frame_states import runs


def decide(
    probabilities: NDArray[np.float32],
    ethogram: Ethogram,
    fps: float,
    *,
    thresholds: Mapping[str, float] | None = None,
    margin: float = 0.1,
) -> NDArray[np.bool_]:
    """Decide with inertia.

    In an exclusive group the behavior of the frame before stays as long as it is within twice
    ``margin`` of the most likely one.

    Args:
        probabilities: (frames, behaviors).
        ethogram: Behaviors and groups.
        fps: Not used; part of the contract.
        thresholds: Independent behavior -> middle of its two thresholds; .5 where not given.
        margin: Distance of both thresholds from the middle.
    """
    decided = most_likely(probabilities, ethogram, fps)
    for columns in blocks(ethogram):
        if len(columns) == 1:
            middle = (thresholds or {}).get(ethogram.names[columns[0]], 0.5)
            decided[:, columns[0]] = _two_thresholds(
                probabilities[:, columns[0]], middle - margin, middle + margin
            )
        else:
            chance = probabilities[:, columns]
            lead = chance.max(axis=1, keepdims=True) - chance
            best = lead.argmin(axis=1)
            for frame in range(1, len(best)):
                if lead[frame, best[frame - 1]] <= 2 * margin:
                    best[frame] = best[frame - 1]
            decided[:, columns] = np.arange(len(columns)) == best[:, None]
    return decided


def _two_thresholds(
    probability: NDArray[np.float32], lower: float, upper: float
) -> NDArray[np.bool_]:
    decided = np.zeros(probability.shape, dtype=bool)
    for start, stop in runs(probability >= lower):
        decided[start:stop] = probability[start:stop].max() >= upper
    return decided
