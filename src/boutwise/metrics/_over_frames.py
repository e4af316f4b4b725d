"""The sections of a score that count frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import frames
from boutwise.metrics._baselines import decisions_right
from boutwise.metrics._counts import Counts
from boutwise.metrics._intervals import Interval
from boutwise.metrics._matching import ratio
from boutwise.metrics._score_rows import Confusion, Spread
from boutwise.metrics._scores import BehaviorScores, DeclaredScores, FrameScores
from boutwise.metrics._scoring import Floats, Scoring, of_few, over_animals, spread

CURVE_POINTS = 200


def frame_scores(scoring: Scoring, average_precisions: Floats) -> FrameScores:
    """Scores over frames: pooled, by animal and by recording."""
    animals, ahead = scoring.by_animal, scoring.foreground
    recordings, outcomes = scoring.by_recording, frames.of_f1(animals.frames)
    matrices = animals.matrices(scoring.ethogram)
    shapes = {name: matrix.shape[1:] for name, matrix in matrices.items()}
    flat = np.concatenate([matrix.reshape(len(matrix), -1) for matrix in matrices.values()], axis=1)

    def apart(rows: Floats) -> dict[str, Floats]:
        pieces, first = {}, 0
        for name, shape in shapes.items():
            size = shape[0] * shape[1]
            pieces[name] = rows[..., first : first + size].reshape(*rows.shape[:-1], *shape)
            first += size
        return pieces

    return FrameScores(
        macro_f1=over_animals(outcomes, frames.macro_f1),
        macro_f1_without_background=over_animals(outcomes[:, ahead], frames.macro_f1),
        weighted_f1=over_animals(outcomes, frames.weighted_f1),
        accuracy=over_animals(flat, lambda rows: decisions_right(apart(rows))),
        balanced_accuracy=over_animals(flat, lambda rows: balanced(apart(rows))),
        macro_average_precision=float(frames.mean_defined(average_precisions)),
        by_animal=spread(frames.macro_f1(animals.frames)),
        by_animal_without_background=spread(frames.macro_f1(animals.frames[:, ahead])),
        by_recording=over_recordings(scoring, frames.macro_f1(recordings.frames)),
        by_recording_without_background=over_recordings(
            scoring, frames.macro_f1(recordings.frames[:, ahead])
        ),
        accuracy_by_recording=over_recordings(
            scoring, decisions_right(recordings.matrices(scoring.ethogram))
        ),
    )


def balanced(matrices: Mapping[str, NDArray[Any]]) -> Floats:
    """Mean recall of the classes of each decision, then of the decisions."""
    scores = [frames.balanced_accuracy(matrix) for matrix in matrices.values()]
    return frames.mean_defined(np.stack(scores, axis=-1))


def over_recordings(scoring: Scoring, values: Floats, *, best: float = 1.0) -> Spread:
    """Spread of a score over recordings; an interval only where each is an animal of its own."""
    found = spread(values, "recordings", within=(0.0, best))
    if len(scoring.by_recording.keys) <= len(scoring.by_animal.keys):
        return found
    reason = "recordings of one animal are not independent; see the interval over animals"
    return replace(found, interval=Interval(n_groups=found.n, reason=reason))


def behavior_scores(scoring: Scoring, average_precisions: Floats) -> tuple[BehaviorScores, ...]:
    """The table of behaviors, the primary one first."""
    animals, ethogram = scoring.by_animal, scoring.ethogram
    total = animals.frames.sum(axis=0)
    bouts = animals.bouts.sum(axis=0)
    seconds, stray = animals.seconds.sum(axis=0), animals.stray.sum(axis=0)
    rows = []
    for column in scoring.in_order:
        name, counts = ethogram.names[column], total[column]
        group = ethogram.group_of(name)
        tp, fp, fn, used = bouts[column, 0]
        n_animals = _units_with(animals, column)
        rows.append(
            BehaviorScores(
                name=name,
                background=name in ethogram.backgrounds,
                group=group.name if group else "",
                truth_frames=int(counts[frames.TP] + counts[frames.FN]),
                predicted_frames=int(counts[frames.TP] + counts[frames.FP]),
                scored_frames=int(counts.sum()),
                truth_bouts=int(tp + fn),
                predicted_bouts=int(used + fp),
                n_animals=n_animals,
                n_recordings=_units_with(scoring.by_recording, column),
                precision=float(frames.precision(counts)),
                recall=float(frames.recall(counts)),
                f1=of_few(
                    over_animals(frames.of_f1(animals.frames[:, column]), frames.f1), n_animals
                ),
                f1_by_animal=spread(frames.f1(animals.frames[:, column])),
                f1_by_recording=over_recordings(
                    scoring, frames.f1(scoring.by_recording.frames[:, column])
                ),
                average_precision=float(average_precisions[column]),
                bout_f1=tuple(
                    of_few(over_animals(animals.bouts[:, column, threshold], bout_f1), n_animals)
                    for threshold in range(animals.bouts.shape[2])
                ),
                false_bouts_per_hour=float(ratio(stray[column] * 3600, seconds[column])),
            )
        )
    return tuple(rows)


def bout_f1(counts: NDArray[Any]) -> Floats:
    """F1 of bouts from counts (..., 4): tp, fp, fn, used."""
    tp, fp, fn, used = (counts[..., place] for place in range(4))
    f1 = ratio(2 * used * tp, used * (tp + fn) + tp * (used + fp))
    return np.where((tp == 0) & (used + fp + fn > 0), 0.0, f1)


def _units_with(counts: Counts, column: int) -> int:
    shown = counts.frames[:, column, frames.TP] + counts.frames[:, column, frames.FN]
    return int((shown > 0).sum())


def declared_scores(scoring: Scoring) -> tuple[DeclaredScores, ...]:
    """Precision, recall and F1 of the declared groups."""
    animals = scoring.by_animal
    total = animals.declared.sum(axis=0)
    return tuple(
        DeclaredScores(
            name=name,
            behaviors=tuple(behaviors),
            precision=float(frames.precision(total[row])),
            recall=float(frames.recall(total[row])),
            f1=over_animals(frames.of_f1(animals.declared[:, row]), frames.f1),
        )
        for row, (name, behaviors) in enumerate(scoring.options.declared.items())
    )


def confusions(scoring: Scoring) -> tuple[Confusion, ...]:
    """One table for each decision; 'none' only where it occurs."""
    members = {group.name: group.behaviors for group in scoring.ethogram.groups}
    tables = []
    for name, matrices in scoring.counts.matrices(scoring.ethogram).items():
        matrix = matrices.sum(axis=0)
        truth: tuple[str, ...] = ("no", "yes")
        predicted: tuple[str, ...] = truth
        if name in members:
            truth = predicted = (*members[name], "none")
            if not matrix[-1].any():
                matrix, truth = matrix[:-1], members[name]
            if not matrix[:, -1].any():
                matrix, predicted = matrix[:, :-1], members[name]
        rows = tuple(tuple(int(n) for n in row) for row in matrix)
        tables.append(Confusion(name, truth, predicted, rows))
    return tuple(tables)
