"""How well people agree: two annotators of the same subject, frame by frame and bout by bout.

Everything is symmetric: which of the two comes first changes no score. Frames count that both
examined. Nobody is right here, so there is no precision and no recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.metrics import frames
from boutwise.metrics._clock_offset import ClockOffset, clock_offset
from boutwise.metrics._kappa import cohen_kappa, fleiss_kappa
from boutwise.metrics._matching import Spans, match, overlapping, ratio, spans_of
from boutwise.types import Ethogram, FrameState, Subject

States = NDArray[np.int8]
"""FrameState codes, (frames, behaviors)."""
THRESHOLDS = (0.1, 0.25, 0.5)
MAX_OFFSET_S = 5.0
"""Largest offset of two clocks that is looked for, seconds."""


@dataclass(frozen=True, eq=False)
class Rated:
    """One subject as several annotators saw it.

    Attributes:
        subject: Animal or pair.
        unit: What intervals are over: the animal.
        fps: Frames per second.
        ethogram: Behaviors in the order of the columns.
        states: Annotator -> what he said, (frames, behaviors), all of one shape.
    """

    subject: Subject
    unit: str
    fps: float
    ethogram: Ethogram
    states: dict[str, States]

    def __post_init__(self) -> None:
        """Check that all speak of the same frames."""
        shapes = {name: values.shape for name, values in self.states.items()}
        if len(set(shapes.values())) > 1:
            raise DataError(
                f"the annotators speak of different frames: {shapes}",
                recording=self.subject.recording,
                expected="one shape: (frames, behaviors)",
            )


@dataclass(frozen=True)
class PairValues:
    """Agreement of two annotators on one subject; NaN where it is not defined.

    Attributes:
        n_frames: Frames that both examined for every behavior that both looked for.
        overall: ``kappa`` (Cohen's, over what is shown in a frame), ``agreement`` (share of
            frames), ``macro_f1``, ``bout_f1@T`` (bouts of all behaviors but backgrounds),
            ``start_difference_s`` and ``stop_difference_s`` (medians over matched bouts, of the
            absolute differences), ``start_90_s`` and ``stop_90_s`` (90 % are within).
        behaviors: Behavior -> ``kappa``, ``f1``, ``bout_f1@T``, ``first_bouts``,
            ``second_bouts``, ``first_s`` and ``second_s`` (total durations).
    """

    n_frames: int
    overall: dict[str, float]
    behaviors: dict[str, dict[str, float]]


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators of one subject.

    Attributes:
        subject: Animal or pair.
        unit: What intervals are over: the animal.
        annotators: The two, sorted.
        fps: Frames per second.
        offset: How much later the second one's labels lie.
        given: Agreement of the labels as they are.
        aligned: Agreement with the offset taken out; None when it cannot be told.
        unshared: Behaviors that only one of the two looked for; they are not compared.
    """

    subject: Subject
    unit: str
    annotators: tuple[str, str]
    fps: float
    offset: ClockOffset
    given: PairValues
    aligned: PairValues | None
    unshared: tuple[str, ...] = ()

    @property
    def offset_s(self) -> float | None:
        """The offset in seconds; None when it cannot be told."""
        return None if self.offset.frames is None else self.offset.frames / self.fps

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        told = self.offset.frames is not None
        return {
            "recording": self.subject.recording,
            "animal": self.subject.animal,
            "target": self.subject.target,
            "annotators": list(self.annotators),
            "offset_frames": self.offset.frames,
            "offset_s": self.offset_s,
            "offset_error_s": self.offset.error_frames / self.fps if told else None,
            "offset_reason": self.offset.reason,
            "unshared": list(self.unshared),
            "given": vars(self.given),
            "aligned": None if self.aligned is None else vars(self.aligned),
        }


@dataclass
class _Boundaries:
    """Distances of starts and of stops of matched bouts, frames."""

    starts: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)

    def add(self, first: Spans, second: Spans) -> None:
        """The bouts that are each other's best match."""
        p, t, iou = overlapping(first, second)
        for here in range(len(p)):
            mine, theirs = iou[p == p[here]], iou[t == t[here]]
            if iou[here] >= max(mine.max(), theirs.max()):
                self.starts.append(abs(int(second[p[here], 0] - first[t[here], 0])))
                self.stops.append(abs(int(second[p[here], 1] - first[t[here], 1])))

    def values(self, fps: float) -> dict[str, float]:
        found: dict[str, float] = {}
        for word, distances in (("start", self.starts), ("stop", self.stops)):
            middle, most = np.percentile(distances, [50, 90]) if distances else (np.nan, np.nan)
            found |= {f"{word}_difference_s": middle / fps, f"{word}_90_s": most / fps}
        return {name: float(value) for name, value in found.items()}


def agree(rated: Rated, *, max_offset_s: float = MAX_OFFSET_S) -> list[PairAgreement]:
    """Agreement of every two annotators that examined the same frames of a subject.

    Args:
        rated: What they said.
        max_offset_s: Largest offset of two clocks that is looked for, seconds.
    """
    found = []
    for names in combinations(sorted(rated.states), 2):
        first, second = (rated.states[name] for name in names)
        given = between(first, second, rated.ethogram, rated.fps)
        if given.n_frames == 0:
            continue
        offset = _offset(first, second, rated, max_offset_s)
        aligned = None
        if offset.frames is not None:
            moved = shifted(first, second, offset.frames)
            aligned = between(*moved, rated.ethogram, rated.fps)
        pair = (rated.subject, rated.unit, names, rated.fps)
        unshared = _unshared(first, second, rated.ethogram)
        found.append(PairAgreement(*pair, offset, given, aligned, unshared))
    return found


def _unshared(first: States, second: States, ethogram: Ethogram) -> tuple[str, ...]:
    alone = (first >= 0).any(axis=0) != (second >= 0).any(axis=0)
    return tuple(name for name, one in zip(ethogram.names, alone, strict=True) if one)


def _offset(first: States, second: States, rated: Rated, most_s: float) -> ClockOffset:
    names, backgrounds = rated.ethogram.names, rated.ethogram.backgrounds
    # Where all others are seen says where the background is, so it adds nothing.
    columns = [place for place, name in enumerate(names) if name not in backgrounds]
    seen = (states[:, columns] == FrameState.YES for states in (first, second))
    return clock_offset(*seen, fps=rated.fps, max_offset_s=most_s)


def shifted(first: States, second: States, offset: int) -> tuple[States, States]:
    """Both on the first one's clock, where the second one's labels lie ``offset`` frames later.

    >>> a, b = shifted(np.eye(4, dtype=np.int8), np.eye(4, dtype=np.int8), 1)
    >>> a.shape, b[0].tolist()
    ((3, 4), [0, 1, 0, 0])
    """
    if offset >= 0:
        return first[: len(first) - offset], second[offset:]
    return first[-offset:], second[: len(second) + offset]


def between(first: States, second: States, ethogram: Ethogram, fps: float) -> PairValues:
    """Agreement of two annotators.

    Args:
        first: What the one said, (frames, behaviors).
        second: What the other said, (frames, behaviors).
        ethogram: Behaviors in the order of the columns.
        fps: Frames per second.
    """
    both = (first >= 0) & (second >= 0)
    mine, theirs = (both & (states == FrameState.YES) for states in (first, second))
    counts = frames.binary_counts(mine, theirs, both)
    behaviors: dict[str, dict[str, float]] = {}
    boundaries, bout_counts = _Boundaries(), []
    for place, name in enumerate(ethogram.names):
        spans = spans_of(mine[:, place]), spans_of(theirs[:, place])
        found = _symmetric(*spans)
        table = counts[place][[frames.TP, frames.FN, frames.FP, frames.TN]].reshape(2, 2)
        behaviors[name] = {
            "kappa": cohen_kappa(table),
            "f1": float(frames.f1(counts[place])),
            **_named(found),
            "first_bouts": float(len(spans[0])),
            "second_bouts": float(len(spans[1])),
            "first_s": float(mine[:, place].sum() / fps),
            "second_s": float(theirs[:, place].sum() / fps),
        }
        if name not in ethogram.backgrounds:
            bout_counts.append(found)
            boundaries.add(*spans)
    # A behavior that one of them never looked for tells nothing about the others.
    shared = both.any(axis=0)
    whole = both[:, shared].all(axis=1) & shared.any()
    matrix = categories(mine[whole][:, shared], theirs[whole][:, shared])
    overall = {
        "kappa": cohen_kappa(matrix),
        "agreement": float(frames.accuracy(matrix)),
        "macro_f1": float(frames.macro_f1(counts)),
        **_named(np.sum(bout_counts, axis=0) if bout_counts else np.zeros((2, len(THRESHOLDS)))),
        **boundaries.values(fps),
    }
    return PairValues(int(whole.sum()), overall, behaviors)


def _symmetric(first: Spans, second: Spans) -> NDArray[np.int64]:
    """Bouts found, both ways together, and the bouts of both: (2, thresholds)."""
    ways = match(first, second, THRESHOLDS), match(second, first, THRESHOLDS)
    found = ways[0].tp + ways[1].tp
    return np.stack([found, np.full_like(found, len(first) + len(second))])


def _named(counts: NDArray[Any]) -> dict[str, float]:
    """Mean of the F1 of both ways, by threshold; each way it is 2 TP over the bouts of both."""
    values = ratio(counts[0], counts[1])
    return {f"bout_f1@{t:g}": float(v) for t, v in zip(THRESHOLDS, values, strict=True)}


def categories(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Frames by what each of two annotators saw in them: none, one behavior, or several at once.

    Args:
        first: (frames, behaviors).
        second: (frames, behaviors).

    Returns:
        (categories, categories); a category is a set of behaviors that somebody saw.
    """
    codes, n = _codes([first, second])
    return np.bincount(codes[0] * n + codes[1], minlength=n * n).reshape(n, n)


def _codes(seen: Sequence[NDArray[np.bool_]]) -> tuple[list[NDArray[np.int64]], int]:
    """Number of the set of behaviors that each annotator saw in each frame, and how many sets."""
    packed = np.packbits(np.concatenate(seen), axis=1)
    if packed.shape[1] == 1:  # whole numbers are sorted far sooner than rows
        packed = packed[:, 0]
    sets, codes = np.unique(packed, axis=0, return_inverse=True)
    return np.split(codes.reshape(-1).astype(np.int64), len(seen)), max(len(sets), 1)


def fleiss(rated: Rated) -> float:
    """Fleiss' kappa of all annotators of a subject, over the frames that all of them examined.

    NaN with fewer than three annotators.
    """
    if len(rated.states) < 3:
        return float("nan")
    stack = np.stack([rated.states[name] for name in sorted(rated.states)])
    whole = (stack >= 0).all(axis=(0, 2))
    if not whole.any():
        return float("nan")
    codes, n = _codes(list(stack[:, whole] == FrameState.YES))
    votes = np.zeros((int(whole.sum()), n), dtype=np.int64)
    for mine in codes:
        votes[np.arange(len(mine)), mine] += 1
    return fleiss_kappa(votes)
