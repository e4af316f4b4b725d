"""There are enough labeled animals to score a model on animals that it has not seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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
    recordings = project.recordings()
    return enough(labeled, {r.id: r.animals for r in recordings}) if recordings else []


def enough(
    labeled: Collection[tuple[str, str]], filmed: Mapping[str, Sequence[str]] | None = None
) -> list[Problem]:
    """What so few labeled animals do not allow.

    Animals that were filmed together stay on one side of every split, so they count as one.

    Args:
        labeled: (recording, animal) of everything that is labeled.
        filmed: Recording -> the animals in it.
    """
    animals = _apart(labeled, filmed or {})
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


def _apart(labeled: Collection[tuple[str, str]], filmed: Mapping[str, Sequence[str]]) -> list[str]:
    """Animals, those that met joined by ``+``."""
    groups: list[set[str]] = []
    for recording, animal in labeled:
        met = {animal, *filmed.get(recording, ())}
        apart = [group for group in groups if not group & met]
        groups = [*apart, met.union(*(group for group in groups if group & met))]
    return sorted("+".join(sorted(group)) for group in groups)


def _problem(
    animals: Sequence[str],
    why: str,
    *,
    expected: str,
    todo: str,
    severity: Severity = Severity.WARNING,
) -> Problem:
    count, s = len(animals), "" if len(animals) == 1 else "s"
    names = f" ({', '.join(animals)})" if animals else ""
    together = any("+" in name for name in animals)
    what = f"labeled group{s} of animals filmed together" if together else f"labeled animal{s}"
    return Problem(
        "too_few_animals",
        severity,
        f"{count or 'no'} {what}{names}: {why}",
        expected=expected,
        todo=todo,
        value=float(count),
    )
