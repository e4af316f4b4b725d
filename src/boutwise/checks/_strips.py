"""Frames that a person would rather look at than read about: one strip a kind of suspicion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._body_sides import wrong_way_round
from boutwise.checks._contract import Study
from boutwise.checks._poses import cuts_of, placeholders, readable, tracks_of
from boutwise.checks._steps import pair_exchanges
from boutwise.checks.keypoint_jumps import jumps_of, sides
from boutwise.types import Recording
from boutwise.types.frame_states import runs

MOST_KEYPOINTS = 4
"""Keypoints that get a strip of their own, those that jump most."""


@dataclass(frozen=True, eq=False)
class Strip:
    """Where one thing happens in a recording.

    Attributes:
        name: What happens, in words.
        spans: Half-open stretches of frames.
        count: How often.
    """

    name: str
    spans: tuple[tuple[int, int], ...]
    count: int


def strips_of(project: Study, recording: Recording) -> list[Strip]:
    """Strips of everything suspicious in the pose of a recording; none where all is well."""
    pose = readable(project, recording)
    if pose is None or not pose.n_frames:
        return []
    tracks = tracks_of(recording, pose)
    found: list[Strip] = []
    for track, jumps in jumps_of(tracks):
        who = f"{track.animal}: " if len(tracks) > 1 else ""
        found += _strip(f"{who}whole animal jumps", jumps.body)
        count = jumps.points.sum(axis=0)
        for place in np.argsort(-count, kind="stable")[:MOST_KEYPOINTS].tolist():
            name = f"{who}{pose.keypoints[place]} jumps"
            found += _strip(name, jumps.points[:, place])
        pairs = pair_exchanges(track.points, sides(pose), track.length)
        for pair, flags in pairs.items():
            names = " ↔ ".join(pose.keypoints[place] for place in pair)
            found += _strip(f"{who}{names}", flags)
        for pair, flags in wrong_way_round(track).items():
            names = " and ".join(pose.keypoints[place] for place in pair)
            found += _strip(f"{who}{names} the wrong way round", flags)
        there = placeholders(pose.positions[:, track.place], cuts_of(recording))
        gone = there.all(axis=1)
        found += _strip(f"{who}'not found' as a number", np.asarray(gone))
        missing = np.asarray(np.isnan(track.points).any(axis=2))
        unseen = missing[:, ~missing.all(axis=0)].mean(axis=1) > 0.5
        found += _strip(f"{who}most keypoints unseen", np.asarray(unseen & ~gone))
    return found


def _strip(name: str, flags: NDArray[np.bool_]) -> list[Strip]:
    spans = runs(flags)
    return [Strip(name, tuple(spans), len(spans))] if spans else []
