"""Arrays and files on disk by content key, each with JSON for the words about it."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.store import digest

_KEY_LENGTH = 2 * digest.DIGEST_BYTES


class Store:
    """A content-addressed cache of arrays (``.npy``) and other files (``.mp4``) in a directory.

    An entry is written under a temporary name and then moved into its place; its header follows
    the same way and comes last, so that an entry is either complete or not there. Writers of the
    same key do not disturb each other: the contents are equal, whoever comes last wins.

    Args:
        directory: Made on the first write.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)

    key = staticmethod(digest.key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.header(key) is not None

    def keys(self) -> Iterator[str]:
        """Keys of all complete entries."""
        for path in sorted(self.directory.glob("??/*.json")):
            if path.with_suffix(".npy").exists() or self.file(path.stem) is not None:
                yield path.stem

    def header(self, key: str) -> dict[str, Any] | None:
        """What was noted beside the array; None when there is no such entry."""
        entry = self._read(key)
        return None if entry is None else dict(entry["header"])

    def array(self, key: str) -> NDArray[Any] | None:
        """The array of a key, memory-mapped and read-only; None when there is none.

        A file that is shorter than its header says (a full disk, a broken copy) counts as none.
        """
        entry = self._read(key)
        if entry is None or "shape" not in entry:
            return None
        path = self._path(key, ".npy")
        try:
            # numpy cannot map an array without elements.
            empty = 0 in entry["shape"]
            found: NDArray[Any] = np.load(path, mmap_mode=None if empty else "r")
        except (OSError, ValueError, EOFError):
            return None
        if list(found.shape) != entry["shape"] or found.dtype.str != entry["dtype"]:
            return None
        if empty:
            found.flags.writeable = False
        return found

    def put(
        self, key: str, array: NDArray[Any], header: Mapping[str, Any] | None = None
    ) -> NDArray[Any]:
        """Keep an array under a key and give it back memory-mapped.

        An entry that is already there is left as it is: the same key means the same contents.

        Args:
            key: From :meth:`key`.
            array: Numbers of any shape.
            header: Values that JSON can hold, returned by :meth:`header`.

        Raises:
            DataError: The array holds objects, or the entry cannot be read back.
        """
        array = np.asarray(array)
        if array.dtype.hasobject:
            raise DataError(
                "an array of objects cannot be stored", expected="numbers or fixed-length text"
            )

        def fill(file: BinaryIO) -> None:
            plain = np.ascontiguousarray(array).reshape(array.shape)
            np.save(file, plain, allow_pickle=False)

        return self._put(key, fill, array, header)

    def put_rows(
        self,
        key: str,
        rows: Iterable[NDArray[Any]],
        like: NDArray[Any],
        header: Mapping[str, Any] | None = None,
    ) -> NDArray[Any]:
        """Keep an array that is never whole in memory; see :meth:`put`.

        Args:
            key: From :meth:`key`.
            rows: Its rows in order, some at a time.
            like: Of its shape and type, such as ``np.broadcast_to(np.float32(0), shape)``.
            header: Values that JSON can hold, returned by :meth:`header`.

        Raises:
            DataError: The rows are not as many, or the entry cannot be read back.
        """

        def fill(file: BinaryIO) -> None:
            facts = {"descr": like.dtype.str, "fortran_order": False, "shape": like.shape}
            np.lib.format.write_array_header_1_0(file, facts)
            n_rows = 0
            for some in rows:
                file.write(np.ascontiguousarray(some, dtype=like.dtype).data)
                n_rows += len(some)
            if n_rows != len(like):
                raise DataError(f"{n_rows} rows came of an array of {len(like)}")

        return self._put(key, fill, like, header)

    def _put(
        self,
        key: str,
        fill: Callable[[BinaryIO], Any],
        like: NDArray[Any],
        header: Mapping[str, Any] | None,
    ) -> NDArray[Any]:
        """Keep what ``fill`` writes as an array of a shape and type."""
        there = self.array(key)
        if there is not None:
            return there
        entry = {"shape": list(like.shape), "dtype": like.dtype.str, "header": dict(header or {})}
        text = json.dumps(entry, indent=1, ensure_ascii=False).encode("utf-8")
        self._write(self._path(key, ".npy"), lambda place: _filled(place, fill))
        self._write(self._path(key, ".json"), lambda place: place.write_bytes(text))
        kept = self.array(key)
        if kept is None:
            raise DataError(
                "a stored array cannot be read back",
                file=self._path(key, ".npy"),
                todo="check the free space of the disk",
            )
        return kept

    def file(self, key: str) -> Path | None:
        """The file of a key; None when there is none, or it is shorter than it was written."""
        entry = self._read(key)
        if entry is None or "suffix" not in entry:
            return None
        path = self._path(key, entry["suffix"])
        try:
            return path if path.stat().st_size == entry["size"] else None
        except OSError:
            return None

    def put_file(
        self,
        key: str,
        suffix: str,
        fill: Callable[[Path], Any],
        header: Mapping[str, Any] | None = None,
    ) -> Path:
        """Keep a file under a key; one that is already there is left as it is.

        Args:
            key: From :meth:`key`.
            suffix: Of the file, with its dot.
            fill: Writes the file to the path that it is given.
            header: Values that JSON can hold, returned by :meth:`header`.

        Raises:
            DataError: Nothing was written.
        """
        there = self.file(key)
        if there is not None:
            return there
        path = self._path(key, suffix)
        self._write(path, fill)
        entry = {"suffix": suffix, "size": path.stat().st_size, "header": dict(header or {})}
        text = json.dumps(entry, indent=1, ensure_ascii=False).encode("utf-8")
        self._write(self._path(key, ".json"), lambda place: place.write_bytes(text))
        return path

    def remove(self, key: str) -> None:
        """Delete an entry; nothing happens when there is none."""
        file = self.file(key)
        for path in (self._path(key, ".json"), self._path(key, ".npy"), file):
            if path is not None:
                path.unlink(missing_ok=True)

    def _path(self, key: str, suffix: str) -> Path:
        if len(key) != _KEY_LENGTH or not set(key) <= set("0123456789abcdef"):
            raise DataError(
                f"'{key}' is no key of a store",
                expected=f"{_KEY_LENGTH} hexadecimal digits, as Store.key gives them",
            )
        return self.directory / key[:2] / f"{key}{suffix}"

    def _read(self, key: str) -> dict[str, Any] | None:
        try:
            entry = json.loads(self._path(key, ".json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        kinds = ({"shape", "dtype", "header"}, {"suffix", "size", "header"})
        complete = isinstance(entry, dict) and any(keys <= set(entry) for keys in kinds)
        return entry if complete else None

    def _write(self, path: Path, fill: Callable[[Path], Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
        try:
            fill(temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            try:
                temporary.replace(path)
            except PermissionError:
                # Windows refuses to replace a file that somebody has mapped. It has the same
                # key, hence the same contents; a file that is not whole is nobody's map.
                if not path.exists():
                    raise
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _filled(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    with path.open("wb") as file:
        fill(file)
