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
    """Bouts from which nothing is learned, because their subject is of the wrong kind.

    Args:
        bouts: Of the whole project, with observed ranges.
        ethogram: Says which behaviors are directed.
    """
    found: dict[_Key, list[Bout]] = defaultdict(list)
    for bout in bouts.rows():
        name = ethogram.merged(bout.behavior)
        if bout.state == "yes" and name in ethogram.names:
            directed = ethogram.behavior(name).scope == "directed"
            if directed != bool(bout.target):
                found[bout.recording, bout.animal, name].append(bout)
    pairs = {
        (piece.recording, piece.animal, ethogram.merged(piece.behavior))
        for piece in bouts.observed
        if piece.target
    }
    return [_problem(key, mine, examined=key in pairs) for key, mine in found.items()]


def _problem(key: _Key, bouts: list[Bout], *, examined: bool) -> Problem:
    """What is wrong with some bouts of one animal.

    Args:
        key: Where, who and what.
        bouts: All with a target, or all without.
        examined: Whether somebody looked for the behavior towards another animal.
    """
    recording, animal, behavior = key
    count = f"{animal} has {len(bouts)} label{'' if len(bouts) == 1 else 's'} of '{behavior}'"
    if bouts[0].target:
        what = f"{count} with a target, but '{behavior}' is individual: nothing is learned of them"
        expected = "no target, or a directed behavior"
        todo = f"list '{behavior}' under directed in boutwise.yaml, or take the targets out"
    else:
        what = f"{count} without a target, but '{behavior}' is directed: nothing is learned of them"
        if examined:
            what += ", and their frames count as negative towards the others"
        expected = "the animal that is acted upon"
        todo = "name the target of each in the label file, and import it again"
    wrong = examined and not bouts[0].target
    return Problem(
        "missing_target",
        Severity.BLOCKING if wrong else Severity.WARNING,
        what,
        recording=recording,
        frame=min(bout.start for bout in bouts),
        expected=expected,
        todo=todo,
        value=float(len(bouts)),
    )
