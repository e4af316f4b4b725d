"""Where the recordings of a prediction come from: a project, pose files, folders of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boutwise import formats
from boutwise.errors import DataError, UsageError
from boutwise.formats import Contents
from boutwise.project import Project
from boutwise.types import FrameClock, PoseTrack, Recording
from boutwise.types.roles import propose_roles


@dataclass(frozen=True)
class Task:
    """One recording to predict.

    Attributes:
        recording: Its id.
        load: Reads its pose and clock.
    """

    recording: str
    load: Callable[[], tuple[PoseTrack, FrameClock]]


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
        return Task(recording.id, lambda: (project.pose(recording.id), recording.clock))

    chosen = [task(r) for r in project.recordings(only) if project.has_pose(r.id)]
    if not chosen:
        raise DataError(
            "no recording with pose fits",
            file=project.root,
            todo="import pose files, or change --only",
        )
    return chosen


def file_tasks(
    sources: Iterable[str | Path], options: dict[str, Any], fps: float | None
) -> list[Task]:
    """Every pose file among the sources.

    Raises:
        DataError: There is none, or two of them would have the same recording id.
    """
    options = {key: value for key, value in options.items() if value is not None}
    tasks: dict[str, Path] = {}
    for path in _files(sources, options.get("format")):
        name = path.stem
        if name in tasks:
            raise DataError(
                f"two files are called '{path.name}'",
                file=path,
                expected="one file name a recording",
                todo=f"the other is {tasks[name]}; predict their folders one by one",
            )
        tasks[name] = path
    if not tasks:
        raise DataError("there is no file to predict", expected="pose files or a project")

    def task(name: str, path: Path) -> Task:
        def load() -> tuple[PoseTrack, FrameClock]:
            contents = formats.read(path, **options)
            rate = fps or contents.fps
            if rate is None:
                raise DataError("the file states no frame rate", file=path, todo="give it by --fps")
            pose = with_roles(pose_of(contents))
            return pose, FrameClock.declared(pose.n_frames, rate)

        return Task(name, load)

    return [task(name, path) for name, path in tasks.items()]


def _files(sources: Iterable[str | Path], format: str | None) -> list[Path]:
    found: list[Path] = []
    for source in map(Path, sources):
        if not source.exists():
            raise UsageError("there is no such file or folder", file=source)
        if source.is_file():
            found.append(source)
            continue
        for member in sorted(path for path in source.rglob("*") if path.is_file()):
            if _is_pose(member, format):
                found.append(member)
    return found


def _is_pose(path: Path, format: str | None) -> bool:
    """Whether a file of a folder is a pose file; only those of a folder are taken."""
    if path.suffix.lower() not in (".csv", ".h5"):
        return False
    try:
        name = format or formats.sniff(path)
        return formats.read(path, format=name).pose is not None
    except DataError:
        return False


def pose_of(contents: Contents) -> PoseTrack:
    """The pose of a file.

    Raises:
        DataError: It has none.
    """
    if contents.pose is None:
        raise DataError(
            "this file has no pose", file=contents.path, expected="keypoints frame by frame"
        )
    return contents.pose


def with_roles(pose: PoseTrack) -> PoseTrack:
    """The track with roles proposed from the names of its keypoints, unless it has some."""
    return pose if pose.roles else replace(pose, roles=propose_roles(pose.keypoints))


def shard_of(recording: str, n: int) -> int:
    """Which of n shards a recording belongs to, from 0; the same on every machine."""
    return zlib.crc32(recording.encode("utf-8")) % n
