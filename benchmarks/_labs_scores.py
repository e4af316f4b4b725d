"""Scores of ``labs.py``: of each lab, and of one kind of models less another on the same pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from _rows import ends
from numpy.typing import NDArray

from boutwise.metrics import ScoredSubject, frames, score_recordings
from boutwise.metrics._intervals import difference
from boutwise.synthetic.pairs.labs import LAB_ETHOGRAM, LABS
from boutwise.types import FrameState

COMPARED = (
    ("all labs", "one a lab"),
    ("unseen lab", "one a lab"),
    ("unseen lab", "all labs"),
    ("all, told", "all labs"),
    ("all labs, more", "all labs"),
    ("all labs, more", "one a lab"),
    ("unseen lab, more", "all labs, more"),
    ("all, told, more", "all labs, more"),
)


def lab_of(item: ScoredSubject) -> str:
    return item.subject.animal.split("_", 1)[0]


def looked_for(lab: str) -> list[str]:
    """The behaviors of a lab, in the order of the ethogram."""
    return [name for name in LAB_ETHOGRAM.names if name in LABS[lab].behaviors]


def of_lab(items: Sequence[ScoredSubject], lab: str) -> dict[str, Any]:
    """The scores of one lab over the behaviors that it looks for."""
    mine = [item for item in items if lab_of(item) == lab]
    ethogram = LAB_ETHOGRAM.only(looked_for(lab))
    scores = score_recordings(mine, ethogram)
    by_seed: dict[str, list[ScoredSubject]] = {}
    for item in mine:
        by_seed.setdefault(item.animal.split("/")[0], []).append(item)
    each = [score_recordings(of_it, ethogram) for of_it in by_seed.values()]
    return {
        **ends("macro_f1", scores.frames.macro_f1),
        "by_seed": [round(one.frames.macro_f1.value, 4) for one in each],
        "behaviors": {b.name: round(b.f1.value, 4) for b in scores.behaviors},
    }


def differences(
    found: Mapping[str, Sequence[ScoredSubject]], labs: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of :data:`COMPARED`: the mean over labs, with its interval over pairs of animals."""
    counts = {kind: _counts(items, labs) for kind, items in found.items()}
    rows = []
    for first, second in COMPARED:
        if first in counts and second in counts:
            _, _, less = difference(counts[first], counts[second], _mean_over_labs(len(labs)))
            rows.append({"model": first, "less": second, **ends("difference", less)})
    return rows


def _counts(items: Sequence[ScoredSubject], labs: Sequence[str]) -> NDArray[np.float64]:
    """Frames by outcome, (pairs, labs x behaviors x 4); a pair has none in the labs of others."""
    names = LAB_ETHOGRAM.names
    pairs = sorted({item.animal for item in items})
    counts = np.zeros((len(pairs), len(labs), len(names), 4))
    for item in items:
        lab = lab_of(item)
        places = [names.index(name) for name in looked_for(lab)]
        observed = item.truth >= FrameState.NO
        found = frames.binary_counts(item.truth == FrameState.YES, item.decided, observed)
        counts[pairs.index(item.animal), labs.index(lab), places] += found
    return counts.reshape(len(pairs), -1)


def _mean_over_labs(n_labs: int) -> Any:
    def statistic(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        apart = counts.reshape(*counts.shape[:-1], n_labs, len(LAB_ETHOGRAM.names), 4)
        return np.asarray(np.mean(frames.macro_f1(apart), axis=-1))

    return statistic
