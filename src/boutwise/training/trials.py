"""A run that learns whole trials: its snapshot has a trial where others have a frame.

Everything behind the snapshot is shared with runs on frames: units, folds, decision, scores. What
says that rows are trials is ``facts["trials"]``: the scale, and of each subject its trials and the
clock of its recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boutwise.formats._prediction import file_stem
from boutwise.formats._trial_prediction import ENDING, write_trials
from boutwise.planning import LabelledSubject, Plan
from boutwise.planning.folds import group_of
from boutwise.planning.plan import groups_of_plan
from boutwise.planning.trials import ethogram_of
from boutwise.prepare import member_streams
from boutwise.prepare.trials import ROWS_PER_S, VERSION, PreparedTrials, trial_clock
from boutwise.project import Project
from boutwise.training.snapshot import Entry, Snapshot, same_columns
from boutwise.types import FrameClock, Prediction, Trial, TrialPrediction
from boutwise.types.recipe import RatedTrials


def rated(plan: Plan) -> RatedTrials:
    """The ratings that a plan learns."""
    assert plan.recipe.target.ratings is not None
    return plan.recipe.target.ratings


def take_trials(
    project: Project, plan: Plan, subjects: Sequence[LabelledSubject], say: Any
) -> Snapshot:
    """Compute (or find in the store) the rows of every subject."""
    groups = groups_of_plan(plan, list(subjects))
    units = group_of(list(subjects), "animal")
    entries: list[Entry] = []
    columns: list[dict[str, tuple[str, ...]]] = [{} for _ in plan.recipe.members]
    facts: dict[str, Any] = {"by_model": [], "trials": {"scale": rated(plan).scale, "of": {}}}
    for done, item in enumerate(subjects):
        say(done, len(subjects), f"trials of {item.subject}")
        prepared = _prepared(project, plan, item)
        keys = []
        for place, member in enumerate(plan.recipe.members):
            streams = {
                name: prepared.stream(item.subject, parts)
                for name, parts in member_streams(member).items()
            }
            found = {name: stream.columns for name, stream in streams.items()}
            same_columns(columns, place, found, item.recording.id)
            keys.append({name: stream.keys for name, stream in streams.items()})
        clock = trial_clock(item.trials)
        who = item.subject
        entries.append(Entry(who, groups[who], units[who], clock, clock, tuple(keys)))
        facts["trials"]["of"][str(who)] = {
            "fps": item.recording.clock.fps,
            "trials": [[t.number, t.first_frame, t.n_frames, t.valid] for t in item.trials],
        }
        roles = prepared.pose.roles
        facts |= {
            "roles": sorted(set(roles.values())),
            "n_dims": prepared.pose.n_dims,
            "keypoint_roles": dict(sorted(roles.items())),
        }
    say(len(subjects), len(subjects), "trials")
    states = {item.subject: item.states for item in subjects}
    ethogram = ethogram_of(project, plan.recipe.target)
    return Snapshot(
        ethogram, ROWS_PER_S, tuple(entries), tuple(columns), states, project.store, facts
    )


def _prepared(project: Project, plan: Plan, item: LabelledSubject) -> PreparedTrials:
    return PreparedTrials(
        project.pose(item.recording.id),
        item.recording.clock,
        item.trials,
        plan.fps,
        tuple(plan.recipe.prepare),
        relative=rated(plan).relative is True,
        store=project.store,
    )


def trials_need(plan: Plan) -> dict[str, Any]:
    """For ``bundle.json``: how trials become rows, and what is told of them."""
    return {**rated(plan).model_dump(), "version": VERSION}


def write_trials_out_of_fold(
    directory: Path, snapshot: Snapshot, predictions: Sequence[Prediction]
) -> None:
    """Write ``<recording>.trials.csv`` of each recording of a run."""
    by_recording: dict[str, list[TrialPrediction]] = {}
    for prediction in predictions:
        known = snapshot.facts["trials"]["of"][str(prediction.subjects[0])]
        trials = tuple(Trial(*row) for row in known["trials"])
        clock = FrameClock.declared(trials[-1].stop_frame, known["fps"])
        of_it = by_recording.setdefault(prediction.recording, [])
        of_it.append(TrialPrediction(prediction, trials, clock))
    for recording, of_it in by_recording.items():
        write_trials(of_it, directory / f"{file_stem(recording)}{ENDING}")
