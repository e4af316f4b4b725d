"""No recording is the continuation of another one under another animal's name.

Where one recording ends, another may begin: each keypoint of the first frame then lies where the
last frame, or its speed, puts it, within the steps that these two recordings make between frames.
Different recordings do not come that near by chance, unless animals are put in one place; whether
other recordings pass through that very posture and place is looked at too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.checks._poses import Points, Track, poses, tracks_of
from boutwise.types import Problem, Recording, Severity

DESCRIPTION = "one recording in two parts: one begins with the very posture that another ends with"

MOST_STEPS = 1.4
"""Distance between end and beginning, in steps between frames as they are there: 99 of 100 cuts of
real recordings stay below."""

MOST_LENGTHS = 0.1
"""The same in body lengths; ends and beginnings of different real recordings are .2 and more
apart, in projects of a dozen."""

SURE, POSSIBLE = 0.05, 0.5
"""Pairs of recordings that would be as near by chance in a project of this size: up to how many
a continuation is sure, and from how many nothing is said."""

_DIMENSIONS = 4
"""Ways in which posture and place vary at the least: so fast falls the chance of being near."""

_END_S = 1.0
_NEARLY_ALL = 0.8
_BUSY = 0.9
_LEAST_KEYPOINTS = 3
_SAMPLES = 200
_PART = re.compile(r"(^|[^a-z])(part|pt|teil|chunk|segment|cont)[ ._-]*\d*", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Ends:
    """First and last posture of a recording, all animals, and how it moves there.

    Attributes:
        first: (animals, keypoints, dims), in body lengths.
        last: The same.
        before: Where the speed at the end leads one frame later, the same shape.
        steps: Usual step between frames at the start and at the end, body lengths.
        samples: Frames from the whole recording, (samples, animals, keypoints, dims).
        layout: Keypoints, dims and number of animals: only equal ones can be compared.
        length: Body length in the unit of the pose.
    """

    first: Points
    last: Points
    before: Points
    steps: tuple[float, float]
    samples: Points
    layout: tuple[object, ...]
    length: float


@dataclass(frozen=True)
class Continuation:
    """Two recordings of which the second continues the first.

    Attributes:
        first: Id of the one that ends.
        second: Id of the one that begins.
        distance: Between the end and the beginning, body lengths.
        chance: Pairs of recordings of this project that would be so near by chance.
    """

    first: str
    second: str
    distance: float
    chance: float


def find(project: Study) -> list[Problem]:
    """Hold the end of each recording against the beginning of every other one."""
    recordings: dict[str, Recording] = {}
    ends: dict[str, Ends] = {}
    for recording, pose in poses(project):
        recordings[recording.id] = recording
        found = ends_of(tracks_of(recording, pose))
        if found is not None:
            ends[recording.id] = found
    return [
        _problem(recordings[one.first], recordings[one.second], one) for one in continuations(ends)
    ]


def ends_of(tracks: Sequence[Track]) -> Ends | None:
    """First and last posture of a recording; None where too little is seen there."""
    lengths = [track.length for track in tracks if track.length > 0]
    n_frames = len(tracks[0].points)
    if not lengths or n_frames < 4:
        return None
    length = max(lengths)
    points = np.stack([track.points for track in tracks], axis=1) / np.float32(length)
    span = max(3, min(round(_END_S * tracks[0].fps), n_frames // 2))
    if not (_seen(points[0]) and _seen(points[-1])):
        return None
    pose = tracks[0].pose
    speed = np.nan_to_num(points[-1] - points[-2])
    return Ends(
        points[0],
        points[-1],
        points[-1] + speed,
        (_usual_step(points[:span]), _usual_step(points[-span:])),
        points[:: max(1, n_frames // _SAMPLES)],
        (pose.keypoints, pose.n_dims, len(tracks)),
        length,
    )


def continuations(ends: Mapping[str, Ends]) -> list[Continuation]:
    """Recordings that continue another one."""
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name, one in ends.items():
        groups[one.layout].append(name)
    found = []
    for names in groups.values():
        for first in names:
            near = [
                (distance, second)
                for second in names
                if second != first
                and (distance := _continues(ends[first], ends[second])) is not None
            ]
            if not near:
                continue
            distance, second = min(near)
            others = [ends[name] for name in names if name not in (first, second)]
            chance = by_chance(ends[first], distance, others) * len(names) * (len(names) - 1)
            if chance <= POSSIBLE:
                found.append(Continuation(first, second, distance, chance))
    return found


def _continues(one: Ends, other: Ends) -> float | None:
    """Distance of the beginning of one recording from the end of another; None when it is far."""
    scale = other.length / one.length
    if not 0.5 < scale < 2:
        return None
    limit = min(MOST_STEPS * max(one.steps[1], other.steps[0]), MOST_LENGTHS)
    start = other.first * np.float32(scale)
    near = min(float(_apart(one.last, start)), float(_apart(one.before, start)))
    return near if near <= limit else None


def by_chance(one: Ends, distance: float, others: Sequence[Ends]) -> float:
    """Chance that a recording which is no continuation begins so near to the end of this one.

    The frames of all other recordings show how near they come; below the nearest of them the
    chance falls with a power of the distance. Tracks that were moved and turned into one frame,
    or animals that always sit in one place, are near each other anyway.
    """
    nearest, count = float("inf"), 0
    for other in others:
        scale = np.float32(other.length / one.length)
        apart = _apart(one.last, other.samples * scale)
        nearest, count = min(nearest, float(apart.min())), count + len(apart)
    if not count:
        return 0.0
    return min(1.0, (distance / max(nearest, 1e-9)) ** _DIMENSIONS / count)


def _apart(posture: Points, frames: Points) -> NDArray[np.floating]:
    """Distance of nearly all keypoints of all animals, (...); infinite where too few are seen."""
    distance = np.linalg.norm(frames - posture, axis=-1)
    flat = distance.reshape(*distance.shape[:-2], -1)
    count = np.isfinite(flat).sum(axis=-1)
    ordered = np.sort(flat, axis=-1)  # NaN comes last
    place = np.floor(_NEARLY_ALL * np.maximum(count - 1, 0)).astype(int)
    found = np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0]
    return np.where(count >= min(_LEAST_KEYPOINTS, flat.shape[-1]), found, np.inf)


def _usual_step(points: Points) -> float:
    """Step of nearly all keypoints between two frames where they are busy, body lengths."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=3).reshape(len(points) - 1, -1)
    steps = steps[np.isfinite(steps).all(axis=1)]
    if not len(steps):
        return 0.0
    return float(np.quantile(np.quantile(steps, _NEARLY_ALL, axis=1), _BUSY))


def _seen(posture: Points) -> bool:
    seen = np.isfinite(posture).all(axis=2)
    return bool((seen.sum(axis=1) >= max(_LEAST_KEYPOINTS, seen.shape[1] / 2)).all())


def _problem(first: Recording, second: Recording, one: Continuation) -> Problem:
    apart = set(first.animals) != set(second.animals)
    named = all(_PART.search(one.id) for one in (first, second))
    also = "; their names speak of parts too" if named else ""
    if apart:
        animals = f"{', '.join(first.animals)} and {', '.join(second.animals)}"
        what = f"but is of other animals ({animals})"
        todo = (
            "declare the same animal for both (--animals), so that one is never test for a model "
            "that was trained on the other; if they are two animals, look at the videos"
        )
    else:
        what = "and is a part of it"
        todo = "nothing, as long as scores are by animal; a split by recording would leak"
    return Problem(
        "split_recording",
        Severity.BLOCKING if apart and one.chance <= SURE else Severity.WARNING,
        f"it begins where '{first.id}' ends, {one.distance:.3f} body lengths apart, {what}{also}",
        recording=second.id,
        frame=0,
        expected="recordings of different animals that do not continue each other",
        todo=todo,
        value=round(one.distance, 4),
        others=(first.id,),
    )
