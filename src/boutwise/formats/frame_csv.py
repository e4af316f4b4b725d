"""boutwise's own table by frame: all four states of every behavior, to be read back as it was.

Columns ``recording, frame, time_s, animal, target``, then one for each behavior: 1 yes, 0 no,
-1 unlabelled, -2 unscorable. Frames count from 0 and all are there. Touching bouts of one behavior
become one; annotator, confidence and comments are not kept.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._frame_table import Matrix, states_of
from boutwise.formats._names import recording_of
from boutwise.formats._runs import time_axis
from boutwise.formats._text import Row, Table, head_rows, read_table
from boutwise.formats._writing import refuse_several_annotators, whole_file
from boutwise.types import Bout, Bouts, FrameClock, FrameState, Observed, Subject

DESCRIPTION = "boutwise table by frame from 0: states 1, 0, -1, -2 of every behavior; also written"

HEAD = ("recording", "frame", "time_s", "animal", "target")
_CODES = {str(int(state)): int(state) for state in FrameState}


def sniff(path: Path) -> bool:
    """Whether the header begins with recording, frame, time_s, animal, target."""
    rows = head_rows(path, 1)
    return bool(rows) and tuple(cell.strip() for cell in rows[0].cells[: len(HEAD)]) == HEAD


def read(path: Path) -> Contents:
    """Read a table by frame.

    Raises:
        FormatError: A column is missing, a state is unknown, frames repeat or run backward.
    """
    table = read_table(path)
    head = tuple(cell.strip() for cell in table.rows[0].cells)
    if head[: len(HEAD)] != HEAD or len(set(head)) != len(head):
        raise FormatError(
            "the columns are not those of a table by frame",
            file=path,
            row=1,
            expected=", ".join(HEAD) + ", then every behavior once",
        )
    groups: dict[Subject, list[Row]] = {}
    for row in table.rows[1:]:
        if len(row.cells) != len(head) or not row.cells[0]:
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=path,
                row=row.number,
                expected=f"{len(head)}, as in the header, with a recording",
                todo="the file may have been cut off: write it again",
            )
        groups.setdefault(Subject(row.cells[0], row.cells[3], row.cells[4]), []).append(row)
    tracks = _tracks(table, groups, head[len(HEAD) :])
    base = recording_of(path.name)
    if not tracks:
        tracks = (LabelTrack(base, "frame", (), head[len(HEAD) :], examined=()),)
    name = tracks[0].recording if len(tracks) == 1 else base
    return Contents(path, "frame_csv", name, labels=tracks, problems=table.problems)


def _tracks(
    table: Table, groups: Mapping[Subject, list[Row]], behaviors: tuple[str, ...]
) -> tuple[LabelTrack, ...]:
    tracks = []
    for recording in dict.fromkeys(subject.recording for subject in groups):
        labels: list[LabelRow] = []
        examined: list[LabelRow] = []
        n_rows = 0
        for subject, rows in groups.items():
            if subject.recording == recording:
                matrix = _matrix(table, subject, rows, behaviors)
                labels += matrix.labels()
                examined += matrix.examined()
                n_rows = max(n_rows, len(rows))
        tracks.append(
            LabelTrack(
                recording,
                "frame",
                tuple(labels),
                behaviors,
                n_rows=n_rows,
                examined=tuple(examined),
            )
        )
    return tuple(tracks)


def _matrix(table: Table, subject: Subject, rows: list[Row], behaviors: tuple[str, ...]) -> Matrix:
    numbers = [row.number for row in rows]
    frames = np.array([table.number(row, 1) for row in rows])
    axis = time_axis(frames, numbers, path=table.path, frames=True)
    states = np.empty((len(rows), len(behaviors)), dtype=np.int8)
    for entry, row in enumerate(rows):
        for column, cell in enumerate(row.cells[len(HEAD) :]):
            if cell.strip() not in _CODES:
                raise FormatError(
                    f"'{cell}' in the column '{behaviors[column]}' is no state",
                    file=table.path,
                    row=row.number,
                    expected="1 yes, 0 no, -1 unlabelled, -2 unscorable",
                )
            states[entry, column] = _CODES[cell.strip()]
    return Matrix(subject, axis, numbers, behaviors, states)


def write(path: Path, bouts: Bouts, *, clocks: Mapping[str, FrameClock]) -> list[Path]:
    """Write the states of every frame of every recording and subject that occurs.

    Args:
        path: File to write.
        bouts: Bouts and observed ranges of one annotator.
        clocks: Recording -> clock; it tells how many frames there are.

    Raises:
        LabelError: There are several annotators, or a bout ends after its recording.
    """
    refuse_several_annotators(bouts)
    rows: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    behaviors = tuple(dict.fromkeys(row.behavior for row in rows))
    subjects = dict.fromkeys(Subject(row.recording, row.animal, row.target) for row in rows)
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow((*HEAD, *behaviors))
        for subject in subjects:
            clock = clocks[subject.recording]
            states = states_of(bouts, subject, behaviors, clock.n_frames)
            times = clock.to_seconds(np.arange(clock.n_frames))
            for frame, (second, codes) in enumerate(zip(times, states.tolist(), strict=True)):
                start = (subject.recording, frame, f"{second:.6f}", subject.animal, subject.target)
                writer.writerow((*start, *codes))
    return [path]
