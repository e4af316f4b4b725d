"""No keypoint and no animal moves farther between two frames than an animal can."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from boutwise.checks._contract import Study
from boutwise.checks._poses import Track, poses, tracks_of
from boutwise.checks._steps import Flags, Jumps, jumps, pair_exchanges, whole_exchanges
from boutwise.types import PoseTrack, Problem, Severity
from boutwise.types.roles import ROLES, mirrored

DESCRIPTION = "keypoints, or whole animals, that jump farther than an animal can move"

LEAST_SHARE = 0.005
"""Share of frames with a jump from which a keypoint is reported."""

LEAST_JUMPS = 5
LEAST_BODY_JUMPS = 3
_SHOWN = 3


def find(project: Study) -> list[Problem]:
    """Look at the steps of every keypoint; places that are unsure are left out."""
    problems = []
    for recording, pose in poses(project):
        for track, found in jumps_of(tracks_of(recording, pose)):
            problems += judge(track, found)
    return problems


def jumps_of(tracks: list[Track]) -> list[tuple[Track, Jumps]]:
    """Jumps of each animal of a recording, without those that are exchanges.

    Left and right that change places, and two animals that do, are told by ``swap_suspects``.
    """
    found = []
    for track in tracks:
        if not track.length > 0:
            continue
        mine = jumps(track.points, track.length, track.fps, tails=tails(track.pose))
        for pair, frames in pair_exchanges(track.points, sides(track.pose), track.length).items():
            mine.points[np.ix_(np.flatnonzero(frames), np.array(pair))] = False
        # Trials may have been filmed at different times.
        cuts = [trial.first_frame for trial in track.recording.trials]
        cuts = [frame for frame in cuts if frame < len(mine.body)]
        mine.body[cuts] = mine.points[cuts] = False
        found.append((track, mine))
    for (one, first), (other, second) in combinations(found, 2):
        # Animals are seldom exchanged: only where both jump it is worth a look.
        if (first.body & second.body).any():
            frames = whole_exchanges(one.points, other.points, min(one.length, other.length))
            first.body[frames] = second.body[frames] = False
    return found


def judge(track: Track, found: Jumps) -> list[Problem]:
    """What is worth telling of the jumps of one animal."""
    who = track.animal if len(track.pose.animals) > 1 else ""
    problems = []
    if found.body.sum() >= LEAST_BODY_JUMPS:
        what = f"the whole animal jumps {times_words(found.body)}"
        problems.append(_problem(track, who, what, found.body))
    count = found.points.sum(axis=0)
    share = count / np.maximum(found.compared, 1)
    bad = (share >= LEAST_SHARE) & (count >= LEAST_JUMPS)
    if bad.any():
        worst = [place for place in np.argsort(-share).tolist() if bad[place]]
        names = [
            f"'{track.pose.keypoints[place]}' in {share[place]:.1%} of its frames "
            f"({times_words(found.points[:, place])})"
            for place in worst[:_SHOWN]
        ]
        more = f" and {len(worst) - _SHOWN} more keypoints" if len(worst) > _SHOWN else ""
        flags = np.asarray(found.points[:, bad].any(axis=1))
        what = f"keypoints jump: {', '.join(names)}{more}"
        problems.append(_problem(track, who, what, flags, share=float(share.max())))
    return problems


def tails(pose: PoseTrack) -> Flags:
    """Keypoints on the tail beyond its base, (keypoints,)."""
    return np.array(
        [
            pose.roles.get(name) == "tail_tip"
            or ("tail" in name.lower() and pose.roles.get(name) != "tail_base")
            for name in pose.keypoints
        ]
    )


def sides(pose: PoseTrack) -> list[tuple[int, int]]:
    """Places of the left and the right keypoint of each pair that has both roles."""
    pairs = []
    for role in ROLES:
        if role.startswith("left_"):
            left, right = pose.by_role(role), pose.by_role(mirrored(role))
            if left is not None and right is not None:
                pairs.append((left, right))
    return pairs


def times_words(frames: Flags) -> str:
    """How often a flag is set, and the first frames of it.

    >>> times_words(np.array([False, True, False, True]))
    '2 times, into frames 1, 3'
    """
    first = np.flatnonzero(frames)
    shown = ", ".join(str(frame) for frame in first[:_SHOWN].tolist())
    more = ", ..." if len(first) > _SHOWN else ""
    plural = "s" if len(first) != 1 else ""
    return f"{len(first)} time{plural}, into frame{plural} {shown}{more}"


def _problem(
    track: Track, who: str, what: str, frames: Flags, *, share: float | None = None
) -> Problem:
    return Problem(
        "keypoint_jumps",
        Severity.WARNING,
        f"{who}: {what}" if who else what,
        recording=track.recording.id,
        frame=int(np.argmax(frames)),
        expected="steps that an animal of this size can make between two frames",
        todo="look at these frames in the video; mend the tracking, or let 'clean_pose' take out "
        "single spikes",
        value=round(float(frames.mean()) if share is None else share, 5),
    )
