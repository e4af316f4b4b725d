"""What BORIS' tables share: columns by their heads, and the media that a row lists."""

from __future__ import annotations

import re
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.formats._boris_media import Observation
from boutwise.formats._names import media_name
from boutwise.formats._text import Row, Table, to_number

NO_SUBJECT = frozenset({"", "No focal subject"})
MEDIA = ("Media file name", "Media file path", "Media file")
LENGTH = ("Media duration (s)",)
TOTAL = ("Total length",)
FPS = ("FPS", "FPS (frame/s)")


class Columns:
    """Columns of a BORIS table by their heads."""

    def __init__(self, head: Row, path: Path) -> None:
        self.path = path
        self.head = head
        self.place = {name.strip(): place for place, name in enumerate(head.cells) if name.strip()}

    def need(self, *names: str) -> None:
        """Raise when one of these heads is missing."""
        for name in names:
            if name not in self.place:
                raise FormatError(
                    f"the header has no column '{name}'",
                    file=self.path,
                    row=self.head.number,
                    expected=", ".join(names),
                    todo="export the events again from BORIS, with the header",
                )

    def get(self, row: Row, *names: str) -> str:
        """The cell under the first of these heads that the table has; empty when it has none."""
        for name in names:
            place = self.place.get(name)
            if place is not None:
                return row.cells[place].strip() if place < len(row.cells) else ""
        return ""

    def seconds(self, row: Row, name: str, table: Table) -> float:
        """A time; NaN where the cell is empty or NA."""
        return table.number(row, self.place[name])

    def modifiers(self, row: Row) -> str:
        """All modifiers of a row, joined by ``|``."""
        heads = [name for name in self.place if re.fullmatch(r"Modifiers?( ?#?\d+)?", name)]
        return "|".join(cell for name in heads if (cell := self.get(row, name)))


def body_of(table: Table, columns: Columns) -> list[Row]:
    """The records below the header; trailing empty cells are cut, a short record is an error."""
    width = max(columns.place.values()) + 1
    needed = max(
        (columns.place[name] for name in ("Behavior", "Behavior type", "Time", "Stop (s)", "Status")
         if name in columns.place),
        default=0,
    )  # fmt: skip
    rows = [row for row in table.rows if row.number > columns.head.number]
    for row in rows:
        if len(row.cells) <= needed or any(cell.strip() for cell in row.cells[width:]):
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=table.path,
                row=row.number,
                expected=f"{width}, as in the header",
                todo="the file may have been cut off: export it again",
            )
    return rows


def first_player(text: str) -> list[str]:
    """The entries of the first player: several players show the same time.

    >>> first_player("player #1:a.mp4;b.mp4|player #2:c.mp4")
    ['a.mp4', 'b.mp4']
    """
    head = re.sub(r"^player #\d+:\s*", "", text.split("|")[0].strip())
    return [entry.strip() for entry in head.split(";") if entry.strip()]


def numbers(text: str) -> list[float]:
    """The numbers of a cell that may hold several, joined by ``;``; others are left out."""
    found = [to_number(entry, "\t") for entry in first_player(text)]
    return [value for value in found if value is not None and value == value]


def observation_of(columns: Columns, row: Row, id_: str) -> Observation:
    """A new observation from the columns of its first row."""
    listed = [media_name(entry) for entry in first_player(columns.get(row, "Source"))]
    total = numbers(columns.get(row, *TOTAL))
    return Observation(
        id_,
        [name for name in listed if name],
        numbers(columns.get(row, *LENGTH)),
        numbers(columns.get(row, *FPS)),
        total[0] if total else None,
    )
