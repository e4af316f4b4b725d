"""Two predictions of the same labels, animal by animal: how much better is one than the other?

Both are scored on the same frames of the same animals, so what makes an animal hard for both
cancels, and the interval of the difference is much narrower than those of the two scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.metrics import frames
from boutwise.metrics._baselines import decisions_right
from boutwise.metrics._contract import ScoredSubject, ScoreOptions
from boutwise.metrics._intervals import ROUGH_BELOW, Estimate, Statistic, difference
from boutwise.metrics._over_frames import bout_f1
from boutwise.metrics._score_rows import Spread
from boutwise.metrics._scores import as_plain
from boutwise.metrics._scoring import Floats, Scoring, of_few, spread
from boutwise.types import Ethogram


@dataclass(frozen=True)
class Difference:
    """One score of both predictions.

    Attributes:
        name: Of the score, such as ``macro_f1`` or ``bout_f1@0.5``.
        text: In words.
        first: Score of the first prediction.
        second: Score of the second.
        difference: First minus second, with its interval over animals.
        by_animal: First minus second within each animal; each animal counts once.
        better_in: Animals in which the first is better.
        worse_in: Animals in which the second is better.
    """

    name: str
    text: str
    first: float
    second: float
    difference: Estimate
    by_animal: Spread
    better_in: int
    worse_in: int


@dataclass(frozen=True)
class AnimalDifference:
    """Macro F1 of both predictions in one animal."""

    animal: str
    recordings: tuple[str, ...]
    first_macro_f1: float
    second_macro_f1: float


@dataclass(frozen=True)
class Comparison:
    """The difference of two predictions.

    Attributes:
        recordings: Scored in both.
        animals: The units of every interval.
        behaviors: In the order of the ethogram.
        rule: How bouts were matched and averaged, in words.
        differences: Scores over all behaviors, then the frame F1 of each.
        by_animal: One row an animal.
        notes: Sentences that a reader must know.
        leaks: Whether one of the two was trained on frames beside those it is scored on; then the
            difference says nothing about the models.
    """

    recordings: tuple[str, ...]
    animals: tuple[str, ...]
    behaviors: tuple[str, ...]
    rule: str
    differences: tuple[Difference, ...]
    by_animal: tuple[AnimalDifference, ...]
    notes: tuple[str, ...]
    leaks: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As plain Python for JSON: NaN becomes None, tuples become lists."""
        plain: dict[str, Any] = as_plain(self)
        return plain

    def difference(self, name: str) -> Difference:
        """The row of one score."""
        return next(row for row in self.differences if row.name == name)


def compare_predictions(
    first: Sequence[ScoredSubject],
    second: Sequence[ScoredSubject],
    ethogram: Ethogram,
    *,
    options: ScoreOptions | None = None,
) -> Comparison:
    """Score two predictions of the same subjects and labels against each other.

    Args:
        first: The subjects with the first decision.
        second: The same subjects, with the same labels, and the second decision.
        ethogram: Behaviors of the label columns.
        options: Thresholds and the rule for bouts.

    Raises:
        DataError: The two are not of the same subjects, animals and labels.
    """
    _check_same(first, second)
    options = options or ScoreOptions()
    one, two = Scoring(first, ethogram, options), Scoring(second, ethogram, options)
    rows = (
        *(_difference(*each) for each in _over_all(one, two)),
        *(_of_behavior(one, two, column) for column in one.in_order),
    )
    n, interval = len(one.by_animal.keys), rows[0].difference.interval
    notes = []
    if interval.reason:
        notes.append(f"There is no interval: {interval.reason}.")
    else:
        notes.append(
            f"Differences are the first prediction less the second; intervals are 95 % over {n} "
            "animals, paired, and leave out the variance of retraining."
        )
        if n < ROUGH_BELOW:
            notes.append(f"They are rough: {n} animals are fewer than {ROUGH_BELOW}.")
    return Comparison(
        recordings=one.by_recording.keys,
        animals=one.by_animal.keys,
        behaviors=ethogram.names,
        rule=options.matching.words(),
        differences=rows,
        by_animal=_animals(one, two),
        notes=tuple(notes),
    )


def _check_same(first: Sequence[ScoredSubject], second: Sequence[ScoredSubject]) -> None:
    others = {item.subject: item for item in second}
    for item in first:
        other = others.pop(item.subject, None)
        if other is None or other.animal != item.animal:
            raise DataError(
                f"{item.subject} is not in both predictions", recording=item.subject.recording
            )
        if not np.array_equal(item.truth, other.truth):
            raise DataError(
                f"{item.subject}: the two predictions are scored against different labels",
                recording=item.subject.recording,
            )
    for subject in others:
        raise DataError(f"{subject} is not in both predictions", recording=subject.recording)


def _over_all(
    one: Scoring, two: Scoring
) -> Iterator[tuple[str, str, tuple[NDArray[Any], NDArray[Any]], Statistic]]:
    """Name, words, counts by animal of both, and statistic of each score over all behaviors."""
    names, ahead = one.ethogram.names, one.foreground
    both = (one.by_animal, two.by_animal)
    outcomes = [frames.of_f1(counts.frames) for counts in both]
    pair = (outcomes[0], outcomes[1])
    yield "macro_f1", "macro F1", pair, frames.macro_f1
    if len(ahead) < len(names):
        parts = (outcomes[0][:, ahead], outcomes[1][:, ahead])
        yield "macro_f1_without_background", "macro F1, no background", parts, frames.macro_f1
    sizes = [matrix.shape[1] for matrix in both[0].matrices(one.ethogram).values()]

    def accuracy(rows: Floats) -> Floats:
        pieces, begin = {}, 0
        for place, size in enumerate(sizes):
            piece = rows[..., begin : begin + size * size]
            pieces[str(place)] = piece.reshape(*rows.shape[:-1], size, size)
            begin += size * size
        return decisions_right(pieces)

    flat = [
        np.concatenate(
            [each.reshape(len(each), -1) for each in c.matrices(one.ethogram).values()], axis=1
        )
        for c in both
    ]
    yield "accuracy", "accuracy", (flat[0], flat[1]), accuracy
    columns, macro = one.bout_columns, one.options.matching.average == "macro"

    def bouts(rows: Floats) -> Floats:
        return frames.mean_defined(bout_f1(rows)) if macro else bout_f1(rows.sum(axis=-2))

    for place, threshold in enumerate(one.options.thresholds):
        parts = (both[0].bouts[:, columns, place], both[1].bouts[:, columns, place])
        yield f"bout_f1@{threshold:g}", f"bout F1@{threshold:g}", parts, bouts


def _of_behavior(one: Scoring, two: Scoring, column: int) -> Difference:
    """The frame F1 of one behavior."""
    name = one.ethogram.names[column]
    first, second = (frames.of_f1(each.by_animal.frames[:, column]) for each in (one, two))
    found = _difference(f"f1:{name}", f"F1 {name}", (first, second), frames.f1)
    shown = int((first[:, [frames.TP, frames.FN]].sum(axis=1) > 0).sum())
    return replace(found, difference=of_few(found.difference, shown))


def _difference(
    name: str, text: str, parts: tuple[NDArray[Any], NDArray[Any]], statistic: Statistic
) -> Difference:
    shape = parts[0].shape[1:]

    def flat(rows: Floats) -> Floats:
        return statistic(rows.reshape(*rows.shape[:-1], *shape))

    first, second, found = difference(*parts, flat)
    own = statistic(parts[0].astype(np.float64)) - statistic(parts[1].astype(np.float64))
    defined = own[np.isfinite(own)]
    return Difference(
        name=name,
        text=text,
        first=first,
        second=second,
        difference=found,
        by_animal=spread(defined, within=(-1.0, 1.0)),
        better_in=int((defined > 0).sum()),
        worse_in=int((defined < 0).sum()),
    )


def _animals(one: Scoring, two: Scoring) -> tuple[AnimalDifference, ...]:
    values = [frames.macro_f1(each.by_animal.frames) for each in (one, two)]
    recordings: dict[str, set[str]] = {}
    for item in one.items:
        recordings.setdefault(item.animal, set()).add(item.subject.recording)
    return tuple(
        AnimalDifference(
            animal,
            tuple(sorted(recordings[animal])),
            *(float(value[row]) for value in values),
        )
        for row, animal in enumerate(one.by_animal.keys)
    )
