"""The numbers of a pose CSV, read by pandas' C engine: most of the time of loading goes here."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.formats._text import (
    HEAD_BYTES,
    encoding_of,
    first_bytes,
    read_table,
    separator_of,
    to_number,
)
from boutwise.types import Problem, Severity


@dataclass(frozen=True)
class Grid:
    """Where the numbers of a text table are.

    Attributes:
        skip_rows: Records above the numbers.
        n_columns: Columns of each record.
        n_index: Columns on the left that are no pose values (frame number, image name).
        separator: Between the cells.
        decimal: ``.`` or ``,``.
    """

    skip_rows: int
    n_columns: int
    n_index: int
    separator: str = ","
    decimal: str = "."


def read_columns(path: Path, grid: Grid) -> list[NDArray[Any]]:
    """Every column of the table; those behind the index are float64 with NaN = empty.

    Raises:
        FormatError: A record has too few or too many cells, or a cell is no number.
    """
    encoding = encoding_of(first_bytes(path)) or "utf-8"
    if encoding == "utf-8-sig":
        # Plain UTF-8 decodes fastest, and a BOM can only stand in the header, which is skipped.
        encoding = "utf-8"
    try:
        frame = pd.read_csv(
            path,
            header=None,
            skiprows=grid.skip_rows,
            sep=grid.separator,
            decimal=grid.decimal,
            encoding=encoding,
        )
    except pd.errors.EmptyDataError as error:
        raise FormatError(
            "there are no rows below the header",
            file=path,
            row=grid.skip_rows,
            expected="one row a frame",
        ) from error
    except (pd.errors.ParserError, ValueError) as error:
        raise _fault(path, grid, str(error)) from error
    columns = [frame[name].to_numpy() for name in frame.columns]
    values = columns[grid.n_index :]
    if len(columns) != grid.n_columns or any(column.dtype.kind not in "fiu" for column in values):
        raise _fault(path, grid, "a cell is no number")
    # pandas fills a short record with NaN; only then is the file looked at again.
    if values and np.isnan(values[-1]).any():
        _find_fault(path, grid)
    return columns


def _fault(path: Path, grid: Grid, reason: str) -> FormatError:
    """The error of the first record that is wrong, looked for cell by cell."""
    try:
        _find_fault(path, grid)
    except FormatError as error:
        return error
    return FormatError(f"the numbers cannot be read: {reason}", file=path)


def _find_fault(path: Path, grid: Grid) -> None:
    for row in read_table(path, separator=grid.separator).rows:
        if row.number <= grid.skip_rows:
            continue
        if len(row.cells) != grid.n_columns:
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=path,
                row=row.number,
                expected=f"{grid.n_columns}, as in the header",
                todo="the file may have been cut off: export it again",
            )
        for column, cell in enumerate(row.cells[grid.n_index :], start=grid.n_index + 1):
            separator = ";" if grid.decimal == "," else ","
            mixed = separator == ";" and "." in cell
            if mixed or to_number(cell, separator) is None:
                raise FormatError(
                    f"'{cell}' in column {column} is not a number",
                    file=path,
                    row=row.number,
                    expected="a number, or an empty cell where the point is missing",
                )


def refuse_infinite(values: NDArray[np.float32], *, path: Path, first_row: int) -> None:
    """Refuse values that are infinite, or too large for float32.

    Args:
        values: (rows, ...).
        path: For the message.
        first_row: Row of the file that holds the first of them.

    Raises:
        FormatError: With the row of the first one.
    """
    infinite = np.isinf(values)
    if infinite.any():
        raise FormatError(
            "a pose value is infinite",
            file=path,
            row=first_row + int(np.argmax(infinite.reshape(len(values), -1).any(axis=1))),
            expected="a number, or an empty cell where the point is missing",
        )


def doubtful_likelihoods(
    confidence: NDArray[np.float32] | None, *, path: Path, first_row: int
) -> list[Problem]:
    """A warning of likelihoods that are no probability, such as percent.

    Args:
        confidence: (frames, ...), or None.
        path: For the message.
        first_row: Row of the file that holds the first frame.
    """
    if confidence is None or not confidence.size:
        return []
    lowest, highest = np.nanmin(confidence, initial=0), np.nanmax(confidence, initial=1)
    if lowest >= 0 and highest <= 1:
        return []
    # NaN compares as False: a missing likelihood is not what is looked for.
    odd = ((confidence < 0) | (confidence > 1)).reshape(len(confidence), -1).any(axis=1)
    worst = highest if highest > 1 else lowest
    return [
        Problem(
            "likelihood_range",
            Severity.WARNING,
            f"{int(odd.sum())} frames have a likelihood outside 0 to 1, such as {worst:g}",
            file=str(path),
            row=first_row + int(np.argmax(odd)),
            expected="a likelihood from 0 to 1",
            todo="find out what the numbers are; points are judged by them as if 1 were certain",
            value=float(worst),
        )
    ]


def decimal_of(cells: tuple[str, ...], separator: str) -> str:
    """The decimal sign of a record of numbers.

    >>> decimal_of(("0", "1,5"), ";")
    ','
    """
    return "," if separator != "," and any("," in cell for cell in cells) else "."


def head_lines(path: Path, limit: int, *, separator: str | None = None) -> list[list[str]]:
    """The first lines as cells, blank ones among them: pandas skips lines, not records.

    Args:
        path: The file.
        limit: Lines to give.
        separator: Between the cells; found when not given.

    Raises:
        FormatError: The file is empty or no text.
    """
    lines = _first_lines(path, limit)
    sign = separator or separator_of(lines)
    return [next(csv.reader([line], delimiter=sign), []) for line in lines]


def separator_in(path: Path, limit: int) -> str:
    """The separator of the first lines."""
    return separator_of(_first_lines(path, limit))


def _first_lines(path: Path, limit: int) -> list[str]:
    data = first_bytes(path)
    if data.count(b"\n") < limit:  # a header of thousands of columns
        data = first_bytes(path, 64 * HEAD_BYTES)
    encoding = encoding_of(data)
    if encoding is None or not data.removeprefix(b"\xef\xbb\xbf").strip():
        raise FormatError(
            "the file is not text" if data.strip() else "the file is empty",
            file=path,
            row=1,
            expected="a table as text in UTF-8",
            todo="export the table as CSV (UTF-8)",
        )
    return data.decode(encoding, errors="replace").splitlines()[:limit]
