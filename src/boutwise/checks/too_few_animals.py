"""There are enough labeled animals to score a model on animals that it has not seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from boutwise.checks._contract import Study
from boutwise.types import Problem, Severity

DESCRIPTION = "too few labeled animals for folds by animal, or for an interval"

LEAST_FOR_FOLDS = 2
LEAST_FOR_INTERVALS = 3


def find(project: Study) -> list[Problem]:
    """Count the animals that somebody labeled, or rated."""
    bouts = project.bouts()
    labeled = set(zip(bouts.recording.tolist(), bouts.animal.tolist(), strict=True))
    labeled |= {(piece.recording, piece.animal) for piece in bouts.observed}
    labeled |= {(rating.recording, rating.animal) for rating in project.ratings()}
    return enough(labeled) if project.recordings() else []


def enough(labeled: Collection[tuple[str, str]]) -> list[Problem]:
    """What so few labeled animals do not allow.

    Args:
        labeled: (recording, animal) of everything that is labeled.
    """
    animals = sorted({animal for _recording, animal in labeled})
    if len(animals) >= LEAST_FOR_INTERVALS:
        return []
    if len(animals) >= LEAST_FOR_FOLDS:
        return [
            _problem(
                animals,
                "scores by animal come without intervals",
                expected=f"at least {LEAST_FOR_INTERVALS}, better 10",
                todo="label more animals",
            )
        ]
    if not animals:
        return [
            _problem(
                animals,
                "nothing can be learned here, only predicted",
                expected=f"at least {LEAST_FOR_FOLDS}, if a model is to be trained",
                todo="import labels, or go on with the bundle of another project",
            )
        ]
    recordings = {recording for recording, _animal in labeled}
    if len(recordings) > 1:
        return [
            _problem(
                animals,
                "no animal is left to be scored on",
                expected=f"at least {LEAST_FOR_FOLDS}",
                todo="label more animals, or split by recording: the score then holds for this "
                "animal only",
            )
        ]
    return [
        _problem(
            animals,
            "no animal and no recording is left to be scored on",
            expected=f"at least {LEAST_FOR_FOLDS}",
            todo="label more animals, or at least more recordings",
            severity=Severity.BLOCKING,
        )
    ]


def _problem(
    animals: Sequence[str],
    why: str,
    *,
    expected: str,
    todo: str,
    severity: Severity = Severity.WARNING,
) -> Problem:
    count = len(animals)
    names = f" ({', '.join(animals)})" if animals else ""
    return Problem(
        "too_few_animals",
        severity,
        f"{count or 'no'} labeled animal{'' if count == 1 else 's'}{names}: {why}",
        expected=expected,
        todo=todo,
        value=float(count),
    )
