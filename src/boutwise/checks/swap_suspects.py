"""Left stays left, right stays right, and each animal keeps its name.

An exchange is seen where two points land on each other's places within one frame; frames in which
left and right lie the wrong way round are counted too. Animals that are exchanged while they touch
are not seen: nothing jumps then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from boutwise.checks._body_sides import across, wrong_way_round
from boutwise.checks._contract import Study
from boutwise.checks._poses import Track, poses, tracks_of
from boutwise.checks._steps import pair_exchanges, whole_exchanges
from boutwise.checks.keypoint_jumps import sides, times_words
from boutwise.types import Problem, Severity

DESCRIPTION = "left and right, or two animals, that change places"

LEAST_PER_MINUTE = 8.0
"""Exchanges of a pair a minute (there and back are two) from which they are reported."""

LEAST_EXCHANGES = 8
LEAST_ANIMAL_EXCHANGES = 1
SURE_SIDE = 0.6
"""Mean side from -1 to 1 from which it is clear on which side a recording has its left."""

_LEAST_RECORDINGS = 3


@dataclass(frozen=True)
class Side:
    """On which side of the body one animal has its left keypoints.

    Attributes:
        recording: Id of the recording.
        animal: Its id.
        side: Mean over frames and pairs: 1 = all on one side, -1 = all on the other.
    """

    recording: str
    animal: str
    side: float


def find(project: Study) -> list[Problem]:
    """Look for exchanges of left and right, of animals, and for mirrored recordings."""
    problems: list[Problem] = []
    found: list[Side] = []
    for recording, pose in poses(project):
        tracks = [track for track in tracks_of(recording, pose) if track.length > 0]
        for track in tracks:
            problems += left_and_right(track)
            found.append(Side(recording.id, track.animal, side_of(track)))
        for one, other in combinations(tracks, 2):
            problems += animals(one, other)
    return problems + mirrored_recordings(found)


def left_and_right(track: Track) -> list[Problem]:
    """Pairs of one animal that often change places, or lie inverted in many frames."""
    told = []
    frames = np.zeros(len(track.points), dtype=bool)
    minutes = len(track.points) / track.fps / 60
    most = 0.0
    inverted = wrong_way_round(track)
    for pair, flags in pair_exchanges(track.points, sides(track.pose), track.length).items():
        rate = int(flags.sum()) / minutes
        often = flags.sum() >= LEAST_EXCHANGES and rate >= LEAST_PER_MINUTE
        if not often and pair not in inverted:
            continue
        names = " and ".join(f"'{track.pose.keypoints[place]}'" for place in pair)
        words = [times_words(flags)] if flags.any() else []
        if pair in inverted:
            words.append(f"the wrong way round in {inverted[pair].mean():.1%} of the frames")
        told.append(f"{names} {', '.join(words)}")
        frames |= flags if flags.any() else inverted[pair]
        most = max(most, rate)
    if not told:
        return []
    who = f"{track.animal}: " if len(track.pose.animals) > 1 else ""
    return [
        Problem(
            "swap_suspects",
            Severity.WARNING,
            f"{who}left and right change places: {'; '.join(told)}",
            recording=track.recording.id,
            frame=int(np.argmax(frames)),
            expected="left and right that stay what they are",
            todo="look at these frames in the video; mend the tracking if side matters to you",
            value=round(most, 2),
        )
    ]


def animals(one: Track, other: Track) -> list[Problem]:
    """Two animals of a recording that change places from one frame to the next."""
    frames = whole_exchanges(one.points, other.points, min(one.length, other.length))
    if frames.sum() < LEAST_ANIMAL_EXCHANGES:
        return []
    return [
        Problem(
            "swap_suspects",
            Severity.WARNING,
            f"{one.animal} and {other.animal} change places {times_words(frames)}",
            recording=one.recording.id,
            frame=int(np.argmax(frames)),
            expected="each animal under its own name all the time",
            todo="look at these frames in the video and exchange the tracks back: labels and "
            "scores go by the name of the animal",
            value=float(frames.sum()),
        )
    ]


def side_of(track: Track) -> float:
    """On which side of the body axis the left keypoints lie, -1 to 1; NaN when nobody can tell.

    Seen from above with z up or y down; roles of both sides, a nose or neck and a tail base are
    needed.
    """
    gaps = across(track.points, track.pose).values()
    signs = [np.sign(gap[np.isfinite(gap)]) for gap in gaps]
    values = np.concatenate(signs) if signs else np.empty(0)
    return float(values.mean()) if values.size else float("nan")


def mirrored_recordings(found: Sequence[Side]) -> list[Problem]:
    """Recordings whose left lies where the others have their right."""
    sure = [one for one in found if abs(one.side) >= SURE_SIDE]
    usual = sum(np.sign(one.side) for one in sure)
    if len({one.recording for one in sure}) < _LEAST_RECORDINGS or abs(usual) < len(sure) / 3:
        return []
    odd = [one for one in sure if np.sign(one.side) != np.sign(usual)]
    return [
        Problem(
            "swap_suspects",
            Severity.WARNING,
            f"{one.animal}: left lies where most other recordings have right",
            recording=one.recording,
            expected="the same view of the animal in all recordings",
            todo="look whether this video is mirrored or filmed from the other side, or left and "
            "right keypoints have each other's names",
            value=round(one.side, 3),
        )
        for one in odd
    ]
