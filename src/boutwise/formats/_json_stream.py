"""JSON of hundreds of megabytes, read piece by piece: what is not wanted is passed over.

A file of numbers is nearly all arrays, and an array without words in it ends at the bracket that
balances its first one: counting brackets is enough to pass over it, and nothing of it is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from boutwise.errors import FormatError

CHUNK = 1 << 18
LONGEST_WORD = 1 << 16
_SPACE = b" \t\r\n"
_WORD = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SCALAR_END = re.compile(rb"[\s,\]}]")
CUT_OFF = "the file may have been cut off: download or copy it again"


class JsonStream:
    """Reads one JSON file from front to back, with a buffer of fixed size.

    Args:
        file: Open, at its beginning.
        path: For messages.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file, self.path = file, path
        self.buffer = file.read(CHUNK)
        self.at = 3 if self.buffer.startswith(b"\xef\xbb\xbf") else 0
        self.before = 0  # bytes of the file in front of the buffer

    @property
    def position(self) -> int:
        """Byte of the file that comes next."""
        return self.before + self.at

    def wrong(self, what: str, expected: str, todo: str = "") -> FormatError:
        """An error that says where in the file it is."""
        return FormatError(
            f"{what} at byte {self.position:,}",
            file=self.path,
            expected=expected,
            todo=todo or CUT_OFF,
        )

    def _more(self) -> bool:
        """Read on; what was read before ``at`` is forgotten."""
        fresh = self.file.read(CHUNK)
        self.before += self.at
        self.buffer = self.buffer[self.at :] + fresh
        self.at = 0
        return bool(fresh)

    def peek(self) -> bytes:
        """The next byte that is no space; empty at the end of the file."""
        while True:
            while self.at < len(self.buffer):
                byte = self.buffer[self.at : self.at + 1]
                if byte not in _SPACE:
                    return byte
                self.at += 1
            if not self._more():
                return b""

    def take(self, mark: bytes, inside: str) -> None:
        """Pass over a mark that must come next.

        Raises:
            FormatError: Something else comes, or the file ends.
        """
        found = self.peek()
        if found != mark:
            what = f"{found!r} stands" if found else "the file ends"
            raise self.wrong(f"{what} in {inside}", f"{mark.decode()} in JSON")
        self.at += 1

    def word(self, inside: str) -> str:
        """The words in quotes that come next.

        Raises:
            FormatError: No words come, or they have no end.
        """
        if self.peek() != b'"':
            raise self.wrong(f"no name stands in {inside}", "a name in quotes")
        while True:
            found = _WORD.match(self.buffer, self.at)
            if found is not None:
                break
            if len(self.buffer) - self.at > LONGEST_WORD or not self._more():
                raise self.wrong(f"a name in {inside} has no end", "closing quotes")
        try:
            text = str(json.loads(found.group(), strict=False))
        except ValueError as error:
            raise self.wrong(f"a name in {inside} cannot be read: {error}", "UTF-8") from error
        self.at = found.end()
        return text

    def keys(self, inside: str) -> Iterator[str]:
        """The keys of the mapping that comes next; the value of each must be read or skipped.

        Raises:
            FormatError: It is no mapping, a key is there twice, or the file ends in it.
        """
        self.take(b"{", inside)
        seen: set[str] = set()
        while self.peek() != b"}":
            if seen:
                self.take(b",", inside)
            key = self.word(inside)
            if key in seen:
                raise self.wrong(f"'{key}' is there twice in {inside}", "each name once")
            seen.add(key)
            self.take(b":", f"{inside}, behind '{key}'")
            yield key
        self.at += 1

    def skip(self, inside: str) -> tuple[int, int]:
        """Pass over a value; returns its bytes ``[start, stop)`` in the file.

        Raises:
            FormatError: There is none, or it has no end.
        """
        first, start = self.peek(), self.position
        if first == b'"':
            self.word(inside)
        elif first in (b"[", b"{"):
            self._skip_nested(inside)
        else:
            while (found := _SCALAR_END.search(self.buffer, self.at)) is None:
                self.at = len(self.buffer)
                if not self._more():
                    raise self.wrong(f"the file ends in {inside}", "a value")
            self.at = found.start()
        if self.position == start:
            raise self.wrong(f"no value stands in {inside}", "a value")
        return start, self.position

    def _skip_nested(self, inside: str) -> None:
        depth = 0
        while True:
            quote = self.buffer.find(b'"', self.at)
            end = len(self.buffer) if quote < 0 else quote
            depth += self._balance(end)
            if depth <= 0:
                # Nothing opens again before the next name, so what is too many closes what lies
                # around the value: its own end is that many brackets before the last one.
                for _ in range(1 - depth):
                    end = max(self.buffer.rfind(mark, self.at, end) for mark in (b"]", b"}"))
                self.at = end + 1
                return
            self.at = end
            if quote >= 0:
                self.word(inside)
            elif not self._more():
                raise self.wrong(f"the file ends in {inside}", "the end of the value")

    def _balance(self, end: int) -> int:
        """Brackets opened less brackets closed, up to a place of the buffer."""
        opened = sum(self.buffer.count(mark, self.at, end) for mark in (b"[", b"{"))
        return opened - sum(self.buffer.count(mark, self.at, end) for mark in (b"]", b"}"))


def small_value(file: BinaryIO, place: tuple[int, int], *, path: Path, what: str) -> Any:
    """Parse a value that is small, by its bytes in the file.

    Raises:
        FormatError: It is too large, or no JSON.
    """
    start, stop = place
    if stop - start > LONGEST_WORD:
        raise FormatError(
            f"{what} has {stop - start:,} bytes", file=path, expected=f"at most {LONGEST_WORD:,}"
        )
    file.seek(start)
    try:
        return json.loads(file.read(stop - start).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{what} cannot be read: {error}", file=path, expected="JSON", todo=CUT_OFF
        ) from error
