"""How much an animal stirs inside its outline, compared with what is usual for it.

Of videos only: outlines (``prepare: [{outline: {}}]``) measure how much the picture of the front,
the middle and the rear of a body changes over short lags. How large that is depends on coat, light
and zoom, so it counts in what is usual for the animal: its median over the recording, parts and
lags. The logarithm keeps a shake of the whole body from hiding the strokes of a paw. A pair has the
columns of the agent, and with the prefix ``other:`` those of the target in what is usual for it.

Source: motion energy as in Facemap (Stringer et al. 2019, Science 364:255); the parts, lags and
scale are our own, chosen on four drawn animals, each left out in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from boutwise.errors import DataError
from boutwise.features._between import OTHER
from boutwise.features._body import Floats
from boutwise.features._fixed import sampled
from boutwise.features._mirror import exchange_by_names
from boutwise.types import FeatureTable, FrameClock, Mirror, PoseTrack, Subject

VERSION = 1
DESCRIPTION = "how much a body stirs inside its outline, by its parts; of videos only"
SCOPES = ("individual", "directed")
INVARIANCES = ("translation", "rotation", "scale", "time_stretch")
NEEDED_ROLES: tuple[tuple[str, ...], ...] = ()

SIGNALS = "motion_energy."
"""Signals of a track that begin so are read; only outlines have them."""
GAIN = 5.0
"""What is usual becomes log(1 + this), and nothing 0."""
LEAST_USUAL = 1e-4
"""Shares of the strongest difference; a picture that is as good as frozen is not blown up."""


def mirror(columns: Sequence[str]) -> Mirror | None:
    """Nothing changes: no part has a side."""
    return Mirror(tuple(range(len(columns))), (1.0,) * len(columns))


def exchange(columns: Sequence[str]) -> Mirror | None:
    """What becomes of the columns of a pair when agent and target change places."""
    return exchange_by_names(columns, _of_other, lambda name: False)


def margin_frames(clock: FrameClock) -> int:
    """No context is needed: the lags are in what is measured."""
    return 0


def constants(pose: PoseTrack, clock: FrameClock, subject: Subject) -> dict[str, Floats]:
    """What is measured once over a whole recording.

    Returns:
        ``usual`` (animals of the subject,): the median of all parts and lags of each.

    Raises:
        DataError: The track has no motion energy, or none was seen of an animal.
    """
    return _measured(pose, subject)


def _measured(pose: PoseTrack, subject: Subject) -> dict[str, Floats]:
    some = sampled(pose)
    return {"usual": np.array([_usual(some, animal, subject) for animal in _animals(subject)])}


def _usual(pose: PoseTrack, animal: str, subject: Subject) -> float:
    values = _of(pose, animal)
    if not np.isfinite(values).any():
        raise DataError(
            f"{animal} is never seen twice within a lag, so there is no motion energy",
            file=pose.source or None,
            recording=subject.recording,
            expected="frames that follow each other with an outline of the animal",
            todo="look at its boxes: boutwise predict --overlay, or take a recipe without "
            "'motion_energy'",
        )
    return max(float(np.nanmedian(values)), LEAST_USUAL)


def compute(
    pose: PoseTrack,
    clock: FrameClock,
    subject: Subject,
    constants: Mapping[str, Floats] | None = None,
) -> FeatureTable:
    """Motion energy in every frame.

    Columns: ``energy.<part>@<lag>s`` for ``front``, ``middle`` and ``rear`` and each lag; NaN in
    the first frames, and where the animal was not seen a lag before. Of a pair those of the agent,
    then those of the target.

    Args:
        pose: With signals of motion energy.
        clock: Its clock.
        subject: The animal, and its target if there is one.
        constants: As measured over the whole recording; measured here when None.

    Raises:
        DataError: The track has no motion energy.
    """
    if constants is None:
        constants = _measured(pose, subject)
    energies = [_of(pose, animal) for animal in _animals(subject)]
    values = np.concatenate(
        [each / usual for each, usual in zip(energies, constants["usual"], strict=True)], axis=1
    )
    own = tuple(name.replace(SIGNALS, "energy.") for name in _names(pose))
    columns = own + (tuple(map(_of_other, own)) if subject.target else ())
    return FeatureTable(
        np.log1p(GAIN * values).astype(np.float32)[None],
        (subject,),
        columns,
        ("log",) * len(columns),
        "motion_energy",
        VERSION,
    )


def _animals(subject: Subject) -> list[str]:
    return [name for name in (subject.animal, subject.target) if name]


def _of_other(name: str) -> str:
    """The column that says the same of the other animal."""
    return name.removeprefix(OTHER) if name.startswith(OTHER) else OTHER + name


def _of(pose: PoseTrack, animal: str) -> Floats:
    """The signals of an animal, (frames, signals)."""
    place = pose.index(animal)
    return np.stack([pose.signals[name][:, place] for name in _names(pose)], axis=1).astype(float)


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
