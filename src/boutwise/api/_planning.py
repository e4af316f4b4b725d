"""``plan`` and ``prepare``: what will be done, and the features that it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from boutwise import machine
from boutwise.errors import DataError, UsageError
from boutwise.planning import Plan, make_plan
from boutwise.planning.budget import fit_budget
from boutwise.planning.leaving_out import recordings_of
from boutwise.planning.plan import usable_subjects
from boutwise.planning.refused import Refusals, refused_recordings
from boutwise.prepare import PreparedRecording, material_of, member_streams
from boutwise.prepare.trials import PreparedTrials, trials_of
from boutwise.project import Project
from boutwise.types import Recording, Subject

if TYPE_CHECKING:
    from boutwise.training.price import Price

Say = Callable[[int, int, str], None]


def plan(
    project: Project,
    recipe: str | Path = "pose",
    *,
    settings: Iterable[str] = (),
    seed: int = 0,
    resume: str | bool = False,
    say: Say | None = None,
) -> Plan:
    """Decide every ``auto`` of a recipe for a project, with reasons.

    With ``budget_minutes`` this machine is measured, and the plan is made as rich as can be trained
    in that time.

    Args:
        project: With pose and labels.
        recipe: Name of a recipe, or a YAML file.
        settings: ``a.b=c`` each, as for ``--set``.
        seed: Seeds folds, sampling and learners; 0 or more.
        resume: A run, by name or the last one, that is to be gone on with: what its budget chose
            when it began stays chosen.
        say: Called with (done, total, words) while a budget is measured.

    Raises:
        DataError: A budget is to be measured, and no animals can be found in some recordings.
        RecipeError: A setting cannot be heeded, or nothing can be trained within the budget.
        UsageError: The seed is negative, or a setting cannot be.
    """
    begun_s = time.monotonic()
    if seed < 0:
        raise UsageError(f"a seed of {seed} cannot be", expected="0 or more")
    whole = make_plan(project, recipe, settings=settings, seed=seed)
    if whole.recipe.budget_minutes == "none":
        return whole
    from boutwise.training.opening import begun_plan
    from boutwise.training.pace import measure_work

    if resume:
        return begun_plan(project, whole, resume if isinstance(resume, str) else None)
    refused = refusals(project, whole, say=say)
    if refused.reasons:
        raise refused.of_plan(whole)
    work = measure_work(
        project,
        whole,
        usable_subjects(project, whole.recipe),
        workers=machine.usable_cores(),
        say=say or (lambda done, total, words: None),
    )
    return fit_budget(whole, work, spent_s=time.monotonic() - begun_s)


def price(project: Project, plan: Plan) -> Price:
    """How many trainings a plan is, and how long they take where an earlier run tells.

    Args:
        project: With the recordings that the plan was made for.
        plan: What would be trained.
    """
    from boutwise.training.price import price_of

    subjects = usable_subjects(project, plan.recipe)
    return price_of(project, plan, subjects, workers=machine.usable_cores())


def refusals(project: Project, plan: Plan, *, say: Say | None = None) -> Refusals:
    """Recordings of a plan in which its detector can find no animals, and why.

    A few pictures are read of each, once; none where the plan reads no video.

    Args:
        project: With the recordings that the plan was made for.
        plan: What would be trained.
        say: Called with (done, total, words).
    """
    used = {item.recording.id: item.recording for item in usable_subjects(project, plan.recipe)}
    return refused_recordings(project, plan.recipe.prepare, list(used.values()), say=say)


def _prepared(
    project: Project, plan: Plan, recording: Recording, say: Callable[[str], None]
) -> PreparedRecording | PreparedTrials:
    """A recording, to make streams of, as its plan has them."""
    rated = plan.recipe.target.ratings
    if rated is not None:
        return PreparedTrials(
            project.pose(recording.id),
            recording.clock,
            trials_of(recording.trials, recording.n_frames),
            plan.fps,
            tuple(plan.recipe.prepare),
            relative=rated.relative is True,
            store=project.store,
        )
    return PreparedRecording(
        material_of(project, recording, reads=plan.recipe.reads),
        fps=plan.fps,
        prepare=plan.recipe.prepare,
        store=project.store,
        say=say,
    )


@dataclass(frozen=True)
class PreparedRow:
    """One stream of one animal or pair.

    Attributes:
        subject: Animal or pair.
        member: Place in the recipe of the member that reads it.
        stream: Its name.
        missing: What was not kept yet when it was looked at; empty where all of it was there.
        refused: Why nothing can be made of its recording; empty where it can.
    """

    subject: Subject
    member: int
    stream: str
    missing: tuple[str, ...]
    refused: str = ""


def prepare(
    project: Project, plan: Plan, *, dry_run: bool = False, say: Say | None = None
) -> list[PreparedRow]:
    """Compute features and pictures of every recording, labelled or not, into the store.

    Only of those that have what the recipe reads. What is there already is not computed again:
    everything is kept by the content of its video or pose, its settings, and the versions of what
    makes it. A recording that cannot be used does not stop the others.

    Args:
        project: With what the recipe reads.
        plan: Says what is computed.
        dry_run: Only look what there is to do.
        say: Called with (done, total, words).

    Returns:
        A row for each stream of each subject, with what was missing before.
    """
    say = say or (lambda done, total, words: None)
    rows = []
    recordings, pairs = _recordings_of(project, plan)
    refused = refused_recordings(project, plan.recipe.prepare, recordings, say=say)
    for done, recording in enumerate(recordings):
        say(done, len(recordings), recording.id)
        why = refused.reasons.get(recording.id)
        mine = _streams_of(plan, recording, pairs=pairs)
        if why is None:
            try:
                tell = partial(say, done, len(recordings))
                rows += _prepare_one(project, plan, recording, mine, dry_run=dry_run, say=tell)
                continue
            except DataError as error:
                why = error
        rows += [PreparedRow(*each, (), str(why)) for each in mine]
    say(len(recordings), len(recordings), "done")
    return rows


def _streams_of(plan: Plan, recording: Recording, *, pairs: bool) -> list[tuple[Subject, int, str]]:
    """Each stream of each subject of a recording: whose it is, what member reads it, its name."""
    return [
        (subject, place, name)
        for subject in recording.subjects(pairs=pairs)
        for place, member in enumerate(plan.recipe.members)
        for name in member_streams(member)
    ]


def _prepare_one(
    project: Project,
    plan: Plan,
    recording: Recording,
    streams: Sequence[tuple[Subject, int, str]],
    *,
    dry_run: bool,
    say: Callable[[str], None],
) -> list[PreparedRow]:
    """Prepare the streams of one recording."""
    prepared, rows = _prepared(project, plan, recording, say), []
    for subject, place, name in streams:
        parts = member_streams(plan.recipe.members[place])[name]
        missing = tuple(prepared.missing(subject, parts))
        rows.append(PreparedRow(subject, place, name, missing))
        if missing and not dry_run:
            prepared.stream(subject, parts)
    return rows


def _recordings_of(project: Project, plan: Plan) -> tuple[list[Recording], bool]:
    """Recordings that a plan can be prepared for, and whether their pairs are meant."""
    pairs = bool({item.subject.target for item in usable_subjects(project, plan.recipe)} - {""})
    recordings = recordings_of(project, plan.recipe)
    rated = plan.recipe.target.ratings
    if rated is not None and rated.relative is True:
        # A trial that stands alone has no row in a model that compares trials.
        recordings = [r for r in recordings if len(r.trials) > 1]
    return recordings, pairs
