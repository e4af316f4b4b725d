"""Which recording a label file speaks of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from boutwise.api.importing.sources import VIDEOS, slug
from boutwise.errors import did_you_mean
from boutwise.formats._contract import LabelTrack


@dataclass(frozen=True)
class Candidate:
    """A recording that labels may belong to.

    Attributes:
        id: Of the recording.
        name: Its base name, as its pose or video file says it.
        folder: Where that file lies; None when it is not known.
        n_frames: Frames of the recording; 0 when not known.
        labeled: Where labels of it came from, and by whom: for a recording without pose, which
            has no other place.
    """

    id: str
    name: str
    folder: Path | None
    n_frames: int
    labeled: tuple[tuple[Path, str], ...] = ()

    def elsewhere(self, folder: Path, annotator: str, mixed: Collection[Path]) -> bool:
        """Whether labels in a folder are of another recording, in spite of their equal name."""
        if not self.labeled:
            return apart(self.folder, folder, mixed)
        if any(not apart(place, folder) for place, _ in self.labeled):
            return False
        return not annotator or annotator in {who for _, who in self.labeled}


@dataclass(frozen=True)
class Match:
    """What the search found.

    Attributes:
        id: The recording; empty when none or several fit.
        why: In words.
        sure: Whether the names are equal; a mere beginning is worth a warning.
        new: Whether the labels may be of a recording that is not there; not so when several fit.
    """

    id: str
    why: str
    sure: bool = True
    new: bool = False


def match(
    track: LabelTrack,
    folder: Path,
    candidates: Sequence[Candidate],
    *,
    mixed: Collection[Path] = (),
) -> Match:
    """Find the recording of a label track: by name, then by folder, then by size.

    Equal names in folders that stand side by side (``mouse1``, ``mouse2``, or two folders that
    both hold pose and labels) are different recordings.

    Args:
        track: The labels.
        folder: Where their file lies.
        candidates: All recordings.
        mixed: Folders that hold pose as well as labels.
    """
    wanted = plain(track.recording)
    named = [c for c in candidates if plain(c.name) == wanted]
    why, sure = "same name", True
    if not named:
        named = _beginning(wanted, [c for c in candidates if not c.labeled], track.n_rows)
        why, sure = "its name begins like that of the recording", False
    near = [c for c in named if not c.elsewhere(folder, track.annotator, mixed)]
    if not near:
        if named:
            why = f"{named[0].id} has that name, but lies in another folder"
            return Match("", why, new=True)
        hint = _hint(track.recording, [c.name for c in candidates])
        return Match("", f"no recording is called '{track.recording}'; {hint}", new=True)
    if len(near) > 1:
        distances = {c.id: distance(c.folder, folder) for c in near}
        closest = [c for c in near if distances[c.id] == min(distances.values())]
        why += ", nearest folder" if len(closest) < len(near) else ""
        near = closest
    if len(near) > 1 and track.n_rows is not None and track.trial is None:
        sized = [c for c in near if c.n_frames == track.n_rows]
        if len(sized) == 1:
            near, why = sized, f"{why}, same number of frames"
    if len(near) > 1:
        return Match("", "it fits " + " and ".join(c.id for c in near))
    return Match(near[0].id, why, sure)


def _hint(wanted: str, names: Sequence[str]) -> str:
    if not names:
        return "there are no recordings: import videos or pose, or labels alone by --labels-only"
    hint = did_you_mean(wanted, set(names))
    return hint if len(names) <= 10 or hint.startswith("did") else f"known: {len(names)} others"


def plain(name: str) -> str:
    """A name for comparison: slug without case and without a video's suffix.

    >>> plain("Cage 3.MP4")
    'cage_3'
    """
    stem, dot, suffix = name.rpartition(".")
    bare = stem if f"{dot}{suffix}".lower() in VIDEOS else name
    return slug(bare.replace("/", "_")).casefold()


def _beginning(wanted: str, candidates: Sequence[Candidate], n_rows: int | None) -> list[Candidate]:
    """Recordings of which one name is the beginning of the other, up to a separator."""
    fits: list[tuple[int, Candidate]] = []
    for candidate in candidates:
        short, long = sorted((plain(candidate.name), wanted), key=len)
        cut = bool(short) and long.startswith(short) and not long[len(short)].isalnum()
        if cut and (n_rows is None or n_rows <= candidate.n_frames):
            fits.append((len(short), candidate))
    best = max((length for length, _ in fits), default=0)
    return [candidate for length, candidate in fits if length == best]


def _rest(a: Path, b: Path) -> tuple[list[str], list[str]]:
    """What is left of two paths without their common head and tail."""
    left, right = list(a.resolve().parts), list(b.resolve().parts)
    while left and right and left[0] == right[0]:
        left, right = left[1:], right[1:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return left, right


def distance(a: Path | None, b: Path) -> int:
    """Folders that one must go through from one to the other, without what they have in common."""
    if a is None:
        return 10**6
    left, right = _rest(a, b)
    return len(left) + len(right)


def apart(a: Path | None, b: Path, mixed: Collection[Path] = ()) -> bool:
    """Whether two folders are units of their own, so that equal names in them are no match."""
    if a is None:
        return False
    left, right = _rest(a, b)
    if not left or not right:
        return False
    if a.resolve() in mixed and b.resolve() in mixed:
        return True
    return any(
        one != other and re.sub(r"\d+", "#", one) == re.sub(r"\d+", "#", other)
        for one, other in zip(left, right, strict=False)
    )
