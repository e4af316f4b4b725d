"""Clips: bouts trimmed to short stretches of one behavior, and as much background beside them.

Bouts of one behavior that touch become one clip, one of a single frame grows to about a second, and
a long one is divided into equal parts. Background is drawn over the whole of every recording, also
of those in which nothing was tagged: from the first seconds alone a network learns what a mouse
does that was just put into a cage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import LabelError, UsageError
from boutwise.types import Subject
from boutwise.types.frame_states import runs

Why = Literal["whole", "merged", "grown", "split", "idle"]
Stretch = tuple[int, int]


@dataclass(frozen=True)
class ClipRules:
    """How long clips are.

    Attributes:
        grown_s: Length to which a bout of one frame grows.
        longest_s: A longer bout is divided into equal parts.
        idle_s: Shortest and longest background clip.
    """

    grown_s: float = 1.0
    longest_s: float = 5.0
    idle_s: tuple[float, float] = (3.0, 5.0)

    def __post_init__(self) -> None:
        """Check the lengths."""
        shortest, longest = self.idle_s
        values = (self.grown_s, self.longest_s, shortest, longest)
        if not all(math.isfinite(value) and value > 0 for value in values) or shortest > longest:
            raise UsageError(
                f"clips cannot be so long: {self}",
                expected="seconds above 0, and a shortest background clip no longer than the "
                "longest",
            )


@dataclass(frozen=True, eq=False)
class LabelTrack:
    """What is known of one subject, frame by frame.

    Attributes:
        subject: Recording and animal.
        fps: Frames per second.
        bouts: Behavior -> frames ``[start, stop)`` of its bouts as they were tagged, in any order;
            they may touch and overlap.
        idle: (frames,) True where everything was examined and the subject does none of them.
    """

    subject: Subject
    fps: float
    bouts: Mapping[str, Sequence[Stretch]]
    idle: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Check that the bouts lie inside, and not where nothing happens."""
        total = len(self.idle)
        for behavior, stretches in self.bouts.items():
            for start, stop in stretches:
                inside = 0 <= start < stop <= total
                if not inside or self.idle[start:stop].any():
                    raise LabelError(
                        f"'{behavior}' cannot be from frame {start} to before {stop}",
                        recording=self.subject.recording,
                        expected=f"frames from 0 to before {total} that are no background",
                    )


@dataclass(frozen=True, order=True)
class Clip:
    """Frames ``[start, stop)`` of one subject.

    Attributes:
        subject: Recording and animal.
        start: First frame.
        stop: The frame after the last.
        behavior: What is shown; empty in a background clip.
        why: ``whole``, a bout as it is; ``merged``, bouts that touched; ``grown``, a bout of one
            frame; ``split``, a part of a long one; ``idle``, background.
    """

    subject: Subject
    start: int
    stop: int
    behavior: str
    why: Why

    @property
    def n_frames(self) -> int:
        """Length."""
        return self.stop - self.start


def choose_clips(
    tracks: Sequence[LabelTrack], rules: ClipRules | None = None, *, seed: int = 0
) -> list[Clip]:
    """The clips of some subjects, in order of subject and time.

    Background clips have as many frames as all others together, to within one clip, as far as there
    is background: no clip of it overlaps a bout, a grown clip, or frames that are not known. The
    recordings take turns in giving them; which stretches they give is drawn from the seed.

    Args:
        tracks: One a subject.
        rules: Lengths; the usual ones when not given.
        seed: The same seed, the same clips.

    Raises:
        LabelError: Two tracks are of one subject.
    """
    rules = rules or ClipRules()
    tracks = sorted(tracks, key=lambda track: track.subject)
    names = [track.subject for track in tracks]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise LabelError(f"there are two label tracks of {twice}", expected="one a subject")
    found = [clip for track in tracks for clip in positives(track, rules)]
    wanted = sum(clip.n_frames for clip in found)
    return sorted(found + _background(tracks, found, rules, wanted, np.random.default_rng(seed)))


def positives(track: LabelTrack, rules: ClipRules) -> list[Clip]:
    """The clips of the behaviors of one subject."""
    return [
        Clip(track.subject, start, stop, behavior, why)
        for behavior, bouts in sorted(track.bouts.items())
        for whole, reason in _merged(bouts, len(track.idle), track.fps, rules)
        for (start, stop), why in _divided(whole, reason, round(rules.longest_s * track.fps))
    ]


def _merged(
    bouts: Sequence[Stretch], total: int, fps: float, rules: ClipRules
) -> list[tuple[Stretch, Why]]:
    """Bouts of one behavior that do not touch each other, single frames grown."""
    grown: list[tuple[int, int, Why]] = []
    for start, stop, why in _united([(start, stop, "whole") for start, stop in bouts]):
        if stop - start == 1:
            grown.append((*_grown(start, total, max(1, round(rules.grown_s * fps))), "grown"))
        else:
            grown.append((start, stop, why))
    return [((start, stop), why) for start, stop, why in _united(grown)]


def _united(pieces: Sequence[tuple[int, int, Why]]) -> list[tuple[int, int, Why]]:
    """Pieces that touch become one; how they came about is kept of those that touch none."""
    found: list[tuple[int, int, Why]] = []
    for start, stop, why in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]), "merged")
        else:
            found.append((start, stop, why))
    return found


def _grown(frame: int, total: int, length: int) -> Stretch:
    """A stretch around a frame, moved into the recording where it would reach beyond.

    >>> _grown(50, 100, 30), _grown(3, 100, 30), _grown(99, 100, 30), _grown(5, 10, 30)
    ((35, 65), (0, 30), (70, 100), (0, 10))
    """
    length = min(length, total)
    start = min(max(0, frame - length // 2), total - length)
    return start, start + length


def _divided(whole: Stretch, why: Why, longest: int) -> list[tuple[Stretch, Why]]:
    """A stretch in as few equal parts as are short enough.

    >>> _divided((10, 21), "whole", 5)
    [((10, 14), 'split'), ((14, 17), 'split'), ((17, 21), 'split')]
    """
    start, stop = whole
    parts = -(-(stop - start) // max(1, longest))
    if parts == 1:
        return [(whole, why)]
    edges = [start + round(place * (stop - start) / parts) for place in range(parts + 1)]
    return [(part, "split") for part in pairwise(edges)]


def _background(
    tracks: Sequence[LabelTrack],
    taken: Sequence[Clip],
    rules: ClipRules,
    wanted: int,
    rng: np.random.Generator,
) -> list[Clip]:
    """Background clips of so many frames, taken from the recordings in turns."""
    offers: dict[str, list[Clip]] = {}
    for track in tracks:
        mine = [clip for clip in taken if clip.subject == track.subject]
        offers.setdefault(track.subject.recording, []).extend(_offered(track, mine, rules, rng))
    turns: list[tuple[int, float, Clip]] = []
    for mine in offers.values():
        order = rng.permutation(len(mine)).tolist()
        turns += [(turn, rng.random(), mine[place]) for turn, place in enumerate(order)]
    found: list[Clip] = []
    left = wanted
    for _, _, clip in sorted(turns, key=lambda turn: turn[:2]):
        # One more would be further from what is wanted than none.
        if left * 2 < clip.n_frames:
            break
        found.append(clip)
        left -= clip.n_frames
    return found


def _offered(
    track: LabelTrack, taken: Sequence[Clip], rules: ClipRules, rng: np.random.Generator
) -> list[Clip]:
    """Background clips that do not touch each other's frames, over all that is background."""
    free = track.idle.copy()
    for clip in taken:
        free[clip.start : clip.stop] = False
    low, high = (max(1, round(seconds * track.fps)) for seconds in rules.idle_s)
    clips = []
    for start, stop in runs(free):
        frame = start
        for gap, length in _laid(stop - start, low, high, rng):
            frame += gap
            clips.append(Clip(track.subject, frame, frame + length, "", "idle"))
            frame += length
    return clips


def _laid(room: int, low: int, high: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """The gap before each clip, and its length: as many clips as fit with a middle length."""
    count = max(room // ((low + high + 1) // 2), int(room >= low))
    lengths = rng.integers(low, high + 1, size=count)
    while lengths.sum() > room:
        longest = int(lengths.argmax())
        lengths[longest] = max(low, lengths[longest] - int(lengths.sum() - room))
    cuts = np.sort(rng.integers(0, room - int(lengths.sum()) + 1, size=count))
    return list(zip(np.diff(cuts, prepend=0).tolist(), lengths.tolist(), strict=True))
