"""What an import plans and what it did, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.project import FilePart
from boutwise.types import (
    Animal,
    Bouts,
    Ethogram,
    PoseTrack,
    Problem,
    Ratings,
    Recording,
    Session,
    Severity,
)
from boutwise.video import VideoIndex


@dataclass(frozen=True)
class ImportRow:
    """One file (or one recording of it) in the table of a dry run.

    Attributes:
        file: Path.
        kind: ``pose``, ``labels``, ``video``, or empty when nobody knows.
        format: Name of the format; empty when none claims it.
        matched: Whether it will be imported.
        why: Why, or why not.
        recording: Id of the recording that it belongs to.
        trial: Number of the trial.
        n_rows: Rows, one a frame; of a video, its frames.
        offset_frames: Frames that labels are moved by.
        proposed_offset_frames: What ``--label-offset auto`` would move them by.
        news: ``new``, ``changed``, ``unchanged`` or ``moved`` against what the project has.
        annotator: Who labeled.
    """

    file: str
    kind: str
    format: str
    matched: bool
    why: str
    recording: str = ""
    trial: int | None = None
    n_rows: int | None = None
    offset_frames: int | None = None
    proposed_offset_frames: int | None = None
    news: str = ""
    annotator: str = ""


@dataclass(frozen=True, eq=False)
class PlannedVideo:
    """A video with its index."""

    path: Path
    index: VideoIndex


@dataclass(frozen=True, eq=False)
class PlannedRecording:
    """A recording with its pose file and its video.

    Attributes:
        recording: As it will be in the project.
        path: Its pose file; meaningless where ``format`` is empty.
        format: Name of the format.
        options: What the format needs to know.
        animals: Its animals in full.
        tracks: Names of the animals in the pose file, in order.
        keypoints: Names of the keypoints.
        roles: Role of each keypoint, as far as the format knows.
        rename: Whether the project has it with other animals, to be renamed.
        parsed: The parsed track, memory-mapped; None where the project has it already.
        row_to_frame: Frame of each row, (rows,), where they are not 0, 1, 2, ...
        video: Its video, where this import has it.
    """

    recording: Recording
    path: Path
    format: str
    options: Mapping[str, Any]
    animals: tuple[Animal, ...]
    tracks: tuple[str, ...]
    keypoints: tuple[str, ...]
    roles: Mapping[str, str]
    rename: bool = False
    parsed: PoseTrack | None = None
    row_to_frame: NDArray[np.int64] | None = None
    video: PlannedVideo | None = None


@dataclass(frozen=True, eq=False)
class PlannedLabels:
    """A label file with everything that comes from it."""

    path: Path
    format: str
    options: Mapping[str, Any]
    parts: tuple[FilePart, ...]
    bouts: Bouts
    ratings: Ratings


@dataclass(eq=False)
class ImportPlan:
    """What an import would do: the dry run.

    Attributes:
        rows: One for every file, matched or not.
        problems: What is wrong; with ``strict`` a blocking one stops the import.
        notes: What was taken for granted, in words.
        recordings: Recordings that are new or get something, in order.
        labels: Label files, in order.
        sessions: With the conditions of their animals.
        ethogram: Proposed, where the project has none.
        roles: Proposed for keypoints that the project does not know; ``none`` without a role.
        strict: Whether any blocking problem stops the import.
        contradictions: Problems that stop it in any case.
    """

    rows: list[ImportRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recordings: list[PlannedRecording] = field(default_factory=list)
    labels: list[PlannedLabels] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    ethogram: Ethogram | None = None
    roles: dict[str, str] = field(default_factory=dict)
    strict: bool = False
    contradictions: list[Problem] = field(default_factory=list)

    @property
    def matched(self) -> list[ImportRow]:
        """Files that will be imported."""
        return [row for row in self.rows if row.matched]

    @property
    def unmatched(self) -> list[ImportRow]:
        """Files that will not."""
        return [row for row in self.rows if not row.matched]

    @property
    def blocking(self) -> list[Problem]:
        """Problems that stop the import as it was asked for."""
        if not self.strict:
            return list(self.contradictions)
        return [p for p in self.problems if p.severity is Severity.BLOCKING]

    def check(self) -> None:
        """Raise the first problem that stops the import.

        Raises:
            DataError: With the number of further ones.
        """
        if not self.blocking:
            return
        first, more = self.blocking[0], len(self.blocking) - 1
        raise DataError(
            first.what + (f" (and {more} more)" if more else ""),
            file=first.file or None,
            row=first.row,
            recording=first.recording or None,
            frame=first.frame,
            expected=first.expected or None,
            todo=first.todo or "mend the file, or look at the dry run",
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "problems": [problem.as_dict() for problem in self.problems],
            "notes": list(self.notes),
            "recordings": [planned.recording.id for planned in self.recordings],
            "behaviors": list(self.ethogram.names) if self.ethogram else [],
            "stops": bool(self.blocking),
        }


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes:
        recordings: Ids of the recordings that were new.
        added: How many bouts are new.
        deleted: How many bouts a changed file no longer has.
        kept: How many bouts a changed file no longer has, but a person had changed: kept.
        unchanged: How many bouts were there already.
        problems: What is wrong with what was imported.
        notes: What was taken for granted.
        unmatched: Files that were not imported.
        ratings: How many ratings the imported files have, new or not.
    """

    recordings: tuple[str, ...] = ()
    added: int = 0
    deleted: int = 0
    kept: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    unmatched: tuple[ImportRow, ...] = ()
    ratings: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"problems": [problem.as_dict() for problem in self.problems]}
