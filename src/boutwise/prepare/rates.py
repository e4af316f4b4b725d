"""Bring recordings of different or varying rates onto one working rate, and predictions back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.types import FrameClock, FrameState, PoseTrack

SAME_RATE = 0.01
"""Rates that differ by less than this share are the same."""
NEAR_FRAMES = 1.01
"""Frames, of the slower of two clocks, beyond which no frame of the other one is near."""


def working_clock(clock: FrameClock, fps: float) -> FrameClock:
    """The clock at the working rate; the very same clock when it already runs at that rate.

    A clock with varying frame times, or whose rate differs by more than 1 %, is replaced by a
    regular one that starts with its first frame and ends with its last.

    >>> working_clock(FrameClock.declared(100, 50), 25).n_frames
    50
    """
    steps = np.diff(clock.times_s)
    if steps.size == 0:
        return clock
    regular = np.abs(steps * clock.fps - 1).max() < 0.5 if clock.kind == "pts" else True
    if regular and abs(clock.fps / fps - 1) <= SAME_RATE:
        return clock
    span = clock.times_s[-1] - clock.times_s[0]
    n_frames = int(np.floor(span * fps + 1e-6)) + 1
    return FrameClock(clock.times_s[0] + np.arange(n_frames) / fps, float(fps), "pts")


def resample_pose(pose: PoseTrack, clock: FrameClock, working: FrameClock) -> PoseTrack:
    """Positions at the frames of the working clock, linear in time.

    A point is missing where it is missing in the frame before or after, and where the camera
    itself made a pause; nothing is filled.
    """
    if working is clock:
        return pose
    after = np.clip(np.searchsorted(clock.times_s, working.times_s), 1, clock.n_frames - 1)
    before = after - 1
    span = clock.times_s[after] - clock.times_s[before]
    gone = in_gap(clock, working)
    share = np.clip((working.times_s - clock.times_s[before]) / span, 0, 1).astype(np.float32)

    def at(values: NDArray[np.float32]) -> NDArray[np.float32]:
        weight = share.reshape((-1,) + (1,) * (values.ndim - 1))
        left, right = values[before], values[after]
        mixed = left * (1 - weight) + right * weight
        # An exact hit needs one neighbor only: 0 * NaN would lose it.
        mixed = np.where(weight < 1e-6, left, np.where(weight > 1 - 1e-6, right, mixed))
        return mixed.astype(np.float32)

    found = pose.each(at)
    for values in (found.positions, *found.signals.values()):
        values[gone] = np.nan
    return found


def in_gap(source: FrameClock, wanted: FrameClock) -> NDArray[np.bool_]:
    """Wanted frames that no source frame is near: the camera made a pause, (wanted frames,)."""
    away = np.abs(source.times_s[nearest_frames(source, wanted.times_s)] - wanted.times_s)
    return np.asarray(away > NEAR_FRAMES / min(source.fps, wanted.fps))


def nearest_frames(source: FrameClock, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Frame of a clock that is nearest to each of some times, (times,)."""
    if source.n_frames < 2:
        return np.zeros(len(times_s), dtype=np.int64)
    after = np.clip(np.searchsorted(source.times_s, times_s), 1, source.n_frames - 1)
    left = times_s - source.times_s[after - 1]
    right = source.times_s[after] - times_s
    return np.where(left <= right, after - 1, after)


def resample_states(
    states: NDArray[np.int8], clock: FrameClock, working: FrameClock
) -> NDArray[np.int8]:
    """Frame states at the nearest native frame, (working frames, behaviors).

    In a pause of the camera nobody saw anything: unlabelled.
    """
    return _taken(states, clock, working, unknown=FrameState.UNLABELLED)


def resample_shares(
    shares: NDArray[np.float32], clock: FrameClock, working: FrameClock
) -> NDArray[np.float32]:
    """Shares of votes at the nearest native frame, (working frames, behaviors).

    In a pause of the camera nobody saw anything: NaN.
    """
    return _taken(shares, clock, working, unknown=np.nan)


def _taken(
    values: NDArray[Any], clock: FrameClock, working: FrameClock, *, unknown: float
) -> NDArray[Any]:
    """Values at the nearest native frame; ``unknown`` in a pause of the camera."""
    if working is clock:
        return values
    found = values[nearest_frames(clock, working.times_s)]
    found[in_gap(clock, working)] = unknown
    return found


def put_back(values: NDArray[Any], late_frames: Sequence[float], unknown: float) -> NDArray[Any]:
    """Labels as they would be had they not been late, (frames, behaviors).

    Args:
        values: States or shares as they are.
        late_frames: By how many frames they are late at the first and at the last frame; between
            them the delay grows evenly.
        unknown: What stands in frames whose label would lie outside of the recording.

    >>> put_back(np.array([[0], [0], [1], [1]]), (1, 1), -1).ravel().tolist()
    [0, 1, 1, -1]
    """
    if not any(late_frames):
        return values
    frames = np.arange(len(values))
    late = np.linspace(late_frames[0], late_frames[1], len(values))
    source = np.floor(frames + late + 0.5).astype(np.int64)
    inside = (source >= 0) & (source < len(values))
    found = values[np.clip(source, 0, max(len(values) - 1, 0))]
    found[~inside] = unknown
    return found


def scores_at(
    scores: NDArray[np.float32], working: FrameClock, clock: FrameClock
) -> NDArray[np.float32]:
    """Raw scores at every native frame, linear in time, (native frames, behaviors)."""
    if working is clock:
        return scores
    columns = [np.interp(clock.times_s, working.times_s, column) for column in scores.T]
    return np.stack(columns, axis=1).astype(np.float32)
