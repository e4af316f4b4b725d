"""How much an animal stirs inside its outline, compared with what is usual for it.

Of videos only: outlines (``prepare: [{outline: {}}]``) measure how much the picture of the front,
the middle and the rear of a body changes over short lags. How large that is depends on coat, light
and zoom, so it counts in what is usual for the animal: its median over the recording, parts and
lags. The logarithm keeps a shake of the whole body from hiding the strokes of a paw.

Source: motion energy as in Facemap (Stringer et al. 2019, Science 364:255); the parts, lags and
scale are our own, chosen on four drawn animals, each left out in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from boutwise.errors import DataError
from boutwise.features._body import Floats
from boutwise.features._fixed import sampled
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = "how much a body stirs inside its outline, by its parts; of videos only"
SCOPES = ("individual",)
INVARIANCES = ("translation", "rotation", "scale", "time_stretch")
NEEDED_ROLES: tuple[tuple[str, ...], ...] = ()

SIGNALS = "motion_energy."
"""Signals of a track that begin so are read."""
GAIN = 5.0
"""What is usual becomes log(1 + this), and nothing 0."""
LEAST_USUAL = 1e-4
"""Shares of the strongest difference; a picture that is as good as frozen is not blown up."""


def mirror(columns: Sequence[str]) -> Mirror | None:
    """Nothing changes: no part has a side."""
    return Mirror(tuple(range(len(columns))), (1.0,) * len(columns))


def margin_frames(clock: FrameClock) -> int:
    """No context is needed: the lags are in what is measured."""
    return 0


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``usual`` (): the median of all parts and lags of the animal.

    Raises:
        DataError: The track has no motion energy, or none was seen of the animal.
    """
    return _measured(pose, subject)


def _measured(pose: PoseTrack, subject: Subject) -> dict[str, Floats]:
    values = _of(sampled(pose), subject)
    if not np.isfinite(values).any():
        raise DataError(
            f"{subject} is never seen twice in a row, so there is no motion energy",
            file=pose.source or None,
            recording=subject.recording,
            expected="frames that follow each other with an outline of the animal",
            todo="look at its boxes: boutwise predict --overlay, or take a recipe without "
            "'motion_energy'",
        )
    return {"usual": np.asarray(max(float(np.nanmedian(values)), LEAST_USUAL))}


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Motion energy in every frame.

    Columns: ``energy.<part>@<lag>s`` for ``front``, ``middle`` and ``rear`` and each lag; NaN in
    the first frames, and where the animal was not seen a lag before.

    Args:
        pose: With signals of motion energy.
        clock: Its clock.
        subject: The animal.
        constants: As measured over the whole recording; measured here when None.

    Raises:
        DataError: The track has no motion energy.
    """
    if constants is None:
        constants = _measured(pose, subject)
    values = np.log1p(GAIN * _of(pose, subject) / constants["usual"])
    columns = tuple(name.replace(SIGNALS, "energy.") for name in _names(pose))
    return FeatureTable(
        values.astype(np.float32)[None],
        (subject,),
        columns,
        ("log",) * len(columns),
        "motion_energy",
        VERSION,
    )


def _of(pose: PoseTrack, subject: Subject) -> Floats:
    """The signals of an animal, (frames, signals)."""
    animal = pose.index(subject.animal)
    return np.stack([pose.signals[name][:, animal] for name in _names(pose)], axis=1).astype(float)


def _names(pose: PoseTrack) -> list[str]:
    """The signals that are read.

    Raises:
        DataError: There are none.
    """
    names = sorted(name for name in pose.signals if name.startswith(SIGNALS))
    if not names:
        raise DataError(
            "this pose has no motion energy, and the feature set 'motion_energy' needs it",
            file=pose.source or None,
            expected="outlines, which are found in videos: prepare: [{detect: {}}, {outline: {}}]",
            todo="leave 'motion_energy' out of the features, or take the recipe 'video'",
        )
    return names
