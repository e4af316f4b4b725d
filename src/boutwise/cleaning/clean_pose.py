"""Mask unsure keypoints, take out spikes, bridge short gaps. Long gaps stay missing.

In this order: a keypoint below the confidence limit is missing; a keypoint that leaves the running
median of its own track for an instant and by much is missing; a gap that is short, with the
keypoint seen before and after, is bridged by a straight line. Nothing else moves: there is no
smoothing, because the features take care of noise over windows of their own.

Source: likelihood mask, median test and limited interpolation as usual in the field; sizes are in
seconds and in the animal's own extent, so that they hold at any frame rate, zoom and unit.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError
from boutwise.types import FrameClock, PoseTrack

VERSION = 1
DESCRIPTION = "mask by confidence, take out spikes, bridge short gaps"

MOST_SAMPLES = 7
"""Frames of a median window that are looked at; a longer window is looked at in steps."""

Floats = NDArray[np.float64]


def clean(
    pose: PoseTrack,
    clock: FrameClock,
    *,
    least_confidence: float = 0.6,
    spike_window_s: float = 0.25,
    spike_extents: float = 1.5,
    longest_gap_s: float = 0.25,
) -> PoseTrack:
    """Clean a pose track.

    Args:
        pose: A recording, or a chunk of it with ``margin_frames`` of context on each side.
        clock: Its clock; only the rate is used.
        least_confidence: Keypoints below are missing; 0 = none. A track without confidence, and a
            confidence that is not a number, masks nothing.
        spike_window_s: Length of the running median; what stays away from it for less than half
            of this is a spike. 0 = spikes stay.
        spike_extents: How far away, in extents of the animal: the median distance of its keypoints
            from their middle, about a third of a body. With fewer than three keypoints in sight
            around an instant nothing is a spike.
        longest_gap_s: Gaps up to this length are bridged; 0 = none.

    Returns:
        The same track with new positions; the confidence stays as the file has it.

    Raises:
        UsageError: An option is out of range.
    """
    _check(least_confidence, spike_window_s, spike_extents, longest_gap_s)
    positions = pose.positions.astype(np.float32, copy=True)
    if pose.confidence is not None:
        positions[pose.confidence < least_confidence] = np.nan
    # A keypoint is there with all its coordinates or not at all.
    positions[np.isnan(positions).any(axis=3)] = np.nan
    half, gap = _sizes(clock, spike_window_s, longest_gap_s)
    if half:
        positions[_spikes(positions, half, spike_extents)] = np.nan
    if gap:
        for animal, keypoint in product(range(positions.shape[1]), range(positions.shape[2])):
            _bridge(positions[:, animal, keypoint], gap)
    return replace(pose, positions=positions)


def margin_frames(
    clock: FrameClock,
    *,
    least_confidence: float = 0.6,
    spike_window_s: float = 0.25,
    spike_extents: float = 1.5,
    longest_gap_s: float = 0.25,
) -> int:
    """Context on each side with which a chunk comes out as in the whole recording, frames."""
    _check(least_confidence, spike_window_s, spike_extents, longest_gap_s)
    half, gap = _sizes(clock, spike_window_s, longest_gap_s)
    return half + (gap + 1 if gap else 0)


def _check(confidence: float, window_s: float, extents: float, gap_s: float) -> None:
    limits = (
        ("least_confidence", confidence, 0 <= confidence <= 1, "a number from 0 to 1"),
        ("spike_window_s", window_s, 0 <= window_s <= 60, "seconds from 0 to 60"),
        ("spike_extents", extents, extents > 0, "a number above 0"),
        ("longest_gap_s", gap_s, 0 <= gap_s <= 60, "seconds from 0 to 60"),
    )
    for name, value, is_fine, expected in limits:
        if not is_fine:
            raise UsageError(f"clean_pose: '{name}' cannot be {value}", expected=expected)


def _sizes(clock: FrameClock, window_s: float, gap_s: float) -> tuple[int, int]:
    """Half the median window and the longest gap, frames."""
    half = max(1, int(np.floor((window_s * clock.fps - 1) / 2 + 0.5))) if window_s > 0 else 0
    return half, int(np.floor(gap_s * clock.fps + 1e-6))


def _spikes(positions: NDArray[np.float32], half: int, extents: float) -> NDArray[np.bool_]:
    """Which keypoints are spikes, (frames, animals, keypoints)."""
    found = np.zeros(positions.shape[:3], dtype=bool)
    for animal in range(positions.shape[1]):
        limit = extents * _running_median(_extent(positions[:, animal]), half)
        for keypoint in range(positions.shape[2]):
            track = positions[:, animal, keypoint].astype(np.float64)
            usual = np.stack([_running_median(axis, half) for axis in track.T], axis=1)
            away = np.sqrt(((track - usual) ** 2).sum(axis=1))
            found[:, animal, keypoint] = away > limit  # a missing limit finds nothing
    return found


def _extent(points: NDArray[np.float32]) -> Floats:
    """Median distance of the keypoints from their middle, (frames, keypoints, dims) -> (frames,).

    NaN where fewer than three keypoints are seen, or all are in one place.
    """
    columns = points.astype(np.float64).transpose(1, 2, 0)
    middle = np.stack([_median(columns[:, axis]) for axis in range(columns.shape[1])])
    extent = _median(np.sqrt(((columns - middle) ** 2).sum(axis=1)))
    enough = np.isfinite(columns).all(axis=1).sum(axis=0) >= 3
    return np.where(enough & (extent > 0), extent, np.nan)


def _running_median(values: Floats, half: int) -> Floats:
    """Median of the values that are there within ``half`` frames, (frames,)."""
    offsets = np.arange(-half, half + 1)
    if offsets.size > MOST_SAMPLES:
        offsets = np.linspace(-half, half, MOST_SAMPLES).round().astype(np.int64)
    padded = np.pad(values, half, constant_values=np.nan)
    windows = [padded[half + offset : half + offset + values.size] for offset in offsets]
    return _median(np.stack(windows))


def _median(values: Floats) -> Floats:
    """Median over the first axis of what is there; NaN where nothing is."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = np.isfinite(ordered).sum(axis=0)
    low = np.maximum(count - 1, 0) // 2
    high = np.minimum(count // 2, len(values) - 1)
    places = np.arange(values.shape[1])
    middle: Floats = (ordered[low, places] + ordered[high, places]) / 2
    return middle


def _bridge(track: NDArray[np.float32], longest: int) -> None:
    """Fill gaps of up to ``longest`` frames in place by straight lines, (frames, dims)."""
    missing = np.isnan(track[:, 0])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    inside = (starts > 0) & (stops < len(track)) & (stops - starts <= longest)
    starts, lengths = starts[inside], (stops - starts)[inside]
    if not lengths.size:
        return
    number = np.repeat(np.arange(lengths.size), lengths)
    step = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
    share = (step / (lengths[number] + 1))[:, np.newaxis]
    before = track[starts - 1].astype(np.float64)[number]
    after = track[starts + lengths].astype(np.float64)[number]
    track[starts[number] + step - 1] = before + share * (after - before)
