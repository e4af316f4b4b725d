"""What to know of a video before anybody relies on its frames: in words, and as problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.types import Problem, Severity
from boutwise.video.index import VideoIndex

LONG_GOP = 300
"""Frames from key frame to key frame from which on single frames come slowly. Encoders set 250
where nobody says otherwise: that is common, and no news."""
LISTED = 5
LATE = 1.5
"""Usual intervals from which on a camera is said to have left frames out."""
COPY = "copy the video again from where it was recorded"


@dataclass(frozen=True)
class Probe:
    """What was found.

    Attributes:
        summary: Frames, rate, size and codec in one line.
        problems: What is special or wrong, the worst first.
    """

    summary: str
    problems: tuple[Problem, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Everything as sentences without full stops."""
        return (self.summary, *(problem.what for problem in self.problems))


@dataclass(frozen=True)
class _Finding:
    severity: Severity
    what: str
    todo: str = ""
    frame: int | None = None
    value: float | None = None


def probe(
    path: Path | str, index: VideoIndex, *, recording: str = "", check: str = "video"
) -> Probe:
    """Say of an indexed video what a person should know; nothing is read or decoded.

    Args:
        path: The file, to name it.
        index: Of this file.
        recording: Id of the recording that it is of, where there is one.
        check: In whose name the problems are.
    """
    finders: tuple[Callable[[VideoIndex], _Finding | None], ...] = (
        _end,
        _damaged,
        _turned,
        _hidden,
        _header,
        _uneven,
        _counted,
        _far_keys,
    )
    found = [finding for finder in finders if (finding := finder(index)) is not None]
    problems = [
        Problem(
            check,
            one.severity,
            one.what,
            recording=recording,
            file=str(path),
            frame=one.frame,
            todo=one.todo,
            value=one.value,
        )
        for one in found
    ]
    return Probe(summary(index), tuple(sorted(problems, key=lambda one: one.severity.rank)))


def summary(index: VideoIndex) -> str:
    """Frames, rate, size and codec in one line."""
    facts = index.facts
    return (
        f"{index.n_frames} frames, {_rate(index)}, {facts.width} x {facts.height} pixels, "
        f"{facts.codec} ({facts.pixel_format})"
    )


def _rate(index: VideoIndex) -> str:
    if index.n_frames < 2:
        return "no rate"
    return f"{index.clock.fps:.5g} frames/s" + (" (uneven)" if index.variable_rate else "")


def _end(index: VideoIndex) -> _Finding | None:
    """A file that ends before its header says, or before its end."""
    facts, todo = index.facts, f"{COPY}; or go on with the frames that are there"
    if facts.broken_off:
        what = (
            f"the file breaks off after {index.n_frames} frames: reading it stopped with "
            f"'{facts.broken_off}'"
        )
        return _Finding(Severity.WARNING, what, todo, index.n_frames - 1)
    lost = facts.header_frames - facts.packets
    if lost > 0:
        what = (
            f"the file was cut off, or its header is wrong: the header speaks of "
            f"{facts.header_frames} frames, and {facts.packets} are in the file"
        )
        return _Finding(Severity.WARNING, what, todo, index.n_frames - 1, float(lost))
    if index.n_frames < 2 or facts.discarded:
        return None
    usual = float(np.median(index.intervals_s))
    shown_s = float(index.pts[-1] - index.pts[0]) * float(index.time_base) + usual
    if facts.header_s - shown_s > max(0.25, 3 * usual):
        what = (
            f"the file was cut off, or its header is wrong: the header speaks of "
            f"{facts.header_s:.2f} s, and the frames end after {shown_s:.2f} s"
        )
        value = facts.header_s - shown_s
        return _Finding(Severity.WARNING, what, todo, index.n_frames - 1, value)
    return None


def _damaged(index: VideoIndex) -> _Finding | None:
    if not index.damaged.size:
        return None
    many = index.damaged.size > 1
    what = (
        f"the data of {index.damaged.size} frame{'s are' if many else ' is'} damaged: "
        f"{spans(index.damaged)}"
    )
    todo = f"{COPY}; else these frames, and those after them up to the next key frame, are masked"
    first = int(index.damaged[0])
    return _Finding(Severity.WARNING, what, todo, first, float(index.damaged.size))


def _turned(index: VideoIndex) -> _Finding | None:
    turn = index.facts.rotation % 360
    if not turn:
        return None
    what = (
        f"players turn the picture by {turn} degrees, and boutwise does not: points of a tracker "
        "that did lie in a turned picture"
    )
    todo = "write the video turned, and track that one: ffmpeg -i IN -c:v libx264 OUT.mp4"
    return _Finding(Severity.WARNING, what, todo, value=float(turn))


def _hidden(index: VideoIndex) -> _Finding | None:
    """Frames that an edit list hides: a program that ignores the list counts them."""
    facts = index.facts
    if not facts.discarded:
        return None
    what = (
        f"an edit list hides {facts.discarded} of {facts.packets} frames, as after a cut without "
        f"encoding anew; {index.n_frames} are shown, and those count"
    )
    todo = f"tools that know no edit lists count {facts.packets}, and number them otherwise"
    return _Finding(Severity.NOTE, what, todo, value=float(facts.discarded))


def _header(index: VideoIndex) -> _Finding | None:
    """A header that counts fewer frames than there are."""
    facts = index.facts
    if not 0 < facts.header_frames < facts.packets:
        return None
    what = (
        f"the header speaks of {facts.header_frames} frames, and {facts.packets} are in the file; "
        "those in the file count"
    )
    value = float(facts.packets - facts.header_frames)
    return _Finding(Severity.NOTE, what, "nothing: no frame is lost", value=value)


def _uneven(index: VideoIndex) -> _Finding | None:
    if not index.variable_rate:
        return None
    steps = index.intervals_s
    least, usual, most = 1000 * np.array([steps.min(), np.median(steps), steps.max()])
    late = int((1000 * steps > LATE * usual + 0.01).sum())
    gaps = f", {late} of them longer than {LATE:g} usual ones" if late else ""
    what = (
        f"frames come at uneven times: intervals of {least:.1f} to {most:.1f} ms, {usual:.1f} ms "
        f"in the middle{gaps}"
    )
    todo = "seconds are those of the file; a tool that divides frames by a rate has other ones"
    return _Finding(Severity.NOTE, what, todo, value=float(most / usual))


def _counted(index: VideoIndex) -> _Finding | None:
    if not index.counted:
        return None
    what = (
        f"the file stores no time of each frame ({index.facts.container}): frames are told apart "
        f"by counting, at {index.facts.declared_fps:.5g} frames/s as its header says"
    )
    return _Finding(Severity.NOTE, what, "if the camera had another rate, give it by --fps")


def _far_keys(index: VideoIndex) -> _Finding | None:
    most = longest_gop(index)
    if most <= LONG_GOP:
        return None
    what = (
        f"up to {most} frames from one key frame to the next: single frames come slowly, because "
        "all frames since the key frame are decoded"
    )
    todo = "nothing: frames in order come as fast as in other files"
    return _Finding(Severity.NOTE, what, todo, value=float(most))


def longest_gop(index: VideoIndex) -> int:
    """The most frames that are decoded to get at one of them."""
    return int(np.diff(index.key_frames, append=index.n_frames).max(initial=0))


def spans(frames: NDArray[np.int64]) -> str:
    """Frame numbers in words, neighbors together.

    >>> spans(np.array([3, 4, 5, 9]))
    '3 to 5, 9'
    """
    pieces = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    words = [
        f"{piece[0]} to {piece[-1]}" if piece.size > 1 else f"{piece[0]}"
        for piece in pieces[:LISTED]
    ]
    more = len(pieces) - LISTED
    return ", ".join(words) + (f" and {more} more places" if more > 0 else "")
