"""The JSON of a BORIS project, plain or packed, as a mapping."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from pathlib import Path
from typing import Any

from boutwise.errors import FormatError
from boutwise.formats._text import HEAD_BYTES, LARGEST, encoding_of, first_bytes, read_bytes

MAX_BYTES = 256_000_000
_KEYS = ("time_format", "project_format_version", "subjects_conf", "behaviors_conf")
_GZIP = b"\x1f\x8b"
MEND = "open the project in BORIS, mend it, and save it"


def is_project(path: Path) -> bool:
    """Whether it is JSON with the words of a BORIS project at its head."""
    if not path.is_file():
        return False
    data = first_bytes(path)
    if data.startswith(_GZIP):
        try:
            data = zlib.decompressobj(31).decompress(data, HEAD_BYTES)
        except zlib.error:
            return False
    if encoding_of(data) is None:
        return False
    text = data.decode("utf-8-sig", errors="replace").lstrip()
    return text.startswith("{") and sum(f'"{key}"' in text for key in _KEYS) >= 2


def load_project(path: Path) -> dict[str, Any]:
    """Read a project.

    Raises:
        FormatError: It is broken, too large, or no mapping.
    """
    data = read_bytes(path)
    if data.startswith(_GZIP):
        data = _unpacked(path)
    try:
        loaded = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"the project cannot be read: {error}",
            file=path,
            row=getattr(error, "lineno", 1),
            expected="JSON as BORIS saves it",
            todo="the file may have been cut off: save the project again",
        ) from error
    return mapping(loaded, "the file", path)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(
            f"the project cannot be unpacked: {error}",
            file=path,
            row=1,
            expected="gzip as BORIS saves it",
            todo="the file may have been cut off: save the project again",
        ) from error
    if len(data) > MAX_BYTES:
        raise FormatError(
            f"the project unpacks to more than {MAX_BYTES / 1e6:.0f} MB",
            file=path,
            row=1,
            todo="split the project in BORIS",
        )
    return data


def mapping(value: Any, what: str, path: Path) -> dict[str, Any]:
    """A value that must be a mapping.

    Raises:
        FormatError: It is something else.
    """
    if not isinstance(value, dict):
        raise FormatError(
            f"{what} is no mapping",
            file=path,
            row=1,
            expected="a BORIS project with behaviors_conf and observations",
            todo=MEND,
        )
    return value


def as_number(value: Any) -> float:
    """A number of the JSON; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
        return math.nan
    return float(value)
