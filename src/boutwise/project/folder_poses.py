"""What a project knows of pose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import ProjectError
from boutwise.project import files, poses
from boutwise.project.files import FilePart, SourceFile
from boutwise.project.folder import ProjectFolder
from boutwise.types import PoseTrack


class PosesOfProject(ProjectFolder):
    """Pose files are registered by digest and parsed once, into the store."""

    def add_pose(
        self,
        recording_id: str,
        path: str | Path,
        *,
        format: str,
        options: Mapping[str, Any] | None = None,
        row_to_frame: NDArray[np.int64] | None = None,
        track: PoseTrack | None = None,
    ) -> None:
        """Register the pose file of a recording, and keep its parsed track in the store.

        Args:
            recording_id: A recording of the project.
            path: The file; it stays where it is.
            format: Name of its format.
            options: What the format needs to know; ``member`` of a file with several recordings.
            row_to_frame: Frame of each row, (rows,), when they are not 0, 1, 2, ...
            track: The parsed track, when the caller has it.

        Raises:
            DataError: The track does not fit the recording.
            ProjectError: The recording has another pose file, or the file is another recording's.
        """
        recording = self.recording(recording_id)
        told = dict(options or {})
        member = str(told.pop("member", ""))
        self._refuse_foreign(recording_id, path, member)
        frames = None if row_to_frame is None else np.asarray(row_to_frame, dtype=np.int64)
        with self.database.transaction():
            part = FilePart(recording_id, row_to_frame=frames, member=member)
            files.register(self.database, "pose", path, format=format, options=told, parts=[part])
            file = self._pose_file(recording_id)
            parsed = track or poses.cached(self.store, file) or poses.read(file)
            poses.check(parsed, file, recording)
        poses.keep(self.store, file, parsed)

    def _refuse_foreign(self, recording_id: str, path: str | Path, member: str) -> None:
        """A pose file (or a member of one) belongs to one recording, and no second one takes it."""
        place = files.written(Path(path), self.database.root)
        for file in files.load(self.database, "pose"):
            same = files.written(Path(file.path), self.database.root) == place
            same = same and (file.part is None or file.part.member == member)
            if same and file.recording != recording_id:
                raise ProjectError(
                    f"this file is the pose of the recording '{file.recording}'",
                    file=path,
                    recording=recording_id,
                    expected="a pose file of its own for each recording",
                    todo="name the right file; two recordings never share one",
                )

    def has_pose(self, recording_id: str) -> bool:
        """Whether a pose file is registered for the recording."""
        return bool(files.load(self.database, "pose", recording=recording_id))

    def pose(self, recording_id: str) -> PoseTrack:
        """Pose of a recording, memory-mapped, with the project's roles and animals.

        Raises:
            ProjectError: There is none, or cache and source are both gone.
        """
        recording, file = self.recording(recording_id), self._pose_file(recording_id)
        return poses.fit(self._parsed(file), file, recording, self.roles)

    def parsed_pose(
        self, path: str | Path, *, format: str, options: Mapping[str, Any], track: PoseTrack | None
    ) -> PoseTrack | None:
        """A parsed pose file in the store, before any recording uses it.

        Args:
            path: The file.
            format: Name of its format.
            options: What the format was told.
            track: What was parsed, to be kept; None to ask for what is there.
        """
        file = poses.unused(Path(path), format, options)
        return (
            poses.cached(self.store, file) if track is None else poses.keep(self.store, file, track)
        )

    def pose_names(self, recording_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the animals and of the keypoints as the pose file has them."""
        track = self._parsed(self._pose_file(recording_id))
        return track.animals, track.keypoints

    def _parsed(self, file: SourceFile) -> PoseTrack:
        track = poses.cached(self.store, file)
        return poses.keep(self.store, file, poses.read(file)) if track is None else track

    def _pose_file(self, recording_id: str) -> SourceFile:
        found = files.load(self.database, "pose", recording=recording_id)
        if len(found) == 1:
            return found[0]
        if found:
            raise ProjectError(
                "two pose files claim the same recording: "
                + " and ".join(str(file.path) for file in found),
                recording=recording_id,
                expected="one pose file a recording",
            )
        raise ProjectError(
            "this recording has no pose", recording=recording_id, todo="import its pose file"
        )
