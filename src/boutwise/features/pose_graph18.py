"""Eighteen numbers of a graph over six points of one animal: eight lengths and ten angles.

The points are 0 nose (called mouth in the original), 1 tail base, 2 left and 3 right forepaw, 4
left and 5 right hindpaw. Lengths: 0-1, 0-2, 0-3, 1-4, 1-5, 2-3, 4-5, and from the nose to the
middle of all six. Angles, with the vertex in the middle: 0-1-2, 0-1-3, 1-0-4, 1-0-5, 2-0-4, 3-0-5,
2-1-4, 3-1-5, 2-0-3, 4-1-5. Any other keypoint is not looked at.

Lengths are in bodies, here the median distance from the nose to the tail base over the recording;
angles are in radians, unsigned, in the units of the pose, so that nothing changes with the place,
the size or the shape of the picture. A number is missing where one of its points is: the middle
needs all six. In 3D they are lengths and angles in space.

Source: the pose graph of the system ``multitask``, by its guide. Its code divides by the width and
the height of the picture, which bends angles, and has other edges than its guide. Of its angles the
last two, the spread of the forepaws and of the hindpaws, are listed with a paw as vertex; by the
pattern of the others the nose and the tail base are meant, and are taken here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from boutwise.features._body import Floats, length
from boutwise.features._fixed import fixed_points, median_length, sampled
from boutwise.features._mirror import mirror_by_names
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = "eight lengths and ten angles between nose, tail base and four paws of one animal"
SCOPES = ("individual",)
INVARIANCES = ("translation", "rotation", "scale", "time_stretch")
ROLES = (
    "nose",
    "tail_base",
    "left_forepaw",
    "right_forepaw",
    "left_hindpaw",
    "right_hindpaw",
)
"""Points, by number."""
NEEDED_ROLES: tuple[tuple[str, ...], ...] = tuple((role,) for role in ROLES)

EDGES = ((0, 1), (0, 2), (0, 3), (1, 4), (1, 5), (2, 3), (4, 5))
"""Lengths between two points; the eighth goes from the nose to the middle of all."""
ANGLES = (
    (1, 0, 2),
    (1, 0, 3),
    (0, 1, 4),
    (0, 1, 5),
    (0, 2, 4),
    (0, 3, 5),
    (1, 2, 4),
    (1, 3, 5),
    (0, 2, 3),
    (1, 4, 5),
)
"""Angles, (vertex, arm, arm)."""

COLUMNS = (
    *(f"edge.{ROLES[one]}-{ROLES[other]}" for one, other in EDGES),
    "edge.nose-centroid",
    *(f"edge_angle.{ROLES[one]}-{ROLES[at]}-{ROLES[other]}" for at, one, other in ANGLES),
)
UNITS = (*("body" for _ in range(len(EDGES) + 1)), *("rad" for _ in ANGLES))


def mirror(columns: Sequence[str]) -> Mirror | None:
    """Left and right paws change places; nothing has a sign."""
    return mirror_by_names(columns, lambda _: False)


def margin_frames(clock: FrameClock) -> int:
    """Context frames on each side with which a chunk gives the same numbers as the whole: none."""
    return 0


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``size`` (1,), pose units: one body.

    Raises:
        DataError: A point is not in the track, or nose and tail base are never seen together.
    """
    return _measured(pose, subject)


def _measured(pose: PoseTrack, subject: Subject) -> dict[str, Floats]:
    points = fixed_points(sampled(pose), subject, ROLES, set_name="pose_graph18")
    return {"size": np.array([median_length(points[0], points[1], subject, pose)])}


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Features of one animal.

    Args:
        pose: The recording, or a chunk of it; points of too little confidence masked.
        clock: Its clock; not looked at.
        subject: The animal; a target is not looked at.
        constants: Of the whole recording, from :func:`constants`; None = ``pose`` is the whole.
    """
    if constants is None:
        constants = _measured(pose, subject)
    points = fixed_points(pose, subject, ROLES, set_name="pose_graph18")
    values = np.empty((points.shape[2], len(COLUMNS)), dtype=np.float32)
    size = float(constants["size"][0])
    with np.errstate(invalid="ignore", divide="ignore"):
        for place, (one, other) in enumerate(EDGES):
            values[:, place] = length(points[one] - points[other]) / size
        values[:, len(EDGES)] = length(points[0] - points.mean(axis=0)) / size
        for place, (at, one, other) in enumerate(ANGLES, start=len(EDGES) + 1):
            values[:, place] = _angle(points[one] - points[at], points[other] - points[at])
    return FeatureTable(
        values=values[np.newaxis],
        subjects=(subject,),
        columns=COLUMNS,
        units=UNITS,
        set_name="pose_graph18",
        version=VERSION,
    )


def _angle(one: Floats, other: Floats) -> Floats:
    """Unsigned angle between arrows, (dims, n) -> (n,); exact also where they are nearly parallel.

    Source: W. Kahan, How futile are mindless assessments of roundoff (2006), section 12.
    """
    one, other = one / length(one), other / length(other)
    angle: Floats = 2 * np.arctan2(length(one - other), length(one + other))
    return angle
