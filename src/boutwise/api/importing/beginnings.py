"""Where the labels of a file begin in their recording."""

from __future__ import annotations

from typing import Literal

from boutwise.api.importing.matched import Matched, report
from boutwise.api.importing.types import ImportPlan
from boutwise.formats import LabelTrack
from boutwise.types import Recording, Severity, Trial


def tell_other_count(one: Matched, recording: Recording, plan: ImportPlan) -> None:
    """Warn where a file counted other frames in its video than the video shows."""
    contents, counted = one.file.contents, one.track.length
    if contents is None or contents.video is None or counted in (None, recording.n_frames):
        return
    report(
        plan,
        one.file.path,
        f"the labels were made on {counted:g} frames, and the video shows {recording.n_frames}",
        recording=recording.id,
        todo="look at a bout near the end: if it lies beside what it is of, the program that the "
        "labels come from numbers frames otherwise",
        severity=Severity.WARNING,
    )


def offset_of(
    one: Matched, recording: Recording, wanted: Literal["auto"] | int | None, plan: ImportPlan
) -> tuple[int, int | None]:
    """Frames by which the labels are moved, and what would be proposed."""
    track, path = one.track, one.file.path
    trial = trial_of(track, recording)
    n_frames = trial.n_frames if trial else recording.n_frames
    lost = track.trial is not None and trial is None  # to be reported by the conversion
    if lost or track.n_rows is None or track.n_rows == n_frames:
        return 0, None
    place = f"trial {trial.number}" if trial else "the recording"
    if track.n_rows > n_frames or (
        isinstance(wanted, int) and wanted + track.n_rows > n_frames and _from_zero(one, recording)
    ):
        moved = f" moved by {wanted}" if isinstance(wanted, int) and wanted else ""
        problem = report(
            plan,
            path,
            f"there are {track.n_rows} rows of labels{moved}",
            recording=recording.id,
            expected=f"at most {n_frames}, the frames of {place}",
            todo="check which recording and trial the file belongs to, and the offset",
        )
        if trial or wanted is not None:
            plan.contradictions.append(problem)
        return 0, None
    if not _from_zero(one, recording):
        return 0, None
    proposed = n_frames - track.n_rows
    used = _used(wanted, proposed)
    if wanted is None:
        report(
            plan,
            path,
            f"{track.n_rows} rows of labels for the {n_frames} frames of {place}",
            recording=recording.id,
            expected="a label for each frame",
            todo=f"if they are the last ones, give --label-offset auto (offset {proposed}); "
            "now they begin at its first frame",
            severity=Severity.BLOCKING if plan.strict else Severity.WARNING,
        )
    return used, proposed


def _used(wanted: Literal["auto"] | int | None, proposed: int) -> int:
    if wanted == "auto":
        return proposed
    return 0 if wanted is None else wanted


def trial_of(track: LabelTrack, recording: Recording) -> Trial | None:
    """The trial that a track speaks of; None when there is none."""
    return next((t for t in recording.trials if t.number == track.trial), None)


def _from_zero(one: Matched, recording: Recording) -> bool:
    """Whether the file counts its rows from 0 without a gap: only such a file can be moved."""
    track = one.track
    if not track.observed:
        return True
    scale = 1.0 if track.unit == "frame" else recording.clock.fps
    start = round(min(a for a, _ in track.observed) * scale)
    stop = round(max(b for _, b in track.observed) * scale)
    return start == 0 and stop == track.n_rows
