"""CalMS21 as it is published (JSON): resident and intruder, two mice of seven points, 30 fps.

A file of hundreds of megabytes is never held as a whole: it is passed over once for the places of
its sequences, and each is then read a few frames at a time. Every sequence is a recording; those
with the very same keypoints are one recording, labeled more than once. Labels are of the resident
toward the intruder, but for ``whiterearing``, which the intruder shows alone. Frames are rows, from
0. Scores become confidence. What is known of the animals: see :mod:`boutwise.formats._calms21`.
"""

from __future__ import annotations

import re
from pathlib import Path

from boutwise.formats import _calms21_json as json_file
from boutwise.formats._calms21 import DEFAULTS, Found
from boutwise.formats._calms21_contents import Sequences, contents_of
from boutwise.formats._contract import Contents
from boutwise.formats._json_stream import small_value
from boutwise.formats._text import first_bytes

__all__ = ["DEFAULTS", "DESCRIPTION", "WITH_LABELS", "members", "read", "sniff"]

DESCRIPTION = "CalMS21 (JSON): two mice of 7 points and a label a frame from 0, by sequence"

WITH_LABELS = True
"""An import reads the labels again even where it knows the pose."""

_HEAD = re.compile(
    rb'\s*\{\s*"[^"\\]{1,200}"\s*:\s*\{\s*"[^"\\]{1,400}"\s*:\s*\{\s*'
    rb'"(keypoints|scores|annotations|metadata|features)"\s*:'
)


def sniff(path: Path) -> bool:
    """Whether it is JSON of groups of sequences of which the first holds what CalMS21 has."""
    if not path.is_file():
        return False
    return _HEAD.match(first_bytes(path, 4096).removeprefix(b"\xef\xbb\xbf")) is not None


def members(path: Path) -> list[str]:
    """Names of the sequences, in their order."""
    return list(json_file.sequences(path))


def read(path: Path, *, member: str | None = None, fps: float | None = None) -> Contents:
    """Read one sequence.

    Args:
        path: The file.
        member: Name of the sequence; see :func:`members`.
        fps: Frame rate; 30, that of the data set, when not given.

    Raises:
        FormatError: The file is cut off or laid out otherwise, or there is no such sequence.
    """
    reader = Sequences(path, json_file.sequences(path), json_file.frames_of, _metadata)
    return contents_of(reader, member, fps=fps, format="calms21_json")


def _metadata(path: Path, found: Found) -> object:
    if "metadata" not in found.fields:
        return {}
    what = f"the metadata of '{found.name}'"
    with path.open("rb") as file:
        return small_value(file, found.fields["metadata"], path=path, what=what)
