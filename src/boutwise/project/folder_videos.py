"""What a project knows of videos."""

from __future__ import annotations

from pathlib import Path

from boutwise.errors import DataError, ProjectError
from boutwise.project import files
from boutwise.project.files import FilePart, SourceFile
from boutwise.project.folder import ProjectFolder
from boutwise.project.recordings import CLOCKS_AGREE
from boutwise.video import VideoIndex, cached_index

FIND_AGAIN = "import it from where it is now: boutwise import PROJECT FOLDER"


class VideosOfProject(ProjectFolder):
    """Videos stay where they are; they are known by the digest of their packet index."""

    def add_video(self, recording_id: str, path: str | Path, index: VideoIndex) -> None:
        """Register the video of a recording; an equal one whose old place is empty has moved.

        Args:
            recording_id: A recording of the project.
            path: The file.
            index: Of this file.

        Raises:
            DataError: Its frames or times are not those of the recording.
            ProjectError: The recording has another video, or the file is another recording's.
        """
        recording = self.recording(recording_id)
        self._refuse_other(recording_id, path, index)
        if index.n_frames != recording.n_frames:
            raise DataError(
                f"the video has {index.n_frames} frames",
                file=path,
                recording=recording_id,
                expected=f"{recording.n_frames}, those of the recording",
                todo="find out which video belongs to the recording",
            )
        timed = recording.clock.kind == "pts"
        if timed and recording.clock.apart(index.clock) > CLOCKS_AGREE:
            raise DataError(
                "the frames of the video have other times than those of the recording",
                file=path,
                recording=recording_id,
                expected="the same times, to half a frame",
                todo="find out which video belongs to the recording",
            )
        files.register(
            self.database,
            "video",
            path,
            format=index.facts.container,
            parts=[FilePart(recording_id)],
            digest=index.digest,
        )

    def _refuse_other(self, recording_id: str, path: str | Path, index: VideoIndex) -> None:
        """One video for each recording, and one recording for each video."""
        place = files.written(Path(path), self.database.root)
        for file in files.load(self.database, "video"):
            here = files.written(file.path, self.database.root) == place
            if here and file.recording != recording_id:
                raise ProjectError(
                    f"this file is the video of the recording '{file.recording}'",
                    file=path,
                    recording=recording_id,
                    expected="a video of its own for each recording",
                    todo="name the right file; two recordings never share one",
                )
            moved = file.digest == index.digest and not file.path.exists()
            if file.recording == recording_id and not here and not moved:
                raise ProjectError(
                    f"the recording has another video: {file.path}",
                    file=path,
                    recording=recording_id,
                    expected="one video for each recording",
                    todo="leave one of them out",
                )

    def has_video(self, recording_id: str) -> bool:
        """Whether a video is registered for the recording; the file may be gone."""
        return bool(files.load(self.database, "video", recording=recording_id))

    def video_file(self, recording_id: str) -> SourceFile:
        """The project's entry of the video of a recording.

        Raises:
            ProjectError: There is none.
        """
        found = files.load(self.database, "video", recording=recording_id)
        if not found:
            raise ProjectError(
                "this recording has no video", recording=recording_id, todo="import its video"
            )
        return found[0]

    def video_index(self, recording_id: str) -> VideoIndex:
        """Index of the video of a recording, from the store where it is known.

        Raises:
            FormatError: The file is no video any more.
            ProjectError: There is none, it is gone, or it has changed since it was imported.
        """
        file = self.video_file(recording_id)
        if not file.path.is_file():
            raise ProjectError(
                "the video is gone",
                file=file.path,
                recording=recording_id,
                todo=f"bring it back; or, if it was moved, {FIND_AGAIN}",
            )
        index = cached_index(file.path, self.store)
        if index.digest != file.digest:
            raise ProjectError(
                "the video has changed since it was imported",
                file=file.path,
                recording=recording_id,
                expected="the same frames at the same times",
                todo="bring the old one back, or import it again",
            )
        return index
