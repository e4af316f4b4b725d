"""How large an animal is, and for how long something is gone: what several parts need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError
from boutwise.types import PoseTrack

SAMPLED_FRAMES = 2000
"""Frames from which the size of an animal is taken, evenly spaced."""


def body_lengths(pose: PoseTrack) -> NDArray[np.float64]:
    """Length of each animal, (animals,), in the unit of the pose.

    From nose to tail base where both have their roles; otherwise the largest distance between two
    of its keypoints. The median over frames; 0 for an animal that is never seen.
    """
    step = max(1, pose.n_frames // SAMPLED_FRAMES)
    positions = pose.positions[::step].astype(np.float64)
    nose, tail = pose.by_role("nose"), pose.by_role("tail_base")
    if nose is not None and tail is not None:
        lengths = np.linalg.norm(positions[:, :, nose] - positions[:, :, tail], axis=-1)
    else:
        apart = positions[:, :, :, None] - positions[:, :, None]
        distances = np.linalg.norm(apart, axis=-1)
        lengths = np.where(np.isnan(distances), -np.inf, distances).max(axis=(2, 3))
        lengths = np.where(np.isfinite(lengths), lengths, np.nan)
    seen = np.isfinite(lengths).any(axis=0)
    found = np.zeros(len(pose.animals))
    found[seen] = np.nanmedian(lengths[:, seen], axis=0)
    return found


def runs_of_absence(
    n_frames: int, fps: float, rng: np.random.Generator, *, share: float, seconds: float
) -> NDArray[np.bool_]:
    """Frames in which something is gone, in runs of exponential length, (frames,).

    Args:
        n_frames: Length of the recording.
        fps: Its rate.
        rng: Everything random.
        share: Share of the frames that is gone, on average (a little less where runs overlap).
        seconds: Mean length of a run.
    """
    gone = np.zeros(n_frames, dtype=bool)
    mean = max(1.0, seconds * fps)
    for _ in range(rng.poisson(share * n_frames / mean)):
        start = int(rng.integers(n_frames))
        gone[start : start + max(1, round(rng.exponential(mean)))] = True
    return gone


def refuse(part: str, **limits: tuple[float, float, float]) -> None:
    """Refuse an option that is out of its range.

    Args:
        part: Name of the part.
        limits: Option -> its value, the least and the most that is allowed.

    Raises:
        UsageError: Naming it.
    """
    for name, (value, least, most) in limits.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not (least <= value <= most)
        ):
            raise UsageError(
                f"{part}: '{name}' cannot be {value!r}",
                expected=f"a number from {least:g} to {most:g}",
            )
