"""Every behavior was seen in more than one animal and more than one recording."""

from __future__ import annotations

from collections.abc import Iterable

from boutwise.checks._contract import Study
from boutwise.types import Bouts, Ethogram, Problem, Severity

DESCRIPTION = "behaviors without any bout, or with bouts in one recording or animal only"


def find(project: Study) -> list[Problem]:
    """Look where the bouts of each behavior are."""
    bouts = project.bouts()
    animals = {recording.id: recording.animals for recording in project.recordings()}
    seen = {piece.recording for piece in bouts.observed} | set(bouts.recording.tolist())
    if not seen:
        return []
    n_animals = len({animal for name in seen for animal in animals.get(name, ())})
    return coverage(bouts, project.ethogram, n_recordings=len(seen), n_animals=n_animals)


def coverage(
    bouts: Bouts, ethogram: Ethogram, *, n_recordings: int, n_animals: int
) -> list[Problem]:
    """Behaviors that are missing, or in one recording or animal only.

    Args:
        bouts: Of the whole project.
        ethogram: With its merges.
        n_recordings: Recordings with labels.
        n_animals: Animals in them.
    """
    places: dict[str, set[tuple[str, str]]] = {name: set() for name in ethogram.names}
    rows = zip(
        bouts.behavior.tolist(), bouts.recording.tolist(), bouts.animal.tolist(),
        bouts.state.tolist(), strict=True,
    )  # fmt: skip
    for behavior, recording, animal, state in rows:
        if state == "yes":
            places[ethogram.merged(behavior)].add((recording, animal))
    # A background needs no bouts: it is what is left.
    names = [name for name in ethogram.names if name not in ethogram.backgrounds]
    absent = [name for name in names if not places[name]]
    problems = [_absent(absent, every=len(absent) == len(names))] if absent else []
    for name in names:
        problems += _in_one_place(name, places[name], n_recordings, n_animals)
    return problems


def _absent(names: list[str], *, every: bool) -> Problem:
    """Behaviors without bouts; where there is no other, nothing can be learned."""
    listed = ", ".join(f"'{name}'" for name in names)
    return Problem(
        "class_coverage",
        Severity.BLOCKING if every else Severity.WARNING,
        f"there is no bout of {listed}" + (", so nothing can be learned" if every else ""),
        expected="bouts in at least two animals",
        todo="look whether the labels were imported as they should be, and label some"
        if every
        else "label some, or take what you do not need out of the ethogram",
        value=float(len(names)),
    )


def _in_one_place(
    name: str, places: Iterable[tuple[str, str]], n_recordings: int, n_animals: int
) -> list[Problem]:
    recordings = sorted({recording for recording, _animal in places})
    animals = sorted({animal for _recording, animal in places})
    if len(animals) == 1 < n_animals:
        where, count = f"one animal only: {animals[0]}", n_animals
    elif len(recordings) == 1 < n_recordings:
        where, count = f"one recording only: {recordings[0]}", n_recordings
    else:
        return []
    return [
        Problem(
            "class_coverage",
            Severity.WARNING,
            f"'{name}' has bouts in {where} (of {count})",
            recording=recordings[0],
            expected="bouts in at least two animals: one to learn from, one to be scored on",
            todo="label more recordings; a score of this behavior by animal would mean nothing",
            value=1.0,
        )
    ]
