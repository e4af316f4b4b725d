"""Pose tracks of a project: parsed once, then memory-mapped from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from boutwise.errors import DataError, ProjectError
from boutwise.project.files import SourceFile
from boutwise.store import Store, file_digest
from boutwise.types import PoseTrack, Recording

VERSION = 1
"""Raise it when the same file would be parsed or kept in another way."""


def key(file: SourceFile) -> str:
    """Key of a parsed pose file in the store."""
    return Store.key("pose", VERSION, file.digest, file.format, dict(file.options))


def unused(path: Path, format: str, options: Mapping[str, Any]) -> SourceFile:
    """A pose file that no recording uses yet."""
    return SourceFile(
        0, path, file_digest(path), path.stat().st_size, "pose", format, dict(options)
    )


def keep(store: Store, file: SourceFile, track: PoseTrack) -> PoseTrack:
    """Put a parsed track into the store, and give it back memory-mapped."""
    # The confidence goes first: with the positions the entry is complete.
    if track.confidence is not None:
        store.put(Store.key(key(file), "confidence"), track.confidence)
    header = {
        "animals": list(track.animals),
        "keypoints": list(track.keypoints),
        "unit": track.unit,
        "confidence": track.confidence is not None,
    }
    store.put(key(file), track.positions, header)
    kept = cached(store, file)
    if kept is None:
        raise ProjectError(
            "a pose track cannot be kept in the store",
            file=store.directory,
            recording=file.recording,
        )
    return kept


def cached(store: Store, file: SourceFile) -> PoseTrack | None:
    """The parsed track as the file has it, from the store; None when it is not there."""
    header, positions = store.header(key(file)), store.array(key(file))
    if header is None or positions is None:
        return None
    confidence = None
    if header["confidence"]:
        confidence = store.array(Store.key(key(file), "confidence"))
        if confidence is None:
            return None
    return PoseTrack(
        positions,
        confidence,
        tuple(header["animals"]),
        tuple(header["keypoints"]),
        unit=header["unit"],
        source=str(file.path),
    )


def read(file: SourceFile) -> PoseTrack:
    """Parse the source file again.

    Raises:
        ProjectError: It is gone, has changed, or holds no pose.
    """
    from boutwise import formats

    if not file.path.is_file():
        raise ProjectError(
            "the pose file is gone, and so is its copy in the store",
            file=file.path,
            recording=file.recording,
            todo="bring it back, or import it again from where it is now",
        )
    if file_digest(file.path) != file.digest:
        raise ProjectError(
            "the pose file has changed since it was imported",
            file=file.path,
            recording=file.recording,
            todo="import it again",
        )
    contents = formats.read(file.path, format=file.format, **file.options)
    if contents.pose is None:
        raise ProjectError("the file holds no pose", file=file.path, recording=file.recording)
    return contents.pose


def check(track: PoseTrack, file: SourceFile, recording: Recording) -> None:
    """Refuse a track that does not fit its recording.

    Raises:
        DataError: Other number of frames or of animals.
    """
    frames = None if file.part is None else file.part.row_to_frame
    n_rows = recording.n_frames if frames is None else frames.size
    if track.n_frames != n_rows:
        raise DataError(
            f"the pose has {track.n_frames} rows",
            file=file.path,
            recording=recording.id,
            expected=f"{n_rows}, one for each frame",
            todo="find out which frame each row is; a mapping of rows to frames can be declared",
        )
    used = frames[frames >= 0] if frames is not None else None
    if used is not None and (
        not used.size or (np.diff(used) <= 0).any() or used[-1] >= recording.n_frames
    ):
        raise DataError(
            "the rows of the pose file are mapped to impossible frames",
            file=file.path,
            recording=recording.id,
            expected=f"rising numbers from 0 to {recording.n_frames - 1}, -1 for none",
        )
    if len(track.animals) != len(recording.animals):
        raise DataError(
            f"the pose has {len(track.animals)} animals: {', '.join(track.animals)}",
            file=file.path,
            recording=recording.id,
            expected=f"{len(recording.animals)}: {', '.join(recording.animals)}",
        )


def fit(
    track: PoseTrack, file: SourceFile, recording: Recording, roles: Mapping[str, str]
) -> PoseTrack:
    """The track with the recording's animals and frames and the project's roles."""
    check(track, file, recording)
    frames = None if file.part is None else file.part.row_to_frame
    positions, confidence = track.positions, track.confidence
    if frames is not None:
        positions = np.full((recording.n_frames, *positions.shape[1:]), np.nan, dtype=np.float32)
        used = frames >= 0
        positions[frames[used]] = track.positions[used]
        if track.confidence is not None:
            confidence = np.zeros(positions.shape[:3], dtype=np.float32)
            confidence[frames[used]] = track.confidence[used]
    return replace(
        track,
        positions=positions,
        confidence=confidence,
        animals=recording.animals,
        roles={name: role for name, role in roles.items() if name in track.keypoints},
    )
