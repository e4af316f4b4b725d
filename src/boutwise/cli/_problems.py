"""Problems as words: what ``check`` and ``import`` say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.types import Problem


def tell_problems(talk: Talk, problems: Sequence[Problem]) -> int:
    """Say each problem with its place and what to do; returns how many are blocking."""
    for problem in problems:
        talk.line(f"{problem.severity}: {problem.what}  [{problem.check}]")
        facts = {
            "where": problem.where(),
            "expected": problem.expected,
            "what to do": problem.todo,
        }
        for name, words in facts.items():
            if words:
                talk.line(f"  {name}: {words}")
    return sum(problem.severity == "blocking" for problem in problems)
