"""What BORIS' tables share: columns, and the seconds of an observation put on its media.

Times count from the start of the *observation*. The media of a player follow each other in time,
so the second video begins where the first one ends; its own length must be known for that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.formats._contract import LabelRow, LabelTrack
from boutwise.formats._faults import Faults
from boutwise.formats._names import media_name, recording_of
from boutwise.formats._text import Row, Table, to_number

NO_SUBJECT = frozenset({"", "No focal subject"})
MEDIA = ("Media file name", "Media file path", "Media file")
LENGTH = ("Media duration (s)",)
TOTAL = ("Total length",)
FPS = ("FPS", "FPS (frame/s)")


@dataclass(frozen=True)
class Options:
    """What the user may say about a BORIS file.

    Attributes:
        strict: Stop at the first fault; else report it and leave the event out.
        media_durations_s: Media name (with or without suffix) -> seconds, where the file lacks it.
        time_offset_s: Seconds by which all times are late; for files that state an offset.
    """

    strict: bool = True
    media_durations_s: Mapping[str, float] = field(default_factory=dict)
    time_offset_s: float | None = None


@dataclass(frozen=True)
class Interval:
    """One event of one observation, in seconds of the observation."""

    label: LabelRow
    media: str


@dataclass
class Observation:
    """One observation of a file.

    Attributes:
        id: As in the file.
        media: Media names in order, as far as the file lists them.
        durations_s: Their lengths, as far as the file has them.
        fps: Their rates, as far as the file has them.
        total_s: Length of all media together, where the file has it.
    """

    id: str
    media: list[str]
    durations_s: list[float]
    fps: list[float]
    total_s: float | None = None
    intervals: list[Interval] = field(default_factory=list)


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


def tracks_of(
    observations: Sequence[Observation], options: Options, faults: Faults
) -> list[LabelTrack]:
    """One track for each media file of each observation, with times from that file's start."""
    return [track for each in observations for track in _tracks(each, options, faults)]


def _tracks(observation: Observation, options: Options, faults: Faults) -> list[LabelTrack]:
    by_time = sorted(observation.intervals, key=lambda interval: interval.label.start)
    seen = dict.fromkeys(interval.media for interval in by_time if interval.media)
    media = observation.media or list(seen)
    behaviors = tuple(dict.fromkeys(interval.label.behavior for interval in observation.intervals))
    late = options.time_offset_s or 0.0
    if len(media) < 2:
        name = recording_of(media[0]) if media else observation.id
        rows = [
            row
            for interval in observation.intervals
            if (row := _clipped(interval.label, late, float("inf"), faults)) is not None
        ]
        fps = observation.fps[0] if observation.fps else None
        return [LabelTrack(name, "second", tuple(rows), behaviors, fps=fps)]
    bounds = _bounds(observation, media, options, faults)
    tracks = []
    for place, (name, (start, stop)) in enumerate(zip(media, bounds, strict=False)):
        rows = [
            row
            for interval in observation.intervals
            if (row := _clipped(interval.label, start + late, stop + late, faults)) is not None
        ]
        rates = observation.fps
        fps = rates[place] if len(rates) == len(media) else (rates[0] if rates else None)
        tracks.append(LabelTrack(recording_of(name), "second", tuple(rows), behaviors, fps=fps))
    return tracks


def _bounds(
    observation: Observation, media: list[str], options: Options, faults: Faults
) -> list[tuple[float, float]]:
    """Start and stop of each media file in the observation, as far as they are known."""
    given = options.media_durations_s
    if len(observation.durations_s) == len(media):
        lengths: list[float | None] = list(observation.durations_s)
    else:
        lengths = [given.get(name, given.get(recording_of(name))) for name in media]
    known: list[float] = []
    for length in lengths:
        if length is None:
            break
        known.append(length)
    row = observation.intervals[0].label.row if observation.intervals else None
    total = observation.total_s
    if len(known) == len(media) and total is not None and abs(sum(known) - total) > 0.5:
        faults.report(
            f"the media of '{observation.id}' last {sum(known):.3f} s together",
            row=row,
            expected=f"{total:.3f} s, the total length in the file",
            todo="check media_durations_s; a video without events may be missing",
        )
        return []
    if len(known) < len(media):
        faults.report(
            f"'{observation.id}' goes over {len(media)} videos, and how long "
            f"'{media[len(known)]}' lasts is not in the file",
            row=row,
            expected="times that can be put on their video",
            todo=f"give media_durations_s for {', '.join(media)}, or export from a newer BORIS",
        )
        return []
    starts = [sum(known[:place]) for place in range(len(media))]
    # The last video takes what lies behind its end too, so that the import can report it.
    stops = [*starts[1:], float("inf")]
    return list(zip(starts, stops, strict=True))


def _clipped(row: LabelRow, start: float, stop: float, faults: Faults) -> LabelRow | None:
    """The part of a label that lies in ``[start, stop)``, counted from ``start``."""
    point = row.start == row.stop
    if row.start >= stop or (row.stop <= start and not (point and row.start == start)):
        return None
    if row.start < 0:
        faults.report("an event lies before the start", row=row.row, expected="0 s or later")
        return None
    begin, end = max(row.start - start, 0.0), min(row.stop, stop) - start
    # Differences of decimals: milliseconds are what BORIS writes.
    return replace(row, start=round(begin, 6), stop=round(end, 6))


def check_offset(stated: str, options: Options, faults: Faults, row: int) -> None:
    """Report a time offset that nobody has explained: times may or may not contain it."""
    value = to_number(stated, "\t")
    if value and value == value and options.time_offset_s is None:
        faults.report(
            f"the observation has a time offset of {value:g} s",
            row=row,
            expected="none, or a word on whether the times contain it",
            todo=f"give time_offset_s: {value:g} if the times are late by it, else 0",
        )
