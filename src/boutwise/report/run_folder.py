"""Reading a run folder: plan, environment, scores, labels and out-of-fold predictions.

The report reads files only: no project, no model. Predictions are the out-of-fold ones, so that
nothing on the page was made by a model that had seen the animal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.formats._prediction import file_stem
from boutwise.report.figures.raster import NEITHER, UNKNOWN, UNSCORABLE, Lane, Track
from boutwise.report.videos import Film, read_films
from boutwise.types import FrameState
from boutwise.types.plain_yaml import load_yaml

_SUFFIX = ".frames.parquet"

Labels = dict[tuple[str, str, str], pd.DataFrame]
"""Runs of states of each subject: recording, animal, target."""


@dataclass(frozen=True, eq=False)
class Run:
    """Everything that the page is made of.

    Attributes:
        directory: The run folder.
        plan: ``plan.yaml``.
        scores: ``scores.json``.
        environment: ``environment.json``; empty when there is none.
        tracks: Truth and prediction of each subject, in the order of their names.
        labels_digest: SHA-256 of ``data/labels.parquet``; empty when there is none.
        absent: Files that a complete run has and this one has not.
        colors: Colors that the ethogram asks for, by behavior.
        films: Videos of the recordings that were learned from, where there are some.
    """

    directory: Path
    plan: Mapping[str, Any]
    scores: Mapping[str, Any]
    environment: Mapping[str, Any]
    tracks: tuple[Track, ...]
    labels_digest: str
    absent: tuple[str, ...]
    colors: Mapping[str, str]
    films: Mapping[str, Film]

    @property
    def name(self) -> str:
        """Name of the run: that of its folder."""
        return self.directory.name


def read_run(directory: Path) -> Run:
    """Read a run folder.

    Raises:
        DataError: It has no plan or no scores, or one of its files is broken.
    """
    directory = Path(directory).resolve()
    plan = _mapping(directory / "plan.yaml")
    scores = _mapping(directory / "scores.json")
    for key in ("facts", "headline", "frames", "behaviors"):
        if key not in scores:
            raise DataError(
                f"scores.json has no '{key}'",
                file=directory / "scores.json",
                expected="the scores that 'boutwise train' or 'boutwise evaluate' writes",
            )
    environment_path, labels_path = (
        directory / "environment.json",
        directory / "data/labels.parquet",
    )
    absent = [
        str(path.relative_to(directory).as_posix())
        for path in (environment_path, labels_path)
        if not path.is_file()
    ]
    labels = _labels(labels_path) if labels_path.is_file() else None
    tracks = _all_tracks(directory / "oof", scores["facts"], labels)
    if not tracks and scores["facts"].get("rows") != "trials":
        absent.append("oof/")
    return Run(
        directory,
        plan,
        scores,
        _mapping(environment_path) if environment_path.is_file() else {},
        tracks,
        hashlib.sha256(labels_path.read_bytes()).hexdigest() if labels is not None else "",
        tuple(absent),
        _colors(directory / "data" / "snapshot.json"),
        read_films(directory),
    )


def _all_tracks(
    directory: Path, facts: Mapping[str, Any], labels: Labels | None
) -> tuple[Track, ...]:
    known = set(facts["recordings"])
    if labels is not None:
        known |= {recording for recording, _, _ in labels}
    # A file name cannot be turned back into an id, so the ids are turned into file names.
    ids = {file_stem(recording): recording for recording in sorted(known)}
    tracks: list[Track] = []
    for path in sorted(directory.glob(f"*{_SUFFIX}")):
        stem = path.name.removesuffix(_SUFFIX)
        tracks += read_tracks(path, ids.get(stem, stem), facts=facts, labels=labels)
    return tuple(tracks)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"the run folder has no {path.name}",
            file=path.parent,
            expected="a finished run: plan.yaml and scores.json",
            todo="finish it with 'boutwise train ... --resume', or name another folder",
        ) from None
    try:
        data = json.loads(text) if path.suffix == ".json" else load_yaml(text)[0]
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise DataError(f"the file cannot be read: {error}", file=path) from error
    if not isinstance(data, dict):
        raise DataError("the file is no mapping", file=path, expected="names with values")
    return data


def _labels(path: Path) -> Labels:
    """Runs of states by recording, animal and target."""
    table = pd.read_parquet(path)
    needed = {"recording", "animal", "target", "behavior", "start", "stop", "state"}
    if not needed <= set(table.columns):
        raise DataError(
            f"the labels have no column '{sorted(needed - set(table.columns))[0]}'", file=path
        )
    keys = ["recording", "animal", "target"]
    table[keys] = table[keys].fillna("").astype(str)
    return {
        (str(recording), str(animal), str(target)): part
        for (recording, animal, target), part in table.groupby(keys)
    }


def _colors(path: Path) -> dict[str, str]:
    """Colors of the ethogram that the run was made with, where it keeps one."""
    if not path.is_file():
        return {}
    behaviors = _mapping(path).get("ethogram", {}).get("behaviors", [])
    return {entry["name"]: entry["color"] for entry in behaviors if entry.get("color")}


def read_tracks(
    path: Path, recording: str, *, facts: Mapping[str, Any], labels: Labels | None
) -> list[Track]:
    """Truth and prediction of every subject of one recording.

    Args:
        path: ``oof/<recording>.frames.parquet``.
        recording: Id of the recording, as in the labels.
        facts: ``facts`` of ``scores.json``: behaviors and exclusive groups.
        labels: ``data/labels.parquet`` by recording, animal and target, or None where it is
            missing.

    Raises:
        DataError: A column is missing, or a label lies past the end.
    """
    table = pd.read_parquet(path)
    for column in ("frame", "time_s", "animal", "target"):
        if column not in table.columns:
            raise DataError(f"the predictions have no column '{column}'", file=path)
    tracks = []
    for (animal, target), part in table.groupby(["animal", "target"], sort=True, dropna=False):
        part = part.sort_values("frame")
        subject = (recording, _word(animal), _word(target))
        mine = None if labels is None else labels.get(subject)
        lanes = [
            _lane(path, part, mine, name, members) for name, members in lane_members(facts).items()
        ]
        times_s = part["time_s"].to_numpy(np.float64)
        tracks.append(Track(*subject, times_s, tuple(lanes)))
    return tracks


def lane_members(facts: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Name of each lane -> its behaviors: exclusive groups, then independent behaviors."""
    groups = {name: tuple(members) for name, members in facts["exclusive_groups"].items()}
    taken = {name for members in groups.values() for name in members}
    return groups | {name: (name,) for name in facts["behaviors"] if name not in taken}


def _word(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _lane(
    path: Path,
    frames: pd.DataFrame,
    labels: pd.DataFrame | None,
    name: str,
    members: tuple[str, ...],
) -> Lane:
    predicted = _predicted(path, frames, name, members)
    truth = np.full(len(frames), UNKNOWN, dtype=np.int16)
    if labels is not None:
        truth = _truth(path, labels, members, len(frames))
    return Lane(name, members, truth, predicted, _confidence(frames, predicted, members))


def _predicted(
    path: Path, frames: pd.DataFrame, name: str, members: tuple[str, ...]
) -> NDArray[np.int16]:
    """Codes of the decided behavior, (frames,), from ``label`` or ``label:<lane>``."""
    column = f"label:{name}" if f"label:{name}" in frames.columns else "label"
    if column not in frames.columns:
        raise DataError(
            f"the predictions have no column 'label:{name}'",
            file=path,
            expected="'label', or one 'label:<group or behavior>' for each decision",
        )
    codes = {"": NEITHER}
    if len(members) == 1:
        codes |= {"yes": 0, "True": 0, "no": NEITHER, "False": NEITHER}
    codes |= {member: code for code, member in enumerate(members)}
    places, uniques = pd.factorize(frames[column], use_na_sentinel=False)
    words = [_word(value) for value in uniques]
    strange = set(words) - set(codes)
    if strange:
        raise DataError(
            f"the predictions decide '{sorted(strange)[0]}' in '{column}'",
            file=path,
            expected=", ".join(members),
        )
    decided = np.array([codes[word] for word in words], dtype=np.int16)[places]
    named = np.array([word != "" for word in words])[places]
    # An empty label says 'none of them' where the frame was judged, and nothing elsewhere.
    judged = frames["observed"].to_numpy(bool) if "observed" in frames.columns else named
    return np.where(judged, decided, UNKNOWN).astype(np.int16)


def _truth(
    path: Path, labels: pd.DataFrame, members: tuple[str, ...], n_frames: int
) -> NDArray[np.int16]:
    """Codes of what people said, (frames,)."""
    mine = labels[labels["behavior"].astype(str).isin(members)]
    if len(mine) and int(mine["stop"].max()) > n_frames:
        raise DataError(
            f"a label ends at frame {int(mine['stop'].max())}",
            file=path,
            recording=str(mine["recording"].iloc[0]),
            expected=f"at most {n_frames}, the frames that were predicted",
        )
    states = np.full((n_frames, len(members)), FrameState.UNLABELLED, dtype=np.int8)
    columns = (mine[name].tolist() for name in ("behavior", "start", "stop", "state"))
    for behavior, start, stop, state in zip(*columns, strict=True):
        states[start:stop, members.index(behavior)] = state
    truth = np.full(n_frames, UNKNOWN, dtype=np.int16)
    truth[(states == FrameState.NO).all(axis=1)] = NEITHER
    truth[(states == FrameState.UNSCORABLE).any(axis=1)] = UNSCORABLE
    yes = states == FrameState.YES
    return np.where(yes.any(axis=1), yes.argmax(axis=1), truth).astype(np.int16)


def _confidence(
    frames: pd.DataFrame, predicted: NDArray[np.int16], members: tuple[str, ...]
) -> NDArray[np.float32] | None:
    """Probability of what was decided, or of the only behavior, (frames,); None without any."""
    columns = [f"p:{member}" for member in members]
    if not set(columns) <= set(frames.columns):
        return None
    p = frames[columns].to_numpy(np.float32)
    if len(members) == 1:
        return np.asarray(p[:, 0])
    chosen = p[np.arange(len(p)), np.clip(predicted, 0, None)]
    # Nothing of the lane was decided: how sure that none of them is there.
    nothing = predicted == NEITHER
    chosen[nothing] = 1 - p[nothing].max(axis=1)
    chosen[predicted == UNKNOWN] = np.nan
    return chosen
