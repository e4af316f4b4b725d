"""Events as JSON: a list of ``{frame_range, label, label_name, confidence, bbox}``.

``frame_range`` is the first and the last frame, both inside, counted from 0; ``label`` the place of
the behavior in the list of the model, ``label_name`` its name; ``confidence`` the mean probability;
``bbox`` what lies around all boxes of the animal during the event (left, top, right, bottom in
pixels, just outside), null where there is none. An event of one of several animals also names its
``animal``, and whom it is directed at (``target``). Written are all behaviors, the background too.
Frames that could not be judged have no place here: of the frames between the events nothing is
known.
"""

from __future__ import annotations

import math
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._names import recording_of
from boutwise.formats._predicted import Origin, json_head, load_json, rounded, write_list
from boutwise.formats._prediction import file_stem
from boutwise.formats._writing import whole_file
from boutwise.types import Boxes, Ethogram, Prediction
from boutwise.types.frame_states import runs

DESCRIPTION = "JSON list of predicted events: frames from 0, last frame inside; boxes"

FOLDER = "events"
KEYS = ("frame_range", "label", "label_name", "confidence", "bbox")
_EXPECTED = f"a list of objects with {', '.join(KEYS)}"


def sniff(path: Path) -> bool:
    """Whether it is a JSON list of events, or of nothing."""
    text = json_head(path)
    if not text.startswith("["):
        return False
    return text[1:].strip() == "]" or ('"frame_range"' in text and '"label_name"' in text)


def read(path: Path) -> Contents:
    """Read the events of one recording; their boxes stay in the file.

    Raises:
        FormatError: An event cannot be; ``row`` counts the events from 1.
    """
    events = load_json(path, list, _EXPECTED)
    rows = tuple(_row(event, number, path) for number, event in enumerate(events, start=1))
    name = recording_of(path.name)
    behaviors = tuple(dict.fromkeys(row.behavior for row in rows))
    track = LabelTrack(name, "frame", rows, behaviors, examined=rows)
    return Contents(path, "events_json", name, labels=(track,))


def _row(event: Any, number: int, path: Path) -> LabelRow:
    if not isinstance(event, dict) or not {"frame_range", "label_name"} <= set(event):
        raise _fault(path, number, "this is no event", _EXPECTED)
    ends, name = event["frame_range"], event["label_name"]
    if not isinstance(name, str) or not name:
        raise _fault(path, number, f"the label is {name!r}", "the name of a behavior")
    whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
    if not whole or not 0 <= ends[0] <= ends[1]:
        expected = "a first frame of 0 or more and a last one that is not before it"
        raise _fault(path, number, f"'{name}' has the frames {ends}", expected)
    chance = event.get("confidence")
    if chance is not None and (type(chance) not in (int, float) or not 0 <= chance <= 1):
        raise _fault(path, number, f"the confidence is {chance!r}", "a number from 0 to 1, or null")
    return LabelRow(
        name,
        ends[0],
        ends[1] + 1,
        number,
        str(event.get("animal") or ""),
        str(event.get("target") or ""),
        confidence=math.nan if chance is None else float(chance),
        source="model:events",
    )


def _fault(path: Path, row: int, what: str, expected: str) -> FormatError:
    return FormatError(
        what, file=path, row=row, expected=expected, todo="mend the event, or write the file again"
    )


def refuse(folder: Path, ethogram: Ethogram) -> None:
    """All behaviors can be written anywhere."""


def prediction_path(folder: Path, origin: Origin) -> Path:
    """The file of a recording: below ``events`` the folders are those of the input."""
    parts = [file_stem(part) for part in PurePosixPath(origin.recording).parts]
    return folder.joinpath(FOLDER, *parts[:-1], f"{parts[-1]}.json")


def write_prediction(path: Path, prediction: Prediction, origin: Origin) -> list[Path]:
    """Write what was decided as events, by their first frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    alone = len(prediction.subjects) == 1 and not prediction.subjects[0].target
    events = []
    for place, subject in enumerate(prediction.subjects):
        who = {} if alone else {"animal": subject.animal, "target": subject.target}
        for column, name in enumerate(prediction.ethogram.names):
            chances = prediction.probabilities[place, :, column]
            for start, stop in runs(prediction.decided[place, :, column]):
                mean = chances[start:stop].mean(dtype="float64", keepdims=True)
                events.append(
                    {
                        "frame_range": [start, stop - 1],
                        "label": column,
                        "label_name": name,
                        "confidence": rounded(mean)[0],
                        "bbox": _around(prediction.boxes, subject.animal, start, stop),
                        **who,
                    }
                )
    events.sort(key=lambda event: event["frame_range"])
    with whole_file(path) as file:
        write_list(file, events)
        file.write("\n")
    return [path]


def _around(boxes: Boxes | None, animal: str, start: int, stop: int) -> list[float] | None:
    """What lies around all boxes of an animal in some frames; None where it has none."""
    if boxes is None or animal not in boxes.animals:
        return None
    corners = boxes.corners[start:stop, boxes.index(animal)]
    corners = corners[np.isfinite(corners).all(axis=1)]
    if not len(corners):
        return None
    return [*corners[:, :2].min(axis=0).tolist(), *corners[:, 2:].max(axis=0).tolist()]
