"""One sequence of CalMS21 as pose and labels, from whatever file it lies in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._calms21 import (
    DOWNLOAD,
    FPS,
    KEYPOINTS,
    MICE,
    Found,
    Labeled,
    animals_of,
    ethogram_of,
    label_track,
    roles,
)
from boutwise.formats._contract import Contents, LabelTrack
from boutwise.types import PoseTrack


@dataclass(frozen=True)
class Sequences:
    """A file with its sequences, and how to read their parts.

    Attributes:
        path: The file.
        found: Its sequences by name.
        frames: (path, sequence, name of an array) -> the array, (frames, ...).
        metadata: (path, sequence) -> what was said of it.
    """

    path: Path
    found: Mapping[str, Found]
    frames: Callable[[Path, Found, str], NDArray[np.float64]]
    metadata: Callable[[Path, Found], object]


def contents_of(
    reader: Sequences, member: str | None, *, fps: float | None, format: str
) -> Contents:
    """Read one sequence, with the labels of all that have its keypoints.

    Raises:
        FormatError: There is no such sequence, or its arrays contradict each other.
    """
    path = reader.path
    name = member or next(iter(reader.found))
    if name not in reader.found:
        raise FormatError(
            f"there is no sequence '{name}' in the file",
            file=path,
            todo=did_you_mean(name, reader.found),
        )
    found = reader.found[name]
    keypoints = reader.frames(path, found, "keypoints")
    tracks = tuple(
        track
        for each in (found, *found.same)
        if (track := _labels(reader, each, len(keypoints))) is not None
    )
    return Contents(
        path,
        format,
        name,
        pose=_pose(reader, found, keypoints),
        labels=tracks,
        fps=fps or FPS,
        animals=animals_of(found),
        ethogram=ethogram_of(tracks),
    )


def _pose(reader: Sequences, found: Found, keypoints: NDArray[np.float64]) -> PoseTrack:
    confidence = None
    if "scores" in found.fields:
        scores = reader.frames(reader.path, found, "scores")
        _same_length(reader.path, found, "scores", len(scores), len(keypoints))
        confidence = scores.astype(np.float32)
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused
        positions = keypoints.transpose(0, 1, 3, 2).astype(np.float32)
    infinite = np.isinf(positions)
    if infinite.any():
        raise FormatError(
            f"a pose value is infinite in the sequence '{found.name}'",
            file=reader.path,
            frame=int(np.argmax(infinite.any(axis=(1, 2, 3)))),
            expected="numbers, or null where a point is missing",
        )
    return PoseTrack(
        positions,
        confidence,
        MICE,
        KEYPOINTS,
        roles=roles(),
        unit="px",
        source=str(reader.path),
    )


def _labels(reader: Sequences, found: Found, n_frames: int) -> LabelTrack | None:
    if "annotations" not in found.fields:
        return None
    codes = reader.frames(reader.path, found, "annotations")
    _same_length(reader.path, found, "annotations", len(codes), n_frames)
    metadata = reader.metadata(reader.path, found)
    if not isinstance(metadata, Mapping):
        raise FormatError(
            f"the metadata of '{found.name}' is no mapping",
            file=reader.path,
            expected='{"annotator-id": 0, "vocab": {...}}',
            todo=DOWNLOAD,
        )
    return label_track(Labeled(found, codes, metadata), reader.path)


def _same_length(path: Path, found: Found, field: str, there: int, n_frames: int) -> None:
    if there != n_frames:
        raise FormatError(
            f"'{field}' of the sequence '{found.name}' has {there} frames",
            file=path,
            frame=min(there, n_frames),
            expected=f"{n_frames}, as its keypoints have",
            todo=DOWNLOAD,
        )
