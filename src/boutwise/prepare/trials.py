"""Trials as rows: each trial of an animal becomes one row of numbers, cut out and measured alone.

A trial is prepared like a recording of its own, because time may have passed between two trials.
Of a feature set that measures whole trials (``of_trial``) its measurements are taken, of any other
the mean, the spread and quantiles of each column over the trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.errors import DataError
from boutwise.prepare.poses import PreparedPose
from boutwise.prepare.rows import FeatureRows
from boutwise.prepare.streams import Stream
from boutwise.store import Store
from boutwise.types import FeatureTable, FrameClock, Pixels, PoseTrack, Subject, Trial
from boutwise.types.recipe import Part

VERSION = 1
"""Raised when the rows of the same trials change."""

ROWS_PER_S = 1.0
"""Rate of the clock that counts trials; seconds on it have no meaning."""
RELATIVE = "rel:"
"""Begins the name of a column that holds the difference from the mean of the animal's trials."""
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def trials_of(trials: Sequence[Trial], n_frames: int) -> tuple[Trial, ...]:
    """The trials of a recording; without any, the whole recording is one.

    >>> [trial.n_frames for trial in trials_of((), 500)]
    [500]
    """
    return tuple(trials) or (Trial(1, 0, n_frames),)


def trial_clock(trials: Sequence[Trial]) -> FrameClock:
    """The clock that counts trials."""
    return FrameClock.declared(len(trials), ROWS_PER_S)


@dataclass(frozen=True, eq=False)
class PreparedTrials:
    """The trials of one recording.

    Attributes:
        pose: Of the whole recording, as read.
        clock: Its clock.
        trials: In order.
        fps: Working rate.
        prepare: Preparations of the pose, in order.
        relative: Whether each column has a copy relative to the animal's other trials.
        store: Where rows are cached; None computes them anew.
    """

    pose: PoseTrack
    clock: FrameClock
    trials: tuple[Trial, ...]
    fps: float
    prepare: tuple[Part, ...] = ()
    relative: bool = False
    store: Store | None = None

    @property
    def roles(self) -> Mapping[str, str]:
        """Keypoint -> role."""
        return self.pose.roles

    def stream(self, subject: Subject, parts: Sequence[Part]) -> Stream:
        """One row a trial, (trials, columns).

        Raises:
            DataError: Rows are relative, and there is one trial only.
        """
        if self.relative and len(self.trials) < 2:
            raise DataError(
                "there is one trial only, and the model compares the trials of an animal",
                recording=subject.recording,
                expected="at least two trials of the animal in one recording",
                todo="give the trials, or train with --set target.ratings.relative=false",
            )
        pieces = [self._piece(subject, part) for part in parts]
        return Stream(
            np.concatenate([piece.values for piece in pieces], axis=1),
            tuple(columns for piece in pieces for columns in piece.pieces),
            tuple(key for piece in pieces for key in piece.keys),
        )

    def rows(self, subject: Subject, parts: Sequence[Part]) -> FeatureRows | Pixels:
        """The same as rows that are read; they are few, and are there."""
        return FeatureRows.of(self.stream(subject, parts))

    def missing(self, subject: Subject, parts: Sequence[Part]) -> list[str]:
        """Feature sets of a subject whose rows are not in the store yet."""
        versions = {p.part: registry.load("feature set", p.part).VERSION for p in parts}
        return [
            part.part
            for part in parts
            if self.store is None or self._key(subject, part, versions[part.part]) not in self.store
        ]

    def _piece(self, subject: Subject, part: Part) -> Stream:
        module = registry.load("feature set", part.part)
        key = self._key(subject, part, module.VERSION)
        cached = self.store.array(key) if self.store else None
        header = self.store.header(key) if self.store else None
        if cached is not None and header is not None:
            return Stream(cached, (tuple(header["columns"]),), (key,))
        tables = [self._row(trial, subject, part) for trial in self.trials]
        columns = tables[0].columns
        values = np.concatenate([table.of(subject) for table in tables])
        if self.relative:
            values = np.concatenate([values, against_others(values)], axis=1)
            columns = (*columns, *(f"{RELATIVE}{name}" for name in columns))
        if self.store is None:
            return Stream(values, (columns,))
        header = {"columns": list(columns), "set": part.part, "version": module.VERSION}
        return Stream(self.store.put(key, values, header), (columns,), (key,))

    def _row(self, trial: Trial, subject: Subject, part: Part) -> FeatureTable:
        frames = slice(trial.first_frame, trial.stop_frame)
        times_s = self.clock.times_s[frames]
        clock = FrameClock(times_s - times_s[0], self.clock.fps, self.clock.kind)
        pose = self.pose.frames(frames.start, frames.stop)
        prepared = PreparedPose(pose, clock, fps=self.fps, prepare=self.prepare)
        module = registry.load("feature set", part.part)
        if hasattr(module, "of_trial"):
            found: FeatureTable = module.of_trial(
                prepared.pose, prepared.clock, subject, **part.options
            )
            return found
        table = module.compute(prepared.pose, prepared.clock, subject, **part.options)
        return summary(table)

    def _key(self, subject: Subject, part: Part, version: int) -> str:
        content = PreparedPose(self.pose, self.clock, fps=self.fps, prepare=self.prepare).content
        bounds = [[trial.first_frame, trial.n_frames] for trial in self.trials]
        who = [subject.animal, subject.target]
        return Store.key(
            content, "trials", bounds, self.relative, VERSION, who, part.part, part.options, version
        )


def against_others(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row minus the mean of all rows, (trials, columns); NaN stays.

    >>> against_others(np.array([[1.0], [3.0]], dtype=np.float32)).tolist()
    [[-1.0], [1.0]]
    """
    seen = np.isfinite(values)
    total = np.where(seen, values, 0).sum(axis=0, dtype=np.float64)
    mean = total / np.maximum(seen.sum(axis=0), 1)
    return np.asarray(values - mean, dtype=np.float32)


def summary(table: FeatureTable) -> FeatureTable:
    """Mean, spread and quantiles of each column over the frames, one row; NaN = never seen."""
    values = table.values[0].astype(np.float64)
    names, units, found = [], [], []
    for place, (column, unit) in enumerate(zip(table.columns, table.units, strict=True)):
        seen = values[np.isfinite(values[:, place]), place]
        told = np.full(2 + len(QUANTILES), np.nan)
        if seen.size:
            told = np.array([seen.mean(), seen.std(), *np.quantile(seen, QUANTILES)])
        found.append(told)
        words = ("mean", "sd", *(f"q{share:g}" for share in QUANTILES))
        names += [f"{word}:{column}" for word in words]
        units += [unit] * len(words)
    row = np.concatenate(found).astype(np.float32)[None, None]
    return FeatureTable(
        row, table.subjects, tuple(names), tuple(units), table.set_name, table.version
    )
