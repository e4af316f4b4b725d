"""Score recordings: from labels and decisions of subjects to one :class:`Scores`."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.metrics import _over_bouts, _over_frames, _over_probabilities
from boutwise.metrics._baselines import baseline
from boutwise.metrics._contract import ScoredSubject, ScoreOptions
from boutwise.metrics._intervals import ROUGH_BELOW
from boutwise.metrics._scores import Facts, FrameScores, Headline, Scores
from boutwise.metrics._scoring import Scoring
from boutwise.types import Ethogram, FrameState


def score_recordings(
    items: Sequence[ScoredSubject], ethogram: Ethogram, *, options: ScoreOptions | None = None
) -> Scores:
    """Score a prediction of labelled recordings.

    The result, as written by ``Scores.as_dict()`` to ``scores.json``, has these keys:

    - ``schema_version``: 1
    - ``facts``: recordings, animals, behaviors, backgrounds, exclusive_groups, labels, n_subjects,
      scored_frames, unlabelled_frames, unscorable_frames, scored_s
    - ``headline``: name, text, estimate (macro F1 over all behaviors, frames pooled)
    - ``primary``: the behavior that stands first, or empty
    - ``frames``: macro_f1, macro_f1_without_background, weighted_f1, accuracy, balanced_accuracy
      (estimates), macro_average_precision, by_animal, by_animal_without_background, by_recording
      (spreads of the macro F1)
    - ``behaviors``: a row for each: name, background, group, truth_frames, predicted_frames,
      scored_frames, truth_bouts, predicted_bouts, n_animals, n_recordings, precision, recall, f1,
      average_precision, bout_f1 (an estimate for each threshold), false_bouts_per_hour
    - ``declared``: name, behaviors, precision, recall, f1
    - ``bouts``: thresholds, rule, pooled_f1, macro_f1, tp, fp, fn, by_animal
    - ``onsets``: tolerances_frames, mean_average_precision, false_bouts_per_hour, behaviors (name,
      average_precision, precision, recall, f1: one entry a tolerance)
    - ``confusions``: name, truth, predicted, counts: one table for each exclusive group and each
      other behavior
    - ``curves``: behavior, recall, precision, threshold
    - ``calibration``: ece, brier, bins (low, high, n, mean_probability, observed_share),
      behaviors (name, ece, brier, overdispersion, bins); null without probabilities
    - ``baselines``: name, text, macro_f1, macro_f1_without_background, accuracy,
      balanced_accuracy
    - ``by_recording``, ``by_animal``: name, members, scored_frames, macro_f1,
      macro_f1_without_background, accuracy, bout_f1
    - ``time_budgets``: recording, animal, target, behavior, scored_s, truth_s, predicted_s,
      expected_s, expected_low_s, expected_high_s
    - ``bout_statistics``: recording, animal, target, behavior, and count, total_s, mean_s and
      latency_s, each once with ``truth_`` and once with ``predicted_`` before it
    - ``bout_agreement``: behavior, statistic, n, bias, correlation
    - ``notes``: sentences that a reader must know

    An estimate is ``{value, interval}``, an interval ``{low, high, level, n_groups, method, rough,
    reason}``, a spread ``{mean, sd, n, low, high, interval}``. What is not defined is null.

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
    curves, averages = _over_frames.curves_and_average_precisions(scoring)
    frames = _over_frames.frame_scores(scoring, averages)
    statistics = _over_bouts.bout_statistics(scoring)
    recordings: dict[str, set[str]] = {}
    animals: dict[str, set[str]] = {}
    for item in items:
        recordings.setdefault(item.subject.recording, set()).add(item.animal)
        animals.setdefault(item.animal, set()).add(item.subject.recording)
    return Scores(
        facts=_facts(scoring),
        headline=_headline(scoring, frames),
        primary=options.primary,
        frames=frames,
        behaviors=_over_frames.behavior_scores(scoring, averages),
        declared=_over_frames.declared_scores(scoring),
        bouts=_over_bouts.bout_scores(scoring),
        onsets=_over_bouts.onset_scores(scoring),
        confusions=_over_frames.confusions(scoring),
        curves=curves,
        calibration=_over_probabilities.calibration(scoring),
        baselines=(
            baseline("majority", scoring.by_animal, ethogram, options.folds),
            baseline("chance", scoring.by_animal, ethogram, options.folds),
        ),
        by_recording=_over_frames.unit_scores(scoring, scoring.by_recording, recordings),
        by_animal=_over_frames.unit_scores(scoring, scoring.by_animal, animals),
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
    if options.primary:
        named[options.primary] = "primary behavior"
    for name, place in named.items():
        if name not in ethogram.names:
            raise UsageError(
                f"the {place} names '{name}', which is not in the ethogram",
                todo=did_you_mean(name, ethogram.names),
            )
    if not any(item.known.any() for item in items):
        raise UsageError(
            "no frame of the truth was examined",
            expected="observed ranges, or labels that say yes or no",
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
    )


def _headline(scoring: Scoring, frames: FrameScores) -> Headline:
    n = len(scoring.ethogram.names)
    background = ", background included" if scoring.ethogram.backgrounds else ""
    return Headline(
        name="macro_f1",
        text=f"Mean F1 over {n} behaviors{background}, frames of all recordings pooled",
        estimate=frames.macro_f1,
    )


def _notes(scoring: Scoring, frames: FrameScores) -> tuple[str, ...]:
    n = len(scoring.by_animal.keys)
    notes = []
    interval = frames.macro_f1.interval
    if interval.reason:
        notes.append(f"There is no interval: {interval.reason}.")
    else:
        notes.append(
            f"Intervals are 95 % over {n} animals and leave out the variance of retraining."
        )
        if n < ROUGH_BELOW:
            notes.append(f"They are rough: {n} animals are fewer than {ROUGH_BELOW}.")
    if not all(item.human for item in scoring.items):
        notes.append("Some of the labels were made by a model, not by a person.")
    for column, name in enumerate(scoring.ethogram.names):
        shown = scoring.by_animal.frames[:, column, [0, 2]].sum(axis=1)
        if shown.sum() == 0:
            notes.append(f"'{name}' does not occur in the labels; a mean leaves it out.")
        elif (shown > 0).sum() < 3 <= n:
            notes.append(f"'{name}' occurs in {(shown > 0).sum()} of {n} animals only.")
    return tuple(notes)
