"""Where the recordings of a prediction come from: a project, pose files, folders of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from boutwise.api._pose_files import PoseFile, Reader, pose_files, pose_of
from boutwise.api._video_tasks import video_files, video_material
from boutwise.errors import DataError, UsageError
from boutwise.formats import Contents
from boutwise.prepare import Material, has_all, material_of
from boutwise.prepare.rates import SAME_RATE
from boutwise.project import Project
from boutwise.store import Store
from boutwise.types import FrameClock, PoseTrack, Recording, Trial
from boutwise.types.roles import propose_roles


@dataclass(frozen=True)
class Task:
    """One recording to predict.

    Attributes:
        recording: Its id.
        load: Reads its pose, or opens its video.
        trials: Reads its trials; none when nobody declared any.
    """

    recording: str
    load: Callable[[], Material]
    trials: Callable[[], tuple[Trial, ...]]


def as_project(sources: Sequence[str | Path] | Project) -> Project | None:
    """The project, where the source is one."""
    if isinstance(sources, Project):
        return sources
    if len(sources) == 1 and (Path(sources[0]) / "boutwise.yaml").is_file():
        return Project.open(sources[0])
    return None


def project_tasks(
    project: Project, only: str | None, reads: Sequence[str], *, draws: bool = False
) -> list[Task]:
    """Every recording of a project that has what is read and fits the query.

    Args:
        project: With the recordings.
        only: Query.
        reads: What the bundles read.
        draws: Whether the video is drawn into as well: then it must be there.
    """
    used = (*reads, "video") if draws else tuple(reads)

    def task(recording: Recording) -> Task:
        load = partial(material_of, project, recording, reads=used)
        return Task(recording.id, load, lambda: recording.trials)

    chosen = [task(r) for r in project.recordings(only) if has_all(project, r.id, reads)]
    if not chosen:
        what = " and ".join(reads)
        if only is None:
            raise DataError(
                f"no recording has {what}", file=project.root, todo=f"import {what} files first"
            )
        known = ", ".join(r.id for r in project.recordings()[:5])
        raise DataError(
            f"no recording with {what} fits '{only}'",
            file=project.root,
            expected=f"a query that fits some of the recordings ({known}, ...)",
            todo=f"change --only, or import the {what} files that are meant",
        )
    return chosen


def lacking(project: Project, only: str | None, reads: Sequence[str]) -> tuple[str, ...]:
    """Recordings that fit the query, and of which the project has not all that is read."""
    return tuple(r.id for r in project.recordings(only) if not has_all(project, r.id, reads))


def video_tasks(
    sources: Sequence[str | Path], options: Mapping[str, Any], *, store: Store | None
) -> list[Task]:
    """Every video among the sources, by the names that an import gives them.

    Args:
        sources: Files and folders.
        options: That have a meaning for pose files only.
        store: Where indexes are kept.

    Raises:
        DataError: There is none, or two of them would have the same recording id.
        UsageError: An option is given that videos cannot heed.
    """
    for name, value in options.items():
        if value is not None:
            raise UsageError(
                f"--{name} has no meaning for videos",
                expected="videos alone: they state the time of each frame themselves",
                todo="leave it out",
            )
    return [
        Task(name, partial(video_material, name, path, store), lambda: ())
        for name, path in video_files(sources).items()
    ]


def file_tasks(
    sources: Sequence[str | Path],
    options: dict[str, Any],
    fps: float | None,
    *,
    known_roles: Sequence[Mapping[str, str]] = (),
) -> list[Task]:
    """Every recording of the pose files among the sources, by the names that an import gives them.

    Args:
        sources: Files and folders.
        options: Of the format.
        fps: Frame rate, where the files state none.
        known_roles: For each bundle, keypoint -> role.

    Raises:
        DataError: There is none, or two of them would have the same recording id.
    """
    reader = Reader({key: value for key, value in options.items() if value is not None})
    files = pose_files(sources, reader)
    if not files:
        raise DataError(
            "there is no pose file to predict",
            file=", ".join(map(str, sources)),
            expected="files that 'boutwise formats' lists as pose, or a project",
        )

    def task(name: str, file: PoseFile) -> Task:
        def load() -> Material:
            contents = reader.read(file)
            pose = with_roles(pose_of(contents), known_roles)
            clock = FrameClock.declared(pose.n_frames, rate_of(contents, fps))
            return Material.of_pose(name, pose, clock)

        return Task(name, load, lambda: reader.read(file).trials)

    return [task(name, file) for name, file in files.items()]


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
