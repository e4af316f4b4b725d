"""The path of greatest gain, when every change has a price (the Potts model in one dimension)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PIECE = 4096
"""Frames that are plain numbers at a time."""


def best_path(gains: NDArray[np.floating], price: float) -> NDArray[np.int64]:
    """The behavior of each frame with the greatest sum of gains less the price of each change."""
    path = np.zeros(len(gains), dtype=np.int64)
    if len(gains) == 0:
        return path
    totals, total = np.empty(gains.shape), gains[0].tolist()
    # Plain numbers: for so few behaviors an array a frame would take ten times as long; and in
    # pieces, because those of two hours would take a hundred megabytes.
    for start in range(0, len(gains), PIECE):
        kept = []
        for frame, row in enumerate(gains[start : start + PIECE].tolist(), start):
            if frame:
                changed = max(total) - price
                total = [
                    (stayed if stayed >= changed else changed) + gain
                    for stayed, gain in zip(total, row, strict=True)
                ]
            kept.append(total)
        totals[start : start + PIECE] = kept
    behavior = total.index(max(total))
    path[-1] = behavior
    for stop in range(len(gains) - 1, 0, -PIECE):
        start = max(stop - PIECE, 0)
        for frame, before in zip(
            range(stop - 1, start - 1, -1), totals[start:stop][::-1].tolist(), strict=True
        ):
            best = max(before)
            if before[behavior] < best - price:
                behavior = before.index(best)
            path[frame] = behavior
    return path
