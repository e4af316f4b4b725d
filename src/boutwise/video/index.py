"""Where every frame of a video stands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from boutwise.types import FrameClock

MOST_ROUNDING_S = 0.0015
"""Intervals of times in whole milliseconds differ by one of them, though the rate is steady."""


@dataclass(frozen=True)
class VideoFacts:
    """What a video file says of itself, beside its frames.

    Attributes:
        container: Name of the format, as FFmpeg calls it.
        codec: Name of the codec; ``pixel_format`` as FFmpeg calls it.
        width: Of the decoded picture, pixels; ``height`` likewise.
        rotation: Degrees by which a player turns the picture, counterclockwise.
        header_frames: Frames that the header claims; 0 where it says nothing.
        declared_fps: Rate that the header claims; 0 where it says nothing.
        packets: Packets in the file.
        discarded: Packets of which an edit list says that they are not shown.
        header_s: Length that the header claims, seconds; 0 where it says nothing of the pictures.
        broken_off: What FFmpeg said where reading stopped before the end; empty for a whole file.
    """

    container: str
    codec: str
    pixel_format: str
    width: int
    height: int
    rotation: int
    header_frames: int
    declared_fps: float
    packets: int
    discarded: int
    header_s: float = 0.0
    broken_off: str = ""


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """Frame number <-> presentation time, and where decoding may begin.

    Frames are numbered in the order in which they are shown, from 0; a frame that an edit list
    hides has no number.

    Attributes:
        pts: (frames,) int64, presentation times in units of ``time_base``, strictly increasing.
        time_base: Seconds of one unit.
        key_pts: (keys,) int64, increasing: presentation times of the key frames, also of hidden
            ones before frame 0. Where frames are counted, their frame numbers.
        key_seek: (keys,) int64: the time to ask the container for, to get to each of them.
        damaged: (damaged,) int64: frames whose packet is cut or marked as broken.
        counted: The file has no usable times for its frames, and they are told apart by counting.
        digest: Of sizes and times of all packets and of the bytes of some: the same pictures,
            wherever the file lies.
        facts: What the file says of itself.
    """

    pts: NDArray[np.int64]
    time_base: Fraction
    key_pts: NDArray[np.int64]
    key_seek: NDArray[np.int64]
    damaged: NDArray[np.int64]
    counted: bool
    digest: str
    facts: VideoFacts

    @property
    def n_frames(self) -> int:
        """Number of frames that are shown."""
        return int(self.pts.size)

    @property
    def clock(self) -> FrameClock:
        """The clock of the frames: seconds from the first one.

        A single frame has no interval: there the rate is the one that the header claims.

        Raises:
            DataError: There is no frame, or one of which the header claims no rate.
        """
        if self.n_frames == 1 and self.facts.declared_fps > 0:
            return FrameClock.declared(1, self.facts.declared_fps)
        return FrameClock.from_pts((self.pts - self.pts[0]) * float(self.time_base))

    @property
    def intervals_s(self) -> NDArray[np.float64]:
        """Seconds from each frame to the next, (frames - 1,)."""
        return np.asarray(np.diff(self.pts) * float(self.time_base))

    @property
    def variable_rate(self) -> bool:
        """Whether frames come at uneven times: more than rounding to milliseconds explains."""
        if self.n_frames < 3:
            return False
        steps = self.intervals_s
        rounding = max(2 * float(self.time_base), min(MOST_ROUNDING_S, 0.3 * np.median(steps)))
        return bool(np.ptp(steps) > rounding + 1e-9)

    @property
    def key_frames(self) -> NDArray[np.int64]:
        """The first frame that is shown at or after each key frame, (keys,)."""
        return self.key_pts if self.counted else np.searchsorted(self.pts, self.key_pts)

    def key_of(self, frame: int) -> int:
        """Place in ``key_pts`` of the key frame from which decoding reaches a frame."""
        wanted = frame if self.counted else int(self.pts[frame])
        return max(int(np.searchsorted(self.key_pts, wanted, side="right")) - 1, 0)

    def first_frame_of(self, key: int) -> int:
        """The first frame that is shown at or after a key frame; ``n_frames`` past the last."""
        if key >= self.key_pts.size:
            return self.n_frames
        where = int(self.key_pts[key])
        return where if self.counted else int(np.searchsorted(self.pts, where))

    def frame_at(self, pts: int) -> int | None:
        """Number of the frame with a presentation time; None where no shown frame has it."""
        place = int(np.searchsorted(self.pts, pts))
        return place if place < self.n_frames and int(self.pts[place]) == pts else None
