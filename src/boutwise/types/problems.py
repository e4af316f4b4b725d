"""Problems found in files and projects, as data: a check reports, the command line speaks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a problem is.

    ``blocking`` stops the work; a ``warning`` is shown and kept; a ``note`` is no fault: it says
    what was not judged, and why, or what is good to know.
    """

    BLOCKING = "blocking"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Place in a list, the worst first.

        >>> sorted(Severity, key=lambda severity: severity.rank)[0].value
        'blocking'
        """
        return list(Severity).index(self)


@dataclass(frozen=True)
class Problem:
    """Something wrong with a file, a label or a recording.

    Attributes:
        check: Name of the check or format that found it.
        severity: Blocking, warning or note.
        what: One sentence without a full stop.
        recording: Id of the recording, where there is one.
        file: File in which it was found.
        row: Row of the file, counted from 1 as in a spreadsheet.
        frame: 0-based frame of the recording.
        expected: What would have been right.
        todo: What the user can do.
        value: The measured number behind it, for instance an offset in frames.
        others: Ids of further recordings without which it would be no problem.
    """

    check: str
    severity: Severity
    what: str
    recording: str = ""
    file: str = ""
    row: int | None = None
    frame: int | None = None
    expected: str = ""
    todo: str = ""
    value: float | None = None
    others: tuple[str, ...] = ()

    def where(self) -> str:
        """The place as words."""
        parts = [
            ("", self.file),
            ("row ", self.row),
            ("", self.recording),
            ("frame ", self.frame),
        ]
        return ", ".join(f"{word}{value}" for word, value in parts if value not in (None, ""))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"severity": str(self.severity), "others": list(self.others)}
