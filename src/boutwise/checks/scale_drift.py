"""The body of an animal has about the same size in all recordings, and from start to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.checks._poses import STRETCHED, Track, poses, tracks_of
from boutwise.types import Problem, Severity

DESCRIPTION = "body sizes that differ between recordings, or change within one"

MOST_FACTOR = 1.5
"""Ratio of body sizes between recordings: real mice, young and adult, differ by less than 1.3."""

UNIT_FACTOR = 4.0
"""Ratio from which not the animal, but the unit of the pose is another one."""

MOST_CHANGE = 0.25
"""Change within a recording, as a share (logarithm), from which it is told; posture alone makes
stretches of a recording differ by about 0.1."""

BLOCKS = 12
"""Stretches into which a recording is cut."""

_LEAST_TREND = 0.5
_LEAST_S = 60.0
_RIGID = 6
_MOST_KEYPOINTS = 12
_MOST_FRAMES = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sizes:
    """Distances between keypoints of one animal, stretch by stretch.

    Attributes:
        recording: Id of the recording.
        animal: Its id.
        pairs: Names of the two keypoints of each distance.
        logs: Logarithm of the distance in a stretched body, (pairs, blocks), NaN = not seen.
        middles: Middle frame of each block, (blocks,).
        minutes: Length of the recording.
        dims: 2 or 3.
    """

    recording: str
    animal: str
    pairs: tuple[tuple[str, str], ...]
    logs: Floats
    middles: Floats
    minutes: float
    dims: int

    def typical(self) -> dict[tuple[str, str], float]:
        """Logarithm of each distance over the whole recording, pairs that are never seen aside."""
        known = np.asarray(np.isfinite(self.logs).any(axis=1))
        return {
            pair: float(np.nanmedian(row))
            for pair, row, here in zip(self.pairs, self.logs, known.tolist(), strict=True)
            if here
        }


def find(project: Study) -> list[Problem]:
    """Compare sizes between recordings and within each."""
    sizes = sizes_of(project)
    return (
        other_dimensions(sizes)
        + between(sizes)
        + [problem for one in sizes for problem in within(one)]
    )


def sizes_of(project: Study) -> list[Sizes]:
    """Distances of every animal of every recording with pose."""
    return [
        measure(track) for recording, pose in poses(project) for track in tracks_of(recording, pose)
    ]


def measure(track: Track) -> Sizes:
    """Distances between the keypoints of one animal, in stretches of the recording."""
    missing = np.isnan(track.points).any(axis=2).mean(axis=0)
    best = np.sort(np.argsort(missing, kind="stable")[:_MOST_KEYPOINTS])
    pairs = list(combinations(best.tolist(), 2))
    edges = np.linspace(0, len(track.points), BLOCKS + 1).round().astype(int)
    logs = np.full((len(pairs), BLOCKS), np.nan)
    first, second = (np.array([pair[side] for pair in pairs], dtype=int) for side in (0, 1))
    for block in range(BLOCKS):
        start, stop = edges[block : block + 2]
        points = track.points[start : stop : max(1, (stop - start) // _MOST_FRAMES)]
        distance = np.linalg.norm(points[:, first] - points[:, second], axis=2)
        logs[:, block] = _stretched(distance)
    names = track.pose.keypoints
    return Sizes(
        track.recording.id,
        track.animal,
        tuple((names[one], names[other]) for one, other in pairs),
        logs,
        (edges[1:] + edges[:-1]) / 2,
        track.recording.clock.duration_s / 60,
        track.pose.n_dims,
    )


def _stretched(distance: NDArray[np.float32]) -> Floats:
    """Logarithm of the quantile of each column at which a body is stretched; NaN = not seen."""
    count = np.isfinite(distance).sum(axis=0)
    ordered = np.sort(distance, axis=0)  # NaN comes last
    if not len(ordered):
        return np.full(distance.shape[1], np.nan)
    place = np.floor(STRETCHED * np.maximum(count - 1, 0)).astype(int)
    found = ordered[place, np.arange(distance.shape[1])].astype(np.float64)
    found[(count == 0) | ~(found > 0)] = np.nan
    return np.asarray(np.log(found))


def course(one: Sizes) -> Floats:
    """Size over the recording relative to its middle value, as a logarithm, (blocks,).

    It rests on the distances that change least from one stretch to the next: a slow change of
    the camera leaves them as steady as they are.
    """
    logs = one.logs[np.isfinite(one.logs).all(axis=1)]
    if not len(logs):
        return np.full(BLOCKS, np.nan)
    restless = np.median(np.abs(np.diff(logs, axis=1)), axis=1)
    steady = logs[np.argsort(restless, kind="stable")[:_RIGID]]
    return np.asarray(np.median(steady - np.median(steady, axis=1, keepdims=True), axis=0))


def within(one: Sizes) -> list[Problem]:
    """A size that grows or shrinks from the first third of a recording to the last."""
    size = course(one)
    if not np.isfinite(size).all() or one.minutes * 60 < _LEAST_S:
        return []
    third = BLOCKS // 3
    change = float(np.median(size[-third:]) - np.median(size[:third]))
    if abs(change) < MOST_CHANGE or abs(trend(size)) < _LEAST_TREND:
        return []
    step = int(np.argmax(np.abs(np.diff(size)))) + 1
    grows = "grows" if change > 0 else "shrinks"
    return [
        Problem(
            "scale_drift",
            Severity.WARNING,
            f"{one.animal}: the body {grows} to {np.exp(change):.2f} times its size from the first "
            "to the last third of the recording",
            recording=one.recording,
            frame=int((one.middles[step - 1] + one.middles[step]) / 2),
            expected="one distance between camera and animal, and no zoom",
            todo="look whether the camera was moved or the picture scaled near this frame; cut "
            "the recording there if so",
            value=round(float(np.exp(change)), 3),
        )
    ]


def trend(values: Floats) -> float:
    """Kendall's tau of values against their order: 1 = they only rise, -1 = they only fall."""
    later, earlier = np.tril_indices(len(values), -1)
    return float(np.sign(values[later] - values[earlier]).mean())


def between(sizes: Sequence[Sizes]) -> list[Problem]:
    """Recordings in which bodies are far larger or smaller than in most others."""
    factors = relative(sizes)
    usual = float(np.median(list(factors.values()))) if factors else 0.0
    if len(factors) == 2:
        # Of two nobody can say which is wrong: the second is held against the first.
        usual = next(iter(factors.values()))
    problems = []
    for name, factor in factors.items():
        ratio = float(np.exp(factor - usual))
        far = max(ratio, 1 / ratio)
        if far < MOST_FACTOR:
            continue
        unit = far >= UNIT_FACTOR
        what = f"bodies are {ratio:.3g} times as large as in " + (
            "the other recording" if len(factors) == 2 else "most other recordings"
        )
        problems.append(
            Problem(
                "scale_drift",
                Severity.WARNING,
                what + (": it seems to have another unit" if unit else ""),
                recording=name,
                expected="one unit and one distance of the camera in all recordings",
                todo="bring the poses to one unit (px, mm or cm) before import"
                if unit
                else "look whether the camera was nearer or the video scaled; sizes in body "
                "lengths are not harmed, sizes in pixels are",
                value=round(ratio, 4),
            )
        )
    return problems


def relative(sizes: Sequence[Sizes]) -> dict[str, float]:
    """Size of the bodies in each recording against the others, as a logarithm.

    Distances that several recordings have are compared one by one; the median over them counts.
    """
    logs: dict[tuple[str, str], dict[str, float]] = {}
    for one in sizes:
        for pair, value in one.typical().items():
            # The largest of several animals stands for the recording.
            mine = logs.setdefault(pair, {})
            mine[one.recording] = max(value, mine.get(one.recording, -np.inf))
    shared = {pair: values for pair, values in logs.items() if len(values) > 1}
    found: dict[str, list[float]] = {}
    for values in shared.values():
        usual = float(np.sort(list(values.values()))[len(values) // 2])
        for name, value in values.items():
            found.setdefault(name, []).append(value - usual)
    order = dict.fromkeys(one.recording for one in sizes)
    return {name: float(np.median(found[name])) for name in order if name in found}


def other_dimensions(sizes: Sequence[Sizes]) -> list[Problem]:
    """Recordings in 2D among recordings in 3D, or the other way round: they do not mix."""
    dims: Mapping[str, int] = {one.recording: one.dims for one in sizes}
    if len(set(dims.values())) < 2:
        return []
    flat = sum(value == 2 for value in dims.values())
    usual = 2 if 2 * flat >= len(dims) else 3
    return [
        Problem(
            "scale_drift",
            Severity.BLOCKING,
            f"the pose has {value} dimensions, and most others have {usual}",
            recording=name,
            expected="all in 2D or all in 3D",
            todo="keep them in projects of their own",
            value=float(value),
        )
        for name, value in dims.items()
        if value != usual
    ]
