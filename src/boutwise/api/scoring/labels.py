"""The one shape that everything which is scored is brought into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from boutwise.api.scoring.frames import Probabilities
from boutwise.errors import UsageError
from boutwise.formats import LabelRow, LabelTrack
from boutwise.types import Bouts, Ethogram, Observed, Subject

Key = tuple[str, str, str]
"""Animal, target and behavior."""


@dataclass(frozen=True)
class Origin:
    """The model behind a prediction.

    Attributes:
        name: Run or bundle, in words.
        labels_digest: Of the labels that it was trained on; empty when it is not known.
        seen: Animals that it was trained on and predicted all the same; none when the predictions
            are out of fold.
        personal: Whether it was fitted to one animal afterwards, so that no run scores it.
        leaks: Whether its folds let frames of a tested animal be trained on.
    """

    name: str
    labels_digest: str = ""
    seen: frozenset[str] = frozenset()
    personal: bool = False
    leaks: bool = False

    @property
    def elsewhere(self) -> str:
        """Where a score can be had when all animals here were seen; in words."""
        if self.personal:
            return (
                "score the folder of the run whose bundle it was personalized from; what the fit "
                "to one animal changed is not known from labels of that animal"
            )
        return (
            "score the folder of its run instead: there each animal is predicted by a model that "
            "has not seen it"
        )


@dataclass(frozen=True)
class Labels:
    """The labels of one side.

    Attributes:
        tracks: Recording -> its labels.
        source: File, or the word for what was given; for messages.
        examined: Whether it says which frames were examined.
        rates: Recording -> frames per second, where the file states it.
        notes: What was found out of order while reading.
        probabilities: Recording -> probabilities of its subjects, where the file has them.
        frames: Recording -> its number of frames, where it is known.
        complete: Whether a recording that is not there was not predicted at all; otherwise nothing
            was found in it, as in a table of bouts.
        ethogram: Behaviors and exclusive groups, where they are declared.
        units: (recording, animal) -> what an interval counts as one; None = found by the names.
        by_model: Subjects whose labels a model made.
        labs: Recording -> lab, where the file tells.
        labelled: Recording -> the animals, targets and behaviors that were labelled in it; None =
            whatever is named.
        origin: The run or bundle that predicted, for predictions of this project's models.
        mapped: Whether a mapping was heeded in reading it.
    """

    tracks: Mapping[str, LabelTrack]
    source: str
    examined: bool
    rates: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    probabilities: Mapping[str, Probabilities] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False
    ethogram: Ethogram | None = None
    units: Mapping[tuple[str, str], str] | None = None
    by_model: frozenset[Subject] = frozenset()
    labs: Mapping[str, str] = field(default_factory=dict)
    labelled: Mapping[str, frozenset[Key]] | None = None
    origin: Origin | None = None
    mapped: bool = False

    def names(self) -> tuple[str, ...]:
        """Behaviors, in the order in which they are named."""
        return tuple(
            dict.fromkeys(
                name
                for track in self.tracks.values()
                for name in (*track.behaviors, *(row.behavior for row in track.rows))
            )
        )

    def animals(self, recording: str) -> set[str]:
        """Animals that are named in one recording; the empty name counts."""
        track = self.tracks.get(recording)
        rows = [] if track is None else [*track.rows, *(track.examined or ())]
        return {row.animal for row in rows} | {row.target for row in rows if row.target}


def labels_of_bouts(bouts: Bouts, word: str) -> Labels:
    """A table of bouts as labels.

    Raises:
        UsageError: It holds labels of several annotators.
    """
    if len(set(bouts.annotator.tolist())) > 1:
        raise UsageError(
            f"the {word} holds labels of {len(set(bouts.annotator.tolist()))} annotators",
            expected="one",
            todo="choose one with bouts.where(annotator=...)",
        )
    tracks = {}
    recordings = [*bouts.recording.tolist(), *(piece.recording for piece in bouts.observed)]
    for name in dict.fromkeys(recordings):
        mine = bouts.where(recording=name)
        rows = tuple(
            LabelRow(b.behavior, b.start, b.stop, place, b.animal, b.target, b.state)
            for place, b in enumerate(mine.rows(), start=1)
        )
        examined = tuple(_row(piece) for piece in mine.observed)
        behaviors = tuple(dict.fromkeys(row.behavior for row in (*examined, *rows)))
        tracks[name] = LabelTrack(name, "frame", rows, behaviors, examined=examined)
    return Labels(tracks, f"the {word}", examined=bool(bouts.observed))


def _row(piece: Observed) -> LabelRow:
    return LabelRow(piece.behavior, piece.start, piece.stop, 0, piece.animal, piece.target)
