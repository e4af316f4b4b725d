"""The arena, as far as an animal went in it: no corner has to be marked, and none is assumed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from boutwise.features._body import Body, Column, Floats, length

FARTHEST = 0.999
"""Share of positions kept for the arena's outline; the farthest are tracking errors."""


def outline_of(body: Body) -> Floats:
    """The convex outline of where the front of the animal has been."""
    places = body.at("nose" if "nose" in body.points else body.front)[:2].T
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < 3:
        return np.empty((0, 3))
    # Around the mean, not the median by axis, so that turning the camera changes nothing.
    far = length((places - places.mean(axis=0)).T)
    try:
        hull = ConvexHull(places[far <= np.quantile(far, FARTHEST)])
    except (QhullError, ValueError):
        return np.empty((0, 3))  # the animal stayed on one spot or line: there is no inside
    equations: Floats = hull.equations
    return equations


def walls(body: Body, outline: Floats) -> Iterator[Column]:
    """How far the nose is from the arena's outline, and how near the outline is straight ahead."""
    nose = body.at("nose" if "nose" in body.points else body.front)
    n_frames = body.frames.size
    if len(outline) == 0:
        for name in ("wall.nose", "wall.ahead"):
            yield name, "1" if name == "wall.ahead" else "body", np.full(n_frames, np.nan)
        return
    across = np.full(n_frames, -np.inf)
    ahead = np.full(n_frames, np.inf)
    for edge in outline:
        np.maximum(across, _along(edge, nose), out=across)
        reach = np.negative(_along(edge, body.middle))
        np.maximum(reach, 0.0, out=reach)
        towards = _along(edge[:2], body.heading)
        reach /= np.maximum(towards, 1e-6, out=towards)
        np.minimum(ahead, reach, out=ahead)
    yield "wall.nose", "body", -across
    # From 1 at the wall to 0 far away: bounded, because straight ahead may be very far.
    yield "wall.ahead", "1", 1 / (1 + ahead)


def _along(edge: Floats, places: Floats) -> Floats:
    """How far places (2 or more, n) are beyond an edge, (n,); without the offset of directions."""
    found = edge[0] * places[0]
    found += edge[1] * places[1]
    for offset in edge[2:]:
        found += offset
    return np.asarray(found)
