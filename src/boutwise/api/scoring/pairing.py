"""Both sides of a ``score`` with one set of names: behaviors, recordings and animals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from boutwise.api.scoring.labels import Labels
from boutwise.errors import LabelError, UsageError, did_you_mean
from boutwise.formats import LabelRow, LabelTrack


def plain(name: str) -> str:
    """A behavior's name without case and separators.

    >>> plain("Rear-up")
    'rearup'
    """
    return re.sub(r"[\s_-]+", "", name).casefold()


def renamed(labels: Labels, known: Iterable[str]) -> Labels:
    """The same labels with the names of the truth; a name may differ in case and separators.

    Raises:
        LabelError: A behavior is not in the truth; the message has the row and the nearest name.
    """
    known = list(known)
    plainly = {plain(name): name for name in known}
    new: dict[str, str] = {}
    for track in labels.tracks.values():
        for name, row in [(r.behavior, r.row) for r in track.rows]:
            new.setdefault(name, name if name in known else plainly.get(plain(name), ""))
            if not new[name]:
                raise LabelError(
                    f"the behavior '{name}' is predicted, but is not in the truth",
                    file=labels.source,
                    row=row or None,
                    expected=f"one of {', '.join(known)}",
                    todo=f"{did_you_mean(name, known)} Rename it, or remove it; a behavior that "
                    "was examined and never shown belongs into the observed table of the truth",
                )
    tracks = {
        name: replace(
            track, rows=tuple(replace(row, behavior=new[row.behavior]) for row in track.rows)
        )
        for name, track in labels.tracks.items()
    }
    changed = tuple(
        f"The predicted behavior '{old}' was taken for '{name}'."
        for old, name in new.items()
        if old != name
    )
    probabilities = {
        recording: {
            subject: {new.get(name, name): values for name, values in columns.items()}
            for subject, columns in subjects.items()
        }
        for recording, subjects in labels.probabilities.items()
    }
    notes = (*labels.notes, *changed)
    return replace(labels, tracks=tracks, probabilities=probabilities, notes=notes)


def alone(truth: Labels, prediction: Labels) -> bool:
    """Whether there is one recording on each side, so that it is the same, whatever its name.

    Where the truth is a project, or lists what was labelled by name, names are taken at their word.
    """
    named = truth.ethogram is not None or truth.labelled is not None
    return not named and len(truth.tracks) == len(prediction.tracks) == 1


def paired(truth: Labels, prediction: Labels, *, same: bool) -> Labels:
    """The prediction with the recordings of the truth.

    A recording without any predicted bout has no row in a prediction, so its absence means:
    nothing predicted.

    Args:
        truth: The labels that are right.
        prediction: What is scored.
        same: Whether the only recording of each is the same one; see :func:`alone`.

    Raises:
        UsageError: No recording is in both, or a recording has different animals in them.
    """
    if same:
        (name,), ((said, track),) = truth.tracks, prediction.tracks.items()
        taken = f"The predicted recording '{said}' was taken for '{name}': there is no other."
        single = replace(
            prediction,
            tracks={name: replace(track, recording=name)},
            rates=dict(zip([name], prediction.rates.values(), strict=False)),
            probabilities=dict(zip([name], prediction.probabilities.values(), strict=False)),
            notes=prediction.notes if said == name else (*prediction.notes, taken),
        )
        return _paired_animals(truth, single)
    both = {name: track for name, track in prediction.tracks.items() if name in truth.tracks}
    if not both and prediction.tracks:
        name = next(iter(truth.tracks))
        raise UsageError(
            f"no recording is in truth and prediction; the truth begins with '{name}'",
            file=prediction.source,
            expected="the same names of recordings in both",
            todo=did_you_mean(name, prediction.tracks),
        )
    notes = list(prediction.notes)
    for name in truth.tracks:
        if name not in both:
            notes.append(f"Nothing is predicted for the recording '{name}'.")
    ignored = len(prediction.tracks) - len(both)
    if ignored:
        notes.append(f"{ignored} predicted recordings are not in the truth and were left out.")
    return _paired_animals(truth, replace(prediction, tracks=both, notes=tuple(notes)))


def _paired_animals(truth: Labels, prediction: Labels) -> Labels:
    """The prediction with the animals of the truth, in recordings that both have.

    Where each side names one animal, it is the same one. An empty name fits every animal.

    Raises:
        UsageError: A recording has other animals in the prediction than in the truth.
    """
    notes = list(prediction.notes)
    for name in prediction.tracks:
        _refuse_without_targets(truth.tracks.get(name), prediction, name)
    for name in prediction.tracks if truth.labelled is None else ():
        true, said = truth.animals(name) - {""}, prediction.animals(name) - {""}
        if not true or not said or true == said:
            continue
        if len(true) == len(said) == 1:
            (old,), (new,) = said, true
            prediction = _with_animal(prediction, name, old, new)
            notes.append(f"The predicted animal '{old}' was taken for '{new}': there is no other.")
            continue
        if not true & said:
            raise UsageError(
                f"the prediction is of other animals than the truth: {', '.join(sorted(said))}",
                file=prediction.source,
                recording=name,
                expected=", ".join(sorted(true)),
                todo="give the animals the same names in both",
            )
        if true - said:
            notes.append(f"Nothing is predicted for {', '.join(sorted(true - said))} in '{name}'.")
        if said - true:
            left = ", ".join(sorted(said - true))
            notes.append(f"{left} in '{name}' are not in the truth and were left out.")
    return replace(prediction, notes=tuple(notes))


def _refuse_without_targets(true: LabelTrack | None, prediction: Labels, name: str) -> None:
    """Bouts that name no target would all be misses where the truth is of pairs."""
    said = prediction.tracks[name]
    if true is None or not said.rows or any(row.target for row in said.rows):
        return
    directed = {row.behavior for row in true.rows if row.target}
    wanted = sorted(directed & {row.behavior for row in said.rows})
    if wanted and all(row.target for row in true.rows):
        raise UsageError(
            f"the prediction names no target, and the truth says whom: {', '.join(wanted)}",
            file=prediction.source,
            recording=name,
            expected="a column 'target' in both, with the animal that is acted upon",
            todo="add the targets to the prediction, or take them out of the truth",
        )


def _with_animal(labels: Labels, recording: str, old: str, new: str) -> Labels:
    """The same labels with another name for one animal of one recording."""

    def named(rows: Iterable[LabelRow]) -> tuple[LabelRow, ...]:
        return tuple(replace(row, animal=new) if row.animal == old else row for row in rows)

    track: LabelTrack = labels.tracks[recording]
    examined = None if track.examined is None else named(track.examined)
    tracks = {**labels.tracks, recording: replace(track, rows=named(track.rows), examined=examined)}
    probabilities = dict(labels.probabilities)
    if recording in probabilities:
        probabilities[recording] = {
            (new if animal == old else animal, target): columns
            for (animal, target), columns in probabilities[recording].items()
        }
    return replace(labels, tracks=tracks, probabilities=probabilities)


def units(truth: Labels) -> dict[tuple[str, str], str]:
    """What intervals count as one: animals that met in a recording, joined by ``+``.

    The behavior of one tells about the other. An animal without a name is its recording.

    Returns:
        (recording, animal) -> unit.
    """
    together: dict[str, set[str]] = {}
    met = {name: truth.animals(name) - {""} for name in truth.tracks}
    for animals in met.values():
        union = set(animals).union(*(together.get(animal, set()) for animal in animals))
        for animal in union:
            together[animal] = union
    named = {
        (name, animal): "+".join(sorted(together[animal]))
        for name, animals in met.items()
        for animal in animals
    }
    return {(name, ""): name for name in met} | named
