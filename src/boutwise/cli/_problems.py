"""Problems as words: what ``check`` and ``import`` say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.types import Problem

SHOWN = 3
"""Places of one problem that are shown; ``--json`` has all."""


def tell_problems(talk: Talk, problems: Sequence[Problem]) -> int:
    """Say each problem with its place and what to do; returns how many are blocking.

    What is the same of several recordings is said once, with their places.
    """
    places: dict[tuple[str, ...], list[str]] = {}
    for problem in problems:
        said = (str(problem.severity), problem.what, problem.check, problem.expected, problem.todo)
        places.setdefault(said, []).append(problem.where())
    for (severity, what, check, expected, todo), where in places.items():
        times = f" ({len(where)} times)" if len(where) > 1 else ""
        talk.line(f"{severity}: {what}{times}  [{check}]")
        more = f"; and {len(where) - SHOWN} more" if len(where) > SHOWN else ""
        facts = {
            "where": "; ".join(place for place in where[:SHOWN] if place) + more,
            "expected": expected,
            "what to do": todo,
        }
        for name, words in facts.items():
            if words:
                talk.line(f"  {name}: {words}")
    return sum(problem.severity == "blocking" for problem in problems)


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "warning"), counted(0, "blocking problem")
    ('1 warning', '0 blocking problems')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
