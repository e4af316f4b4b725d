"""BORIS 'aggregated events' as CSV, TSV or XLSX: one row a bout, in seconds; STATE or POINT.

The oldest exports have no header. Their columns are known by place: five in front (observation,
date, media, total length, rate), then the independent variables, whose number differs from project
to project, then ten from the subject on. A file is taken for one only when its rows fit: a date,
the word STATE or POINT, and a duration that is the stop less the start.

The writer makes the columns of a recent BORIS. Times have three decimals, as BORIS has them, so
above 500 frames a second a frame can be lost; the writer refuses such a clock.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from boutwise.errors import FormatError, LabelError
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
from boutwise.formats._text import Row, Table, head_rows, read_table, to_number
from boutwise.formats._writing import refuse_several_annotators, whole_file
from boutwise.types import Bouts, FrameClock

DESCRIPTION = (
    "BORIS aggregated events (CSV, TSV, XLSX): bouts in seconds from the start; also written"
)
_NEEDED = ("Subject", "Behavior", "Behavior type", "Start (s)", "Stop (s)")
HEAD = (
    "Observation id",
    "Observation date",
    "Description",
    "Observation type",
    "Source",
    "Time offset (s)",
    "Coding duration",
    "Media duration (s)",
    "FPS (frame/s)",
    "Subject",
    "Observation duration by subject by observation",
    "Behavior",
    "Behavioral category",
    "Modifiers",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Media file name",
    "Image index start",
    "Image index stop",
    "Image file path start",
    "Image file path stop",
    "Comment start",
    "Comment stop",
)
MAX_FPS = 500.0


BARE_FRONT = ("Observation id", "Observation date", "Media file", "Total length", "FPS")
BARE_BACK = (
    "Subject",
    "Behavior",
    "Behavioral category",
    "Modifiers",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Comment start",
    "Comment stop",
)


def sniff(path: Path) -> bool:
    """Whether the header has Behavior type, Start (s) and Stop (s), or all rows fit without one."""
    rows = head_rows(path, 20)
    return bool(rows) and (_has_header(rows[0]) or all(_fits(row) for row in rows))


def _has_header(row: Row) -> bool:
    heads = {"Behavior", "Behavior type", "Start (s)", "Stop (s)"}
    return heads <= {cell.strip() for cell in row.cells}


def _fits(row: Row) -> bool:
    """Whether a row is an event of an export without header."""
    cells = [cell.strip() for cell in row.cells]
    if len(cells) < len(BARE_FRONT) + len(BARE_BACK):
        return False
    back = dict(zip(BARE_BACK, cells[-len(BARE_BACK) :], strict=True))
    start, stop, lasts = (
        to_number(back[name], "\t") for name in ("Start (s)", "Stop (s)", "Duration (s)")
    )
    if not re.match(r"\d{4}-\d\d-\d\d", cells[1]) or start is None or stop is None or lasts is None:
        return False
    if back["Behavior type"] == "POINT":
        return start == stop
    return back["Behavior type"] == "STATE" and abs(stop - start - lasts) < 0.0015


def _bare_head(row: Row) -> Row:
    """The heads that an export without header would have; independent variables have none."""
    between = len(row.cells) - len(BARE_FRONT) - len(BARE_BACK)
    return Row(0, (*BARE_FRONT, *[""] * between, *BARE_BACK))


def read(
    path: Path,
    *,
    strict: bool = True,
    media_durations_s: Mapping[str, float] | None = None,
    time_offset_s: float | None = None,
    annotators: Mapping[str, str] | None = None,
    targets: Sequence[str] | Literal["other"] = (),
) -> Contents:
    """Read aggregated events; the options are those of ``boris_tabular``.

    Raises:
        FormatError: The header is missing, a row is broken, or (strict) a state has no end.
    """
    table = read_table(path)
    if not table.rows:
        raise FormatError("the file is empty", file=path, row=1)
    first = table.rows[0]
    columns = Columns(_bare_head(first) if _fits(first) else first, path)
    columns.need(*_NEEDED)
    options = Options(strict, media_durations_s or {}, time_offset_s, annotators or {}, targets)
    faults = Faults(path, format="boris_aggregated", strict=strict)
    observations: dict[str, Observation] = {}
    for row in body_of(table, columns):
        id_ = columns.get(row, "Observation id")
        if id_ not in observations:
            observations[id_] = observation_of(columns, row, id_)
            check_offset(columns.get(row, "Time offset (s)"), options, faults, row.number)
        label = _label(table, columns, row, faults)
        if label is None:
            observations[id_].lost.append(_lost(table, columns, row))
        else:
            media = media_name(columns.get(row, *MEDIA))
            observations[id_].intervals.append(Interval(label, media))
    tracks = tuple(tracks_of(list(observations.values()), options, faults))
    rates = {track.fps for track in tracks}
    return Contents(
        path,
        "boris_aggregated",
        tracks[0].recording if len(tracks) == 1 else path.stem,
        labels=tracks,
        fps=rates.pop() if len(rates) == 1 else None,
        problems=(*table.problems, *faults.problems),
    )


def _lost(table: Table, columns: Columns, row: Row) -> LabelRow:
    """An event that is left out as faulty, as far as it says what it is of."""
    subject = columns.get(row, "Subject")
    found = lost_row(
        columns.get(row, "Behavior"),
        columns.seconds(row, "Start (s)", table),
        columns.seconds(row, "Stop (s)", table),
        row.number,
        animal="" if subject in NO_SUBJECT else subject,
    )
    return replace(found, modifiers=columns.modifiers(row))


def _label(table: Table, columns: Columns, row: Row, faults: Faults) -> LabelRow | None:
    kind = columns.get(row, "Behavior type").upper()
    behavior, subject = columns.get(row, "Behavior"), columns.get(row, "Subject")
    start = columns.seconds(row, "Start (s)", table)
    stop = columns.seconds(row, "Stop (s)", table)
    if kind == "POINT" and math.isnan(stop):
        stop = start
    fault = (
        f"the event is '{kind}'"
        if kind not in ("STATE", "POINT")
        else "the event has no behavior"
        if not behavior
        else f"'{behavior}' has no {'start' if math.isnan(start) else 'stop'}"
        if math.isnan(start) or math.isnan(stop)
        else f"'{behavior}' stops at {stop:g} s, before its start at {start:g} s"
        if stop < start
        else ""
    )
    if fault:
        faults.report(
            fault,
            row=row.number,
            expected="STATE or POINT with behavior, start and stop",
            todo="close the event in BORIS and export again",
        )
        return None
    comments = (columns.get(row, "Comment start", "Comment"), columns.get(row, "Comment stop"))
    return LabelRow(
        behavior,
        start,
        stop,
        row.number,
        "" if subject in NO_SUBJECT else subject,
        modifiers=columns.modifiers(row),
        comment=" ".join(filter(None, comments)),
    )


def write(
    path: Path,
    bouts: Bouts,
    *,
    clocks: Mapping[str, FrameClock],
    media: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write bouts as aggregated events, tab separated for ``.tsv``, else by commas.

    The target of a directed bout is written as modifier. BORIS has no words for 'no',
    'unscorable', confidence and what was observed; observed ranges are left out, the states are
    refused.

    Args:
        path: File to write.
        bouts: Bouts of one annotator and one or several recordings.
        clocks: Recording -> clock.
        media: Recording -> name of its video; the recording's own name where it is missing.

    Raises:
        LabelError: There are several annotators, a bout is not a 'yes', or a clock is too fast
            for milliseconds.
    """
    refuse_several_annotators(bouts)
    rows = []
    for bout in bouts.rows():
        clock = clocks[bout.recording]
        if bout.state != "yes" or clock.fps > MAX_FPS:
            raise LabelError(
                f"a bout in state '{bout.state}' at {clock.fps:g} fps cannot be told to BORIS",
                recording=bout.recording,
                frame=bout.start,
                expected=f"'yes', and at most {MAX_FPS:g} frames a second",
                todo="write frame_csv, which keeps everything",
            )
        start_s, stop_s = (float(second) for second in clock.to_seconds([bout.start, bout.stop]))
        cells = {
            "Observation id": bout.recording,
            "Observation type": "Media file(s)",
            "Time offset (s)": "0.0",
            "Media duration (s)": f"{clock.duration_s:.3f}",
            "FPS (frame/s)": f"{clock.fps:.3f}",
            "Subject": bout.animal or "No focal subject",
            "Behavior": bout.behavior,
            "Modifiers": "|".join(filter(None, (bout.modifiers, bout.target))),
            "Behavior type": "STATE",
            "Start (s)": f"{start_s:.3f}",
            "Stop (s)": f"{stop_s:.3f}",
            "Duration (s)": f"{stop_s - start_s:.3f}",
            "Media file name": (media or {}).get(bout.recording, bout.recording),
            "Image index start": str(bout.start),
            "Image index stop": str(bout.stop),
            "Comment start": bout.comment,
        }
        rows.append([cells.get(name, "") for name in HEAD])
    with whole_file(path) as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerow(HEAD)
        writer.writerows(rows)
    return [path]
