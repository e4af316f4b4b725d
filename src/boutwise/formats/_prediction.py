"""Predictions frame by frame as Parquet: what ``predict`` writes and a run keeps out of fold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from boutwise.errors import DataError
from boutwise.formats._parquet import FACTS, GrowingTable, with_facts
from boutwise.types import Ethogram, Prediction

ROWS = 20_000
"""Frames that are turned into a table at once."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*", re.IGNORECASE)


def file_stem(recording: str) -> str:
    """The file name of a recording's files: its id without folders.

    Windows has no files called CON or NUL, with whatever ending: such a name gets a line behind it.

    >>> file_stem("day1/cage3"), file_stem("con")
    ('day1__cage3', 'con_')
    """
    base, dot, rest = recording.replace("/", "__").partition(".")
    return f"{base}{'_' if _RESERVED.fullmatch(base) else ''}{dot}{rest}"


def refuse_same_stems(recordings: Iterable[str]) -> None:
    """Two recordings must not write the same file.

    Raises:
        DataError: Naming the two.
    """
    stems: dict[str, str] = {}
    for recording in recordings:
        # Windows and macOS do not tell upper from lower case.
        other = stems.setdefault(file_stem(recording).casefold(), recording)
        if other != recording:
            raise DataError(
                f"'{other}' and '{recording}' would write the same files",
                recording=recording,
                expected="recordings whose ids differ by more than case, '/' and '__'",
                todo="rename one of them",
            )


def label_columns(ethogram: Ethogram) -> dict[str, tuple[str, ...]]:
    """Name of each label column -> the behaviors between which it decides.

    One exclusive group and nothing else has the column ``label``; otherwise each group has
    ``label:<group>`` and each independent behavior ``label:<behavior>``.
    """
    grouped = {name for group in ethogram.groups for name in group.behaviors}
    free = [name for name in ethogram.names if name not in grouped]
    if len(ethogram.groups) == 1 and not free:
        return {"label": ethogram.groups[0].behaviors}
    columns = {f"label:{group.name}": group.behaviors for group in ethogram.groups}
    return columns | {f"label:{name}": (name,) for name in free}


def _frame_tables(prediction: Prediction) -> Iterator[pd.DataFrame]:
    """One row a subject and frame: frame, time_s, animal, target, labels, ``p:<behavior>``.

    A label is empty in a frame that could not be judged. Some frames at a time: hours of them would
    fill the memory.
    """
    for place in range(len(prediction.subjects)):
        for start in range(0, max(prediction.clock.n_frames, 1), ROWS):
            stop = min(start + ROWS, prediction.clock.n_frames)
            yield _frame_table(prediction, place, slice(start, stop))


def _frame_table(prediction: Prediction, place: int, frames: slice) -> pd.DataFrame:
    """Some frames of one subject."""
    names, subject = prediction.ethogram.names, prediction.subjects[place]
    frame = np.arange(frames.start, frames.stop)
    columns = {
        "frame": frame.astype(np.int64),
        "time_s": prediction.clock.to_seconds(frame),
        "animal": np.full(frame.size, subject.animal, dtype=object),
        "target": np.full(frame.size, subject.target, dtype=object),
    }
    decided = prediction.decided[place, frames]
    for column, members in label_columns(prediction.ethogram).items():
        label = np.full(frame.size, "", dtype=object)
        for name in members:
            label[decided[:, names.index(name)]] = name
        columns[column] = label
    for column_number, name in enumerate(names):
        columns[f"p:{name}"] = prediction.probabilities[place, frames, column_number]
    columns["observed"] = prediction.observed[place, frames]
    return pd.DataFrame(columns)


def write_frames(
    predictions: Sequence[Prediction], path: Path, *, facts: Mapping[str, Any] | None = None
) -> None:
    """Write the frames of one recording, several predictions of it below each other.

    Args:
        predictions: Of the same recording.
        path: ``<recording>.frames.parquet``; it appears under this name when it is whole.
        facts: Kept in the file's metadata and read back by :func:`read_facts`.
    """
    said = {"recording": predictions[0].recording, "bundle": predictions[0].bundle}
    said |= facts or {}
    with GrowingTable(path) as file:
        for prediction in predictions:
            for rows in _frame_tables(prediction):
                file.add(with_facts(pa.Table.from_pandas(rows, preserve_index=False), said))


def read_facts(path: Path) -> dict[str, Any]:
    """The facts in the metadata of a frames file; empty when there are none, or no such file."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return {}
    return dict(json.loads(metadata.get(FACTS, b"{}")))
