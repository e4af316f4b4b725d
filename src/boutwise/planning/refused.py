"""Recordings in which no animals can be found: told all at once, before anything long is begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from boutwise.errors import DataError
from boutwise.planning.plan import Plan
from boutwise.planning.recipes import as_setting
from boutwise.prepare import material_of
from boutwise.prepare.picture_steps import PictureSteps
from boutwise.prepare.probing import refusal_of
from boutwise.project import Project
from boutwise.types import Recording
from boutwise.types.recipe import Part

Say = Callable[[int, int, str], None]
TOLD = ("file", "what", "expected", "todo")
"""Of each refusal, in plain values."""


@dataclass(frozen=True)
class Refusals:
    """Recordings that a plan cannot use, and why.

    Attributes:
        reasons: Recording -> why.
        asked: How many recordings were looked at.
    """

    reasons: Mapping[str, DataError] = field(default_factory=dict)
    asked: int = 0

    def error(self, *, cannot: str, without: str) -> DataError:
        """One error that tells of all of them.

        Args:
            cannot: What cannot be done with them, such as ``be learned from``.
            without: How to go on without them.
        """
        kinds: dict[str, list[str]] = {}
        for name, error in self.reasons.items():
            kinds.setdefault(error.what, []).append(name)
        told = "; ".join(f"{', '.join(names)}: {what}" for what, names in kinds.items())
        one = self.reasons[next(iter(self.reasons))] if len(self.reasons) == 1 else None
        expected = dict.fromkeys(e.expected for e in self.reasons.values() if e.expected)
        todo = dict.fromkeys(e.todo for e in self.reasons.values() if e.todo)
        return DataError(
            f"{len(self.reasons)} of {self.asked} recordings cannot {cannot}: {told}",
            file=None if one is None else one.file,
            expected="; ".join(expected) or None,
            todo="; or ".join([without, *todo]),
        )

    def of_plan(self, plan: Plan) -> DataError:
        """The error of a plan that would learn from them."""
        names = list(dict.fromkeys([*plan.recipe.leave_out, *self.reasons]))
        without = f"learn without them: {as_setting('leave_out', names)}"
        return self.error(cannot="be learned from", without=without)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Recording -> file, what, expected, todo."""
        return {
            name: {fact: getattr(error, fact) for fact in TOLD}
            for name, error in self.reasons.items()
        }


def refused_recordings(
    project: Project,
    prepare: Sequence[Part],
    recordings: Sequence[Recording],
    *,
    say: Say | None = None,
) -> Refusals:
    """Which recordings are refused by the detector among some steps.

    A few pictures are read of each that was not asked before; none where nothing is detected.

    Args:
        project: With the videos; its store keeps the answers.
        prepare: Steps of a plan or of a bundle.
        recordings: Where to look.
        say: Called with (done, total, words).
    """
    steps = PictureSteps.of(prepare)
    if steps.detect is None:
        return Refusals()
    say = say or (lambda done, total, words: None)
    found = {}
    for done, recording in enumerate(recordings):
        say(done, len(recordings), f"{recording.id}: can animals be told from the cage?")
        try:
            scene = material_of(project, recording).scene
            refusal = None if scene is None else refusal_of(scene, steps, store=project.store)
        except DataError as error:  # the video is gone, or no video any more
            refusal = error
        if refusal is not None:
            found[recording.id] = refusal
    return Refusals(found, len(recordings))
