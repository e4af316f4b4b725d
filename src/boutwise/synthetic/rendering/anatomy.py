"""Flesh on the skeleton: balls along spine, limbs, ears and tail, as the camera sees them.

A part of the body is a chain of balls whose hull is drawn. The tables are in body lengths, measured
by eye on pictures of mice; nothing is drawn at a keypoint because it is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.rendering.looks import Coat
from boutwise.synthetic.rendering.skeleton import HEAD, HIP, SHOULDER, SPINE, TAIL, Skeleton
from boutwise.synthetic.rendering.staging import Actor
from boutwise.synthetic.rendering.viewpoints import Viewpoint

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

ATTRIBUTES = 8
"""Numbers that each ball hands to the pixels of the hull around it: place along the body, share of
bare skin, direction out of the back (3) and to the left (3)."""

_THICKNESS = np.array(
    [
        *(0.055, 0.095, 0.135, 0.162, 0.176, 0.178, 0.171, 0.157),
        *(0.139, 0.119, 0.105, 0.094, 0.073, 0.047, 0.021),
    ]
)
"""Radius at each node of the spine."""
_LIMBS = ((0.060, 0.030, 0.014, 0.016), (0.095, 0.048, 0.019, 0.019))
_EAR = (0.036, 0.056)
_TAIL_RADII = np.linspace(0.030, 0.010, TAIL)
_EYE = 0.0125
_DIGIT, _DIGITS = 0.0085, (-0.5, 0.0, 0.5)
_FOOT = ((0.015, 0.030), (0.075, 0.045))

_N_SPINE = len(SPINE)
_LIMB_AT = _N_SPINE
_EAR_AT = _LIMB_AT + 16
_TAIL_AT = _EAR_AT + 4
_EYE_AT = _TAIL_AT + TAIL
_DIGIT_AT = _EYE_AT + 2
N_BALLS = _DIGIT_AT + 4 * len(_DIGITS)


def _chain(first: int, count: int) -> list[tuple[int, int]]:
    return [(ball, ball + 1) for ball in range(first, first + count - 1)]


def _layout() -> dict[str, NDArray[np.int64]]:
    roots = [_LIMB_AT + 4 * limb for limb in range(4)]
    parts = {"body": _chain(0, _N_SPINE) + [(root, root + 1) for root in roots]}
    for limb, root in enumerate(roots):
        digits = [
            (root + 3, _DIGIT_AT + len(_DIGITS) * limb + digit) for digit in range(len(_DIGITS))
        ]
        parts[f"limb {limb}"] = [(root + 1, root + 2), (root + 2, root + 3), *digits]
    parts["left ear"] = [(_EAR_AT, _EAR_AT + 1)]
    parts["right ear"] = [(_EAR_AT + 2, _EAR_AT + 3)]
    parts["tail"] = _chain(_TAIL_AT, TAIL)
    parts["left eye"] = [(_EYE_AT, _EYE_AT)]
    parts["right eye"] = [(_EYE_AT + 1, _EYE_AT + 1)]
    return {name: np.array(pairs) for name, pairs in parts.items()}


PARTS = _layout()
"""Name of a part -> the pairs of balls whose hulls make it, (pairs, 2)."""

TRUNK = np.concatenate([np.arange(_TAIL_AT), np.arange(_DIGIT_AT, N_BALLS)])
"""Balls of all but the tail: what a box is drawn around."""


@dataclass(frozen=True, eq=False)
class Flesh:
    """One animal over some frames, as the camera sees it.

    Attributes:
        balls: Right, down, towards the camera and radius, pixels, (frames, balls, 4).
        attributes: Of each ball, (frames, balls, attributes).
        floor: Depth of the floor, pixels towards the camera, where it is seen from above or below.
        length: Of the body, pixels.
    """

    balls: Singles
    attributes: Singles
    floor: float
    length: float


def flesh(body: Skeleton, actor: Actor, coat: Coat, viewpoint: Viewpoint) -> Flesh:
    """Put flesh on a skeleton and look at it."""
    length = actor.length
    centers, radii = _balls(body, coat)
    lowest = (actor.floor + 0.9 * length * radii)[..., None]
    centers[..., 2:] = np.maximum(centers[..., 2:], lowest)
    places, scale = viewpoint.see(centers)
    balls = np.concatenate([places, (radii * length * scale)[..., None]], axis=2)
    standing = np.array([*viewpoint.target[:2], actor.floor])
    return Flesh(
        balls.astype(np.float32),
        _attributes(body, viewpoint),
        float(viewpoint.see(standing)[0][2]),
        length * viewpoint.scale,
    )


def _balls(body: Skeleton, coat: Coat) -> tuple[Floats, Floats]:
    """Centers in space, (frames, balls, 3), and radii in body lengths, (frames, balls)."""
    n_frames = len(body.spine)
    size = float(np.median(np.linalg.norm(np.diff(body.spine, axis=1), axis=2).sum(axis=1)))
    centers = np.empty((n_frames, N_BALLS, 3))
    radii = np.empty((n_frames, N_BALLS))
    centers[:, :_N_SPINE] = body.spine
    radii[:, :_N_SPINE] = _THICKNESS * coat.girth * body.bunched[:, None]
    for limb in range(4):
        start = _LIMB_AT + 4 * limb
        centers[:, start : start + 4] = _limb(body, limb, size)
        radii[:, start : start + 4] = np.array(_LIMBS[limb >= 2]) * coat.girth
        toes = _DIGIT_AT + len(_DIGITS) * limb
        centers[:, toes : toes + len(_DIGITS)] = _toes(body, limb, size)
    _head(body, coat, centers, radii, size)
    centers[:, _TAIL_AT:_EYE_AT] = body.tail
    radii[:, _TAIL_AT:_EYE_AT] = _TAIL_RADII * coat.tail
    radii[:, _DIGIT_AT:] = _DIGIT
    return centers, radii


def _limb(body: Skeleton, limb: int, size: float) -> Floats:
    """Root, joint, heel and toe of a limb, (frames, 4, 3)."""
    hind, sign = limb >= 2, 1 if limb % 2 == 0 else -1
    node = HIP if hind else SHOULDER
    ahead, left, back = body.ahead[:, node], body.left[:, node], body.back[:, node]
    width = 0.085 if hind else 0.055
    root = body.spine[:, node] + size * (sign * width * left - 0.03 * back)
    paw = body.paws[:, limb]
    # Knees point forward and outward, elbows backward.
    bend = (0.07 * ahead + 0.02 * sign * left) if hind else (-0.05 * ahead + 0.02 * sign * left)
    joint = 0.5 * (root + paw) + size * bend
    behind, before = _FOOT[hind]
    toward = _foot(body, limb, size)
    return np.stack(
        [root, joint, paw - behind * size * toward, paw + before * size * toward], axis=1
    )


def _foot(body: Skeleton, limb: int, size: float, spread: float = 0.0) -> Floats:
    """Where the toes point, along the floor and a little outward, (frames, 3)."""
    hind, sign = limb >= 2, 1 if limb % 2 == 0 else -1
    node = HIP if hind else SHOULDER
    # A foot that is stretched far out points away from the body.
    reach = (body.paws[:, limb] - body.spine[:, node]) / size
    far = np.linalg.norm(reach * [1, 1, 0], axis=1, keepdims=True)
    stretched = 8.0 * reach * np.maximum(1 - 0.19 / np.maximum(far, 0.19), 0)
    toward = body.ahead[:, node] + (0.2 * sign + spread) * body.left[:, node] + stretched
    toward = toward * [1, 1, 0.3]
    return np.asarray(toward / np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-9))


def _toes(body: Skeleton, limb: int, size: float) -> Floats:
    """Tips of the toes, (frames, digits, 3)."""
    before = _FOOT[limb >= 2][1] + 0.035
    return np.stack(
        [
            body.paws[:, limb] + before * size * _foot(body, limb, size, spread)
            for spread in _DIGITS
        ],
        axis=1,
    )


def _head(body: Skeleton, coat: Coat, centers: Floats, radii: Floats, size: float) -> None:
    """Ears and eyes; changes ``centers`` and ``radii``."""
    middle = body.spine[:, HEAD]
    for side in range(2):
        at = _EAR_AT + 2 * side
        ear = body.ears[:, side]
        outward = ear - middle
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        centers[:, at] = ear - 0.03 * size * outward
        centers[:, at + 1] = ear + size * (0.012 * outward - 0.015 * body.ahead[:, HEAD])
        radii[:, at : at + 2] = np.array(_EAR) * coat.ears
        sign = 1 if side == 0 else -1
        node = HEAD + 2
        radius = radii[:, node : node + 1] * size
        outside = 0.78 * sign * body.left[:, node] + 0.55 * body.back[:, node]
        centers[:, _EYE_AT + side] = (
            body.spine[:, node] + 0.93 * radius * outside + 0.01 * size * body.ahead[:, node]
        )
    radii[:, _EYE_AT : _EYE_AT + 2] = _EYE


_OWNER = np.concatenate(
    [
        np.arange(_N_SPINE),
        np.repeat([SHOULDER, SHOULDER, HIP, HIP], 4),
        np.full(4, HEAD),
        np.zeros(TAIL, dtype=np.int64),
        np.full(2, HEAD + 2),
        np.repeat([SHOULDER, SHOULDER, HIP, HIP], len(_DIGITS)),
    ]
)
"""Node of the spine that each ball belongs to."""

_SKIN = np.concatenate(
    [
        [0.25, *[0.0] * (_N_SPINE - 3), 0.15, 0.85],
        np.tile([0.0, 0.0, 0.75, 1.0], 4),
        np.tile([0.6, 0.75], 2),
        np.full(TAIL, 1.0),
        np.zeros(2),
        np.ones(4 * len(_DIGITS)),
    ]
)
"""Share of bare skin at each ball."""


def _attributes(body: Skeleton, viewpoint: Viewpoint) -> Singles:
    n_frames = len(body.spine)
    found = np.empty((n_frames, N_BALLS, ATTRIBUTES), dtype=np.float32)
    found[..., 0] = SPINE[_OWNER]
    found[..., 1] = _SKIN
    found[..., 2:5] = viewpoint.directions(body.back)[:, _OWNER]
    found[..., 5:8] = viewpoint.directions(body.left)[:, _OWNER]
    return found
