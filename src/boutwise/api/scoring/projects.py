"""The labels of a project as the truth of a score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from boutwise.api.scoring.labels import Labels, labels_of_bouts
from boutwise.errors import DataError, LabelError
from boutwise.planning import LabelledSubject, labelled_subjects
from boutwise.planning.folds import group_of
from boutwise.project import Project
from boutwise.types import Bouts, Ethogram, Recording
from boutwise.types.bouts import from_frames
from boutwise.types.recipe import Target


def project_labels(folder: Path, annotators: str) -> Labels:
    """All labels of a project, with its merges, exclusive groups and invalid trials heeded.

    Args:
        folder: Of the project.
        annotators: Whose labels: ``auto``, ``majority`` or a name.

    Raises:
        DataError: The project has no labels.
        LabelError: Several annotators labelled a recording and none was chosen, or labels
            contradict each other.
    """
    with Project.open(folder) as project:
        ethogram, recordings = project.ethogram, project.recordings()
        subjects: list[LabelledSubject] = []
        for scope in ("individual", "directed"):
            names = [behavior.name for behavior in ethogram.behaviors if behavior.scope == scope]
            if names:
                target = Target(behaviors=names, annotators=annotators)
                subjects += _chosen(project, target, recordings, ethogram.only(names))
        rated = len(project.ratings()) > 0
    if not subjects:
        raise _without_labels(folder, rated=rated)
    tables = []
    for item in subjects:
        scope = "directed" if item.subject.target else "individual"
        names = [behavior.name for behavior in ethogram.behaviors if behavior.scope == scope]
        tables.append(from_frames(item.states, item.subject, names))
    units = group_of(subjects, "animal")
    found = {item.recording.id: item.recording for item in subjects}
    labels = labels_of_bouts(Bouts.concatenate(tables), "truth")
    return Labels(
        labels.tracks,
        str(folder),
        examined=True,
        rates={name: recording.clock.fps for name, recording in found.items()},
        frames={name: recording.n_frames for name, recording in found.items()},
        ethogram=ethogram,
        units={
            (item.subject.recording, item.subject.animal): units[item.subject] for item in subjects
        },
        by_model=frozenset(item.subject for item in subjects if not item.human),
    )


def _without_labels(folder: str | Path, *, rated: bool) -> DataError:
    if rated:
        return DataError(
            "the project has ratings of trials and no labels of frames, which are scored here",
            file=folder,
            todo="read the scores of the run: its report, or 'boutwise evaluate' on other animals",
        )
    return DataError(
        "the project has no labels", file=folder, todo="import labels, or name a label file"
    )


def _chosen(
    project: Project, target: Target, recordings: Sequence[Recording], ethogram: Ethogram
) -> list[LabelledSubject]:
    """The labels of each subject; of several annotators one must be chosen."""
    try:
        return labelled_subjects(project, target, recordings, ethogram=ethogram)
    except LabelError as error:
        if "target.annotators" not in (error.todo or ""):
            raise
        raise LabelError(
            error.what,
            recording=error.recording,
            expected=error.expected,
            todo="give --annotators NAME for one of them, or --annotators majority",
        ) from error
