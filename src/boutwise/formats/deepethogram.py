"""DeepEthogram ``_labels.csv``: one column of 0 and 1 for each behavior, one row a frame.

The first column counts the frames from 0, the second is ``background``: 1 where none of the
behaviors is. Several behaviors of a row may be 1, but not beside the background; -1 is unlabelled.
The tool knows one animal in a video, so the file names none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, LabelError
from boutwise.formats._contract import Contents, LabelTrack
from boutwise.formats._faults import Faults
from boutwise.formats._frame_table import Matrix, states_of
from boutwise.formats._names import recording_of
from boutwise.formats._runs import time_axis
from boutwise.formats._text import Row, Table, head_rows, read_table
from boutwise.formats._writing import refuse_several_annotators, whole_file
from boutwise.types import Bout, Bouts, FrameClock, FrameState, Observed, Subject

DESCRIPTION = "DeepEthogram labels: 0/1 columns by frame from 0, background, -1 unlabelled; written"

BACKGROUND = "background"
_CODES = {"0": 0, "1": 1, "-1": -1, "0.0": 0, "1.0": 1, "-1.0": -1}


def sniff(path: Path) -> bool:
    """Whether a column without a head is followed by ``background`` and all values are states."""
    rows = head_rows(path, 20)
    return (
        len(rows) > 1
        and is_head(rows[0].cells)
        and all(cell.strip() in _CODES for row in rows[1:] for cell in row.cells[1:])
    )


def is_head(cells: tuple[str, ...]) -> bool:
    """Whether these are the heads of a label file: pandas leaves that of the row numbers empty."""
    heads = [cell.strip() for cell in cells[:2]]
    return heads[1:] == [BACKGROUND] and heads[0] in ("", "Unnamed: 0")


def read(path: Path, *, strict: bool = True) -> Contents:
    """Read a label file.

    Args:
        path: The file.
        strict: Stop at a row whose background contradicts its behaviors; else report it and
            leave the row unlabelled.

    Raises:
        FormatError: The header is another, a row is broken, or (strict) contradicts itself.
    """
    table = read_table(path)
    head = tuple(cell.strip() for cell in table.rows[0].cells)
    if not is_head(head) or len(table.rows) < 2 or "" in head[1:] or len(set(head)) != len(head):
        raise FormatError(
            "the columns are not those of DeepEthogram",
            file=path,
            row=1,
            expected="row numbers without a head, background, then every behavior once; and rows",
        )
    faults = Faults(path, format="deepethogram", strict=strict)
    body = table.rows[1:]
    states = np.array([_states(table, row, head) for row in body], dtype=np.int8)
    _check(states, body, head, faults)
    numbers = [row.number for row in body]
    frames = np.array([table.number(row, 0) for row in body])
    axis = time_axis(frames, numbers, path=path, frames=True)
    matrix = Matrix(Subject("", ""), axis, numbers, head[1:], states)
    name = recording_of(re.sub(r"_(labels|predictions)(?=\.\w+$)", "", path.name))
    track = LabelTrack(
        name,
        "frame",
        tuple(matrix.labels()),
        head[1:],
        n_rows=len(body),
        examined=tuple(matrix.examined()),
    )
    problems = (*table.problems, *faults.problems)
    return Contents(path, "deepethogram", name, labels=(track,), problems=problems)


def _states(table: Table, row: Row, head: tuple[str, ...]) -> list[int]:
    if len(row.cells) != len(head):
        raise FormatError(
            f"the row has {len(row.cells)} cells",
            file=table.path,
            row=row.number,
            expected=f"{len(head)}, as in the header",
            todo="the file may have been cut off: export it again",
        )
    for name, cell in zip(head[1:], row.cells[1:], strict=True):
        if cell.strip() not in _CODES:
            raise FormatError(
                f"'{cell}' in the column '{name}' is no state",
                file=table.path,
                row=row.number,
                expected="1 yes, 0 no, -1 unlabelled",
            )
    return [_CODES[cell.strip()] for cell in row.cells[1:]]


def _check(
    states: NDArray[np.int8], body: tuple[Row, ...], head: tuple[str, ...], faults: Faults
) -> None:
    """Report rows in which the background contradicts the behaviors; they become unlabelled."""
    both = (states[:, 0] == 1) & (states[:, 1:] == 1).any(axis=1)
    none = (states == 0).all(axis=1)
    for place in np.flatnonzero(both | none):
        there = [
            name for name, state in zip(head[2:], states[place, 1:], strict=True) if state == 1
        ]
        faults.report(
            f"the frame is background and {' and '.join(map(repr, there))}"
            if there
            else "the frame is neither background nor any behavior",
            row=body[place].number,
            expected="1 for the background exactly where no behavior is 1",
            todo="mend the row, or make all of it -1 if it was not labelled",
        )
        states[place] = FrameState.UNLABELLED


def write(path: Path, bouts: Bouts, *, clocks: Mapping[str, FrameClock]) -> list[Path]:
    """Write the states of the one animal of one recording, the background with them.

    Where the bouts have no behavior ``background``, a frame is background if everything was looked
    for and nothing is there. Frames that were not examined are -1.

    Args:
        path: File to write.
        bouts: Bouts and observed ranges of one annotator, animal and recording.
        clocks: Recording -> clock; it tells how many frames there are.

    Raises:
        LabelError: The bouts are of several animals, recordings or annotators, of a pair, or
            unscorable: DeepEthogram has no words for them.
    """
    recording, subject = _one_subject(bouts, clocks)
    rows: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    named = dict.fromkeys(row.behavior for row in rows)
    behaviors = tuple(name for name in named if name != BACKGROUND)
    n_frames = clocks[recording].n_frames
    states = states_of(bouts, subject, (BACKGROUND, *behaviors), n_frames)
    inner = states[:, 1:]
    if BACKGROUND not in named and behaviors:
        states[:, 0] = np.where(
            (inner == 1).any(axis=1), 0, np.where((inner == -1).any(axis=1), -1, 1)
        )
    wrong = (states == FrameState.UNSCORABLE).any(axis=1)
    wrong |= (states[:, 0] == 1) & (inner == 1).any(axis=1)
    if wrong.any():
        raise LabelError(
            "a frame is unscorable, or background and a behavior at once",
            recording=recording,
            frame=int(np.argmax(wrong)),
            expected="yes, no or unlabelled, and background alone",
            todo="write frame_csv, which keeps everything",
        )
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(("", BACKGROUND, *behaviors))
        for frame, codes in enumerate(states.tolist()):
            writer.writerow((frame, *codes))
    return [path]


def _one_subject(bouts: Bouts, clocks: Mapping[str, FrameClock]) -> tuple[str, Subject]:
    rows: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    subjects = {Subject(row.recording, row.animal, row.target) for row in rows}
    if not rows and len(clocks) == 1:
        return next(iter(clocks)), Subject(next(iter(clocks)), "")
    refuse_several_annotators(bouts)
    if len(subjects) != 1 or any(subject.target for subject in subjects):
        raise LabelError(
            f"there are {len(subjects)} animals or pairs",
            expected="one animal of one recording, toward nobody",
            todo="write frame_csv, which keeps animals, pairs and recordings apart",
        )
    subject = subjects.pop()
    return subject.recording, subject
