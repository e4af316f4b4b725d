"""A recording on its way through an import, before its clock is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.api.importing.matching import Candidate
from boutwise.api.importing.reading import ReadFile
from boutwise.api.importing.sources import slug
from boutwise.api.importing.video_files import VideoFile
from boutwise.types import Recording


@dataclass(frozen=True, eq=False)
class Draft:
    """A recording before its clock is known.

    Attributes:
        id: Of the recording.
        file: Its pose file; None for a recording of the project that this import does not touch.
        name: Base name, as its file says it.
        n_frames: Frames of the recording.
        tracks: Names of the animals in the pose file.
        keypoints: Names of the keypoints.
        roles: As far as the format knows.
        known: The recording, where the project has it.
        folder: Where the pose file lies; of a recording without pose its video.
        posed: Whether it has pose, in the project or by this import.
        first_pose: Whether the project has it without pose, and its pose comes now.
        also: Further names that a table may call it by.
        labeled: For a recording of the project without pose: folder and annotator of its labels.
        label_format: Format of the label files of a recording that is known by them only.
        n_rows: Rows of the pose file.
        row_to_frame: Frame of each row, (rows,), where they are not 0, 1, 2, ...; -1 = none.
        video: Its video, where this import has it.
    """

    id: str
    file: ReadFile | None
    name: str
    n_frames: int
    tracks: tuple[str, ...]
    keypoints: tuple[str, ...]
    roles: Mapping[str, str]
    known: Recording | None
    folder: Path | None
    posed: bool = True
    first_pose: bool = False
    also: tuple[str, ...] = ()
    labeled: tuple[tuple[Path, str], ...] = ()
    label_format: str = ""
    n_rows: int = 0
    row_to_frame: NDArray[np.int64] | None = None
    video: VideoFile | None = None

    @property
    def touched(self) -> bool:
        """Whether this import has a file of frames of it: pose or a video."""
        return self.file is not None or self.video is not None

    @property
    def shown(self) -> int | None:
        """Frames that its video shows; None without a video."""
        return None if self.video is None else self.video.index.n_frames

    @property
    def path(self) -> str:
        """Its pose file, else its video, for messages; empty where this import has neither."""
        source = self.file or self.video
        return "" if source is None else str(source.path)

    @property
    def format(self) -> str:
        """The format that it is known by; empty for one that this import does not touch."""
        return self.file.found.format if self.file is not None else self.label_format

    @property
    def candidate(self) -> Candidate:
        """What label files are matched to."""
        return Candidate(self.id, self.name, self.folder, self.n_frames, self.labeled)


def names_of(draft: Draft) -> list[str]:
    """Everything that a table may call the recording, most exact first."""
    names = [draft.id, draft.name, slug(draft.name)]
    names += draft.also
    for source in (draft.file, draft.video):
        if source is not None:
            names += [source.path.name, source.path.stem]
    return list(dict.fromkeys(names))
