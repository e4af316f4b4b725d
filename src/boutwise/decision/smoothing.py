"""Smooth probabilities and drop bouts that are too short to be one."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.links import blocks
from boutwise.types import Ethogram
from boutwise.types.frame_states import runs

TINY = 1e-9
"""Least sum of probabilities that something is divided by."""


def moving_mean(
    probabilities: NDArray[np.float32], seconds: float, fps: float
) -> NDArray[np.float32]:
    """Centered moving mean over an odd number of frames; shorter at both ends.

    Args:
        probabilities: (frames, behaviors).
        seconds: Length of the window; below one and a half frames nothing is smoothed.
        fps: Frames per second.

    >>> moving_mean(np.array([[0], [0], [1], [0]], dtype=np.float32), 0.3, 10).ravel().round(2)
    array([0.  , 0.33, 0.33, 0.5 ], dtype=float32)
    """
    half = round((seconds * fps - 1) / 2)
    if half < 1 or len(probabilities) == 0:
        return probabilities
    frame = np.arange(len(probabilities))
    first, last = np.maximum(frame - half, 0), np.minimum(frame + half + 1, len(frame))
    smoothed = np.empty(probabilities.shape, dtype=np.float32)
    for column, values in enumerate(probabilities.T):  # sums need twice the room: one at a time
        total = np.concatenate([[0.0], values]).cumsum()
        smoothed[:, column] = (total[last] - total[first]) / (last - first)
    return smoothed


def smoothed(
    probabilities: NDArray[np.float32],
    ethogram: Ethogram,
    seconds: float | Mapping[str, float],
    fps: float,
) -> NDArray[np.float32]:
    """Probabilities smoothed over one length, or each behavior over its own.

    A twitch is over before a mean of seconds has seen it, and seconds of grooming are told by
    seconds. In an exclusive group with several lengths the shortest-lived behavior gets its own
    mean; how the rest of each frame is divided among the others is told by the means over the next
    length, and so on. Groups sum to what they summed to; with one length it is the moving mean.

    Args:
        probabilities: (frames, behaviors).
        ethogram: Behaviors and groups.
        seconds: Length of the mean; or behavior -> length, 0 where it is not named.
        fps: Frames per second.
    """
    if not isinstance(seconds, Mapping):
        return moving_mean(probabilities, seconds, fps)
    found = np.empty(probabilities.shape, dtype=np.float32)
    for columns in blocks(ethogram):
        left = probabilities[:, columns].sum(axis=1) if len(columns) > 1 else None
        rest = sorted(columns, key=lambda c: seconds.get(ethogram.names[c], 0.0))
        while rest:
            length = seconds.get(ethogram.names[rest[0]], 0.0)
            now = [c for c in rest if seconds.get(ethogram.names[c], 0.0) == length]
            means = moving_mean(probabilities[:, rest], length, fps)
            if left is not None:
                means = means * (left / np.maximum(means.sum(axis=1), TINY))[:, None]
                left = np.maximum(left - means[:, : len(now)].sum(axis=1), 0)
            found[:, now] = means[:, : len(now)]
            rest = rest[len(now) :]
            if len(rest) == 1 and left is not None:
                found[:, rest[0]] = left
                rest = []
    return found


def drop_short(
    decided: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
    ethogram: Ethogram,
    shortest_frames: Mapping[str, int],
) -> NDArray[np.bool_]:
    """Take out bouts shorter than a minimum.

    In an exclusive group the frames of a dropped bout go, shortest bout first, to the more
    likely of its two neighbors, so that exactly one behavior is left in each frame. A recording
    that is one single bout keeps it.

    Args:
        decided: (frames, behaviors).
        probabilities: (frames, behaviors), smoothed.
        ethogram: Behaviors and groups.
        shortest_frames: Behavior -> fewest frames of a bout.
    """
    decided = decided.copy()
    names = ethogram.names
    for columns in blocks(ethogram):
        if len(columns) == 1:
            fewest = shortest_frames.get(names[columns[0]], 1)
            for start, stop in runs(decided[:, columns[0]]):
                if stop - start < fewest:
                    decided[start:stop, columns[0]] = False
        else:
            fewest_each = np.array([shortest_frames.get(names[column], 1) for column in columns])
            choice = decided[:, columns].argmax(axis=1)
            choice = _absorb(choice, probabilities[:, columns], fewest_each)
            decided[:, columns] = np.arange(len(columns)) == choice[:, None]
    return decided


def _absorb(
    choice: NDArray[np.int64], probabilities: NDArray[np.float32], fewest: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give short pieces to a neighbor, shortest first: a linked list of pieces and a heap."""
    edges = [0, *(np.flatnonzero(np.diff(choice)) + 1).tolist(), len(choice)]
    start, stop = edges[:-1], edges[1:]
    behavior = [int(choice[frame]) for frame in start]
    before, after = list(range(-1, len(start) - 1)), [*range(1, len(start)), -1]
    gains = np.add.reduceat(probabilities, start, axis=0, dtype=np.float64)  # of each piece
    short = [(stop[i] - start[i], i) for i in range(len(start))]
    heapify(short)
    while short:
        length, i = heappop(short)
        stale = behavior[i] < 0 or length != stop[i] - start[i]
        neighbors = [n for n in (before[i], after[i]) if n >= 0]
        if stale or length >= fewest[behavior[i]] or not neighbors:
            continue
        gain = gains[i]
        behavior[i] = behavior[max(neighbors, key=lambda n: float(gain[behavior[n]]))]
        for left, right in ((before[i], i), (i, after[i])):
            if left >= 0 and right >= 0 and behavior[left] == behavior[right]:
                # The left piece swallows the right one; 'i' goes on as what holds it.
                stop[left], after[left] = stop[right], after[right]
                gains[left] += gains[right]
                if after[right] >= 0:
                    before[after[right]] = left
                behavior[right] = -1
                i = left
        heappush(short, (stop[i] - start[i], i))
    absorbed = choice.copy()
    for first, last, which in zip(start, stop, behavior, strict=True):
        if which >= 0:
            absorbed[first:last] = which
    return absorbed
