"""BORIS 'tabular events' as CSV, TSV or XLSX: one row for each START, STOP or POINT, in seconds.

Newer exports are one table with ``Observation id`` and ``Behavior type``; older ones have a free
block on top (observation, media, time offset) and ``Status`` as the last column. A state runs
from its START to the next STOP of the same subject, behavior and modifiers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from boutwise.errors import FormatError
from boutwise.formats._boris import MEDIA, NO_SUBJECT, Columns, body_of, observation_of
from boutwise.formats._boris_media import (
    Interval,
    Observation,
    Options,
    check_offset,
    tracks_of,
)
from boutwise.formats._contract import Contents, LabelRow
from boutwise.formats._faults import Faults
from boutwise.formats._lost import lost_row
from boutwise.formats._names import media_name
from boutwise.formats._text import Row, Table, head_rows, read_table

DESCRIPTION = "BORIS tabular events (CSV, TSV, XLSX): START, STOP, POINT in seconds from the start"
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
    annotators: Mapping[str, str] | None = None,
    targets: Sequence[str] | Literal["other"] = (),
) -> Contents:
    """Read tabular events.

    Args:
        path: The file.
        strict: Stop at a START without STOP and other faults; else report them and leave the
            event out.
        media_durations_s: Media name -> seconds, in the order in which they were played, for
            observations over several videos whose lengths are not in the file.
        time_offset_s: Seconds to take off all times, where the file states an offset.
        annotators: Observation -> who made it, where several people coded one video.
        targets: Names of animals that stand as modifiers: they are whom a behavior is directed at;
            or ``other``: every label is directed at the other one of two animals.

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
    options = Options(strict, media_durations_s or {}, time_offset_s, annotators or {}, targets)
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
    toggles = _Toggles(table, columns, faults)
    for row in body_of(table, columns):
        id_ = columns.get(row, "Observation id") or block.get("Observation id", ("", 0))[0]
        known = observations.get(id_)
        if known is None or not (known.fps or known.intervals):
            fresh = observation_of(columns, row, id_)
            observations[id_] = fresh if known is None else replace(fresh, media=known.media)
            check_offset(columns.get(row, "Time offset (s)"), options, faults, row.number)
        interval = toggles.event(row, id_)
        if interval is not None:
            observations[id_].intervals.append(interval)
    toggles.report_open()
    for id_, lost in toggles.lost:
        observations[id_].lost.append(lost)
    for observation in observations.values():
        observation.intervals.sort(key=lambda each: each.label.row)
    return observations


class _Toggles:
    """Pairs each START with its STOP."""

    def __init__(self, table: Table, columns: Columns, faults: Faults) -> None:
        self.table, self.columns, self.faults = table, columns, faults
        self.open: dict[_Key, Row] = {}
        self.lost: list[tuple[str, LabelRow]] = []
        self.kind = "Status" if "Status" in columns.place else "Behavior type"

    def event(self, row: Row, observation: str) -> Interval | None:
        """The interval that a row ends (STOP) or is (POINT); None for a START or a fault."""
        kind = self.columns.get(row, self.kind).upper()
        behavior, subject = self._who(row)
        time = self._time(row)
        fault = (
            f"the event is '{kind}'"
            if kind not in _KINDS
            else "the event has no behavior"
            if not behavior
            else "the event has no time"
            if math.isnan(time)
            else ""
        )
        if fault:
            expected = "START, STOP or POINT with behavior and time"
            self.faults.report(fault, row=row.number, expected=expected)
            self._lose(observation, row, time, time)
            return None
        key = (observation, subject, behavior, self.columns.modifiers(row))
        if kind == "POINT":
            return self._interval(row, row)
        if kind == "STOP":
            return self._stop(key, row)
        if key in self.open:
            self.faults.report(
                f"'{behavior}' starts again at {time:g} s; it already runs since row "
                f"{self.open[key].number}",
                row=row.number,
                expected="a STOP before the next START",
                todo="close the first event in BORIS and export again",
            )
            self._lose(observation, self.open[key], self._time(self.open[key]), time)
        self.open[key] = row
        return None

    def report_open(self) -> None:
        """Report every START that has found no STOP."""
        for (observation, subject, behavior, _), row in self.open.items():
            self.faults.report(
                f"'{behavior}' of '{subject or 'No focal subject'}' starts at "
                f"{self._time(row):g} s and never stops",
                row=row.number,
                expected="a STOP for every START",
                todo="close the event in BORIS and export again",
            )
            self._lose(observation, row, self._time(row), math.nan)

    def _lose(self, observation: str, row: Row, start: float, stop: float) -> None:
        """Keep what is known of an event that is left out."""
        behavior, subject = self._who(row)
        lost = lost_row(behavior, start, stop, row.number, animal=subject)
        self.lost.append((observation, replace(lost, modifiers=self.columns.modifiers(row))))

    def _stop(self, key: _Key, row: Row) -> Interval | None:
        behavior, time = key[2], self._time(row)
        first = self.open.pop(key, None)
        if first is None:
            self.faults.report(
                f"'{behavior}' stops at {time:g} s but never started",
                row=row.number,
                expected="a START with the same subject and modifiers before each STOP",
            )
            self._lose(key[0], row, math.nan, time)
            return None
        if time < self._time(first):
            self.faults.report(
                f"'{behavior}' stops at {time:g} s, before its start at {self._time(first):g} s",
                row=row.number,
            )
            self._lose(key[0], row, time, self._time(first))
            return None
        return self._interval(first, row)

    def _interval(self, first: Row, last: Row) -> Interval:
        behavior, subject = self._who(first)
        comments = dict.fromkeys(self.columns.get(row, "Comment") for row in (first, last))
        label = LabelRow(
            behavior,
            self._time(first),
            self._time(last),
            first.number,
            subject,
            modifiers=self.columns.modifiers(first),
            comment=" ".join(filter(None, comments)),
        )
        names = (media_name(self.columns.get(row, *MEDIA)) for row in (first, last))
        return Interval(label, next(filter(None, names), ""))

    def _who(self, row: Row) -> tuple[str, str]:
        subject = self.columns.get(row, "Subject")
        return self.columns.get(row, "Behavior"), "" if subject in NO_SUBJECT else subject

    def _time(self, row: Row) -> float:
        return self.columns.seconds(row, "Time", self.table)
