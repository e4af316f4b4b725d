"""What BORIS' files share: observations over media that follow each other in time.

Times count from the start of the *observation*. The media of a player follow each other, so the
second video begins where the first one ends; its own length must be known for that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from boutwise.errors import UsageError
from boutwise.formats._contract import THE_OTHER, LabelRow, LabelTrack
from boutwise.formats._faults import Faults
from boutwise.formats._lost import bounded
from boutwise.formats._names import recording_of
from boutwise.formats._text import to_number


@dataclass(frozen=True)
class Options:
    """What the user may say about a BORIS file.

    Attributes:
        strict: Stop at the first fault; else report it and leave the event out.
        media_durations_s: Media name (with or without suffix) -> seconds, where the file lacks it.
        time_offset_s: Seconds by which all times are late; for files that state an offset.
        annotators: Observation -> who made it.
        targets: Modifiers that are names of animals: who is acted upon. The word ``other``
            instead of names: every label is directed at the other one of two animals.
    """

    strict: bool = True
    media_durations_s: Mapping[str, float] = field(default_factory=dict)
    time_offset_s: float | None = None
    annotators: Mapping[str, str] = field(default_factory=dict)
    targets: Sequence[str] | Literal["other"] = ()

    def __post_init__(self) -> None:
        """Refuse a word where a list of names is meant."""
        if isinstance(self.targets, str) and self.targets != "other":
            raise UsageError(
                f"'targets' is '{self.targets}'",
                expected="a list of the modifiers that name animals, or the word 'other'",
                todo=f"write targets: [{self.targets}]",
            )


@dataclass(frozen=True)
class Interval:
    """One event of one observation, in seconds of the observation."""

    label: LabelRow
    media: str


@dataclass
class Observation:
    """One observation of a file.

    Attributes:
        id: As in the file.
        media: Media names in order, as far as the file lists them.
        durations_s: Their lengths, as far as the file has them.
        fps: Their rates, as far as the file has them.
        total_s: Length of all media together, where the file has it.
        intervals: Its events.
        behaviors: What was looked for, where the file tells; else what occurs.
        limits: Seconds between which it was observed, where the file tells.
        lost: Events that were left out as faulty; see :class:`LabelTrack`.
    """

    id: str
    media: list[str]
    durations_s: list[float]
    fps: list[float]
    total_s: float | None = None
    intervals: list[Interval] = field(default_factory=list)
    behaviors: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    lost: list[LabelRow] = field(default_factory=list)


def check_offset(stated: str, options: Options, faults: Faults, row: int) -> None:
    """Report a time offset that nobody has explained: times may or may not contain it."""
    value = to_number(stated, "\t")
    if value and value == value and options.time_offset_s is None:
        faults.report(
            f"the observation has a time offset of {value:g} s",
            row=row,
            expected="none, or a word on whether the times contain it",
            todo=f"give time_offset_s: {value:g} if the times are late by it, as BORIS adds it "
            "while coding; 0 if it was set afterwards",
        )


def tracks_of(
    observations: Sequence[Observation], options: Options, faults: Faults
) -> list[LabelTrack]:
    """One track for each media file of each observation, with times from that file's start.

    Two observations of one video that label one behavior of one subject are two opinions: they
    stay apart by their annotators, or the second is reported and left out.
    """
    kept: list[LabelTrack] = []
    seen: dict[tuple[str, str, str, str], str] = {}
    for observation in observations:
        for track in _tracks(observation, options, faults):
            keys = {
                (track.recording, track.annotator, row.animal, row.behavior): row
                for row in reversed(track.rows)  # the first of them is named
            }
            others = [key for key in keys if seen.get(key, observation.id) != observation.id]
            if not others:
                kept.append(track)
                seen |= dict.fromkeys(keys, observation.id)
                continue
            twice = min(others, key=lambda key: keys[key].row)
            faults.report(
                f"the observations '{seen[twice]}' and '{observation.id}' both label "
                f"'{twice[3]}' in '{track.recording}'",
                row=keys[twice].row,
                expected="one observation of a video, or a name for each annotator",
                todo="give annotators: {OBSERVATION: NAME}",
            )
    _tell_targetless(kept, options, faults)
    return kept


def _tell_targetless(tracks: Sequence[LabelTrack], options: Options, faults: Faults) -> None:
    """Warn of targets that were declared and stand in no label: all would be of one animal."""
    rows = [row for track in tracks for row in track.rows]
    if not options.targets or not rows or any(row.target for row in rows):
        return
    words = dict.fromkeys(w for row in rows for w in row.modifiers.split("|") if w)
    first = min((row for row in rows if row.modifiers), key=lambda row: row.row, default=rows[0])
    listed = ", ".join(f"'{word}'" for word in list(words)[:5]) + ", ..." * (len(words) > 5)
    faults.warn(
        f"targets were declared ({', '.join(options.targets)}), and none of the {len(rows)} labels "
        f"has one of them as modifier: "
        + (f"their modifiers are {listed}" if words else "they have no modifiers"),
        row=first.row,
        todo="if the labels are directed at an animal, put its name, as it is written there, "
        "under targets of the mapping; as it is, each is of one animal alone",
    )


def directed(label: LabelRow, options: Options) -> LabelRow:
    """The label with its target: the other animal, or the one that a modifier names.

    BORIS has no word for the animal that is acted upon: people make it a modifier.

    >>> row = LabelRow("attack", 0.0, 1.0, 2, "m1", modifiers="long|m2")
    >>> found = directed(row, Options(targets=["m1", "m2"]))
    >>> found.target, found.modifiers
    ('m2', 'long')
    """
    if options.targets == "other":
        return replace(label, target=THE_OTHER)
    words = label.modifiers.split("|")
    named = [word for word in words if word in options.targets and word != label.animal]
    if len(named) != 1:
        return label
    rest = "|".join(word for word in words if word != named[0])
    return replace(label, target=named[0], modifiers=rest)


@dataclass(frozen=True)
class _Part:
    """A media file in the time of its observation: ``[start, stop)``, in seconds."""

    media: str
    start: float = 0.0
    stop: float = float("inf")
    length: float | None = None


def _tracks(observation: Observation, options: Options, faults: Faults) -> list[LabelTrack]:
    behaviors = dict.fromkeys(
        [*observation.behaviors, *(interval.label.behavior for interval in observation.intervals)]
    )
    late = options.time_offset_s or 0.0
    labels = [interval.label for interval in observation.intervals]
    for label in labels:
        if label.start < late:
            faults.report("an event lies before the start", row=label.row, expected="0 s or later")
    early = [label for label in labels if label.start < late]
    lost = [directed(row, options) for row in bounded([*observation.lost, *early], labels)]
    labels = [directed(label, options) for label in labels if label.start >= late]
    parts = _parts(observation, _media(observation, options), options, faults)
    tracks = []
    for place, part in enumerate(parts):
        span = part.start + late, part.stop + late
        rows = [row for label in labels if (row := _clipped(label, *span)) is not None]
        rates = observation.fps
        tracks.append(
            LabelTrack(
                recording_of(part.media) if part.media else observation.id,
                "second",
                tuple(rows),
                tuple(behaviors),
                _examined(observation, part),
                fps=rates[place] if len(rates) == len(parts) else (rates[0] if rates else None),
                annotator=options.annotators.get(observation.id, ""),
                length=part.length,
                lost=tuple(row for label in lost if (row := _clipped(label, *span)) is not None),
            )
        )
    return tracks


def _media(observation: Observation, options: Options) -> list[str]:
    """Media in order: as the file lists them, as its events name them, or as the user says."""
    if observation.media:
        return observation.media
    by_time = sorted(observation.intervals, key=lambda interval: interval.label.start)
    seen = list(dict.fromkeys(interval.media for interval in by_time if interval.media))
    given, total = options.media_durations_s, observation.total_s
    # A video without events is not in the file; the total length tells that it is missing.
    if total is not None and len(given) > len(seen) and abs(sum(given.values()) - total) <= 0.5:
        names = {recording_of(name): name for name in given}
        if {recording_of(name) for name in seen} <= set(names):
            return list(given)
    return seen


def _examined(observation: Observation, part: _Part) -> tuple[tuple[float, float], ...] | None:
    """The limits that the observer set, on the time of one media file."""
    if observation.limits is None:
        return None
    start, stop = (min(max(limit, part.start), part.stop) for limit in observation.limits)
    return ((round(start - part.start, 6), round(stop - part.start, 6)),) if stop > start else ()


def _parts(
    observation: Observation, media: list[str], options: Options, faults: Faults
) -> list[_Part]:
    """The media files of an observation, as far as their start and stop are known."""
    given = options.media_durations_s
    total = observation.total_s
    if len(observation.durations_s) == len(media):
        lengths: list[float | None] = list(observation.durations_s)
    else:
        lengths = [given.get(name, given.get(recording_of(name))) for name in media]
        if len(media) == 1 and lengths == [None]:
            lengths = [total]
    known: list[float] = []
    for length in lengths:
        if length is None:
            break
        known.append(length)
    row = observation.intervals[0].label.row if observation.intervals else None
    if media and len(known) == len(media) and total is not None and abs(sum(known) - total) > 0.5:
        faults.report(
            f"the media of '{observation.id}' last {sum(known):.3f} s together",
            row=row,
            expected=f"{total:.3f} s, the total length in the file",
            todo="give media_durations_s for all its videos in their order; one without events "
            "may be missing",
        )
        return []
    if len(media) < 2:
        return [_Part(media[0] if media else "", length=lengths[0] if lengths else None)]
    if len(known) < len(media):
        faults.report(
            f"'{observation.id}' goes over {len(media)} videos, and how long "
            f"'{media[len(known)]}' lasts is not in the file",
            row=row,
            expected="times that can be put on their video",
            todo=f"give media_durations_s for {', '.join(media)}, or export from a newer BORIS",
        )
        return []
    starts = [sum(known[:place]) for place in range(len(media))]
    # The last video takes what lies behind its end too, so that the import can report it.
    stops = [*starts[1:], float("inf")]
    return [_Part(*each) for each in zip(media, starts, stops, known, strict=True)]


def _clipped(row: LabelRow, start: float, stop: float) -> LabelRow | None:
    """The part of a label that lies in ``[start, stop)``, counted from ``start``."""
    point = row.start == row.stop
    if row.start >= stop or (row.stop <= start and not (point and row.start == start)):
        return None
    begin, end = max(row.start - start, 0.0), min(row.stop, stop) - start
    # Differences of decimals: milliseconds are what BORIS writes.
    begin = row.start if row.start == -math.inf else round(begin, 6)
    return replace(row, start=begin, stop=round(end, 6))
