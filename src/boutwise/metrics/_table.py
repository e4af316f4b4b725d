"""Score recordings: from labels and decisions of subjects to one :class:`Scores`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.metrics import _over_bouts, _over_frames, _over_probabilities, _over_units
from boutwise.metrics._agents import agents_of
from boutwise.metrics._baselines import baseline
from boutwise.metrics._contract import ScoredSubject, ScoreOptions
from boutwise.metrics._counts import Counts
from boutwise.metrics._intervals import ROUGH_BELOW
from boutwise.metrics._quoted import QUOTED, Material, quoted
from boutwise.metrics._score_rows import UnitScores
from boutwise.metrics._scores import Facts, FrameScores, Scores
from boutwise.metrics._scoring import Scoring
from boutwise.types import Ethogram, FrameState


def score_recordings(
    items: Sequence[ScoredSubject], ethogram: Ethogram, *, options: ScoreOptions | None = None
) -> Scores:
    """Score a prediction of labelled recordings.

    The result, as written by ``Scores.as_dict()`` to ``scores.json``, has these keys:

    - ``schema_version``: 1
    - ``facts``: recordings, animals, behaviors, backgrounds, exclusive_groups, labels, n_subjects,
      scored_frames, unlabelled_frames, unscorable_frames, scored_s, rows, unit, n_animals
    - ``headline``: name, text, estimate: the first of ``quoted``
    - ``quoted``: name, text, estimate of each number that the rule of scoring is known by; by
      default the macro F1 over all behaviors, frames pooled
    - ``primary``: the behavior that stands first, or empty
    - ``frames``: macro_f1, macro_f1_without_background, weighted_f1, accuracy, balanced_accuracy
      (estimates), macro_average_precision, by_animal, by_animal_without_background, by_recording,
      by_recording_without_background (spreads of the macro F1), accuracy_by_recording
    - ``behaviors``: a row for each: name, background, group, truth_frames, predicted_frames,
      scored_frames, truth_bouts, predicted_bouts, n_animals, n_recordings, precision, recall, f1,
      f1_by_animal, f1_by_recording (spreads), average_precision, bout_f1 (an estimate for each
      threshold), false_bouts_per_hour
    - ``declared``: name, behaviors, precision, recall, f1
    - ``bouts``: thresholds, rule, pooled_f1, macro_f1, tp, fp, fn, used, by_animal
    - ``onsets``: tolerances_frames, mean_average_precision, false_bouts_per_hour, behaviors (name,
      average_precision, precision, recall, f1: one entry a tolerance)
    - ``confusions``: name, truth, predicted, counts: one table for each exclusive group and each
      other behavior
    - ``curves``: behavior, recall, precision, threshold
    - ``calibration``: ece, brier, bins (low, high, n, mean_probability, observed_share),
      behaviors (name, ece, brier, overdispersion, bins); null without probabilities
    - ``baselines``: name, text, macro_f1, macro_f1_without_background, accuracy,
      balanced_accuracy
    - ``by_recording``, ``by_animal``, ``by_lab``: name, members, scored_frames, macro_f1,
      macro_f1_without_background, weighted_f1, accuracy, balanced_accuracy, bout_f1, behaviors
      (name, truth_frames, predicted_frames, precision, recall, f1, average_precision, truth_bouts,
      predicted_bouts, bout_f1); ``by_lab`` is empty where no labs are given
    - ``order``: groups, edit_score (a spread over recordings, 0 to 100); null unless the rule
      says that order matters
    - ``agents``: frames, right, swapped, share (an estimate): how often a directed behavior is
      given to the animal that it is done to; null unless both directions of a pair are scored
    - ``time_budgets``: recording, animal, target, behavior, scored_s, truth_s, predicted_s,
      expected_s, expected_low_s, expected_high_s
    - ``bout_statistics``: recording, animal, target, behavior, and count, total_s, mean_s and
      latency_s, each once with ``truth_`` and once with ``predicted_`` before it
    - ``bout_agreement``: behavior, statistic, n, bias, correlation
    - ``notes``: sentences that a reader must know
    - ``preset``: name of the rule of scoring, where one was chosen

    An estimate is ``{value, interval}``, an interval ``{low, high, level, n_groups, n_effective,
    method, rough, reason}``, a spread ``{mean, sd, n, low, high, interval}``. What is not defined
    is null.

    Args:
        items: The subjects; each once.
        ethogram: Behaviors of the label columns.
        options: Thresholds, tolerances, declared groups, folds.

    Raises:
        UsageError: There is nothing to score, or an option names an unknown behavior.
        DataError: A subject does not fit the ethogram, or is there twice.
    """
    options = options or ScoreOptions()
    _check(items, ethogram, options)
    scoring = Scoring(items, ethogram, options)
    curves, averages = _over_units.curves_and_average_precisions(scoring)
    frames = _over_frames.frame_scores(scoring, averages)
    bouts, order = _over_bouts.bout_scores(scoring), _over_bouts.order_scores(scoring)
    statistics = _over_bouts.bout_statistics(scoring)
    first = quoted(Material(scoring, frames, bouts, order, averages), options.quoted)
    places = _over_units.members_of(scoring)

    def units(counts: Counts, unit: str, member: str) -> tuple[UnitScores, ...]:
        return _over_units.unit_scores(scoring, counts, places[unit], places[member])

    return Scores(
        facts=_facts(scoring),
        headline=first[0],
        quoted=first,
        primary=options.primary,
        frames=frames,
        behaviors=_over_frames.behavior_scores(scoring, averages),
        declared=_over_frames.declared_scores(scoring),
        bouts=bouts,
        onsets=_over_bouts.onset_scores(scoring),
        confusions=_over_frames.confusions(scoring),
        curves=curves,
        calibration=_over_probabilities.calibration(scoring),
        baselines=(
            baseline("majority", scoring.by_animal, ethogram, options.folds),
            baseline("chance", scoring.by_animal, ethogram, options.folds),
        ),
        by_recording=units(scoring.by_recording, "recording", "animal"),
        by_animal=units(scoring.by_animal, "animal", "recording"),
        by_lab=units(scoring.by_stratum, "lab", "recording") if options.strata else (),
        order=order,
        agents=agents_of(items, ethogram),
        time_budgets=_over_probabilities.time_budgets(scoring),
        bout_statistics=statistics,
        bout_agreement=_over_bouts.bout_agreement(scoring, statistics),
        notes=_notes(scoring, frames),
    )


def _check(items: Sequence[ScoredSubject], ethogram: Ethogram, options: ScoreOptions) -> None:
    if not items:
        raise UsageError("there is nothing to score", expected="at least one labelled subject")
    seen = set()
    for item in items:
        if item.subject in seen:
            raise DataError(f"{item.subject} is there twice", recording=item.subject.recording)
        seen.add(item.subject)
    named = {
        name: f"declared group '{group}'" for group, ns in options.declared.items() for name in ns
    }
    named |= dict.fromkeys(options.chosen, "rule of scoring")
    if options.primary:
        named[options.primary] = "primary behavior"
    for name, place in named.items():
        if name not in ethogram.names:
            raise UsageError(
                f"the {place} names '{name}', which is not among the behaviors",
                expected=", ".join(ethogram.names),
                todo=did_you_mean(name, ethogram.names),
            )
    for name in options.quoted:
        if name not in QUOTED:
            raise UsageError(f"there is no number '{name}'", todo=did_you_mean(name, QUOTED))
    _check_rule(items, ethogram, options)
    if not any(item.known.any() for item in items):
        raise UsageError(
            "no frame of the truth was examined",
            expected="observed ranges, or labels that say yes or no",
        )


def _check_rule(items: Sequence[ScoredSubject], ethogram: Ethogram, options: ScoreOptions) -> None:
    """What some rules ask for: the lab of each recording, and one behavior at a time."""
    for item in items:
        name = item.subject.recording
        if options.strata and name not in options.strata:
            raise UsageError(
                f"the lab of '{name}' is not known",
                expected="a lab for every recording",
                todo=did_you_mean(name, options.strata),
            )
        several = (item.decided & item.known).sum(axis=1) > 1
        if options.one_at_a_time and several.any():
            frame = int(np.argmax(several))
            both = (item.decided & item.known)[frame]
            said = [n for n, shown in zip(ethogram.names, both, strict=True) if shown]
            raise DataError(
                f"{item.subject}: {' and '.join(said)} are predicted at the same time",
                recording=name,
                frame=frame,
                expected="one behavior of one animal (toward one other) at a time",
            )


def _facts(scoring: Scoring) -> Facts:
    items, ethogram = scoring.items, scoring.ethogram
    kinds = {item.human for item in items}
    nothing = [~item.known.any(axis=1) for item in items]
    hidden = [(item.truth == FrameState.UNSCORABLE).any(axis=1) for item in items]
    pairs = list(zip(nothing, hidden, strict=True))
    return Facts(
        recordings=scoring.by_recording.keys,
        animals=scoring.by_animal.keys,
        behaviors=ethogram.names,
        backgrounds=ethogram.backgrounds,
        exclusive_groups={group.name: group.behaviors for group in ethogram.groups},
        labels="mixed" if len(kinds) > 1 else "human" if True in kinds else "model",
        n_subjects=len(items),
        scored_frames=int(scoring.counts.scored.sum()),
        unlabelled_frames=sum(int((none & ~seen).sum()) for none, seen in pairs),
        unscorable_frames=sum(int((none & seen).sum()) for none, seen in pairs),
        scored_s=sum(
            float(n) / item.fps for n, item in zip(scoring.counts.scored, items, strict=True)
        ),
        rows=scoring.options.rows,
        unit="group" if _grouped(items) else "animal",
        n_animals=len(
            {name for i in items for name in (i.subject.animal, i.subject.target)} - {""}
        ),
    )


def _grouped(items: Sequence[ScoredSubject]) -> bool:
    """Whether animals that were filmed together count as one."""
    return any(item.animal != item.subject.animal and "+" in item.animal for item in items)


def _notes(scoring: Scoring, frames: FrameScores) -> tuple[str, ...]:
    n = len(scoring.by_animal.keys)
    units = "groups" if _grouped(scoring.items) else "animals"
    notes = []
    interval = frames.macro_f1.interval
    if interval.reason:
        notes.append(f"There is no interval: {interval.reason}.")
    else:
        notes.append(
            f"Intervals are 95 % over {n} {units} and leave out the variance of retraining."
        )
        if n < ROUGH_BELOW:
            notes.append(f"They are rough: {n} {units} are fewer than {ROUGH_BELOW}.")
    if units == "groups":
        notes.append("Animals that were filmed together count as one, a group.")
    if not all(item.human for item in scoring.items):
        notes.append("Some of the labels were made by a model, not by a person.")
    for column, name in enumerate(scoring.ethogram.names):
        shown = scoring.by_animal.frames[:, column, [0, 2]].sum(axis=1)
        if shown.sum() == 0:
            notes.append(f"'{name}' does not occur in the labels; a mean leaves it out.")
        elif (shown > 0).sum() < 3 <= n:
            notes.append(f"'{name}' occurs in {(shown > 0).sum()} of {n} {units} only.")
    return tuple(notes)
