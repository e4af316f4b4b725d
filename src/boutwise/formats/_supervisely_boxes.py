"""Objects and their boxes in the annotation of a video by Supervisely."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._faults import Faults
from boutwise.types import Boxes

WITH_OUTLINE = ("rectangle", "polygon", "line", "polyline")
"""Geometries with points that a box can be drawn around."""
_Corners = tuple[float, float, float, float]


@dataclass
class Objects:
    """The objects of one annotation.

    Attributes:
        titles: Key of each object -> title of its class, in the order of the file.
        boxes: Key -> frame -> left, top, right, bottom, just outside.
        given: Key -> name of the animal, where the annotation tells it (what boutwise writes does).
        names: Key -> name of the animal that it is.
    """

    titles: dict[str, str]
    boxes: dict[str, dict[int, _Corners]] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """One name for all objects of a class that are never there at once: pieces of one animal.

        Where a tracker loses a mouse, people begin a new object of it.
        """
        pieces: dict[str, list[str]] = defaultdict(list)
        for key, title in self.titles.items():
            pieces[title].append(key)
        found = {}
        for title, keys in pieces.items():
            at_once = Counter(frame for key in keys for frame in self.boxes.get(key, ()))
            apart = len(keys) > 1 and max(at_once.values(), default=0) > 1
            for number, key in enumerate(keys, start=1):
                found[key] = f"{title}_{number}" if apart else title
        return found | self.given

    @property
    def animals(self) -> tuple[str, ...]:
        """Names of the animals, each once."""
        return tuple(dict.fromkeys(self.names.values()))

    def as_boxes(self, n_frames: int, size: tuple[int, int]) -> Boxes | None:
        """Boxes of all animals that have any; None where none has.

        Args:
            n_frames: Of the video.
            size: (height, width) of its pictures.
        """
        names = self.names
        animals = tuple(dict.fromkeys(names[key] for key, mine in self.boxes.items() if mine))
        if not animals:
            return None
        corners = np.full((n_frames, len(animals), 4), np.nan, dtype=np.float32)
        for key, mine in self.boxes.items():
            if mine:
                corners[list(mine), animals.index(names[key])] = list(mine.values())
        there = np.asarray(np.isfinite(corners).all(axis=-1))
        scores = np.where(there, 1.0, np.nan).astype(np.float32)
        return Boxes(corners, scores, there, animals, size, "supervisely")


def read_objects(data: Mapping[str, Any], n_frames: int, faults: Faults) -> Objects:
    """Objects with their boxes; figures that are not on any frame are reported.

    Args:
        data: The annotation.
        n_frames: Of the video.
        faults: Gets figures without a place.
    """
    objects = list(mappings(data.get("objects"), "objects", faults))
    titles = {_key(each, "key", "id"): str(each.get("classTitle") or "object") for each in objects}
    given = {_key(each, "key", "id"): str(each["animal"]) for each in objects if each.get("animal")}
    found, other = Objects(titles, given=given), Counter[str]()
    for frame in mappings(data.get("frames"), "frames", faults):
        index = frame.get("index")
        if not isinstance(index, int) or not 0 <= index < n_frames:
            what = f"figures of frame {index}, and the video has {n_frames} frames"
            faults.report(what, row=None, expected=f"0 to {n_frames - 1}")
            continue
        for figure in mappings(frame.get("figures"), f"figures of frame {index}", faults):
            key, kind = _key(figure, "objectKey", "objectId"), str(figure.get("geometryType"))
            corners = _corners(figure) if kind in WITH_OUTLINE else None
            if corners is None or key not in titles:
                other[kind] += 1
            else:
                found.boxes.setdefault(key, {})[index] = corners
    if other:
        kinds = ", ".join(f"{count} of the kind '{kind}'" for kind, count in other.items())
        faults.warn(f"figures without an outline or an object are left out: {kinds}", row=None)
    return found


def _key(value: Mapping[str, Any], *names: str) -> str:
    """Key of an object: files have keys, answers of the server have numbers."""
    return next((str(value[name]) for name in names if value.get(name) is not None), "")


def mappings(value: Any, what: str, faults: Faults) -> Iterator[dict[str, Any]]:
    """The members of a list that must be mappings.

    Raises:
        FormatError: It is something else.
    """
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise FormatError(
            f"'{what}' is no list of objects",
            file=faults.path,
            row=1,
            expected="an annotation of a video as Supervisely exports it",
        )
    yield from value


def _corners(figure: Mapping[str, Any]) -> _Corners | None:
    """Left, top, right, bottom just outside; the file has the last pixels inside."""
    try:
        points = np.asarray(figure["geometry"]["points"]["exterior"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        return None
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0) + 1
    found = (float(left), float(top), float(right), float(bottom))
    return found if all(map(math.isfinite, found)) else None
