"""Calibration: make a probability of .8 right in 8 of 10 frames.

Temperature scaling divides the raw scores of an exclusive group by one number; vector scaling
gives each class its own scale and bias (Guo et al., 2017). In between, one scale for all and a bias
for each class (Alexandari et al., 2020) sets right how common the classes are, where a network
learned from windows or weights that make rare ones common. An independent behavior gets a scale and
a bias (Platt, 1999). All are fitted on raw out-of-fold scores, before smoothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.combination import log_loss
from boutwise.decision.links import blocks, to_probabilities
from boutwise.types import Ethogram, FrameState

ENOUGH_FRAMES = 30
"""Fewer examples of a class than this do not bear a bias of its own."""


@dataclass(frozen=True)
class Calibration:
    """A scale and a bias for each behavior.

    Attributes:
        kind: ``none``, ``temperature``, ``bias``, ``vector`` or ``platt``; names what was fitted in
            exclusive groups (independent behaviors are always fitted by Platt's method).
        scale: One value a behavior.
        bias: One value a behavior.
    """

    kind: str
    scale: tuple[float, ...]
    bias: tuple[float, ...]

    def apply(self, raw: NDArray[np.float32], ethogram: Ethogram) -> NDArray[np.float32]:
        """Calibrated probabilities, (frames, behaviors)."""
        scaled = raw * np.asarray(self.scale, np.float32) + np.asarray(self.bias, np.float32)
        return to_probabilities(scaled, ethogram)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``calibrate.json``."""
        return {"kind": self.kind, "scale": list(self.scale), "bias": list(self.bias)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Calibration:
        """The inverse of :meth:`as_dict`."""
        return cls(data["kind"], tuple(data["scale"]), tuple(data["bias"]))


def fit_calibration(
    kind: str, raw: NDArray[np.float32], states: NDArray[np.int8], ethogram: Ethogram
) -> Calibration:
    """Fit on raw out-of-fold scores, (frames, behaviors), and their frame states."""
    scale, bias = np.ones(raw.shape[1]), np.zeros(raw.shape[1])
    for columns in blocks(ethogram) if kind != "none" else []:
        yes = states[:, columns] == FrameState.YES
        used = (states[:, columns] >= FrameState.NO).all(axis=1)
        if len(columns) > 1:  # a frame without any member is no example of a choice
            used &= yes.any(axis=1)
        truth = yes[used]
        if min(truth.any(axis=1).sum(), used.sum()) < ENOUGH_FRAMES:
            continue
        place = list(columns)
        own = "vector" if len(columns) == 1 else kind
        scale[place], bias[place] = _fit_block(raw[used][:, columns], truth, own)
    return Calibration(kind, tuple(scale.tolist()), tuple(bias.tolist()))


def _fit_block(
    raw: NDArray[np.float32], truth: NDArray[np.bool_], kind: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and bias of the columns of a block; a class of which too little is known gets none."""
    from scipy.optimize import minimize

    width = raw.shape[1]
    scales = width if kind == "vector" else 1
    enough = truth.sum(axis=0) >= ENOUGH_FRAMES
    biased = enough & (kind in ("bias", "vector"))

    def loss(values: NDArray[np.float64]) -> float:
        bias = np.zeros(width)
        bias[biased] = values[scales:]
        return log_loss(raw * np.exp(values[:scales]) + bias, truth)

    bounds = [(-3.0, 3.0)] * scales + [(-8.0, 8.0)] * int(biased.sum())
    found = minimize(loss, np.zeros(len(bounds)), bounds=bounds, method="L-BFGS-B")
    bias = np.zeros(width)
    bias[biased] = found.x[scales:]
    return np.exp(np.broadcast_to(found.x[:scales], (width,))), bias
