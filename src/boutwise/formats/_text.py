"""Tables as labs have them: BOM, CRLF, semicolons, decimal commas, umlauts; or a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.formats._sheet import is_sheet, sheet_head, sheet_rows
from boutwise.types import Problem, Severity

SEPARATORS = ("\t", ";", ",")
HEAD_BYTES = 65_536
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MISSING = frozenset({"", "na", "n/a", "nan", "none", "null"})
"""What stands for 'no value' in a cell, in lower case."""

LOOK = "look whether it is there and may be read; a network drive may be away"
LARGEST = 1e12
"""Frames, seconds and probabilities lie far below; what is above is a slip of the pen."""


@dataclass(frozen=True)
class Row:
    """One record: its cells and its row, counted from 1 as in a spreadsheet."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A text file, or the sheet of a workbook, as cells.

    Attributes:
        path: The file.
        rows: Records that are not blank.
        separator: Between the cells; a tab for a sheet, where a comma is a decimal sign too.
        problems: For instance an encoding that is not UTF-8.
    """

    path: Path
    rows: tuple[Row, ...]
    separator: str
    problems: tuple[Problem, ...] = field(default=())

    def number(self, row: Row, column: int) -> float:
        """The number in a cell; NaN where the cell has none.

        Raises:
            FormatError: The cell holds something else.
        """
        text = row.cells[column].strip() if column < len(row.cells) else ""
        value = to_number(text, self.separator)
        if value is None or abs(value) > LARGEST:
            raise FormatError(
                f"'{text}' is not a number",
                file=self.path,
                row=row.number,
                expected=f"a number in column {column + 1}",
            )
        return value


def to_number(text: str, separator: str = ",") -> float | None:
    """A cell as a number: NaN where it is empty or says so, None where it is something else.

    Where cells are not separated by commas, a single comma is the decimal sign.

    >>> to_number("3,5", ";"), to_number("x")
    (3.5, None)
    """
    text = text.strip()
    if text.lower() in MISSING:
        return math.nan
    if separator != "," and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if "_" in text:  # float() takes 1_000 for a thousand; no table means that
        return None
    try:
        return float(text)
    except ValueError:
        return None


def refuse_special(path: Path) -> None:
    """Refuse pipes and devices: whoever opens one waits for ever, or reads without end.

    Raises:
        FormatError: It is there, and is neither a file nor a folder.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise FormatError(
            "this is neither a file nor a folder, but a pipe or a device",
            file=path,
            expected="a file",
            todo="save what comes out of it as a file, and name that",
        )


def first_bytes(path: Path, size: int = HEAD_BYTES) -> bytes:
    """The head of a file.

    Raises:
        FormatError: It is no file, or cannot be opened.
    """
    refuse_special(path)
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise FormatError(
            f"the file cannot be opened: {error.strerror}",
            file=path,
            expected="a file that can be read",
            todo=LOOK,
        ) from error


def encoding_of(data: bytes) -> str | None:
    """``utf-8-sig``, ``utf-16``, ``cp1252``, or None for data that is no text."""
    if data.startswith(_UTF16):
        return "utf-16" if _is_utf16(data) else None
    if b"\x00" in data[:HEAD_BYTES]:
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError as error:
            # A head may be cut inside a character; that is no other encoding.
            if encoding == "utf-8-sig" and error.end == len(data) >= HEAD_BYTES:
                return encoding
            continue
        return encoding
    return None


def _is_utf16(data: bytes) -> bool:
    """Whether data with the mark of UTF-16 are text; a head may be cut inside a character."""
    try:
        return "\x00" not in data[: len(data) // 2 * 2].decode("utf-16")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"


def separator_of(lines: Sequence[str]) -> str:
    """The separator that occurs equally often in most of the lines, outside quotes.

    Tabs and semicolons win a tie, because the comma may then be the decimal sign.

    >>> separator_of(["start;stop", "0,5;1,5"]), separator_of(["t,fps", "1,25;25"])
    (';', ',')
    """
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines if line.strip()]
    best, best_share = ",", 0.0
    for separator in SEPARATORS:
        counts = Counter(count for line in bare if (count := line.count(separator)))
        share = max(counts.values(), default=0) / max(len(bare), 1)
        if share > best_share:
            best, best_share = separator, share
    return best


def head_rows(path: Path, limit: int = 60) -> list[Row]:
    """The first records of a table for sniffing; empty for anything that is no table."""
    if not path.is_file():
        return []
    if is_sheet(path):
        return [Row(number, cells) for number, cells in sheet_head(path)[:limit]]
    data = first_bytes(path)
    encoding = encoding_of(data)
    if encoding is None:
        return []
    text = data.decode(encoding, errors="replace")
    if len(data) == HEAD_BYTES:
        # The last line may be cut; a file of old Macs ends its lines with CR alone.
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    found: list[Row] = []
    try:
        for row in _records(text, separator_of(text[:HEAD_BYTES].splitlines()[:60])):
            found.append(row)
            if len(found) == limit:
                break
    except csv.Error:
        return []
    return found


def _records(text: str, separator: str) -> Iterator[Row]:
    lines = io.StringIO(text, newline=None)  # CR, LF and both together end a line
    for number, cells in enumerate(csv.reader(lines, delimiter=separator), start=1):
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(cells))


def read_table(path: Path, *, separator: str | None = None) -> Table:
    """Read a whole text table, or the sheet of a workbook.

    Raises:
        FormatError: The file is empty, binary, or cannot be split into cells.
    """
    table = _sheet_table(path) if is_sheet(path) else _text_table(path, separator)
    if not table.rows:
        raise FormatError(
            "the table is empty: no cell holds anything",
            file=path,
            row=1,
            expected="a table with a header",
            todo="export it again, or leave it out",
        )
    return table


def _sheet_table(path: Path) -> Table:
    found, warned = sheet_rows(path)
    return Table(path, tuple(Row(*each) for each in found), "\t", tuple(warned))


def _text_table(path: Path, separator: str | None) -> Table:
    data = read_bytes(path)
    encoding = encoding_of(data)
    problems: list[Problem] = []
    if encoding is None:
        raise FormatError(
            "the file is not text",
            file=path,
            row=1,
            expected="a table as text in UTF-8, or a spreadsheet (.xlsx)",
            todo="save it as CSV (UTF-8)",
        )
    if encoding == "cp1252":
        problems.append(not_utf8(path))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FormatError(
            "the file ends inside a character",
            file=path,
            row=data[: error.start].count(b"\n") + 1,
            expected="text to its end",
            todo="the file was cut off: copy or export it again",
        ) from error
    separator = separator or separator_of(text[:HEAD_BYTES].splitlines()[:60])
    try:
        rows = tuple(_records(text, separator))
    except csv.Error as error:
        raise FormatError(
            f"the file cannot be split into cells: {error}", file=path, expected="a text table"
        ) from error
    return Table(path, rows, separator, tuple(problems))


def read_bytes(path: Path) -> bytes:
    """All of a file that is not empty.

    Raises:
        FormatError: It is missing, cannot be read, or is empty.
    """
    refuse_special(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(
            f"the file cannot be read: {error.strerror}",
            file=path,
            expected="a readable file",
            todo=LOOK,
        ) from error
    if not data.removeprefix(b"\xef\xbb\xbf").strip():
        raise FormatError("the file is empty", file=path, row=1, expected="a table with a header")
    return data


def not_utf8(path: Path) -> Problem:
    """The warning that a file was read as Windows-1252."""
    return Problem(
        "encoding",
        Severity.WARNING,
        "the file is not UTF-8 and was read as Windows-1252",
        file=str(path),
        expected="UTF-8",
        todo="look at names with umlauts; save the file as UTF-8 if they are wrong",
    )
