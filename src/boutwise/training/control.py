"""The null control: the same protocol on labels that cannot be learned.

The labels of each subject are shifted circularly by a large offset, so that bouts, shares and
lengths stay and only their tie to the animal's movement is cut. A cheap learner that still scores
above chance on them has seen its test frames: the split leaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.decision.links import blocks, to_probabilities
from boutwise.metrics import frames, student_quantile
from boutwise.planning import Plan
from boutwise.training.snapshot import Snapshot
from boutwise.types.recipe import TreesMember

ROUNDS, EPOCHS = 40, 4
LEAK = 0.03
"""Macro-F1 above chance from which the control speaks of a leak."""
SHIFT = (0.35, 0.65)
"""The shift is a random share of the recording's length between these two."""


def control_plan(plan: Plan) -> Plan:
    """The plan with its first member made cheap: fewer rounds, or fewer epochs."""
    member = plan.recipe.members[0]
    if isinstance(member, TreesMember):
        rounds = member.optim.rounds if isinstance(member.optim.rounds, int) else ROUNDS
        optim = {"rounds": min(ROUNDS, rounds)}
    else:
        epochs = member.optim.epochs if isinstance(member.optim.epochs, int) else EPOCHS
        optim = {"epochs": min(EPOCHS, epochs)}
    cheap = member.model_copy(update={"optim": member.optim.model_copy(update=optim)})
    recipe = plan.recipe.model_copy(update={"members": [cheap]})
    return replace(plan, recipe=recipe)


def shift_labels(snapshot: Snapshot, *, seed: int = 0) -> Snapshot:
    """The snapshot with each subject's labels shifted circularly; seeded by the subject.

    Shares of votes go along with the labels that they belong to. The answers of whole trials are
    dealt anew among the trials of the subject: experiments often give stimuli in the same order,
    and a shift of that order could be learned.
    """
    states, votes = {}, {}
    if snapshot.of_trials:
        for subject, mine in snapshot.states.items():
            words = str(subject).encode("utf-8")
            states[subject] = np.random.default_rng([seed, *words]).permutation(mine)
        return replace(snapshot, states=states)
    for subject, mine in snapshot.states.items():
        words = str(subject).encode("utf-8")
        share = np.random.default_rng([seed, *words]).uniform(*SHIFT)
        offset = round(share * len(mine))
        states[subject] = np.roll(mine, offset, axis=0)
        if subject in snapshot.shares:
            votes[subject] = np.roll(snapshot.shares[subject], offset, axis=0)
    return replace(snapshot, states=states, shares=votes)


def judge(
    raw: Sequence[NDArray[np.float32]],
    states: Sequence[NDArray[np.int8]],
    units: Sequence[str],
    snapshot: Snapshot,
) -> dict[str, Any]:
    """Compare the control's macro-F1 with chance.

    Chance is what a prediction that says each behavior of each subject as often as the control
    does, but at random, would score: a behavior shown in a share p of n frames and said in a share
    q is said rightly in n p q. The counts of an animal's subjects are added up after that, because
    a shift leaves every subject its shares: that a resident attacks more often than an intruder
    can be learned without any leak. The difference is taken within each animal.

    Args:
        raw: Out-of-fold raw scores of the control, one (frames, behaviors) a subject.
        states: Shifted labels, the same shape.
        units: Animal of each subject.
        snapshot: For the ethogram.

    Returns:
        ``macro_f1`` and ``chance`` (means over animals), ``excess`` with its 95 % interval
        ``low`` and ``high`` (None below 3 animals), ``leaks``, and ``text``; all numbers are
        None where no animal has a score.
    """
    names = sorted(set(units))
    scored = np.zeros((len(names), len(snapshot.ethogram.names), 4))
    at_random = np.zeros_like(scored)
    for scores, truth, unit in zip(raw, states, units, strict=True):
        counts = _counts(scores, truth, snapshot)
        scored[names.index(unit)] += counts
        at_random[names.index(unit)] += _by_chance(counts)
    f1, chance = frames.macro_f1(scored), frames.macro_f1(at_random)
    excess = f1 - chance
    defined = np.isfinite(excess)
    excess, n = excess[defined], int(defined.sum())
    if n == 0:
        return _untold()
    mean, low, high = float(excess.mean()), None, None
    if n >= 3:
        width = student_quantile(0.975, n - 1) * float(excess.std(ddof=1))
        low, high = mean - width / n**0.5, mean + width / n**0.5
    leaks = _above_chance(mean, low)
    verdict = _verdict(mean, low, dead=bool(np.allclose(scored, at_random)), n=n)
    return {
        "macro_f1": float(f1[defined].mean()),
        "chance": float(chance[defined].mean()),
        "excess": mean,
        "low": low,
        "high": high,
        "leaks": leaks,
        "text": f"null control ({_how(snapshot)}): {verdict}",
    }


def _verdict(mean: float, low: float | None, *, dead: bool, n: int) -> str:
    """What the difference says.

    Args:
        mean: How far the score is above chance; ``low`` the lower end of its interval.
        low: None below three animals.
        dead: Whether the answers within each subject never vary with its labels, as of a network
            that names one behavior only: such answers are at chance whether frames leak or not.
        n: Of so many animals.
    """
    if _above_chance(mean, low):
        return "above chance on labels that cannot be learned: the split LEAKS"
    if dead:
        return (
            "it cannot tell whether frames leak, because its model gave all frames of a subject "
            "the same answer"
        )
    if mean > LEAK:
        return (
            f"{mean:.2f} above chance, and with {n} animals or groups it cannot be told whether "
            "by luck or because frames leak"
        )
    return "at chance, as it must be: no leak of frames was found"


def _above_chance(mean: float, low: float | None) -> bool:
    return mean > LEAK and (low is None or low > 0)


def _how(snapshot: Snapshot) -> str:
    if snapshot.of_trials:
        return "answers dealt anew among the trials of each animal"
    return "labels shifted within each recording"


def _untold() -> dict[str, Any]:
    words = "null control: it tells nothing here, because no animal shows or is given a behavior"
    numbers = dict.fromkeys(("macro_f1", "chance", "excess", "low", "high"))
    return {**numbers, "leaks": False, "text": words}


def _counts(
    raw: NDArray[np.float32], truth: NDArray[np.int8], snapshot: Snapshot
) -> NDArray[np.float64]:
    """tp, fp, fn, tn of each behavior, (behaviors, 4)."""
    said = np.zeros(raw.shape, dtype=bool)
    probabilities = to_probabilities(raw, snapshot.ethogram)
    for columns in blocks(snapshot.ethogram):
        if len(columns) == 1:
            said[:, columns[0]] = probabilities[:, columns[0]] >= 0.5
        else:
            best = np.asarray(columns)[probabilities[:, columns].argmax(axis=1)]
            said[np.arange(len(best)), best] = True
    known, yes = truth >= 0, truth == 1
    counts = np.zeros((raw.shape[1], 4))
    for place, cell in (
        (frames.TP, said & yes),
        (frames.FP, said & ~yes),
        (frames.FN, ~said & yes),
        (frames.TN, ~said & ~yes),
    ):
        counts[:, place] = (cell & known).sum(axis=0)
    return counts


def _by_chance(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """tp, fp, fn, tn of a random prediction with the same shares in one subject, (behaviors, 4)."""
    total = counts.sum(axis=1)
    shown = counts[:, frames.TP] + counts[:, frames.FN]
    said = counts[:, frames.TP] + counts[:, frames.FP]
    right = shown * said / np.maximum(total, 1)
    expected = np.zeros_like(counts)
    expected[:, frames.TP] = right
    expected[:, frames.FP], expected[:, frames.FN] = said - right, shown - right
    expected[:, frames.TN] = total - shown - said + right
    return expected
