"""Which recordings a recipe learns from: those that have what it reads, without those left out."""

from __future__ import annotations

from boutwise.errors import RecipeError, did_you_mean
from boutwise.prepare import has_all
from boutwise.project import Project
from boutwise.types import Recording
from boutwise.types.recipe import Recipe

SHOWN = 5
"""Recordings that are named in a reason; more are counted."""


def recordings_of(project: Project, recipe: Recipe) -> list[Recording]:
    """The recordings, labelled or not, that a recipe can read and does not leave out."""
    return [
        recording
        for recording in project.recordings()
        if recording.id not in recipe.leave_out and has_all(project, recording.id, recipe.reads)
    ]


def refuse_unknown_names(project: Project, recipe: Recipe) -> None:
    """Refuse to leave out what is not there.

    Raises:
        RecipeError: A name is that of no recording.
    """
    known = [recording.id for recording in project.recordings()]
    for name in recipe.leave_out:
        if name not in known:
            raise RecipeError(
                f"'leave_out' names '{name}', and the project has no such recording",
                expected="ids of recordings, such as "
                f"{', '.join(known[:SHOWN])}{', ...' if len(known) > SHOWN else ''}",
                todo=did_you_mean(name, known),
            )


def left_out(project: Project, recipe: Recipe) -> dict[str, str]:
    """Recordings whose labels are not learned from, and why, under the words ``left out``."""
    words = []
    labelled = [r.id for r in project.recordings("labelled")]
    by_name = [name for name in labelled if name in recipe.leave_out]
    lost = [
        name
        for name in labelled
        if name not in recipe.leave_out and not has_all(project, name, recipe.reads)
    ]
    if by_name:
        words.append(
            f"{_counted(by_name)} by name: {', '.join(by_name)}; the scores say nothing "
            "of recordings like these"
        )
    if lost:
        more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        have = "has" if len(lost) == 1 else "have"
        lacks = " or no ".join(recipe.reads)
        words.append(
            f"{_counted(lost)} {have} labels and no {lacks}: {', '.join(lost[:SHOWN])}{more}"
        )
    return {"left out": "; ".join(words)} if words else {}


def _counted(names: list[str]) -> str:
    return f"{len(names)} recording{'' if len(names) == 1 else 's'}"
