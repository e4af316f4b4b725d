"""No two recordings have the very same labels, and no labels consist of one behavior only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from boutwise.checks._contract import Study
from boutwise.project.files import SourceFile
from boutwise.types import Bouts, Ethogram, Problem, Recording, Severity

DESCRIPTION = "label files that are copies of each other, and labels of a single behavior"

Content = tuple[tuple[str, str, int, int, str], ...]


def find(project: Study) -> list[Problem]:
    """Compare label files byte by byte, and labels bout by bout."""
    label_files = [file for file in project.files() if file.kind == "labels"]
    problems = identical_files(label_files)
    told = {file.recording for group in copies(label_files) for file in group}
    everything = project.bouts()
    contents = {
        (recording.id, trial): content
        for recording in project.recordings()
        for trial, content in contents_of(everything, recording).items()
    }
    problems += identical_contents(contents, told)
    return problems + single_behavior(everything, project.ethogram)


def copies(files: Iterable[SourceFile]) -> list[list[SourceFile]]:
    """Files of one digest under several paths, each group sorted by path."""
    groups: dict[str, dict[str, SourceFile]] = {}
    for file in files:
        groups.setdefault(file.digest, {}).setdefault(str(file.path), file)
    return [[group[path] for path in sorted(group)] for group in groups.values() if len(group) > 1]


def identical_files(files: Iterable[SourceFile]) -> list[Problem]:
    """Label files that are the same, byte by byte."""
    return [
        Problem(
            "identical_labels",
            Severity.WARNING,
            f"{len(group)} label files are the same, byte by byte: "
            + _listed([file.path.name for file in group]),
            recording=group[0].recording,
            file=str(group[0].path),
            expected="labels of their own for each recording and trial",
            todo="look whether files were copied, or written before anything was labeled",
            value=float(len(group)),
        )
        for group in copies(files)
    ]


def contents_of(bouts: Bouts, recording: Recording) -> dict[int, Content]:
    """Labels of each trial (0 without trials), from its first frame: who, what, when, how."""
    spans = {trial.number: (trial.first_frame, trial.stop_frame) for trial in recording.trials}
    here = bouts.recording == recording.id
    places = {animal: str(place) for place, animal in enumerate(recording.animals)}
    rows = list(
        zip(
            bouts.animal[here].tolist(),
            bouts.behavior[here].tolist(),
            bouts.start[here].tolist(),
            bouts.stop[here].tolist(),
            bouts.state[here].tolist(),
            strict=True,
        )
    )
    return {
        number: tuple(
            sorted(
                # Animals by place: a copy for another recording has another animal's name.
                (places.get(animal, animal), behavior, start - first, stop - first, state)
                for animal, behavior, start, stop, state in rows
                if first <= start < end
            )
        )
        for number, (first, end) in (spans or {0: (0, recording.n_frames)}).items()
    }


def identical_contents(
    contents: dict[tuple[str, int], Content], told: Iterable[str] = ()
) -> list[Problem]:
    """Recordings or trials whose labels are the same to the frame.

    Args:
        contents: (recording, trial) -> labels.
        told: Recordings of which byte-identical files were reported already.
    """
    groups: dict[Content, list[tuple[str, int]]] = {}
    for place, content in contents.items():
        if not _constant(content):
            groups.setdefault(content, []).append(place)
    told = set(told)
    return [
        Problem(
            "identical_labels",
            Severity.WARNING,
            f"{len(group)} recordings or trials have the same labels to the frame: "
            + _listed([name if not trial else f"{name} trial {trial}" for name, trial in group]),
            recording=group[0][0],
            expected="labels of their own for each recording and trial",
            todo="look whether labels were imported twice under different names",
            value=float(len(group)),
        )
        for group in groups.values()
        if len(group) > 1 and not {name for name, _trial in group} <= told
    ]


def _constant(content: Content) -> bool:
    """Whether nothing changes from the first label to the last; that may well be so twice."""
    edges = {edge for _who, _what, start, stop, _state in content for edge in (start, stop)}
    return len(edges) <= 2


def single_behavior(bouts: Bouts, ethogram: Ethogram) -> list[Problem]:
    """All labels of the project are one and the same behavior, though the ethogram has more."""
    found = {
        behavior
        for behavior, state in zip(bouts.behavior.tolist(), bouts.state.tolist(), strict=True)
        if state == "yes"
    }
    if len(found) != 1 or (len(ethogram.groups) == 0 and len(ethogram.names) == 1):
        return []
    return [
        Problem(
            "identical_labels",
            Severity.WARNING,
            f"all labels are '{found.pop()}'",
            expected="at least two behaviors, so that there is something to tell apart",
            todo="look whether the label files were filled in at all",
        )
    ]


def _listed(names: Sequence[str], most: int = 6) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
