"""NumPy arrays in a file that NumPy can only write as a pickle, read without unpickling.

``np.save`` of a dictionary writes a program (a pickle) that builds the dictionary; run by
``np.load``, it may call anything. Here nothing of it is run: the few instructions that NumPy itself
writes are read as data, arrays are left where they are in the file, and any other instruction, and
the name of anything that is no part of an array, is refused. There is no way to call something,
because nothing here calls what a file names.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from boutwise.errors import FormatError

MAX_STEPS = 2_000_000
LONGEST = 1 << 16
"""Bytes of a word or number; more is the contents of an array, and is passed over."""
COPY = "the file may have been cut off: make it, or copy it, again"
_ARRAY = "_reconstruct"
_NAMES = {
    ("numpy.core.multiarray", _ARRAY): _ARRAY,
    ("numpy._core.multiarray", _ARRAY): _ARRAY,
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
}
_NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")


class Refused(Exception):
    """Something is in the pickle that an array of numbers does not need."""


@dataclass(frozen=True)
class Bytes:
    """Bytes of the file, left where they are."""

    start: int
    size: int


@dataclass
class Stored:
    """An array in the file, or the type of one, while it is being described.

    Attributes:
        kind: ``_reconstruct`` or ``dtype``.
        code: Of a type: ``f8``, ``i8``, ``O8``.
        shape: Of an array.
        dtype: Of its values; ``O`` for objects.
        fortran: Whether its first axis runs fastest.
        contents: Its bytes in the file, or the list of its objects.
    """

    kind: str
    code: str = ""
    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] | None = None
    fortran: bool = False
    contents: Any = None


def stored(path: Path) -> Any:
    """What a ``.npy`` file of one object holds: mappings, words, numbers and :class:`Stored`.

    Raises:
        FormatError: The file is broken, or holds anything else; nothing of it was run.
    """
    try:
        with path.open("rb") as file:
            version = npy.read_magic(file)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(file)
            if dtype != np.dtype(object) or shape != ():
                raise Refused(f"it is an array of {dtype} with the shape {shape}")
            found = _Reader(file, path.stat().st_size).run()
    except Exception as error:  # broken bytes raise whatever they lead to
        reason = str(error) if isinstance(error, Refused) else f"it is broken ({error})"
        raise FormatError(
            f"the file is refused: {reason}; nothing of it was run",
            file=path,
            expected="one mapping of arrays of numbers, as np.save writes it",
            todo="read the JSON file that it was made from",
        ) from error
    return found.contents[0] if isinstance(found, Stored) and found.dtype == object else found


def values_of(path: Path, array: Stored) -> NDArray[Any]:
    """The values of an array, read from its place.

    Raises:
        FormatError: They are no plain numbers, or not as many as the shape says.
    """
    place, dtype = array.contents, array.dtype
    if dtype is None or dtype.kind not in "fiu" or not isinstance(place, Bytes):
        raise FormatError("this is no array of numbers", file=path, expected="numbers")
    needed = dtype.itemsize * math.prod(array.shape)
    if place.size != needed or min(array.shape, default=1) < 0:
        what = f"an array of the shape {array.shape} has {place.size} bytes"
        raise FormatError(what, file=path, expected=f"{needed} bytes", todo=COPY)
    with path.open("rb") as file:
        file.seek(place.start)
        data = file.read(place.size)
    order: Any = "F" if array.fortran else "C"
    return np.frombuffer(data, dtype).reshape(array.shape, order=order)


class _Reader:
    """Reads instructions; a stack holds what they describe."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size = file, size
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Read to the end of the program."""
        for _ in range(MAX_STEPS):
            code = self.take(1)
            if code == b".":
                return self.stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise Refused(f"it has the instruction {code!r}")
            step(self)
        raise Refused("it has too many instructions")

    def take(self, size: int) -> bytes:
        """Bytes of the program."""
        if size > LONGEST:
            raise Refused(f"a word has {size} bytes")
        data = self.file.read(size)
        if len(data) < size:
            raise Refused("it ends too early")
        return data

    def ignore(self, size: int) -> None:
        """Pass over a number that tells nothing of the contents."""
        self.take(size)

    def number(self, form: str) -> int:
        """A whole number of the program, by its form in :mod:`struct`."""
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def line(self) -> str:
        """The rest of a line of the program."""
        data = self.file.readline(LONGEST)
        if not data.endswith(b"\n"):
            raise Refused("it ends too early")
        return data[:-1].decode("ascii")

    def word(self, form: str) -> None:
        self.stack.append(self.take(self.number(form)).decode("utf-8"))

    def passed(self, form: str) -> None:
        """Bytes, which are passed over."""
        size, start = self.number(form), self.file.tell()
        if start + size > self.size:
            raise Refused("it ends too early")
        self.file.seek(start + size)
        self.stack.append(Bytes(start, size))

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    def top(self, count: int) -> tuple[Any, ...]:
        found = tuple(self.stack[-count:])
        if len(found) < count:
            raise Refused("it takes what is not there")
        del self.stack[-count:]
        return found

    def named(self, module: str, name: str) -> None:
        known = _NAMES.get((module, name))
        if known is None:
            raise Refused(f"it asks for {module}.{name}")
        self.stack.append(("name", known))

    def described(self) -> None:
        """The beginning of an array or a type: a name and what is told with it."""
        (_, name), told = self.top(2)
        if name == "dtype":
            self.stack.append(Stored("dtype", code=str(told[0])))
        elif name == _ARRAY:
            self.stack.append(Stored(_ARRAY))
        else:
            raise Refused(f"it makes a {name}")

    def filled(self) -> None:
        """The rest of what an array or a type is."""
        thing, state = self.top(2)
        if not isinstance(thing, Stored) or not isinstance(state, tuple):
            raise Refused("it changes something else than an array")
        if thing.kind == "dtype":
            if thing.code not in ("O8", *_NUMBERS):
                raise Refused(f"it has values of the type {thing.code}")
            order = state[1] if state[1] in ("<", ">") else "="
            thing.dtype = np.dtype("O" if thing.code == "O8" else f"{order}{thing.code}")
        else:
            _, shape, dtype, fortran, contents = state
            thing.shape = tuple(int(length) for length in shape)
            thing.dtype, thing.fortran = dtype.dtype, bool(fortran)
            thing.contents = contents
        self.stack.append(thing)

    def items(self, pairs: list[Any]) -> None:
        """Keys and values into the mapping below them."""
        mapping = self.stack[-1]
        if not isinstance(mapping, dict):
            raise Refused("it fills what is no mapping")
        mapping.update(zip(pairs[::2], pairs[1::2], strict=True))

    def append(self, values: list[Any]) -> None:
        """Values into the list below them."""
        if not isinstance(self.stack[-1], list):
            raise Refused("it fills what is no list")
        self.stack[-1].extend(values)


def _push(value: Callable[[_Reader], Any]) -> Callable[[_Reader], None]:
    return lambda reader: reader.stack.append(value(reader))


def _keep(place: Callable[[_Reader], int]) -> Callable[[_Reader], None]:
    def keep(reader: _Reader) -> None:
        reader.memo[place(reader)] = reader.stack[-1]

    return keep


_STEPS: Mapping[bytes, Callable[[_Reader], None]] = {
    b"\x80": lambda r: r.ignore(1),
    b"\x95": lambda r: r.ignore(8),
    b"(": lambda r: r.marks.append(len(r.stack)),
    b"}": _push(lambda r: {}),
    b"]": _push(lambda r: []),
    b")": _push(lambda r: ()),
    b"N": _push(lambda r: None),
    b"\x88": _push(lambda r: True),
    b"\x89": _push(lambda r: False),
    b"K": _push(lambda r: r.number("<B")),
    b"M": _push(lambda r: r.number("<H")),
    b"J": _push(lambda r: r.number("<i")),
    b"\x8a": _push(lambda r: int.from_bytes(r.take(r.number("<B")), "little", signed=True)),
    b"G": _push(lambda r: struct.unpack(">d", r.take(8))[0]),
    b"\x8c": lambda r: r.word("<B"),
    b"X": lambda r: r.word("<I"),
    b"\x8d": lambda r: r.word("<Q"),
    b"C": lambda r: r.passed("<B"),
    b"B": lambda r: r.passed("<I"),
    b"\x8e": lambda r: r.passed("<Q"),
    b"c": lambda r: r.named(r.line(), r.line()),
    b"\x93": lambda r: r.named(*map(str, r.top(2))),
    b"\x85": _push(lambda r: r.top(1)),
    b"\x86": _push(lambda r: r.top(2)),
    b"\x87": _push(lambda r: r.top(3)),
    b"t": _push(lambda r: tuple(r.since_mark())),
    b"s": lambda r: r.items(list(r.top(2))),
    b"u": lambda r: r.items(r.since_mark()),
    b"a": lambda r: r.append(list(r.top(1))),
    b"e": lambda r: r.append(r.since_mark()),
    b"\x94": _keep(lambda r: len(r.memo)),
    b"q": _keep(lambda r: r.number("<B")),
    b"r": _keep(lambda r: r.number("<I")),
    b"h": _push(lambda r: r.memo[r.number("<B")]),
    b"j": _push(lambda r: r.memo[r.number("<I")]),
    b"R": lambda r: r.described(),
    b"b": lambda r: r.filled(),
}
"""Instruction -> what is noted; there is none that calls."""
