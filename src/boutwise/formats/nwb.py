"""NWB with ndx-pose: pose of one or several animals, and behaviors in tables of intervals.

Needs the extra ``nwb`` (pynwb and ndx-pose). A ``PoseEstimation`` is one animal, or the animals of
DeepLabCut's converter, which says in words whose keypoint each series is. Where a file has several,
they may be animals or cameras: the option ``containers`` names those that are animals of one video.
Rows are frames and count from 0; their rate comes from the rate or the timestamps of the series.
Intervals are in seconds, their ``stop_time`` is their end, and both count from the first row.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents
from boutwise.formats._dlc import ANIMAL
from boutwise.formats._hdf5 import looks_like
from boutwise.formats._names import recording_of
from boutwise.formats._nwb_labels import labels_of
from boutwise.formats._nwb_times import Times, stamped, steady
from boutwise.formats._pose_values import doubtful_likelihoods, refuse_infinite
from boutwise.types import PoseTrack, Problem, Severity
from boutwise.types.roles import propose_roles

DESCRIPTION = "NWB with ndx-pose (extra nwb): pose by frame from 0; intervals in seconds"

WITH_LABELS = True
"""An import reads the labels again even where it knows the pose."""

_UNITS = {"pixels": ("px", 1), "pixel": ("px", 1), "px": ("px", 1), "mm": ("mm", 1),
          "millimeters": ("mm", 1), "cm": ("cm", 1), "centimeters": ("cm", 1),
          "m": ("mm", 1000), "meters": ("mm", 1000)}  # fmt: skip
"""Unit of a series -> ours, and the factor to it."""
_WORDS = re.compile(r"Keypoint (?P<keypoint>.+) from individual (?P<animal>.+?)\.?$")


def sniff(path: Path) -> bool:
    """Whether this is an HDF5 file that states its NWB version."""
    return looks_like(path, lambda file: "nwb_version" in file.attrs)


@dataclass(frozen=True)
class _Point:
    """One keypoint of one animal."""

    animal: str
    keypoint: str
    positions: NDArray[np.float32]
    confidence: NDArray[np.float32] | None
    unit: str


def read(
    path: Path, *, fps: float | None = None, containers: Sequence[str] | None = None
) -> Contents:
    """Read pose and behaviors.

    Args:
        path: The file.
        fps: Frame rate, where the file does not state it; it wins where the two differ.
        containers: Names of the pose estimations that are animals of one video, in order.

    Raises:
        FormatError: The extra is not installed, the file is broken, holds neither pose nor
            behaviors, or several pose estimations of which none is named.
    """
    with _opened(path) as nwb:
        chosen = _chosen(nwb, containers, path)
        points, times = _points(chosen, _subject(nwb), path)
        labels = labels_of(nwb, recording_of(path.name), times.start_s, path)
        frames = {str(getattr(s, "reference_frame", "") or "") for c in chosen for s in _series(c)}
    if not points and not labels:
        raise FormatError(
            "there is neither pose nor a table of behaviors in the file",
            file=path,
            expected="a PoseEstimation of ndx-pose, or intervals with a column 'behavior'",
        )
    pose = _pose(points, path) if points else None
    told = fps is not None and times.fps is None  # then nothing is left to say of the timestamps
    problems = [*_origin(frames, path), *_rates(times, fps, path)]
    problems += () if told else times.problems
    problems += doubtful_likelihoods(pose.confidence if pose else None, path=path, first_row=1)
    return Contents(
        path,
        "nwb",
        recording_of(path.name),
        pose=pose,
        labels=labels,
        fps=fps or times.fps,
        problems=tuple(problems),
        row_to_frame=times.row_to_frame,
        times_s=times.seconds if fps is None else None,
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The contents of a file, by pynwb."""
    try:
        import ndx_pose  # noqa: F401  # registers its types
        import pynwb
    except ImportError as error:
        raise FormatError(
            f"NWB files are read by '{error.name}', which is not installed",
            file=path,
            expected="the extra 'nwb'",
            todo='pip install "boutwise[nwb]"',
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of older schemas, which are read all the same
            with pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as io:
                yield io.read()
    except FormatError:
        raise
    except Exception as error:  # a damaged or unknown file raises whatever its bytes lead to
        raise FormatError(
            f"the NWB file cannot be read: {str(error).splitlines()[0] if str(error) else error!r}",
            file=path,
            expected="an NWB file that pynwb can read",
            todo="copy the file again; or export the tracks as a table and import that",
        ) from error


def _series(container: Any) -> list[Any]:
    """The series of a pose estimation, in the order of its skeleton where that names them."""
    series = dict(container.pose_estimation_series)
    try:
        names = [str(node) for node in container.nodes[:]]
    except (AttributeError, TypeError, ValueError):  # what ndx-pose says where there is no skeleton
        names = []
    return [series[name] for name in (names if set(names) == set(series) else sorted(series))]


def _chosen(nwb: Any, containers: Sequence[str] | None, path: Path) -> list[Any]:
    found = {c.name: c for c in nwb.objects.values() if type(c).__name__ == "PoseEstimation"}
    for name in containers or ():
        if name not in found:
            raise FormatError(
                f"there is no pose estimation '{name}'", file=path, todo=did_you_mean(name, found)
            )
    if containers:
        return [found[name] for name in containers]
    if len(found) > 1:
        raise FormatError(
            f"there are {len(found)} pose estimations: {', '.join(sorted(found))}",
            file=path,
            expected="one, or a word on which are animals of one video and which other cameras",
            todo=f"give containers: [{', '.join(sorted(found))}] in a mapping, or one of them",
        )
    return list(found.values())


def _subject(nwb: Any) -> str:
    subject = getattr(nwb, "subject", None)
    return str(getattr(subject, "subject_id", "") or "") or ANIMAL


def _points(containers: Sequence[Any], subject: str, path: Path) -> tuple[list[_Point], Times]:
    """Every keypoint of every animal, and the times that all of them share."""
    points: list[_Point] = []
    clocks: list[tuple[NDArray[np.float64] | float, float]] = []
    for container in containers:
        animal = subject if len(containers) == 1 else container.name
        for series in _series(container):
            points.append(_point(series, animal))
            if series.timestamps is not None:
                clocks.append((np.asarray(series.timestamps[:], dtype=np.float64), 0.0))
            else:
                clocks.append((float(series.rate), float(series.starting_time or 0.0)))
    rows = {len(point.positions) for point in points}
    differ = [c for c in clocks if c[1] != clocks[0][1] or not np.array_equal(c[0], clocks[0][0])]
    if len(rows) > 1 or differ:
        raise FormatError(
            "the keypoints do not have the same rows and times",
            file=path,
            expected="one row for each frame in every series",
        )
    if not clocks:
        return [], Times(None, 0.0)
    stamps, start_s = clocks[0]
    if isinstance(stamps, float):
        return points, steady(stamps, start_s, path=path)
    if len(stamps) != rows.pop():
        raise FormatError(f"there are {len(stamps)} timestamps for the rows", file=path)
    return points, stamped(stamps, path=path)


def _point(series: Any, animal: str) -> _Point:
    """One series: its animal by the words of DeepLabCut's converter, else that of its container."""
    name = str(series.name)
    words = _WORDS.match(str(series.description or ""))
    if words and name == f"{words['animal']}_{words['keypoint']}":
        animal, name = words["animal"], words["keypoint"]
    unit, factor = _UNITS.get(str(series.unit or "").lower(), ("unknown", 1))
    scale = float(series.conversion or 1.0) * factor
    shift = float(getattr(series, "offset", 0.0) or 0.0) * factor
    values = (np.asarray(series.data[:], dtype=np.float64) * scale + shift).astype(np.float32)
    confidence = getattr(series, "confidence", None)
    if confidence is not None:
        confidence = np.asarray(confidence[:], dtype=np.float32)
    return _Point(animal, name, values, confidence, unit)


def _pose(points: Sequence[_Point], path: Path) -> PoseTrack:
    """All keypoints as one track; a point that an animal does not have is missing."""
    animals = tuple(dict.fromkeys(point.animal for point in points))
    keypoints = tuple(dict.fromkeys(point.keypoint for point in points))
    shapes, units = {point.positions.shape for point in points}, {point.unit for point in points}
    (rows, dims), *others = shapes if all(len(s) == 2 for s in shapes) else {(0, 0)}
    if others or dims not in (2, 3) or not rows or len(units) > 1:
        raise FormatError(
            f"the positions are of the shapes {sorted(map(str, shapes))} in {sorted(units)}",
            file=path,
            expected="(frames, 2) or (frames, 3) in one unit for every keypoint",
        )
    if len({(point.animal, point.keypoint) for point in points}) != len(points):
        raise FormatError("a keypoint of an animal is there twice", file=path)
    shape = (rows, len(animals), len(keypoints))
    positions = np.full((*shape, dims), np.nan, dtype=np.float32)
    confidence = np.full(shape, np.nan, dtype=np.float32)
    for point in points:
        place = animals.index(point.animal), keypoints.index(point.keypoint)
        positions[:, *place] = point.positions
        if point.confidence is not None:
            confidence[:, *place] = point.confidence
    refuse_infinite(positions, path=path, first_row=1)
    scored = any(point.confidence is not None for point in points)
    return PoseTrack(
        positions,
        confidence if scored else None,
        animals,
        keypoints,
        propose_roles(keypoints),
        units.pop(),
        str(path),
    )


def _origin(frames: set[str], path: Path) -> list[Problem]:
    """A warning where a file says that y counts upward: it often does not."""
    if not any("bottom" in frame.lower() for frame in frames):
        return []
    return [
        Problem(
            "reference_frame",
            Severity.WARNING,
            "the file says that y counts from the bottom of the video, and is read as it is",
            file=str(path),
            expected="y from the top, as in an image",
            todo="look at the track over the video: DeepLabCut's converter writes this of tracks "
            "that count from the top",
        )
    ]


def _rates(times: Times, fps: float | None, path: Path) -> list[Problem]:
    if not fps or not times.fps or abs(fps - times.fps) <= 0.01 * times.fps:
        return []
    return [
        Problem(
            "fps",
            Severity.WARNING,
            f"the file says {times.fps:.3f} frames a second, and {fps:g} are used as told",
            file=str(path),
            todo="leave --fps away if the file is right",
        )
    ]
