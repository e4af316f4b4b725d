"""Predictions as a Supervisely project of videos, beside the one that they were made from.

The data sets and file names are those of the input; the videos are not copied. What Supervisely
has no word for is kept in keys of our own, which its programs pass over: the name of the animal of
an object, the confidence and the target of a tag, the model.
"""

from __future__ import annotations

import colorsys
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from boutwise.errors import DataError, FormatError, UsageError
from boutwise.formats._predicted import Origin, load_json, rounded, write_list
from boutwise.formats._prediction import file_stem
from boutwise.formats._writing import whole_file
from boutwise.types import Boxes, Ethogram, Prediction
from boutwise.types.frame_states import runs

FOLDER = "supervisely"
META = "meta.json"
MAKER = "boutwise"
"""Stands in what was written here, so that no annotation of people is ever replaced."""
CLASS = "mouse"
DATASET = "dataset"
"""Of recordings that lie in no folder."""


def refuse(folder: Path, ethogram: Ethogram) -> None:
    """Refuse to write where somebody else's project is, before anything is predicted.

    Raises:
        UsageError: The folder lies in a project, or has one in place of ours.
    """
    for above in (folder.resolve(), *folder.resolve().parents):
        if _of_others(above / META):
            raise UsageError(
                "the folder for the results lies in a Supervisely project",
                file=above,
                expected="a folder outside of it: the project stays as it is",
                todo="choose another --out",
            )
    meta = folder / FOLDER / META
    if _of_others(meta):
        raise UsageError(
            "there is a Supervisely project that predict did not write",
            file=meta.parent,
            expected="none, or one that an earlier prediction wrote",
            todo="choose another --out",
        )


def _of_others(meta: Path) -> bool:
    """Whether it is the file of a project that was not written here."""
    try:
        known = load_json(meta, dict, "a file of a Supervisely project")
    except FormatError:
        return False  # there is none, or it is of another program
    return {"classes", "tags"} <= set(known) and known.get("createdBy") != MAKER


def prediction_path(folder: Path, origin: Origin) -> Path:
    """The annotation of a recording: where it is in the project of its video, or by its id."""
    return folder.joinpath(FOLDER, *_dataset(origin), "ann", f"{_video(origin)}.json")


def _video(origin: Origin) -> str:
    """Name of the video file.

    Raises:
        DataError: There is no video.
    """
    if origin.size is None:
        raise DataError(
            "there is no video, and a Supervisely annotation is of one",
            recording=origin.recording,
            expected="a recording with a video",
            todo="leave --write supervisely out, or import the video of the recording",
        )
    return Path(origin.source).name


def _dataset(origin: Origin) -> tuple[str, ...]:
    """Folders of the data set, below the project."""
    path = Path(origin.source).resolve()
    if path.parent.name == "video":
        dataset = path.parent.parent
        for root in dataset.parents:
            if (root / META).is_file():
                return dataset.relative_to(root).parts
    parts = [file_stem(part) for part in PurePosixPath(origin.recording).parts[:-1]]
    return tuple("/datasets/".join(parts or [DATASET]).split("/"))


def write_prediction(path: Path, prediction: Prediction, origin: Origin) -> list[Path]:
    """Write the annotation of a recording, and ``meta.json`` of the project.

    Args:
        path: As :func:`prediction_path` gave it.
        prediction: Decided bouts become tags, boxes rectangles.
        origin: Of the prediction.

    Raises:
        DataError: There is an annotation that is of something else.
    """
    _refuse_another(path, origin)
    path.parent.mkdir(parents=True, exist_ok=True)
    tags, objects, keys = _tags(prediction)
    head = {
        "size": dict(zip(("height", "width"), origin.size or (0, 0), strict=True)),
        "description": f"predicted by {origin.model}",
        "createdBy": MAKER,
        "recording": origin.recording,
        "model": origin.model,
        "key": _key(origin.recording),
        "framesCount": prediction.clock.n_frames,
        "tags": tags,
        "objects": objects,
    }
    with whole_file(path) as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "frames": ')
        boxes = prediction.boxes
        write_list(file, () if boxes is None else _frames(boxes, keys))
        file.write("}\n")
    meta = path.parents[1 + len(_dataset(origin))] / META
    with whole_file(meta) as file:
        json.dump(_meta(prediction.ethogram), file, ensure_ascii=False, indent=1)
    return [path, meta]


def _refuse_another(path: Path, origin: Origin) -> None:
    if not path.exists():
        return
    known = load_json(path, dict, "an annotation of a video")
    if known.get("createdBy") != MAKER or known.get("recording") != origin.recording:
        raise DataError(
            "another annotation is there already",
            file=path,
            recording=origin.recording,
            expected="none, or what an earlier prediction of this recording wrote",
            todo="choose another --out, or give the videos different names",
        )


def _tags(
    prediction: Prediction,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Tags of the video, its objects with theirs, and the key of each animal's object.

    The only animal of a video needs no name: its tags are those of the video.
    """
    boxes = prediction.boxes
    named = dict.fromkeys(subject.animal for subject in prediction.subjects)
    boxed = dict.fromkeys(() if boxes is None else boxes.animals)
    animals = list(named | boxed)
    keys = {animal: _key(prediction.recording, animal) for animal in animals}
    found: dict[str, list[dict[str, Any]]] = {animal: [] for animal in animals}
    for place, subject in enumerate(prediction.subjects):
        found[subject.animal] += _tags_of(prediction, place)
    tags: list[dict[str, Any]] = []
    if len(animals) == 1:
        tags, found = found[animals[0]], {animals[0]: []}
    objects = [
        {"key": keys[animal], "classTitle": CLASS, "animal": animal, "tags": mine}
        for animal, mine in found.items()
        if len(animals) > 1 or animal in boxed
    ]
    return tags, objects, keys


def _tags_of(prediction: Prediction, place: int) -> list[dict[str, Any]]:
    subject, found = prediction.subjects[place], []
    for column, name in enumerate(prediction.ethogram.names):
        chances = prediction.probabilities[place, :, column]
        for start, stop in runs(prediction.decided[place, :, column]):
            mean = chances[start:stop].mean(dtype="float64", keepdims=True)
            tag = {
                "name": name,
                "value": subject.target or None,
                "frameRange": [start, stop - 1],
                "confidence": rounded(mean)[0],
                "key": _key(*map(str, (subject, name, start))),
            }
            found.append(tag | ({"target": subject.target} if subject.target else {}))
    return sorted(found, key=lambda tag: tag["frameRange"])


def _frames(boxes: Boxes, keys: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Frames with the boxes in them; the file has the last pixels inside."""
    last = np.maximum(boxes.corners[..., 2:].astype(np.float64) - 1, boxes.corners[..., :2])
    for frame in np.flatnonzero(boxes.present.any(axis=1)).tolist():
        figures = []
        for place in np.flatnonzero(boxes.present[frame]).tolist():
            corners = [boxes.corners[frame, place, :2].tolist(), last[frame, place].tolist()]
            key = keys[boxes.animals[place]]
            figures.append(
                {
                    "key": _key(key, str(frame)),
                    "objectKey": key,
                    "geometryType": "rectangle",
                    "geometry": {"points": {"exterior": corners, "interior": []}},
                }
            )
        yield {"index": frame, "figures": figures}


def _meta(ethogram: Ethogram) -> dict[str, Any]:
    total = len(ethogram.behaviors)
    tags: list[dict[str, Any]] = [
        {
            "name": behavior.name,
            "value_type": "any_string" if behavior.scope == "directed" else "none",
            "color": behavior.color or _color(place, total),
            "hotkey": behavior.key,
            "applicable_type": "all",
            "classes": [],
            "target_type": "framesOnly",
        }
        for place, behavior in enumerate(ethogram.behaviors)
    ]
    color = "#0072B2"
    classes = [{"title": CLASS, "shape": "rectangle", "color": color, "geometry_config": {}}]
    return {"classes": classes, "tags": tags, "projectType": "videos", "createdBy": MAKER}


def _color(place: int, total: int) -> str:
    red, green, blue = colorsys.hls_to_rgb(place / total, 0.45, 0.7)
    return f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"


def _key(*words: str) -> str:
    """A key as Supervisely has them, the same whenever the same is written."""
    return hashlib.sha256("\n".join(words).encode("utf-8")).hexdigest()[:32]
