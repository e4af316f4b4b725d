"""Third step of an import: which recordings the videos are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from boutwise.api.importing.draft import Draft, names_of
from boutwise.api.importing.drafts import apart_words
from boutwise.api.importing.matching import Match, distance, match, plain
from boutwise.api.importing.metadata import Metadata
from boutwise.api.importing.sources import real, recording_id, slug
from boutwise.api.importing.types import ImportPlan
from boutwise.api.importing.video_files import VideoFile, video_row
from boutwise.formats import LabelTrack
from boutwise.project import Project
from boutwise.types import Problem, Severity

NEARLY_AS_LONG = 0.02
"""Share of its frames by which pose may differ from a video with only nearly its name."""
OWN = "a recording of its own"


def join_videos(
    project: Project,
    videos: Sequence[VideoFile],
    found: dict[str, Draft],
    metadata: Metadata,
    plan: ImportPlan,
) -> dict[Path, str]:
    """Give each video to the recording that it is of; the others become recordings.

    Args:
        project: Its recordings may have videos already.
        videos: From :func:`read_videos`.
        found: Recordings by id; those with videos are changed and added here.
        metadata: Tables that the user gave: they may name the video of a recording.
        plan: Gets rows and problems of videos that no recording can have.

    Returns:
        Video -> id of its recording, of all videos of the project and of this import.
    """
    places = {real(f.path): f.recording for f in project.files() if f.kind == "video"}
    taken = set(places.values())
    free = {name: draft for name, draft in found.items() if name not in taken}
    held = {draft.folder for draft in free.values() if draft.folder is not None}
    mixed = {video.folder for video in videos} & held
    declared = _declared(videos, free, metadata, plan)
    groups: dict[str, list[VideoFile]] = {}
    alone: list[VideoFile] = []
    for video in videos:
        if video.known is not None:
            groups.setdefault(video.known.recording, []).append(video)
        elif video.copy_of is not None:
            why = f"the same video as {video.copy_of.path}, which the project has"
            row = video_row(video, video.copy_of.recording, why, matched=False, news="unchanged")
            plan.rows.append(row)
            places[real(video.path)] = video.copy_of.recording
        else:
            hit = declared.get(plain(video.path.name)) or _match(video, free, mixed)
            if hit.id:
                groups.setdefault(hit.id, []).append(_matched(video, hit, plan))
            elif hit.new:
                alone.append(video)
            else:
                _refuse([video], "", f"it is not known which recording it is of: {hit.why}", plan)
    for name, group in groups.items():
        near = _nearest(group, found[name]) if name in found else group
        alone += [video for video in group if video not in near]
        places |= _give(name, near, found, plan)
    return places | _own_recordings(alone, found, plan)


def _declared(
    videos: Sequence[VideoFile], free: Mapping[str, Draft], metadata: Metadata, plan: ImportPlan
) -> dict[str, Match]:
    """Name of a video -> the recording that a table says it is of."""
    there = {plain(video.path.name) for video in videos}
    declared = {}
    for draft in free.values():
        said = metadata.video_of(names_of(draft))
        name = plain(PureWindowsPath(said).name) if said else ""
        if name in there:
            declared[name] = Match(draft.id, "the table names it")
        elif name:
            plan.problems.append(
                Problem(
                    "import",
                    Severity.WARNING,
                    f"the table names the video '{said}', which is not among the files",
                    recording=draft.id,
                    todo="give the folder of the videos too, or mend the name",
                )
            )
    return declared


def _match(video: VideoFile, free: Mapping[str, Draft], mixed: set[Path]) -> Match:
    """The recording that a video is of, by the rules for labels."""
    track = LabelTrack(video.name, "frame", ())
    hit = match(track, video.folder, [d.candidate for d in free.values()], mixed=mixed)
    if not hit.id or hit.sure:
        return hit
    # A name that begins alike may be of another day: only one of nearly the same length is taken.
    n_frames = free[hit.id].n_frames
    if abs(n_frames - video.index.n_frames) <= NEARLY_AS_LONG * n_frames:
        return hit
    return Match("", f"{hit.id} has another number of frames", new=True)


def _matched(video: VideoFile, hit: Match, plan: ImportPlan) -> VideoFile:
    if not hit.sure:
        plan.problems.append(
            Problem(
                "import",
                Severity.BLOCKING if plan.strict else Severity.WARNING,
                f"'{video.path.name}' is taken for the video of '{hit.id}', because {hit.why}",
                recording=hit.id,
                file=str(video.path),
                todo="rename the file if this is wrong",
            )
        )
    return replace(video, why=hit.why)


def _nearest(group: Sequence[VideoFile], draft: Draft) -> list[VideoFile]:
    """Of several videos of one name those that lie next to the recording's other files."""
    far = [-1 if v.known else distance(draft.folder, v.folder) for v in group]
    return [video for video, steps in zip(group, far, strict=True) if steps == min(far)]


def _give(
    name: str, group: Sequence[VideoFile], found: dict[str, Draft], plan: ImportPlan
) -> dict[Path, str]:
    """Give a recording its one video; what is returned is where it and its copies lie."""
    if name not in found:
        _refuse(group, name, "its recording can take nothing now", plan)
        return {}
    first = group[0]
    if any(video.index.digest != first.index.digest for video in group):
        what = f"{len(group)} different videos claim the recording '{name}'"
        _refuse(group, name, what, plan, todo=apart_words([video.path for video in group]))
        return {}
    for video in group[1:]:
        why = f"the same video as {first.path.name}"
        plan.rows.append(video_row(video, name, why, matched=False))
    plan.problems += [replace(problem, recording=name) for problem in first.probe.problems]
    found[name] = replace(found[name], video=first)
    return {real(video.path): name for video in group}


def _own_recordings(
    alone: Sequence[VideoFile], found: dict[str, Draft], plan: ImportPlan
) -> dict[Path, str]:
    """A recording for every video that has none."""
    groups: dict[str, list[VideoFile]] = {}
    for video in alone:
        name = recording_id(video.found.folder, video.name)
        parents = [part for part in video.folder.parts if slug(part)]
        # The same name from another folder is another recording: it gets the name of its folder.
        while name in found and parents:
            name = slug(f"{parents.pop()}/{name}")
        groups.setdefault(name, []).append(replace(video, why=OWN))
    places: dict[Path, str] = {}
    for name, group in groups.items():
        first = group[0]
        found[name] = Draft(
            name,
            None,
            first.name,
            first.index.n_frames,
            (),
            (),
            {},
            None,
            first.folder,
            posed=False,
        )
        places |= _give(name, group, found, plan)
        if found[name].video is None:
            del found[name]
    return places


def _refuse(
    group: Sequence[VideoFile], name: str, what: str, plan: ImportPlan, *, todo: str = ""
) -> None:
    plan.rows += [video_row(video, name, what, matched=False) for video in group]
    plan.problems.append(
        Problem(
            "import",
            Severity.BLOCKING,
            what,
            recording=name,
            file=str(group[0].path),
            expected="one video a recording, and one recording a video",
            todo=todo or "give the video and the other files of its recording the same name",
        )
    )
