"""Predictions of one class a frame as JSON: ``<recording>.clip3d.json``.

Keys ``video_path, frame_count, fps, classes, model, predictions, frame_indices, probabilities``.
``predictions`` has ``frame`` (from 0), ``action`` (a class) and ``confidence`` (its probability),
``probabilities`` a row with a number a class; both run along ``frame_indices``, the frames that
could be judged. Where several animals were predicted, each prediction names its ``animal`` and
whom it is directed at (``target``), and the rows of one follow those of the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents, LabelTrack
from boutwise.formats._names import media_name, recording_of
from boutwise.formats._predicted import (
    NOTHING,
    Judged,
    Origin,
    json_head,
    judged_contents,
    judged_frames,
    load_json,
    refuse_several_classes,
    rounded,
    write_list,
)
from boutwise.formats._prediction import file_stem
from boutwise.formats._writing import whole_file
from boutwise.types import Ethogram, Prediction

DESCRIPTION = "JSON of predictions, a class and probabilities by frame from 0"

ENDING = ".clip3d.json"
KEYS = (
    "video_path",
    "frame_count",
    "fps",
    "classes",
    "model",
    "predictions",
    "frame_indices",
    "probabilities",
)
_HEAD = KEYS[:5]
_VIDEOS = frozenset(
    {".mp4", ".avi", ".mov", ".mkv", ".mpg", ".mpeg", ".m4v", ".mts", ".wmv", ".webm"}
)
_EXPECTED = f"an object with {', '.join(KEYS)}"


def sniff(path: Path) -> bool:
    """Whether it is a JSON object that begins with what it was predicted from."""
    text = json_head(path)
    return text.startswith("{") and all(f'"{key}"' in text for key in _HEAD)


def read(path: Path) -> Contents:
    """Read predictions.

    Raises:
        FormatError: A key is missing, or a frame, class or probability cannot be; ``row`` counts
            the predictions from 1.
    """
    data = load_json(path, dict, _EXPECTED)
    for key in KEYS:
        if key not in data:
            raise FormatError(f"there is no '{key}'", file=path, row=1, expected=_EXPECTED)
    classes = _classes(data["classes"], path)
    n_frames, fps = _number(data, "frame_count", path), _number(data, "fps", path)
    rows = _rows(data, path)
    found: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        who = str(row.get("animal") or ""), str(row.get("target") or "")
        found.setdefault(who, []).append(place)
    chosen = [_place(row.get("action"), classes, path, n) for n, row in enumerate(rows, start=1)]
    frames = _frames(data, rows, int(n_frames), path)
    chances = _chances(data["probabilities"], len(rows), len(classes), path)
    judged = []
    for (animal, target), places in found.items():
        here = frames[places]
        if (np.diff(here) <= 0).any():
            late = places[int(np.argmax(np.diff(here) <= 0)) + 1]
            raise _fault(path, late + 1, "the frames do not count upward", "each frame once")
        judged.append(Judged(animal, target, here, np.array(chosen)[places], chances[places]))
    track = LabelTrack(_name(data, path), "frame", (), fps=fps, length=n_frames)
    source = f"model:{data['model']}"
    return judged_contents(path, "clip3d_json", judged, classes, track=track, source=source)


def _name(data: Mapping[str, Any], path: Path) -> str:
    """The recording: the name of its video, or of this file where it was predicted from pose."""
    video = media_name(str(data["video_path"]))
    if PurePosixPath(video).suffix.lower() in _VIDEOS:
        return recording_of(video)
    return path.name.removesuffix(".json").removesuffix(".clip3d")


def _fault(path: Path, row: int, what: str, expected: str) -> FormatError:
    return FormatError(
        what, file=path, row=row, expected=expected, todo="write the file again, or mend it"
    )


def _classes(value: Any, path: Path) -> tuple[str, ...]:
    named = isinstance(value, list) and all(isinstance(name, str) and name for name in value)
    if not named or not value or len(set(value)) < len(value):
        raise _fault(path, 1, "'classes' is no list of names", "the name of each class, once")
    return tuple(value)


def _number(data: Mapping[str, Any], key: str, path: Path) -> float:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise _fault(path, 1, f"'{key}' is {value!r}", "a number above 0")
    if key == "frame_count" and value % 1:
        raise _fault(path, 1, f"'{key}' is {value!r}", "a whole number")
    return float(value)


def _rows(data: Mapping[str, Any], path: Path) -> list[dict[str, Any]]:
    rows = data["predictions"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _fault(path, 1, "'predictions' is no list of objects", "frame, action, confidence")
    for key in ("frame_indices", "probabilities"):
        if not isinstance(data[key], list) or len(data[key]) != len(rows):
            raise _fault(path, 1, f"'{key}' does not fit the predictions", f"{len(rows)} entries")
    return rows


def _place(action: Any, classes: tuple[str, ...], path: Path, row: int) -> int:
    """Place of a class that is named, or numbered; nothing is no class."""
    if action is None:
        return NOTHING
    if isinstance(action, int) and not isinstance(action, bool) and 0 <= action < len(classes):
        return action
    if action not in classes:
        near = did_you_mean(str(action), classes)
        raise _fault(path, row, f"'{action}' is no class; {near}", ", ".join(classes))
    return classes.index(action)


def _frames(
    data: Mapping[str, Any], rows: list[dict[str, Any]], n_frames: int, path: Path
) -> NDArray[np.int64]:
    for number, (frame, row) in enumerate(zip(data["frame_indices"], rows, strict=True), start=1):
        if type(frame) is not int or not 0 <= frame < n_frames or row.get("frame") != frame:
            what = f"the frame is {frame!r}, and {row.get('frame')!r} in the prediction"
            raise _fault(path, number, what, f"the same in both, from 0 to {n_frames - 1}")
    return np.array(data["frame_indices"], dtype=np.int64)


def _chances(value: list[Any], n_rows: int, n_classes: int, path: Path) -> NDArray[np.float32]:
    for number, row in enumerate(value, start=1):
        whole = isinstance(row, list) and len(row) == n_classes
        if not whole or not all(type(v) in (int, float) and 0 <= v <= 1 for v in row):
            raise _fault(path, number, "the probabilities cannot be", f"{n_classes} from 0 to 1")
    return np.array(value, dtype=np.float32).reshape(n_rows, n_classes)


def refuse(folder: Path, ethogram: Ethogram) -> None:
    """Refuse what cannot be written, before anything is predicted.

    Raises:
        UsageError: A frame may show two behaviors.
    """
    refuse_several_classes(ethogram, "clip3d_json")


def prediction_path(folder: Path, origin: Origin) -> Path:
    """The file of a recording below a folder of predictions."""
    return folder / f"{file_stem(origin.recording)}{ENDING}"


def write_prediction(path: Path, prediction: Prediction, origin: Origin) -> list[Path]:
    """Write a prediction; frames that could not be judged are left out."""
    judged, names = judged_frames(prediction), prediction.ethogram.names
    head = {
        "video_path": origin.source,
        "frame_count": prediction.clock.n_frames,
        "fps": float(prediction.clock.fps),
        "classes": list(names),
        "model": origin.model,
    }
    with whole_file(path) as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "predictions": ')
        write_list(file, (row for each in judged for row in _actions(each, names)))
        file.write(', "frame_indices": ')
        write_list(file, (frame for each in judged for frame in each.frames.tolist()))
        file.write(', "probabilities": ')
        write_list(file, (row for each in judged for row in rounded(each.probabilities)))
        file.write("}\n")
    return [path]


def _actions(judged: Judged, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    chances = rounded(judged.probabilities)
    who = {"animal": judged.animal, "target": judged.target} if judged.animal else {}
    for place, frame in enumerate(judged.frames.tolist()):
        column = int(judged.chosen[place])
        action = None if column == NOTHING else names[column]
        confidence = None if column == NOTHING else chances[place][column]
        yield {"frame": frame, "action": action, "confidence": confidence, **who}
