"""Forty-eight numbers of two animals of seven points: coordinates, distances, motion, headings.

Of a pair, ``agent`` is the animal that acts (mouse 0 of the original) and ``target`` the other
(mouse 1). The columns, in this order:

===== ================================================================= ==========
place column                                                            unit
===== ================================================================= ==========
0-6   x of the agent's points                                           body
7-13  y of the agent's points                                           body
14-27 x, then y of the target's points                                  body
28    distance of the centers                                           body
29    distance of the noses                                             body
30    the agent's nose to the target's center                           body
31    the target's nose to the agent's center                           body
32-34 velocity in x, in y, and speed of the agent's center              body/s
35-37 the same of the target                                            body/s
38-39 size of the acceleration of the agent's, the target's center      body/s2
40    approach: how fast the distance of the centers shrinks, over .1 s body/s
41    the same over .5 s                                                body/s
42-43 sine and cosine of the agent's heading                            1
44-45 the same of the target                                            1
46-47 angle between the heading of the agent, the target, and the other rad
===== ================================================================= ==========

The points come in the alphabetical order of the original's names: ``ear_left``, ``ear_right``,
``hip_left``, ``hip_right``, ``neck``, ``nose``, ``tail_base``. A center is the mean of the seven
points, a heading points from the tail base to the neck. Lengths are in *body*: the mean over the
two animals of the median distance from neck to tail base. Velocities and accelerations are central
differences over .1 s, so that they mean the same at any frame rate; x points to the right and y up
the page. In 3D everything is seen from above.

Coordinates count from the median place of all points of both animals in the recording: it moves
with the camera, and in a mirror it becomes its own picture, so that the mirror of the features is
exact. Turning the camera changes them. A value is missing where one of its points is, so a center
needs all seven: one of those that are seen would jump with each point that comes or goes.

Source: the features of the system ``cnn_lstm``. Differences: lengths and rates (there pixels and
frames), NaN where a point is missing, the origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from boutwise.errors import DataError
from boutwise.features._body import Column, Floats, half_lag, length
from boutwise.features._fixed import fixed_points, median_length, sampled
from boutwise.features._mirror import exchange_by_names, mirror_by_names
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = "two animals of seven points: coordinates, distances, motion and headings"
SCOPES = ("directed",)
INVARIANCES = ("translation", "scale", "time_stretch")
ROLES = ("left_ear", "right_ear", "left_hip", "right_hip", "neck", "nose", "tail_base")
"""Points in the order of their coordinates."""
NEEDED_ROLES: tuple[tuple[str, ...], ...] = tuple((role,) for role in ROLES)
NECK, NOSE, TAIL_BASE = (ROLES.index(role) for role in ("neck", "nose", "tail_base"))

SPAN_S = 0.1
"""Span of velocities, of their change, and of the first rate of approach."""
SMOOTHER_S = 0.5
"""Span of the second rate of approach."""
ALONG_X = ("x.", "velocity_x.", "heading_cos.")
"""Columns that begin so change their sign in a mirror."""

ANIMALS = ("agent", "target")
OTHER_WAY = dict(zip(ANIMALS, reversed(ANIMALS), strict=True))
_WHO = re.compile(f"({'|'.join(ANIMALS)})")


def mirror(columns: Sequence[str]) -> Mirror | None:
    """Left and right points change places, and x points the other way."""
    return mirror_by_names(columns, lambda name: name.startswith(ALONG_X))


def exchange(columns: Sequence[str]) -> Mirror | None:
    """Agent and target change places."""
    return exchange_by_names(columns, _exchanged, lambda name: False)


def margin_frames(clock: FrameClock) -> int:
    """Context frames on each side with which a chunk gives the same numbers as the whole."""
    return max(2 * half_lag(SPAN_S, clock.fps), half_lag(SMOOTHER_S, clock.fps))


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``size`` (1,), pose units: one body; ``origin`` (2,), pose units: where coordinates begin.

    Raises:
        DataError: The subject has no target, a point is not in the track, or an animal is never
            seen with neck and tail base.
    """
    return _measured(pose, subject)


def _measured(pose: PoseTrack, subject: Subject) -> dict[str, Floats]:
    tracks = _tracks(sampled(pose), subject)
    sizes = [
        median_length(points[NECK], points[TAIL_BASE], who, pose)
        for points, who in zip(tracks, _animals(subject), strict=True)
    ]
    places = np.stack(tracks).transpose(2, 0, 1, 3).reshape(2, -1)
    return {"size": np.array([np.mean(sizes)]), "origin": np.nanmedian(places, axis=1)}


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Features of an ordered pair.

    Args:
        pose: The recording, or a chunk of it with ``margin_frames`` of context on each side.
        clock: Its clock; only the rate is used.
        subject: The animal that acts, and its target.
        constants: Of the whole recording, from :func:`constants`; None = ``pose`` is the whole.
    """
    both = _tracks(pose, subject)
    if constants is None:
        constants = _measured(pose, subject)
    origin, size = constants["origin"][:, np.newaxis], float(constants["size"][0])
    agent, target = ((points - origin) / size for points in both)
    with np.errstate(invalid="ignore", divide="ignore"):
        names, units, columns = zip(*_columns(agent, target, clock.fps), strict=True)
    return FeatureTable(
        values=np.ascontiguousarray(np.stack(columns, dtype=np.float32, casting="same_kind").T)[
            np.newaxis
        ],
        subjects=(subject,),
        columns=names,
        units=units,
        set_name="social48",
        version=VERSION,
    )


def _exchanged(name: str) -> str:
    """``distance.agent_nose-target_center`` -> ``distance.target_nose-agent_center``."""
    return "".join(OTHER_WAY.get(part, part) for part in _WHO.split(name))


def _animals(subject: Subject) -> tuple[Subject, Subject]:
    if not subject.target:
        raise DataError(
            f"the feature set 'social48' is of an animal and its target, and {subject} has none",
            recording=subject.recording,
            expected="an ordered pair of animals",
            todo="take it for directed behaviors",
        )
    agent = replace(subject, target="")
    return agent, replace(agent, animal=subject.target)


def _tracks(pose: PoseTrack, subject: Subject) -> tuple[Floats, ...]:
    """Agent and target seen from above, (points, 2, frames) each, in pose units."""
    return tuple(
        fixed_points(pose, who, ROLES, set_name="social48")[:, :2] for who in _animals(subject)
    )


def _columns(agent: Floats, target: Floats, fps: float) -> Iterator[Column]:
    """All columns in order, of points in bodies from the origin, (7, 2, frames)."""
    both = (agent, target)
    for who, points in zip(ANIMALS, both, strict=True):
        for axis, name in enumerate("xy"):
            for role, point in zip(ROLES, points, strict=True):
                yield f"{name}.{who}.{role}", "body", point[axis]
    centers = [points.mean(axis=0) for points in both]
    apart = length(centers[1] - centers[0])
    yield "distance.centers", "body", apart
    yield "distance.noses", "body", length(agent[NOSE] - target[NOSE])
    yield "distance.agent_nose-target_center", "body", length(agent[NOSE] - centers[1])
    yield "distance.target_nose-agent_center", "body", length(target[NOSE] - centers[0])
    velocities = [_rate(center, SPAN_S, fps) for center in centers]
    for who, velocity in zip(ANIMALS, velocities, strict=True):
        yield f"velocity_x.{who}@{SPAN_S:g}s", "body/s", velocity[0]
        yield f"velocity_y.{who}@{SPAN_S:g}s", "body/s", velocity[1]
        yield f"speed.{who}@{SPAN_S:g}s", "body/s", length(velocity)
    for who, velocity in zip(ANIMALS, velocities, strict=True):
        yield f"acceleration.{who}", "body/s2", length(_rate(velocity, SPAN_S, fps))
    for span_s in (SPAN_S, SMOOTHER_S):
        yield f"approach@{span_s:g}s", "body/s", -_rate(apart, span_s, fps)
    axes = [points[NECK] - points[TAIL_BASE] for points in both]
    axes = [axis / length(axis) for axis in axes]
    for who, (cos, sin) in zip(ANIMALS, axes, strict=True):
        yield f"heading_sin.{who}", "1", sin
        yield f"heading_cos.{who}", "1", cos
    for who, (cos, sin), way in zip(
        ANIMALS, axes, (centers[1] - centers[0], centers[0] - centers[1]), strict=True
    ):
        across, along = cos * way[1] - sin * way[0], cos * way[0] + sin * way[1]
        yield f"facing.{who}", "rad", np.arctan2(np.abs(across), along)


def _rate(values: Floats, span_s: float, fps: float) -> Floats:
    """Change per second over a centered span, (..., frames); cut at the ends of the recording."""
    n_frames, half = values.shape[-1], half_lag(span_s, fps)
    after = np.minimum(np.arange(n_frames) + half, n_frames - 1)
    before = np.maximum(np.arange(n_frames) - half, 0)
    frames = np.where(after > before, after - before, np.nan)
    rate: Floats = (values[..., after] - values[..., before]) * (fps / frames)
    return rate
