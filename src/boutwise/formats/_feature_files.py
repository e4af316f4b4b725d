"""Features and labels frame by frame as Parquet: what ``export --format features`` writes.

One row a subject and frame. Not compressed, one row group a subject: one column of one animal is
read alone, from a memory-mapped file without loading the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.formats._parquet import GrowingTable, with_facts
from boutwise.formats._prediction import read_facts
from boutwise.types import FeatureTable, FrameClock, FrameState, Subject

KEYS = ("frame", "time_s", "animal", "target")
"""Columns that say of whom and when a row is; the rest are features."""


def write_features(
    path: Path, tables: Iterable[FeatureTable], clock: FrameClock, *, facts: Mapping[str, Any]
) -> FeatureTable:
    """Write the features of a recording, subject below subject.

    Args:
        path: Appears under its name when it is whole.
        tables: One subject each, with the same columns and one row for every frame of the clock.
        clock: The recording's.
        facts: Kept in the file's metadata beside set, version and units.

    Returns:
        The last of the tables, for its columns and units.
    """
    table: FeatureTable | None = None
    with GrowingTable(path, compression="none", use_dictionary=["animal", "target"]) as file:
        for table in tables:
            (subject,) = table.subjects
            said = {
                **facts,
                "recording": subject.recording,
                "set": table.set_name,
                "version": table.version,
                "units": dict(zip(table.columns, table.units, strict=True)),
            }
            values = dict(zip(table.columns, table.of(subject).T, strict=True))
            file.add(with_facts(pa.table({**_keys(subject, clock), **values}), said))
        if table is None:
            raise DataError("there is no subject to write features of", file=path)
    return table


def read_features(path: Path) -> FeatureTable:
    """Read what :func:`write_features` wrote: all subjects of a recording.

    Raises:
        DataError: It is no such file.
    """
    facts = read_facts(path)
    if "units" not in facts:
        raise DataError("this file holds no features", file=path)
    rows = pq.read_table(path, memory_map=True)
    pairs = zip(rows["animal"].to_pylist(), rows["target"].to_pylist(), strict=True)
    subjects = [Subject(facts["recording"], animal, target) for animal, target in
                dict.fromkeys(pairs)]  # fmt: skip
    columns = tuple(name for name in rows.column_names if name not in KEYS)
    flat = np.stack([rows[name].to_numpy() for name in columns], axis=1)
    return FeatureTable(
        values=flat.reshape(len(subjects), -1, len(columns)),
        subjects=tuple(subjects),
        columns=columns,
        units=tuple(facts["units"][name] for name in columns),
        set_name=facts["set"],
        version=int(facts["version"]),
    )


def write_states(
    path: Path,
    labels: Iterable[tuple[str, Subject, NDArray[np.int8]]],
    clock: FrameClock,
    *,
    behaviors: tuple[str, ...],
) -> None:
    """Write labels frame by frame, in the four states, and what was examined.

    Args:
        path: Appears under its name when it is whole.
        labels: Annotator, subject and states (frames, behaviors); see
            :class:`~boutwise.types.FrameState`.
        clock: The recording's.
        behaviors: Names of the columns of the states.
    """
    texts = ["animal", "target", "annotator"]
    with GrowingTable(path, compression="none", use_dictionary=texts) as file:
        for annotator, subject, states in labels:
            columns: dict[str, Any] = _keys(subject, clock)
            columns["annotator"] = _repeated(annotator, clock.n_frames)
            for name, column in zip(behaviors, states.T, strict=True):
                columns[f"state:{name}"] = column
            for name, column in zip(behaviors, states.T, strict=True):
                columns[f"observed:{name}"] = column != FrameState.UNLABELLED
            file.add(with_facts(pa.table(columns), {"recording": subject.recording}))


def _keys(subject: Subject, clock: FrameClock) -> dict[str, Any]:
    return {
        "frame": np.arange(clock.n_frames, dtype=np.int64),
        "time_s": clock.times_s,
        "animal": _repeated(subject.animal, clock.n_frames),
        "target": _repeated(subject.target, clock.n_frames),
    }


def _repeated(word: str, n_rows: int) -> pa.Array:
    return pa.array([word]).take(pa.array(np.zeros(n_rows, dtype=np.int64)))
