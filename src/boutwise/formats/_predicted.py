"""Predictions as other programs read them: where they came from, and one class a frame."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, UsageError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._prediction import label_columns
from boutwise.formats._text import encoding_of, first_bytes, read_bytes
from boutwise.types import Ethogram, Prediction
from boutwise.types.frame_states import runs

DECIMALS = 7
"""Of written probabilities; they are computed with as many digits."""
NOTHING = -1
"""In place of a class: the frame was judged, and shows none."""
_PIECE = 4096


def json_head(path: Path) -> str:
    """How a JSON file begins; empty for a file of another kind."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return ""
    data = first_bytes(path)
    if encoding_of(data) is None:
        return ""
    return data.decode("utf-8-sig", errors="replace").strip()


@dataclass(frozen=True)
class Origin:
    """Where a prediction came from.

    Attributes:
        recording: Id of the recording.
        source: The file that was predicted: the video where there is one, else the pose.
        model: Name and id of the bundle, or of several.
        size: (height, width) of the pictures of its video; None where there is none.
    """

    recording: str
    source: str
    model: str
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Judged:
    """The frames of one subject that could be judged, each with one class.

    Attributes:
        animal: Who it is of; empty where the file has one animal.
        target: Whom it is directed at; empty for none.
        frames: (judged,), int64, ascending.
        chosen: (judged,), int64: place of the class, or :data:`NOTHING`.
        probabilities: (judged, classes), float32.
    """

    animal: str
    target: str
    frames: NDArray[np.int64]
    chosen: NDArray[np.int64]
    probabilities: NDArray[np.float32]


def refuse_several_classes(ethogram: Ethogram, format: str) -> None:
    """Refuse behaviors of which a frame may show two: there is room for one.

    Raises:
        UsageError: The behaviors are no single choice.
    """
    if len(label_columns(ethogram)) > 1:
        raise UsageError(
            f"'{format}' has one class a frame, and behaviors of this bundle may overlap: "
            f"{', '.join(ethogram.names)}",
            expected="one exclusive group, or one behavior",
            todo="write events_json, bouts_csv or supervisely, which have room for several",
        )


def judged_frames(prediction: Prediction) -> list[Judged]:
    """The frames of a prediction that could be judged, subject by subject.

    A single animal has no name in the files of programs that know only one.
    """
    alone = len(prediction.subjects) == 1 and not prediction.subjects[0].target
    found = []
    for place, subject in enumerate(prediction.subjects):
        frames = np.flatnonzero(prediction.observed[place])
        decided = prediction.decided[place, frames]
        chosen = np.where(decided.any(axis=1), decided.argmax(axis=1), NOTHING)
        values = prediction.probabilities[place, frames]
        animal = "" if alone else subject.animal
        found.append(Judged(animal, subject.target, frames, chosen, values))
    return found


def judged_labels(
    judged: Sequence[Judged], behaviors: tuple[str, ...], *, source: str
) -> tuple[tuple[LabelRow, ...], tuple[LabelRow, ...]]:
    """Bouts of what a file chose, and the ranges that were judged.

    Args:
        judged: Of all subjects of the file.
        behaviors: Names of the classes.
        source: Origin of the bouts, such as ``model:clip3d``.
    """
    rows: list[LabelRow] = []
    examined: list[LabelRow] = []
    for each in judged:
        total = int(each.frames[-1]) + 1 if len(each.frames) else 0
        seen = np.zeros(total, dtype=bool)
        seen[each.frames] = True
        for column, name in enumerate(behaviors):
            shown = np.zeros(total, dtype=bool)
            shown[each.frames] = each.chosen == column
            for start, stop in runs(shown):
                first, last = np.searchsorted(each.frames, (start, stop))
                chance = each.probabilities[first:last, column].mean(dtype="float64")
                row = LabelRow(name, start, stop, int(first) + 1, each.animal, each.target)
                rows.append(replace(row, confidence=float(chance), source=source))
            examined += [
                LabelRow(name, start, stop, 0, each.animal, each.target)
                for start, stop in runs(seen)
            ]
    rows.sort(key=lambda row: (row.animal, row.target, row.start))
    return tuple(rows), tuple(examined)


# Six parameters: what a file says of its recording.
def judged_contents(
    path: Path,
    format: str,
    judged: Sequence[Judged],
    behaviors: tuple[str, ...],
    *,
    track: LabelTrack,
    source: str,
) -> Contents:
    """What a file of one class a frame holds.

    Args:
        path: The file.
        format: Its format.
        judged: Of all subjects.
        behaviors: Names of the classes.
        track: What else is known of the recording; its rows are filled in.
        source: Origin of the bouts.
    """
    rows, examined = judged_labels(judged, behaviors, source=source)
    filled = LabelTrack(
        **{**vars(track), "rows": rows, "behaviors": behaviors, "examined": examined}
    )
    n_frames = int(track.length or track.n_rows or 0)
    chances: dict[tuple[str, str], Mapping[str, NDArray[np.float32]]] = {}
    for each in judged:
        table = np.full((n_frames, len(behaviors)), np.nan, dtype=np.float32)
        table[each.frames] = each.probabilities
        chances[each.animal, each.target] = dict(zip(behaviors, table.T, strict=True))
    return Contents(
        path, format, track.recording, labels=(filled,), fps=track.fps, probabilities=chances
    )


def rounded(values: NDArray[np.float32]) -> Any:
    """Probabilities as plain numbers."""
    return np.round(values.astype(np.float64), DECIMALS).tolist()


def write_list(file: TextIO, items: Iterable[object]) -> None:
    """Write a long list as JSON, some thousand items at a time."""
    file.write("[")
    piece: list[object] = []
    begun = False
    for item in items:
        piece.append(item)
        if len(piece) == _PIECE:
            file.write(("," if begun else "") + _inside(piece))
            begun, piece = True, []
    if piece:
        file.write(("," if begun else "") + _inside(piece))
    file.write("]")


def _inside(piece: list[object]) -> str:
    return json.dumps(piece, ensure_ascii=False, allow_nan=False)[1:-1]


def load_json(path: Path, kind: type, expected: str) -> Any:
    """A JSON file whose outermost value is of that kind.

    Raises:
        FormatError: It is no JSON, or something else.
    """
    try:
        loaded = json.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"the file cannot be read as JSON: {error}",
            file=path,
            row=getattr(error, "lineno", 1),
            expected=expected,
            todo="the file may have been cut off: write it again",
        ) from error
    if not isinstance(loaded, kind):
        raise FormatError("the file holds something else", file=path, row=1, expected=expected)
    return loaded
