"""Several bundles as one: whether they say the same things, and how their average is calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.bundle import Bundle
from boutwise.decision.calibration import Calibration, fit_calibration
from boutwise.decision.decision import Decision
from boutwise.decision.links import to_raw
from boutwise.errors import BundleError
from boutwise.types import Ethogram


@dataclass(frozen=True)
class Refit:
    """What was fitted anew to the average of several bundles.

    The mean of calibrated probabilities is less sure of itself than it may be: where one model is
    wrong the other is often right.

    Attributes:
        calibration: From the mean, as raw scores, to probabilities.
        decision: How the first bundle decides, with thresholds and worths of the average.
    """

    calibration: Calibration
    decision: Decision

    def apply(self, mean: NDArray[np.float32], ethogram: Ethogram) -> NDArray[np.float32]:
        """Calibrated probabilities of a mean, (frames, behaviors)."""
        return self.calibration.apply(to_raw(mean, ethogram), ethogram)


def fit_average(
    decision: Decision,
    means: Sequence[NDArray[np.float32]],
    states: Sequence[NDArray[np.int8]],
) -> Refit:
    """Fit calibration, thresholds and worths to averages of out-of-fold probabilities.

    Args:
        decision: Of the first bundle; its kind of calibration and its decoder are kept.
        means: Of each subject the mean over the bundles, (frames, behaviors).
        states: Of each subject the frame states, (frames, behaviors).
    """
    mean, truth = np.concatenate(list(means)), np.concatenate(list(states))
    ethogram = decision.ethogram
    raw = to_raw(mean, ethogram)
    calibration = fit_calibration(decision.calibration.kind, raw, truth, ethogram)
    return Refit(calibration, decision.fitted(calibration.apply(raw, ethogram), truth))


def columns_in(bundle: Bundle, first: Bundle) -> tuple[int, ...]:
    """For each behavior of the first bundle, its column in another one.

    Raises:
        BundleError: They do not predict the same behaviors, or not with the same exclusive groups.
    """
    mine, wanted = bundle.ethogram, first.ethogram
    if set(mine.names) != set(wanted.names):
        lacks = ", ".join(name for name in wanted.names if name not in mine.names)
        more = ", ".join(name for name in mine.names if name not in wanted.names)
        words = [f"it lacks {lacks}"] * bool(lacks) + [f"it has {more} besides"] * bool(more)
        raise _unlike(
            f"the bundles do not predict the same behaviors: {' and '.join(words)}", bundle, wanted
        )
    if _choices(mine) != _choices(wanted):
        raise _unlike("the bundles have other exclusive groups", bundle, wanted)
    scopes = [{b.name: b.scope for b in each.behaviors} for each in (mine, wanted)]
    if scopes[0] != scopes[1]:
        raise _unlike("the bundles predict behaviors of other scopes", bundle, wanted)
    return tuple(mine.names.index(name) for name in wanted.names)


def _choices(ethogram: Ethogram) -> set[tuple[frozenset[str], str]]:
    return {(frozenset(group.behaviors), group.background) for group in ethogram.groups}


def _unlike(what: str, bundle: Bundle, wanted: Ethogram) -> BundleError:
    groups = "; ".join(f"one of {', '.join(g.behaviors)}" for g in wanted.groups)
    return BundleError(
        what,
        file=bundle.path,
        expected=", ".join(wanted.names) + (f" ({groups})" if groups else ""),
        todo="predict with each of them on its own",
    )
