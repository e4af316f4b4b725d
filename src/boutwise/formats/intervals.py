"""A table of intervals: one row a bout, from when to when, in seconds or in frames.

Column heads are recognised by their usual words or declared by the option ``columns``. Frames are
half-open and counted from 0 unless ``first_frame`` and ``inclusive`` say otherwise. Where
heads name no unit (``start``, ``from``), numbers with a decimal point are seconds; if all are
whole they could be either, and the option ``unit`` must say it. What is to become of faulty rows
is declared by the option ``rules``: see :mod:`boutwise.formats._interval_rules`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from boutwise.errors import FormatError, UsageError, did_you_mean
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._dlc import recording_name
from boutwise.formats._faults import Faults
from boutwise.formats._interval_rules import Tidy, parse
from boutwise.formats._lost import lost_row
from boutwise.formats._names import media_name, recording_of
from boutwise.formats._text import MISSING, Row, Table, head_rows, read_table
from boutwise.formats.bouts_csv import OBSERVED_HEAD as OWN
from boutwise.types.bouts import STATES

DESCRIPTION = "intervals (CSV, TSV): start and stop in seconds or frames, one row a bout"

HEADS: dict[str, tuple[str, ...]] = {
    "behavior": ("behavior", "behaviour", "label", "action", "type", "event", "class"),
    "start_frame": ("startframe", "framestart", "firstframe"),
    "stop_frame": ("stopframe", "endframe", "framestop", "frameend"),
    "start_s": ("starts", "startsecond", "startseconds", "starttime", "startsec", "onsets"),
    "stop_s": (
        "stops", "stopsecond", "stopseconds", "stoptime", "stopsec", "ends", "endtime", "endsec",
        "offsets",
    ),
    "start": ("start", "from", "onset", "begin"),
    "stop": ("stop", "to", "end", "offset"),
    "recording": ("recording", "video", "videofile", "media", "dlcfile", "file", "videoid"),
    "animal": ("animal", "subject", "individual", "mouse", "mouseid", "agent", "agentid"),
    "target": ("target", "targetid"),
    "annotator": ("annotator", "rater", "experimenter", "coder", "observer"),
    "state": ("state",),
    "modifiers": ("modifiers", "modifier"),
    "comment": ("comment", "comments"),
}  # fmt: skip
"""What a column is -> its usual heads, in lower case without separators; earlier ones win."""

Unit = Literal["second", "frame"]
_Times = tuple[str, str, Unit | None]


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _recognised(head: Row) -> dict[str, int]:
    """What -> place, from the column heads."""
    cells = [_plain(cell) for cell in head.cells]
    found: dict[str, int] = {}
    for what, words in HEADS.items():
        for word in words:
            if word in cells and what not in found:
                found[what] = cells.index(word)
    return found


def _times(found: Mapping[str, int]) -> _Times | None:
    """The pair of columns that hold the times, and their unit where the heads tell."""
    pairs: tuple[_Times, ...] = (
        ("start_frame", "stop_frame", "frame"),
        ("start_s", "stop_s", "second"),
        ("start", "stop", None),
    )
    return next((pair for pair in pairs if pair[0] in found and pair[1] in found), None)


def sniff(path: Path) -> bool:
    """Whether the header has a behavior, a start and a stop, and is not of a tool of its own."""
    rows = head_rows(path, 1)
    if not rows:
        return False
    cells = tuple(cell.strip() for cell in rows[0].cells)
    of_tools = ({"Behavior type", "Start (s)", "Stop (s)"}, {"video_id", "agent_id", "target_id"})
    theirs = cells[: len(OWN)] == OWN or any(heads <= set(cells) for heads in of_tools)
    found = _recognised(rows[0])
    return not theirs and "behavior" in found and _times(found) is not None


@dataclass(frozen=True)
class _Layout:
    columns: Mapping[str, int]
    start: str
    stop: str
    unit: Unit
    first_frame: int
    inclusive: bool


# Seven parameters: each is a key of the mapping, and one more level would only be in the way.
def read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    unit: Unit | None = None,
    first_frame: int = 0,
    inclusive: bool = False,
    rules: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> Contents:
    """Read intervals.

    Args:
        path: The file.
        columns: What (``behavior``, ``start``, ``stop``, ``recording``, ``animal``, ...) -> head.
        unit: ``second`` or ``frame``, where the heads do not tell.
        first_frame: Number that the file gives to the first frame.
        inclusive: Whether the stop frame still belongs to the bout.
        rules: What is to become of faulty rows and of other spellings.
        strict: Stop at a row without behavior or time; else report it and leave it out.

    Raises:
        FormatError: A column is missing, a row is broken, or the unit cannot be told.
    """
    table = read_table(path)
    declared = _declared(table, columns or {})
    found = (_recognised(table.rows[0]) if table.rows else {}) | declared
    _refuse_twins(table, found, declared)
    times = _times(declared) or _times(found)
    if "behavior" not in found or times is None:
        raise FormatError(
            "the columns of behavior, start and stop are not all there",
            file=path,
            row=table.rows[0].number if table.rows else 1,
            expected="heads such as behavior, start_s, stop_s",
            todo="declare them: columns={'behavior': HEAD, 'start': HEAD, 'stop': HEAD}",
        )
    body = table.rows[1:]
    layout = _Layout(
        found,
        times[0],
        times[1],
        unit or times[2] or _unit_of(table, body, found, times),
        first_frame,
        inclusive,
    )
    faults = Faults(path, format="intervals", strict=strict)
    tidy = Tidy(parse(rules, path), faults)
    if tidy.rules.offset_s and layout.unit == "frame":
        raise UsageError("offset_s moves seconds, and the table has frames", file=path)
    tracks = _tracks(table, body, layout, tidy)
    tidy.check()
    name = tracks[0].recording if len(tracks) == 1 else path.name.removesuffix(path.suffix)
    problems = (*table.problems, *faults.problems)
    return Contents(path, "intervals", name, labels=tuple(tracks), problems=problems)


def _refuse_twins(table: Table, found: Mapping[str, int], declared: Mapping[str, int]) -> None:
    """Refuse a head that is there twice: which of the two is meant is not guessed."""
    heads = [cell.strip() for cell in table.rows[0].cells] if table.rows else []
    for what in found.keys() - declared.keys():
        if heads.count(heads[found[what]]) > 1:
            raise FormatError(
                f"the column '{heads[found[what]]}' is there twice",
                file=table.path,
                row=table.rows[0].number,
                expected="each column once",
                todo="take one of the two away",
            )


def _declared(table: Table, columns: Mapping[str, str]) -> dict[str, int]:
    heads = [cell.strip() for cell in table.rows[0].cells] if table.rows else []
    found: dict[str, int] = {}
    for what, head in columns.items():
        if what not in HEADS:
            raise UsageError(f"there is no column '{what}'", todo=did_you_mean(what, HEADS))
        if heads.count(head) != 1:
            raise FormatError(
                f"the column '{head}' is there {heads.count(head)} times",
                file=table.path,
                row=1,
                expected="each declared column once",
                todo=did_you_mean(head, heads),
            )
        found[what] = heads.index(head)
    return found


def _unit_of(table: Table, body: tuple[Row, ...], found: Mapping[str, int], times: _Times) -> Unit:
    """Seconds when a number has a decimal point; whole numbers could be either."""
    values = [table.number(row, found[name]) for row in body for name in times[:2]]
    if any(value % 1 for value in values if not math.isnan(value)):
        return "second"
    raise FormatError(
        "whether the times are seconds or frames cannot be told: all are whole numbers",
        file=table.path,
        row=body[0].number if body else 1,
        expected="heads such as start_s or start_frame",
        todo="give unit: second or frame",
    )


def _tracks(table: Table, body: tuple[Row, ...], layout: _Layout, tidy: Tidy) -> list[LabelTrack]:
    """One track for each recording and annotator, in the order in which they occur."""
    own = recording_of(table.path.name)
    rows: dict[tuple[str, str], tuple[list[LabelRow], list[LabelRow]]] = {}
    width = max(len(table.rows[0].cells), 1)
    for row in body:
        if len(row.cells) != width:
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=table.path,
                row=row.number,
                expected=f"{width}, as in the header",
                todo="the file may have been cut off: export it again",
            )
        key = _recording(_cell(row, layout, "recording")) or own, _cell(row, layout, "annotator")
        kept, lost = rows.setdefault(key, ([], []))
        before = tidy.faults.reported
        label = _label(table, row, layout, tidy)
        if label is not None:
            kept.append(label)
        elif tidy.faults.reported > before:
            lost.append(_lost(table, row, layout, tidy))
    named = [label.behavior for labels, _ in rows.values() for label in labels]
    return [
        LabelTrack(
            recording,
            layout.unit,
            tuple(tidy.labels(labels)),
            tidy.behaviors([label.behavior for label in labels], named),
            annotator=annotator,
            lost=tuple(lost),
        )
        for (recording, annotator), (labels, lost) in (rows or {(own, ""): ([], [])}).items()
    ]


def _recording(cell: str) -> str:
    """A recording from a video name, a pose file name, or a plain name."""
    name = media_name(cell)
    return recording_name(Path(name)) if name.endswith((".csv", ".h5")) else recording_of(name)


def _cell(row: Row, layout: _Layout, what: str) -> str:
    place = layout.columns.get(what)
    return "" if place is None else row.cells[place].strip()


def _lost(table: Table, row: Row, layout: _Layout, tidy: Tidy) -> LabelRow:
    """A row that is left out as faulty, as far as it says what it is of."""
    word = _cell(row, layout, "behavior")
    move = tidy.rules.offset_of(_cell(row, layout, "annotator")) - layout.first_frame
    start, stop = (table.number(row, layout.columns[n]) + move for n in (layout.start, layout.stop))
    behavior = "" if word.lower() in MISSING else tidy.rules.rename.get(word, word)
    who = {"animal": _cell(row, layout, "animal"), "target": _cell(row, layout, "target")}
    found = lost_row(behavior, start, stop, row.number, **who)
    return replace(found, stop=found.stop + (1 if layout.inclusive else 0))


def _label(table: Table, row: Row, layout: _Layout, tidy: Tidy) -> LabelRow | None:
    behavior = tidy.behavior(_cell(row, layout, "behavior"), row)
    if behavior is None:
        return None
    start = table.number(row, layout.columns[layout.start]) - layout.first_frame
    stop = table.number(row, layout.columns[layout.stop]) - layout.first_frame
    ends = tidy.ends(behavior, start, stop, row, _cell(row, layout, "annotator"))
    if ends is None:
        return None
    start, stop = ends[0], ends[1] + (1 if layout.inclusive else 0)
    state = _cell(row, layout, "state").lower() or "yes"
    point = layout.unit == "second" and start == stop
    fault = (
        f"'{behavior}' goes from {start:g} to {stop:g}"
        if start < 0 or (stop <= start and not point)
        else f"the state is '{state}'"
        if state not in STATES
        else f"'{behavior}' goes from {start:g} to {stop:g}, which are no frames"
        if layout.unit == "frame" and (start % 1 or stop % 1)
        else ""
    )
    if fault:
        tidy.faults.report(fault, row=row.number, expected="behavior, start and a later stop")
        return None
    return LabelRow(
        behavior,
        start,
        stop,
        row.number,
        _cell(row, layout, "animal"),
        _cell(row, layout, "target"),
        state,
        _cell(row, layout, "modifiers"),
        _cell(row, layout, "comment"),
    )
