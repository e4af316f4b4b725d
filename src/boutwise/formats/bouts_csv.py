"""boutwise's own tables: ``<recording>.bouts.csv`` and beside it ``<recording>.observed.csv``.

Frames are half-open and counted from 0; the seconds are those of the recording's clock and are
there for people. A bouts table alone does not tell what was examined: its neighbor does, one row
for each examined range of an animal, target and behavior, and is read with it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from boutwise.errors import FormatError, LabelError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._text import Row, Table, head_rows, read_table
from boutwise.formats._writing import refuse_several_annotators, whole_file
from boutwise.types import Bout, Bouts, FrameClock, Observed

DESCRIPTION = "boutwise .bouts.csv with .observed.csv: bouts by frame from 0, half-open; written"

OBSERVED_HEAD = (
    "recording",
    "animal",
    "target",
    "behavior",
    "start_frame",
    "stop_frame",
    "start_s",
    "stop_s",
)
HEAD = (*OBSERVED_HEAD, "mean_probability", "source")


def sniff(path: Path) -> bool:
    """Whether the header is that of a bouts table or of an observed table."""
    rows = head_rows(path, 1)
    return bool(rows) and tuple(cell.strip() for cell in rows[0].cells) in (HEAD, OBSERVED_HEAD)


def observed_path(path: Path) -> Path:
    """The observed table beside a bouts table.

    >>> observed_path(Path("day 1.bouts.csv")).name
    'day 1.observed.csv'
    """
    return path.with_name(_base(path) + ".observed.csv")


def _base(path: Path) -> str:
    return path.name.removesuffix(".csv").removesuffix(".bouts").removesuffix(".observed")


def read(path: Path) -> Contents:
    """Read a bouts table with the observed table beside it, or an observed table alone.

    Without an observed table nothing is known of the frames between the bouts: the tracks then
    say that only the bouts themselves were examined.

    Raises:
        FormatError: A column is missing, or a row is broken; the message has file and row.
    """
    table = read_table(path)
    tables = [table]
    head = _head(table)
    if head not in (HEAD, OBSERVED_HEAD):
        raise FormatError(
            "the columns are not those of a bouts table",
            file=path,
            row=1,
            expected=", ".join(HEAD),
            todo="read other interval tables by --format intervals",
        )
    bouts = _labels(table) if head == HEAD else []
    ranges: list[tuple[str, LabelRow]] | None = None
    beside = observed_path(path)
    if head == OBSERVED_HEAD:
        ranges = _labels(table)
    elif beside.is_file():
        neighbor = read_table(beside)
        if _head(neighbor) != OBSERVED_HEAD:
            raise FormatError(
                "the columns are not those of an observed table",
                file=beside,
                row=1,
                expected=", ".join(OBSERVED_HEAD),
            )
        ranges = _labels(neighbor)
        tables.append(neighbor)
    tracks = _tracks(bouts, ranges) or (LabelTrack(_base(path), "frame", (), examined=()),)
    return Contents(
        path,
        "bouts_csv",
        tracks[0].recording if len(tracks) == 1 else _base(path),
        labels=tracks,
        fps=_rate(tables),
        problems=table.problems,
    )


def _rate(tables: Iterable[Table]) -> float | None:
    """Frames over seconds of the longest row; None where no row has both."""
    frames, seconds = 0.0, 0.0
    for table in tables:
        for row in table.rows[1:]:
            start, stop, start_s, stop_s = (table.number(row, column) for column in range(4, 8))
            if stop_s - start_s > seconds:  # False where a second is missing
                frames, seconds = stop - start, stop_s - start_s
    return round(frames / seconds, 4) if seconds else None


def _head(table: Table) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in table.rows[0].cells) if table.rows else ()


def _tracks(
    bouts: list[tuple[str, LabelRow]], ranges: list[tuple[str, LabelRow]] | None
) -> tuple[LabelTrack, ...]:
    """One track a recording; without ranges only the bouts themselves were examined."""
    names = dict.fromkeys(recording for recording, _ in [*bouts, *(ranges or [])])
    tracks = []
    for name in names:
        rows = tuple(row for recording, row in bouts if recording == name)
        stated = tuple(row for recording, row in ranges or [] if recording == name)
        reaches = max((row.stop for row in stated), default=None)
        examined = rows if ranges is None else stated
        behaviors = tuple(dict.fromkeys(row.behavior for row in (*examined, *rows)))
        tracks.append(
            LabelTrack(name, "frame", rows, behaviors, examined=examined, reaches=reaches)
        )
    return tuple(tracks)


def _labels(table: Table) -> list[tuple[str, LabelRow]]:
    width = len(table.rows[0].cells)
    return [_label(table, row, width) for row in table.rows[1:]]


def _label(table: Table, row: Row, width: int) -> tuple[str, LabelRow]:
    if len(row.cells) != width:
        raise FormatError(
            f"the row has {len(row.cells)} cells",
            file=table.path,
            row=row.number,
            expected=f"{width}, as in the header",
            todo="the file may have been cut off: write it again",
        )
    recording, animal, target, behavior = row.cells[:4]
    start, stop = table.number(row, 4), table.number(row, 5)
    if not recording or not behavior or not 0 <= start < stop or start % 1 or stop % 1:
        raise FormatError(
            f"'{behavior}' of the recording '{recording}' goes from {start:g} to {stop:g}",
            file=table.path,
            row=row.number,
            expected="a recording, a behavior, and whole frames with 0 <= start < stop",
        )
    probability, source = math.nan, ""
    if width == len(HEAD):
        probability, source = table.number(row, 8), row.cells[9]
    return recording, LabelRow(
        behavior, start, stop, row.number, animal, target, confidence=probability, source=source
    )


def write(path: Path, bouts: Bouts, *, clocks: Mapping[str, FrameClock]) -> list[Path]:
    """Write bouts, and what was observed in the file beside it.

    Args:
        path: ``<name>.bouts.csv``.
        bouts: Bouts of one annotator and one or several recordings, all of them 'yes'.
        clocks: Recording -> clock.

    Returns:
        The two files.

    Raises:
        LabelError: There are several annotators, or a bout is 'no' or 'unscorable': this table
            has no column for either.
    """
    refuse_several_annotators(bouts)
    for bout in bouts.rows():
        if bout.state != "yes":
            raise LabelError(
                f"a bout of '{bout.behavior}' is '{bout.state}'",
                recording=bout.recording,
                frame=bout.start,
                expected="'yes': this table has no column for other states",
                todo="write frame_csv, which keeps all four states",
            )
    beside = observed_path(path)
    _write(path, HEAD, (_cells(bout, clocks[bout.recording]) for bout in bouts.rows()))
    ranges = (_cells(piece, clocks[piece.recording]) for piece in bouts.observed)
    _write(beside, OBSERVED_HEAD, ranges)
    return [path, beside]


def _cells(row: Bout | Observed, clock: FrameClock) -> list[str]:
    start_s, stop_s = clock.to_seconds([row.start, row.stop])
    cells = [row.recording, row.animal, row.target, row.behavior, str(row.start), str(row.stop)]
    cells += [f"{start_s:.6f}", f"{stop_s:.6f}"]
    if isinstance(row, Bout):
        # repr is the shortest text that reads back as the same number.
        cells += ["" if math.isnan(row.confidence) else repr(float(row.confidence)), row.source]
    return cells


def _write(path: Path, head: tuple[str, ...], rows: Iterable[list[str]]) -> None:
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
