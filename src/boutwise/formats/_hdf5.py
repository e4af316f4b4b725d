"""HDF5 files of other tools: what lies in the file itself, and no more than it really holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError

SMALL_BYTES = 100_000_000
MAX_RATIO = 1100
"""What deflate can pack at most (1032), and a little more."""


def holds(path: Path, *names: str) -> bool:
    """Whether this is an HDF5 file with all of these members at its root."""
    return looks_like(path, lambda file: all(is_inside(file, name) for name in names))


def looks_like(path: Path, is_ours: Callable[[h5py.File], bool]) -> bool:
    """Whether this is an HDF5 file that a test holds for; a damaged one is nobody's.

    What nobody claims is told with its reason by the import.
    """
    if not path.is_file() or not h5py.is_hdf5(path):
        return False
    try:
        with h5py.File(path, "r") as file:
            return is_ours(file)
    except Exception:  # a damaged HDF5 file raises whatever its bytes lead to
        return False


def is_inside(group: h5py.Group, name: str) -> bool:
    """Whether a group has a member that is no link to another place or file."""
    return isinstance(group.get(name, getlink=True), h5py.HardLink)


@contextmanager
def opened(path: Path, *, expected: str, todo: str) -> Iterator[h5py.File]:
    """An HDF5 file to read from.

    Raises:
        FormatError: It is damaged, or something in it is not what it should be.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FormatError:
        raise
    except Exception as error:  # a damaged HDF5 file raises whatever its bytes lead to
        raise FormatError(
            f"the HDF5 file is broken: {error}", file=path, expected=expected, todo=todo
        ) from error


def array(group: h5py.Group, name: str, path: Path) -> NDArray[Any]:
    """A dataset as an array.

    Raises:
        FormatError: It is missing, lies outside the file, or claims to be far larger than it is.
    """
    if not is_inside(group, name) or not isinstance(group[name], h5py.Dataset):
        raise FormatError(
            f"there is no dataset '{name}'",
            file=path,
            expected=f"'{name}' in the group '{group.name}' of the file itself",
            todo="export the file again",
        )
    data = group[name]
    if data.external:
        raise FormatError(f"'{name}' lies outside the file", file=path, todo="export it again")
    stored = max(data.id.get_storage_size(), 1)
    if data.nbytes > SMALL_BYTES and data.nbytes > MAX_RATIO * stored:
        raise FormatError(
            f"'{name}' claims {data.nbytes / 1e6:.0f} MB and stores {stored} bytes",
            file=path,
            expected="values that are in the file",
            todo="export the file again",
        )
    return np.asarray(data[()])


def numbers(group: h5py.Group, name: str, path: Path) -> NDArray[Any]:
    """A dataset of numbers.

    Raises:
        FormatError: As :func:`array`, or it holds something else.
    """
    values = array(group, name, path)
    if values.dtype.kind not in "fiub":
        raise FormatError(f"'{name}' is of type {values.dtype}", file=path, expected="numbers")
    return values


def texts(group: h5py.Group, name: str, path: Path) -> list[str]:
    """A dataset of texts, however they are stored; a single text is a list of one."""
    values = array(group, name, path).ravel().tolist()
    return [text(value) for value in values]


def text(value: Any) -> str:
    """An attribute or element as text."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
