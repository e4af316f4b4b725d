"""Combine the members of an ensemble into one raw score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.links import ROWS, blocks, to_probabilities, to_raw
from boutwise.types import Ethogram, FrameState


@dataclass(frozen=True)
class Combination:
    """How members are combined.

    Attributes:
        kind: ``mean`` (of the members' probabilities) or ``logistic`` (weighted sum of raw
            scores with a bias, one weight a member and block, fitted out of fold).
        weights: For ``logistic``: for each block, one weight a member.
    """

    kind: str = "mean"
    weights: tuple[tuple[float, ...], ...] = ()

    def apply(
        self, members: Sequence[NDArray[np.float32]], ethogram: Ethogram
    ) -> NDArray[np.float32]:
        """One raw score of several, each (frames, behaviors)."""
        if len(members) == 1:
            return members[0]
        combined = np.zeros(members[0].shape, dtype=np.float32)
        if self.kind == "mean":
            for start in range(0, len(combined), ROWS):
                rows = slice(start, start + ROWS)
                chances = [to_probabilities(raw[rows], ethogram) for raw in members]
                combined[rows] = to_raw(np.mean(chances, axis=0), ethogram)
            return combined
        for columns, weights in zip(blocks(ethogram), self.weights, strict=True):
            for raw, weight in zip(members, weights, strict=True):
                combined[:, columns] += np.float32(weight) * raw[:, columns]
        return combined

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``combine.json``."""
        return {"kind": self.kind, "weights": [list(row) for row in self.weights]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Combination:
        """The inverse of :meth:`as_dict`."""
        return cls(data["kind"], tuple(tuple(row) for row in data["weights"]))


def fit_combination(
    kind: str,
    members: Sequence[NDArray[np.float32]],
    states: NDArray[np.int8],
    ethogram: Ethogram,
) -> Combination:
    """Fit the combiner on out-of-fold raw scores.

    Args:
        kind: ``mean`` needs no fit; ``logistic`` minimises the log loss over one non-negative
            weight a member and block.
        members: Raw scores of each member, (frames, behaviors).
        states: Frame states, (frames, behaviors).
        ethogram: Behaviors and groups.
    """
    if kind == "mean" or len(members) == 1:
        return Combination("mean")
    from scipy.optimize import minimize

    weights = []
    for columns in blocks(ethogram):
        stack = np.stack([raw[:, columns] for raw in members])
        used = (states[:, columns] >= FrameState.NO).all(axis=1)
        truth = states[used][:, columns] == FrameState.YES

        def loss(
            weight: NDArray[np.float64],
            scores: NDArray[np.float32] = stack[:, used],
            truth: NDArray[np.bool_] = truth,
        ) -> float:
            return log_loss(np.tensordot(weight, scores, axes=1), truth)

        start = np.full(len(members), 1 / len(members))
        found = minimize(loss, start, bounds=[(0, 5)] * len(members), method="L-BFGS-B")
        weights.append(tuple(float(value) for value in found.x))
    return Combination("logistic", tuple(weights))


def log_loss(raw: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Mean log loss of the raw scores of one block.

    Args:
        raw: (frames, members of the block); one column = an independent behavior.
        truth: The same shape; in an exclusive group exactly one column is set.
    """
    if raw.shape[0] == 0:
        return 0.0
    scores = np.asarray(raw, dtype=np.float64)
    if scores.shape[1] == 1:
        signed = np.where(truth[:, 0], scores[:, 0], -scores[:, 0])
        return float(np.logaddexp(0, -signed).mean())
    peak = scores.max(axis=1)
    total = np.log(np.exp(scores - peak[:, None]).sum(axis=1)) + peak
    return float((total - (scores * truth).sum(axis=1)).mean())
