"""How good it is: out-of-fold predictions, each decided without its own fold, and their scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.decision import Decision, fit_decision
from boutwise.formats._prediction import file_stem, write_frames
from boutwise.metrics import ScoredSubject, ScoreOptions, Scores, score_recordings
from boutwise.planning import Plan
from boutwise.planning.folds import fold_of_units
from boutwise.prepare import present_frames, scores_at
from boutwise.training.control import control_plan, judge, shift_labels
from boutwise.training.snapshot import Entry, Snapshot
from boutwise.training.trials import write_trials_out_of_fold
from boutwise.training.units import entry_mask, out_of_fold
from boutwise.types import FrameState, Prediction

OUT_OF_FOLD = "out-of-fold"
OF_TRIALS = ("accuracy",)
"""What stands first where whole trials are answered: each counts the same."""


@dataclass(frozen=True, eq=False)
class Assessed:
    """What the folds say.

    Attributes:
        decision: Fitted on the out-of-fold scores of all folds: the one that ships.
        predictions: One a subject, decided by a decision that never saw its fold.
        scores: Of those predictions.
    """

    decision: Decision
    predictions: tuple[Prediction, ...]
    scores: Scores


def assess(run: Path, plan: Plan, snapshot: Snapshot) -> Assessed:
    """Fit the decisions and score the out-of-fold predictions."""
    entries = [e for e in snapshot.entries if not e.held_out(plan)]
    raw = native_scores(run, plan, snapshot, entries)
    masks = {
        (entry.subject, fold.name): _native_mask(entry, entry_mask(plan, entry, fold.name))
        for entry in entries
        for fold in plan.folds
    }
    probabilities = {e.subject: np.zeros_like(raw[0][i]) for i, e in enumerate(entries)}
    decided = {e.subject: np.zeros(raw[0][i].shape, bool) for i, e in enumerate(entries)}
    for fold in plan.folds:
        tested = {entry.subject: masks[entry.subject, fold.name] for entry in entries}
        decision = _fit(plan, snapshot, entries, raw, tested)
        for place, entry in enumerate(entries):
            mask = tested[entry.subject]
            if mask.any():
                chance = decision.probabilities([member[place] for member in raw], entry.clock.fps)
                choice = decision.decide(chance, entry.clock.fps)
                probabilities[entry.subject][mask] = chance[mask]
                decided[entry.subject][mask] = choice[mask]
    predictions = tuple(
        Prediction(
            entry.subject.recording,
            (entry.subject,),
            entry.clock,
            snapshot.ethogram,
            probabilities[entry.subject][None],
            (decided[entry.subject] & present[:, None])[None],
            present[None],
            OUT_OF_FOLD,
        )
        for entry, present in ((entry, native_present(snapshot, entry)) for entry in entries)
    )
    scores = score_predictions(plan, snapshot, entries, predictions)
    return Assessed(_fit(plan, snapshot, entries, raw, {}), predictions, scores)


def native_scores(
    run: Path, plan: Plan, snapshot: Snapshot, entries: Sequence[Entry], *, kind: str = "folds"
) -> list[list[NDArray[np.float32]]]:
    """For each member the out-of-fold raw scores of each entry, (native frames, behaviors)."""
    members = range(len(plan.recipe.members))
    scores = [out_of_fold(run, plan, snapshot, member, kind=kind) for member in members]
    return [
        [scores_at(member[entry.subject], entry.working, entry.clock) for entry in entries]
        for member in scores
    ]


def null_control(run: Path, plan: Plan, snapshot: Snapshot) -> dict[str, Any]:
    """What the units of the null control scored; see :func:`~boutwise.training.control.judge`."""
    shifted = shift_labels(snapshot)
    entries = [e for e in shifted.entries if not e.held_out(plan)]
    raw = native_scores(run, control_plan(plan), shifted, entries, kind="control")[0]
    states = [shifted.states[entry.subject] for entry in entries]
    found = judge(raw, states, [entry.unit for entry in entries], shifted)
    if plan.leaks and not found["leaks"]:
        words = "it does not show here that this split leaks, which it does by design"
        found["text"] = f"{found['text'].partition(': ')[0]}: {words}"
    return found


def native_present(snapshot: Snapshot, entry: Entry) -> NDArray[np.bool_]:
    """Native frames in which the subject can be judged, (frames,)."""
    weights = {entry.subject: np.ones(entry.working.n_frames, dtype=np.float32)}
    # As in a prediction: every member must see something.
    seen = np.logical_and.reduce(
        [
            _native_mask(
                entry, present_frames(snapshot.dataset(member, weights=weights).items[0].streams)
            )
            for member in range(len(snapshot.columns))
        ]
    )
    return np.asarray(seen)


def _native_mask(entry: Entry, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if entry.working is entry.clock:
        return mask
    share = scores_at(mask[:, None].astype(np.float32), entry.working, entry.clock)
    return np.asarray(share[:, 0] >= 0.5)


def _fit(
    plan: Plan,
    snapshot: Snapshot,
    entries: Sequence[Entry],
    raw: list[list[NDArray[np.float32]]],
    tested: Mapping[Any, NDArray[np.bool_]],
) -> Decision:
    """A decision fitted on every frame that is not tested."""
    used, states = [], []
    for place, entry in enumerate(entries):
        mine = snapshot.states[entry.subject].copy()
        if entry.subject in tested:
            mine[tested[entry.subject]] = FrameState.UNLABELLED
        if (mine != FrameState.UNLABELLED).any():
            used.append(place)
            states.append(mine)
    members = [[member[place] for place in used] for member in raw]
    fps = [entries[place].clock.fps for place in used]
    return fit_decision(plan.recipe, snapshot.ethogram, members, states, fps)


def score_predictions(
    plan: Plan,
    snapshot: Snapshot,
    entries: Sequence[Entry],
    predictions: Sequence[Prediction],
) -> Scores:
    """Score one prediction an entry against the labels of the snapshot."""
    items = [
        ScoredSubject(
            entry.subject,
            entry.unit,
            snapshot.states[entry.subject],
            prediction.decided[0],
            math.nan if snapshot.of_trials else entry.clock.fps,  # trials have no rate
            prediction.probabilities[0],
            str(entry.subject) not in snapshot.facts["by_model"],
        )
        for entry, prediction in zip(entries, predictions, strict=True)
    ]
    folds = fold_of_units(plan.folds, {e.unit: e.group for e in entries if e.unit == e.group})
    options = ScoreOptions(folds=folds)
    if snapshot.of_trials:
        options = ScoreOptions(folds=folds, quoted=OF_TRIALS, rows="trials")
    return score_recordings(items, snapshot.ethogram, options=options)


def write_out_of_fold(run: Path, snapshot: Snapshot, predictions: Sequence[Prediction]) -> None:
    """Write ``oof/<recording>.frames.parquet``, or ``oof/<recording>.trials.csv``."""
    directory = run / "oof"
    directory.mkdir(exist_ok=True)
    if snapshot.of_trials:
        write_trials_out_of_fold(directory, snapshot, predictions)
        return
    by_recording: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        by_recording.setdefault(prediction.recording, []).append(prediction)
    for recording, of_it in by_recording.items():
        write_frames(of_it, directory / f"{file_stem(recording)}.frames.parquet")
