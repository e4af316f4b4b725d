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
from boutwise.learners import Dataset, Mirroring, SubjectFrames, is_mirrored
from boutwise.planning import LabelledSubject, Plan
from boutwise.planning.folds import group_of
from boutwise.planning.plan import groups_of_plan
from boutwise.planning.targets import target_ethogram
from boutwise.prepare import (
    PreparedPose,
    Stream,
    load_streams,
    member_streams,
    resample_shares,
    resample_states,
    stream_mirror,
)
from boutwise.project import Project
from boutwise.store import Store
from boutwise.types import Ethogram, FrameClock, Mirror, Subject
from boutwise.types.recipe import NetworkMember, TreesMember


@dataclass(frozen=True, eq=False)
class Entry:
    """One subject of a run.

    Attributes:
        subject: Animal or pair.
        group: What the split keeps together; empty in a split by random frame.
        unit: Animals filmed together, joined by ``+``: the unit of every interval.
        clock: The recording's own.
        working: The clock at the working rate, on which streams lie; often the same object.
        keys: For each member, stream name -> keys in the store.
    """

    subject: Subject
    group: str
    unit: str
    clock: FrameClock
    working: FrameClock
    keys: tuple[dict[str, tuple[str, ...]], ...]

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
        columns: For each member, stream name -> channel names.
        states: Frame states of each subject, (native frames, behaviors).
        store: Where the streams lie.
        facts: ``roles``, ``keypoint_roles``, ``n_dims``, ``by_model`` (subjects
            whose labels a model made), ``labels_digest``; ``trials`` where whole trials are learned
            (see :mod:`boutwise.training.trials`): then a row is a trial, not a frame.
        shares: With ``target.annotators: soft`` what is learned of each subject in place of its
            states, (native frames, behaviors), NaN where nobody judged; empty otherwise.
        mirrors: For each member that uses it, stream name -> what becomes of its channels when left
            and right change places.
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

    @property
    def of_trials(self) -> bool:
        """Whether rows are trials, not frames."""
        return "trials" in self.facts

    def dataset(self, member: int, *, weights: dict[Subject, NDArray[np.float32]]) -> Dataset:
        """The subjects that have weights, with the streams of one member."""
        items = tuple(
            SubjectFrames(
                entry.subject,
                self.fps,
                load_streams(self.store, entry.keys[member]),
                self.working_states(entry),
                weights[entry.subject],
                entry.group or entry.subject.animal,
                self.working_shares(entry),
            )
            for entry in self.entries
            if entry.subject in weights
        )
        mirrors = self.mirrors[member] if self.mirrors else {}
        return Dataset(items, self.ethogram, self.columns[member], mirrors)

    def working_states(self, entry: Entry) -> NDArray[np.int8]:
        """Frame states of a subject at the working rate, (working frames, behaviors)."""
        return resample_states(self.states[entry.subject], entry.clock, entry.working)

    def working_shares(self, entry: Entry) -> NDArray[np.float32] | None:
        """Shares of votes of a subject at the working rate; None where labels are learned."""
        if entry.subject not in self.shares:
            return None
        return resample_shares(self.shares[entry.subject], entry.clock, entry.working)


def take_snapshot(
    project: Project, plan: Plan, subjects: Sequence[LabelledSubject], say: Any
) -> Snapshot:
    """Compute (or find in the store) the streams of every subject."""
    groups = groups_of_plan(plan, list(subjects))
    units = group_of(list(subjects), "animal")
    store = project.store
    entries, states = [], {}
    columns: list[dict[str, tuple[str, ...]]] = [{} for _ in plan.recipe.members]
    mirrors: list[dict[str, Mirror]] = [{} for _ in plan.recipe.members]
    ethogram = target_ethogram(project, plan.recipe.target)
    pose_facts: dict[str, Any] = {}
    prepared: dict[str, PreparedPose] = {}
    for done, item in enumerate(subjects):
        say(done, len(subjects), f"features of {item.subject}")
        name = item.recording.id
        if name not in prepared:
            prepared = {name: _prepare(project, plan, item)}
        pose = prepared[name]
        keys = []
        for place, member in enumerate(plan.recipe.members):
            streams = {
                stream: pose.stream(item.subject, parts)
                for stream, parts in member_streams(member).items()
            }
            found = {stream: value.columns for stream, value in streams.items()}
            same_columns(columns, place, found, name)
            if is_mirrored(member) and not mirrors[place]:
                mirrors[place] = _mirrors(member, streams, ethogram)
            keys.append({stream: value.keys for stream, value in streams.items()})
        states[item.subject] = item.states
        clock, group = item.recording.clock, groups[item.subject]
        unit = units[item.subject]
        entries.append(Entry(item.subject, group, unit, clock, pose.clock, tuple(keys)))
        pose_facts = {
            "roles": sorted(set(pose.native.roles.values())),
            "n_dims": pose.native.n_dims,
            "keypoint_roles": dict(sorted(pose.native.roles.items())),
        }
    say(len(subjects), len(subjects), "features")
    facts = {**pose_facts, "by_model": sorted(str(i.subject) for i in subjects if not i.human)}
    shares = {item.subject: item.shares for item in subjects if item.shares is not None}
    return Snapshot(
        ethogram,
        plan.fps,
        tuple(entries),
        tuple(columns),
        states,
        store,
        facts,
        shares,
        tuple(mirrors),
    )


def _mirrors(
    member: TreesMember | NetworkMember, streams: Mapping[str, Stream], ethogram: Ethogram
) -> dict[str, Mirror]:
    """What becomes of the channels of a member in a mirror; refused before anything is fitted."""
    parts = member_streams(member)
    found = {name: stream_mirror(parts[name], stream.pieces) for name, stream in streams.items()}
    known = {name: mirror for name, mirror in found.items() if mirror is not None}
    return dict(Mirroring.of(known, streams, ethogram).streams)


def _prepare(project: Project, plan: Plan, item: LabelledSubject) -> PreparedPose:
    return PreparedPose(
        project.pose(item.recording.id),
        item.recording.clock,
        fps=plan.fps,
        prepare=plan.recipe.prepare,
        store=project.store,
    )


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
    for place, member in enumerate(plan.recipe.members):
        streams = {
            name: {
                "features": [part.model_dump() for part in parts],
                "versions": [registry.load("feature set", part.part).VERSION for part in parts],
                "columns": list(snapshot.columns[place][name]),
            }
            for name, parts in member_streams(member).items()
        }
        needs.append({"learner": member.learner, "streams": streams})
    return needs
