"""Second step of an import: which recordings the pose files are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from boutwise.api.importing.draft import Draft
from boutwise.api.importing.matching import match
from boutwise.api.importing.reading import ReadFile
from boutwise.api.importing.sources import real, recording_id, slug
from boutwise.api.importing.types import ImportPlan, ImportRow
from boutwise.errors import BoutwiseError
from boutwise.formats import LabelTrack
from boutwise.project import Project, SourceFile
from boutwise.types import PoseTrack, Problem, Recording, Severity


def drafts(project: Project, files: Sequence[ReadFile], plan: ImportPlan) -> dict[str, Draft]:
    """Recordings of the pose files, and those of the project, by id."""
    there = {recording.id: recording for recording in project.recordings()}
    places = {f.recording: f.path for f in project.files() if f.kind == "pose"}
    by_path = {
        (real(file.path), file.part.member if file.part else ""): file.recording
        for file in project.files()
        if file.kind == "pose"
    }
    seen = {f.recording: f.path for f in project.files() if f.kind == "video"}
    poseless = _without_pose(project, there, places, seen)
    groups: dict[str, list[ReadFile]] = {}
    for file in files:
        if file.is_pose:
            name = _id(file, seen | places, by_path)
            if name not in there:
                name = _waiting(file, poseless) or name
            groups.setdefault(name, []).append(file)
    found: dict[str, Draft] = {}
    for name, group in sorted(groups.items()):
        chosen = _one_of(project, name, group, plan)
        if chosen is not None:
            found[name] = _draft(project, name, chosen, there.get(name))
    for name, recording in there.items():
        if name not in found and name in places:
            untouched = _untouched(project, recording, places[name], plan)
            if untouched is not None:
                found[name] = untouched
    for name, draft in poseless.items():
        if name in found:
            found[name] = replace(found[name], first_pose=True)
        elif name not in groups:
            found[name] = draft
    return found


def _without_pose(
    project: Project,
    there: Mapping[str, Recording],
    places: Mapping[str, Path],
    videos: Mapping[str, Path],
) -> dict[str, Draft]:
    """Recordings of the project of which it has labels or a video only."""
    labeled: dict[str, list[SourceFile]] = {}
    for file in project.files():
        if file.kind == "labels" and file.recording not in videos:
            labeled.setdefault(file.recording, []).append(file)
    return {
        name: Draft(
            name,
            None,
            name.rsplit("/", 1)[-1],
            recording.n_frames,
            recording.animals,
            (),
            {},
            recording,
            real(videos[name]).parent if name in videos else None,
            posed=False,
            also=(
                *(n for f in labeled.get(name, ()) for n in (f.path.name, f.path.stem)),
                *((videos[name].name, videos[name].stem) if name in videos else ()),
            ),
            labeled=tuple((real(f.path).parent, f.annotator) for f in labeled.get(name, ())),
        )
        for name, recording in there.items()
        if name not in places
    }


def _waiting(file: ReadFile, poseless: Mapping[str, Draft]) -> str:
    """The recording without pose that a pose file is of, by its name; empty when there is none."""
    if file.contents is None:
        return ""
    track = LabelTrack(file.contents.recording, "frame", ())
    candidates = [draft.candidate for draft in poseless.values()]
    return match(track, file.path.resolve().parent, candidates).id


def _untouched(
    project: Project, recording: Recording, pose: Path, plan: ImportPlan
) -> Draft | None:
    """A recording of the project whose pose is not imported again; labels may belong to it."""
    try:
        tracks, keypoints = project.pose_names(recording.id)
    except BoutwiseError as error:
        what = f"this recording can take no labels now: {error.what}"
        plan.problems.append(
            Problem(
                "import",
                Severity.WARNING,
                what,
                recording=recording.id,
                file=str(pose),
                todo=error.todo or "",
            )
        )
        return None
    name = recording.id.rsplit("/", 1)[-1]
    return Draft(
        recording.id,
        None,
        name,
        recording.n_frames,
        tracks,
        keypoints,
        {},
        recording,
        real(pose).parent,
    )


def _id(file: ReadFile, places: Mapping[str, Path], by_path: Mapping[tuple[Path, str], str]) -> str:
    here = by_path.get((file.path.resolve(), file.found.member))
    if here is not None:
        return here  # the same place, whatever the file holds now
    if file.known is not None:
        return file.known.recording
    base = file.contents.recording if file.contents else file.path.stem
    name = recording_id(file.found.folder, base)
    taken = places.get(name)
    parents = [part for part in file.path.resolve().parent.parts if slug(part)]
    # The same name from another folder is another recording: it gets the name of its folder.
    while (
        taken is not None
        and real(taken) != file.path.resolve()
        and real(taken).parent != file.path.resolve().parent
        and parents
    ):
        name = slug(f"{parents.pop()}/{name}")
        taken = places.get(name)
    return name


def _one_of(
    project: Project, name: str, group: list[ReadFile], plan: ImportPlan
) -> ReadFile | None:
    """The pose file of a recording, when several of the same contents lie side by side."""
    group = sorted(group, key=lambda file: (file.known is None, file.path.suffix, str(file.path)))
    first = group[0]
    differing = [
        file for file in group[1:] if not equal_poses(_track(project, first), _track(project, file))
    ]
    if not differing:
        for file in group[1:]:
            plan.rows.append(
                pose_row(file, name, f"the same pose as {first.path.name}", matched=False)
            )
        return first
    for file in group:
        others = [f.path.name for f in group if f is not file]
        has = "has" if len(others) == 1 else "each have"
        why = f"{' and '.join(others)} {has} another pose of {name}"
        plan.rows.append(pose_row(file, name, why, matched=False))
    plan.problems.append(
        Problem(
            "import",
            Severity.BLOCKING,
            f"{len(group)} different pose files claim the recording '{name}'",
            recording=name,
            file=str(first.path),
            expected="one pose file a recording",
            todo=apart_words([file.path for file in group]),
        )
    )
    return None


def apart_words(paths: Sequence[Path]) -> str:
    """What to do with files that would be one recording."""
    if len({path.name for path in paths}) > 1:
        return "import only one of: " + ", ".join(path.name for path in paths)
    above = os.path.commonpath([str(path.resolve().parent) for path in paths])
    return f"import the folder above them, so that their folders become part of the ids: {above}"


def pose_row(file: ReadFile, name: str, why: str, *, matched: bool, news: str = "") -> ImportRow:
    """The row of a pose file in the table of the dry run."""
    pose = file.contents.pose if file.contents else None
    return ImportRow(
        str(file.path),
        "pose",
        file.found.format,
        matched,
        why,
        recording=name,
        n_rows=pose.n_frames if pose else None,
        news=news,
    )


def _track(project: Project, file: ReadFile) -> PoseTrack:
    if file.contents is not None and file.contents.pose is not None:
        return file.contents.pose
    track = project.parsed_pose(
        file.path, format=file.found.format, options=file.options, track=None
    )
    assert track is not None  # it was there a moment ago, when the file was read
    return track


def equal_poses(a: PoseTrack, b: PoseTrack) -> bool:
    """Whether two tracks are the same but for rounding and the order of their keypoints."""
    if set(a.keypoints) != set(b.keypoints) or a.positions.shape != b.positions.shape:
        return False
    places = [b.keypoints.index(name) for name in a.keypoints]
    other = b.positions[:, :, places]
    return bool(np.allclose(a.positions, other, rtol=1e-4, atol=1e-3, equal_nan=True))


def _draft(project: Project, name: str, file: ReadFile, known: Recording | None) -> Draft:
    track = _track(project, file)
    frames = file.contents.row_to_frame if file.contents else None
    if frames is None and file.known is not None and file.known.part is not None:
        frames = file.known.part.row_to_frame  # as a person declared it for this very file
    n_frames = track.n_frames if frames is None else int(frames.max()) + 1
    if known is not None and file.known is not None:
        n_frames = known.n_frames
    base = file.contents.recording if file.contents else name.rsplit("/", 1)[-1]
    roles = track.roles if file.contents else {}
    return Draft(
        name,
        file,
        base,
        n_frames,
        track.animals,
        track.keypoints,
        roles,
        known,
        file.path.resolve().parent,
        n_rows=track.n_frames,
        row_to_frame=frames,
    )
