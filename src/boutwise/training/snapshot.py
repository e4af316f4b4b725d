"""The snapshot of a run: labels and streams as they were when it began.

Workers read it from its files (:mod:`boutwise.training.snapshot_files`) and the store, never the
database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.errors import DataError
from boutwise.learners import Dataset, SubjectFrames, View
from boutwise.planning import Plan
from boutwise.prepare import (
    load_streams,
    member_streams,
    put_back,
    resample_shares,
    resample_states,
)
from boutwise.store import Store
from boutwise.types import Ethogram, FrameClock, FrameState, Mirror, StreamValues, Subject


@dataclass(frozen=True, eq=False)
class ViewKeys:
    """Where a view of a subject lies.

    Attributes:
        streams: Stream name -> keys in the store.
        frames: Key of the working frame of the recording that each frame of the view shows.
    """

    streams: dict[str, tuple[str, ...]]
    frames: str


@dataclass(frozen=True, eq=False)
class Entry:
    """One subject of a run.

    Attributes:
        subject: Animal or pair.
        group: What the split keeps together; empty in a split by random frame or window.
        unit: Animals filmed together, joined by ``+``: the unit of every interval.
        clock: The recording's own.
        working: The clock at the working rate, on which streams lie; often the same object.
        keys: For each member, stream name -> keys in the store.
        views: For each member its views; empty where nobody has any.
    """

    subject: Subject
    group: str
    unit: str
    clock: FrameClock
    working: FrameClock
    keys: tuple[dict[str, tuple[str, ...]], ...]
    views: tuple[tuple[ViewKeys, ...], ...] = ()

    def held_out(self, plan: Plan) -> bool:
        """Whether nothing may be learned from it, whatever the split."""
        return (self.group or self.unit) in plan.holdout


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that the units of a run read.

    Attributes:
        ethogram: Behaviors that are learned.
        fps: Working rate.
        entries: One a subject.
        columns: For each member, stream name -> channel names: all that any recording gives.
        states: Frame states of each subject, (native frames, behaviors).
        store: Where the streams lie.
        facts: ``roles`` that all recordings have, ``optional_roles`` (role -> recordings) of some,
            ``partial_columns`` (for each member and stream, channel -> recordings that give it),
            ``keypoint_roles``, ``keypoints`` (their roles, or names where they have none),
            ``n_dims``, ``recordings`` (their number), ``most_animals`` (in one of them),
            ``by_model`` (subjects whose labels a model made), ``labels_digest``, ``late_labels``
            (of the plan); ``trials`` where whole trials are learned (see
            :mod:`boutwise.training.trials`): then a row is a trial, not a frame.
        shares: With ``target.annotators: soft`` what is learned of each subject in place of its
            states, (native frames, behaviors), NaN where nobody judged; empty otherwise.
        mirrors: For each member that uses it, stream name -> what becomes of its channels when left
            and right change places.
        pieces: For each member, stream name -> channels of each of its feature sets; empty where
            all recordings give the same.
    """

    ethogram: Ethogram
    fps: float
    entries: tuple[Entry, ...]
    columns: tuple[dict[str, tuple[str, ...]], ...]
    states: dict[Subject, NDArray[np.int8]]
    store: Store
    facts: dict[str, Any]
    shares: dict[Subject, NDArray[np.float32]] = field(default_factory=dict)
    mirrors: tuple[dict[str, Mirror], ...] = ()
    pieces: tuple[dict[str, tuple[tuple[str, ...], ...]], ...] = ()

    @property
    def of_trials(self) -> bool:
        """Whether rows are trials, not frames."""
        return "trials" in self.facts

    def dataset(
        self,
        member: int,
        *,
        weights: dict[Subject, NDArray[np.float32]],
        views: bool = False,
    ) -> Dataset:
        """The subjects that have weights, with the streams of one member.

        Args:
            member: Its place.
            weights: Of the working frames of each subject.
            views: Take views along: for what is learned from, and nothing else.
        """
        items = tuple(
            SubjectFrames(
                entry.subject,
                self.fps,
                self.streams(entry, member),
                self.working_states(entry),
                weights[entry.subject],
                entry.group or entry.subject.animal,
                self.working_shares(entry),
                self._views(entry, member) if views else (),
            )
            for entry in self.entries
            if entry.subject in weights
        )
        mirrors = self.mirrors[member] if self.mirrors else {}
        return Dataset(items, self.ethogram, self.columns[member], mirrors)

    def streams(self, entry: Entry, member: int) -> dict[str, StreamValues]:
        """The streams of a subject: features, where what it lacks is NaN, or pictures."""
        return self._loaded(entry.keys[member], member)

    def _views(self, entry: Entry, member: int) -> tuple[View, ...]:
        found = []
        for view in entry.views[member] if entry.views else ():
            frames = self.store.array(view.frames)
            if frames is None:
                raise FileNotFoundError(f"a cached view of {entry.subject} is gone")
            found.append(View(self._loaded(view.streams, member), np.asarray(frames)))
        return tuple(found)

    def _loaded(self, keys: Mapping[str, tuple[str, ...]], member: int) -> dict[str, StreamValues]:
        return load_streams(self.store, keys, self.pieces[member] if self.pieces else None)

    def working_states(self, entry: Entry) -> NDArray[np.int8]:
        """What is learned of a subject: states at the working rate, (working frames, behaviors).

        Labels that are late are put back; what is scored stays in :attr:`states`.
        """
        states = put_back(self.states[entry.subject], self._late(entry), FrameState.UNLABELLED)
        return resample_states(states, entry.clock, entry.working)

    def working_shares(self, entry: Entry) -> NDArray[np.float32] | None:
        """Shares of votes of a subject at the working rate; None where labels are learned."""
        if entry.subject not in self.shares:
            return None
        shares = put_back(self.shares[entry.subject], self._late(entry), np.nan)
        return resample_shares(shares, entry.clock, entry.working)

    def _late(self, entry: Entry) -> Sequence[float]:
        known: Mapping[str, Sequence[float]] = self.facts.get("late_labels", {})
        return known.get(entry.subject.recording, (0.0, 0.0))


def same_columns(
    columns: list[dict[str, tuple[str, ...]]],
    place: int,
    found: dict[str, tuple[str, ...]],
    recording: str,
) -> None:
    """Note the columns of the first recording; refuse those of another that differ.

    Raises:
        DataError: They do.
    """
    if not columns[place]:
        columns[place] = found
    elif columns[place] != found:
        raise DataError(
            "the pose of this recording gives other features than the recordings before it",
            recording=recording,
            expected="the same keypoint roles in all recordings of a run",
            todo="see keypoints: in boutwise.yaml; 'boutwise check' names what is missing",
        )


def stream_needs(plan: Plan, snapshot: Snapshot) -> list[dict[str, Any]]:
    """For ``bundle.json``: what each member needs of a recording."""
    needs = []
    partial = snapshot.facts.get("partial_columns", [])
    for place, member in enumerate(plan.recipe.members):
        streams = {
            name: {
                "features": [part.model_dump() for part in parts],
                "versions": [registry.load("feature set", part.part).VERSION for part in parts],
                "columns": list(snapshot.columns[place].get(name, ())),
                "optional": sorted(partial[place].get(name, {})) if partial else [],
            }
            for name, parts in member_streams(member).items()
        }
        needs.append({"learner": member.learner, "streams": streams})
    return needs
