"""The path of each point from where it began: how high, how far, how fast, how it shakes.

For recordings in which nothing but a point is tracked, such as a paw filmed from the side at high
speed, and in which there is no trunk to see it from. Every keypoint has the same columns, under its
role or name. Lengths are in the unit of the track (``length``), because one point has no size.

Of a whole trial :func:`of_trial` takes the measurements of ``_withdrawal.py``, once a keypoint.

Source: our own set; see ``_withdrawal.py`` for what it follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from boutwise.features import _withdrawal
from boutwise.features._body import Column, Floats, Track, half_lag, points_of, tracks_of, upright
from boutwise.features._mirror import mirror_by_names
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = "each point from where it began: height, way, speed, shaking; needs no body; 2D or 3D"
SCOPES = ("individual",)
INVARIANCES = ("translation",)
"""Not ``rotation``: up is up. Not ``time_stretch``: at a low rate the short spans are one frame."""
NEEDED_ROLES: tuple[tuple[str, ...], ...] = ()

SPANS_S = (0.005, 0.02, 0.08)
"""Spans of speeds and of shaking, seconds."""


def mirror(columns: Sequence[str]) -> Mirror | None:
    """Left and right keypoints change places; no column points to a side."""
    return mirror_by_names(columns, lambda name: False)


def margin_frames(clock: FrameClock) -> int:
    """Context frames on each side with which a chunk gives the same numbers as the whole."""
    return max(half_lag(span_s, clock.fps) for span_s in SPANS_S)


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``start:<point>`` (dims,), in the unit of the track: where it is first seen; NaN = never.
    """
    return _starts(pose, subject)


def _starts(pose: PoseTrack, subject: Subject) -> dict[str, Floats]:
    return {f"start:{name}": _start(track) for name, track in tracks_of(pose, subject).items()}


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Path of every point in every frame.

    Columns of a point: ``height`` and ``aside`` (horizontal distance) and ``distance`` from its
    start; for each span the speed ``up``, the ``speed``, and ``swing``: how far it is from the
    middle between where it was half a span before and will be half a span later.

    Args:
        pose: A recording, or a chunk with ``margin_frames`` of context on each side.
        clock: Its clock.
        subject: The animal.
        constants: As measured over the whole recording; measured here when None.
    """
    if constants is None:
        constants = _starts(pose, subject)
    found: list[Column] = []
    for name, track in points_of(pose, subject).items():
        start = constants[f"start:{name}"]
        found += _columns(name, track, start, clock.fps)
    return FeatureTable(
        np.stack([values for _, _, values in found], axis=1).astype(np.float32)[None],
        (subject,),
        tuple(name for name, _, _ in found),
        tuple(unit for _, unit, _ in found),
        "trajectory",
        VERSION,
    )


def of_trial(pose: PoseTrack, clock: FrameClock, subject: Subject) -> FeatureTable:
    """Measurements of one trial, one row: see :mod:`boutwise.features._withdrawal`.

    Args:
        pose: The frames of the trial.
        clock: Their clock.
        subject: The animal.
    """
    columns, units, values = [], [], []
    for name, track in points_of(pose, subject).items():
        aside = track[0] if len(track) == 2 else _main_axis(track[:2])
        for what, (unit, value) in _withdrawal.measure(
            np.stack([aside, track[-1]]), clock.fps
        ).items():
            columns.append(f"{what}.{name}")
            units.append(unit)
            values.append(value)
    table = np.array(values, dtype=np.float32)[None, None]
    return FeatureTable(table, (subject,), tuple(columns), tuple(units), "trajectory", VERSION)


def _start(track: Track) -> Floats:
    """The first place of a track of the pose that is seen, upright, (dims,)."""
    seen = np.isfinite(track).all(axis=0)
    if not seen.any():
        return np.full(len(track), np.nan)
    first = int(seen.argmax())
    return upright(track[:, first : first + 1])[:, 0]


def _main_axis(ground: Floats) -> Floats:
    """Places along the horizontal direction in which the point moved most, (frames,)."""
    seen = np.isfinite(ground).all(axis=0)
    if not seen.any():
        return np.full(ground.shape[1], np.nan)
    centered = ground - ground[:, seen].mean(axis=1, keepdims=True)
    directions = np.linalg.svd(centered[:, seen] @ centered[:, seen].T)[0]
    return np.asarray(directions[:, 0] @ centered)


def _columns(name: str, track: Floats, start: Floats, fps: float) -> Iterator[Column]:
    away = track - start[:, None]
    yield f"height.{name}", "length", away[-1]
    yield f"aside.{name}", "length", np.sqrt((away[:-1] ** 2).sum(axis=0))
    yield f"distance.{name}", "length", np.sqrt((away**2).sum(axis=0))
    frames = np.arange(track.shape[1])
    for span_s in SPANS_S:
        half = half_lag(span_s, fps)
        low = np.clip(frames - half, 0, frames.size - 1)
        high = np.clip(frames + half, 0, frames.size - 1)
        took_s = np.where(high > low, high - low, np.nan) / fps
        step = (track[:, high] - track[:, low]) / took_s
        swing = track - (track[:, high] + track[:, low]) / 2
        yield f"up.{name}@{span_s:g}s", "length/s", step[-1]
        yield f"speed.{name}@{span_s:g}s", "length/s", np.sqrt((step**2).sum(axis=0))
        yield f"swing.{name}@{span_s:g}s", "length", np.sqrt((swing**2).sum(axis=0))
