"""Fingerprints of movement, by which the same movement is found again among many recordings.

A fingerprint is the movement of seconds around a moment at which an animal begins to move: its
speed and its extent, in body lengths, coarse in time. It does not change when the picture is
moved, turned, mirrored or scaled, and little when the tracker or its noise changes. Moments are
chosen by the movement itself, so that a copy has the same ones wherever it is cut. All
fingerprints of a project go into one search tree; two recordings are compared in full only where
several of their fingerprints are near each other at one and the same shift. So 300 recordings of
ten minutes take seconds to compare, and not 45,000 correlations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks
from scipy.spatial import cKDTree

from boutwise.checks._poses import Track, middles

RATE = 10.0
"""Samples of movement per second."""

AROUND_S = 3.0
"""Seconds on each side of a moment that make its fingerprint."""

LEAST_HITS = 4
"""Pairs of fingerprints that must agree on a shift; unlike recordings have up to 5 by chance, but
not a fifth of all they could have."""

_LEAST_HIT_SHARE = 0.2
_BLOCK_S = 0.5
_SMOOTH_S = 0.3
_LEAST_GAP_S = 1.5
_LEAST_SPEED = 0.15
_NEAR, _NEAR_IN_FULL = 0.9, 1.2
_AXES = 8
_MOST_NEIGHBORS = 16
_SAME_SHIFT = 3
_EXTENT_WEIGHT = 1.5
_LEAST_EXTENT = 0.2
_TRUNK = ("neck", "center", "chest", "left_hip", "right_hip", "tail_base")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Movement:
    """Movement of one animal, whatever its keypoints are called.

    Attributes:
        recording: Id of the recording.
        animal: Its id.
        values: Logarithm of speed and of extent, both in body lengths, (samples, 2).
        moments: Samples at which a fingerprint was taken, (fingerprints,).
        prints: The fingerprints, (fingerprints, numbers).
        fps: Frames per second of the recording.
    """

    recording: str
    animal: str
    values: Floats
    moments: NDArray[np.int64]
    prints: Floats
    fps: float


@dataclass(frozen=True)
class Candidate:
    """Two movements that may be the same.

    Attributes:
        first: Place of one in the list of movements.
        second: Place of the other, larger than ``first``.
        shift: Samples by which the second comes later than the first.
        hits: Pairs of fingerprints that say so.
    """

    first: int
    second: int
    shift: int
    hits: int


def movement_of(track: Track) -> Movement | None:
    """Movement and fingerprints of one animal; None when it is hardly seen."""
    n_samples = int((len(track.points) - 1) / track.fps * RATE) + 1
    if not track.length > 0 or n_samples < 2:
        return None
    middle = _trunk(track)
    path = [_sampled(axis, track.fps, n_samples) for axis in middle.T]
    extent = _sampled(_extent(track, middle), track.fps, n_samples)
    if extent is None or any(axis is None for axis in path):
        return None
    steps = np.gradient(np.array(path), axis=1) / track.length
    speed = np.linalg.norm(steps, axis=0) * RATE
    extent = np.log(np.maximum(extent / track.length, _LEAST_EXTENT))
    values = np.stack([np.log(speed + _LEAST_SPEED), _EXTENT_WEIGHT * extent], axis=1)
    moments, prints = _prints(values, speed)
    return Movement(track.recording.id, track.animal, values, moments, prints, track.fps)


def _trunk(track: Track) -> NDArray[np.floating]:
    """Middle of the trunk, (frames, dims): much the same whatever keypoints a tracker has."""
    places = [place for role in _TRUNK if (place := track.pose.by_role(role)) is not None]
    return middles(track.points[:, places] if len(places) > 1 else track.points)


def _extent(track: Track, middle: NDArray[np.floating]) -> NDArray[np.floating]:
    """How stretched the animal is, (frames,): nose to tail base, or spread of all keypoints."""
    points, (nose, tail) = track.points, map(track.pose.by_role, ("nose", "tail_base"))
    if nose is not None and tail is not None:
        return np.asarray(np.linalg.norm(points[:, nose] - points[:, tail], axis=1))
    count = np.maximum(np.isfinite(points[..., 0]).sum(axis=1), 1)
    spread = np.nansum((points - middle[:, None]) ** 2, axis=(1, 2)) / count
    return np.where(spread > 0, np.sqrt(spread), np.nan)


def _sampled(values: NDArray[np.floating], fps: float, n_samples: int) -> Floats | None:
    """Values at :data:`RATE`, smoothed, gaps bridged; None where half of them are missing."""
    known = np.flatnonzero(np.isfinite(values))
    if 2 * len(known) < len(values):
        return None
    whole = np.interp(np.arange(len(values)), known, values[known])
    smooth = uniform_filter1d(whole, max(1, round(_SMOOTH_S * fps)))
    return np.asarray(np.interp(np.arange(n_samples) * fps / RATE, np.arange(len(values)), smooth))


def _prints(values: Floats, speed: Floats) -> tuple[NDArray[np.int64], Floats]:
    half, block = round(AROUND_S * RATE), round(_BLOCK_S * RATE)
    peaks, _found = find_peaks(speed, height=2 * _LEAST_SPEED, distance=round(_LEAST_GAP_S * RATE))
    moments = peaks[(peaks >= half) & (peaks < len(speed) - half)]
    around = moments[:, None] + np.arange(-half, half)
    pieces = values[around].reshape(len(moments), 2 * half // block, block, 2).mean(axis=2)
    # The extent is compared with its own mean: another set of keypoints has another extent.
    pieces[..., 1] -= pieces[..., 1].mean(axis=1, keepdims=True)
    return moments.astype(np.int64), pieces.reshape(len(moments), 4 * half // block)


def candidates(movements: Sequence[Movement]) -> list[Candidate]:
    """Pairs of movements of which several fingerprints are near each other at one shift."""
    owner = np.concatenate(
        [np.full(len(one.moments), place) for place, one in enumerate(movements)] or [np.empty(0)]
    ).astype(int)
    if len(owner) < 2:
        return []
    moment = np.concatenate([one.moments for one in movements])
    shifts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for here, there in _near(np.concatenate([one.prints for one in movements])):
        if owner[here] < owner[there]:
            pair = int(owner[here]), int(owner[there])
            shifts[pair].append(int(moment[there] - moment[here]))
    found = []
    for (first, second), values in shifts.items():
        shift, hits = _agreed(np.sort(values))
        possible = _shared_moments(movements[first], movements[second], shift)
        if hits >= max(LEAST_HITS, _LEAST_HIT_SHARE * possible):
            found.append(Candidate(first, second, shift, hits))
    return found


def _near(prints: Floats) -> list[tuple[int, int]]:
    """Pairs of near fingerprints, both ways round."""
    # Few axes make a fast tree; what is near in them is looked at in full.
    centered = prints - prints.mean(axis=0)
    axes = np.linalg.eigh(centered.T @ centered)[1][:, ::-1][:, :_AXES]
    flat = centered @ axes
    _distance, found = cKDTree(flat).query(
        flat, k=min(_MOST_NEIGHBORS, len(flat)), distance_upper_bound=_NEAR
    )
    here, place = np.nonzero((found < len(flat)) & (found != np.arange(len(flat))[:, None]))
    there = found[here, place]
    close = np.linalg.norm(prints[here] - prints[there], axis=1) < _NEAR_IN_FULL
    pairs = np.concatenate([np.stack([here, there]), np.stack([there, here])], axis=1)
    both = np.unique(pairs[:, np.concatenate([close, close])], axis=1)
    return list(zip(*both.tolist(), strict=True))


def _shared_moments(one: Movement, other: Movement, shift: int) -> int:
    """Moments of the shorter list that lie where both movements are there at that shift."""
    mine = (one.moments + shift >= 0) & (one.moments + shift < len(other.values))
    theirs = (other.moments - shift >= 0) & (other.moments - shift < len(one.values))
    return int(min(mine.sum(), theirs.sum()))


def _agreed(shifts: NDArray[np.int64]) -> tuple[int, int]:
    """The shift that most pairs of fingerprints agree on, and how many do."""
    stop = np.searchsorted(shifts, shifts + _SAME_SHIFT, side="right")
    best = int(np.argmax(stop - np.arange(len(shifts))))
    agreed = shifts[best : stop[best]]
    return int(np.median(agreed)), len(agreed)


def likeness(one: Movement, other: Movement, shift: int) -> tuple[float, int, int]:
    """How alike two movements are at about a shift.

    Args:
        one: The first.
        other: The second, which comes ``shift`` samples later.
        shift: In samples; a few around it are tried.

    Returns:
        Correlation of the speeds where both are there, the best shift, and the samples compared.
    """
    best = (-1.0, shift, 0)
    for tried in range(shift - _SAME_SHIFT, shift + _SAME_SHIFT + 1):
        start = max(0, -tried)
        stop = min(len(one.values), len(other.values) - tried)
        if stop - start < 2 * AROUND_S * RATE:
            continue
        first = one.values[start:stop, 0]
        second = other.values[start + tried : stop + tried, 0]
        spread = float(first.std() * second.std())
        if spread <= 0:
            continue
        alike = float(((first - first.mean()) * (second - second.mean())).mean()) / spread
        if alike > best[0]:
            best = alike, tried, stop - start
    return best
