"""The pose of a recording at the working rate, and the features that are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.prepare.rates import resample_pose, working_clock
from boutwise.prepare.rows import FeatureRows, Reader, Stretch, stretches
from boutwise.prepare.streams import Stream
from boutwise.store import Store
from boutwise.types import FrameClock, Mirror, PoseTrack, Subject
from boutwise.types.recipe import Part

Values = NDArray[np.float32]
_Table = tuple[Values, tuple[str, ...]]
"""Features (frames, columns), and the names of the columns."""


class PreparedPose:
    """The pose of one recording at the working rate, cleaned, and the features made of it.

    All of it is computed by stretches of frames: what comes out is the same, and what is needed on
    the way stays small.

    Args:
        pose: As read; without a store it is not held once it is cleaned.
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
        self._last: dict[str, tuple[Subject, Part, tuple[int, int], Values]] = {}
        self._columns: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._constants: dict[tuple[str, Subject], Mapping[str, Any]] = {}

    @property
    def roles(self) -> Mapping[str, str]:
        """Keypoint -> role."""
        return self.native.roles

    @cached_property
    def pose(self) -> PoseTrack:
        """Resampled and cleaned."""
        if not self._prepare and self.clock is self._native_clock:
            return self.native
        steps = [(registry.load("preparation", part.part), part.options) for part in self._prepare]
        margin = sum(step.margin_frames(self.clock, **options) for step, options in steps)
        n_frames, pose = self.clock.n_frames, self.native
        whole = pose.each(lambda values: np.empty((n_frames, *values.shape[1:]), dtype=np.float32))
        for stretch in stretches(n_frames, margin):
            pose = self._resampled(stretch)
            for step, options in steps:
                pose = step.clean(pose, self.clock, **options)
            frames = slice(stretch.start, stretch.stop)
            for values, found in zip(whole.values, pose.values, strict=True):
                values[frames] = found[stretch.inner]
        if self._store is None:  # nothing is kept by its content, and hours of it are long
            self.native = self.native.each(lambda values: values[:0].copy())
        return replace(
            pose, positions=whole.positions, confidence=whole.confidence, signals=whole.signals
        )

    def _resampled(self, stretch: Stretch) -> PoseTrack:
        """The pose at the working frames of a stretch and its context."""
        if self.clock is self._native_clock:
            return self.native.frames(stretch.low, stretch.high)
        times_s = self.clock.times_s[stretch.low : stretch.high]
        working = FrameClock(times_s, self.clock.fps, self.clock.kind)
        return resample_pose(self.native, self._native_clock, working)

    def stream(self, subject: Subject, parts: Sequence[Part]) -> Stream:
        """All feature sets of one stream side by side, with all frames."""
        pieces = [self._whole(subject, part) for part in parts]
        found = [values for values, _ in pieces]
        return Stream(
            found[0] if len(found) == 1 else np.concatenate(found, axis=1),
            tuple(columns for _, columns in pieces),
            () if self._store is None else tuple(self._key(subject, part) for part in parts),
        )

    def rows(self, subject: Subject, parts: Sequence[Part]) -> FeatureRows:
        """The same, computed when it is read, or read from the store."""
        pieces: list[tuple[Reader, tuple[str, ...]]] = []
        for part in parts:
            if self._store is None:
                read: Reader = partial(self._computed, subject, part)
                pieces.append((read, self._columns_of(subject, part)))
            else:
                values, columns = self._whole(subject, part)
                pieces.append((partial(_some, values), columns))
        return FeatureRows(self.clock.n_frames, pieces)

    def missing(self, subject: Subject, parts: Sequence[Part]) -> list[str]:
        """Feature sets of a subject that are not in the store yet."""
        return [part.part for part in parts if self._known(subject, part) is None]

    def _whole(self, subject: Subject, part: Part) -> _Table:
        """One feature set with all frames, from the store where there is one."""
        known = self._known(subject, part)
        if known is not None:
            return known
        columns = self._columns_of(subject, part)
        return self._kept(subject, part, self._by_stretches(subject, part), columns), columns

    def _kept(
        self, subject: Subject, part: Part, rows: Iterator[Values], columns: tuple[str, ...]
    ) -> Values:
        """All rows of a feature set, in the store where there is one."""
        shape, done = (self.clock.n_frames, len(columns)), 0
        if self._store is None:
            values = np.empty(shape, dtype=np.float32)
            for some in rows:
                values[done : done + len(some)] = some
                done += len(some)
            return values
        like = np.broadcast_to(np.float32(0), shape)
        version = registry.load("feature set", part.part).VERSION
        header = {"columns": list(columns), "set": part.part, "version": version}
        return self._store.put_rows(self._key(subject, part), rows, like, header)

    def _by_stretches(self, subject: Subject, part: Part) -> Iterator[Values]:
        for stretch in stretches(self.clock.n_frames, 0):
            yield self._computed(subject, part, stretch.start, stretch.stop)

    def _computed(self, subject: Subject, part: Part, start: int, stop: int) -> Values:
        """Some frames; of a pair whose other direction is known, they are told from that."""
        frames = (start, stop)
        pair = _is_directed(subject, part)
        found = self._told(subject, part, frames) if pair else None
        if found is None:
            module = registry.load("feature set", part.part)
            n_frames, margin = self.clock.n_frames, module.margin_frames(self.clock)
            stretch = Stretch.within(start, stop, margin=margin, n_frames=n_frames)
            found = self._table(subject, part, stretch.low, stretch.high)[0][stretch.inner]
        if pair and self._store is None:
            self._last[part.part] = (subject, part, frames, found)
        return found

    def _table(self, subject: Subject, part: Part, low: int, high: int) -> _Table:
        """Features of some frames, and the names of their columns."""
        module, known = registry.load("feature set", part.part), (part.part, subject)
        if known not in self._constants:
            self._constants[known] = module.constants(self.pose, self.clock, subject)
        table = module.compute(
            self.pose.frames(low, high),
            self.clock,
            subject,
            constants=self._constants[known],
            **part.options,
        )
        return table.of(subject), table.columns

    def _columns_of(self, subject: Subject, part: Part) -> tuple[str, ...]:
        """Names of the columns: the same of all animals, and of all pairs, of a recording."""
        what = (str(part.model_dump()), _is_directed(subject, part))
        if what not in self._columns:
            self._columns[what] = self._table(subject, part, 0, min(1, self.clock.n_frames))[1]
        return self._columns[what]

    def _told(self, subject: Subject, part: Part, frames: tuple[int, int]) -> Values | None:
        """What the features of the other direction say; None where they are not there."""
        other = Subject(subject.recording, subject.target, subject.animal)
        exchange = registry.load("feature set", part.part).exchange
        if self._store is None:
            last = self._last.get(part.part)
            values = last[3] if last and last[:3] == (other, part, frames) else None
            columns = self._columns_of(subject, part) if values is not None else ()
        else:
            known = self._known(other, part)
            values, columns = (known[0][slice(*frames)], known[1]) if known else (None, ())
        change: Mirror | None = exchange(columns) if values is not None else None
        return None if change is None or values is None else change.apply(values)

    def _known(self, subject: Subject, part: Part) -> _Table | None:
        """Values in the store and their columns; None where there are none, or there is none."""
        if self._store is None:
            return None
        key = self._key(subject, part)
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
            *(
                part
                for name in sorted(self.native.signals)
                for part in (name, self.native.signals[name])
            ),
        )

    def _key(self, subject: Subject, part: Part) -> str:
        version = registry.load("feature set", part.part).VERSION
        who = [subject.animal, subject.target]
        return Store.key(self.content, who, part.part, part.options, version)


def _is_directed(subject: Subject, part: Part) -> bool:
    """Whether a feature set is computed of a pair, and not of its agent alone."""
    return bool(subject.target) and "directed" in registry.load("feature set", part.part).SCOPES


def _some(values: Values, start: int, stop: int) -> Values:
    return values[start:stop]
