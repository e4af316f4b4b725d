"""One decision: combine, calibrate, smooth, decide, drop what is too short."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.decision.calibration import Calibration, fit_calibration
from boutwise.decision.combination import Combination, fit_combination
from boutwise.decision.links import blocks
from boutwise.decision.smoothing import drop_short, smoothed
from boutwise.types import Ethogram, FrameState
from boutwise.types.recipe import Recipe

FILES = ("combine.json", "calibrate.json", "decode.json")


@dataclass(frozen=True)
class Decision:
    """Everything between raw scores and bouts, fitted.

    Attributes:
        ethogram: Behaviors and groups.
        combination: How members are combined.
        calibration: From raw scores to probabilities.
        smooth_s: Length of the moving mean, seconds; or behavior -> length.
        decider: Name of the decoder.
        options: Options of the decoder.
        thresholds: Behavior -> threshold: of independent ones, and of all where the decoder finds
            them itself.
        worths: Behavior of a group -> worth, where the decoder finds them.
        shortest_s: Behavior -> shortest bout, seconds.
    """

    ethogram: Ethogram
    combination: Combination
    calibration: Calibration
    smooth_s: float | Mapping[str, float] = 0.0
    decider: str = "most_likely"
    options: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    shortest_s: Mapping[str, float] = field(default_factory=dict)
    worths: Mapping[str, float] = field(default_factory=dict)

    def probabilities(
        self, members: Sequence[NDArray[np.float32]], fps: float
    ) -> NDArray[np.float32]:
        """Calibrated, smoothed probabilities of the raw scores of all members."""
        raw = self.combination.apply(members, self.ethogram)
        chances = self.calibration.apply(raw, self.ethogram)
        return smoothed(chances, self.ethogram, self.smooth_s, fps)

    def decide(self, probabilities: NDArray[np.float32], fps: float) -> NDArray[np.bool_]:
        """What the bundle says of each frame, (frames, behaviors)."""
        part = registry.load("decoder", self.decider)
        options = dict(self.options)
        if self.worths:
            options["worths"] = self.worths
        decided = part.decide(
            probabilities, self.ethogram, fps, thresholds=self.thresholds, **options
        )
        shortest = {name: max(1, round(seconds * fps)) for name, seconds in self.shortest_s.items()}
        return drop_short(decided, probabilities, self.ethogram, shortest)

    def fitted(self, probabilities: NDArray[np.float32], states: NDArray[np.int8]) -> Decision:
        """The same with thresholds, and worths, found anew.

        Args:
            probabilities: Calibrated and smoothed, of frames that were not trained on, (frames,
                behaviors).
            states: Frame states of the same.
        """
        thresholds, worths = fit_thresholds(probabilities, states, self.ethogram), {}
        part = registry.load("decoder", self.decider)
        if hasattr(part, "fit"):
            of_groups, worths = part.fit(probabilities, states >= FrameState.NO, self.ethogram)
            thresholds |= of_groups
        return replace(self, thresholds=thresholds, worths=worths)

    def save(self, directory: Path) -> None:
        """Write ``combine.json``, ``calibrate.json`` and ``decode.json``."""
        lengths = self.smooth_s
        decode = {
            "smooth_s": dict(lengths) if isinstance(lengths, Mapping) else lengths,
            "decider": self.decider,
            "options": dict(self.options),
            "thresholds": dict(self.thresholds),
            "shortest_s": dict(self.shortest_s),
            "worths": dict(self.worths),
        }
        contents = (self.combination.as_dict(), self.calibration.as_dict(), decode)
        for name, content in zip(FILES, contents, strict=True):
            (directory / name).write_text(json.dumps(content, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path, ethogram: Ethogram) -> Decision:
        """The inverse of :meth:`save`."""
        combine, calibrate, decode = (
            json.loads((directory / name).read_text(encoding="utf-8")) for name in FILES
        )
        return cls(
            ethogram, Combination.from_dict(combine), Calibration.from_dict(calibrate), **decode
        )


def fit_decision(
    recipe: Recipe,
    ethogram: Ethogram,
    members: Sequence[Sequence[NDArray[np.float32]]],
    states: Sequence[NDArray[np.int8]],
    fps: Sequence[float],
) -> Decision:
    """Fit combiner, calibration and thresholds on out-of-fold scores.

    Args:
        recipe: A resolved recipe, without ``auto``.
        ethogram: Behaviors and groups.
        members: For each member the raw scores of each subject, (frames, behaviors).
        states: Frame states of each subject, (frames, behaviors).
        fps: Frame rate of each subject.
    """
    truth = np.concatenate(list(states))
    stacked = [np.concatenate(list(subjects)) for subjects in members]
    combination = fit_combination(recipe.combine, stacked, truth, ethogram)
    calibration = fit_calibration(
        recipe.calibrate, combination.apply(stacked, ethogram), truth, ethogram
    )
    smooth_s = recipe.decode.smooth.seconds
    shortest = recipe.decode.minimum_duration
    if isinstance(smooth_s, str) or shortest == "auto":
        raise ValueError("a decision is fitted from a plan, in which nothing is left to 'auto'")
    decision = Decision(
        ethogram,
        combination,
        calibration,
        smooth_s=smooth_s,
        decider=recipe.decode.decider.part,
        options=recipe.decode.decider.options,
        shortest_s=_shortest(shortest, ethogram),
    )
    chances = [
        decision.probabilities([subjects[place] for subjects in members], rate)
        for place, rate in enumerate(fps)
    ]
    return decision.fitted(np.concatenate(chances), truth)


def _shortest(minimum: str | float | Mapping[str, float], ethogram: Ethogram) -> dict[str, float]:
    if isinstance(minimum, str):
        return {}
    if isinstance(minimum, Mapping):
        return dict(minimum)
    return dict.fromkeys(ethogram.names, float(minimum))


def fit_thresholds(
    probabilities: NDArray[np.float32], states: NDArray[np.int8], ethogram: Ethogram
) -> dict[str, float]:
    """For each independent behavior the threshold with the best frame F1."""
    thresholds: dict[str, float] = {}
    for columns in blocks(ethogram):
        if len(columns) > 1:
            continue
        column = columns[0]
        known = states[:, column] >= FrameState.NO
        truth = states[known, column] == FrameState.YES
        order = np.argsort(-probabilities[known, column], kind="stable")
        hits = np.cumsum(truth[order])
        if len(hits) == 0 or hits[-1] == 0:
            continue
        f1 = 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])
        best = probabilities[known, column][order][int(f1.argmax())]
        thresholds[ethogram.names[column]] = float(np.clip(best, 0.02, 0.98))
    return thresholds
