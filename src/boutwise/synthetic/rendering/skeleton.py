"""What lies between the keypoints: a spine, hips and shoulders, paws, ears and a tail.

What a track does not have is put where a mouse has it. Everything is in space, in the units of the
pose, for some frames at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import lfilter

from boutwise.synthetic.rendering.staging import Actor

Floats = NDArray[np.float64]

SPINE = np.array(
    [0.0, 0.07, 0.14, 0.22, 0.30, 0.38, 0.46, 0.54, 0.62, 0.70, 0.77, 0.84, 0.90, 0.95, 1.0]
)
"""Places of the nodes of the spine, from the tail base to the nose."""  # fmt: skip
HIP, SHOULDER, HEAD = 3, 9, 10
"""Nodes of the spine at which the limbs and the ears are."""
TAIL = 10
"""Nodes of the tail."""
PAWS = ("left_forepaw", "right_forepaw", "left_hindpaw", "right_hindpaw")

_TAIL_LENGTH = 0.85
_TAIL_LAG_S = 0.3
_FARTHEST = (0.36, 0.42)
_MIDDLE, _STRETCHED, _NECK = 0.47, 1.5, 0.34
_STANCE = ((0.06, 0.085), (0.02, 0.14))


@dataclass(frozen=True, eq=False)
class Skeleton:
    """One animal over some frames.

    Attributes:
        spine: (frames, nodes, 3), from the tail base to the nose.
        ahead: Unit vectors along the spine, (frames, nodes, 3); ``left`` and ``back`` likewise,
            to the animal's left and out of its back.
        paws: (frames, 4, 3) in the order of :data:`PAWS`.
        ears: Left and right, (frames, 2, 3).
        tail: (frames, nodes, 3), from the base to the tip.
        bunched: Width relative to the stretched animal, (frames,): a short body is thick.
    """

    spine: Floats
    ahead: Floats
    left: Floats
    back: Floats
    paws: Floats
    ears: Floats
    tail: Floats
    bunched: Floats


def tail_tips(actor: Actor, fps: float) -> Floats:
    """Where the tip of the tail is in every frame, (frames, 3): it trails where it is not known."""
    if "tail_tip" in actor.points:
        return actor.points["tail_tip"]
    names = list(actor.knots)
    rear, front = actor.knot(names[0]), actor.knot(names[-1])
    away = _unit(rear - front)
    keep = float(np.exp(-1 / (_TAIL_LAG_S * fps)))
    trail, _state = lfilter([1 - keep], [1, -keep], away, axis=0, zi=keep * away[:1])
    base = rear + (actor.knots[names[0]] * actor.length) * away
    tips = base + _TAIL_LENGTH * actor.length * _unit(trail)
    tips[:, 2] = actor.floor + 0.02 * actor.length
    return np.asarray(tips)


def skeleton(actor: Actor, tips: Floats, frames: slice) -> Skeleton:
    """The skeleton of some frames.

    Args:
        actor: The animal.
        tips: Of its tail, from :func:`tail_tips`.
        frames: Which frames.
    """
    length = actor.length
    spine, bunched = _spine(actor, frames)
    ahead = _unit(np.gradient(spine, SPINE, axis=1))
    left, back = _sides(actor, spine, ahead, frames)
    paws = _paws(actor, spine, (ahead, left, back), frames)
    head = spine[:, HEAD] + 0.045 * length * back[:, HEAD]
    ears = []
    for role, sign in (("left_ear", 1), ("right_ear", -1)):
        usual = head + sign * 0.10 * length * left[:, HEAD]
        known = actor.points.get(role)
        ears.append(usual if known is None else _near(known[frames], usual, 0.18 * length))
    tail = _tail(spine, ahead, tips[frames], actor)
    return Skeleton(spine, ahead, left, back, paws, np.stack(ears, axis=1), tail, bunched)


def _spine(actor: Actor, frames: slice) -> tuple[Floats, Floats]:
    """Nodes of the spine, and how much thicker than stretched the body is."""
    shares = np.array(list(actor.knots.values()))
    places = np.stack([actor.knot(name)[frames] for name in actor.knots], axis=1)
    _hold(places, shares, actor.length)
    spine = np.einsum("nk,fkd->fnd", _weights(shares), places)
    way = np.linalg.norm(np.diff(spine, axis=1), axis=2).sum(axis=1) / actor.length
    bunched = np.clip(way, 0.55, 1.2) ** -0.5
    return spine, np.clip(bunched, 0.92, 1.3)


def _hold(places: Floats, shares: Floats, length: float) -> None:
    """Hold together a body of which a tracker has lost a place; changes ``places``.

    From the middle of the body outward no place is farther from the one before than it can be.
    """
    middle = int(np.argmin(np.abs(shares - _MIDDLE)))
    steps = [(k - 1, k) for k in range(middle + 1, len(shares))]
    steps += [(k + 1, k) for k in range(middle - 1, -1, -1)]
    for near, far in steps:
        farthest = max(_STRETCHED * abs(shares[far] - shares[near]), _NECK) * length
        places[:, far] = _near(places[:, far], places[:, near], farthest)


def _weights(shares: Floats) -> Floats:
    """Weights of the known places for each node: a cubic spline, straight on beyond its ends.

    The same weights for all axes, so that a turned animal is drawn the same.
    """
    spline = CubicSpline(shares, np.eye(len(shares)), bc_type="natural")
    inside = np.clip(SPINE, shares[0], shares[-1])
    return np.asarray(spline(inside) + (SPINE - inside)[:, None] * spline(inside, 1))


def _sides(actor: Actor, spine: Floats, ahead: Floats, frames: slice) -> tuple[Floats, Floats]:
    """To the left and out of the back at each node: upright, as far as the paws do not say else."""
    upward = np.zeros((len(spine), 1, 3))
    upward[..., 2] = 1.0
    hands = [actor.points[role][frames] for role in PAWS[:2] if role in actor.points]
    if hands:
        # Hands are on the belly's side, which matters when a mouse stands upright.
        belly = np.mean(hands, axis=0) - spine[:, SHOULDER]
        upward = upward - 1.5 * (belly / actor.length)[:, None]
    back = _unit(upward - (upward * ahead).sum(axis=2, keepdims=True) * ahead)
    return np.cross(back, ahead), back


def _paws(
    actor: Actor, spine: Floats, axes: tuple[Floats, Floats, Floats], frames: slice
) -> Floats:
    """Paws where they are known, else below shoulders and hips; never farther than legs reach."""
    ahead, left, back = axes
    length = actor.length
    paws = []
    for place, role in enumerate(PAWS):
        hind = place >= 2
        node = HIP if hind else SHOULDER
        sign = 1 if place % 2 == 0 else -1
        forward, outward = _STANCE[hind]
        root = spine[:, node] - 0.03 * length * back[:, node]
        usual = root + length * (forward * ahead[:, node] + sign * outward * left[:, node])
        above = np.minimum(usual[:, 2], actor.floor + 0.06 * length)
        usual = np.concatenate([usual[:, :2], above[:, None]], axis=1)
        if not hind:
            # Hands of a mouse that stands upright hang before its chest.
            lifted = np.clip((root[:, 2] - actor.floor) / length - 0.3, 0, 0.1)[:, None] / 0.1
            held = root - 0.16 * length * back[:, node] + sign * 0.04 * length * left[:, node]
            usual = (1 - lifted) * usual + lifted * held
        known = actor.points.get(role)
        paws.append(
            _near(usual if known is None else known[frames], root, _FARTHEST[hind] * length)
        )
    found = np.stack(paws, axis=1)
    found[..., 2] = np.maximum(found[..., 2], actor.floor + 0.02 * length)
    return found


def _near(points: Floats, root: Floats, farthest: float) -> Floats:
    """Points, drawn towards a root as far as they are farther away than they can be."""
    way = points - root
    distance = np.linalg.norm(way, axis=1, keepdims=True)
    return np.asarray(root + way * np.minimum(1, farthest / np.maximum(distance, 1e-9)))


def _tail(spine: Floats, ahead: Floats, tips: Floats, actor: Actor) -> Floats:
    """A bow from the tail base, on with the spine at first, to the tip."""
    base = spine[:, 0]
    tips = _near(tips, base, 1.1 * actor.length)
    reach = np.linalg.norm(tips - base, axis=1, keepdims=True)
    knee = base - 0.4 * reach * ahead[:, 0]
    knee[:, 2] = np.minimum(knee[:, 2], base[:, 2])
    along = np.linspace(0, 1, TAIL)[:, None]
    bow = (
        (1 - along) ** 2 * base[:, None]
        + 2 * along * (1 - along) * knee[:, None]
        + along**2 * tips[:, None]
    )
    bow[..., 2] = np.maximum(bow[..., 2], actor.floor + 0.015 * actor.length)
    return np.asarray(bow)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
