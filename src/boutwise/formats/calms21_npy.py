"""CalMS21 as its own converter writes it (NPY): the same sequences as in the JSON files.

Such a file is a pickle, and a pickle can run anything when it is loaded. It is not loaded here: its
arrays of numbers are found by reading its instructions as data (see
:mod:`boutwise.formats._pickled_arrays`), and whatever else is in it makes it refused. Everything
that :mod:`boutwise.formats.calms21_json` says of sequences, mice and labels holds here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.formats._calms21 import DEFAULTS, DOWNLOAD, LAYOUT, SHAPES, Found, merged
from boutwise.formats._calms21_contents import Sequences, contents_of
from boutwise.formats._contract import Contents
from boutwise.formats._pickled_arrays import Stored, stored, values_of
from boutwise.formats._text import first_bytes

__all__ = ["DEFAULTS", "DESCRIPTION", "WITH_LABELS", "members", "read", "sniff"]

DESCRIPTION = "CalMS21 (NPY of its converter): the same as calms21_json; never unpickled"

WITH_LABELS = True
"""An import reads the labels again even where it knows the pose."""

_NAME = re.compile(rb"task[123]/|unlabeled_videos")


def sniff(path: Path) -> bool:
    """Whether it is an NPY of one object that holds keypoints."""
    if not path.is_file():
        return False
    head = first_bytes(path, 4096)
    ours = b"keypoints" in head or _NAME.search(head) is not None
    return head.startswith(b"\x93NUMPY") and b"'|O'" in head[:128] and ours


def members(path: Path) -> list[str]:
    """Names of the sequences, in their order."""
    return list(_sequences(path))


def read(path: Path, *, member: str | None = None, fps: float | None = None) -> Contents:
    """Read one sequence.

    Args:
        path: The file.
        member: Name of the sequence; see :func:`members`.
        fps: Frame rate; 30, that of the data set, when not given.

    Raises:
        FormatError: The file is broken, holds something else than arrays of numbers, or there is
            no such sequence.
    """
    reader = Sequences(path, _sequences(path), _frames, _metadata)
    return contents_of(reader, member, fps=fps, format="calms21_npy")


def _sequences(path: Path) -> dict[str, Found]:
    try:
        facts = path.stat()
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", file=path) from error
    return _walked(str(path), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=8)
def _walked(name: str, size: int, changed_ns: int) -> dict[str, Found]:
    path = Path(name)
    groups = stored(path)
    found = [
        Found(str(group), str(sequence), fields)
        for group, sequences in _mapping(groups, "the file", path).items()
        for sequence, fields in _mapping(sequences, f"the group '{group}'", path).items()
    ]
    names = [each.name for each in found]
    for each in found:
        fields = _mapping(each.fields, f"the sequence '{each.name}'", path)
        if not isinstance(fields.get("keypoints"), Stored) or names.count(each.name) > 1:
            raise FormatError(
                f"the sequence '{each.name}' has no keypoints, or is there twice",
                file=path,
                expected=LAYOUT,
                todo="read the file of poses; files of features made by others are not read",
            )
    if not found:
        raise FormatError("there is no sequence in the file", file=path, expected=LAYOUT)
    return merged(found, _equal_keypoints(path, found))


def _equal_keypoints(path: Path, found: list[Found]) -> dict[str, str]:
    """Name of a sequence -> first one with the same keypoints; only equal shapes are compared."""
    firsts: dict[tuple[int, ...], list[Found]] = {}
    same: dict[str, str] = {}
    for each in found:
        alike = firsts.setdefault(each.fields["keypoints"].shape, [])
        first = next((one for one in alike if _equal(path, each, one)), None)
        if first is None:
            alike.append(each)
        else:
            same[each.name] = first.name
    return same


def _equal(path: Path, one: Found, other: Found) -> bool:
    first, second = (values_of(path, each.fields["keypoints"]) for each in (one, other))
    return bool(np.array_equal(first, second, equal_nan=True))


def _mapping(value: Any, what: str, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FormatError(f"{what} is no mapping", file=path, expected=LAYOUT, todo=DOWNLOAD)
    return value


def _frames(path: Path, found: Found, field: str) -> NDArray[np.float64]:
    array = found.fields[field]
    if not isinstance(array, Stored) or array.shape[1:] != SHAPES[field] or not array.shape[:1]:
        shape = getattr(array, "shape", type(array).__name__)
        raise FormatError(
            f"'{field}' of the sequence '{found.name}' has the shape {shape}",
            file=path,
            expected="(frames, " + ", ".join(map(str, SHAPES[field])) + ")",
            todo=DOWNLOAD,
        )
    return values_of(path, array).astype(np.float64)


def _metadata(path: Path, found: Found) -> object:
    return found.fields.get("metadata", {})
