"""``train``: from a plan to a bundle, with held-out animals, the sync check and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from boutwise import registry
from boutwise.api._evaluating import score_on, truth_of
from boutwise.api._planning import refusals
from boutwise.api._reporting import report
from boutwise.bundle import Bundle
from boutwise.checks import run_checks
from boutwise.checks.sync import estimates_in_run, find_in_run, sync_rows
from boutwise.errors import DataError
from boutwise.planning import Plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.training import RunResult
from boutwise.training import train as train_plan
from boutwise.training.opening import write_json
from boutwise.training.snapshot_files import load_snapshot
from boutwise.types import Problem, Severity

Say = Callable[[int, int, str], None]


def train(
    project: Project,
    plan: Plan,
    *,
    out: str | None = None,
    resume: bool = False,
    workers: int | None = None,
    accept_problems: bool = False,
    say: Say | None = None,
) -> Bundle:
    """Train a plan and open its bundle; see :func:`train_run`."""
    result = train_run(
        project,
        plan,
        out=out,
        resume=resume,
        workers=workers,
        accept_problems=accept_problems,
        say=say,
    )
    return Bundle.open(result.bundle)


def train_run(
    project: Project,
    plan: Plan,
    *,
    out: str | None = None,
    resume: bool = False,
    workers: int | None = None,
    accept_problems: bool = False,
    say: Say | None = None,
) -> RunResult:
    """Train a plan: folds, out-of-fold scores, null control, final fit, bundle, report.

    Args:
        project: With the recordings that the plan was made for.
        plan: What to do.
        out: Name of the run.
        resume: Go on with an unfinished run.
        workers: Processes side by side; by default one a core that this process may use.
        accept_problems: Train in spite of blocking problems; the report says so.
        say: Called with (done, total, words).

    Raises:
        DataError: The checks found a blocking problem in what is learned from. All that they find
            is kept in ``scores.json``; :func:`boutwise.check` shows it before. Or no animals can be
            found in some of the recordings: all of these are told.
        UsageError: The name of the run is taken, or there is nothing to resume.
    """
    # Sync is judged by the posteriors of this run, which see more than movement alone.
    names = [name for name in registry.names("check") if name != "sync"]
    problems = run_checks(project, names=names, say=say)
    if not accept_problems:
        _refuse(stopping(problems, project, plan))
    refuse_refused(project, plan, say=say)
    result = train_plan(project, plan, out=out, resume=resume, workers=workers, say=say)
    scores = dict(result.scores)
    problems += find_in_run(result.directory)
    scores["problems"] = [problem.as_dict() for problem in problems]
    scores["sync"] = sync_rows(estimates_in_run(result.directory))
    scores["holdout"] = _holdout(project, plan, result)
    write_json(result.directory / "scores.json", scores)
    report(result.directory)
    return replace(result, scores=scores)


def stopping(problems: Sequence[Problem], project: Project, plan: Plan) -> list[Problem]:
    """The blocking problems that speak of what is learned from, or of no recording at all."""
    used = {item.recording.id for item in usable_subjects(project, plan.recipe)}
    found = [
        problem
        for problem in problems
        if problem.severity is Severity.BLOCKING
        and {problem.recording, *problem.others} <= {*used, ""}
    ]
    if plan.leaks:  # asked for by name, and said beside every score
        found = [problem for problem in found if problem.check != "too_few_animals"]
    return found


def refuse_refused(project: Project, plan: Plan, *, say: Say | None = None) -> None:
    """Refuse, before anything is computed, what the detector of a plan refuses.

    Raises:
        DataError: Telling of all these recordings.
    """
    refused = refusals(project, plan, say=say)
    if refused.reasons:
        raise refused.of_plan(plan)


def _refuse(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    first, more = problems[0], len(problems) - 1
    others = f" (and {more} more blocking problem{'' if more == 1 else 's'})" if more else ""
    raise DataError(
        f"{first.what}{others}",
        file=first.file or None,
        row=first.row,
        recording=first.recording or None,
        frame=first.frame,
        expected=first.expected or None,
        todo=f"{first.todo or 'mend it'}; 'boutwise check' shows all; --accept-problems trains "
        "in spite of them",
    )


def _holdout(project: Project, plan: Plan, result: RunResult) -> dict[str, Any] | None:
    """Scores of the bundle on what was set apart; None when nothing was."""
    if not plan.holdout:
        return None
    bundle = Bundle.open(result.bundle)
    entries = load_snapshot(result.directory / "data").entries
    apart = {entry.subject for entry in entries if entry.held_out(plan)}
    recordings = [project.recording(name) for name in sorted({who.recording for who in apart})]
    annotators = plan.recipe.target.annotators
    truth = truth_of(bundle, project, recordings, annotators=annotators)
    subjects = [item for item in truth if item.subject in apart]
    animals = sorted({animal for item in subjects for animal in item.recording.animals})
    known = sorted(set(animals) & set(bundle.animals))
    if known and plan.recipe.split.by != "recording":
        bundle.refuse_animals(known)
    scores = score_on(bundle, project, subjects).as_dict()
    if known:
        scores["notes"].append(
            f"Of the animals kept apart {len(known)} were learned from in other recordings: "
            f"{', '.join(known)}."
        )
    return scores
