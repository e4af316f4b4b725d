"""What a reader does with a row that is wrong: stop, or report it and go on."""

from __future__ import annotations

from pathlib import Path

from boutwise.errors import FormatError
from boutwise.types import Problem, Severity

MEND = "mend the row in the program that the file comes from, and import the file again"


class Faults:
    """Collects what is wrong, or stops at once; ``reported`` counts what was no mere warning."""

    def __init__(self, path: Path, *, format: str, strict: bool) -> None:
        self.path = path
        self.format = format
        self.strict = strict
        self.problems: list[Problem] = []
        self.reported = 0

    def report(self, what: str, *, row: int | None, expected: str = "", todo: str = "") -> None:
        """Raise when strict, else keep a blocking problem."""
        if self.strict:
            raise FormatError(
                what, file=self.path, row=row, expected=expected or None, todo=todo or None
            )
        self.reported += 1
        self._keep(Severity.BLOCKING, what, row, expected, todo)

    def warn(self, what: str, *, row: int | None, todo: str = "") -> None:
        """Keep a warning."""
        self._keep(Severity.WARNING, what, row, "", todo)

    def note(self, what: str, *, row: int | None) -> None:
        """Keep what is no fault: a person asked for it, and is told that it was done."""
        self._keep(Severity.NOTE, what, row, "", "")

    def _keep(
        self, severity: Severity, what: str, row: int | None, expected: str, todo: str
    ) -> None:
        path = str(self.path)
        if severity is not Severity.NOTE:
            todo = todo or MEND
        self.problems.append(
            Problem(self.format, severity, what, file=path, row=row, expected=expected, todo=todo)
        )
