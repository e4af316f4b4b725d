"""What there is between two animals: where each is for the other, how they meet and part.

Everything is directed: the columns of (agent, target) are those of (target, agent) with the two
changed. A column that one of the two sees comes for both: ``ahead.other.nose`` is the target's nose
ahead of the agent, ``other:ahead.me.nose`` the agent's nose ahead of the target. Lengths are in the
mean of the two bodies, so that a large and a small animal are as far from each other as the other
way round. ``trunk`` is the middle of a trunk.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

import numpy as np

from boutwise.features._body import Body, Column, Floats, half_lag, length
from boutwise.features._within import SPANS_S

OTHER = "other:"
"""Begins the name of a column that belongs to the target, or is seen from it."""
TRUNK = "trunk"

PLACES = ("nose", TRUNK, "tail_base")
"""Points whose place in the other's own frame is told, where the roles are there."""
APART: tuple[tuple[str, str], ...] = (
    ("nose", "nose"),
    ("nose", TRUNK),
    ("nose", "center"),
    ("nose", "tail_base"),
    (TRUNK, "nose"),
    (TRUNK, TRUNK),
    ("center", "nose"),
    ("center", "center"),
    ("tail_base", "nose"),
    ("tail_base", "tail_base"),
)
"""Distances from a point of the agent to one of the target, where both roles are there."""
OF_BOTH = ("nearest.other", "approach.both@", f"speed.{TRUNK}-other.", "heading.")
"""Columns that begin so are those of both directions; others have a partner."""
TURNED = "heading.left.other"
"""But the sign of this one changes with the direction."""
_ME, _OTHER = (re.compile(rf"(?<=[.-]){who}(?![a-z_])") for who in ("me", "other"))


def between(me: Body, other: Body) -> Iterator[Column]:
    """Columns of an ordered pair.

    Args:
        me: The agent.
        other: The target, in the same unit and at the same frames.
    """
    yield from _distances(me, other)
    yield from _nearest(me, other)
    yield from _motion(me, other)
    yield from _headings(me, other)
    yield from _view(me, other, "other")
    for name, unit, values in _view(other, me, "me"):
        yield OTHER + name, unit, values


def exchanged(name: str, alone: Container[str]) -> str:
    """The column of (target, agent) that says the same as a column of (agent, target).

    Args:
        name: Of the column, without ``z:``.
        alone: Columns that the agent has by itself.

    >>> exchanged("approach.other@1s", ()), exchanged("other:speed.nose@1s", ["speed.nose@1s"])
    ('other:approach.me@1s', 'speed.nose@1s')
    >>> exchanged("distance.nose-other.tail_base", ())
    'distance.tail_base-other.nose'
    """
    if name in alone:
        return OTHER + name
    if name.removeprefix(OTHER) in alone:
        return name.removeprefix(OTHER)
    if name.startswith(OTHER):
        return _ME.sub("other", name.removeprefix(OTHER))
    if name.startswith(OF_BOTH):
        return name
    if name.startswith("distance."):
        mine, theirs = name.removeprefix("distance.").split("-other.")
        return f"distance.{theirs}-other.{mine}"
    return OTHER + _OTHER.sub("me", name)


def _has(body: Body, point: str) -> bool:
    return point == TRUNK or point in body.points


def _point(body: Body, point: str) -> Floats:
    return body.middle if point == TRUNK else body.at(point)


def _distances(me: Body, other: Body) -> Iterator[Column]:
    for mine, theirs in APART:
        if _has(me, mine) and _has(other, theirs):
            apart = length(_point(me, mine) - _point(other, theirs))
            yield f"distance.{mine}-other.{theirs}", "body", apart


def _nearest(me: Body, other: Body) -> Iterator[Column]:
    """How near the two come to touching, by the points that are seen in a frame.

    A point that is not seen may have been nearer still: in close contact points are hidden, and a
    distance that needed all of them would be missing just there.
    """
    squares: dict[str, dict[str, Floats]] = {}
    theirs = {name: other.at(name) for name in other.points}
    for mine in me.points:
        here = me.at(mine)
        squares[mine] = {name: _square(there - here) for name, there in theirs.items()}
    rows = {mine: _least(row) for mine, row in squares.items()}
    yield "nearest.other", "body", np.sqrt(_least(rows))
    if "nose" in rows:
        yield "nearest.nose-other", "body", np.sqrt(rows["nose"])
    if "nose" in theirs:
        column = {mine: row["nose"] for mine, row in squares.items()}
        yield f"{OTHER}nearest.nose-me", "body", np.sqrt(_least(column))


def _square(arrow: Floats) -> Floats:
    squares: Floats = arrow[0] * arrow[0]
    for part in arrow[1:]:
        squares += part * part
    return squares


def _least(values: dict[str, Floats]) -> Floats:
    least: Floats = np.fmin.reduce(list(values.values()))
    return least


def _motion(me: Body, other: Body) -> Iterator[Column]:
    """How fast each goes towards the other, and how the other moves for me; in the horizontal."""
    way = (other.middle - me.middle)[:2]
    way = way / length(way)
    for span_s in SPANS_S:
        half = half_lag(span_s, me.fps)
        seconds = me.span_s(half)
        mine = (me.middle_at(half) - me.middle_at(-half))[:2] / seconds
        theirs = (other.middle_at(half) - other.middle_at(-half))[:2] / seconds
        towards, met = (mine * way).sum(axis=0), -(theirs * way).sum(axis=0)
        span = f"@{span_s:g}s"
        yield f"approach.other{span}", "body/s", towards
        yield f"{OTHER}approach.me{span}", "body/s", met
        yield f"approach.both{span}", "body/s", towards + met
        yield f"speed.{TRUNK}-other.{TRUNK}{span}", "body/s", length(theirs - mine)
        for seen, viewer, velocity in (("other", me, theirs), ("me", other, mine)):
            ahead, left = viewer.turned(velocity)
            prefix = OTHER if viewer is other else ""
            yield f"{prefix}velocity.ahead.{seen}{span}", "body/s", ahead
            yield f"{prefix}velocity.left.{seen}{span}", "body/s", left


def _headings(me: Body, other: Body) -> Iterator[Column]:
    """How the other's trunk lies to mine: 0 alike, pi head on; and to which side it is turned."""
    ahead, left = me.turned(other.heading)
    yield "heading.other", "rad", np.arctan2(np.abs(left), ahead)
    # The sine has no jump where an angle has one: for two animals that meet head on.
    yield "heading.left.other", "1", left


def _view(viewer: Body, seen: Body, who: str) -> Iterator[Column]:
    """Where the one who is seen is for the viewer, and whether the viewer faces it."""
    for point in PLACES:
        if _has(seen, point):
            arrow = _point(seen, point) - viewer.middle
            ahead, left = viewer.turned(arrow)
            yield f"ahead.{who}.{point}", "body", ahead
            yield f"left.{who}.{point}", "body", left
            if viewer.n_dims == 3:
                yield f"up.{who}.{point}", "body", arrow[2]
    ahead, left = viewer.turned(seen.middle - viewer.middle)
    yield f"facing.{who}", "rad", np.arctan2(np.abs(left), ahead)
    if "nose" in viewer.points and viewer.front != ("nose",):
        nose = viewer.at("nose")
        head, way = (nose - viewer.at(viewer.front))[:2], (seen.middle - nose)[:2]
        across, along = head[0] * way[1] - head[1] * way[0], (head * way).sum(axis=0)
        yield f"facing.head-{who}", "rad", np.arctan2(np.abs(across), along)
