"""No two recordings show the same movement: copies, other trackings of one video, cuts of it.

Of videos without pose only copies are found: the same packets, under whatever name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from boutwise.checks._contract import Study
from boutwise.checks._fingerprints import RATE, Movement, candidates, likeness, movement_of
from boutwise.checks._poses import Track, tracks
from boutwise.types import Problem, Recording, Severity

DESCRIPTION = "recordings that show the same movement: copies, new trackings, cuts of one another"

LEAST_LIKENESS = 0.8
"""Correlation of the speeds from which it is the same movement: copies with much noise have .9 and
more, different animals .3 at most."""

LEAST_S = 15.0
"""Seconds that must be there in both."""


@dataclass(frozen=True)
class Same:
    """Two animals that show the same movement.

    Attributes:
        first: Recording and animal.
        second: Recording and animal, of the same recording or a later one.
        alike: Correlation of their speeds, 1 = the same numbers.
        start: First frame in the first recording.
        other_start: The same moment in the second, frame.
        seconds: How long.
        film: Whether it is the video that is the same.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    alike: float
    start: int
    other_start: int
    seconds: float
    film: bool = False


def find(project: Study) -> list[Problem]:
    """Look for the same movement in two animals."""
    recordings = {recording.id: recording for recording in project.recordings()}
    movements: list[Movement] = []
    digests: dict[str, list[tuple[str, str]]] = {}
    for track in tracks(project):
        movement = movement_of(track)
        if movement is not None:
            movements.append(movement)
        digests.setdefault(digest(track), []).append((track.recording.id, track.animal))
    found = copies(digests, recordings)
    known = {(one.first, one.second) for one in found}
    found += [one for one in alike(movements) if (one.first, one.second) not in known]
    told = {(one.first[0], one.second[0]) for one in found}
    found += [one for one in films(project) if (one.first[0], one.second[0]) not in told]
    return problems_of(found, recordings)


def digest(track: Track) -> str:
    """Digest of the positions of one animal."""
    positions = np.ascontiguousarray(track.pose.positions[:, track.place])
    return hashlib.blake2b(positions.tobytes(), digest_size=16).hexdigest()


def copies(
    digests: Mapping[str, Sequence[tuple[str, str]]], recordings: Mapping[str, Recording]
) -> list[Same]:
    """Animals with the very same positions, also where nothing moves."""
    return [
        Same(places[0], other, 1.0, 0, 0, recordings[other[0]].clock.duration_s)
        for places in digests.values()
        for other in places[1:]
    ]


def films(project: Study) -> list[Same]:
    """Recordings with one and the same video."""
    recordings = {recording.id: recording for recording in project.recordings()}
    digests: dict[str, list[tuple[str, str]]] = {}
    for file in sorted(project.files(), key=lambda file: file.recording):
        if file.kind == "video" and file.recording in recordings:
            animal = recordings[file.recording].animals[0]
            digests.setdefault(file.digest, []).append((file.recording, animal))
    return [replace(one, film=True) for one in copies(digests, recordings)]


def alike(movements: Sequence[Movement]) -> list[Same]:
    """Animals with the same movement, from wherever in their recordings."""
    found = []
    for pair in candidates(movements):
        one, other = movements[pair.first], movements[pair.second]
        same, shift, length = likeness(one, other, pair.shift)
        if same < LEAST_LIKENESS or length < LEAST_S * RATE:
            continue
        start = max(0, -shift)
        found.append(
            Same(
                (one.recording, one.animal),
                (other.recording, other.animal),
                same,
                round(start * one.fps / RATE),
                round((start + shift) * other.fps / RATE),
                length / RATE,
            )
        )
    return found


def problems_of(found: Sequence[Same], recordings: Mapping[str, Recording]) -> list[Problem]:
    """One problem for each recording that repeats another one; the worst that is known of it."""
    worst: dict[tuple[str, bool], Same] = {}
    for one in found:
        inside = one.first[0] == one.second[0]
        key = one.second[0], inside
        rank = (_leaks(one, recordings), one.alike)
        if key not in worst or rank > (_leaks(worst[key], recordings), worst[key].alike):
            worst[key] = one
    return [
        _inside(one) if inside else _across(one, recordings)
        for (_name, inside), one in sorted(worst.items())
    ]


def _leaks(one: Same, recordings: Mapping[str, Recording]) -> bool:
    """Whether training and test could share this movement: no animal is in both recordings."""
    first, second = (set(recordings[side[0]].animals) for side in (one.first, one.second))
    return not first & second


def _across(one: Same, recordings: Mapping[str, Recording]) -> Problem:
    leaks = _leaks(one, recordings)
    here, there = recordings[one.second[0]], recordings[one.first[0]]
    stop = min(one.other_start + round(one.seconds * here.clock.fps), here.n_frames)
    whole = one.alike == 1.0
    how = "the same positions as" if whole else "the same movement as"
    if one.film:
        how = "the same video as"
    if leaks:
        todo = (
            "leave one of them out, or declare that they are the same animal (--animals): a model "
            "would be tested on what it was trained on"
        )
    else:
        todo = "leave one of them out: it counts twice in training and in every score"
    return Problem(
        "near_duplicates",
        Severity.BLOCKING if leaks else Severity.WARNING,
        f"frames {one.other_start} to {stop} show {how} '{there.id}' from "
        f"frame {one.start} on ({one.seconds:.0f} s, alike {one.alike:.2f})"
        + (f", under another animal: {one.second[1]} and {one.first[1]}" if leaks else ""),
        recording=here.id,
        frame=one.other_start,
        expected="each piece of video once",
        todo=todo,
        value=round(one.alike, 3),
        others=(there.id,),
    )


def _inside(one: Same) -> Problem:
    return Problem(
        "near_duplicates",
        Severity.WARNING,
        f"{one.first[1]} and {one.second[1]} are tracked on the same animal for "
        f"{one.seconds:.0f} s (alike {one.alike:.2f})",
        recording=one.second[0],
        frame=one.other_start,
        expected="each animal tracked once",
        todo="look at the tracks in the video; one of them may be another's copy",
        value=round(one.alike, 3),
    )
