"""DeepLabCut H5: the same pose as its CSV, stored by pandas in one of two layouts.

Read with h5py alone. ``pandas.read_hdf`` unpickles attributes of the file and would run whatever
is planted there. The *fixed* layout keeps its column names as arrays; the *table* layout keeps
them as a pickle, which goes through :mod:`boutwise.formats._pickle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents
from boutwise.formats._dlc import (
    LEVELS,
    by_marks,
    columns_of,
    pose_track,
    recording_name,
)
from boutwise.formats._frame_numbers import frame_numbers
from boutwise.formats._hdf5 import array, looks_like, opened, text
from boutwise.formats._pickle import load_plain
from boutwise.formats._pose_values import doubtful_likelihoods

DESCRIPTION = "DeepLabCut H5: pose by frame from 0, one or several animals; no pickle is run"
_CSV = "use the CSV file that DeepLabCut writes beside the H5 file"
_Key = tuple[str, ...]
_Loaded = tuple[list[_Key], NDArray[np.float64], NDArray[Any]]
"""Keys of the columns, values (rows, columns), index (rows,)."""


def sniff(path: Path) -> bool:
    """Whether this is an HDF5 file with a table of pandas in it."""
    return looks_like(path, lambda file: bool(_tables(file)))


def read(
    path: Path,
    *,
    fps: float | None = None,
    key: str | None = None,
    animal_marks: Sequence[str] | None = None,
    images: bool = False,
) -> Contents:
    """Read a DeepLabCut H5 file.

    Args:
        path: The file.
        fps: Frame rate, which the file does not state.
        key: Name of the table in the file, where there are several.
        animal_marks: What tells animals apart in the names of keypoints (``[B_, W_]``), in a file
            without individuals.
        images: Read labelled images too, whose rows are no track.

    Raises:
        FormatError: The file is broken, or its header is a pickle with more than plain names.
    """
    keys, values, index = _load(path, key)
    depths = {len(entry) for entry in keys}
    if depths not in ({3}, {4}):
        raise FormatError(
            f"the header has {' and '.join(map(str, sorted(depths))) or 'no'} levels",
            file=path,
            expected="scorer, (individuals,) bodyparts, coords",
        )
    names = LEVELS if len(keys[0]) == 4 else (LEVELS[0], *LEVELS[2:])
    levels = [[entry[level] for entry in keys] for level in range(len(names))]
    columns, problems = columns_of(levels, names, path=path)
    columns, marked = by_marks(columns, animal_marks, path=path)
    if not len(values):
        raise FormatError("there are no rows", file=path, expected="one row a frame")
    frames, found = frame_numbers(index, path=path, first_row=1, images=images)
    pose = pose_track(columns, list(values.T), path=path)
    found += doubtful_likelihoods(pose.confidence, path=path, first_row=1)
    return Contents(
        path,
        "dlc_h5",
        recording_name(path),
        pose=pose,
        fps=fps,
        problems=(*problems, *marked, *found),
        row_to_frame=frames,
    )


def _load(path: Path, key: str | None) -> _Loaded:
    with opened(path, expected="a table as DeepLabCut writes it", todo=_CSV) as file:
        group = _choose(file, key, path)
        if text(group.attrs["pandas_type"]) == "frame_table":
            return _table(group, path)
        return _fixed(group, path)


def _tables(file: h5py.File) -> list[str]:
    """Names of the pandas tables; links that lead elsewhere are not followed."""
    return [
        name
        for name in file
        if isinstance(file.get(name, getlink=True), h5py.HardLink)
        and isinstance(file[name], h5py.Group)
        and text(file[name].attrs.get("pandas_type", b"")) in ("frame", "frame_table")
    ]


def _choose(file: h5py.File, key: str | None, path: Path) -> h5py.Group:
    names = _tables(file)
    if key is not None and key not in names:
        raise FormatError(f"there is no table '{key}'", file=path, todo=did_you_mean(key, names))
    if not names:
        raise FormatError(
            "there is no pandas table in this H5 file",
            file=path,
            expected="a table as DeepLabCut writes it",
            todo="name another --format, or use the CSV file",
        )
    if key is None and len(names) > 1:
        raise FormatError(
            f"there are {len(names)} tables: {', '.join(names)}",
            file=path,
            todo="choose one by the option key",
        )
    return file[key or names[0]]


def _array(group: h5py.Group, name: str) -> NDArray[Any]:
    """A dataset that lies in the file itself."""
    return array(group, name, Path(group.file.filename))


def _level_names(group: h5py.Group, axis: str) -> list[_Key]:
    """The keys of an axis in the fixed layout: level values and, for each column, their places."""
    n_levels = int(group.attrs[f"{axis}_nlevels"])
    parts: list[list[str]] = []
    for level in range(n_levels):
        values = [text(value) for value in _array(group, f"{axis}_level{level}").tolist()]
        places = _array(group, f"{axis}_label{level}")
        if (places < 0).any():
            raise ValueError(f"a column of {axis} has no name")
        parts.append([values[place] for place in places.tolist()])
    return list(zip(*parts, strict=True))


def _fixed(group: h5py.Group, path: Path) -> _Loaded:
    """Keys, values (rows, columns) and index of the fixed layout."""
    keys = _level_names(group, "axis0")
    index = _array(group, "axis1")
    if index.dtype.kind in "SO":
        index = np.array([text(entry) for entry in index.tolist()])
    place = {key: number for number, key in enumerate(keys)}
    values = np.full((len(index), len(keys)), np.nan)
    filled: set[int] = set()
    for block in range(int(group.attrs["nblocks"])):
        items = [place[key] for key in _level_names(group, f"block{block}_items")]
        values[:, items] = _numbers(_array(group, f"block{block}_values"), path)
        filled.update(items)
    if len(filled) != len(keys):
        raise ValueError("a column has a name but no values, or two columns have one name")
    return keys, values, index


def _table(group: h5py.Group, path: Path) -> _Loaded:
    """Keys, values (rows, columns) and index of the table layout."""
    records = _array(group, "table")
    attributes = group["table"].attrs
    keys: list[_Key] = []
    blocks: list[NDArray[np.float64]] = []
    for name in (name for name in (records.dtype.names or ()) if name.startswith("values_block")):
        attribute = f"{name}_kind"
        loaded = load_plain(bytes(attributes[attribute]), file=path, attribute=attribute)
        if not isinstance(loaded, list) or not all(isinstance(key, tuple) for key in loaded):
            raise FormatError(
                f"the header attribute '{attribute}' is no list of column names",
                file=path,
                todo=_CSV,
            )
        keys += [tuple(str(part) for part in key) for key in loaded]
        blocks.append(_numbers(records[name], path).reshape(len(records), -1))
    if not keys:
        raise ValueError("the table has no columns")
    values = np.concatenate(blocks, axis=1)
    if values.shape[1] != len(keys):
        raise ValueError(f"{len(keys)} names for {values.shape[1]} columns")
    index = records["index"]
    if index.dtype.kind == "S":
        index = np.array([text(entry) for entry in index.tolist()])
    return keys, values, index


def _numbers(values: NDArray[Any], path: Path) -> NDArray[np.float64]:
    if values.dtype.kind not in "fiu":
        raise FormatError(
            f"the values are of type {values.dtype}",
            file=path,
            expected="numbers",
            todo=_CSV,
        )
    return values.astype(np.float64)
