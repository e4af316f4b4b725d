"""Estimates of how far labels slide against pose: from movement, or from posteriors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._lags import (
    MAX_LAG_S,
    Agreement,
    Floats,
    coarseness,
    correlate,
    correlate_around,
    fit_line,
    windows,
)
from boutwise.errors import DataError

LEAST_CHANGES = 24
"""Starts and ends of bouts below which nothing can be told."""

LEAST_PROMINENCE = 1.4
"""Agreement within reach over agreement by chance, below which nothing can be told."""

MOST_ERROR_S = 0.12
"""Standard error above which nothing can be told, seconds."""

_MOST_KEYPOINTS = 8
_LEAST_FRAMES = 2
_CLIP = 0.02


@dataclass(frozen=True)
class SyncEstimate:
    """How far labels come behind the pose.

    Attributes:
        offset_frames: In the middle of the recording; positive = the labels are late.
        drift_frames_per_minute: Change of the offset; 0 when none can be seen.
        offset_error_frames: Standard error of the offset.
        drift_error_frames_per_minute: Standard error of the drift.
        minutes: Length of the recording.
        fps: Frames per second.
        cannot_tell: Why the estimate means nothing; empty when it means something.
        few_events: Whether there is simply too little labeled to tell.
    """

    offset_frames: float
    drift_frames_per_minute: float
    offset_error_frames: float
    drift_error_frames_per_minute: float
    minutes: float
    fps: float
    cannot_tell: str = ""
    few_events: bool = False

    @property
    def start_frames(self) -> float:
        """Offset at the start of the recording, frames."""
        return self.offset_frames - self.drift_frames_per_minute * self.minutes / 2

    @property
    def stop_frames(self) -> float:
        """Offset at its end, frames."""
        return self.offset_frames + self.drift_frames_per_minute * self.minutes / 2

    @property
    def slide_frames(self) -> float:
        """How far the labels slide from the start to the end, frames."""
        return self.stop_frames - self.start_frames


def offset_from_movement(states: NDArray[np.int8], speed: Floats, fps: float) -> SyncEstimate:
    """Offset and drift of labels against movement: where the labels explain most of it.

    At each lag the share of the movement's variance is computed that the labels explain (the
    squared correlation of each behavior with each channel, on ranks). It is greatest where the
    labels lie on the movement that they speak of.

    Args:
        states: :class:`~boutwise.types.FrameState` codes, (frames, behaviors).
        speed: Movement, (frames,) or (frames, channels), NaN = missing; see :func:`movement`.
        fps: Frames per second.
    """
    return settle([movement_agreement(states, speed, fps)])


def offset_from_posteriors(
    states: NDArray[np.int8], probabilities: Floats, fps: float
) -> SyncEstimate:
    """Offset and drift of labels against what a model that never saw them makes of the pose.

    At each lag the log-likelihood of the labels under the shifted posteriors is computed. A lag
    that all training labels share is in the posteriors already, and is not seen.

    Args:
        states: :class:`~boutwise.types.FrameState` codes, (frames, behaviors).
        probabilities: Out-of-fold posteriors, (frames, behaviors), NaN = missing.
        fps: Frames per second.
    """
    return settle([posterior_agreement(states, probabilities, fps)])


def movement_agreement(states: NDArray[np.int8], speed: Floats, fps: float) -> Agreement:
    """Agreement of labels and movement at every lag, in explained variance."""
    _same_frames(states, speed)
    channels = _ranked(speed[:, None] if speed.ndim == 1 else speed)
    max_lag = round(MAX_LAG_S * fps)
    values, middles = [], []
    for start, stop in windows(len(states), fps):
        low, high = max(0, start - max_lag), min(len(states), stop + max_lag)
        labels, weight = _centered(states, (start, stop), (low, high))
        part = _standard(channels[low:high])
        explained = correlate(labels, part, max_lag) ** 2 / weight[:, None]
        values.append(explained.mean(axis=2).sum(axis=1))
        middles.append((start + stop) / 2)
    labels, weight = _centered(states, (0, len(states)), (0, len(states)))
    channels = _standard(channels)
    everywhere = _around(len(states))
    for column in range(labels.shape[1]):
        explained = correlate_around(labels[:, column], channels) ** 2
        everywhere += explained.mean(axis=1) / weight[column]
    return _agreement(states, values, middles, everywhere=everywhere, fps=fps)


def posterior_agreement(states: NDArray[np.int8], probabilities: Floats, fps: float) -> Agreement:
    """Agreement of labels and posteriors at every lag, in log-likelihood."""
    _same_frames(states, probabilities)
    if states.shape != probabilities.shape:
        raise DataError(
            f"labels of {states.shape[1]} behaviors and posteriors of {probabilities.shape[1]}",
            expected="the same behaviors",
        )
    # A posterior of 0 at a wrong label must not outweigh everything else.
    share = np.clip(np.nan_to_num(probabilities, nan=0.5), _CLIP, 1 - _CLIP)
    logit = np.log(share) - np.log1p(-share)
    max_lag = round(MAX_LAG_S * fps)
    values, middles = [], []
    for start, stop in windows(len(states), fps):
        low, high = max(0, start - max_lag), min(len(states), stop + max_lag)
        total = np.zeros(2 * max_lag + 1)
        for column in range(states.shape[1]):
            labels, _weight = _centered(states[:, [column]], (start, stop), (low, high))
            part = logit[low:high, [column]]
            total += correlate(labels, part - part.mean(), max_lag)[:, :, 0].sum(axis=1)
        values.append(total)
        middles.append((start + stop) / 2)
    everywhere = _around(len(states))
    for column in range(states.shape[1]):
        labels, _weight = _centered(states[:, [column]], (0, len(states)), (0, len(states)))
        if labels.size:
            everywhere += correlate_around(labels[:, 0], logit[:, [column]])[:, 0]
    return _agreement(states, values, middles, everywhere=everywhere, fps=fps)


def settle(agreements: Sequence[Agreement]) -> SyncEstimate:
    """One estimate of the agreements of all subjects of a recording."""
    first = agreements[0]
    whole = Agreement(
        np.sum([one.values for one in agreements], axis=0),
        first.middles,
        np.sum([one.everywhere for one in agreements], axis=0),
        sum(one.changes for one in agreements),
        first.n_frames,
        first.fps,
    )
    line = fit_line(whole)
    minutes = whole.n_frames / whole.fps / 60
    reason = ""
    if whole.changes < LEAST_CHANGES:
        reason = f"only {whole.changes} starts and ends of bouts"
    elif whole.prominence < LEAST_PROMINENCE:
        reason = "no lag stands out"
    elif line.middle_error > MOST_ERROR_S * whole.fps:
        reason = f"stretches of the recording disagree by {line.middle_error:.0f} frames"
    elif abs(line.middle) > whole.max_lag - 1:
        reason = f"no agreement within {MAX_LAG_S:g} s"
    return SyncEstimate(
        line.middle,
        2 * line.slope / minutes,
        line.middle_error,
        2 * line.slope_error / minutes,
        minutes,
        whole.fps,
        reason,
        few_events=whole.changes < LEAST_CHANGES,
    )


def movement(positions: NDArray[np.float32]) -> Floats:
    """Movement and posture of one animal, whatever its keypoints are called.

    Args:
        positions: (frames, keypoints, 2 or 3), NaN = missing.

    Returns:
        Speed of each keypoint and distance between every two, (frames, channels), in the unit of
        the positions and frames; of eight keypoints at most, the best seen.
    """
    points = np.asarray(positions, dtype=np.float64)
    missing = np.isnan(points).any(axis=2).mean(axis=0)
    best = np.sort(np.argsort(missing, kind="stable")[:_MOST_KEYPOINTS])
    points = points[:, best]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=2)
    edge = np.full((1, len(best)), np.nan)
    speed = (np.concatenate([edge, steps]) + np.concatenate([steps, edge])) / 2
    distances = [
        np.linalg.norm(points[:, one] - points[:, other], axis=1)
        for one, other in combinations(range(len(best)), 2)
    ]
    return np.concatenate([speed, *(distance[:, None] for distance in distances)], axis=1)


def changes_of(states: NDArray[np.int8]) -> int:
    """Starts and ends of bouts inside what was examined."""
    known = (states[1:] >= 0) & (states[:-1] >= 0)
    return int((known & (states[1:] != states[:-1])).sum())


def _ranked(channels: Floats) -> Floats:
    """Ranks from -1 to 1; what is missing gets the middle and so says nothing."""
    ranked = np.zeros_like(channels)
    for column in range(channels.shape[1]):
        seen = np.isfinite(channels[:, column])
        if seen.any():
            ranks = _mean_ranks(channels[seen, column])
            ranked[seen, column] = (2 * ranks - len(ranks) - 1) / len(ranks)
    return ranked


def _mean_ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs. ``scipy.stats`` takes .8 s to load.

    >>> _mean_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist()
    [3.5, 1.0, 3.5, 2.0]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _centered(
    states: NDArray[np.int8], window: tuple[int, int], context: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Labels inside a window less their mean, zero around it, and their sum of squares.

    Behaviors that do not change inside the window are left out.
    """
    start, stop = window
    inside = states[start:stop]
    known = inside >= 0
    count = np.maximum(known.sum(axis=0), 1)
    yes = (inside == 1).astype(np.float64)
    centered = np.where(known, yes - yes.sum(axis=0) / count, 0.0)
    weight = (centered**2).sum(axis=0) * count
    varies = weight > 0
    labels = np.zeros((context[1] - context[0], int(varies.sum())))
    labels[start - context[0] : stop - context[0]] = centered[:, varies]
    return labels, weight[varies]


def _around(n_frames: int) -> Floats:
    return np.zeros(n_frames // coarseness(n_frames))


def _standard(channels: Floats) -> Floats:
    """Each channel with mean 0 and variance 1; one that does not vary stays 0."""
    centered = channels - channels.mean(axis=0)
    return np.asarray(centered / np.maximum(centered.std(axis=0), 1e-9))


def _agreement(
    states: NDArray[np.int8],
    values: list[Floats],
    middles: list[float],
    *,
    everywhere: Floats,
    fps: float,
) -> Agreement:
    return Agreement(
        np.array(values),
        np.array(middles),
        everywhere,
        changes=changes_of(states),
        n_frames=len(states),
        fps=float(fps),
    )


def _same_frames(states: NDArray[np.int8], values: Floats) -> None:
    if len(states) != len(values) or len(states) < _LEAST_FRAMES:
        raise DataError(
            f"labels of {len(states)} frames and {len(values)} frames to compare them with",
            expected=f"the same number, {_LEAST_FRAMES} or more",
        )
