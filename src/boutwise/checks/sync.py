"""Labels lie on the movement that they speak of: no offset, no drift.

Before training the labels are held against movement, after it against out-of-fold posteriors.
Recordings of one project are compared with each other: a delay that all share is a habit of the
labeling, learned with it, and told once; what one recording has for itself is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.checks._labelled import labelled
from boutwise.checks._lags import MAX_LAG_S, Agreement
from boutwise.checks._poses import readable
from boutwise.checks._sync import (
    SyncEstimate,
    movement,
    movement_agreement,
    offset_from_movement,
    offset_from_posteriors,
    settle,
)
from boutwise.checks._sync_in_run import Labels, estimates_in_run, finished
from boutwise.types import Problem, Severity

__all__ = [
    "DESCRIPTION",
    "SyncEstimate",
    "estimates_from_movement",
    "estimates_in_run",
    "find",
    "find_in_run",
    "off_beat",
    "offset_from_movement",
    "offset_from_posteriors",
    "sync_rows",
]

DESCRIPTION = "labels that come before or after the movement, or slide against it"

LEAST_FRAMES = 2.5
LEAST_S = 0.1
COMMON_S = 0.25
"""A delay that all recordings share is worth a word from here, seconds."""

LEAST_SLIDE_FRAMES, LEAST_SLIDE_SHARE = 2.0, 0.25
"""A slide from the start to the end, and its share of the offset, from which labels slide; with
less they are shifted."""

_LEAST_FOR_COMMON = 3


def find(project: Study) -> list[Problem]:
    """Hold labels against movement and, where a run is finished, against its posteriors."""
    estimates = estimates_from_movement(project)
    problems = judge(estimates, "the movement") + not_judged(estimates)
    complete = [name for name in project.run_names() if finished(project.runs / name)]
    if not complete:
        return problems
    in_run = estimates_in_run(project.runs / complete[-1])
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


def judge(estimates: Mapping[Labels, SyncEstimate], against: str) -> list[Problem]:
    """Problems of recordings whose labels slide against those of the others.

    Args:
        estimates: (recording, annotator) -> estimate.
        against: What the labels were held against, in words.
    """
    off, common_s = off_beat(estimates)
    told = [one for one in estimates.values() if not one.cannot_tell]
    problems = [
        _problem(labels, one, against, relative=common_s != 0) for labels, one in off.items()
    ]
    if abs(common_s) >= COMMON_S:
        problems.append(_common(common_s, len(told), against))
    return problems


def off_beat(
    estimates: Mapping[Labels, SyncEstimate],
) -> tuple[dict[Labels, SyncEstimate], float]:
    """Labels that are off by more than the others are, and the delay that all share.

    Returns:
        (recording, annotator) -> estimate less the common delay; and that delay, seconds, 0 where
        too few can be told.
    """
    told = {labels: one for labels, one in estimates.items() if not one.cannot_tell}
    common_s, room_s = 0.0, COMMON_S
    if len(told) >= _LEAST_FOR_COMMON:
        common_s = float(np.median([one.offset_frames / one.fps for one in told.values()]))
        room_s = LEAST_S
    own = {
        labels: replace(one, offset_frames=one.offset_frames - common_s * one.fps)
        for labels, one in told.items()
    }
    off = {
        labels: one
        for labels, one in own.items()
        if _is_off(one, max(LEAST_FRAMES, room_s * one.fps))
    }
    return off, common_s


def not_judged(estimates: Mapping[Labels, SyncEstimate]) -> list[Problem]:
    """Each recording and annotator of which the movement does not tell enough.

    That is no fault; but where it is enough in nearly all others, and this one has as much to tell,
    its labels may lie anywhere.
    """
    rich = [one for one in estimates.values() if not one.few_events]
    told = sum(not one.cannot_tell for one in rich)
    usual = told >= max(_LEAST_FOR_COMMON, len(rich) / 2)
    problems = []
    for (name, annotator), one in estimates.items():
        if not one.cannot_tell:
            continue
        what = f"whether {_whose(annotator)} lie on the movement cannot be told: {one.cannot_tell}"
        severity, todo = (
            Severity.NOTE,
            "nothing; with more labeled bouts, or after a training, it may be told",
        )
        if usual and not one.few_events:
            severity = Severity.WARNING
            what += f", though it can be told of {told} others"
            todo = (
                "look at some bouts in the video: these labels may be of another recording, or "
                f"shifted by more than {MAX_LAG_S:g} s"
            )
        problems.append(Problem("sync", severity, what, recording=name, todo=todo))
    return problems


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
    if _slides(one):
        what = (
            f"{whose} slide against {against} by {one.slide_frames:+.1f} frames over "
            f"{one.minutes:.1f} minutes: {_late(one.start_frames)} at the start and "
            f"{_late(one.stop_frames)} at the end{than}"
        )
        todo = "look whether video and pose have the same frame rate, or frames were dropped"
        if abs(one.offset_frames) > abs(one.slide_frames) / 2:
            todo += "; and where video and labels begin"
        value = one.slide_frames
    else:
        what = f"{whose} are {_late(one.offset_frames)} against {against}{than}"
        todo = (
            "look where video and labels begin, mend the times in the label file and import it "
            "again; --label-offset is for files with fewer rows than frames"
        )
        value = one.offset_frames
    return Problem("sync", Severity.WARNING, what, recording=name, todo=todo, value=round(value, 2))


def _slides(one: SyncEstimate) -> bool:
    """Whether the slide is more than a trifle beside a shift."""
    least = max(LEAST_SLIDE_FRAMES, LEAST_SLIDE_SHARE * abs(one.offset_frames))
    return abs(one.slide_frames) >= least


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


def _finite(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
