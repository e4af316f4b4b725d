"""One animal seen from its own trunk, in body lengths and seconds; any keypoints, 2D or 3D.

Keypoints are known by their roles; a keypoint without a role takes part under its own name. A
column whose keypoints are not in the track is absent; a value whose keypoints are missing is NaN.
Lengths are in *body*: the median distance from the front to the rear of the trunk over the
recording. Speeds are central differences over a span of seconds, so that they mean the same at any
frame rate. Heights (3D) count from the floor: the 10th percentile of the feet's height.

Postures and motion come twice: as they are, and as ``z:`` copy scaled by the recording's median and
median absolute deviation (what is usual for this animal). Both help: the absolute values carry over
between animals, the copies forgive differences of camera and body.

Source: our own set; its columns and spans were chosen on six animals in 3D, leaving one animal out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from boutwise.errors import DataError
from boutwise.features._arena import outline_of, walls
from boutwise.features._body import FEET, FRONTS, REARS, Body, Column, Floats, half_lag, length
from boutwise.features._mirror import mirror_by_names
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = "one animal from its own trunk: coordinates, speeds, angles, distances; 2D or 3D"
SCOPES = ("individual", "directed")
INVARIANCES = ("translation", "rotation", "scale", "time_stretch")
"""``rotation`` is about the vertical axis; ``time_stretch``: the same motion filmed at another rate
gives the same numbers within the error of sampling."""
NEEDED_ROLES: tuple[tuple[str, ...], ...] = (
    tuple("+".join(names) for names in FRONTS),
    tuple("+".join(names) for names in REARS),
)
"""One of each tuple must be there; ``a+b`` stands for the middle of two keypoints."""

SPANS_S = (0.1, 0.3, 1.0)
"""Spans of speeds, seconds."""
TURN_SPANS_S = (0.5, 1.5)
"""Spans of turning, seconds."""
SAMPLED_FRAMES = 20_000
"""Frames, evenly spread, from which the quantities of a whole recording are measured."""
Z_LIMIT = 10.0
"""A scaled copy is cut at this many deviations."""
COPIED = ("height.", "distance.", "slope.")
"""Columns that begin so have a copy scaled by recording, and those of motion over this span:"""
COPIED_SPAN = "@0.3s"
LEAST_DEVIATION = 1e-3
"""A column that varies less than this (body, rad) is scaled as if it varied this much."""

PAIRS: tuple[tuple[str, str], ...] = (
    ("nose", "tail_base"),
    ("nose", "neck"),
    ("neck", "tail_base"),
    ("nose", "center"),
    ("center", "tail_base"),
    ("nose", "left_ear"),
    ("nose", "right_ear"),
    ("left_ear", "right_ear"),
    ("left_ear", "tail_base"),
    ("right_ear", "tail_base"),
    ("left_hip", "right_hip"),
    ("nose", "left_hip"),
    ("nose", "right_hip"),
    ("nose", "left_forepaw"),
    ("nose", "right_forepaw"),
    ("nose", "left_hindpaw"),
    ("nose", "right_hindpaw"),
    ("left_forepaw", "right_forepaw"),
    ("left_hindpaw", "right_hindpaw"),
    ("left_forepaw", "left_hindpaw"),
    ("right_forepaw", "right_hindpaw"),
    ("tail_base", "tail_tip"),
)
"""Distances that are measured where both roles are there."""

ANGLES: tuple[tuple[str, str, str], ...] = (
    ("nose", "neck", "tail_base"),
    ("nose", "center", "tail_base"),
    ("chest", "tail_base", "tail_tip"),
    ("left_forepaw", "chest", "right_forepaw"),
    ("left_ear", "nose", "right_ear"),
    ("left_ear", "tail_base", "right_ear"),
)
"""Angles, (arm, vertex, arm)."""

SLOPES: tuple[tuple[str, str], ...] = (
    ("tail_base", "neck"),
    ("tail_base", "chest"),
    ("tail_base", "center"),
    ("chest", "neck"),
    ("neck", "nose"),
    ("tail_base", "tail_tip"),
)
"""Elevations of an arrow above the horizontal, 3D only."""


TO_A_SIDE = ("left.", "velocity.left@", "turn@", "bend.")
"""Columns that begin so change their sign when left and right change places."""


def mirror(columns: Sequence[str]) -> Mirror:
    """What becomes of the columns when left and right of the animal change places."""
    return mirror_by_names(columns, lambda name: name.startswith(TO_A_SIDE))


def margin_frames(clock: FrameClock) -> int:
    """Context frames on each side with which a chunk gives the same numbers as the whole."""
    return max(half_lag(span_s, clock.fps) for span_s in (*SPANS_S, *TURN_SPANS_S))


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``size`` (1,), pose units: one body; ``floor`` (1,), body: height of the floor (3D only);
        ``outline`` (edges, 3), body: the arena as far as the animal went, as lines
        ``a x + b y + c = 0`` with the inside negative (no edges when it never moved); ``median``
        and ``deviation`` (columns,) of the base columns, in their units.

    Raises:
        DataError: No keypoints mark the trunk, or they are never seen together.
    """
    return _measured(pose, clock, subject)


def _measured(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    body = Body.of(pose, clock, subject).sampled(SAMPLED_FRAMES)
    sizes = length(body.at(body.front) - body.at(body.rear))
    size = float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else 0.0
    if not size > 0:
        raise DataError(
            f"the body of {subject} has no length: front and rear are never seen apart",
            file=pose.source or None,
            expected=f"frames with {' + '.join(body.front)} and {' + '.join(body.rear)}",
            todo="look at the pose track, or at the confidence below which keypoints are masked",
        )
    body = body.scaled(size)
    measured = {
        "size": np.array([size]),
        "floor": np.array([_floor(body)]),
        "outline": outline_of(body),
    }
    columns = list(_base(body, measured))
    values = np.stack([column[2] for column in columns])
    measured["median"], measured["deviation"] = _usual(values)
    return measured


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Features of one animal.

    Args:
        pose: The recording, or a chunk of it with ``margin_frames`` of context on each side.
        clock: Its clock; only the rate is used.
        subject: The animal; a target is not looked at.
        constants: Of the whole recording, from :func:`constants`; None = ``pose`` is the whole.

    Returns:
        One subject; columns in a fixed order for a set of keypoints.
    """
    if constants is None:
        constants = _measured(pose, clock, subject)
    body = Body.of(pose, clock, subject).scaled(float(constants["size"][0]))
    names, units, columns = zip(*_base(body, constants), strict=True)
    copied = [n for n, name in enumerate(names) if _is_copied(name)]
    values = np.empty((len(names) + len(copied), body.frames.size), dtype=np.float32)
    for place, column in enumerate(columns):
        values[place] = column
    for place, source in enumerate(copied, start=len(names)):
        usual, deviation = constants["median"][source], constants["deviation"][source]
        values[place] = np.clip((columns[source] - usual) / deviation, -Z_LIMIT, Z_LIMIT)
    return FeatureTable(
        values=np.ascontiguousarray(values.T)[np.newaxis],
        subjects=(subject,),
        columns=(*names, *(f"z:{names[source]}" for source in copied)),
        units=(*units, *("1" for _ in copied)),
        set_name="egocentric",
        version=VERSION,
    )


def _is_copied(name: str) -> bool:
    return name.startswith(COPIED) or name.endswith(COPIED_SPAN)


def _floor(body: Body) -> float:
    if body.n_dims == 2:
        return float("nan")
    feet = [name for pair in FEET for name in pair if name in body.points]
    tracks = np.stack([body.at(name)[2] for name in feet or body.points])
    heights = tracks if feet else np.fmin.reduce(tracks)
    return float(np.nanpercentile(heights, 10)) if np.isfinite(heights).any() else float("nan")


def _usual(values: Floats) -> tuple[Floats, Floats]:
    """Median and scaled median absolute deviation of each column, (columns, n) -> (columns,)."""
    seen = np.isfinite(values).any(axis=1)
    median, deviation = np.zeros(len(values)), np.ones(len(values))
    median[seen] = np.nanmedian(values[seen], axis=1)
    spread = np.nanmedian(np.abs(values[seen] - median[seen, np.newaxis]), axis=1)
    deviation[seen] = np.maximum(1.4826 * spread, LEAST_DEVIATION)
    return median, deviation


def _base(body: Body, measured: Mapping[str, Floats]) -> Iterator[Column]:
    with np.errstate(invalid="ignore", divide="ignore"):
        yield from _coordinates(body, float(measured["floor"][0]))
        yield from _speeds(body)
        yield from _turning(body)
        yield from _angles(body)
        yield from _distances(body)
        yield from walls(body, measured["outline"])


def _coordinates(body: Body, floor: float) -> Iterator[Column]:
    """Where each point is: ahead and left of the middle of the trunk, and above the floor."""
    for name in body.points:
        point = body.at(name)
        ahead, left = body.turned(point - body.middle)
        yield f"ahead.{name}", "body", ahead
        yield f"left.{name}", "body", left
        if body.n_dims == 3:
            yield f"height.{name}", "body", point[2] - floor


def _speeds(body: Body) -> Iterator[Column]:
    """How fast each point moves, and where the trunk goes."""
    for span_s in SPANS_S:
        half = half_lag(span_s, body.fps)
        seconds = body.span_s(half)
        for name in body.points:
            moved = body.at(name, half) - body.at(name, -half)
            yield f"speed.{name}@{span_s:g}s", "body/s", length(moved) / seconds
        moved = body.middle_at(half) - body.middle_at(-half)
        ahead, left = body.turned(moved)
        yield f"velocity.ahead@{span_s:g}s", "body/s", ahead / seconds
        yield f"velocity.left@{span_s:g}s", "body/s", left / seconds
        if body.n_dims == 3:
            yield f"velocity.up@{span_s:g}s", "body/s", moved[2] / seconds
            nose = "nose" if "nose" in body.points else body.front
            risen = body.at(nose, half)[2] - body.at(nose, -half)[2]
            yield f"velocity.front_up@{span_s:g}s", "body/s", risen / seconds


def _turning(body: Body) -> Iterator[Column]:
    for span_s in TURN_SPANS_S:
        half = half_lag(span_s, body.fps)
        before, after = body.axis(-half), body.axis(half)
        sine = before[0] * after[1] - before[1] * after[0]
        cosine = before[0] * after[0] + before[1] * after[1]
        yield f"turn@{span_s:g}s", "rad/s", np.arctan2(sine, cosine) / body.span_s(half)


def _angles(body: Body) -> Iterator[Column]:
    """Angles of the body, and (3D) slopes of its parts."""
    for one, vertex, other in ANGLES:
        if all(name in body.points for name in (one, vertex, other)):
            origin = body.at(vertex)
            a, b = body.at(one) - origin, body.at(other) - origin
            cosine = (a * b).sum(axis=0) / (length(a) * length(b))
            yield f"angle.{one}-{vertex}-{other}", "rad", np.arccos(np.clip(cosine, -1, 1))
    for name, far, near in (("head", ("nose",), body.front), ("tail", ("tail_tip",), body.rear)):
        if far[0] in body.points and far != near:
            ahead, left = body.turned(body.at(far) - body.at(near))
            # The tail is measured against straight backwards, where it has no jump.
            sign = 1.0 if name == "head" else -1.0
            yield f"bend.{name}", "rad", np.arctan2(left, sign * ahead)
    if body.n_dims == 3:
        for start, end in SLOPES:
            if start in body.points and end in body.points:
                arrow = body.at(end) - body.at(start)
                yield f"slope.{start}-{end}", "rad", np.arctan2(arrow[2], length(arrow[:2]))


def _distances(body: Body) -> Iterator[Column]:
    for one, other in PAIRS:
        if one in body.points and other in body.points:
            yield f"distance.{one}-{other}", "body", length(body.at(one) - body.at(other))
