"""Which animal of a recording a name in a label file means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from boutwise.api.importing.draft import Draft
from boutwise.api.importing.metadata import AnimalFacts
from boutwise.api.importing.sources import slug
from boutwise.errors import LabelError
from boutwise.formats import LabelTrack
from boutwise.types import Bouts, Problem, Recording, Severity


def animals_by_name(
    names: Sequence[str], draft: Draft, recording: Recording, declared: Sequence[AnimalFacts]
) -> dict[str, str]:
    """Name in a label file -> animal of the recording, as far as it is known.

    First what the table of ``--animals`` says in the column ``label_name``, then the animals
    themselves, then the names of the tracks, then what is the same once both are cleaned up as the
    names of recordings are (``mouse 1`` is ``mouse_1``).

    Args:
        names: As the labels have them.
        draft: The recording, with the names of its tracks.
        recording: The same, with its animals.
        declared: What the table says of it.
    """
    found = dict(zip(draft.tracks, recording.animals, strict=True))
    cleaned: dict[str, set[str]] = {}
    for name, animal in [*found.items(), *((each, each) for each in recording.animals)]:
        cleaned.setdefault(slug(name), set()).add(animal)
    for name in names:
        same = cleaned.get(slug(name), set())
        if name and name not in found and name not in recording.animals and len(same) == 1:
            found[name] = next(iter(same))
    for fact in declared:
        if fact.label_name and fact.animal.id in recording.animals:
            found[fact.label_name] = fact.animal.id
    return found


def names_in(track: LabelTrack) -> list[str]:
    """Animals that labels name, each once; with an empty name where some name none."""
    rows = (*track.rows, *(track.examined or ()), *track.lost)
    return list(dict.fromkeys(row.animal for row in rows))


def refuse_strangers(
    names: Sequence[str], recording: Recording, animals: Mapping[str, str]
) -> None:
    """Labels that name only animals which are not there say nothing of those that are.

    Raises:
        LabelError: No name is that of an animal of the recording.
    """
    known = {*animals, *recording.animals}
    if not names or "" in names or known & set(names):
        return
    listed = ", ".join(f"'{name}'" for name in names[:5]) + (", ..." if len(names) > 5 else "")
    mine = ", ".join(f"'{name}'" for name in recording.animals)
    raise LabelError(
        f"all labels are of {listed}, and the recording shows {mine}",
        recording=recording.id,
        expected=f"labels of {mine}",
        todo="if they are the same, say so in the table of --animals: a row with recording "
        f"{recording.id}, animal {recording.animals[0]} and label_name {names[0]}; else look which "
        "recording the labels belong to",
    )


def refuse_all_bad(
    track: LabelTrack, bouts: Bouts, problems: Sequence[Problem], recording: Recording
) -> None:
    """Labels of which none can be taken are no labels of this recording.

    Entered as they are, they would say that nothing happened, and take away what a file of the
    same name said before.

    Args:
        track: The labels as the file has them.
        bouts: What of them could be placed.
        problems: Why the others could not.
        recording: Where they belong.

    Raises:
        LabelError: Every label was left out as faulty.
    """
    blocking = [each for each in problems if each.severity is Severity.BLOCKING]
    if len(bouts) or not track.rows or not blocking:
        return
    first = blocking[0]
    n_labels = len(track.rows)
    whole = "the only label is" if n_labels == 1 else f"all {n_labels} labels are"
    raise LabelError(
        f"{whole} faulty: {first.what}",
        row=first.row,
        recording=recording.id,
        expected=first.expected or None,
        todo=first.todo or None,
    )
