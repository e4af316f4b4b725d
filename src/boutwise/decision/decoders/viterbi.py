"""The most likely path when changing the behavior has a price (Viterbi, 1967)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.links import TINY, blocks
from boutwise.types import Ethogram


def decide(
    probabilities: NDArray[np.float32],
    ethogram: Ethogram,
    fps: float,
    *,
    thresholds: Mapping[str, float] | None = None,
    mean_bout_s: float = 1.0,
) -> NDArray[np.bool_]:
    """Decide whole recordings: every change costs what it costs in a chain of such bouts.

    Transitions are not trained: six animals do not bear that. One length for all behaviors sets
    the price of a change, and a threshold moves the balance of an independent behavior.

    Args:
        probabilities: (frames, behaviors).
        ethogram: Behaviors and groups.
        fps: Frames per second.
        thresholds: Independent behavior -> probability at which yes and no weigh the same.
        mean_bout_s: Mean length of a bout, seconds.
    """
    decided = np.zeros(probabilities.shape, dtype=bool)
    stay = 1 - 1 / max(mean_bout_s * fps, 2.0)
    for columns in blocks(ethogram):
        chance = np.clip(probabilities[:, columns].astype(np.float64), TINY, 1 - TINY)
        if len(columns) == 1:
            threshold = (thresholds or {}).get(ethogram.names[columns[0]], 0.5)
            logs = np.column_stack([np.log1p(-chance[:, 0]), np.log(chance[:, 0])])
            logs[:, 1] += np.log1p(-threshold) - np.log(threshold)
            decided[:, columns[0]] = _best_path(logs, stay) == 1
        else:
            path = _best_path(np.log(chance), stay)
            decided[:, columns] = np.arange(len(columns)) == path[:, None]
    return decided


def _best_path(logs: NDArray[np.float64], stay: float) -> NDArray[np.int64]:
    n_frames, n_states = logs.shape
    if n_frames == 0:
        return np.empty(0, dtype=np.int64)
    keep, change = np.log(stay), np.log((1 - stay) / max(n_states - 1, 1))
    origin = np.empty((n_frames, n_states), dtype=np.int64)
    total = logs[0].copy()
    for frame in range(1, n_frames):
        best = int(total.argmax())
        switch = total[best] + change
        stays = total + keep >= switch
        origin[frame] = np.where(stays, np.arange(n_states), best)
        total = np.where(stays, total + keep, switch) + logs[frame]
    path = np.empty(n_frames, dtype=np.int64)
    path[-1] = int(total.argmax())
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = origin[frame, path[frame]]
    return path
