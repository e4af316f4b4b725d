"""Import: what other tools wrote becomes recordings, pose and labels of a project.

Always in two steps: a plan, which changes nothing in the project and says of every file what will
become of it and why, and its execution, which can be interrupted and repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from boutwise import formats
from boutwise.api.importing import drafts as _drafts
from boutwise.api.importing import labels as _labels
from boutwise.api.importing import matched as _matched
from boutwise.api.importing import metadata as _metadata
from boutwise.api.importing import proposals as _proposals
from boutwise.api.importing import recordings as _recordings
from boutwise.api.importing import rows as _rows
from boutwise.api.importing import sources as _sources
from boutwise.api.importing import unused_rows as _unused_rows
from boutwise.api.importing import video_files as _video_files
from boutwise.api.importing import videos as _videos
from boutwise.api.importing.applying import apply_import
from boutwise.api.importing.reading import ImportOptions, ReadFile, defaults, read_all
from boutwise.api.importing.types import ImportPlan, ImportResult, ImportRow
from boutwise.errors import UsageError
from boutwise.project import Project
from boutwise.types import Bouts, Ethogram, Problem, Severity

__all__ = ["ImportPlan", "ImportResult", "ImportRow", "apply_import", "plan_import"]


MOST_FPS = 100_000
"""No camera of animals is faster: more is a slip of the pen."""


def plan_import(
    project: Project,
    sources: Sequence[str | Path] | str | Path,
    *,
    format: str | None = None,
    mapping: str | Path | Mapping[str, Any] | None = None,
    fps: float | None = None,
    animals: str | Path | None = None,
    trials: str | Path | None = None,
    trial_length: int | None = None,
    label_offset: Literal["auto"] | int | None = None,
    strict: bool = False,
    animal_pattern: str | None = None,
    session_pattern: str | None = None,
    labels_only: bool = False,
    annotator_pattern: str | None = None,
    rows: str | None = None,
) -> ImportPlan:
    """Find out what an import would do. Nothing in the project changes but its cache.

    Args:
        project: Where to.
        sources: Files, folders (searched through) or patterns.
        format: Name of the format of all files; found by looking when not given.
        mapping: Describes plain tables: YAML file or mapping.
        fps: Frames per second; else the file's own, its labels' or that of ``boutwise.yaml``.
        animals: CSV with the columns recording, animal and any of track, label_name, sex, strain,
            cohort, session, date, treatment, dose, dose_unit, baseline, side, time_since_dose_s,
            frames, rows, video.
        trials: CSV with the columns recording, trial, first_frame, n_frames, valid.
        trial_length: Frames of each trial, one after the other from frame 0, numbered from 1.
        label_offset: Where labels begin that have fewer rows than their trial has frames:
            ``auto`` = they are the last ones; a number of frames; None = at its first frame.
        strict: Whether any blocking problem stops the import; else the label is left out or cut,
            and reported.
        animal_pattern: Regular expression on file names: group ``animal`` (or the first).
        session_pattern: The same with the group ``session``.
        labels_only: Whether label files that fit no recording make recordings of their own,
            without pose.
        annotator_pattern: Regular expression on paths of label files that name no annotator:
            group ``annotator`` (or the first) and, where wanted, ``recording``.
        rows: Which frame each row of the pose files is: ``first``, ``last``, ``from-10``,
            ``every-2``, ``every-2-from-10``, ``thin-2``; a column ``rows`` of ``animals`` wins.

    Raises:
        DataError: A source is not there, or nothing states a frame rate.
        UsageError: An option that cannot be.
    """
    config = project.config.defaults
    options = ImportOptions(
        format=format,
        mapping=None if mapping is None else formats.load_mapping(mapping),
        fps=fps,
        trial_length=config.trial_length if trial_length is None else trial_length,
        label_offset=config.label_offset if label_offset is None else label_offset,
        strict=strict,
        animal_pattern=animal_pattern,
        session_pattern=session_pattern,
        labels_only=labels_only,
        annotator_pattern=annotator_pattern,
        rows=rows,
    )
    _check(options)
    metadata = _metadata.read(animals, trials)
    named = [sources] if isinstance(sources, str | Path) else list(sources)
    plan = ImportPlan(strict=strict)
    tables = {Path(table).resolve() for table in (animals, trials) if table is not None}
    found = [f for f in _sources.find(named, format) if _sources.real(f.path) not in tables]
    files = read_all(project, found, options, plan)
    drafts = _drafts.drafts(project, files, plan)
    videos = _video_files.read_videos(project, found, plan)
    places = _videos.join_videos(project, videos, drafts, metadata, plan)
    matched = _matched.match_all(files, drafts, metadata, options, plan, videos=places)
    recordings = _recordings.plan_recordings(
        drafts, _matched.by_recording(matched), metadata, options, plan, default_fps=config.fps
    )
    matched = [one for one in matched if one.match.id in recordings]
    planner = _labels.LabelPlanner(
        project,
        drafts,
        recordings,
        options,
        plan,
        annotator=config.annotator,
        metadata=metadata,
    )
    plan.labels = planner.run(matched)
    read = {planned.path for planned in plan.labels}  # a refused file proposes nothing
    _propose(project, files, [one.track for one in matched if one.file.path in read], plan)
    _unused_rows.check_rows(metadata, drafts, plan)
    plan.problems += [each for each in plan.contradictions if each not in plan.problems]
    plan.rows.sort(key=lambda row: row.file)
    return plan


def _check(options: ImportOptions) -> None:
    if options.rows is not None:
        _rows.parse(options.rows)
    if options.fps is not None and not 0 < options.fps <= MOST_FPS:
        raise UsageError(
            f"a frame rate of {options.fps:g} cannot be",
            expected=f"frames per second above 0, {MOST_FPS:,} at most",
        )
    offset = options.label_offset
    if offset not in (None, "auto") and (not isinstance(offset, int) or offset < 0):
        raise UsageError(
            f"a label offset of '{offset}' cannot be", expected="auto, or frames from 0"
        )
    if options.trial_length is not None and options.trial_length < 1:
        raise UsageError(f"a trial cannot have {options.trial_length} frames", expected="1 or more")


def _propose(
    project: Project,
    files: Sequence[ReadFile],
    tracks: Sequence[formats.LabelTrack],
    plan: ImportPlan,
) -> None:
    """Ethogram and roles, where the project has none."""
    ethogram = project.ethogram
    bouts = Bouts.concatenate(planned.bouts for planned in plan.labels)
    if not ethogram.names and any(track.rows or track.behaviors for track in tracks):
        said = [file.contents.ethogram for file in files if file.contents is not None]
        known = [defaults(file.found.format).get("ethogram") for file in files if not file.is_pose]
        of_format = _proposals.joined(one for one in [*said, *known] if one is not None)
        ethogram, how = _proposals.ethogram(tracks, bouts, of_format)
        plan.ethogram = ethogram
        plan.notes.append(
            f"boutwise.yaml gets an ethogram of {len(ethogram.names)} behaviors "
            f"({', '.join(ethogram.names)}); {how}"
        )
    plan.labels = [_labels.keep_known(planned, ethogram, plan) for planned in plan.labels]
    _overlaps(ethogram, plan)
    formats_say: dict[str, str] = {}
    for planned in plan.recordings:
        formats_say.update(planned.roles)
    keypoints = [name for planned in plan.recordings for name in planned.keypoints]
    plan.roles = _proposals.roles(keypoints, project.config.keypoints, formats_say)
    if plan.roles:
        words = ", ".join(f"{name}: {role}" for name, role in plan.roles.items())
        plan.notes.append(f"boutwise.yaml gets the roles of {len(plan.roles)} keypoints ({words})")


def _overlaps(ethogram: Ethogram, plan: ImportPlan) -> None:
    """Labels that contradict the ethogram's exclusive groups."""
    for planned in plan.labels:
        for group in ethogram.groups:
            members = [
                bout
                for bout in planned.bouts.rows()
                if ethogram.merged(bout.behavior) in group.behaviors
            ]
            names = _proposals.overlapping(members)
            if names:
                plan.problems.append(
                    Problem(
                        "import",
                        Severity.BLOCKING,
                        f"{' and '.join(sorted(names))} overlap, but exclude each other",
                        file=str(planned.path),
                        recording=planned.parts[0].recording,
                        expected=f"one behavior of the group '{group.name}' at a time",
                        todo="mend the labels, or the group in boutwise.yaml",
                    )
                )
