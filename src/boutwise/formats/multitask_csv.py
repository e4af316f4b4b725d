"""Predictions frame by frame as a table: ``Frame,Action`` and a probability a class.

``Frame`` counts from 0. ``Action`` is the number of the class, as in the labels that such models
learn from: where all classes are among those of the pain videos their numbers there, else the
place among the columns of probabilities, from 0. These are called ``p:<class>``. A frame that could
not be judged has neither; one that was judged and shows nothing has probabilities only. Where
several animals were predicted, the columns ``animal`` and ``target`` stand between.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents, LabelTrack
from boutwise.formats._predicted import (
    NOTHING,
    Judged,
    Origin,
    judged_contents,
    judged_frames,
    refuse_several_classes,
    rounded,
)
from boutwise.formats._prediction import file_stem
from boutwise.formats._runs import time_axis
from boutwise.formats._text import Row, Table, head_rows, read_table
from boutwise.formats._writing import whole_file
from boutwise.formats.trial_labels import CHANCE, CLASSES, is_prediction, name_parts
from boutwise.types import Ethogram, Prediction

DESCRIPTION = "Frame,Action and p:<class>: predictions by frame from 0, classes by number"

ENDING = ".multitask.csv"
HEAD = ("Frame", "Action")
WHO = ("animal", "target")


def sniff(path: Path) -> bool:
    """Whether the columns are ``Frame``, ``Action`` and probabilities."""
    rows = head_rows(path, 1)
    return bool(rows) and is_prediction([cell.strip() for cell in rows[0].cells])


def codes_of(classes: tuple[str, ...]) -> tuple[int, ...]:
    """The number of each class.

    >>> codes_of(("rest", "walk")), codes_of(("rest", "rear"))
    ((0, 6), (0, 1))
    """
    known = {name: code for code, name in CLASSES.items()}
    if all(name in known for name in classes):
        return tuple(known[name] for name in classes)
    return tuple(range(len(classes)))


def read(path: Path) -> Contents:
    """Read predictions.

    Raises:
        FormatError: A frame, class or probability cannot be, or a row is broken.
    """
    table = read_table(path)
    head = [cell.strip() for cell in table.rows[0].cells]
    if not is_prediction(head) or len(set(head)) < len(head):
        raise FormatError(
            "the columns are not those of such predictions",
            file=path,
            row=table.rows[0].number,
            expected="Frame, Action, perhaps animal and target, then p:<class> for every class",
        )
    if len(table.rows) == 1:
        raise FormatError("there are no frames below the header", file=path, row=2)
    classes = tuple(name.removeprefix(CHANCE) for name in head if name.startswith(CHANCE))
    named = len(head) - len(classes) > len(HEAD)
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in table.rows[1:]:
        if len(row.cells) != len(head):
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=path,
                row=row.number,
                expected=f"{len(head)}, as in the header",
                todo="the file may have been cut off: write it again",
            )
        groups.setdefault((row.cells[2], row.cells[3]) if named else ("", ""), []).append(row)
    judged = [_judged(table, who, rows, classes) for who, rows in groups.items()]
    ours = path.name.lower().endswith(ENDING)  # a number at its end belongs to the recording
    recording, trial = (path.name[: -len(ENDING)], None) if ours else name_parts(path)
    last = max(int(table.number(row, 0)) for row in table.rows[1:])
    track = LabelTrack(recording, "frame", (), n_rows=last + 1, trial=trial)
    source = "model:multitask"
    return judged_contents(path, "multitask_csv", judged, classes, track=track, source=source)


def _judged(
    table: Table, who: tuple[str, str], rows: list[Row], classes: tuple[str, ...]
) -> Judged:
    numbers = [row.number for row in rows]
    frames = np.array([table.number(row, 0) for row in rows])
    time_axis(frames, numbers, path=table.path, frames=True)
    codes = {code: place for place, code in enumerate(codes_of(classes))}
    chances = np.array([_chances(table, row, len(classes)) for row in rows], dtype=np.float32)
    chances = chances.reshape(len(rows), len(classes))
    seen = np.isfinite(chances[:, 0])
    chosen = [_place(table, row, codes, classes) for row in rows]
    for row, action, there in zip(rows, chosen, seen, strict=True):
        if action != NOTHING and not there:
            raise FormatError(
                "a class without probabilities",
                file=table.path,
                row=row.number,
                expected="both, or an empty row where the frame could not be judged",
            )
    frame = frames[seen].astype(np.int64)
    return Judged(*who, frame, np.array(chosen, dtype=np.int64)[seen], chances[seen])


def _chances(table: Table, row: Row, n_classes: int) -> list[float]:
    first = len(row.cells) - n_classes
    values = [table.number(row, column) for column in range(first, len(row.cells))]
    missing = sum(map(math.isnan, values))
    if missing not in (0, n_classes) or any(not 0 <= v <= 1 for v in values if v == v):
        raise FormatError(
            "the probabilities cannot be",
            file=table.path,
            row=row.number,
            expected=f"{n_classes} numbers from 0 to 1, or none at all",
        )
    return values


def _place(table: Table, row: Row, codes: dict[int, int], classes: tuple[str, ...]) -> int:
    text = row.cells[1].strip()
    if not text:
        return NOTHING
    code = table.number(row, 1)
    if code not in codes:
        known = ", ".join(f"{number} {classes[place]}" for number, place in codes.items())
        raise FormatError(f"'{text}' is no class", file=table.path, row=row.number, expected=known)
    return codes[int(code)]


def refuse(folder: Path, ethogram: Ethogram) -> None:
    """Refuse what cannot be written, before anything is predicted.

    Raises:
        UsageError: A frame may show two behaviors.
    """
    refuse_several_classes(ethogram, "multitask_csv")


def prediction_path(folder: Path, origin: Origin) -> Path:
    """The file of a recording below a folder of predictions."""
    return folder / f"{file_stem(origin.recording)}{ENDING}"


def write_prediction(path: Path, prediction: Prediction, origin: Origin) -> list[Path]:
    """Write a prediction, a row for every frame of every subject."""
    names = prediction.ethogram.names
    judged = judged_frames(prediction)
    named = bool(judged[0].animal)
    codes = codes_of(names)
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow([*HEAD, *(WHO if named else ()), *(f"{CHANCE}{name}" for name in names)])
        for each in judged:
            who = [each.animal, each.target] if named else []
            found = zip(each.chosen.tolist(), rounded(each.probabilities), strict=True)
            known = dict(zip(each.frames.tolist(), found, strict=True))
            for frame in range(prediction.clock.n_frames):
                column, chances = known.get(frame, (NOTHING, [""] * len(names)))
                action = "" if column == NOTHING else codes[column]
                writer.writerow([frame, action, *who, *chances])
    return [path]
