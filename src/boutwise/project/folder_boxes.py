"""What a project knows of boxes that people drew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boutwise import formats, registry
from boutwise.errors import ProjectError
from boutwise.project import files
from boutwise.project.files import SourceFile
from boutwise.project.folder import ProjectFolder
from boutwise.store import file_digest
from boutwise.types import Boxes, Recording


class BoxesOfProject(ProjectFolder):
    """Boxes stay in the label files that they came with, and are read from there when wanted."""

    def has_boxes(self, recording_id: str) -> bool:
        """Whether a label file of the recording may hold boxes."""
        return bool(self._with_boxes(recording_id))

    def boxes(self, recording_id: str) -> Boxes | None:
        """Boxes that people drew in a recording; None where they drew none.

        Animals go by their names in the recording where the file has the same, or where there is
        one in both; else by those in the file.

        Raises:
            ProjectError: A file is gone or has changed, or two files have boxes.
            FormatError: A file cannot be read any more.
        """
        recording = self.recording(recording_id)
        found = [
            (file, boxes)
            for file in self._with_boxes(recording_id)
            if (boxes := _read(file)) is not None
        ]
        if not found:
            return None
        if len(found) > 1:
            raise ProjectError(
                f"{len(found)} files have boxes of the same recording",
                recording=recording_id,
                file=found[1][0].path,
                expected=f"those of {found[0][0].path} alone",
                todo="take the boxes out of one of them, and import it again",
            )
        return _fit(found[0][1], recording)

    def _with_boxes(self, recording_id: str) -> list[SourceFile]:
        return [
            file
            for file in files.load(self.database, "labels", recording=recording_id)
            if file.format and getattr(registry.load("format", file.format), "WITH_BOXES", False)
        ]


def _read(file: SourceFile) -> Boxes | None:
    if not file.path.is_file():
        what, todo = "is gone", "bring it back, or import it from where it is now"
    elif file_digest(file.path) != file.digest:
        what, todo = "has changed since it was imported", "import it again"
    else:
        # A faulty label was told of when the file was imported, and is no matter of its boxes.
        return formats.read(file.path, format=file.format, **file.options, strict=False).boxes
    raise ProjectError(
        f"the file with the boxes {what}", file=file.path, recording=file.recording, todo=todo
    )


def _fit(boxes: Boxes, recording: Recording) -> Boxes:
    """The boxes on the frames of a recording, with the names of its animals where they are told."""
    n_frames = recording.n_frames
    rows = min(n_frames, boxes.n_frames)
    corners = np.full((n_frames, *boxes.corners.shape[1:]), np.nan, dtype=np.float32)
    scores = np.full(corners.shape[:2], np.nan, dtype=np.float32)
    detected = np.zeros(scores.shape, dtype=bool)
    corners[:rows], scores[:rows] = boxes.corners[:rows], boxes.scores[:rows]
    detected[:rows] = boxes.detected[:rows]
    alone = len(boxes.animals) == len(recording.animals) == 1
    animals = recording.animals if alone else boxes.animals
    return replace(boxes, corners=corners, scores=scores, detected=detected, animals=animals)
