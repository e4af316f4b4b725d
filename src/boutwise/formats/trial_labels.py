"""Labels of one trial, frame by frame: ``prediction_<video file name>_<trial>.csv``.

Columns ``Frame,Action``: the frame counts from 0 within the trial, the action is the code of a
class. Further columns (probabilities of a prediction) are left alone. A file that begins behind
frame 0, or has fewer rows than its trial, keeps its own count; where it belongs is decided when
the labels meet their recording (:func:`boutwise.formats.label_offset`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._names import SUFFIX, recording_of
from boutwise.formats._runs import observed_ranges, stretches, time_axis
from boutwise.formats._text import Table, head_rows, read_table
from boutwise.types import Problem, Severity

DESCRIPTION = "prediction_<video>_<trial>.csv (Frame,Action): classes by frame from 0 in the trial"

CLASSES: Mapping[int, str] = {
    0: "rest",
    1: "paw_withdraw",
    2: "paw_lick",
    3: "paw_guard",
    4: "paw_shake",
    5: "flinch",
    6: "walk",
    7: "active",
}
"""Code in the file -> behavior: the eight classes of the pain videos."""

CHANCE = "p:"
"""Beginning of a column of probabilities, in the tables of ``multitask_csv``."""

_PREFIX = re.compile("^predictions?_", re.IGNORECASE)
_NAME = re.compile(rf"^(?:predictions?_)?(.+?)(?:{SUFFIX})?_(\d+)$", re.IGNORECASE)


def sniff(path: Path) -> bool:
    """Whether the first two columns are ``Frame`` and ``Action``."""
    rows = head_rows(path, 1)
    cells = _head(rows[0].cells) if rows else []
    return cells[:2] == ["frame", "action"] and not is_prediction(cells)


def is_prediction(cells: Sequence[str]) -> bool:
    """Whether these columns are those of ``multitask_csv``, which has a reader of its own."""
    if [cell.lower() for cell in cells[:2]] != ["frame", "action"]:
        return False
    rest = list(cells[2:])
    if rest[:2] == ["animal", "target"]:
        rest = rest[2:]
    return bool(rest) and all(cell.startswith(CHANCE) and cell != CHANCE for cell in rest)


def _head(cells: tuple[str, ...]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def name_parts(path: Path) -> tuple[str, int | None]:
    """Recording and trial as the file name has them; no trial when the name has none.

    >>> name_parts(Path("prediction_cage 3.mp4_2.csv")), name_parts(Path("cage 3_12.csv"))
    (('cage 3', 2), ('cage 3', 12))
    """
    found = _NAME.match(path.stem)
    if found:
        return found.group(1), int(found.group(2))
    return _without_prefix(path), None


def _without_prefix(path: Path) -> str:
    return recording_of(_PREFIX.sub("", path.stem))


def read(
    path: Path,
    *,
    classes: Mapping[int, str] | None = None,
    trial: int | Literal["none"] | None = None,
) -> Contents:
    """Read the labels of one trial.

    Args:
        path: The file.
        classes: Code -> behavior; the eight source classes when not given.
        trial: Number of the trial, where the file name has none; ``none`` when the number at the
            end of the name belongs to the recording.

    Raises:
        FormatError: A code without a class, a frame that repeats or runs backward, a broken row.
    """
    names = {int(code): str(name) for code, name in (classes or CLASSES).items()}
    table = read_table(path)
    if not table.rows or _head(table.rows[0].cells)[:2] != ["frame", "action"]:
        raise FormatError(
            "the columns are not Frame and Action",
            file=path,
            row=table.rows[0].number if table.rows else 1,
            expected="a header Frame,Action",
        )
    if len(table.rows) == 1:
        raise FormatError("there are no labels below the header", file=path, row=2)
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
    recording, number = name_parts(path)
    if trial == "none":
        recording, number = _without_prefix(path), None
    elif trial is not None:
        number = trial
    track = _track(table, names, recording, number)
    problems = table.problems
    if classes is None and not _PREFIX.match(path.stem):
        problems = (*problems, *_taken_for_granted(track, path))
    return Contents(path, "trial_labels", recording, labels=(track,), problems=problems)


def _taken_for_granted(track: LabelTrack, path: Path) -> tuple[Problem, ...]:
    """That codes were given names, for a file whose name does not say that they are these."""
    used = {row.behavior for row in track.rows}
    words = ", ".join(f"{code} {name}" for code, name in CLASSES.items() if name in used)
    what = f"its codes are read as the classes of the pain videos: {words}"
    todo = "if they are others, give a mapping: {format: trial_labels, classes: {0: NAME, ...}}"
    return (Problem("trial_labels", Severity.WARNING, what, file=str(path), todo=todo),)


def _track(
    table: Table, classes: Mapping[int, str], recording: str, trial: int | None
) -> LabelTrack:
    body = table.rows[1:]
    starts = np.array([table.number(row, 0) for row in body])
    rows = [row.number for row in body]
    axis = time_axis(starts, rows, path=table.path, frames=True)
    labels = [
        _class(table, number, row.cells[1], classes) for number, row in zip(rows, body, strict=True)
    ]
    found = tuple(
        LabelRow(labels[run.first], axis.starts[run.first], axis.stops[run.last], rows[run.first])
        for run in stretches(labels, axis.joined)
    )
    return LabelTrack(
        recording,
        "frame",
        found,
        behaviors=tuple(dict.fromkeys(classes.values())),
        observed=observed_ranges(axis, np.ones(len(body), dtype=bool)),
        n_rows=len(body),
        trial=trial,
    )


def _class(table: Table, row: int, cell: str, classes: Mapping[int, str]) -> str:
    """The behavior of a code, or of a name where the file has names."""
    text = cell.strip()
    if text in classes.values():
        return text
    code = re.fullmatch(r"(\d+)(?:\.0*)?", text)
    if code is None or int(code.group(1)) not in classes:
        known = [f"{number} {name}" for number, name in classes.items()]
        raise FormatError(
            f"'{text}' is no class",
            file=table.path,
            row=row,
            expected=", ".join(known),
            todo=f"give the classes of this file; {did_you_mean(text, classes.values())}"
            if text
            else "the label is missing: mend the file",
        )
    return classes[int(code.group(1))]
