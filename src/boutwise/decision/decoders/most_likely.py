"""The most likely behavior of each exclusive group; a threshold for each independent behavior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.links import blocks
from boutwise.types import Ethogram


def decide(
    probabilities: NDArray[np.float32],
    ethogram: Ethogram,
    fps: float,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> NDArray[np.bool_]:
    """Decide each frame on its own.

    Args:
        probabilities: (frames, behaviors).
        ethogram: Behaviors and groups.
        fps: Not used; part of the contract.
        thresholds: Independent behavior -> probability from which it is yes; .5 where not given.
    """
    decided = np.zeros(probabilities.shape, dtype=bool)
    for columns in blocks(ethogram):
        if len(columns) == 1:
            threshold = (thresholds or {}).get(ethogram.names[columns[0]], 0.5)
            decided[:, columns[0]] = probabilities[:, columns[0]] >= threshold
        else:
            best = np.asarray(columns)[probabilities[:, columns].argmax(axis=1)]
            decided[np.arange(len(best)), best] = True
    return decided
