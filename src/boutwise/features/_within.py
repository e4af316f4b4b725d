"""What one animal shows from its own trunk: coordinates, speeds, turning, angles, distances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from boutwise.features._body import Body, Column, half_lag, length

SPANS_S = (0.1, 0.3, 1.0)
"""Spans of speeds, seconds."""
TURN_SPANS_S = (0.5, 1.5)
"""Spans of turning, seconds."""

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


def within(body: Body, floor: float) -> Iterator[Column]:
    """Columns of one animal.

    Args:
        body: In body lengths.
        floor: Its height, body lengths; not looked at in 2D.
    """
    yield from _coordinates(body, floor)
    yield from _speeds(body)
    yield from _turning(body)
    yield from _angles(body)
    yield from _distances(body)


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
