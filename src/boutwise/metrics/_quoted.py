"""The numbers that a rule of scoring is known by: they stand first.

One function a number (or a few of a kind). To add one: a function of :class:`Material` that gives
headlines, and its name in :data:`QUOTED`; then presets can name it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import frames
from boutwise.metrics._intervals import Estimate, Interval
from boutwise.metrics._score_rows import OrderScores
from boutwise.metrics._scores import BoutScores, FrameScores, Headline
from boutwise.metrics._scoring import Floats, Scoring, over_animals


@dataclass(frozen=True, eq=False)
class Material:
    """What was computed already.

    Attributes:
        scoring: Counts and options.
        frames: Scores over frames.
        bouts: Scores over bouts.
        order: The edit score, where order matters.
        average_precisions: Of each behavior, (behaviors,).
    """

    scoring: Scoring
    frames: FrameScores
    bouts: BoutScores
    order: OrderScores | None
    average_precisions: Floats


def macro_f1(material: Material) -> tuple[Headline, ...]:
    """Mean frame F1 over all behaviors."""
    ethogram = material.scoring.ethogram
    counts = material.scoring.by_animal.frames.sum(axis=0)
    n_defined, n_behaviors = int(np.isfinite(frames.f1(counts)).sum()), len(ethogram.names)
    how_many = f"{n_behaviors} behaviors"
    if n_defined < n_behaviors:
        how_many = f"the {n_defined} of {how_many} for which it is defined"
    background = ", background included" if ethogram.backgrounds else ""
    text = f"Mean F1 over {how_many}{background}"
    return (
        Headline(
            "macro_f1",
            f"{text}, {material.scoring.options.rows} of all recordings pooled",
            material.frames.macro_f1,
        ),
    )


def chosen_f1(material: Material) -> tuple[Headline, ...]:
    """Mean frame F1 over the chosen behaviors."""
    counts = frames.of_f1(material.scoring.by_animal.frames[:, material.scoring.chosen])
    text = f"Mean F1 over {_chosen(material)}, frames of all recordings pooled"
    return (Headline("chosen_f1", text, over_animals(counts, frames.macro_f1)),)


def chosen_average_precision(material: Material) -> tuple[Headline, ...]:
    """Mean average precision over the chosen behaviors."""
    values = material.average_precisions[material.scoring.chosen]
    text = f"Mean average precision over {_chosen(material)}, frames of all recordings pooled"
    reason = "none is made for an average precision"
    if not material.scoring.probabilities():
        reason = "the prediction has no probabilities"
    value = Estimate(float(frames.mean_defined(values)), Interval(reason=reason))
    return (Headline("chosen_average_precision", text, value),)


def _chosen(material: Material) -> str:
    names = material.scoring.options.chosen or material.scoring.ethogram.names
    return ", ".join(names)


def accuracy(material: Material) -> tuple[Headline, ...]:
    """Share of the frames, or trials, that are right."""
    text = f"Share of {material.scoring.options.rows} decided rightly"
    return (Headline("accuracy", text, material.frames.accuracy),)


def bout_f1(material: Material) -> tuple[Headline, ...]:
    """Bout F1 at each threshold, averaged as the rule says."""
    macro = material.scoring.options.matching.average == "macro"
    values = material.bouts.macro_f1 if macro else material.bouts.pooled_f1
    return tuple(
        Headline(f"bout_f1@{threshold:g}", f"Bout F1@{threshold:g}, {material.bouts.rule}", value)
        for threshold, value in zip(material.bouts.thresholds, values, strict=True)
    )


def edit_score(material: Material) -> tuple[Headline, ...]:
    """Edit score, 0 to 100, mean over recordings."""
    spread = None if material.order is None else material.order.edit_score
    value = math.nan if spread is None else spread.mean
    interval = Interval(reason="it is a mean over recordings; see 'order'")
    text = "Edit score (order of the bouts, 0 to 100), mean over recordings"
    return (Headline("edit_score", text, Estimate(value, interval)),)


def lab_f1(material: Material) -> tuple[Headline, ...]:
    """Mean over labs of the mean F1 over the behaviors of a lab."""
    scoring = material.scoring
    labs = scoring.by_stratum.keys
    animals = scoring.by_animal.keys
    counts: NDArray[np.int64] = np.zeros(
        (len(animals), len(labs), len(scoring.ethogram.names), 4), dtype=np.int64
    )
    # An animal keeps its frames apart by lab, so that leaving it out leaves it out of each.
    for item, row in zip(scoring.items, scoring.counts.frames, strict=True):
        lab = scoring.options.strata.get(item.subject.recording, "")
        counts[animals.index(item.animal), labs.index(lab)] += row

    def mean(rows: Floats) -> Floats:
        return frames.mean_defined(frames.macro_f1(rows))

    text = f"Mean over {len(labs)} labs of the mean F1 over the actions of each"
    return (Headline("lab_f1", text, over_animals(frames.of_f1(counts), mean)),)


QUOTED: dict[str, Callable[[Material], tuple[Headline, ...]]] = {
    rule.__name__: rule
    for rule in (
        macro_f1,
        chosen_f1,
        chosen_average_precision,
        accuracy,
        bout_f1,
        edit_score,
        lab_f1,
    )
}
"""Name -> the numbers."""


def quoted(material: Material, names: Sequence[str]) -> tuple[Headline, ...]:
    """The numbers of these names, in order."""
    return tuple(headline for name in names for headline in QUOTED[name](material))
