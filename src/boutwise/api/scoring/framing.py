"""From labels of both sides to frames: the subjects that are scored."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boutwise.api.scoring.labels import Labels
from boutwise.api.scoring.pairing import units
from boutwise.errors import LabelError, UsageError
from boutwise.formats import LabelTrack, labels_to_bouts
from boutwise.metrics import ScoredSubject
from boutwise.types import (
    Behavior,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    FrameState,
    Observed,
    Recording,
    Subject,
)


@dataclass(frozen=True)
class Framing:
    """Both sides with one set of names, on their way to frames.

    Attributes:
        truth: The labels that are right.
        prediction: With the names of the truth.
        names: Behaviors, in order.
        frames: Frames of each recording, where it is given.
        fps: Frames per second, where they are given.
        background: The class that means 'none of the others'; empty for none.
    """

    truth: Labels
    prediction: Labels
    names: tuple[str, ...]
    frames: int | None
    fps: float | None
    background: str

    @cached_property
    def _units(self) -> Mapping[tuple[str, str], str]:
        """(recording, animal) -> what an interval counts as one."""
        return units(self.truth) if self.truth.units is None else self.truth.units

    def ethogram(self) -> Ethogram:
        """As declared; else exclusive with a background, or when no two behaviors ever overlap."""
        if self.truth.ethogram is not None and not self.background:
            return self.truth.ethogram.only(self.names)
        behaviors = tuple(Behavior(name) for name in self.names)
        free = Ethogram(behaviors)
        exclusive = bool(self.background) or all(
            _never_two(item) for name in self.truth.tracks for item in self.items(name, free)
        )
        if len(behaviors) < 2 or not exclusive:
            return free
        return Ethogram(behaviors, (ExclusiveGroup("behavior", self.names, self.background),))

    def items(self, name: str, ethogram: Ethogram) -> Iterable[ScoredSubject]:
        """The subjects of one recording."""
        recording = self._recording(name)
        truth = self._bouts(self.truth, recording, whole=not self.truth.examined)
        prediction = self._bouts(self.prediction, recording, whole=True)
        unit_of = self._units
        subjects = dict.fromkeys(Subject(o.recording, o.animal, o.target) for o in truth.observed)
        for subject in subjects:
            seen = [
                Observed(name, subject.animal, behavior, 0, recording.n_frames, subject.target)
                for behavior in ethogram.names
            ]
            mine = Bouts.from_rows(prediction.where(subject=subject).rows(), seen)
            decided = mine.to_frames(subject, ethogram, recording.n_frames)
            yield ScoredSubject(
                subject=subject,
                animal=unit_of.get((name, subject.animal), name),
                truth=truth.to_frames(subject, ethogram, recording.n_frames),
                decided=np.asarray(decided == FrameState.YES),
                fps=self._rate(name) or math.nan,
                probabilities=self._probabilities(subject, recording.n_frames),
                human=subject not in self.truth.by_model,
            )

    def _probabilities(self, subject: Subject, n_frames: int) -> NDArray[np.float32] | None:
        """Those of the prediction, where it has one for every behavior and frame."""
        subjects = self.prediction.probabilities.get(subject.recording, {})
        nameless = subjects.get(("", subject.target), {})
        columns = subjects.get((subject.animal, subject.target), nameless)
        if any(len(columns.get(name, ())) < n_frames for name in self.names):
            return None
        stacked = np.stack([columns[name][:n_frames] for name in self.names], axis=1)
        return stacked if np.isfinite(stacked).all() else None

    def _recording(self, name: str) -> Recording:
        animals = self.truth.animals(name) | self.prediction.animals(name)
        if len(animals) > 1:
            animals.discard("")
        self._refuse_lengths(name)
        n_frames = (
            self.frames
            or self.truth.frames.get(name)
            or max(
                self._last(labels.tracks[name], labels.source)
                for labels in (self.truth, self.prediction)
                if name in labels.tracks
            )
        )
        # Without a rate all labels are in frames, and the rate of this clock is never looked at.
        clock = FrameClock.declared(n_frames, self._rate(name) or 1.0)
        return Recording(name, clock, tuple(sorted(animals)) or ("",))

    def _refuse_lengths(self, name: str) -> None:
        """Two sides that speak of every frame, and of unlike many, are not of the same frames."""
        lengths = [_length(labels, name) for labels in (self.truth, self.prediction)]
        lengths[0] = self.truth.frames.get(name, lengths[0])
        if self.frames is None and None not in lengths and lengths[0] != lengths[1]:
            raise LabelError(
                f"the prediction has {lengths[1]} frames and the truth {lengths[0]}",
                file=self.prediction.source,
                recording=name,
                expected="the same frames of the same recording",
                todo="find out which frames are missing; --frames N scores the first N frames",
            )

    def _unexamined(self, name: str) -> Iterable[str]:
        """What to say of a prediction that ends before the truth does."""
        said = self.prediction.tracks[name]
        if not (self.prediction.examined and said.examined) or name not in self.truth.tracks:
            return
        end, n_frames = self._last(said, self.prediction.source), self._recording(name).n_frames
        if end < n_frames:
            yield (
                f"Nothing was predicted for the last {n_frames - end:,} of {n_frames:,} frames of "
                f"'{name}': there they count as frames in which nothing is shown."
            )

    def _last(self, track: LabelTrack, source: str) -> int:
        """The frame after the last of which the track speaks."""
        ends = [row.stop for row in (*track.rows, *(track.examined or ()))]
        ends += [stop for _, stop in track.observed or ()]
        last = max((end for end in ends if math.isfinite(end)), default=0.0)
        if track.unit == "second":
            last = math.ceil(last * self._needed_rate(track.recording, source))
        return max(int(last), track.n_rows or 0, 1)

    def _rate(self, name: str) -> float | None:
        """Frames per second of a recording, as far as it is known."""
        return self.fps or self.truth.rates.get(name) or self.prediction.rates.get(name)

    def _needed_rate(self, name: str, source: str) -> float:
        fps = self._rate(name)
        if not fps:
            raise UsageError(
                "the labels are in seconds and no frame rate is known",
                file=source,
                recording=name,
                todo="give --fps",
            )
        return fps

    def _bouts(self, labels: Labels, recording: Recording, *, whole: bool) -> Bouts:
        """Labels on frames; ``whole`` = every frame was examined."""
        track = labels.tracks.get(recording.id)
        if track is None:
            return Bouts.from_rows([])
        if track.unit == "second":
            self._needed_rate(recording.id, labels.source)
        track = replace(track, behaviors=tuple(b for b in track.behaviors if b in self.names))
        if track.examined is not None:
            # What was examined to the end was examined to the last frame.
            ends = [
                recording.n_frames if math.isinf(row.stop) else row.stop for row in track.examined
            ]
            pieces = zip(track.examined, ends, strict=True)
            track = replace(track, examined=tuple(replace(row, stop=end) for row, end in pieces))
        if whole:
            track = replace(track, behaviors=self.names, examined=None, observed=None, n_rows=None)
        bouts, _ = labels_to_bouts(track, recording, annotator="", source=labels.source)
        if self.background and labels is self.truth:
            return replace(bouts, observed=self._with_background(bouts.observed))
        return bouts

    def _with_background(self, observed: tuple[Observed, ...]) -> tuple[Observed, ...]:
        """Whoever examined all other behaviors examined the background."""
        added = [
            replace(piece, behavior=self.background)
            for piece in observed
            if self.background not in {o.behavior for o in observed}
        ]
        return (*observed, *dict.fromkeys(added))

    def notes(self, ethogram: Ethogram, items: Iterable[ScoredSubject]) -> tuple[str, ...]:
        """What was assumed because nobody said it."""
        notes = []
        if self.background and self.background not in self.truth.names():
            notes.append(
                f"No label of the truth is called '{self.background}': it stands for every "
                "examined frame that shows no other behavior."
            )
        if ethogram.groups and not self.background and self.truth.ethogram is None:
            notes.append(
                "No two behaviors overlap, so they were scored as exclusive; no background is "
                "declared, so the bouts of all of them count."
            )
        if self.prediction.probabilities and any(item.probabilities is None for item in items):
            notes.append(
                "The prediction has no probability for some behavior or frame of the truth, so "
                "probabilities were not scored."
            )
        notes += [words for name in self.prediction.tracks for words in self._unexamined(name)]
        if not all(self._rate(name) for name in self.truth.tracks):
            notes.append("No frame rate is known, so scores in seconds or hours are undefined.")
        if self.truth.units is None and any(
            "" in self.truth.animals(name) for name in self.truth.tracks
        ):
            notes.append(
                "The truth names no animals, so intervals are over recordings; they are too "
                "narrow where recordings share an animal."
            )
        return tuple(notes)


def _length(labels: Labels, name: str) -> int | None:
    """Frames of a recording, where a side has something to say of every one of them."""
    track = labels.tracks.get(name)
    if track is not None and track.n_rows:
        return track.n_rows
    columns = [len(p) for s in labels.probabilities.get(name, {}).values() for p in s.values()]
    return max(columns, default=None)


def _never_two(item: ScoredSubject) -> bool:
    together = bool((item.known.all(axis=1) == item.known.any(axis=1)).all())
    alone = (item.yes.sum(axis=1) <= 1).all() and (item.decided.sum(axis=1) <= 1).all()
    return together and bool(alone)
