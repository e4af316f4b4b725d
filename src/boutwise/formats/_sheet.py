"""Spreadsheets (XLSX) as rows of text cells, so that every table format reads them too.

The one visible sheet that holds anything is the table. Numbers become their shortest decimals,
empty cells empty text, and all rows are as wide as the widest, as in a text table. The size that
is unpacked is known before anything is: a small file cannot fill the memory.
"""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from boutwise.errors import FormatError
from boutwise.types import Problem, Severity

MAX_BYTES = 256_000_000
"""Unpacked size of a workbook; a table of a million rows and ten columns has less."""
MAX_CELLS = 20_000_000
MAX_ROWS = 1_048_576
"""Rows of a sheet in any spreadsheet program."""
HEAD_ROWS = 200
_AS_TEXT = "save the sheet as CSV (UTF-8)"

Cells = tuple[int, tuple[str, ...]]
"""Row, counted from 1 as the spreadsheet program shows it, and its cells."""


def is_sheet(path: Path) -> bool:
    """Whether a file is an XLSX workbook, by what is in it."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return False
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def sheet_head(path: Path) -> tuple[Cells, ...]:
    """The first rows that are not blank, for sniffing; empty for a workbook that is damaged."""
    stat = path.stat()
    return _head(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _head(path: Path, changed_ns: int, size: int) -> tuple[Cells, ...]:
    """Opening a workbook takes long, and every format looks into it: the last few are kept."""
    try:
        with _opened(path) as book:
            sheets = _with_contents(book)
            return tuple(_padded(list(islice(_rows(sheets[0], path), HEAD_ROWS)))) if sheets else ()
    except FormatError:
        return ()


def sheet_rows(path: Path) -> tuple[list[Cells], list[Problem]]:
    """All rows of the one sheet that holds anything, blank rows left out; and warnings.

    Raises:
        FormatError: The workbook is damaged or too large, holds no sheet or several with contents,
            or a formula without its result.
    """
    with _opened(path) as book:
        sheets = _with_contents(book)
        shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
        if len(shown) != 1:
            names = ", ".join(f"'{sheet.title}'" for sheet in shown)
            raise FormatError(
                f"{len(shown)} sheets hold something: {names}" if shown else "the sheet is empty",
                file=path,
                row=1,
                expected="one sheet with a table",
                todo="save the sheet that is meant as CSV, or delete the others",
            )
        rows = _padded(list(_rows(shown[0], path)))
        title = shown[0].title
        hidden = [sheet.title for sheet in sheets if sheet is not shown[0]]
    if _has_formulas(path):
        _refuse_bare_formulas(path, title, dict(rows))
    problems = [
        Problem(
            "hidden_sheet",
            Severity.WARNING,
            f"the hidden sheet '{name}' is not read",
            file=str(path),
            expected="one sheet with a table",
        )
        for name in hidden
    ]
    return rows, problems


@contextmanager
def _opened(path: Path, *, formulas: bool = False) -> Iterator[Any]:
    """The workbook, to be read row by row."""
    import openpyxl

    try:
        _check_size(path)
        # A handle of our own is closed for sure, which Windows needs before the file can move.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(
                file, read_only=True, data_only=not formulas, keep_links=False
            )
            try:
                yield book
            finally:
                book.close()
    except FormatError:
        raise
    except Exception as error:  # a damaged workbook raises whatever its bytes lead to
        raise FormatError(
            f"the workbook cannot be read: {error or type(error).__name__}",
            file=path,
            row=1,
            expected="a spreadsheet (.xlsx) without a password",
            todo=_AS_TEXT,
        ) from error


def _check_size(path: Path) -> None:
    # zipfile unpacks no more of a member than its entry says, so these numbers can be relied on.
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_BYTES:
        raise FormatError(
            f"the workbook unpacks to {size / 1e6:.0f} MB",
            file=path,
            row=1,
            expected=f"at most {MAX_BYTES / 1e6:.0f} MB",
            todo=_AS_TEXT,
        )


def _with_contents(book: Any) -> list[Any]:
    """Sheets with at least one cell; what a sheet says of its own size is not relied on."""
    found = []
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        if any(_trimmed(row) for row in islice(sheet.iter_rows(values_only=True), MAX_ROWS)):
            found.append(sheet)
    return found


def _rows(sheet: Any, path: Path) -> Iterator[Cells]:
    """Rows that are not blank, each as wide as its last cell that holds something."""
    n_cells = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        row = _trimmed(values)
        n_cells += len(values)
        if n_cells > MAX_CELLS or number > MAX_ROWS:
            raise FormatError(
                "the sheet is too large",
                file=path,
                row=number,
                expected=f"at most {MAX_ROWS} rows and {MAX_CELLS} cells",
                todo=_AS_TEXT,
            )
        if row:
            yield number, tuple(_text(value) for value in row)


def _trimmed(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row without the empty cells at its end."""
    last = len(values)
    while last and (values[last - 1] is None or values[last - 1] == ""):
        last -= 1
    return values[:last]


def _text(value: Any) -> str:
    """What a cell shows, without the rounding of its format.

    >>> _text(25.0), _text(3.3), _text(None), _text("3,5")
    ('25', '3.3', '', '3,5')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _padded(rows: list[Cells]) -> list[Cells]:
    width = max((len(cells) for _, cells in rows), default=0)
    return [(number, cells + ("",) * (width - len(cells))) for number, cells in rows]


def _has_formulas(path: Path) -> bool:
    """Whether any sheet has a formula, without parsing it: few do, and looking closer is slow."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as member:
                    before = b""
                    while chunk := member.read(1 << 20):
                        if re.search(rb"<(?:\w+:)?f[\s>/]", before + chunk):
                            return True
                        before = chunk[-40:]
    return False


def _refuse_bare_formulas(path: Path, title: str, rows: dict[int, tuple[str, ...]]) -> None:
    """Raise where a cell is empty only because its formula was never computed."""
    with _opened(path, formulas=True) as book:
        sheet = book[title]
        sheet.reset_dimensions()
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = rows.get(number, ())
            for column, value in enumerate(values):
                bare = column >= len(cells) or not cells[column]
                if bare and isinstance(value, str) and value.startswith("="):
                    raise FormatError(
                        f"the formula '{value[:40]}' in column {column + 1} has no result",
                        file=path,
                        row=number,
                        expected="a value in every cell",
                        todo="open the file in a spreadsheet program, save it, and import again",
                    )
