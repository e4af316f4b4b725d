"""``boutwise plan``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from boutwise.cli._command import Answer, command, facts_of
from boutwise.cli._detectors import tell_detector_plan
from boutwise.cli._options import (
    Holdout,
    ProjectFolder,
    RecipeName,
    Settings,
    Split,
    all_settings,
    open_project,
)
from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.planning import Fingerprint, Plan

DATA_PROBLEM = 3
SHOWN_GROUPS = 12
"""Animals that are named in a row; more are counted."""


@command
def run(
    talk: Talk,
    project: ProjectFolder,
    recipe: RecipeName = "pose",
    settings: Settings = None,
    split: Split = None,
    holdout: Holdout = None,
) -> Answer:
    """Show every setting that a training would use, and why.

    Exit code 3 when it would stop, because no animals can be found in some of the videos.
    """
    from boutwise import api

    changes = all_settings(settings, split, holdout)
    if api.trains_detector(recipe):
        with open_project(project) as opened:
            detector = api.plan_detector(opened, recipe, settings=changes)
        tell_detector_plan(talk, detector)
        return Answer(detector.as_dict())
    with open_project(project) as opened:
        plan = api.plan(opened, recipe, settings=changes, say=talk.say)
        price = api.price(opened, plan)
        refused = api.refusals(opened, plan, say=talk.say)
    tell_plan(talk, plan)
    talk.line()
    talk.line(f"price: {price.words()}")
    if refused.reasons:
        talk.error(facts_of(refused.of_plan(plan)))
    data = plan.as_dict() | {"price": asdict(price), "refused": refused.as_dict()}
    return Answer(data, DATA_PROBLEM if refused.reasons else 0)


def _tell_frames(talk: Talk, plan: Plan) -> None:
    """Say what is labelled."""
    facts = plan.fingerprint
    talk.line(
        f"{facts.recordings} labelled recordings of {_animals(facts)}, {facts.frames} "
        f"labelled frames at {plan.fps:g} frames per second; {facts.unlabelled} unlabelled"
    )
    talk.table(
        ["behavior", "share of frames", "bouts", "animals", "median bout, s"],
        [
            [name, each.share, each.bouts, each.animals, each.length_s[2] if each.length_s else ""]
            for name, each in facts.classes.items()
        ],
    )


def _animals(facts: Fingerprint) -> str:
    """How many animals there are, and how many of them are independent."""
    alone = facts.independent >= facts.animals
    return f"{facts.animals} animals" + ("" if alone else f" ({facts.who})")


def _tell_trials(talk: Talk, plan: Plan) -> None:
    """Say which trials are rated, and how."""
    facts = plan.fingerprint
    talk.line(
        f"{facts.frames} rated trials in {facts.recordings} recordings of {_animals(facts)} "
        f"at {plan.fps:g} frames per second"
    )
    talk.table(
        ["answer", "trials", "share of trials", "animals"],
        [[name, each.frames, each.share, each.animals] for name, each in facts.classes.items()],
    )


def tell_plan(talk: Talk, plan: Plan) -> None:
    """Say what the plan rests on, how it divides the animals, and each setting."""
    tell = _tell_trials if plan.recipe.target.ratings else _tell_frames
    tell(talk, plan)
    talk.line(f"{len(plan.folds)} folds; tested in each:")
    for fold in plan.folds:
        talk.line(f"  {fold.name}  {_groups(fold.test)}")
    if plan.holdout:
        talk.line(f"held out, for the end: {_groups(plan.holdout)}")
    if plan.leaks:
        talk.line("LEAKS: frames of one animal are on both sides of this split")
    talk.line()
    talk.table(["setting", "value", "reason"], list(rows(plan.as_dict())))


def _groups(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN_GROUPS
    return ", ".join(names[:SHOWN_GROUPS]) + (f" and {more} more" if more > 0 else "")


def rows(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Dotted path, value and reason of every setting of a plan."""
    reasons = dict(plan["reasons"])
    for path, value in _leaves(plan["recipe"], ""):
        yield path, _value(value), reasons.pop(path, "")
    for path, reason in reasons.items():
        yield path, _value(plan.get(path, "")), reason


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner: list[tuple[str, Any]] = []
    if isinstance(value, Mapping) and set(value) == {"part", "options"}:
        yield path, value["part"]
        inner = [(f"{value['part']}.{key}", each) for key, each in value["options"].items()]
    elif isinstance(value, Mapping):
        inner = [(str(key), each) for key, each in value.items()]
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        inner = [(str(place), each) for place, each in enumerate(value)]
    else:
        yield path, value
    for key, each in inner:
        yield from _leaves(each, f"{path}.{key}" if path else key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)
