"""Offset and drift of labels against the out-of-fold posteriors of a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise.checks._sync import SyncEstimate, posterior_agreement, settle
from boutwise.errors import DataError
from boutwise.types import FrameState

Labels = tuple[str, str]
"""Recording and annotator."""


def estimates_in_run(run_directory: Path | str) -> dict[Labels, SyncEstimate]:
    """Offset and drift of each recording of a run, by its out-of-fold posteriors; no annotator.

    Read are ``data/labels.parquet`` and ``oof/<recording>.frames.parquet``.

    Raises:
        DataError: A file lacks a column.
    """
    directory = Path(run_directory)
    path = directory / "data" / "labels.parquet"
    if not path.is_file():
        return {}
    labels = _columns(path, ("recording", "animal", "target", "behavior", "start", "stop", "state"))
    found = {}
    for name, rows in labels.groupby("recording", sort=True):
        frames = directory / "oof" / f"{str(name).replace('/', '__')}.frames.parquet"
        if frames.is_file():
            found[str(name), ""] = _estimate_in_run(frames, rows)
    return found


def _estimate_in_run(frames: Path, rows: pd.DataFrame) -> SyncEstimate:
    table = _columns(frames, ("frame", "time_s", "animal", "target"))
    behaviors = [column[2:] for column in table.columns if column.startswith("p:")]
    table = table.fillna({"animal": "", "target": ""})
    agreements = []
    for who, part in table.groupby(["animal", "target"], sort=True):
        part = part.sort_values("frame")
        mine = rows[(rows["animal"] == who[0]) & (rows["target"].fillna("") == who[1])]
        if mine.empty:
            continue
        states = _states(mine, part["frame"].to_numpy(np.int64), behaviors)
        fps = 1 / float(np.median(np.diff(part["time_s"].to_numpy(np.float64))))
        posteriors = part[[f"p:{name}" for name in behaviors]].to_numpy(np.float64)
        agreements.append(posterior_agreement(states, posteriors, fps))
    if not agreements:
        raise DataError(
            "the predictions are of none of the animals in the labels",
            file=frames,
            expected="the animals of data/labels.parquet",
        )
    return settle(agreements)


def _states(
    rows: pd.DataFrame, frames: NDArray[np.int64], behaviors: list[str]
) -> NDArray[np.int8]:
    """Frame states of one subject at the frames of its predictions, (frames, behaviors)."""
    n_frames = max(int(rows["stop"].max()), int(frames.max()) + 1)
    states = np.full((n_frames, len(behaviors)), FrameState.UNLABELLED, dtype=np.int8)
    for column, name in enumerate(behaviors):
        mine = rows[rows["behavior"] == name]
        for start, stop, state in mine[["start", "stop", "state"]].to_numpy().tolist():
            states[start:stop, column] = state
    return states[frames]


def _columns(path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    table = pd.read_parquet(path)
    for column in needed:
        if column not in table.columns:
            raise DataError(f"there is no column '{column}'", file=path, expected=", ".join(needed))
    return table


def finished(run: Path) -> bool:
    """Whether the scores of a run are complete: its problems are written last."""
    scores = run / "scores.json"
    if not scores.is_file():
        return False
    return "problems" in json.loads(scores.read_text(encoding="utf-8"))
