"""Take the snapshot of a run: compute, or find in the store, what its learners are going to see.

Recordings of different labs may have different keypoints. The channels of a run are all that any of
its recordings gives; where a recording lacks some, they are missing in its frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from boutwise.errors import DataError
from boutwise.learners import Mirroring, is_mirrored
from boutwise.planning import LabelledSubject, Plan
from boutwise.planning.folds import group_of
from boutwise.planning.plan import groups_of_plan
from boutwise.planning.targets import target_ethogram
from boutwise.prepare import (
    Material,
    PreparedRecording,
    Stream,
    changed_pose,
    frames_of_view,
    material_of,
    member_streams,
    pose_parts,
    stream_mirror,
    view_generator,
)
from boutwise.project import Project
from boutwise.store import Store
from boutwise.training.snapshot import Entry, Snapshot, ViewKeys
from boutwise.types import Ethogram, Mirror, PoseTrack, Subject, is_pixels
from boutwise.types.recipe import NetworkMember, TreesMember

AnyMember = TreesMember | NetworkMember
RARE = 4
"""A feature that no more than one of so many recordings gives is named in the report."""
Pieces = dict[str, list[tuple[str, ...]]]
"""Name of each stream -> the channels of each of its feature sets."""


def take_snapshot(
    project: Project, plan: Plan, subjects: Sequence[LabelledSubject], say: Any
) -> Snapshot:
    """Compute (or find in the store) the streams of every subject, and of its views.

    Raises:
        DataError: Recordings in 2D and in 3D; or one that is held out does not fit the others.
        RecipeError: A member shall be mirrored, and cannot be.
    """
    groups = groups_of_plan(plan, list(subjects))
    units = group_of(list(subjects), "animal")
    channels = _Channels(plan)
    poses: dict[str, PoseTrack | None] = {}
    looks: dict[str, _Looks] = {}
    entries, crowd = [], 0
    for done, item in enumerate(subjects):
        say(done, len(subjects), f"features of {item.subject}")
        name, who = item.recording.id, item.subject
        if name not in looks:
            tell = partial(say, done, len(subjects))
            looks = {name: _Looks(project, plan, item, tell)}
        held_out = (groups[who] or units[who]) in plan.holdout
        if not held_out:
            poses[name] = looks[name].without_positions
            crowd = max(crowd, len(item.recording.animals))
        keys, views = [], []
        for place, member in enumerate(plan.recipe.members):
            streams = looks[name].streams(who, member)
            channels.note(place, streams, name, held_out=held_out)
            keys.append({stream: value.keys for stream, value in streams.items()})
            views.append(() if held_out else looks[name].views(who, member))
        clock, working = item.recording.clock, looks[name].original.clock
        entry = Entry(who, groups[who], units[who], clock, working, tuple(keys), tuple(views))
        entries.append(entry)
    say(len(subjects), len(subjects), "features")
    channels.refuse_misfits()
    ethogram = target_ethogram(project, plan.recipe.target)
    return Snapshot(
        ethogram,
        plan.fps,
        tuple(entries),
        channels.columns,
        {item.subject: item.states for item in subjects},
        project.store,
        {
            **_pose_facts(poses),
            "most_animals": crowd,
            "partial_columns": channels.partial(),
            "by_model": sorted(str(item.subject) for item in subjects if not item.human),
            "late_labels": {name: list(late) for name, late in plan.late_labels.items()},
        },
        {item.subject: item.shares for item in subjects if item.shares is not None},
        channels.mirrors(ethogram),
        channels.frozen,
    )


class _Looks:
    """One recording as it is, and as its views show it."""

    def __init__(
        self, project: Project, plan: Plan, item: LabelledSubject, tell: Callable[[str], None]
    ) -> None:
        self.plan, self.store, self.recording = plan, project.store, item.recording
        self.material = material_of(project, item.recording, reads=plan.recipe.reads)
        self.original = self._prepared(self.material, tell)
        self._views: dict[str, list[tuple[PreparedRecording, str]]] = {}

    def _prepared(
        self, material: Material, tell: Callable[[str], None] = lambda words: None
    ) -> PreparedRecording:
        prepare = self.plan.recipe.prepare
        return PreparedRecording(
            material, fps=self.plan.fps, prepare=prepare, store=self.store, say=tell
        )

    @property
    def without_positions(self) -> PoseTrack | None:
        """Names and roles of the pose; None where the recipe reads none."""
        if not self.plan.recipe.reads_points:
            return None
        return self.original.pose.native.frames(0, 0)

    def streams(self, subject: Subject, member: AnyMember) -> dict[str, Stream]:
        """The streams of a member."""
        return _streams(self.original, subject, member)

    def views(self, subject: Subject, member: AnyMember) -> tuple[ViewKeys, ...]:
        """Where the streams of the views of a member lie."""
        parts, count = pose_parts(member), int(member.views)
        if not parts:
            return ()
        # Members with the same parts have the same views.
        same = Store.key([part.model_dump() for part in parts], count)
        if same not in self._views:
            self._views[same] = [self._view(member, number) for number in range(count)]
        found = []
        for prepared, frames in self._views[same]:
            streams = _streams(prepared, subject, member)
            found.append(ViewKeys({name: s.keys for name, s in streams.items()}, frames))
        return tuple(found)

    def _view(self, member: AnyMember, number: int) -> tuple[PreparedRecording, str]:
        native, clock = self.original.pose.native, self.recording.clock
        rng = view_generator(self.plan.seed, self.recording.id, number)
        pose, times = changed_pose(native, clock, pose_parts(member), rng)
        view = self._prepared(replace(self.material, pose=pose, clock=times, scene=None))
        frames = frames_of_view(self.original.pose, clock, view.pose, times)
        key = Store.key("frames of a view", frames)
        self.store.put(key, frames, {"what": "frame of the recording that a view shows"})
        return view, key


def _streams(prepared: PreparedRecording, subject: Subject, member: AnyMember) -> dict[str, Stream]:
    parts = member_streams(member)
    return {name: prepared.stream(subject, of_it) for name, of_it in parts.items()}


class _Channels:
    """The channels of all recordings: what any of them gives, in the order of their coming."""

    def __init__(self, plan: Plan) -> None:
        self.members = plan.recipe.members
        self.pieces: list[Pieces] = [{} for _ in self.members]
        self.given: list[dict[str, dict[str, set[str]]]] = [{} for _ in self.members]
        self.differ = False
        self.held_out: list[tuple[int, Mapping[str, Stream], str]] = []

    def note(
        self, place: int, streams: Mapping[str, Stream], recording: str, *, held_out: bool
    ) -> None:
        """Take up what one recording gives to one member."""
        if held_out:
            self.held_out.append((place, streams, recording))
            return
        for name, stream in streams.items():
            if is_pixels(stream.values):
                continue
            known = self.pieces[place].setdefault(name, [() for _ in stream.pieces])
            for number, columns in enumerate(stream.pieces):
                before = known[number]
                known[number] = tuple(dict.fromkeys((*before, *columns)))
                self.differ |= columns != known[number] or before not in ((), columns)
            of_stream = self.given[place].setdefault(name, {})
            of_stream[recording] = of_stream.get(recording, set()) | set(stream.columns)

    @property
    def frozen(self) -> tuple[dict[str, tuple[tuple[str, ...], ...]], ...]:
        """Channels of each feature set, for each member and stream; none where all are alike."""
        if not self.differ:
            return ()
        return tuple({name: tuple(p) for name, p in member.items()} for member in self.pieces)

    @property
    def columns(self) -> tuple[dict[str, tuple[str, ...]], ...]:
        """Channels of each stream, for each member."""
        return tuple(
            {name: tuple(c for piece in pieces for c in piece) for name, pieces in member.items()}
            for member in self.pieces
        )

    def partial(self) -> list[dict[str, dict[str, int]]]:
        """For each member and stream, channel -> recordings that give it, where not all do."""
        found = []
        for member in self.given:
            of_member = {}
            for name, recordings in member.items():
                counts = Counter(column for given in recordings.values() for column in given)
                of_member[name] = {
                    column: count
                    for column, count in sorted(counts.items())
                    if count < len(recordings)
                }
            found.append(of_member)
        return found

    def refuse_misfits(self) -> None:
        """What is held out must give what all others give, and nothing that none of them does."""
        for place, streams, recording in self.held_out:
            for name, stream in streams.items():
                if is_pixels(stream.values):
                    continue
                given = list(self.given[place][name].values())
                lost = set.intersection(*given) - set(stream.columns)
                more = set(stream.columns).difference(*given)
                if lost or more:
                    what = "lacks" if lost else "has"
                    raise DataError(
                        f"this recording is held out and {what} '{sorted(lost or more)[0]}', "
                        f"which {'all' if lost else 'none'} of the others have",
                        recording=recording,
                        expected="the keypoint roles of the recordings that are learned from",
                        todo="see keypoints: in boutwise.yaml, or hold out another animal",
                    )

    def mirrors(self, ethogram: Ethogram) -> tuple[dict[str, Mirror], ...]:
        """What becomes of the channels of each member; nothing where none is mirrored."""
        if not any(map(is_mirrored, self.members)):
            return ()
        found: list[dict[str, Mirror]] = []
        for member, pieces in zip(self.members, self.pieces, strict=True):
            parts = member_streams(member)
            each = {name: stream_mirror(parts[name], pieces[name]) for name in pieces}
            known = {name: mirror for name, mirror in each.items() if mirror is not None}
            used = Mirroring.of(known, pieces, ethogram).streams if is_mirrored(member) else {}
            found.append(dict(used))
        return tuple(found)


def partial_note(snapshot: Snapshot) -> list[str]:
    """What a report must say of features that only some recordings give; nothing where all do."""
    partial = snapshot.facts.get("partial_columns", [])
    counts = {c: n for member in partial for stream in member.values() for c, n in stream.items()}
    if not counts:
        return []
    every = {c for member in snapshot.columns for stream in member.values() for c in stream}
    recordings = snapshot.facts["recordings"]
    roles = snapshot.facts["optional_roles"]
    named = ", ".join(f"{role} in {count}" for role, count in roles.items())
    rare = sorted(name for name, count in counts.items() if count * RARE <= recordings)
    words = (
        f"{len(counts)} of {len(every)} features are missing in some of the {recordings} "
        f"recordings (roles: {named or 'the same in all'})."
    )
    if rare:
        words += f" {len(rare)} are there in a quarter of them or fewer: {', '.join(rare[:3])}."
    return [words]


def _pose_facts(found: Mapping[str, PoseTrack | None]) -> dict[str, Any]:
    """What ``Snapshot.facts`` says of the poses that are learned from, if any are."""
    poses = {name: pose for name, pose in found.items() if pose is not None}
    n_dims = {name: pose.n_dims for name, pose in poses.items()}
    if len(set(n_dims.values())) > 1:
        flat = next(name for name, dims in n_dims.items() if dims == min(n_dims.values()))
        raise DataError(
            f"{list(n_dims.values()).count(2)} of {len(n_dims)} recordings are in 2D, the others "
            "in 3D",
            recording=flat,
            expected="recordings in 2D only, or in 3D only: heights are not known in 2D",
            todo="train one model for each kind (another project, or --only)",
        )
    counts = Counter(role for pose in poses.values() for role in set(pose.roles.values()))
    keypoint_roles: dict[str, str] = {}
    for pose in poses.values():
        keypoint_roles |= pose.roles
    return {
        "roles": sorted(role for role, count in counts.items() if count == len(poses)),
        "optional_roles": {r: n for r, n in sorted(counts.items()) if n < len(poses)},
        "keypoint_roles": dict(sorted(keypoint_roles.items())),
        "keypoints": sorted({p.roles.get(k, k) for p in poses.values() for k in p.keypoints}),
        "n_dims": max(n_dims.values(), default=0),
        "recordings": len(found),
    }
