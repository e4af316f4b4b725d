"""The snapshot of a run: labels and streams as they were when it began.

``data/labels.parquet`` holds the labels trained on, as runs of equal states, in native frames;
``data/snapshot.json`` says which streams of the store belong to which subject. Workers read these
two and the store, never the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise import registry
from boutwise.bundle.bundle import ethogram_as_dict, ethogram_from_dict
from boutwise.errors import DataError
from boutwise.learners import Dataset, SubjectFrames
from boutwise.planning import LabelledSubject, Plan
from boutwise.planning.folds import group_of
from boutwise.planning.plan import groups_of_plan
from boutwise.planning.targets import target_ethogram
from boutwise.prepare import (
    PreparedPose,
    load_streams,
    member_streams,
    resample_states,
    working_clock,
)
from boutwise.project import Project
from boutwise.store import Store
from boutwise.types import Ethogram, FrameClock, FrameState, Subject
from boutwise.types.bouts import runs

LABELS, SNAPSHOT = "labels.parquet", "snapshot.json"
COLUMNS = ("recording", "animal", "target", "behavior", "start", "stop", "state")


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
            whose labels a model made), ``labels_digest``.
    """

    ethogram: Ethogram
    fps: float
    entries: tuple[Entry, ...]
    columns: tuple[dict[str, tuple[str, ...]], ...]
    states: dict[Subject, NDArray[np.int8]]
    store: Store
    facts: dict[str, Any]

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
            )
            for entry in self.entries
            if entry.subject in weights
        )
        return Dataset(items, self.ethogram, self.columns[member])

    def working_states(self, entry: Entry) -> NDArray[np.int8]:
        """Frame states of a subject at the working rate, (working frames, behaviors)."""
        return resample_states(self.states[entry.subject], entry.clock, entry.working)


def take_snapshot(
    project: Project, plan: Plan, subjects: Sequence[LabelledSubject], say: Any
) -> Snapshot:
    """Compute (or find in the store) the streams of every subject."""
    groups = groups_of_plan(plan, list(subjects))
    units = group_of(list(subjects), "animal")
    store = project.store
    entries, states = [], {}
    columns: list[dict[str, tuple[str, ...]]] = [{} for _ in plan.recipe.members]
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
            _same_columns(columns, place, found, name)
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
    ethogram = target_ethogram(project, plan.recipe.target)
    facts = {**pose_facts, "by_model": sorted(str(i.subject) for i in subjects if not i.human)}
    return Snapshot(ethogram, plan.fps, tuple(entries), tuple(columns), states, store, facts)


def _prepare(project: Project, plan: Plan, item: LabelledSubject) -> PreparedPose:
    return PreparedPose(
        project.pose(item.recording.id),
        item.recording.clock,
        fps=plan.fps,
        prepare=plan.recipe.prepare,
        store=project.store,
    )


def _same_columns(
    columns: list[dict[str, tuple[str, ...]]],
    place: int,
    found: dict[str, tuple[str, ...]],
    recording: str,
) -> None:
    if not columns[place]:
        columns[place] = found
    elif columns[place] != found:
        raise DataError(
            "the pose of this recording gives other features than the recordings before it",
            recording=recording,
            expected="the same keypoint roles in all recordings of a run",
            todo="see keypoints: in boutwise.yaml; 'boutwise check' names what is missing",
        )


def save_snapshot(snapshot: Snapshot, directory: Path) -> str:
    """Write the labels and the list of streams; returns the digest of the labels."""
    directory.mkdir(parents=True, exist_ok=True)
    table = _label_table(snapshot)
    table.to_parquet(directory / LABELS, index=False)
    digest = hashlib.sha256(table.to_csv(index=False).encode("utf-8")).hexdigest()
    data = {
        "ethogram": ethogram_as_dict(snapshot.ethogram),
        "fps": snapshot.fps,
        "store": str(snapshot.store.directory.resolve()),
        "columns": [{k: list(v) for k, v in member.items()} for member in snapshot.columns],
        "entries": [
            {
                "recording": entry.subject.recording,
                "animal": entry.subject.animal,
                "target": entry.subject.target,
                "group": entry.group,
                "unit": entry.unit,
                "clock": _clock_as_dict(entry.clock, snapshot.store),
                "keys": [{k: list(v) for k, v in member.items()} for member in entry.keys],
            }
            for entry in snapshot.entries
        ],
        "facts": {**snapshot.facts, "labels_digest": digest},
    }
    # The list of streams comes last, and whole: where it is there, so are the labels.
    temporary = directory / f".{SNAPSHOT}.tmp"
    temporary.write_text(json.dumps(data, indent=1), encoding="utf-8")
    temporary.replace(directory / SNAPSHOT)
    return digest


def load_snapshot(directory: Path) -> Snapshot:
    """The inverse of :func:`save_snapshot`."""
    data = json.loads((directory / SNAPSHOT).read_text(encoding="utf-8"))
    ethogram = ethogram_from_dict(data["ethogram"])
    store = Store(data["store"])
    clocks = [_clock_from_dict(row["clock"], store) for row in data["entries"]]
    entries = tuple(
        Entry(
            Subject(row["recording"], row["animal"], row["target"]),
            row["group"],
            row["unit"],
            clock,
            working_clock(clock, data["fps"]),
            tuple({k: tuple(v) for k, v in member.items()} for member in row["keys"]),
        )
        for row, clock in zip(data["entries"], clocks, strict=True)
    )
    return Snapshot(
        ethogram,
        data["fps"],
        entries,
        tuple({k: tuple(v) for k, v in member.items()} for member in data["columns"]),
        read_labels(directory / LABELS, entries, ethogram),
        store,
        data["facts"],
    )


def _clock_as_dict(clock: FrameClock, store: Store) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": clock.kind, "fps": clock.fps, "n_frames": clock.n_frames}
    if clock.kind == "pts":
        plain["times"] = Store.key("clock", clock.times_s)
        store.put(plain["times"], clock.times_s, {"what": "frame times, seconds"})
    return plain


def _clock_from_dict(data: dict[str, Any], store: Store) -> FrameClock:
    if data["kind"] == "declared":
        return FrameClock.declared(data["n_frames"], data["fps"])
    times_s = store.array(data["times"])
    if times_s is None:
        raise DataError(
            "the frame times of a recording are gone from the store", todo="start the run again"
        )
    return FrameClock.from_pts(times_s)


def _label_table(snapshot: Snapshot) -> pd.DataFrame:
    rows = []
    for entry in snapshot.entries:
        states = snapshot.states[entry.subject]
        for column, behavior in enumerate(snapshot.ethogram.names):
            for state in (FrameState.YES, FrameState.NO, FrameState.UNSCORABLE):
                rows += [
                    (
                        entry.subject.recording,
                        entry.subject.animal,
                        entry.subject.target,
                        behavior,
                        start,
                        stop,
                        int(state),
                    )
                    for start, stop in runs(states[:, column] == state)
                ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["recording", "animal", "target", "behavior", "start"])


def read_labels(
    path: Path, entries: Sequence[Entry], ethogram: Ethogram
) -> dict[Subject, NDArray[np.int8]]:
    """Frame states of each subject from ``labels.parquet``, (native frames, behaviors)."""
    states = {
        entry.subject: np.full(
            (entry.clock.n_frames, len(ethogram.names)), FrameState.UNLABELLED, dtype=np.int8
        )
        for entry in entries
    }
    place = {name: column for column, name in enumerate(ethogram.names)}
    table = pd.read_parquet(path, columns=list(COLUMNS))
    for *who, behavior, start, stop, state in table.to_numpy().tolist():
        states[Subject(*who)][start:stop, place[behavior]] = state
    return states


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
