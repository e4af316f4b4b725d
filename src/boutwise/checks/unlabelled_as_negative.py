"""Frames count as 'not this behavior' only where somebody looked for it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from boutwise.checks._contract import Study
from boutwise.checks._labelled import Labelled, labelled
from boutwise.types import Ethogram, FrameState, Problem, Severity
from boutwise.types.frame_states import runs

DESCRIPTION = "unlabeled stretches that count as negative, and behaviors nobody looked for"

LEAST_GAP_S = 30.0
LEAST_GAP_SHARE = 0.2
LEAST_RATIO = 4.0
_LEAST_EVENTS = 6


def find(project: Study) -> list[Problem]:
    """Look at what was examined and what was found there."""
    problems: list[Problem] = []
    pieces = list(labelled(project))
    usual = _usually_examined(pieces, project.ethogram)
    for piece in pieces:
        problems += not_looked_for(piece, project.ethogram, usual)
        problems += nothing_found(piece, project.ethogram)
    return problems


def not_looked_for(piece: Labelled, ethogram: Ethogram, usual: Iterable[str]) -> list[Problem]:
    """Behaviors that were examined elsewhere, but not here, or only where they occur.

    Args:
        piece: One subject and annotator.
        ethogram: The project's.
        usual: Behaviors that were examined anywhere in the project.
    """
    negative = (piece.states == FrameState.NO).any(axis=0)
    positive = (piece.states == FrameState.YES).any(axis=0)
    scope = "directed" if piece.subject.target else "individual"
    names = [name for name in ethogram.names if ethogram.behavior(name).scope == scope]
    place = {name: column for column, name in enumerate(ethogram.names)}
    usual = set(usual)
    absent = [name for name in names if name in usual and not piece.examined[place[name]]]
    only_yes = [name for name in names if positive[place[name]] and not negative[place[name]]]
    problems = []
    if absent:
        problems.append(
            _problem(
                piece,
                f"nobody looked for {_listed(absent)} here, as far as the labels tell",
                todo="nothing, if so: the frames do not count as negative; else declare what was "
                "examined",
                value=float(len(absent)),
            )
        )
    shown = [name for name in names if positive[place[name]]]
    # One behavior that fills a whole recording leaves no frame for a negative.
    if only_yes and len(shown) > 1:
        problems.append(
            _problem(
                piece,
                f"{_listed(only_yes)} has bouts, but no frame that counts as negative",
                todo="declare what was examined, so that the frames between the bouts count",
                value=float(len(only_yes)),
            )
        )
    return problems


def nothing_found(piece: Labelled, ethogram: Ethogram) -> list[Problem]:
    """A subject without any event, or a long stretch without any, that counts as negative."""
    events = [
        column
        for column, name in enumerate(ethogram.names)
        if name not in ethogram.backgrounds and piece.examined[column]
    ]
    if not events:
        return []
    if not (piece.states[:, events] == FrameState.YES).any():
        # Somebody wrote down that there was nothing, or nothing to be seen.
        if piece.stated.any():
            return []
        return [
            _problem(
                piece,
                f"no event in {piece.recording.clock.duration_s / 60:.1f} minutes that count as "
                "examined",
                todo="if nobody labeled this recording, take its labels out: unlabeled is not "
                "negative",
                value=0.0,
            )
        ]
    return _long_gap(piece, events)


def _long_gap(piece: Labelled, events: list[int]) -> list[Problem]:
    """A stretch without events that is far longer than any other: labeling may have stopped."""
    states = piece.states[:, events]
    busy = (states == FrameState.YES).any(axis=1)
    idle = (states == FrameState.NO).any(axis=1) & ~busy
    fps = piece.recording.clock.fps
    gaps = sorted(runs(idle), key=lambda gap: gap[1] - gap[0], reverse=True)
    count = sum(len(runs(column == FrameState.YES)) for column in states.T)
    if count < _LEAST_EVENTS or not gaps:
        return []
    start, stop = gaps[0]
    length_s = (stop - start) / fps
    other_s = (gaps[1][1] - gaps[1][0]) / fps if len(gaps) > 1 else 1 / fps
    least_s = max(LEAST_GAP_S, LEAST_GAP_SHARE * len(busy) / fps, LEAST_RATIO * other_s)
    # A background that somebody labeled, and that ends again, is no end of the labeling.
    labeled = bool(piece.stated[start:stop].all()) and stop < np.flatnonzero(busy)[-1]
    if length_s < least_s or labeled:
        return []
    return [
        _problem(
            piece,
            f"{length_s:.0f} s without any event count as negative; the next longest such stretch "
            f"has {other_s:.0f} s",
            frame=start,
            todo="look whether labeling stopped here; if so, end the observed range",
            value=length_s,
        )
    ]


def _usually_examined(pieces: Iterable[Labelled], ethogram: Ethogram) -> set[str]:
    return {
        name
        for piece in pieces
        for name, here in zip(ethogram.names, piece.examined, strict=True)
        if here
    }


def _problem(
    piece: Labelled, what: str, *, todo: str, value: float, frame: int | None = None
) -> Problem:
    who = piece.subject.animal + (f" -> {piece.subject.target}" if piece.subject.target else "")
    by = f", labeled by {piece.annotator}" if piece.annotator else ""
    return Problem(
        "unlabelled_as_negative",
        Severity.WARNING,
        f"{who}{by}: {what}",
        recording=piece.recording.id,
        frame=frame,
        todo=todo,
        value=value,
    )


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(f"'{n}'" for n in names[:-1]), f"'{names[-1]}'"]))
