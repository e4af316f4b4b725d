"""Views of a recording: the same labels on a pose that was changed a little.

A view is the pose after the pose augmentations of a member, resampled, cleaned and turned into
features as every recording is. Learners may be trained on views; nothing is ever scored on them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.prepare.poses import PreparedPose
from boutwise.prepare.rates import nearest_frames
from boutwise.types import FrameClock, PoseTrack
from boutwise.types.recipe import NetworkMember, Part, TreesMember

KIND = "pose augmentation"


def pose_parts(member: TreesMember | NetworkMember) -> tuple[Part, ...]:
    """The pose augmentations of a member, in order; its other augmentations act on batches."""
    known = registry.names(KIND)
    return tuple(part for part in member.augment if part.part in known)


def changed_pose(
    pose: PoseTrack, clock: FrameClock, parts: Sequence[Part], rng: np.random.Generator
) -> tuple[PoseTrack, FrameClock]:
    """A pose and its clock after some parts, in order; frame numbers stay what they are."""
    for part in parts:
        pose, clock = registry.load(KIND, part.part).change(pose, clock, rng, **part.options)
    return pose, clock


def view_generator(seed: int, recording: str, number: int) -> np.random.Generator:
    """The random numbers of one view of one recording: the same on every machine.

    Args:
        seed: Of the plan.
        recording: Id.
        number: Of the view, from 0.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, number, *recording.encode()]))


def frames_of_view(
    original: PreparedPose, clock: FrameClock, view: PreparedPose, view_clock: FrameClock
) -> NDArray[np.int64]:
    """For each working frame of a view the working frame of the original that it shows, (frames,).

    Args:
        original: The recording as it is.
        clock: Its own clock.
        view: The recording as it was changed.
        view_clock: Its clock before it was brought to the working rate.
    """
    native = nearest_frames(view_clock, view.clock.times_s)
    return nearest_frames(original.clock, clock.times_s[native])
