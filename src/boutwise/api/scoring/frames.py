"""A prediction frame by frame, as ``predict`` writes it and a run keeps it out of fold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.formats._prediction import read_facts
from boutwise.types import Bouts, Subject
from boutwise.types.bouts import from_frames

SUFFIX = ".frames.parquet"
Probabilities = Mapping[tuple[str, str], Mapping[str, NDArray[np.float32]]]
"""(animal, target) -> behavior -> probability of each frame, (frames,)."""


def _check_probabilities(table: pd.DataFrame, path: Path) -> None:
    for name in (name for name in map(str, table) if name.startswith("p:")):
        column = table[name]
        if column.dtype.kind not in "fiu" or not column.between(0, 1).all():
            raise FormatError(
                f"the column '{name}' holds something else than probabilities",
                file=path,
                expected="a number from 0 to 1 in every row",
                todo="predict again, or write the column anew",
            )


def read_frames(path: Path) -> tuple[Bouts, Probabilities, float | None]:
    """Read a ``.frames.parquet``.

    Returns:
        The decided bouts, the probabilities, and the frame rate (None with a single frame).

    Raises:
        FormatError: It is no such file, or a subject's frames are not 0, 1, 2, ...
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise FormatError(
            "the file cannot be read as Parquet", file=path, expected=f"a {SUFFIX} of 'predict'"
        ) from error
    labels = [name for name in map(str, table) if name == "label" or name.startswith("label:")]
    missing = {"frame", "time_s", "animal", "target"} - set(table)
    if missing or not labels:
        raise FormatError(
            f"there is no column {sorted(missing)[0] if missing else 'label'}",
            file=path,
            expected="frame, time_s, animal, target, label, p:<behavior>",
        )
    if not len(table):
        raise FormatError(
            "there are no frames", file=path, row=1, expected=f"a {SUFFIX} of 'predict'"
        )
    _check_probabilities(table, path)
    recording = str(read_facts(path).get("recording") or path.name.removesuffix(SUFFIX))
    shown = {column[2:] for column in map(str, table) if column.startswith("p:")}
    shown |= {str(name) for column in labels for name in table[column].unique() if name}
    behaviors = sorted(shown)
    bouts: list[Bouts] = []
    probabilities = {}
    for (animal, target), rows in table.groupby(["animal", "target"], sort=False):
        if not np.array_equal(rows["frame"], np.arange(len(rows))):
            raise FormatError(
                f"the frames of '{animal}' are not 0, 1, 2, ...",
                file=path,
                todo="score each prediction of this recording by itself",
            )
        decided = np.stack(
            [(rows[labels] == name).any(axis=1).to_numpy() for name in behaviors], axis=1
        )
        subject = Subject(recording, str(animal), str(target))
        bouts.append(from_frames(decided.astype(np.int8), subject, behaviors))
        probabilities[str(animal), str(target)] = {
            name: rows[f"p:{name}"].to_numpy(dtype=np.float32)
            for name in behaviors
            if f"p:{name}" in table
        }
    steps = np.diff(table["time_s"].to_numpy()[: len(rows)])
    fps = round(float(1 / np.median(steps)), 4) if len(steps) else None
    return Bouts.concatenate(bouts), probabilities, fps
