"""Where the recordings of a prediction come from: a project, pose files, folders of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from boutwise import formats, registry
from boutwise.api.importing.drafts import equal_poses
from boutwise.api.importing.sources import slug
from boutwise.errors import DataError, UsageError
from boutwise.formats import Contents
from boutwise.prepare.rates import SAME_RATE
from boutwise.project import Project
from boutwise.types import FrameClock, PoseTrack, Recording, Trial
from boutwise.types.roles import propose_roles

POSE_FILES = frozenset({".csv", ".h5", ".npz", ".npy", ".json", ".nwb", ".parquet"})
"""Suffixes of the files in a folder that may hold pose."""
Source = tuple[Path, str]
"""A file, and the name of the recording in it where it holds several."""


@dataclass(frozen=True)
class Task:
    """One recording to predict.

    Attributes:
        recording: Its id.
        load: Reads its pose and clock.
        trials: Reads its trials; none when nobody declared any.
    """

    recording: str
    load: Callable[[], tuple[PoseTrack, FrameClock]]
    trials: Callable[[], tuple[Trial, ...]]


def as_project(sources: Sequence[str | Path] | Project) -> Project | None:
    """The project, where the source is one."""
    if isinstance(sources, Project):
        return sources
    if len(sources) == 1 and (Path(sources[0]) / "boutwise.yaml").is_file():
        return Project.open(sources[0])
    return None


def project_tasks(project: Project, only: str | None) -> list[Task]:
    """Every recording of a project that has pose and fits the query."""

    def task(recording: Recording) -> Task:
        return Task(
            recording.id,
            lambda: (project.pose(recording.id), recording.clock),
            lambda: recording.trials,
        )

    chosen = [task(r) for r in project.recordings(only) if project.has_pose(r.id)]
    if not chosen:
        if only is None:
            raise DataError(
                "no recording has pose", file=project.root, todo="import pose files first"
            )
        known = ", ".join(r.id for r in project.recordings()[:5])
        raise DataError(
            f"no recording with pose fits '{only}'",
            file=project.root,
            expected=f"a query that fits some of the recordings ({known}, ...)",
            todo="change --only, or import the pose files that are meant",
        )
    return chosen


def without_pose(project: Project, only: str | None) -> tuple[str, ...]:
    """Recordings that fit the query, and of which the project has no pose."""
    return tuple(r.id for r in project.recordings(only) if not project.has_pose(r.id))


def file_tasks(
    sources: Sequence[str | Path],
    options: dict[str, Any],
    fps: float | None,
    *,
    known_roles: Sequence[Mapping[str, str]] = (),
) -> list[Task]:
    """Every pose file among the sources.

    Args:
        sources: Files and folders.
        options: Of the format.
        fps: Frame rate, where the files state none.
        known_roles: For each bundle, keypoint -> role.

    Raises:
        DataError: There is none, or two of them would have the same recording id.
    """
    options = {key: value for key, value in options.items() if value is not None}
    tasks: dict[str, Source] = {}
    for source in _members(_files(sources, options), options):
        path, member = source
        name = slug(f"{path.stem}_{member}") if member else path.stem
        if name in tasks:
            other = tasks[name][0]
            if not member and _same_pose(other, path, options):
                continue  # DeepLabCut writes a table and an H5 side by side
            raise DataError(
                f"two files of different pose would both be the recording '{name}'",
                file=path,
                expected="one file a recording",
                todo=f"the other is {other}; predict them one by one, into two folders",
            )
        tasks[name] = source
    if not tasks:
        raise DataError(
            "there is no pose file to predict",
            file=", ".join(map(str, sources)),
            expected="files that 'boutwise formats' lists as pose, or a project",
        )

    def task(name: str, path: Path, member: str) -> Task:
        told = {**options, "member": member} if member else options

        def load() -> tuple[PoseTrack, FrameClock]:
            contents = formats.read(path, **told)
            pose = with_roles(pose_of(contents), known_roles)
            return pose, FrameClock.declared(pose.n_frames, rate_of(contents, fps))

        return Task(name, load, lambda: formats.read(path, **told).trials)

    return [task(name, path, member) for name, (path, member) in tasks.items()]


def _members(paths: Iterable[Path], options: dict[str, Any]) -> Iterator[Source]:
    """The recordings of each file: mostly one, without a name of its own."""
    for path in paths:
        try:
            names = _names(path, options)
        except DataError:
            names = []  # reading it will say what is wrong
        yield from [(path, name) for name in names] or [(path, "")]


def _names(path: Path, options: dict[str, Any]) -> list[str]:
    """Recordings in a file of a format that holds several; a described table is never one."""
    if "mapping" in options:
        return []
    return formats.members(path, format=options.get("format"))


def _same_pose(first: Path, second: Path, options: dict[str, Any]) -> bool:
    """Whether two files beside each other hold one track, such as the CSV and the H5 of a run."""
    if first.resolve() == second.resolve():
        return True
    if first.resolve().parent != second.resolve().parent:
        return False
    try:
        one, two = (pose_of(formats.read(path, **options)) for path in (first, second))
    except DataError:
        return False
    return equal_poses(one, two)


def _files(sources: Iterable[str | Path], options: dict[str, Any]) -> list[Path]:
    found: list[Path] = []
    for source in map(Path, sources):
        if not source.exists():
            raise UsageError("there is no such file or folder", file=source)
        if source.is_file():
            found.append(source)
            continue
        for member in sorted(path for path in source.rglob("*") if path.is_file()):
            if _is_pose(member, options):
                found.append(member)
    return found


def _is_pose(path: Path, options: dict[str, Any]) -> bool:
    """Whether a file of a folder is a pose file; only those of a folder are taken.

    A file that a format claims and cannot read is taken too: its fault is told then, and the file
    is not passed over in silence.
    """
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
        names = _names(path, options)
        told = {**options, "member": names[0]} if names else options
        return formats.read(path, **told).pose is not None
    except DataError:
        return True


def rate_of(contents: Contents, fps: float | None) -> float:
    """Frames per second of a file: what it states, or what was given.

    Raises:
        DataError: Neither is there, or they contradict each other.
    """
    stated = contents.fps
    if stated is None and fps is None:
        raise DataError("there is no frame rate", file=contents.path, todo="give it by --fps")
    if stated is None or fps is None:
        return float(stated or fps or 0)
    if abs(fps / stated - 1) > SAME_RATE:
        raise DataError(
            f"the file states {stated:g} frames per second, and {fps:g} was given",
            file=contents.path,
            expected="the same rate from both",
            todo="leave --fps out, or find out which is right",
        )
    return fps


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


def with_roles(pose: PoseTrack, known: Sequence[Mapping[str, str]] = ()) -> PoseTrack:
    """The track with roles, unless it has some.

    They are those that a bundle was trained with, where all its keypoints are there by name;
    otherwise they are proposed from the names.

    Args:
        pose: A track.
        known: For each bundle, keypoint -> role.

    Raises:
        DataError: Two bundles give the keypoints different roles.
    """
    if pose.roles:
        return pose
    fitting = [dict(roles) for roles in known if roles and set(roles) <= set(pose.keypoints)]
    if any(roles != fitting[0] for roles in fitting):
        raise DataError(
            "the bundles were trained with different roles of the same keypoints",
            expected="one role for each keypoint",
            todo="predict with each of them on its own",
        )
    return replace(pose, roles=fitting[0] if fitting else propose_roles(pose.keypoints))


def shard_of(recording: str, n: int) -> int:
    """Which of n shards a recording belongs to, from 0; the same on every machine."""
    return zlib.crc32(recording.encode("utf-8")) % n
