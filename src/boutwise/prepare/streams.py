"""Streams: what a learner sees of a recording, computed once and cached by content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.prepare.pixels import kept_pictures
from boutwise.prepare.rates import resample_pose, working_clock
from boutwise.store import Store
from boutwise.types import FrameClock, Mirror, PoseTrack, StreamValues, Subject, is_pixels
from boutwise.types.recipe import NetworkMember, Part, TreesMember

_Table = tuple[NDArray[np.float32], tuple[str, ...]]
"""Features (frames, columns), and the names of the columns."""


@dataclass(frozen=True, eq=False)
class Stream:
    """One stream of one subject.

    Attributes:
        values: (working frames, channels), float32, NaN = missing, perhaps memory-mapped; or
            pictures, read when needed.
        pieces: Names of the channels of each feature set, in order; none of pictures.
        keys: Content keys under which the pieces lie in the store; empty without a store.
    """

    values: StreamValues
    pieces: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Name of each channel."""
        return tuple(name for piece in self.pieces for name in piece)


def member_streams(member: TreesMember | NetworkMember) -> dict[str, tuple[Part, ...]]:
    """Name of each stream of a member -> its feature sets; one of pictures has none.

    Trees have one stream: ``features``.
    """
    if isinstance(member, TreesMember):
        return {"features": tuple(member.features)}
    return {name: tuple(stream.features) for name, stream in member.streams.items()}


class PreparedPose:
    """The pose of one recording at the working rate, cleaned, and the features made of it.

    Args:
        pose: As read.
        clock: The recording's clock.
        fps: Working rate.
        prepare: Preparations, in order.
        store: Where features are cached; None computes them anew.
    """

    def __init__(
        self,
        pose: PoseTrack,
        clock: FrameClock,
        *,
        fps: float,
        prepare: Sequence[Part] = (),
        store: Store | None = None,
    ) -> None:
        self.native = pose
        self.clock = working_clock(clock, fps)
        self._native_clock = clock
        self._prepare = tuple(prepare)
        self._store = store
        # Of two mice both directions follow each other; more would cost memory without a store.
        self._last: dict[str, tuple[Subject, Part, _Table]] = {}

    @property
    def roles(self) -> Mapping[str, str]:
        """Keypoint -> role."""
        return self.native.roles

    @cached_property
    def pose(self) -> PoseTrack:
        """Resampled and cleaned."""
        pose = resample_pose(self.native, self._native_clock, self.clock)
        for part in self._prepare:
            pose = registry.load("preparation", part.part).clean(pose, self.clock, **part.options)
        return pose

    def stream(self, subject: Subject, parts: Sequence[Part]) -> Stream:
        """All feature sets of one stream side by side."""
        pieces = [self._features(subject, part) for part in parts]
        if len(pieces) == 1:
            return pieces[0]
        columns = tuple(piece.columns for piece in pieces)
        keys = tuple(key for piece in pieces for key in piece.keys)
        return Stream(np.concatenate([piece.values for piece in pieces], axis=1), columns, keys)

    def missing(self, subject: Subject, parts: Sequence[Part]) -> list[str]:
        """Feature sets of a subject that are not in the store yet."""
        return [part.part for part in parts if self._known(subject, part) is None]

    def _features(self, subject: Subject, part: Part) -> Stream:
        if self._store is None:
            values, columns = self._computed(subject, part)
            return Stream(values, (columns,))
        version = registry.load("feature set", part.part).VERSION
        key = self._key(subject, part, version)
        known = self._known(subject, part)
        if known is None:
            values, columns = self._computed(subject, part)
            header = {"columns": list(columns), "set": part.part, "version": version}
            known = self._store.put(key, values, header), columns
        return Stream(known[0], (known[1],), (key,))

    def _computed(self, subject: Subject, part: Part) -> _Table:
        """Values and columns; of a pair whose other direction is known, they are told from that."""
        module = registry.load("feature set", part.part)
        pair = bool(subject.target) and "directed" in module.SCOPES
        found = self._told(subject, part) if pair else None
        if found is None:
            table = module.compute(self.pose, self.clock, subject, **part.options)
            found = table.of(subject), table.columns
        if pair and self._store is None:
            self._last[part.part] = (subject, part, found)
        return found

    def _told(self, subject: Subject, part: Part) -> _Table | None:
        """What the features of the other direction say; None where they are not there."""
        other = Subject(subject.recording, subject.target, subject.animal)
        known = self._known(other, part)
        exchange = registry.load("feature set", part.part).exchange
        change: Mirror | None = exchange(known[1]) if known else None
        return (change.apply(known[0]), known[1]) if known and change else None

    def _known(self, subject: Subject, part: Part) -> _Table | None:
        if self._store is None:
            last = self._last.get(part.part)
            return last[2] if last and last[:2] == (subject, part) else None
        key = self._key(subject, part, registry.load("feature set", part.part).VERSION)
        cached, header = self._store.array(key), self._store.header(key)
        return None if cached is None or header is None else (cached, tuple(header["columns"]))

    @cached_property
    def content(self) -> str:
        """Digest of everything that the cleaned pose depends on."""
        versions = [
            [part.part, part.options, registry.load("preparation", part.part).VERSION]
            for part in self._prepare
        ]
        confidence = self.native.confidence
        return Store.key(
            np.ascontiguousarray(self.native.positions),
            None if confidence is None else np.ascontiguousarray(confidence),
            self.native.animals,
            self.native.keypoints,
            dict(sorted(self.native.roles.items())),
            self._native_clock.times_s,
            self.clock.times_s,
            self.clock.fps,
            versions,
        )

    def _key(self, subject: Subject, part: Part, version: int) -> str:
        who = [subject.animal, subject.target]
        return Store.key(self.content, who, part.part, part.options, version)


def stream_mirror(parts: Sequence[Part], pieces: Sequence[Sequence[str]]) -> Mirror | None:
    """What becomes of the channels of a stream when left and right change places.

    Args:
        parts: Its feature sets.
        pieces: Names of the channels of each of them.

    Returns:
        None when one of the sets cannot tell.
    """
    source: list[int] = []
    sign: list[float] = []
    for part, columns in zip(parts, pieces, strict=True):
        mirror = registry.load("feature set", part.part).mirror(columns)
        if mirror is None:
            return None
        source += [place + len(sign) for place in mirror.source]
        sign += mirror.sign
    return Mirror(tuple(source), tuple(sign))


def present_frames(streams: Mapping[str, StreamValues]) -> NDArray[np.bool_]:
    """Frames in which a subject can be judged: some stream has a value there, (frames,)."""
    present = [
        values.present if is_pixels(values) else np.isfinite(values).any(axis=1)
        for values in streams.values()
    ]
    return np.asarray(np.logical_or.reduce(present))


def load_streams(
    store: Store,
    keys: Mapping[str, Sequence[str]],
    pieces: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> dict[str, StreamValues]:
    """Streams by the keys under which they were cached.

    Args:
        store: Where they lie.
        keys: Name of each stream -> the keys of its feature sets.
        pieces: Name of each stream -> the channels that are wanted of each feature set; what a set
            did not give is NaN. None = those that are there.

    Raises:
        FileNotFoundError: They are no longer there.
    """
    streams: dict[str, StreamValues] = {}
    for name, of_stream in keys.items():
        pictures = kept_pictures(store, of_stream[0])
        if pictures is not None:
            streams[name] = pictures
            continue
        found = []
        for number, key in enumerate(of_stream):
            values, header = store.array(key), store.header(key)
            if values is None or header is None:
                raise FileNotFoundError(f"what was kept of the stream '{name}' are gone")
            if pieces is not None:
                values = placed(values, header["columns"], pieces[name][number])
            found.append(values)
        streams[name] = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
    return streams


def placed(
    values: NDArray[np.float32], columns: Sequence[str], wanted: Sequence[str]
) -> NDArray[np.float32]:
    """Channels by name, (frames, wanted channels); one that is not there is NaN.

    >>> placed(np.array([[1, 2]], dtype=np.float32), ("a", "b"), ("b", "c", "a")).tolist()
    [[2.0, nan, 1.0]]
    """
    if list(columns) == list(wanted):
        return values
    place = {name: number for number, name in enumerate(columns)}
    found = np.full((len(values), len(wanted)), np.nan, dtype=np.float32)
    there = [number for number, name in enumerate(wanted) if name in place]
    found[:, there] = values[:, [place[wanted[number]] for number in there]]
    return found
