"""Labels lie on the movement that they speak of: no offset, no drift.

Before training the labels are held against movement, after it against out-of-fold posteriors.
Recordings of one project are compared with each other: a delay that all share is a habit of the
labeling, learned with it, and told once; what one recording has for itself is a fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.checks._labelled import labelled
from boutwise.checks._lags import Agreement
from boutwise.checks._poses import readable
from boutwise.checks._sync import (
    SyncEstimate,
    movement,
    movement_agreement,
    offset_from_movement,
    offset_from_posteriors,
    posterior_agreement,
    settle,
)
from boutwise.errors import DataError
from boutwise.types import FrameState, Problem, Severity

__all__ = [
    "DESCRIPTION",
    "SyncEstimate",
    "estimates_from_movement",
    "estimates_in_run",
    "find",
    "find_in_run",
    "offset_from_movement",
    "offset_from_posteriors",
    "sync_rows",
]

DESCRIPTION = "labels that come before or after the movement, or slide against it"

LEAST_FRAMES = 2.5
LEAST_S = 0.1
COMMON_S = 0.25
"""A delay that all recordings share is worth a word from here, seconds."""

_LEAST_FOR_COMMON = 3

Labels = tuple[str, str]
"""Recording and annotator."""


def find(project: Study) -> list[Problem]:
    """Hold labels against movement and, where a run is finished, against its posteriors."""
    estimates = estimates_from_movement(project)
    problems = judge(estimates, "the movement") + not_judged(estimates)
    finished = [name for name in project.run_names() if _finished(project.runs / name)]
    if not finished:
        return problems
    in_run = estimates_in_run(project.runs / finished[-1])
    by_run = judge(in_run, "the out-of-fold posteriors")
    told = {problem.recording for problem in by_run}
    judged = {name for (name, _annotator), one in in_run.items() if not one.cannot_tell}
    return [
        problem
        for problem in problems
        if problem.recording not in told
        and not (problem.severity is Severity.NOTE and problem.recording in judged)
    ] + by_run


def find_in_run(run_directory: Path | str) -> list[Problem]:
    """Hold the labels of a run against its out-of-fold posteriors."""
    return judge(estimates_in_run(run_directory), "the out-of-fold posteriors")


def sync_rows(estimates: Mapping[Labels, SyncEstimate]) -> list[dict[str, Any]]:
    """The estimates as plain rows for ``scores.json`` and the report."""
    return [
        {
            "recording": name,
            "annotator": annotator,
            "offset_frames": round(estimate.offset_frames, 2),
            "offset_error_frames": _finite(estimate.offset_error_frames),
            "drift_frames_per_minute": round(estimate.drift_frames_per_minute, 3),
            "at_start_frames": round(estimate.start_frames, 2),
            "at_end_frames": round(estimate.stop_frames, 2),
            "cannot_tell": estimate.cannot_tell,
        }
        for (name, annotator), estimate in estimates.items()
    ]


def estimates_from_movement(project: Study) -> dict[Labels, SyncEstimate]:
    """Offset and drift of the labels of each recording that has pose, by movement."""
    agreements: dict[Labels, list[Agreement]] = {}
    channels: tuple[str, str, NDArray[np.float64]] | None = None
    for piece in labelled(project):
        name, animal = piece.recording.id, piece.subject.animal
        if channels is None or channels[:2] != (name, animal):
            pose = readable(project, piece.recording)
            if pose is None or animal not in pose.animals:
                continue
            if pose.n_frames != piece.recording.n_frames:
                continue
            channels = name, animal, movement(pose.positions[:, pose.index(animal)])
        agreement = movement_agreement(piece.states, channels[2], piece.recording.clock.fps)
        agreements.setdefault((name, piece.annotator), []).append(agreement)
    return {labels: settle(found) for labels, found in agreements.items()}


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


def judge(estimates: Mapping[Labels, SyncEstimate], against: str) -> list[Problem]:
    """Problems of recordings whose labels slide against those of the others.

    Args:
        estimates: (recording, annotator) -> estimate.
        against: What the labels were held against, in words.
    """
    told = {labels: one for labels, one in estimates.items() if not one.cannot_tell}
    common_s = 0.0
    if len(told) >= _LEAST_FOR_COMMON:
        common_s = float(np.median([one.offset_frames / one.fps for one in told.values()]))
    problems = []
    for labels, one in told.items():
        own = replace(one, offset_frames=one.offset_frames - common_s * one.fps)
        room = LEAST_S if len(told) >= _LEAST_FOR_COMMON else COMMON_S
        if _is_off(own, max(LEAST_FRAMES, room * one.fps)):
            problems.append(_problem(labels, own, against, relative=common_s != 0))
    if abs(common_s) >= COMMON_S:
        problems.append(_common(common_s, len(told), against))
    return problems


def not_judged(estimates: Mapping[Labels, SyncEstimate]) -> list[Problem]:
    """A note for each recording and annotator of which the movement does not tell enough."""
    return [
        Problem(
            "sync",
            Severity.NOTE,
            f"whether {_whose(annotator)} lie on the movement cannot be told: {one.cannot_tell}",
            recording=name,
            todo="nothing; with more labeled bouts, or after a training, it may be told",
        )
        for (name, annotator), one in estimates.items()
        if one.cannot_tell
    ]


def _is_off(one: SyncEstimate, room_frames: float) -> bool:
    """Whether either end is off by more than the room and its own error."""
    slide_error = one.drift_error_frames_per_minute * one.minutes / 2
    error = one.offset_error_frames
    if one.drift_frames_per_minute != 0:
        error = float(np.hypot(error, slide_error))
    return max(abs(one.start_frames), abs(one.stop_frames)) > room_frames + error


def _problem(labels: Labels, one: SyncEstimate, against: str, *, relative: bool) -> Problem:
    name, annotator = labels
    whose = _whose(annotator)
    than = ", compared with the other recordings" if relative else ""
    if one.drift_frames_per_minute != 0:
        what = (
            f"{whose} slide against {against} by {one.slide_frames:+.1f} frames over "
            f"{one.minutes:.1f} minutes: {_late(one.start_frames)} at the start and "
            f"{_late(one.stop_frames)} at the end{than}"
        )
        todo = "look whether video and pose have the same frame rate, or frames were dropped"
        value = one.slide_frames
    else:
        what = f"{whose} are {_late(one.offset_frames)} against {against}{than}"
        todo = (
            "look where video and labels begin, mend the times in the label file and import it "
            "again; --label-offset is for files with fewer rows than frames"
        )
        value = one.offset_frames
    return Problem("sync", Severity.WARNING, what, recording=name, todo=todo, value=round(value, 2))


def _whose(annotator: str) -> str:
    return f"the labels of {annotator}" if annotator else "the labels"


def _common(common_s: float, count: int, against: str) -> Problem:
    side = "after" if common_s > 0 else "before"
    return Problem(
        "sync",
        Severity.WARNING,
        f"all labels ({count} recordings or annotators) come about {abs(common_s):.2f} s {side} "
        f"{against} that they go best with",
        todo="no harm to scores, but predicted bouts will be shifted alike: mind it when you "
        "compare them with other signals",
        value=round(common_s, 3),
    )


def _late(frames: float) -> str:
    return f"{abs(frames):.1f} frames {'late' if frames >= 0 else 'early'}"


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


def _finished(run: Path) -> bool:
    """Whether the scores of a run are complete: its problems are written last."""
    scores = run / "scores.json"
    if not scores.is_file():
        return False
    return "problems" in json.loads(scores.read_text(encoding="utf-8"))


def _finite(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
