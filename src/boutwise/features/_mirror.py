"""Left and right, or agent and target, change places: which column becomes which, by their names.

A feature set whose names hold the roles of the keypoints (``speed.left_ear@0.1s``) is mirrored by
changing ``left`` and ``right`` in them. A column that points to a side has its sign turned as well.
Of a pair in the other direction every column is one that is already there, but for signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from boutwise.types import Mirror

SIDES = {"left": "right", "right": "left"}
_SIDED = re.compile(r"(?<![a-z])(left|right)(?![a-z.@])")
"""``left`` in the name of a keypoint; ``left.nose`` and ``velocity.left@1s`` are directions."""


def mirror_by_names(columns: Sequence[str], turned: Callable[[str], bool]) -> Mirror | None:
    """The mirror of columns that are named by the roles of keypoints.

    None where a keypoint of one side has no partner on the other.

    Args:
        columns: Names; ``a-b`` and ``b-a`` after the first dot are the same column.
        turned: Whether the sign of a column (named without ``z:``) changes.

    >>> mirror_by_names(["speed.left_ear", "speed.right_ear", "bend"], lambda n: n == "bend")
    Mirror(source=(1, 0, 2), sign=(1.0, 1.0, -1.0))
    >>> mirror_by_names(["speed.left_ear", "left.nose"], lambda n: n == "left.nose") is None
    True
    """
    places = {name: place for place, name in enumerate(columns)}
    places |= {_reversed(name): place for name, place in places.items()} | places
    source = [places.get(_swapped(name), -1) for name in columns]
    if min(source, default=0) < 0:
        return None
    sign = [-1.0 if turned(name.removeprefix("z:")) else 1.0 for name in columns]
    return Mirror(tuple(source), tuple(sign))


def exchange_by_names(
    columns: Sequence[str], partner: Callable[[str], str], turned: Callable[[str], bool]
) -> Mirror | None:
    """The columns of (target, agent), told from those of (agent, target).

    None where a column has no partner, or shares it with another.

    Args:
        columns: Names.
        partner: The column that says the same of the other direction; named without ``z:``.
        turned: Whether its sign changes; named without ``z:``.

    >>> exchange_by_names(["x.me", "x.you"], {"x.me": "x.you", "x.you": "x.me"}.get, bool)
    Mirror(source=(1, 0), sign=(-1.0, -1.0))
    """
    places = {name: place for place, name in enumerate(columns)}
    source, sign = [], []
    for name in columns:
        copy, plain = ("z:", name.removeprefix("z:")) if name.startswith("z:") else ("", name)
        source.append(places.get(f"{copy}{partner(plain)}", -1))
        sign.append(-1.0 if turned(plain) else 1.0)
    if sorted(source) != list(range(len(columns))):
        return None
    return Mirror(tuple(source), tuple(sign))


def _swapped(name: str) -> str:
    return _SIDED.sub(lambda found: SIDES[found[1]], name)


def _reversed(name: str) -> str:
    """``distance.a-b@1s`` -> ``distance.b-a@1s``."""
    head, dot, points = name.partition(".")
    points, at, span = points.partition("@")
    return head + dot + "-".join(reversed(points.split("-"))) + at + span
