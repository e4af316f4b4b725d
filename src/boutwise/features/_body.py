"""The points of one animal in a frame of its own: where things are relative to the body."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.types import FrameClock, PoseTrack, Subject

Floats = NDArray[np.float64]
Track = NDArray[np.float32]
Column = tuple[str, str, Floats]
"""Name, unit and values (frames,) of a feature."""

FRONTS: tuple[tuple[str, ...], ...] = (("neck",), ("left_ear", "right_ear"), ("head",), ("nose",))
"""What marks the front end of the trunk, best first; a pair means its midpoint.

The neck comes before the nose because a turned head is not a turned body."""

REARS: tuple[tuple[str, ...], ...] = (("tail_base",), ("left_hip", "right_hip"), ("center",))
"""What marks the rear end of the trunk, best first."""

FEET = (("left_hindpaw", "right_hindpaw"), ("left_forepaw", "right_forepaw"))
"""Paws that stand on the floor, best first."""


def half_lag(seconds: float, fps: float) -> int:
    """Frames on each side of the center of a span of some seconds, at least one.

    >>> half_lag(0.1, fps=20), half_lag(0.1, fps=60), half_lag(0.1, fps=5)
    (1, 3, 1)
    """
    return max(1, int(np.floor(seconds * fps / 2 + 0.5)))


def points_of(pose: PoseTrack, subject: Subject) -> dict[str, Floats]:
    """Points of the acting animal: role, or name where there is no role -> (dims, frames).

    Left stays left of the animal in 2D and 3D: the y axis of an image points down and is turned.
    """
    return {name: upright(track) for name, track in tracks_of(pose, subject).items()}


def tracks_of(pose: PoseTrack, subject: Subject) -> dict[str, Track]:
    """The same points as the pose has them, (dims, frames) each: nothing is copied or turned."""
    animal = pose.index(subject.animal)
    tracks: dict[str, Track] = {}
    for place, keypoint in enumerate(pose.keypoints):
        name = pose.roles.get(keypoint, keypoint)
        if name in tracks:
            raise DataError(
                f"two keypoints have the role '{name}'",
                file=pose.source or None,
                recording=subject.recording,
                todo="give each role to one keypoint only in boutwise.yaml",
            )
        tracks[name] = pose.positions[:, animal, place, :].T
    return tracks


def upright(track: Track) -> Floats:
    """A track with y up the page, (dims, frames), in double precision."""
    # Ordered by axis: what is computed of one axis then reads neighbors.
    found = track.astype(np.float64, order="C")
    if len(found) == 2:
        found[1] *= -1
    return found


def spread_frames(n_frames: int, most: int) -> NDArray[np.int64]:
    """No more than ``most`` frames, evenly spread.

    >>> spread_frames(9, 3).tolist(), spread_frames(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    if n_frames <= most:
        return np.arange(n_frames)
    return np.linspace(0, n_frames - 1, most).round().astype(np.int64)


def trunk_end(points: Container[str], ends: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The first alternative whose points are all there; empty when none is."""
    return next((end for end in ends if all(name in points for name in end)), ())


@dataclass(frozen=True, eq=False)
class Body:
    """One animal at some frames, looked at from its own trunk.

    Attributes:
        points: Name -> (dims, all frames), in body lengths (or pose units before the size is
            known); x to the right, y up the page, z up. Of a sample they are as the pose has them.
        front: Names of the point or pair at the front of the trunk.
        rear: Names at the rear.
        frames: Frames that are computed, (n,); others are only looked at by shifts.
        fps: Frames per second.
        unit: Of a sample, pose units: what is looked at is turned upright and divided by it then,
            so that hours of pose are not copied. None = ``points`` are what they are.
    """

    points: Mapping[str, NDArray[Any]]
    front: tuple[str, ...]
    rear: tuple[str, ...]
    frames: NDArray[np.int64]
    fps: float
    unit: float | None = None

    @classmethod
    def of(
        cls, pose: PoseTrack, clock: FrameClock, subject: Subject, *, most: int | None = None
    ) -> Body:
        """The body of the acting animal.

        Args:
            pose: A recording, or a chunk of it.
            clock: Its clock; only the rate is used.
            subject: Its animal.
            most: Of a longer track no more than so many frames, evenly spread; None = all.

        Raises:
            DataError: The points that mark the trunk are not there.
        """
        tracks = tracks_of(pose, subject)
        front, rear = trunk_end(tracks, FRONTS), trunk_end(tracks, REARS)
        for end, found, wanted in (("front", front, FRONTS), ("rear", rear, REARS)):
            if not found:
                words = ", ".join(" + ".join(alternative) for alternative in wanted)
                raise DataError(
                    f"no keypoint marks the {end} of the trunk",
                    file=pose.source or None,
                    recording=subject.recording,
                    expected=f"a keypoint with one of the roles {words}",
                    todo="give the keypoints their roles in boutwise.yaml; the keypoints are "
                    + ", ".join(pose.keypoints),
                )
        if most is not None and pose.n_frames > most:
            return cls(tracks, front, rear, spread_frames(pose.n_frames, most), clock.fps, 1.0)
        points = {name: upright(track) for name, track in tracks.items()}
        return cls(points, front, rear, np.arange(pose.n_frames), clock.fps)

    def scaled(self, size: float) -> Body:
        """The same body in units of ``size``; this one is in pose units."""
        if self.unit is not None:
            return replace(self, unit=size)
        return replace(self, points={name: track / size for name, track in self.points.items()})

    @property
    def n_frames(self) -> int:
        """Frames of the recording."""
        return int(next(iter(self.points.values())).shape[1])

    @property
    def n_dims(self) -> int:
        """2 or 3."""
        return int(next(iter(self.points.values())).shape[0])

    def shifted(self, shift: int) -> NDArray[np.int64]:
        """Frames ``shift`` later; a frame beyond an end of the recording is that end."""
        return np.clip(self.frames + shift, 0, self.n_frames - 1)

    def at(self, names: tuple[str, ...] | str, shift: int = 0) -> Floats:
        """A point, or the middle of several, ``shift`` frames later, (dims, n)."""
        if isinstance(names, str):
            names = (names,)
        seen = self._moved if self.unit is None else self._sampled
        tracks = [seen(self.points[name], shift) for name in names]
        middle: Floats = tracks[0] if len(tracks) == 1 else np.mean(tracks, axis=0)
        return middle

    def _moved(self, track: Floats, shift: int) -> Floats:
        """A track at the frames ``shift`` later, (dims, n); slices are much faster than picking."""
        if abs(shift) >= self.n_frames:
            taken: Floats = np.take(track, self.shifted(shift), axis=1)  # faster than track[:, ...]
            return taken
        if shift == 0:
            return track
        moved = np.empty_like(track)
        if shift > 0:
            moved[:, :-shift] = track[:, shift:]
            moved[:, -shift:] = track[:, -1:]
        else:
            moved[:, -shift:] = track[:, :shift]
            moved[:, :-shift] = track[:, :1]
        return moved

    def _sampled(self, track: Track, shift: int) -> Floats:
        """A track of the pose at the frames ``shift`` later, (dims, n)."""
        found = upright(track.T[self.shifted(shift)].T)
        found /= self.unit or 1.0
        return found

    def span_s(self, half: int) -> Floats:
        """Seconds between the frames ``half`` before and after, (n,); NaN where it is none."""
        frames = self.shifted(half) - self.shifted(-half)
        return np.where(frames > 0, frames, np.nan) / self.fps

    def axis(self, shift: int = 0) -> Floats:
        """Unit vector from rear to front in the horizontal plane, (2, n)."""
        arrow = (self.at(self.front, shift) - self.at(self.rear, shift))[:2]
        length = np.hypot(arrow[0], arrow[1])
        unit: Floats = arrow / np.where(length > 0, length, np.nan)
        return unit

    @cached_property
    def heading(self) -> Floats:
        """The axis now, (2, n)."""
        return self.axis()

    @cached_property
    def middle(self) -> Floats:
        """Halfway between front and rear, (dims, n)."""
        return self.at((*self.front,)) / 2 + self.at((*self.rear,)) / 2

    def middle_at(self, shift: int) -> Floats:
        """Halfway between front and rear some frames later, (dims, n)."""
        return (self.at(self.front, shift) + self.at(self.rear, shift)) / 2

    def turned(self, arrow: Floats) -> tuple[Floats, Floats]:
        """Parts of horizontal arrows (dims, n) ahead and to the left of the trunk."""
        cos, sin = self.heading
        return arrow[0] * cos + arrow[1] * sin, arrow[1] * cos - arrow[0] * sin


def length(arrow: Floats) -> Floats:
    """Euclidean length of arrows, (dims, n) -> (n,)."""
    squares = arrow[0] * arrow[0]
    for part in arrow[1:]:
        squares = squares + part * part
    root: Floats = np.sqrt(squares)
    return root
