"""Supervisely projects of videos: ``meta.json`` and ``<dataset>/{ann,video}/``.

``ann/<video file>.json`` holds the tags of ``video/<video file>``; data sets may lie in the folder
``datasets`` of others. A tag with ``frameRange`` is a bout, from its first frame to its last, both
inside, counted from 0. A tag without one is a rating of the whole recording. Tags of an object are
labels of the animal that the object is; rectangles are its boxes. Predictions are written as such a
project, without the videos.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from boutwise.errors import FormatError, UsageError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._faults import Faults
from boutwise.formats._lost import lost_row
from boutwise.formats._names import recording_of
from boutwise.formats._supervisely_boxes import Objects, mappings, read_objects
from boutwise.formats._supervisely_saving import (
    META,
    prediction_path,
    refuse,
    write_prediction,
)
from boutwise.formats._text import encoding_of, first_bytes, read_bytes
from boutwise.types import Problem, Rating, Ratings, Severity

DESCRIPTION = "Supervisely project of videos: tags by frame from 0, last frame inside; boxes"

__all__ = [
    "DESCRIPTION",
    "files",
    "prediction_path",
    "read",
    "refuse",
    "sniff",
    "write_prediction",
]

WITH_BOXES = True
LAYOUT_FOLDERS = frozenset({"video", "datasets"})
_WORDS = ("size", "tags", "objects", "frames", "framesCount", "key", "description")


def sniff(path: Path) -> bool:
    """Whether this is the folder of such a project, or one of its annotations."""
    if path.is_dir():
        meta = path / META
        return meta.is_file() and b'"tags"' in first_bytes(meta, 1 << 20) and bool(files(path))
    if path.parent.name != "ann" or path.suffix.lower() != ".json" or not path.is_file():
        return False
    data = first_bytes(path, 4096)
    if encoding_of(data) is None:
        return False
    text = data.decode("utf-8-sig", errors="replace").lstrip()
    return text.startswith("{") and sum(f'"{word}"' in text for word in _WORDS) >= 3


def files(folder: Path) -> list[Path]:
    """The annotations of all data sets, in order."""
    return sorted(
        path
        for path in folder.rglob("*.json")
        if path.parent.name == "ann" and not path.name.startswith(".")
    )


def read(
    path: Path, *, strict: bool = True, examined: Literal["tagged", "all"] = "tagged"
) -> Contents:
    """Read the annotation of one video.

    Args:
        path: A file of ``ann/``.
        strict: Stop at a tag without a place; else report it and leave it out.
        examined: Which videos somebody looked through for all behaviors: those with a tag, or
            ``all``.

    Raises:
        FormatError: It is no annotation of a video, or a tag is broken.
    """
    if examined not in ("tagged", "all"):
        raise UsageError(f"'{examined}' videos were examined", expected="tagged or all")
    if path.is_dir():
        raise FormatError(
            "this is a folder", file=path, expected="one of its files; files() lists them"
        )
    data = _load(path)
    n_frames = _n_frames(data, path)
    faults = Faults(path, format="supervisely", strict=strict)
    objects = read_objects(data, n_frames, faults)
    name = recording_of(path.name.removesuffix(path.suffix))
    tags = _Tags(faults, objects, model=str(data.get("model") or ""))
    tags.read(data)
    labels: tuple[LabelTrack, ...] = ()
    if tags.rows or tags.lost or examined == "all":
        labels = (_track(name, tags, n_frames, _behaviors(path, tags)),)
    boxes = objects.as_boxes(n_frames, _size(data, path))
    problems = list(faults.problems)
    if not labels and not tags.ratings:
        what = "no tag yet: the video counts as not labeled"
        todo = "if somebody looked and saw nothing, say examined: all in --mapping"
        problems.append(Problem("supervisely", Severity.NOTE, what, file=str(path), todo=todo))
    return Contents(
        path,
        "supervisely",
        name,
        labels=labels,
        ratings=Ratings(tuple(tags.ratings)),
        problems=tuple(problems),
        boxes=boxes,
        video=path.parent.parent / "video" / path.name.removesuffix(path.suffix),
    )


class _Tags:
    """Tags of a video and of its objects, as labels and ratings."""

    def __init__(self, faults: Faults, objects: Objects, *, model: str = "") -> None:
        self.faults, self._names = faults, objects.names
        self._source = f"model:{model}" if model else ""
        self._several = len(objects.animals) > 1
        self.rows: list[LabelRow] = []
        self.lost: list[LabelRow] = []
        self.ratings: list[Rating] = []
        self.people: dict[str, None] = {}
        self._count = 0

    def read(self, data: Mapping[str, Any]) -> None:
        """Read all of an annotation."""
        for tag in mappings(data.get("tags"), "tags", self.faults):
            self._read(tag, "")
        for each in mappings(data.get("objects"), "objects", self.faults):
            name = self._names[str(each["key"] if "key" in each else each.get("id", ""))]
            for tag in mappings(each.get("tags"), "tags of an object", self.faults):
                # The only animal of a video needs no name, and may be called otherwise elsewhere.
                self._read(tag, name if self._several else "")

    def _read(self, tag: Mapping[str, Any], animal: str) -> None:
        self._count += 1
        name, value = str(tag.get("name") or "").strip(), tag.get("value")
        said = "" if value is None else str(value)
        if not name:
            self.faults.report(f"tag {self._count} has no name", row=self._count)
            return
        if tag.get("labelerLogin"):
            self.people[str(tag["labelerLogin"])] = None
        if tag.get("frameRange") is None:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            rated = float(value) if number and value is not None else said or "yes"
            self.ratings.append(Rating("", animal, name, rated))
            return
        ends = tag["frameRange"]
        whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
        if not whole or not 0 <= ends[0] <= ends[1]:
            what = f"tag {self._count}, '{name}', has the frames {ends}"
            expected = "a first frame of 0 or more and a last one that is not before it"
            self.faults.report(what, row=self._count, expected=expected)
            nan = float("nan")
            self.lost.append(lost_row(name, nan, nan, self._count, animal=animal))
            return
        row = LabelRow(name, ends[0], ends[1] + 1, self._count, animal, modifiers=said)
        self.rows.append(self._predicted(tag, row) if self._source else row)

    def _predicted(self, tag: Mapping[str, Any], row: LabelRow) -> LabelRow:
        """A tag of a prediction: how sure the model was, and at whom the behavior is directed."""
        target, chance = str(tag.get("target") or ""), tag.get("confidence")
        known = type(chance) in (int, float)
        return replace(
            row,
            target=target,
            modifiers="" if target else row.modifiers,  # people are shown the target as the value
            confidence=float(chance) if known and chance is not None else math.nan,
            source=self._source,
        )


def _track(name: str, tags: _Tags, n_frames: int, behaviors: tuple[str, ...]) -> LabelTrack:
    return LabelTrack(
        name,
        "frame",
        tuple(tags.rows),
        behaviors=behaviors,
        annotator="+".join(sorted(tags.people)),
        length=n_frames,
        lost=tuple(tags.lost),
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"the annotation cannot be read: {error}",
            file=path,
            row=getattr(error, "lineno", 1),
            expected="JSON as Supervisely exports it",
            todo="the file may have been cut off: export the project again",
        ) from error
    if not isinstance(loaded, dict):
        raise FormatError(
            "the file is no annotation", file=path, row=1, expected="JSON as Supervisely exports it"
        )
    return loaded


def _n_frames(data: Mapping[str, Any], path: Path) -> int:
    count = data.get("framesCount")
    if type(count) is int and count > 0:
        return count
    raise FormatError(
        "the annotation does not say how many frames its video has",
        file=path,
        row=1,
        expected="framesCount, as in annotations of videos; those of pictures have none",
        todo="export a project of videos",
    )


def _size(data: Mapping[str, Any], path: Path) -> tuple[int, int]:
    try:
        return int(data["size"]["height"]), int(data["size"]["width"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(
            "the annotation does not say how large the pictures are",
            file=path,
            row=1,
            expected='"size": {"height": ..., "width": ...}',
        ) from error


def _behaviors(path: Path, tags: _Tags) -> tuple[str, ...]:
    """What was looked for: the tags of the project that may have frames, and those that occur."""
    occurring = dict.fromkeys(row.behavior for row in (*tags.rows, *tags.lost))
    rated = {rating.scale for rating in tags.ratings}
    listed = [name for name in _tags_of_project(path) if name not in rated]
    return tuple(dict.fromkeys([*listed, *occurring]))


def _tags_of_project(path: Path) -> list[str]:
    """Names of the tags in the project's ``meta.json`` that are not of whole videos only."""
    for folder in path.resolve().parents:
        if (folder / META).is_file():
            found = _load(folder / META).get("tags")
            faults = Faults(folder / META, format="supervisely", strict=True)
            return [
                str(tag.get("name"))
                for tag in mappings(found, "tags", faults)
                if tag.get("name") and tag.get("target_type") != "globalOnly"
            ]
    return []
