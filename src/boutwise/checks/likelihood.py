"""Every keypoint has a confidence that means something, and is seen most of the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.checks._poses import LEAST_CONFIDENCE, cuts_of, placeholders, poses
from boutwise.types import PoseTrack, Problem, Recording, Severity

DESCRIPTION = "confidence that is missing, constant, out of range or nearly always low"

MOST_UNSEEN = 0.5
"""Share of frames in which a keypoint may be missing or unsure; beyond it is hardly ever seen."""

LEAST_PLACEHOLDERS = 0.001
"""Share of frames at 0, 0 that no moving keypoint has by chance."""

_ROUNDING = 1e-3
_SHOWN = 4


def find(project: Study) -> list[Problem]:
    """Look at the confidence of every pose, and at how often keypoints are missing."""
    problems: list[Problem] = []
    without: list[str] = []
    count = 0
    for recording, pose in poses(project):
        count += 1
        if pose.confidence is None:
            without.append(recording.id)
        else:
            problems += out_of_range(recording, pose.confidence)
            problems += constant(recording, pose)
        problems += hardly_seen(recording, pose)
        problems += written_as_numbers(recording, pose)
    return no_confidence(without, count) + problems


def no_confidence(without: Sequence[str], count: int) -> list[Problem]:
    """Recordings without any confidence: a note where none has it, a warning where some do."""
    if len(without) == count:
        return [
            _problem(
                "",
                "no pose has a confidence: keypoints that the tracker was not sure of cannot be "
                "told from others",
                todo="nothing, if the tracker gives none; else export it with the positions",
                severity=Severity.NOTE,
                value=float(count),
            )
        ][: min(count, 1)]
    return [
        _problem(
            name,
            "this pose has no confidence, and others of the project have",
            expected="a confidence for each keypoint and frame, as in the others",
            todo="export it with the positions, and import the file again",
        )
        for name in without
    ]


def out_of_range(recording: Recording, confidence: NDArray[np.float32]) -> list[Problem]:
    """A confidence that is no share: percent, a score, a logarithm."""
    seen = confidence[np.isfinite(confidence)]
    if not seen.size:
        return []
    low, high = float(seen.min()), float(seen.max())
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return []
    frame = int(np.argmax(((confidence < 0) | (confidence > 1)).any(axis=(1, 2))))
    return [
        _problem(
            recording.id,
            f"the confidence goes from {low:.4g} to {high:.4g}",
            frame=frame,
            expected="0 to 1",
            todo="bring it to 0 to 1 in the file (percent by 100), or set the limit of "
            "'clean_pose' (least_confidence) to one that fits",
            value=high if high > 1 else low,
        )
    ]


def constant(recording: Recording, pose: PoseTrack) -> list[Problem]:
    """A confidence that never changes tells nothing."""
    assert pose.confidence is not None
    if pose.n_frames < 2:
        return []
    with_nan = np.nan_to_num(pose.confidence, nan=-1)
    still = np.asarray((with_nan == with_nan[:1]).all(axis=(0, 1)))
    if not still.any():
        return []
    names = [name for name, flat in zip(pose.keypoints, still.tolist(), strict=True) if flat]
    value = float(with_nan[0, 0, int(np.argmax(still))])
    whose = "of all keypoints" if len(names) == len(pose.keypoints) else f"of {_listed(names)}"
    return [
        _problem(
            recording.id,
            f"the confidence {whose} never changes"
            + (f": {value:.3g} in every frame" if value >= 0 else ": it is missing"),
            expected="values that tell sure frames from unsure ones",
            todo="look whether the export filled it in; nothing is masked by it now",
            value=value,
        )
    ]


def hardly_seen(recording: Recording, pose: PoseTrack) -> list[Problem]:
    """Keypoints that are missing, or unsure, in most frames."""
    missing = np.asarray(np.isnan(pose.positions).any(axis=3))
    if pose.confidence is not None and np.nanmax(pose.confidence, initial=0) <= 1 + _ROUNDING:
        missing = missing | (pose.confidence < LEAST_CONFIDENCE)
    problems = []
    for place, animal in enumerate(pose.animals):
        share = np.asarray(missing[:, place].mean(axis=0))
        bad = [k for k in np.argsort(-share, kind="stable").tolist() if share[k] > MOST_UNSEEN]
        if not bad:
            continue
        who = f"{animal}: " if len(pose.animals) > 1 else ""
        names = _listed([f"'{pose.keypoints[k]}' ({share[k]:.0%})" for k in bad], quote=False)
        problems.append(
            _problem(
                recording.id,
                f"{who}hardly ever seen: {names} of the frames are missing or below "
                f"{LEAST_CONFIDENCE:g}",
                expected="keypoints that are seen in most frames",
                todo="label more frames of it for the tracker, or give it no role in boutwise.yaml",
                value=round(float(share.max()), 4),
            )
        )
    return problems


def written_as_numbers(recording: Recording, pose: PoseTrack) -> list[Problem]:
    """Missing positions for which a program wrote 0, 0 or -1, -1."""
    cuts = cuts_of(recording)
    found = np.stack(
        [placeholders(pose.positions[:, place], cuts) for place in range(len(pose.animals))], axis=1
    )
    if pose.confidence is not None:
        found &= ~(pose.confidence < LEAST_CONFIDENCE)
    share = found.mean(axis=(0, 2))
    if share.max(initial=0) < LEAST_PLACEHOLDERS:
        return []
    told = ", ".join(
        f"{animal} {part:.1%}" if len(pose.animals) > 1 else f"{part:.1%}"
        for animal, part in zip(pose.animals, share.tolist(), strict=True)
        if part >= LEAST_PLACEHOLDERS
    )
    first = tuple(np.argwhere(found)[0].tolist())
    value = pose.positions[first].tolist()[0]
    return [
        _problem(
            recording.id,
            f"keypoints lie at exactly {value:g}, {value:g} ({told} of their frames): that is how "
            "some programs write 'not found'",
            frame=first[0],
            expected="nothing, or NaN, where a keypoint was not found",
            todo="put NaN or an empty cell there, and import the file again; as it is, the "
            "animal jumps into the corner",
            value=round(float(share.max()), 4),
        )
    ]


def _listed(names: Iterable[str], *, quote: bool = True) -> str:
    words = [f"'{name}'" if quote else name for name in names]
    rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + rest


def _problem(
    recording: str,
    what: str,
    *,
    todo: str,
    expected: str = "",
    frame: int | None = None,
    severity: Severity = Severity.WARNING,
    value: float | None = None,
) -> Problem:
    return Problem(
        "likelihood",
        severity,
        what,
        recording=recording,
        frame=frame,
        expected=expected,
        todo=todo,
        value=value,
    )
