"""Scores of keypoints: how far a predicted point is from the true one, where it is visible.

A point that is visible and was not predicted (NaN) is no error of any size: it is counted as
missed, and its share stands beside the error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError
from boutwise.metrics._matching import ratio

DESCRIPTION = "mean absolute error and distance of visible keypoints, pixels; share missed"
PREDICTION = "positions"

Floats = NDArray[np.float64]


def measure(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], observed: NDArray[np.bool_]
) -> dict[str, float]:
    """Errors of the keypoints of one animal; see :class:`~boutwise.metrics.Metric`.

    >>> true, said = np.zeros((1, 2, 2)), np.array([[[3.0, 4.0], [9.0, 9.0]]])
    >>> measure(true, said, np.array([[True, False]]))
    {'mae_px': 3.5, 'distance_px': 5.0, 'missed_share': 0.0}
    """
    found = keypoint_errors(truth, predicted, observed)
    return {
        "mae_px": found.mae_px,
        "distance_px": found.distance_px,
        "missed_share": found.missed_share,
    }


@dataclass(frozen=True, eq=False)
class KeypointErrors:
    """Errors over all visible points that were predicted; NaN where there is none.

    Attributes:
        n_visible: Points that could be judged.
        missed_share: Share of them that were not predicted.
        mae_px: Mean absolute error of a coordinate, pixels.
        mae_normalized: The same in shares of the picture: x over its width, y over its height.
        distance_px: Mean distance between predicted and true point, pixels.
        by_keypoint: ``mae_px`` of each keypoint, (keypoints,).
    """

    n_visible: int
    missed_share: float
    mae_px: float
    mae_normalized: float
    distance_px: float
    by_keypoint: Floats


def keypoint_errors(
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    visible: NDArray[np.bool_],
    *,
    size_px: tuple[float, float] | None = None,
) -> KeypointErrors:
    """Compare keypoints.

    Args:
        truth: (frames, keypoints, 2), pixels; NaN counts as not visible.
        predicted: (frames, keypoints, 2), pixels; NaN where nothing was predicted.
        visible: (frames, keypoints).
        size_px: Width and height of the picture; without them nothing is normalized.

    Raises:
        UsageError: Shapes differ, or the size of the picture is not above 0.

    >>> true, said = np.zeros((1, 1, 2)), np.array([[[32.0, 12.0]]])
    >>> found = keypoint_errors(true, said, np.array([[True]]), size_px=(640, 480))
    >>> found.mae_px, round(found.mae_normalized, 4)
    (22.0, 0.0375)
    """
    if (
        truth.shape != predicted.shape
        or truth.shape[:2] != visible.shape
        or truth.shape[2:] != (2,)
    ):
        raise UsageError(
            f"truth, prediction and visibility have the shapes {truth.shape}, {predicted.shape} "
            f"and {visible.shape}",
            expected="(frames, keypoints, 2) twice, and (frames, keypoints)",
        )
    if size_px is not None and min(size_px) <= 0:
        raise UsageError(f"a picture of {size_px} pixels cannot be", expected="above 0")
    judged = visible & np.isfinite(truth).all(axis=-1)
    used = judged & np.isfinite(predicted).all(axis=-1)
    errors = np.where(used[..., None], np.abs(predicted.astype(np.float64) - truth), 0.0)
    n, counts = used.sum(), used.sum(axis=0)
    scaled = errors / (np.asarray(size_px, dtype=np.float64) if size_px is not None else np.nan)
    return KeypointErrors(
        n_visible=int(judged.sum()),
        missed_share=float(ratio(judged.sum() - n, judged.sum())),
        mae_px=float(ratio(errors.sum(), 2 * n)),
        mae_normalized=float(ratio(scaled.sum(), 2 * n)),
        distance_px=float(ratio(np.hypot(errors[..., 0], errors[..., 1]).sum(), n)),
        by_keypoint=ratio(errors.sum(axis=(0, 2)), 2 * counts),
    )
