"""SLEAP analysis files: pose of one or several tracks, one column of the arrays a frame.

The arrays are stored as MATLAB has them: ``tracks`` (tracks, x and y, nodes, frames),
``point_scores`` (tracks, nodes, frames). Frames count from 0; a missing point is NaN. Scores are
the peaks of confidence maps, which go a little beyond 1 and are cut there. A file of a video that
was not tracked has one track without a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents
from boutwise.formats._dlc import ANIMAL
from boutwise.formats._hdf5 import holds, is_inside, numbers, opened, texts
from boutwise.formats._names import media_name, recording_of
from boutwise.formats._pose_values import refuse_infinite
from boutwise.types import PoseTrack, Problem, Severity
from boutwise.types.roles import propose_roles

DESCRIPTION = "SLEAP analysis H5: pose by frame from 0, one or several tracks"

SELDOM = 0.01
"""Share of the frames below which a track is likely a piece of another one."""
_AGAIN = "export the analysis file again from SLEAP"


def sniff(path: Path) -> bool:
    """Whether this is an HDF5 file with ``tracks``, ``node_names`` and ``track_names``."""
    return holds(path, "tracks", "node_names", "track_names")


def read(path: Path, *, fps: float | None = None, tracks: Sequence[str] | None = None) -> Contents:
    """Read an analysis file.

    Args:
        path: The file.
        fps: Frame rate, which the file does not state.
        tracks: Names of the tracks that are animals, in order; all when not given.

    Raises:
        FormatError: The file is broken, its arrays do not fit each other, or a track is unknown.
    """
    with opened(path, expected="a SLEAP analysis file", todo=_AGAIN) as file:
        nodes = texts(file, "node_names", path)
        positions, order = _positions(file, len(nodes), path)
        if not positions.size or len(set(nodes)) != len(nodes):
            raise FormatError(
                "a node is there twice" if positions.size else "there are no tracks in the file",
                file=path,
                expected="tracks of nodes with names of their own",
                todo=_AGAIN,
            )
        names = _names(file, positions.shape[1], path)
        scores = _scores(file, positions.shape[:3], order, path)
        video = texts(file, "video_path", path) if is_inside(file, "video_path") else []
    if tracks:
        places = [_place(name, names, path) for name in tracks]
        positions, names = positions[:, places], [names[place] for place in places]
        scores = None if scores is None else scores[:, places]
    refuse_infinite(positions, path=path, first_row=1)
    pose = PoseTrack(
        positions,
        None if scores is None else np.minimum(scores, np.float32(1)),
        tuple(names),
        tuple(nodes),
        propose_roles(nodes),
        "px",
        str(path),
    )
    problems = _seldom(positions, names, path)
    name = _recording(path, media_name(video[0]) if video else "")
    return Contents(path, "sleap_h5", name, pose=pose, fps=fps, problems=problems)


def _positions(file: h5py.File, n_nodes: int, path: Path) -> tuple[NDArray[np.float32], list[int]]:
    """(frames, tracks, nodes, 2), and the axes of the file that became frames, tracks, nodes."""
    stored = numbers(file, "tracks", path)
    # MATLAB's order is SLEAP's own; the other one is what a Python program means by the same.
    for axes in ((3, 0, 2, 1), (0, 3, 1, 2)):
        if stored.ndim == 4 and (stored.shape[axes[2]], stored.shape[axes[3]]) == (n_nodes, 2):
            return stored.transpose(axes).astype(np.float32), [*axes[:3]]
    raise FormatError(
        f"'tracks' has the shape {stored.shape}",
        file=path,
        expected=f"(tracks, 2, {n_nodes} nodes, frames)",
        todo=_AGAIN,
    )


def _scores(
    file: h5py.File, shape: tuple[int, ...], order: list[int], path: Path
) -> NDArray[np.float32] | None:
    """(frames, tracks, nodes), or None where the file has no scores."""
    if not is_inside(file, "point_scores"):
        return None
    stored = numbers(file, "point_scores", path)
    axes = (2, 0, 1) if order[0] == 3 else (0, 2, 1)
    if stored.ndim != 3 or stored.transpose(axes).shape != shape:
        raise FormatError(
            f"'point_scores' has the shape {stored.shape}",
            file=path,
            expected="(tracks, nodes, frames) as in 'tracks'",
            todo=_AGAIN,
        )
    return stored.transpose(axes).astype(np.float32)


def _names(file: h5py.File, n_tracks: int, path: Path) -> list[str]:
    names = texts(file, "track_names", path)
    if not names or not any(names):
        return [ANIMAL] if n_tracks == 1 else [f"track_{place}" for place in range(n_tracks)]
    if len(names) != n_tracks or len(set(names)) != n_tracks or not all(names):
        raise FormatError(
            f"the names of the {n_tracks} tracks are {', '.join(map(repr, names))}",
            file=path,
            expected="a name of its own for each track",
            todo="name the tracks in SLEAP, and export the analysis file again",
        )
    return names


def _place(name: str, names: Sequence[str], path: Path) -> int:
    if name not in names:
        raise FormatError(f"there is no track '{name}'", file=path, todo=did_you_mean(name, names))
    return list(names).index(name)


def _seldom(
    positions: NDArray[np.float32], names: Sequence[str], path: Path
) -> tuple[Problem, ...]:
    """A warning where tracks broke: their pieces are no animals."""
    seen = np.isfinite(positions[..., 0]).any(axis=2).mean(axis=0)
    few = [name for name, share in zip(names, seen, strict=True) if share < SELDOM]
    if len(names) < 2 or not few:
        return ()
    return (
        Problem(
            "tracks",
            Severity.WARNING,
            f"{len(few)} of {len(names)} tracks are there in less than {SELDOM:.0%} of the frames: "
            + ", ".join(few[:5])
            + (", ..." if len(few) > 5 else ""),
            file=str(path),
            expected="one track for each animal",
            todo="join them in SLEAP, or name those that are animals by the option tracks",
        ),
    )


def _recording(path: Path, video: str) -> str:
    """The video where the file is named after it, else the name of the file.

    SLEAP names a file after its project, a number and the video; the video alone may be called the
    same in every folder.
    """
    stem = re.sub(r"(\.analysis|\.predictions|\.slp)+$", "", path.name.removesuffix(path.suffix))
    name = recording_of(video)
    return name if name and name in stem else recording_of(stem)
