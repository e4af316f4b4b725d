"""Fourth step of an import: the recording of each label file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from boutwise.api.importing import labels_only, matching
from boutwise.api.importing.draft import Draft
from boutwise.api.importing.metadata import Metadata
from boutwise.api.importing.patterns import annotator_by_pattern
from boutwise.api.importing.reading import ImportOptions, ReadFile
from boutwise.api.importing.sources import real
from boutwise.api.importing.types import ImportPlan, ImportRow
from boutwise.formats import LabelTrack
from boutwise.types import Problem, Severity


@dataclass(frozen=True, eq=False)
class Matched:
    """A label track and its recording."""

    file: ReadFile
    track: LabelTrack
    match: matching.Match

    @property
    def only_rated(self) -> bool:
        """Whether there are ratings or boxes of the recording and no labels."""
        return not self.track.rows and not self.track.behaviors and self.track.n_rows is None


def match_all(
    files: Sequence[ReadFile],
    found: dict[str, Draft],
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
    *,
    videos: Mapping[Path, str],
) -> list[Matched]:
    """Find the recording of every label track; those without one become rows of the plan.

    With ``labels_only`` they become recordings instead, in ``found``.

    Args:
        files: All files but videos.
        found: Recordings by id.
        metadata: Tables that the user gave.
        options: What the user said.
        plan: Gets rows and problems.
        videos: Video -> id of its recording.
    """
    candidates = [draft.candidate for draft in found.values()]
    with_pose = {c.folder for c in candidates if c.folder is not None}
    label_files = [file for file in files if file.contents is not None and not file.is_pose]
    mixed = {file.path.resolve().parent for file in label_files} & with_pose
    matched = _beside_pose(found)
    lost: list[Matched] = []
    for file in label_files:
        for track in _tracks(file):
            track = _named(track, file, options, plan)
            folder = file.path.resolve().parent
            match = _by_video(file, videos, found)
            if match is None:
                match = matching.match(track, folder, candidates, mixed=mixed)
            if match.id:
                matched.append(Matched(file, track, match))
                if not match.sure:
                    report(
                        plan,
                        file.path,
                        f"'{track.recording}' is taken for '{match.id}', because {match.why}",
                        recording=match.id,
                        todo="rename the file if this is wrong",
                        severity=Severity.BLOCKING if plan.strict else Severity.WARNING,
                    )
            else:
                lost.append(Matched(file, track, match))
    if options.labels_only:
        placed = bool(metadata.trials) or options.trial_length is not None
        alone = [one for one in lost if one.match.new and (placed or one.track.trial is None)]
        lost = [one for one in lost if one not in alone]
        matched += _own_recordings(alone, found)
    _report_all(plan, lost)
    return matched


def _by_video(
    file: ReadFile, videos: Mapping[Path, str], found: Mapping[str, Draft]
) -> matching.Match | None:
    """The recording of the very video that labels are of; None where they do not name a file."""
    video = file.contents.video if file.contents is not None else None
    if video is None or not (video.is_file() or real(video) in videos):
        return None
    name = videos.get(real(video), "")
    if name in found:
        return matching.Match(name, "the labels of its video")
    return matching.Match("", f"its video cannot be used: {video.name}")


def _tracks(file: ReadFile) -> list[LabelTrack]:
    """The label tracks of a file, and an empty one where it has ratings or boxes only."""
    if file.contents is None:
        return []
    own = file.contents.recording
    if file.contents.boxes is not None and not file.contents.labels:
        return [LabelTrack(own, "frame", ())]
    tracks = list(file.contents.labels)
    named = {track.recording or own for track in tracks}
    rated = dict.fromkeys(rating.recording or own for rating in file.contents.ratings)
    return tracks + [LabelTrack(name, "frame", ()) for name in rated if name not in named]


def _beside_pose(found: Mapping[str, Draft]) -> list[Matched]:
    """Labels and ratings that lie in a pose file: they are of its recording."""
    why = "in the file of its pose"
    return [
        Matched(draft.file, track, matching.Match(name, why))
        for name, draft in found.items()
        if draft.file is not None
        for track in _tracks(draft.file)
    ]


def _own_recordings(alone: Sequence[Matched], found: dict[str, Draft]) -> list[Matched]:
    """The same tracks with recordings that are made of them."""
    drafts = labels_only.drafts_of([(one.file, one.track) for one in alone], set(found))
    found |= {draft.id: draft for draft in drafts}
    why = "a recording of its own, known by its labels only"
    return [
        replace(one, match=matching.Match(draft.id, why))
        for one, draft in zip(alone, drafts, strict=True)
    ]


def by_recording(matched: Sequence[Matched]) -> dict[str, list[Matched]]:
    """Id of a recording -> its label tracks."""
    found: dict[str, list[Matched]] = {}
    for one in matched:
        found.setdefault(one.match.id, []).append(one)
    return found


def _named(
    track: LabelTrack, file: ReadFile, options: ImportOptions, plan: ImportPlan
) -> LabelTrack:
    """The track with recording and annotator, which the name of its file may tell."""
    name, who = track.recording or file.path.stem, track.annotator
    if options.annotator_pattern is not None:
        told = annotator_by_pattern(options.annotator_pattern, file.path)
        who, name = who or told[0], told[1] or name
        if not who:
            what = f"the annotator pattern does not fit '{file.path.name}'"
            if not any(p.what == what and p.file == str(file.path) for p in plan.problems):
                report(plan, file.path, what, todo="change it", severity=Severity.WARNING)
    return replace(track, recording=name, annotator=who)


def _report_all(plan: ImportPlan, lost: Sequence[Matched]) -> None:
    """Rows and problems of the tracks that no recording is for."""
    files: dict[Path, dict[str, str]] = {}
    for one in lost:
        mine = files.setdefault(one.file.path, {})
        if one.track.recording not in mine:
            plan.rows.append(label_row(one.file, one.track, False, one.match.why))
            mine[one.track.recording] = one.match.why
    for path, mine in files.items():
        _report_lost(plan, path, mine)


def _report_lost(plan: ImportPlan, file: Path, lost: Mapping[str, str]) -> None:
    """Say once of a file that recordings are missing, however many and by how many annotators."""
    what = f"labels without a recording: {next(iter(lost.values()))}"
    if len(lost) > 1:
        some = [f"'{name}'" for name in list(lost)[:5]] + ["..."] * (len(lost) > 5)
        what = f"labels of {len(lost)} recordings that are not there: {', '.join(some)}"
    report(
        plan,
        file,
        what,
        todo="import the video or pose of the recording too, or give both the same name: the file "
        "of the labels, or the recording that is named in it, and the video or file of pose; "
        "labels alone, for instance to compare annotators, are imported by --labels-only",
    )


def label_row(file: ReadFile, track: LabelTrack, matched: bool, why: str) -> ImportRow:
    """The row of a label file in the table of the dry run."""
    return ImportRow(
        str(file.path),
        "labels",
        file.found.format,
        matched,
        why,
        trial=track.trial,
        n_rows=track.n_rows,
    )


def report(
    plan: ImportPlan,
    file: Path,
    what: str,
    *,
    recording: str = "",
    expected: str = "",
    todo: str = "",
    severity: Severity = Severity.BLOCKING,
) -> Problem:
    """Report something about a label file."""
    problem = Problem(
        "import",
        severity,
        what,
        recording=recording,
        file=str(file),
        expected=expected,
        todo=todo,
    )
    plan.problems.append(problem)
    return problem
