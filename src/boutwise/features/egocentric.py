"""Animals seen from their own trunk, in body lengths and seconds; any keypoints, 2D or 3D.

Keypoints are known by their roles; a keypoint without a role takes part under its own name. A
column whose keypoints are not in the track is absent; a value whose keypoints are missing is NaN.
Lengths are in *body*: the median distance from the front to the rear of the trunk over the
recording. Speeds are central differences over a span of seconds, so that they mean the same at any
frame rate. Heights (3D) count from the floor: the 10th percentile of the feet's height.

Postures and motion come twice: as they are, and as ``z:`` copy scaled by the recording's median and
median absolute deviation (what is usual for this animal). Both help: the absolute values carry over
between animals, the copies forgive differences of camera and body.

A pair has the columns of the agent, under the same names as if it were alone; what there is between
the two (``_between.py``), in the mean of their two bodies; and with the prefix ``other:`` the
columns of the target in its own bodies. Animals besides these two are not looked at.

Source: our own set; the columns of one animal and their spans were chosen on six animals in 3D,
leaving one animal out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from boutwise.errors import DataError
from boutwise.features._arena import outline_of, walls
from boutwise.features._between import OTHER, TURNED, between, exchanged
from boutwise.features._body import FEET, FRONTS, REARS, Body, Column, Floats, half_lag, length
from boutwise.features._mirror import exchange_by_names, mirror_by_names
from boutwise.features._within import SPANS_S, TURN_SPANS_S, within
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = (
    "an animal from its own trunk, and what is between it and another: coordinates, speeds, "
    "angles, distances; 2D or 3D"
)
SCOPES = ("individual", "directed")
INVARIANCES = ("translation", "rotation", "scale", "time_stretch")
"""``rotation`` is about the vertical axis; ``time_stretch``: the same motion filmed at another rate
gives the same numbers within the error of sampling."""
NEEDED_ROLES: tuple[tuple[str, ...], ...] = (
    tuple("+".join(names) for names in FRONTS),
    tuple("+".join(names) for names in REARS),
)
"""One of each tuple must be there; ``a+b`` stands for the middle of two keypoints."""

BLOCK_FRAMES = 4096
"""Frames computed at a time."""
SAMPLED_FRAMES = 20_000
"""Frames, evenly spread, from which the quantities of a whole recording are measured."""
Z_LIMIT = 10.0
"""A scaled copy is cut at this many deviations."""
COPIED = ("height.", "distance.", "slope.")
"""Columns that begin so have a copy scaled by recording, and those of motion over this span:"""
COPIED_SPAN = "@0.3s"
LEAST_DEVIATION = 1e-3
"""A column that varies less than this (body, rad) is scaled as if it varied this much."""

TO_A_SIDE = ("left.", "velocity.left@", "turn@", "bend.", "velocity.left.", "heading.left.")
"""Columns that begin so change their sign when left and right change places."""


def mirror(columns: Sequence[str]) -> Mirror | None:
    """What becomes of the columns when left and right of all animals change places."""
    return mirror_by_names(columns, lambda name: name.removeprefix(OTHER).startswith(TO_A_SIDE))


def exchange(columns: Sequence[str]) -> Mirror | None:
    """What becomes of the columns of a pair when agent and target change places."""
    alone = {name.removeprefix(OTHER) for name in columns if name.startswith(OTHER)} & {*columns}
    return exchange_by_names(columns, lambda name: exchanged(name, alone), TURNED.__eq__)


def margin_frames(clock: FrameClock) -> int:
    """Context frames on each side with which a chunk gives the same numbers as the whole."""
    return max(half_lag(span_s, clock.fps) for span_s in (*SPANS_S, *TURN_SPANS_S))


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``size`` (1,), pose units: one body; ``floor`` (1,), body: height of the floor (3D only);
        ``outline`` (edges, 3), body: the arena as far as the animal went, as lines
        ``a x + b y + c = 0`` with the inside negative (no edges when it never moved); of a pair the
        same of the target under ``other:size`` and so on; ``median`` and ``deviation`` (columns,)
        of the base columns that have a copy, in their units.

    Raises:
        DataError: No keypoints mark the trunk, or they are never seen together.
    """
    return _measured(pose, clock, subject)


def _measured(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    bodies = _bodies(pose, clock, subject, most=SAMPLED_FRAMES)
    measured: dict[str, Floats] = {}
    for prefix, body, who in zip(("", OTHER), bodies, _animals(subject), strict=False):
        size = _size(body, who, pose.source)
        scaled = body.scaled(size)
        measured[f"{prefix}size"] = np.array([size])
        measured[f"{prefix}floor"] = np.array([_floor(scaled)])
        measured[f"{prefix}outline"] = outline_of(scaled)
    measured["median"], measured["deviation"] = _usual(list(_base(bodies, measured)))
    return measured


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Features of one animal, or of an ordered pair.

    Args:
        pose: The recording, or a chunk of it with ``margin_frames`` of context on each side.
        clock: Its clock; only the rate is used.
        subject: The animal that acts, and its target if there is one.
        constants: Of the whole recording, from :func:`constants`; None = ``pose`` is the whole.

    Returns:
        One subject; columns in a fixed order for a set of keypoints.
    """
    if constants is None:
        constants = _measured(pose, clock, subject)
    margin, n_frames = margin_frames(clock), pose.n_frames
    values = np.empty((n_frames, 0), dtype=np.float32)
    # Some thousand frames at a time stay within the processor's cache, and need little memory.
    for start in range(0, max(n_frames, 1), BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, n_frames)
        low, high = max(start - margin, 0), min(stop + margin, n_frames)
        bodies = _bodies(pose.frames(low, high), clock, subject)
        names, units, columns = _with_copies(bodies, constants)
        if start == 0:
            values = np.empty((n_frames, len(names)), dtype=np.float32)
        block = np.stack(columns, dtype=np.float32, casting="same_kind")
        values[start:stop] = block[:, start - low : stop - low].T
    return FeatureTable(
        values=values[np.newaxis],
        subjects=(subject,),
        columns=names,
        units=units,
        set_name="egocentric",
        version=VERSION,
    )


def _with_copies(
    bodies: Sequence[Body], constants: Mapping[str, Floats]
) -> tuple[tuple[str, ...], tuple[str, ...], list[Floats]]:
    """Names, units and values of all columns; the copies come last."""
    names, units, columns = (list(each) for each in zip(*_base(bodies, constants), strict=True))
    for place in [place for place, name in enumerate(names) if _is_copied(name)]:
        usual, deviation = constants["median"][place], constants["deviation"][place]
        names.append(f"z:{names[place]}")
        units.append("1")
        columns.append(np.clip((columns[place] - usual) / deviation, -Z_LIMIT, Z_LIMIT))
    return tuple(names), tuple(units), columns


def _animals(subject: Subject) -> list[Subject]:
    """The agent and, if there is one, the target, each by itself."""
    agent = replace(subject, target="")
    return [agent, replace(agent, animal=subject.target)] if subject.target else [agent]


def _bodies(
    pose: PoseTrack, clock: FrameClock, subject: Subject, *, most: int | None = None
) -> list[Body]:
    return [Body.of(pose, clock, who, most=most) for who in _animals(subject)]


def _size(body: Body, who: Subject, source: str) -> float:
    sizes = length(body.at(body.front) - body.at(body.rear))
    size = float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else 0.0
    if not size > 0:
        raise DataError(
            f"the body of {who} has no length: front and rear are never seen apart",
            file=source or None,
            expected=f"frames with {' + '.join(body.front)} and {' + '.join(body.rear)}",
            todo="look at the pose track, or at the confidence below which keypoints are masked",
        )
    return size


def _is_copied(name: str) -> bool:
    return name.removeprefix(OTHER).startswith(COPIED) or name.endswith(COPIED_SPAN)


def _floor(body: Body) -> float:
    if body.n_dims == 2:
        return float("nan")
    feet = [name for pair in FEET for name in pair if name in body.points]
    tracks = np.stack([body.at(name)[2] for name in feet or body.points])
    heights = tracks if feet else np.fmin.reduce(tracks)
    return float(np.nanpercentile(heights, 10)) if np.isfinite(heights).any() else float("nan")


def _usual(base: Sequence[Column]) -> tuple[Floats, Floats]:
    """Median and scaled median absolute deviation of the columns that have a copy, (columns,).

    Of the others it is 0 and 1.
    """
    median, deviation = np.zeros(len(base)), np.ones(len(base))
    for place, (name, _, values) in enumerate(base):
        seen = values[np.isfinite(values)] if _is_copied(name) else values[:0]
        if seen.size:
            median[place] = np.median(seen)
            spread = 1.4826 * np.median(np.abs(seen - median[place]))
            deviation[place] = max(spread, LEAST_DEVIATION)
    return median, deviation


def _base(bodies: Sequence[Body], measured: Mapping[str, Floats]) -> Iterator[Column]:
    """All but the copies: of the agent, between the two, of the target."""
    with np.errstate(invalid="ignore", divide="ignore"):
        yield from _alone(bodies[0], measured, "")
        if len(bodies) > 1:
            unit = (float(measured["size"][0]) + float(measured[f"{OTHER}size"][0])) / 2
            yield from between(bodies[0].scaled(unit), bodies[1].scaled(unit))
            for name, unit_name, values in _alone(bodies[1], measured, OTHER):
                yield OTHER + name, unit_name, values


def _alone(body: Body, measured: Mapping[str, Floats], prefix: str) -> Iterator[Column]:
    scaled = body.scaled(float(measured[f"{prefix}size"][0]))
    yield from within(scaled, float(measured[f"{prefix}floor"][0]))
    yield from walls(scaled, measured[f"{prefix}outline"])
