"""What a check is, and what it may read of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from boutwise.project.files import SourceFile
from boutwise.types import Animal, Bouts, Ethogram, PoseTrack, Problem, Ratings, Recording
from boutwise.video import VideoIndex


class Study(Protocol):
    """The part of :class:`~boutwise.project.Project` that checks read; nothing is written."""

    @property
    def ethogram(self) -> Ethogram:
        """The ethogram."""
        ...

    @property
    def runs(self) -> Path:
        """Folder of all runs."""
        ...

    def animals(self) -> Mapping[str, Animal]:
        """What is known of each animal, by id."""
        ...

    def recordings(self, only: str | None = None) -> list[Recording]:
        """Recordings in order of their ids."""
        ...

    def has_pose(self, recording_id: str) -> bool:
        """Whether a recording has pose."""
        ...

    def pose(self, recording_id: str) -> PoseTrack:
        """Pose of a recording."""
        ...

    def bouts(self, recording_id: str | None = None, *, annotator: str | None = None) -> Bouts:
        """Bouts and observed ranges of one recording, or of all."""
        ...

    def ratings(self, recording_id: str | None = None) -> Ratings:
        """Ratings of one recording, or of all."""
        ...

    def video_index(self, recording_id: str) -> VideoIndex:
        """Index of the video of a recording, which must be there and unchanged."""
        ...

    def files(self) -> Sequence[SourceFile]:
        """Files that the project was filled from."""
        ...

    def run_names(self) -> list[str]:
        """Names of the runs, oldest first."""
        ...


class Check(Protocol):
    """A module in this folder: one check."""

    DESCRIPTION: str
    """One line: what it looks for."""

    def find(self, project: Study) -> list[Problem]:
        """Everything that it finds; empty when all is well or it cannot tell."""
        ...
