"""What of both sides is scored: the same recordings and behaviors, and no animal that was seen.

A truth and one or two predictions come in; the same come out with one set of names, and with notes
that say what was left out and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from boutwise.api.scoring.computed import without_computed_background
from boutwise.api.scoring.labels import Labels
from boutwise.api.scoring.pairing import alone, paired, plain, renamed
from boutwise.errors import DataError, UsageError
from boutwise.formats import LabelRow
from boutwise.metrics import Preset


@dataclass(frozen=True)
class Aligned:
    """Both sides, ready to be put on frames.

    Attributes:
        truth: What is scored of it.
        predictions: With the names of the truth.
        names: Behaviors, in order.
    """

    truth: Labels
    predictions: tuple[Labels, ...]
    names: tuple[str, ...]


def aligned(
    truth: Labels, predictions: Sequence[Labels], *, background: str, rule: Preset
) -> Aligned:
    """Bring a truth and predictions of it together.

    Raises:
        UsageError: The truth names no behavior, or nothing is in all of them.
        DataError: A model was trained on every animal of the truth.
        LabelError: A predicted behavior is not in the truth.
    """
    same = [alone(truth, prediction) for prediction in predictions]
    for prediction in predictions:
        truth = _without_seen(truth, prediction)
    predictions = [_only_unseen(prediction) for prediction in predictions]
    for prediction, one in zip(predictions, same, strict=True):
        truth = truth if one else _without_unpredicted(truth, prediction)
    names = dict.fromkeys([*truth.names(), *([background] if background else [])])
    if not names:
        raise UsageError("the truth names no behavior", file=truth.source)
    for prediction in predictions:
        truth, names = _behaviors_of_both(truth, prediction, names)
    sides = []
    for prediction, one in zip(predictions, same, strict=True):
        if rule.leaves_out_unknown:
            prediction = _without_unlabelled(prediction, truth)
        prediction = without_computed_background(prediction, truth, declared=background)
        sides.append(renamed(paired(truth, prediction, same=one), names))
    return Aligned(truth, tuple(sides), tuple(names))


def _recordings(labels: Labels, wanted: Callable[[str], bool], notes: Sequence[str]) -> Labels:
    """The labels of some recordings, with more notes."""
    tracks = {name: track for name, track in labels.tracks.items() if wanted(name)}
    return replace(labels, tracks=tracks, notes=(*labels.notes, *notes))


def _without_seen(truth: Labels, prediction: Labels) -> Labels:
    """The truth without recordings of animals on which the model was trained.

    Raises:
        DataError: None is left.
    """
    seen = prediction.origin.seen if prediction.origin else frozenset()
    known = {name: truth.animals(name) & seen for name in truth.tracks}
    animals = sorted(set().union(*known.values())) if known else []
    if not animals or prediction.origin is None:
        return truth
    listed = ", ".join(animals[:6]) + (", ..." if len(animals) > 6 else "")
    if all(known.values()):
        raise DataError(
            f"the {prediction.origin.name} was trained on these animals: {listed}",
            file=prediction.source,
            expected="animals that it has never seen",
            todo=prediction.origin.elsewhere,
        )
    left = sum(map(bool, known.values()))
    words = (
        f"LEFT OUT: {left} recordings of {listed}, on which the {prediction.origin.name} was "
        "trained; it would look better there than it is."
    )
    return _recordings(truth, lambda name: not known[name], [words])


def _only_unseen(prediction: Labels) -> Labels:
    """The prediction without recordings of animals on which its model was trained.

    Raises:
        DataError: None is left.
    """
    origin = prediction.origin
    if origin is None or not origin.seen:
        return prediction
    known = {name: prediction.animals(name) & origin.seen for name in prediction.tracks}
    if known and all(known.values()):
        raise DataError(
            f"the {origin.name} was trained on every animal that it predicted here",
            file=prediction.source,
            expected="animals that it has never seen",
            todo=f"predict other animals, or {origin.elsewhere}",
        )
    return _recordings(prediction, lambda name: not known[name], [])


def _without_unpredicted(truth: Labels, prediction: Labels) -> Labels:
    """The truth without recordings that nobody asked the model to predict."""
    missing = [name for name in truth.tracks if name not in prediction.tracks]
    if not prediction.complete or len(missing) in (0, len(truth.tracks)):
        return truth
    listed = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
    words = f"{len(missing)} labelled recordings were not predicted and are left out: {listed}."
    return _recordings(truth, lambda name: name in prediction.tracks, [words])


def _behaviors_of_both(
    truth: Labels, prediction: Labels, names: dict[str, None]
) -> tuple[Labels, dict[str, None]]:
    """The behaviors that a model can predict; a table of bouts may have found none of some."""
    if not prediction.complete:
        return truth, names
    able = {plain(name) for name in prediction.names()}
    lost = [name for name in names if plain(name) not in able]
    if not lost or len(lost) == len(names):
        return truth, names
    words = f"Not predicted by {prediction.source} and left out: {', '.join(lost)}."
    tracks = {
        name: replace(
            track,
            rows=tuple(row for row in track.rows if row.behavior not in lost),
            examined=None
            if track.examined is None
            else tuple(row for row in track.examined if row.behavior not in lost),
            behaviors=tuple(name for name in track.behaviors if name not in lost),
        )
        for name, track in truth.tracks.items()
    }
    kept = {name: None for name in names if name not in lost}
    return replace(truth, tracks=tracks, notes=(*truth.notes, words)), kept


def _without_unlabelled(prediction: Labels, truth: Labels) -> Labels:
    """The prediction without what was not labelled in the recording at all."""
    known = {plain(name) for name in truth.names()}
    n_left = 0

    def wanted(recording: str, row: LabelRow) -> bool:
        if truth.labelled is None or recording not in truth.labelled:
            return plain(row.behavior) in known
        return (row.animal, row.target, row.behavior) in truth.labelled[recording]

    tracks = {}
    for name, track in prediction.tracks.items():
        rows = tuple(row for row in track.rows if wanted(name, row))
        n_left += len(track.rows) - len(rows)
        tracks[name] = replace(track, rows=rows)
    if not n_left:
        return prediction
    words = f"{n_left} predicted bouts of what was not labelled in their recording were left out."
    return replace(prediction, tracks=tracks, notes=(*prediction.notes, words))
