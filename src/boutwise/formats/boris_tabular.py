"""BORIS 'tabular events' as CSV or TSV: one row for each START, STOP or POINT, in seconds.

Newer exports are one table with ``Observation id`` and ``Behavior type``; older ones have a free
block on top (observation, media, time offset) and ``Status`` as the last column. A state runs
from its START to the next STOP of the same subject, behavior and modifiers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.formats._boris import (
    MEDIA,
    NO_SUBJECT,
    Columns,
    Interval,
    Observation,
    Options,
    body_of,
    check_offset,
    observation_of,
    tracks_of,
)
from boutwise.formats._contract import Contents, LabelRow
from boutwise.formats._faults import Faults
from boutwise.formats._names import media_name
from boutwise.formats._text import Row, Table, head_rows, read_table

DESCRIPTION = "BORIS tabular events (CSV, TSV): START, STOP, POINT in seconds from the start"
_KINDS = ("START", "STOP", "POINT")
_Key = tuple[str, str, str, str]


def _head(rows: list[Row] | tuple[Row, ...]) -> Row | None:
    """The row of column heads: it may stand below a free block."""
    for row in rows[:200]:
        cells = {cell.strip() for cell in row.cells}
        if {"Time", "Subject", "Behavior"} <= cells and cells & {"Status", "Behavior type"}:
            return row
    return None


def sniff(path: Path) -> bool:
    """Whether there is a header with Time, Subject, Behavior and Status or Behavior type."""
    return _head(head_rows(path, 200)) is not None


def read(
    path: Path,
    *,
    strict: bool = True,
    media_durations_s: Mapping[str, float] | None = None,
    time_offset_s: float | None = None,
) -> Contents:
    """Read tabular events.

    Args:
        path: The file.
        strict: Stop at a START without STOP and other faults; else report them and leave the
            event out.
        media_durations_s: Media name -> seconds, for observations over several videos whose
            lengths are not in the file.
        time_offset_s: Seconds to take off all times, where the file states an offset.

    Raises:
        FormatError: The header is missing, a row is broken, or (strict) an event has no end.
    """
    table = read_table(path)
    head = _head(table.rows)
    if head is None:
        raise FormatError(
            "there is no header of BORIS tabular events",
            file=path,
            row=table.rows[0].number if table.rows else 1,
            expected="columns Time, Subject, Behavior, and Status or Behavior type",
            todo="export the events again from BORIS, with the header",
        )
    options = Options(strict, media_durations_s or {}, time_offset_s)
    faults = Faults(path, format="boris_tabular", strict=strict)
    columns = Columns(head, path)
    observations = _observations(table, columns, options, faults)
    tracks = tuple(tracks_of(list(observations.values()), options, faults))
    name = tracks[0].recording if len(tracks) == 1 else path.stem
    rates = {track.fps for track in tracks}
    return Contents(
        path,
        "boris_tabular",
        name,
        labels=tracks,
        fps=rates.pop() if len(rates) == 1 else None,
        problems=(*table.problems, *faults.problems),
    )


def _block(table: Table, head: Row) -> dict[str, tuple[str, int]]:
    """The free block above the header: word -> value and row."""
    return {
        row.cells[0].strip(): (row.cells[1].strip(), row.number)
        for row in table.rows
        if row.number < head.number and len(row.cells) > 1
    }


def _observations(
    table: Table, columns: Columns, options: Options, faults: Faults
) -> dict[str, Observation]:
    block = _block(table, columns.head)
    listed = [
        media_name(row.cells[1])
        for row in table.rows
        if row.number < columns.head.number and row.cells[0].strip() == "Player #1"
    ]
    if "Time offset (s)" in block:
        check_offset(*block["Time offset (s)"][:1], options, faults, block["Time offset (s)"][1])
    observations: dict[str, Observation] = {}
    if "Observation id" in block:
        id_ = block["Observation id"][0]
        observations[id_] = Observation(id_, [name for name in listed if name], [], [])
    open_: dict[_Key, tuple[float, Row, str]] = {}
    for row in body_of(table, columns):
        id_ = columns.get(row, "Observation id") or block.get("Observation id", ("", 0))[0]
        known = observations.get(id_)
        if known is None or not (known.fps or known.intervals):
            fresh = observation_of(columns, row, id_)
            observations[id_] = fresh if known is None else replace(fresh, media=known.media)
            check_offset(columns.get(row, "Time offset (s)"), options, faults, row.number)
        interval = _event(table, columns, row, (id_, open_), faults)
        if interval is not None:
            observations[id_].intervals.append(interval)
    for (_, subject, behavior, _), (start, row, _) in open_.items():
        faults.report(
            f"'{behavior}' of '{subject or 'No focal subject'}' starts at {start:g} s "
            "and never stops",
            row=row.number,
            expected="a STOP for every START",
            todo="close the event in BORIS and export again",
        )
    for observation in observations.values():
        observation.intervals.sort(key=lambda each: each.label.row)
    return observations


def _event(
    table: Table,
    columns: Columns,
    row: Row,
    state: tuple[str, dict[_Key, tuple[float, Row, str]]],
    faults: Faults,
) -> Interval | None:
    """The interval that a row ends (STOP) or is (POINT); None for a START or a fault."""
    id_, open_ = state
    kind = columns.get(row, "Status" if "Status" in columns.place else "Behavior type").upper()
    behavior, subject = columns.get(row, "Behavior"), columns.get(row, "Subject")
    subject = "" if subject in NO_SUBJECT else subject
    time = columns.seconds(row, "Time", table)
    media = media_name(columns.get(row, *MEDIA))
    if kind not in _KINDS or not behavior or math.isnan(time):
        what = (
            f"the event is '{kind}'"
            if kind not in _KINDS
            else ("the event has no time" if behavior else "the event has no behavior")
        )
        faults.report(what, row=row.number, expected="START, STOP or POINT with behavior and time")
        return None
    modifiers, comment = columns.modifiers(row), columns.get(row, "Comment")
    key = (id_, subject, behavior, modifiers)
    if kind == "POINT":
        label = LabelRow(behavior, time, time, row.number, subject, "", "yes", modifiers, comment)
        return Interval(label, media)
    if kind == "START":
        if key in open_:
            faults.report(
                f"'{behavior}' starts again at {time:g} s; it already runs since row "
                f"{open_[key][1].number}",
                row=row.number,
                expected="a STOP before the next START",
                todo="close the first event in BORIS and export again",
            )
        open_[key] = (time, row, comment)
        return None
    if key not in open_:
        faults.report(
            f"'{behavior}' stops at {time:g} s but never started",
            row=row.number,
            expected="a START with the same subject and modifiers before each STOP",
        )
        return None
    start, first, comment_start = open_.pop(key)
    if time < start:
        faults.report(
            f"'{behavior}' stops at {time:g} s, before its start at {start:g} s", row=row.number
        )
        return None
    comment = " ".join(filter(None, (comment_start, comment)))
    label = LabelRow(behavior, start, time, first.number, subject, "", "yes", modifiers, comment)
    return Interval(label, media_name(columns.get(first, *MEDIA)) or media)
