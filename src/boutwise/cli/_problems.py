"""Problems as words: what ``check`` and ``import`` say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.types import Problem

SHOWN = 3
"""Places of one problem, and problems of one check, that are shown; ``--json`` has all."""

LEVELS = {"blocking": "blocking problem", "warning": "warning", "note": "note"}
"""Severity -> its noun, the worst first."""


def tell_problems(talk: Talk, problems: Sequence[Problem]) -> int:
    """Say each problem with its place and what to do; returns how many are blocking.

    What is the same of several recordings is said once, with their places. Of problems that differ
    in numbers and names only, a few are said.
    """
    places: dict[tuple[str, ...], list[str]] = {}
    for problem in problems:
        words = (problem.what, problem.check, problem.expected, problem.todo)
        said: tuple[str, ...] = (str(problem.severity), *words)
        places.setdefault(said, []).append(problem.where())
    kinds: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for said in places:
        kinds.setdefault(tuple(_kind(words) for words in said), []).append(said)
    for alike in kinds.values():
        for said in alike[:SHOWN]:
            _tell(talk, said, places[said])
        if len(alike) > SHOWN:
            talk.line(f"  and {len(alike) - SHOWN} more like this; --json has all")
    return sum(problem.severity == "blocking" for problem in problems)


def _tell(talk: Talk, said: tuple[str, ...], where: Sequence[str]) -> None:
    severity, what, check, expected, todo = said
    times = f" ({len(where)} times)" if len(where) > 1 else ""
    talk.line(f"{severity}: {what}{times}  [{check}]")
    facts = {"where": _places(where), "expected": expected, "what to do": todo}
    for name, words in facts.items():
        if words:
            talk.line(f"  {name}: {words}")


def _kind(words: str) -> str:
    """Words without their numbers and quoted names.

    >>> _kind("'walk' goes from 12 to 9.5"), _kind("a label begins at frame 6003")
    ("' ' goes from # to #", 'a label begins at frame #')
    """
    return re.sub(r"\d[\d.,]*", "#", re.sub(r"'[^']*'", "' '", words))


def tell_by_check(talk: Talk, problems: Sequence[Problem]) -> None:
    """Say the problems of each check together, the worst checks first, and the notes quietly.

    What is the same of several recordings is said once; of each check a few rows are shown.
    """
    faults = [problem for problem in problems if problem.severity != "note"]
    for check, mine in _by_check(faults).items():
        counts = [
            counted(number, noun)
            for level, noun in LEVELS.items()
            if (number := sum(problem.severity == level for problem in mine))
        ]
        talk.line(f"{check.replace('_', ' ')}: {', '.join(counts)}")
        _tell_rows(talk, mine)
    notes = [problem for problem in problems if problem.severity == "note"]
    for check, mine in _by_check(notes).items():
        same = _together(mine)
        for said, where in list(same.items())[:SHOWN]:
            places = f" ({_places(where)})" if _places(where) else ""
            talk.line(f"note, {check.replace('_', ' ')}: {said[1]}{places}")
        if len(same) > SHOWN:
            talk.line(f"note, {check.replace('_', ' ')}: and {len(same) - SHOWN} more")


def _tell_rows(talk: Talk, problems: Sequence[Problem]) -> None:
    """A few problems of one check; what to do is said again only where it changes."""
    before = ""
    same = _together(problems)
    for (severity, what, expected, todo), where in list(same.items())[:SHOWN]:
        times = f" ({len(where)} times)" if len(where) > 1 else ""
        talk.line(f"  {severity}: {what}{times}")
        again = f"{expected}{todo}" == before
        before = f"{expected}{todo}"
        facts = {
            "where": _places(where),
            "expected": "" if again else expected,
            "what to do": "" if again else todo,
        }
        for name, words in facts.items():
            if words:
                talk.line(f"    {name}: {words}")
    if len(same) > SHOWN:
        talk.line(f"  and {len(same) - SHOWN} more; --json or --html FILE has all")


def _by_check(problems: Sequence[Problem]) -> dict[str, list[Problem]]:
    """Problems of each check, in the order in which the checks come up: the worst first."""
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.check, []).append(problem)
    return groups


def _together(problems: Sequence[Problem]) -> dict[tuple[str, str, str, str], list[str]]:
    """(severity, what, expected, what to do) -> the places of it."""
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for problem in problems:
        said = (str(problem.severity), problem.what, problem.expected, problem.todo)
        places.setdefault(said, []).append(problem.where())
    return places


def _places(where: Sequence[str]) -> str:
    more = f"; and {len(where) - SHOWN} more" if len(where) > SHOWN else ""
    return "; ".join(place for place in where[:SHOWN] if place) + more


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "warning"), counted(0, "blocking problem")
    ('1 warning', '0 blocking problems')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
