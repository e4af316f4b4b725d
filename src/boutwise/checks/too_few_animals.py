"""There are enough labeled animals to score a model on animals that it has not seen."""

from __future__ import annotations

from collections.abc import Collection

from boutwise.checks._contract import Study
from boutwise.types import Problem, Severity

DESCRIPTION = "too few labeled animals for folds by animal, or for an interval"

LEAST_FOR_FOLDS = 2
LEAST_FOR_INTERVALS = 3


def find(project: Study) -> list[Problem]:
    """Count the animals that somebody labeled."""
    bouts = project.bouts()
    animals = set(bouts.animal.tolist()) | {piece.animal for piece in bouts.observed}
    return enough(animals) if project.recordings() else []


def enough(animals: Collection[str]) -> list[Problem]:
    """What so many labeled animals do not allow."""
    count = len(animals)
    if count >= LEAST_FOR_INTERVALS:
        return []
    names = f": {', '.join(sorted(animals))}" if animals else ""
    said = f"{count or 'no'} labeled animal{'' if count == 1 else 's'}{names}"
    if count >= LEAST_FOR_FOLDS:
        return [
            Problem(
                "too_few_animals",
                Severity.WARNING,
                f"{said}: scores by animal come without intervals",
                expected=f"at least {LEAST_FOR_INTERVALS}, better 10",
                todo="label more animals",
                value=float(count),
            )
        ]
    return [
        Problem(
            "too_few_animals",
            Severity.BLOCKING,
            f"{said}: no animal is left to be scored on",
            expected=f"at least {LEAST_FOR_FOLDS}",
            todo="label more animals, or split by recording and say so with the score",
            value=float(count),
        )
    ]
