"""Tables that people write about recordings: rows of named cells, with errors that name them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from boutwise.errors import DataError, did_you_mean
from boutwise.formats import _text

_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_TRUE = frozenset({"1", "yes", "true", "y", "x"})
_FALSE = frozenset({"", "0", "no", "false", "n"})


@dataclass(frozen=True)
class Line:
    """A row of a metadata table: its cells by column, and its row in the file."""

    file: str
    row: int
    cells: Mapping[str, str]

    def number(self, column: str) -> float | None:
        """A cell as a number; None when it is empty."""
        text = self.cells.get(column, "").strip()
        if not text:
            return None
        if _THOUSANDS.fullmatch(text):
            # 1,000 may be one or a thousand: nobody can tell, so nobody guesses.
            raise self.wrong(column, "a number without separators of thousands")
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            raise self.wrong(column, "a number")
        return value

    def whole(self, column: str) -> int:
        """A cell as a whole number."""
        value = self.number(column)
        if value is None or value % 1:
            raise self.wrong(column, "a whole number")
        return int(value)

    def truth(self, column: str, *, default: bool) -> bool:
        """A cell as yes or no."""
        if column not in self.cells:
            return default
        text = self.cells[column].strip().lower()
        if text not in _TRUE | _FALSE:
            raise self.wrong(column, "yes or no")
        return text in _TRUE

    def wrong(self, column: str, expected: str) -> DataError:
        """The error for a cell that cannot be."""
        return DataError(
            f"'{self.cells.get(column, '')}' cannot be the {column}",
            file=self.file,
            row=self.row,
            expected=expected,
            todo="mend the cell",
        )


def read_table(path: str | Path, columns: Sequence[str], needed: Sequence[str]) -> list[Line]:
    """Read a table with a header, as a text or a spreadsheet.

    Raises:
        DataError: With file and row: an unknown, missing or doubled column, a row of another
            length, or a file that is no table.
    """
    path = Path(path)
    rows = _text.read_table(path).rows
    heads = [cell.strip().lower() for cell in rows[0].cells]
    # A spreadsheet program writes separators for columns that were emptied.
    while heads and not heads[-1] and not any(_last(row.cells, len(heads)) for row in rows):
        heads.pop()
    _check_heads(heads, columns, needed, path, rows[0].number)
    lines = []
    for row in rows[1:]:
        cells = [cell.strip() for cell in row.cells]
        if len(cells) < len(heads) or any(cells[len(heads) :]):
            raise DataError(
                f"the row has {len(cells)} cells",
                file=path,
                row=row.number,
                expected=f"{len(heads)}, as in the header",
                todo="mend the row; a cell with a separator in it needs quotes",
            )
        lines.append(Line(str(path), row.number, dict(zip(heads, cells, strict=False))))
    return lines


def _last(cells: Sequence[str], width: int) -> str:
    return cells[width - 1].strip() if len(cells) >= width else ""


def _check_heads(
    heads: Sequence[str], columns: Sequence[str], needed: Sequence[str], path: Path, row: int
) -> None:
    for place, name in enumerate(heads):
        if name not in columns or name in heads[:place]:
            twice = name in heads[:place]
            raise DataError(
                f"the table has {'twice the' if twice else 'an unknown'} column '{name}'",
                file=path,
                row=row,
                expected=", ".join(columns),
                todo="take one of them away" if twice else did_you_mean(name, columns),
            )
    for name in needed:
        if name not in heads:
            raise DataError(
                f"the table has no column '{name}'",
                file=path,
                row=row,
                expected=", ".join(needed),
                todo="add it, or name the column so",
            )
