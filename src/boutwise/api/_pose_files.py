"""Which recordings the pose files of a prediction are, by the names that an import gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from boutwise import formats, registry
from boutwise.api.importing.drafts import equal_poses
from boutwise.api.importing.sources import below, recording_id
from boutwise.errors import DataError, UsageError
from boutwise.formats import Contents
from boutwise.types import PoseTrack
from boutwise.types.roles import propose_roles

POSE_FILES = frozenset({".csv", ".h5", ".npz", ".npy", ".json", ".nwb", ".parquet"})
"""Suffixes of the files in a folder that may hold pose."""


@dataclass(frozen=True)
class PoseFile:
    """Where a recording lies.

    Attributes:
        path: The file.
        folder: Where it lies below the source that it was found by; empty at the top.
        member: Name of the recording in the file, where it holds several.
    """

    path: Path
    folder: str = ""
    member: str = ""


@dataclass
class Reader:
    """Reads files by the options of one call; what was read last is not read again.

    Attributes:
        options: Of the format.
    """

    options: Mapping[str, Any]
    _last: tuple[tuple[Path, str], Contents] | None = field(default=None, repr=False)

    def read(self, file: PoseFile) -> Contents:
        """Read one recording.

        Raises:
            DataError: The file cannot be read.
        """
        which = (file.path, file.member)
        if self._last is None or self._last[0] != which:
            member = {"member": file.member} if file.member else {}
            self._last = None  # two recordings are never in memory
            self._last = (which, formats.read(file.path, **self.options, **member))
        return self._last[1]

    def members(self, path: Path) -> list[str]:
        """Recordings in a file of a format that holds several; a described table is never one."""
        if "mapping" in self.options:
            return []
        return formats.members(path, format=self.options.get("format"))

    def name(self, file: PoseFile) -> str:
        """Id of a recording: what an import of the same source calls it."""
        if file.member:
            return recording_id(file.folder, file.member)
        try:
            base = self.read(file).recording
        except DataError:
            base = file.path.stem  # what is wrong with the file is told when it is predicted
        return recording_id(file.folder, base)


def pose_files(sources: Sequence[str | Path], reader: Reader) -> dict[str, PoseFile]:
    """The recordings of all pose files among the sources, by their ids.

    Raises:
        DataError: Two of them would have the same id.
        UsageError: A source is not there.
    """
    found: dict[str, PoseFile] = {}
    seen: set[tuple[Path, str]] = set()
    for file in _members(_files(sources, reader), reader):
        which = (file.path.resolve(), file.member)
        if which in seen:
            continue  # a folder and a file of it are both named
        seen.add(which)
        name = reader.name(file)
        if name not in found:
            found[name] = file
            continue
        other = found[name].path
        if not file.member and _same_pose(other, file.path, reader):
            continue  # DeepLabCut writes a table and an H5 side by side
        raise DataError(
            f"two files of different pose would both be the recording '{name}'",
            file=file.path,
            expected="one file a recording",
            todo=f"the other is {other}; name the folder above them, so that their folders become "
            "part of the ids, or predict them one by one, into two folders",
        )
    return found


def _members(files: Iterable[PoseFile], reader: Reader) -> Iterator[PoseFile]:
    """The recordings of each file: mostly one, without a name of its own."""
    for file in files:
        try:
            names = reader.members(file.path)
        except DataError:
            names = []  # reading it will say what is wrong
        yield from [replace(file, member=name) for name in names] or [file]


def _files(sources: Iterable[str | Path], reader: Reader) -> Iterator[PoseFile]:
    for source in map(Path, sources):
        if not source.exists():
            raise UsageError("there is no such file or folder", file=source)
        if source.is_file():
            yield PoseFile(source)
            continue
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            file = PoseFile(path, below(path.parent, source))
            if _is_pose(file, reader):
                yield file


def _is_pose(file: PoseFile, reader: Reader) -> bool:
    """Whether a file of a folder is a pose file; only those of a folder are taken.

    A file that a format claims and cannot read is taken too: its fault is told then, and the file
    is not passed over in silence.
    """
    path, options = file.path, reader.options
    if path.suffix.lower() not in POSE_FILES:
        return False
    if "format" in options:
        if "mapping" not in options and not registry.load("format", options["format"]).sniff(path):
            return False
    elif not options:
        try:
            formats.sniff(path)
        except DataError:
            return False
    try:
        names = reader.members(path)
        return reader.read(replace(file, member=names[0] if names else "")).pose is not None
    except DataError:
        return True


def _same_pose(first: Path, second: Path, reader: Reader) -> bool:
    """Whether two files beside each other hold one track, such as the CSV and the H5 of a run."""
    if first.resolve().parent != second.resolve().parent:
        return False
    try:
        one, two = (pose_of(reader.read(PoseFile(path))) for path in (first, second))
    except DataError:
        return False
    return equal_poses(one, two)


def pose_of(contents: Contents) -> PoseTrack:
    """The pose of a file, each row at its frame; frames without a row are missing.

    Raises:
        DataError: It has none.
    """
    if contents.pose is None:
        raise DataError(
            "this file has no pose", file=contents.path, expected="keypoints frame by frame"
        )
    pose, frames = contents.pose, contents.row_to_frame
    if pose.roles == propose_roles(pose.keypoints):
        # Roles that follow from the names are nobody's word; a bundle may know better.
        pose = replace(pose, roles={})
    if frames is None:
        return pose
    n_frames = int(frames[-1]) + 1
    positions = np.full((n_frames, *pose.positions.shape[1:]), np.nan, dtype=np.float32)
    positions[frames] = pose.positions
    confidence = None
    if pose.confidence is not None:
        confidence = np.zeros(positions.shape[:3], dtype=np.float32)
        confidence[frames] = pose.confidence
    return replace(pose, positions=positions, confidence=confidence)
