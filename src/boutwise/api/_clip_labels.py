"""Label tracks of a project for clips: bouts as they were tagged, and where nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.api._converting import known_annotator
from boutwise.errors import DataError, UsageError
from boutwise.planning.folds import make_folds
from boutwise.planning.targets import LabelledSubject, labelled_subjects
from boutwise.project import Project
from boutwise.types import Ethogram, FrameState, Recording, Subject
from boutwise.types.frame_states import runs
from boutwise.types.recipe import Split, Target
from boutwise.windows import LabelTrack

IDLE = "idle"
"""Class of background clips where the ethogram has no name for it."""

FEWEST_TO_HOLD_OUT = 3
"""Of fewer animals none is kept apart: there would be none to learn and to choose by."""

Holdout = Literal["auto", "none"] | int | Sequence[str]


def labelled(
    project: Project, recordings: Sequence[Recording], annotator: str | None
) -> list[LabelledSubject]:
    """What is known of each subject, single animals and pairs.

    Args:
        project: With labels.
        recordings: Where to look.
        annotator: Whose labels; ``majority`` for what most people say; None where there is one.

    Raises:
        DataError: There are no labels.
        UsageError: There are several annotators, or none of that name.
        LabelError: Labels contradict each other.
    """
    people = {each.id: project.bouts(each.id).annotators() for each in recordings}
    everybody = sorted({name for names in people.values() for name in names})
    if annotator is None and (several := [r for r, names in people.items() if len(names) > 1]):
        raise UsageError(
            f"{len(people[several[0]])} annotators labelled '{several[0]}': "
            f"{', '.join(people[several[0]])}",
            expected="the labels of one, or what most of them say",
            todo="give --annotator NAME, or --annotator majority",
        )
    if annotator not in (None, "majority"):
        known_annotator(str(annotator), everybody, project.root)
        recordings = [each for each in recordings if annotator in people[each.id]]
    found: list[LabelledSubject] = []
    for scope in ("individual", "directed"):
        names = [each.name for each in project.ethogram.behaviors if each.scope == scope]
        if names:
            target = Target(behaviors=names, annotators=annotator or "auto")
            found += labelled_subjects(project, target, recordings)
    if not found:
        raise DataError("no recording has labels", file=project.root)
    return found


def held_out(
    subjects: Sequence[LabelledSubject], wanted: Holdout, seed: int
) -> tuple[set[str], str]:
    """Recordings of the animals that are kept apart, and why so many.

    ``auto`` keeps one animal in five, at least one of three.

    Raises:
        UsageError: No animal has that name.
        DataError: Fewer than two animals would be left.
    """
    count = len({name for item in subjects for name in item.recording.animals})
    if wanted == "auto":
        if count < FEWEST_TO_HOLD_OUT:
            return set(), f"{count} labelled animals: none is kept apart for testing"
        wanted = max(1, count // 5)
    if wanted == "none" or wanted == 0:
        return set(), "none is kept apart, as asked for"
    value = list(wanted) if not isinstance(wanted, str | int) else wanted
    split = Split.model_validate({"by": "animal", "folds": 2, "holdout": value})
    names = make_folds(subjects, split, seed)[1]
    animals = {animal for name in names for animal in name.split("+")}
    apart = {s.recording.id for s in subjects if animals & set(s.recording.animals)}
    return apart, f"kept apart for testing: {', '.join(sorted(names))}"


def background_of(ethogram: Ethogram) -> str:
    """Name of the class of background clips.

    Raises:
        DataError: A behavior is called ``idle`` and is no background.
    """
    names = sorted(ethogram.backgrounds)
    if len(names) == 1:
        return names[0]
    if IDLE in ethogram.names and IDLE not in names:
        raise DataError(
            f"a behavior is called '{IDLE}', and so would the clips without any behavior be",
            todo=f"make '{IDLE}' the background of an exclusive group in boutwise.yaml, or rename "
            "it",
        )
    return IDLE


def tracks(
    project: Project, subjects: Sequence[LabelledSubject], *, whole_pictures: bool
) -> list[LabelTrack]:
    """One label track a subject.

    Background is where everything is known of all subjects of a recording and none of them does
    anything: the picture around one animal shows the others too.

    Args:
        project: Tells how the bouts were tagged.
        subjects: Of which there are labels.
        whole_pictures: All animals of a recording are in the same picture, which is background
            once and not once for each of them.
    """
    idle: dict[str, NDArray[np.bool_]] = {}
    for item in subjects:
        quiet = _quiet(item, project.ethogram)
        idle[item.recording.id] = idle.get(item.recording.id, quiet) & quiet
    found = []
    given: set[str] = set()
    for item in subjects:
        free = idle[item.recording.id]
        single = not item.subject.target
        if not single or (whole_pictures and item.recording.id in given):
            free = np.zeros_like(free)
        given.add(item.recording.id)
        tagged = _tagged(project, item)
        found.append(LabelTrack(item.subject, item.recording.clock.fps, tagged, free))
    return found


def _names(item: LabelledSubject, ethogram: Ethogram) -> tuple[str, ...]:
    """The columns of its states."""
    scope = "directed" if item.subject.target else "individual"
    return tuple(each.name for each in ethogram.behaviors if each.scope == scope)


def _quiet(item: LabelledSubject, ethogram: Ethogram) -> NDArray[np.bool_]:
    """Where all behaviors are known not to happen, (frames,)."""
    quiet = np.ones(len(item.states), dtype=bool)
    for column, name in enumerate(_names(item, ethogram)):
        state = item.states[:, column]
        if name in ethogram.backgrounds:
            quiet &= (state == FrameState.YES) | (state == FrameState.NO)
        else:
            quiet &= state == FrameState.NO
    return quiet


def _tagged(project: Project, item: LabelledSubject) -> dict[str, list[tuple[int, int]]]:
    """The bouts of each behavior; what touches stays parted where somebody tagged it so."""
    ethogram = project.ethogram
    begun: dict[str, set[int]] = {}
    for row in project.bouts(item.recording.id).where(subject=item.subject).rows():
        if row.state == "yes":
            begun.setdefault(ethogram.merged(row.behavior), set()).add(row.start)
    found = {}
    for column, name in enumerate(_names(item, ethogram)):
        if name in ethogram.backgrounds:
            continue
        pieces = []
        for start, stop in runs(item.states[:, column] == FrameState.YES):
            cuts = sorted({start, stop, *(f for f in begun.get(name, ()) if start < f < stop)})
            pieces += list(pairwise(cuts))
        found[name] = pieces
    return found


def subject_words(subject: Subject) -> str:
    """An animal, or who acts upon whom.

    >>> subject_words(Subject("day1", "m1", "m2"))
    'm1 to m2'
    """
    return f"{subject.animal} to {subject.target}" if subject.target else subject.animal
