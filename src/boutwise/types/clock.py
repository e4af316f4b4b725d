"""Frames and seconds: the clock of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boutwise.errors import DataError


@dataclass(frozen=True, eq=False)
class FrameClock:
    """The time at which each frame is shown.

    Attributes:
        times_s: Start of each frame, (frames,), seconds, strictly increasing.
        fps: Frames per second: the declared rate, or one over the median interval.
        kind: ``pts`` when read from a video's own timestamps, ``declared`` when a person gave a
            rate. Which of the two it is, is shown wherever seconds are shown.

    >>> clock = FrameClock.declared(100, fps=20)
    >>> clock.to_seconds([0, 50]).tolist()
    [0.0, 2.5]
    >>> int(clock.to_frame(2.49))
    50
    """

    times_s: NDArray[np.float64]
    fps: float
    kind: Literal["pts", "declared"]

    def __post_init__(self) -> None:
        """Check that time runs forward."""
        times_s = np.asarray(self.times_s, dtype=np.float64)
        object.__setattr__(self, "times_s", times_s)
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise DataError(
                f"a frame rate of {self.fps} cannot be", expected="frames per second above 0"
            )
        if times_s.ndim != 1:
            raise DataError(f"frame times have {times_s.ndim} axes", expected="one: frames")
        if not np.isfinite(times_s).all():
            raise DataError("a frame time is not a number", expected="finite seconds")
        steps = np.diff(times_s)
        if (steps <= 0).any():
            frame = int(np.argmax(steps <= 0)) + 1
            raise DataError(
                "time does not run forward",
                frame=frame,
                expected=f"a time after {times_s[frame - 1]:.6f} s, got {times_s[frame]:.6f} s",
            )

    @classmethod
    def declared(cls, n_frames: int, fps: float) -> FrameClock:
        """A clock of a constant rate that somebody declared."""
        if not (np.isfinite(fps) and fps > 0):
            raise DataError(
                f"a frame rate of {fps} cannot be", expected="frames per second above 0"
            )
        return cls(np.arange(n_frames) / fps, float(fps), "declared")

    @classmethod
    def from_pts(cls, times_s: ArrayLike) -> FrameClock:
        """A clock from a video's own timestamps, (frames,), seconds."""
        times = np.asarray(times_s, dtype=np.float64)
        if times.size < 2:
            raise DataError(
                f"{times.size} timestamps do not make a clock", expected="at least two frames"
            )
        return cls(times, float(1 / np.median(np.diff(times))), "pts")

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.times_s.size)

    @property
    def duration_s(self) -> float:
        """From the start of the first frame to the end of the last, seconds."""
        return float(self.to_seconds(self.n_frames) - self.to_seconds(0)) if self.n_frames else 0.0

    def apart(self, other: FrameClock) -> float:
        """How far two clocks differ at most, in frames, over the frames that both have.

        >>> round(FrameClock.declared(901, fps=30).apart(FrameClock.declared(901, fps=29.97)), 2)
        0.9
        """
        both = min(self.n_frames, other.n_frames)
        differences = np.abs(self.times_s[:both] - other.times_s[:both])
        return float(differences.max(initial=0.0) * self.fps)

    def to_seconds(self, frame: ArrayLike) -> NDArray[np.float64]:
        """Second at which a frame starts.

        The end of the last frame, ``n_frames``, is a valid boundary; beyond both ends time goes
        on at the clock's rate, so that a label past the end keeps its distance.
        """
        frames = np.asarray(frame, dtype=np.float64)
        if self.kind == "declared" or self.n_frames == 0:
            return frames / self.fps
        last = self.n_frames - 1
        inside = self.times_s[np.clip(frames, 0, last).astype(np.int64)]
        return inside + (frames - np.clip(frames, 0, last)) / self.fps

    def to_frame(self, second: ArrayLike) -> NDArray[np.int64]:
        """Boundary (0 to ``n_frames``, or beyond) nearest to a time; never the floor.

        Halfway between two boundaries the earlier one is taken.
        """
        seconds = np.asarray(second, dtype=np.float64)
        if not np.isfinite(seconds).all():
            raise DataError("a time is not a number", expected="finite seconds")
        if self.kind == "declared" or self.n_frames == 0:
            return np.ceil(np.round(seconds * self.fps - 0.5, 6)).astype(np.int64)
        edges = np.append(self.times_s, self.times_s[-1] + 1 / self.fps)
        right = np.clip(np.searchsorted(edges, seconds), 1, edges.size - 1)
        nearest = np.where(
            np.round(seconds - edges[right - 1], 9) <= np.round(edges[right] - seconds, 9),
            right - 1,
            right,
        )
        before = np.ceil(np.round((seconds - edges[0]) * self.fps - 0.5, 6))
        after = edges.size - 1 + np.ceil(np.round((seconds - edges[-1]) * self.fps - 0.5, 6))
        nearest = np.where(seconds < edges[0], before, nearest)
        return np.where(seconds > edges[-1], after, nearest).astype(np.int64)
