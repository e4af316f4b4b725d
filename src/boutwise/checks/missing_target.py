"""Labels of directed behaviors say who is acted upon, and labels of individual ones name nobody."""

from __future__ import annotations

from collections import defaultdict

from boutwise.checks._contract import Study
from boutwise.types import Bout, Bouts, Ethogram, Problem, Severity

DESCRIPTION = "labels of a directed behavior without a target, or with one where none belongs"

_Key = tuple[str, str, str]
"""Recording, animal, behavior."""


def find(project: Study) -> list[Problem]:
    """Look at the target of every bout."""
    return without_subject(project.bouts(), project.ethogram)


def without_subject(bouts: Bouts, ethogram: Ethogram) -> list[Problem]:
    """Bouts that training refuses, because they belong to no subject of their behavior's kind.

    Args:
        bouts: Of the whole project.
        ethogram: Says which behaviors are directed.
    """
    found: dict[_Key, list[Bout]] = defaultdict(list)
    for bout in bouts.rows():
        name = ethogram.merged(bout.behavior)
        if (ethogram.behavior(name).scope == "directed") != bool(bout.target):
            found[bout.recording, bout.animal, name].append(bout)
    return [_problem(key, mine) for key, mine in found.items()]


def _problem(key: _Key, bouts: list[Bout]) -> Problem:
    """What is wrong with some bouts of one animal: all with a target, or all without."""
    recording, animal, behavior = key
    count = f"{animal} has {len(bouts)} label{'' if len(bouts) == 1 else 's'} of '{behavior}'"
    if bouts[0].target:
        what = f"{count} with a target, but '{behavior}' is individual: training refuses them"
        expected = "no target, or a directed behavior"
        todo = f"list '{behavior}' under directed in boutwise.yaml, or take the targets out"
    else:
        what = f"{count} without a target, but '{behavior}' is directed: training refuses them"
        expected = "the animal that is acted upon"
        todo = "name the target of each in the label file, and import it again"
    return Problem(
        "missing_target",
        Severity.BLOCKING,
        what,
        recording=recording,
        frame=min(bout.start for bout in bouts),
        expected=expected,
        todo=todo,
        value=float(len(bouts)),
    )
