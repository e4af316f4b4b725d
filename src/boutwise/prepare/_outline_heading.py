"""Which end of a body is the head: from its taper, its tail and its walk, over a whole recording.

None of the three is sure in a single frame: a crouching mouse has no taper, a tail may lie beside
the body, a mouse backs off. But a body does not turn about within a frame, so the most likely run
of headings is looked for (Viterbi 1967) over two states, the axis and its opposite.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from boutwise.prepare._outline_points import Postures

Floats = NDArray[np.float64]

TAPERED = 0.1
"""Lean along the axis that is as good as one piece of evidence; mice have .03 to .07."""
TAILED = 3000.0
"""Pixels times pixels of tail that are as good as one piece, the most that a tail can bring."""
WALKED_S = 3.0
"""Spreads of the body a second that are as good as one piece."""
MOST_TAPER, MOST_WALK = 1.5, 3.0
"""Pieces of evidence that one frame can bring by the one and the other."""
WALK_SD_S = 0.15
"""The middle of the body is smoothed so before its speed is taken."""
PER_S = 20.0
"""Frames a second at which the weights were found: more frames bring no more evidence."""
TURNING = 8.0
"""Pieces of evidence that it takes to believe that a body has turned about within a frame."""


def headings(postures: Postures, animal: int, fps: float) -> Floats:
    """Where the head of an animal is, rad from right to down, (frames,); NaN where it has no body.

    Args:
        postures: Of the recording.
        animal: Its place among them.
        fps: Frames per second.
    """
    axis = postures.axis[:, animal].astype(np.float64)
    there = np.flatnonzero(np.isfinite(axis))
    found = np.full(axis.size, np.nan)
    if not there.size:
        return found
    axis = axis[there]
    evidence = _evidence(postures, animal, there, fps) * (PER_S / fps)
    together = np.diff(there) == 1
    staying = np.append(0.0, TURNING * np.cos(np.diff(axis)) * together)
    found[there] = axis + np.pi * _most_likely(evidence, staying)
    return found


def _velocity(places: Floats, fps: float) -> Floats:
    """Of the middle, pixels a second, (frames, 2)."""
    frames = np.arange(len(places))
    there = np.isfinite(places[:, 0])
    joined = np.stack([np.interp(frames, frames[there], at[there]) for at in places.T], axis=1)
    if len(joined) < 2:
        return np.zeros_like(joined)
    smooth = gaussian_filter1d(joined, WALK_SD_S * fps, axis=0, mode="nearest")
    return np.asarray(np.gradient(smooth, axis=0) * fps)


def _evidence(postures: Postures, animal: int, there: NDArray[np.int64], fps: float) -> Floats:
    """How much speaks for the head being where the axis points to, in some frames."""
    velocity = _velocity(postures.center[:, animal].astype(np.float64), fps)[there]
    axis, lean = postures.axis[there, animal], postures.lean[there, animal]
    spread = np.maximum(postures.spread[there, animal], 1.0)
    ahead = velocity[:, 0] * np.cos(axis) + velocity[:, 1] * np.sin(axis)
    taper = np.clip(lean / TAPERED, -MOST_TAPER, MOST_TAPER)
    walk = np.clip(ahead / (spread * WALKED_S), -MOST_WALK, MOST_WALK)
    return np.asarray(taper + walk - np.clip(postures.tail[there, animal] / TAILED, -1, 1))


def _numbers(values: Floats) -> Iterator[float]:
    """One after the other; as a list those of hours would take ten times the room."""
    for some in np.array_split(values, 1 + values.size // 10_000):
        yield from some.tolist()


def _most_likely(evidence: Floats, staying: Floats) -> NDArray[np.int64]:
    """The most likely run of two states, (bodies,): 0 = along the axis, 1 = opposite.

    Args:
        evidence: For state 0 and against state 1, (bodies,).
        staying: For the same state as one frame before, and against a change, (bodies,).
    """
    came_from = np.zeros((len(evidence), 2), dtype=np.int8)
    first, second = 0.0, 0.0
    steps = zip(_numbers(evidence), _numbers(staying), strict=True)
    for place, (speaks, stays) in enumerate(steps):
        kept, changed = first + stays, second - stays
        kept_second, changed_second = second + stays, first - stays
        came_from[place] = (0 if kept >= changed else 1, 1 if kept_second >= changed_second else 0)
        first = max(kept, changed) + speaks
        second = max(kept_second, changed_second) - speaks
    states = np.zeros(len(evidence), dtype=np.int64)
    state = 0 if first >= second else 1
    for place in range(len(evidence) - 1, -1, -1):
        states[place] = state
        state = came_from[place, state]
    return states
