"""A label a frame: one column of labels, or one column of 0 and 1 for each behavior.

The first column counts frames from 0, or seconds (``time``, ``time_s``, ``seconds``). In 0/1
columns -1 is unlabelled and -2 unscorable. In a column of labels an empty cell is unlabelled.
Several animals in one table need a column for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats import deepethogram
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._frame_table import Matrix
from boutwise.formats._names import recording_of
from boutwise.formats._runs import TimeAxis, time_axis
from boutwise.formats._text import MISSING, Row, Table, head_rows, read_table
from boutwise.types import Subject

DESCRIPTION = "labels by frame from 0, or by second: a label column, or 0/1 columns (-1 unlabelled)"

FRAME_HEADS = ("frame", "frames", "frameindex", "framenumber", "frameid", "videoframe")
TIME_HEADS = ("time", "times", "second", "seconds", "timestamp", "timesec", "timeseconds")
LABEL_HEADS = ("label", "labels", "behavior", "behaviour", "action", "class", "state")
ANIMAL_HEADS = ("animal", "subject", "individual", "mouse", "mouseid")
CODES = frozenset({"0", "1", "-1", "-2", "0.0", "1.0", "-1.0", "-2.0"})
Unit = Literal["second", "frame"]


@dataclass(frozen=True)
class _Layout:
    """Places of the columns; ``index`` is None where the rows themselves count the frames."""

    index: int | None
    unit: Unit
    label: int | None
    flags: tuple[int, ...]
    animal: int | None


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def sniff(path: Path) -> bool:
    """Whether there is a frame or time column with a label column or 0/1 columns beside it."""
    rows = head_rows(path, 20)
    if len(rows) < 2 or len({len(row.cells) for row in rows}) != 1:
        return False
    heads = [_plain(cell) for cell in rows[0].cells]
    if heads[:2] == ["frame", "action"] or heads[:3] == ["recording", "frame", "times"]:
        return False  # trial_labels and frame_csv
    if deepethogram.sniff(path):
        return False
    layout = _guess(rows[0], rows[1:])
    return layout is not None and (layout.index is not None)


def _guess(head: Row, body: Sequence[Row]) -> _Layout | None:
    """The layout by heads and first values; None when it is no such table."""
    cells = [cell.strip() for cell in head.cells]
    heads = [_plain(cell) for cell in cells]
    index, unit = _index(heads, cells)
    animal = next((heads.index(name) for name in ANIMAL_HEADS if name in heads), None)
    rest = [place for place in range(len(heads)) if place not in (index, animal)]
    timed = [place for place in rest if heads[place] in (*FRAME_HEADS, *TIME_HEADS)]
    rest = [place for place in rest if place not in timed]
    flags = tuple(place for place in rest if all(row.cells[place].strip() in CODES for row in body))
    if rest and len(flags) == len(rest) and all(cells[place] for place in rest) and body:
        return _Layout(index, unit, None, flags, animal)
    # A table with further columns is some other program's: its label column must be named.
    if len(rest) == 1 and heads[rest[0]] in LABEL_HEADS:
        return _Layout(index, unit, rest[0], (), animal)
    return None


def _index(heads: list[str], cells: list[str]) -> tuple[int | None, Unit]:
    for names, unit in ((FRAME_HEADS, "frame"), (TIME_HEADS, "second")):
        for name in names:
            if name in heads:
                return heads.index(name), unit  # type: ignore[return-value]
    # pandas writes its row numbers under an empty head.
    return (0, "frame") if cells and cells[0] in ("", "Unnamed: 0") else (None, "frame")


def read(
    path: Path,
    *,
    unit: Unit | None = None,
    index: str | None = None,
    behaviors: Sequence[str] | None = None,
    classes: Mapping[str, str] | None = None,
    fps: float | None = None,
) -> Contents:
    """Read labels by frame or by second.

    Args:
        path: The file.
        unit: ``second`` or ``frame``, where the head of the index column does not tell.
        index: Head of the frame or time column; ``""`` when the rows themselves are the frames.
        behaviors: Heads of the label column (one) or of the 0/1 columns (several); others are
            left alone. Needed for tables that hold more than labels.
        classes: Value in the label column -> behavior; values as they are when not given.
        fps: Rate of the rows, for a table in seconds with a single row.

    Raises:
        FormatError: A column or value is missing or unknown, frames repeat or run backward.
    """
    table = read_table(path)
    if len(table.rows) < 2:
        raise FormatError(
            "there are no labels below the header", file=path, row=1, expected="a header and rows"
        )
    width = len(table.rows[0].cells)
    for row in table.rows[1:]:
        if len(row.cells) != width:
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=path,
                row=row.number,
                expected=f"{width}, as in the header",
                todo="the file may have been cut off: export it again",
            )
    layout = _layout(table, unit, index, behaviors)
    track = _track(table, layout, classes, fps)
    return Contents(path, "frame_labels", track.recording, labels=(track,), problems=table.problems)


def _layout(
    table: Table, unit: Unit | None, index: str | None, behaviors: Sequence[str] | None
) -> _Layout:
    head, body = table.rows[0], table.rows[1:]
    found = _guess(head, body)
    cells = [cell.strip() for cell in head.cells]
    if behaviors:
        places = [_place(table, name, cells) for name in behaviors]
        heads = [_plain(cell) for cell in cells]
        place, guessed = _index(heads, cells)
        animal = next((heads.index(name) for name in ANIMAL_HEADS if name in heads), None)
        flags = tuple(places) if len(places) > 1 else ()
        found = _Layout(place, guessed, None if flags else places[0], flags, animal)
    if found is None:
        raise FormatError(
            "there is neither a label column nor only 0/1 columns",
            file=table.path,
            row=1,
            expected=f"a head such as {', '.join(LABEL_HEADS[:3])}; or 0, 1, -1 in every column",
            todo="name the columns by the option behaviors",
        )
    twice = [cells[place] for place in found.flags if cells.count(cells[place]) > 1]
    if twice:
        raise FormatError(f"the column '{twice[0]}' is there twice", file=table.path, row=1)
    place = found.index
    if index is not None:
        place = _place(table, index, cells) if index else None
    return _Layout(place, unit or found.unit, found.label, found.flags, found.animal)


def _place(table: Table, name: str, cells: list[str]) -> int:
    if cells.count(name) != 1:
        raise FormatError(
            f"the column '{name}' is there {cells.count(name)} times",
            file=table.path,
            row=1,
            expected="each named column once",
            todo=did_you_mean(name, cells),
        )
    return cells.index(name)


def _track(
    table: Table, layout: _Layout, classes: Mapping[str, str] | None, fps: float | None
) -> LabelTrack:
    groups: dict[str, list[Row]] = {}
    for row in table.rows[1:]:
        animal = "" if layout.animal is None else row.cells[layout.animal].strip()
        groups.setdefault(animal, []).append(row)
    labels: list[LabelRow] = []
    examined: list[LabelRow] = []
    names = {str(key): str(name) for key, name in (classes or {}).items()}
    for animal, rows in groups.items():
        starts = (
            np.arange(len(rows), dtype=np.float64)
            if layout.index is None
            else np.array([table.number(row, layout.index) for row in rows])
        )
        numbers = [row.number for row in rows]
        frames = layout.unit == "frame"
        axis = time_axis(starts, numbers, path=table.path, frames=frames, fps=fps)
        subject = Subject("", animal)
        if layout.label is None:
            matrix = _flags(table, layout, rows, (subject, axis))
        else:
            matrix = _classes(table, layout.label, rows, (subject, axis), names)
        labels += matrix.labels()
        examined += matrix.examined()
    behaviors = dict.fromkeys([*names.values(), *(row.behavior for row in examined)])
    return LabelTrack(
        recording_of(re.sub(r"_labels(?=\.\w+$)", "", table.path.name)),
        layout.unit,
        tuple(labels),
        tuple(behaviors),
        n_rows=max(len(rows) for rows in groups.values()),
        examined=tuple(examined),
    )


def _flags(
    table: Table, layout: _Layout, rows: Sequence[Row], place: tuple[Subject, TimeAxis]
) -> Matrix:
    """0/1 columns as states."""
    states = np.empty((len(rows), len(layout.flags)), dtype=np.int8)
    for entry, row in enumerate(rows):
        for column, cell in enumerate(layout.flags):
            text = row.cells[cell].strip()
            if text not in CODES:
                raise FormatError(
                    f"'{text}' in the column '{table.rows[0].cells[cell]}' is no state",
                    file=table.path,
                    row=row.number,
                    expected="1 yes, 0 no, -1 unlabelled, -2 unscorable",
                )
            states[entry, column] = int(float(text))
    heads = [table.rows[0].cells[cell].strip() for cell in layout.flags]
    return Matrix(place[0], place[1], [row.number for row in rows], heads, states)


def _classes(
    table: Table,
    label: int,
    rows: Sequence[Row],
    place: tuple[Subject, TimeAxis],
    names: Mapping[str, str],
) -> Matrix:
    """A label column as states: the behavior of a row is 'yes', all others are 'no'."""
    texts = [row.cells[label].strip() for row in rows]
    for row, text in zip(rows, texts, strict=True):
        if names and text not in names and text.lower() not in MISSING:
            raise FormatError(
                f"'{text}' is no class",
                file=table.path,
                row=row.number,
                expected=", ".join(f"{key} {name}" for key, name in names.items()),
                todo=did_you_mean(text, names),
            )
    texts = [names.get(text, text) for text in texts]
    known = [text for text in dict.fromkeys([*names.values(), *texts]) if text]
    # 'NA' is missing only where it is no class; SUBTLE calls its background so.
    states: NDArray[np.int8] = np.zeros((len(rows), len(known)), dtype=np.int8)
    for entry, text in enumerate(texts):
        if text:
            states[entry, known.index(text)] = 1
        else:
            states[entry] = -1
    return Matrix(place[0], place[1], [row.number for row in rows], known, states)
