"""Where the sequences of a CalMS21 JSON file lie, and their arrays, a few frames at a time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.formats._calms21 import DOWNLOAD, LAYOUT, SHAPES, Found, merged
from boutwise.formats._json_stream import CHUNK, JsonStream

NO_NUMBERS = (b'"', b"{", b"}", b"true", b"false")


def sequences(path: Path) -> dict[str, Found]:
    """Sequences by name; their fields are byte ranges ``[start, stop)`` of the file.

    Raises:
        FormatError: The file is cut off, or laid out otherwise.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", file=path) from error
    # Members are read one by one, and the file is passed over for this once.
    return _sequences(str(path), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=8)
def _sequences(name: str, size: int, changed_ns: int) -> dict[str, Found]:
    path = Path(name)
    with path.open("rb") as file:
        found = list(_walk(JsonStream(file, path)))
        if not found:
            raise FormatError("there is no sequence in the file", file=path, expected=LAYOUT)
        names = [each.name for each in found]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise FormatError(
                f"the sequence '{twice}' is there twice", file=path, expected="each name once"
            )
        return merged(found, _equal_keypoints(file, found))


def _walk(stream: JsonStream) -> Iterator[Found]:
    for group in stream.keys("the file"):
        for name in stream.keys(f"the group '{group}'"):
            inside = f"the sequence '{name}'"
            fields = {key: stream.skip(f"'{key}' of {inside}") for key in stream.keys(inside)}
            if "keypoints" not in fields:
                held = ", ".join(fields) or "nothing"
                raise stream.wrong(
                    f"{inside} has no keypoints, but {held}: it ends",
                    LAYOUT,
                    "read the file of poses; files of features made by others are not read",
                )
            yield Found(group, name, fields)
    if stream.peek():
        raise stream.wrong("something follows the end of the JSON", "one mapping")


def _equal_keypoints(file: BinaryIO, found: list[Found]) -> dict[str, str]:
    """Name of a sequence -> first one whose keypoints are the same to the letter."""
    by_size: dict[int, list[Found]] = {}
    for each in found:
        start, stop = each.fields["keypoints"]
        by_size.setdefault(stop - start, []).append(each)
    same: dict[str, str] = {}
    for alike in by_size.values():
        if len(alike) < 2:
            continue
        firsts: dict[bytes, str] = {}
        for each in alike:
            first = firsts.setdefault(_digest(file, each.fields["keypoints"]), each.name)
            if first != each.name:
                same[each.name] = first
    return same


def _digest(file: BinaryIO, place: tuple[int, int]) -> bytes:
    digest = hashlib.blake2b()
    for block in _blocks_of(file, place):
        digest.update(block)
    return digest.digest()


def _blocks_of(file: BinaryIO, place: tuple[int, int]) -> Iterator[bytes]:
    start, stop = place
    file.seek(start)
    while start < stop and (block := file.read(min(CHUNK, stop - start))):
        start += len(block)
        yield block


def frames_of(path: Path, found: Found, field: str) -> NDArray[np.float64]:
    """An array of a sequence, (frames, ...), with NaN where the file has null.

    Raises:
        FormatError: A frame has another shape, or holds no numbers; the message has the frame.
    """
    shape = SHAPES[field]
    pieces: list[NDArray[np.float64]] = []
    done = 0
    with path.open("rb") as file:
        for text in _whole_frames(file, found, field, path):
            piece = _parsed(text, shape, (path, found.name, field, done))
            pieces.append(piece)
            done += len(piece)
    if not pieces:
        raise _wrong((path, found.name, field, 0), "there is no frame", shape)
    return np.concatenate(pieces)


def _whole_frames(file: BinaryIO, found: Found, field: str, path: Path) -> Iterator[bytes]:
    """The text of an array without its own brackets, cut between frames."""
    depth = len(SHAPES[field])
    between = re.compile(rb"\]\s*" * depth + rb",")
    rest = b""
    start, stop = found.fields[field]
    for block in _blocks_of(file, (start + 1, stop - 1)):
        rest += block
        cut = rest.rfind(b"]" * depth + b",")
        if cut >= 0:
            cut += depth
        elif len(rest) > 4 * CHUNK:  # spread over lines, by another program
            cut = max((match.end() - 1 for match in between.finditer(rest)), default=-1)
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut + 1 :]
    if rest.strip() or start + 2 == stop:
        yield rest


def _parsed(
    text: bytes, shape: tuple[int, ...], where: tuple[Path, str, str, int]
) -> NDArray[np.float64]:
    if not text.strip():
        raise _wrong(where, "there is no frame", shape)
    odd = [at for at in map(text.find, NO_NUMBERS) if at >= 0]
    if odd:
        raise _wrong(_at(where, text[: min(odd)], shape), "there is no number", shape)
    try:
        values = json.loads(b"[" + text + b"]")
    except (ValueError, RecursionError) as error:
        place = _at(where, text[: max(getattr(error, "pos", 0) - 1, 0)], shape)
        raise _wrong(place, f"the numbers cannot be read ({error})", shape) from error
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.zeros((0,))
    if array.shape != (len(values), *shape):
        first = next(
            (place for place, frame in enumerate(values) if _shape(frame) != shape), len(values) - 1
        )
        there = _shape(values[first])
        what = f"a frame has the shape {there}" if there is not None else "a frame is uneven"
        raise _wrong((*where[:3], where[3] + first), what, shape)
    return array


def _at(
    where: tuple[Path, str, str, int], before: bytes, shape: tuple[int, ...]
) -> tuple[Path, str, str, int]:
    """The place of the frame that comes behind a text."""
    return (*where[:3], where[3] + before.count(b"]" * len(shape) + b","))


def _shape(frame: object) -> tuple[int, ...] | None:
    """Shape of one frame; None where its rows are of different lengths."""
    try:
        return np.shape(np.array(frame, dtype=np.float64))
    except (TypeError, ValueError):
        return None


def _wrong(where: tuple[Path, str, str, int], what: str, shape: tuple[int, ...]) -> FormatError:
    path, name, field, frame = where
    expected = " x ".join(map(str, shape)) + " numbers a frame" if shape else "a code a frame"
    return FormatError(
        f"{what} in '{field}' of the sequence '{name}'",
        file=path,
        frame=frame,
        expected=expected,
        todo=DOWNLOAD,
    )
