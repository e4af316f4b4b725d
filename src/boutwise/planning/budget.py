"""What can be trained in a given time: the recipe is widened or narrowed until it fits.

Pure arithmetic on what was measured on this very machine (:class:`Pace`, measured by
``training.pace``). The choice is made once, when the plan is made, and is frozen in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from boutwise.errors import RecipeError
from boutwise.planning.folds import Fold
from boutwise.planning.plan import Plan
from boutwise.project.splits import folds_by
from boutwise.types.recipe import NetworkMember, Recipe, TreesMember

Member = TreesMember | NetworkMember

MOST_COPIES = 5
"""Fits of a member with different seeds, at most: more of them change little and predict slower."""
SHORTENED = (0.75, 0.5, 0.35, 0.25)
"""Shares of the rounds or epochs with which a member that does not fit is tried."""
FEWEST_FOLDS = 3
RESERVE = 0.06
"""Share of the budget for what is not counted: scores, report, files, and what else runs here."""


@dataclass(frozen=True)
class Pace:
    """How fast one member is trained and scored here; seconds of one process.

    Attributes:
        start_s: To start the process and load what it needs.
        frame_s: To get one training frame ready.
        step_s: One round or epoch, for each training frame.
        score_s: To score one frame.
    """

    start_s: float
    frame_s: float
    step_s: float
    score_s: float

    def unit_s(self, steps: int, trained: float, tested: float) -> float:
        """Seconds of one fold: a fit of ``steps`` on ``trained`` frames, ``tested`` are scored."""
        fit_s = trained * (self.frame_s + steps * self.step_s)
        return self.start_s + fit_s + tested * self.score_s


@dataclass(frozen=True)
class Work:
    """What the time of a run depends on beside the plan.

    Attributes:
        paces: Of the members of the full recipe, in order.
        frames: Group -> frames to learn from, without what is held out.
        workers: Processes side by side.
        control_steps: Rounds or epochs of the null control.
    """

    paces: tuple[Pace, ...]
    frames: dict[str, int]
    workers: int
    control_steps: int


def steps_of(member: Member) -> int:
    """Rounds of trees, epochs of a network."""
    optim = member.optim
    return int(optim.rounds if isinstance(member, TreesMember) else optim.epochs)  # type: ignore[union-attr]


def predicted_s(plan: Plan, work: Work, origin: Sequence[int]) -> float:
    """Wall time of training a plan, seconds: its units on the workers in the order of the pool.

    Args:
        plan: A plan.
        work: What was measured.
        origin: For each member of the plan its place in the full recipe.
    """
    total = sum(work.frames.values())
    members = list(zip(plan.recipe.members, origin, strict=True))
    tested = [_tested(fold, work, len(plan.folds)) for fold in plan.folds]
    folds = [
        work.paces[place].unit_s(steps_of(member), total - apart, apart)
        for apart in tested
        for member, place in members
    ]
    first = work.paces[origin[0]]
    steps = min(work.control_steps, steps_of(plan.recipe.members[0]))
    folds += [first.unit_s(steps, total - apart, apart) for apart in tested]
    final = [work.paces[place].unit_s(steps_of(member), total, 0) for member, place in members]
    return _side_by_side(folds, work.workers) + _side_by_side(final, work.workers)


def _tested(fold: Fold, work: Work, n_folds: int) -> float:
    mine = [work.frames[group] for group in fold.test if group in work.frames]
    # A split by random frame or window names no groups: its folds are equal.
    return sum(mine) if mine else sum(work.frames.values()) / n_folds


def _side_by_side(seconds: Sequence[float], workers: int) -> float:
    """When the last of some tasks ends that are started in order on free workers."""
    free = [0.0] * max(1, workers)
    for each in seconds:
        place = free.index(min(free))
        free[place] += each
    return max(free)


def fit_budget(plan: Plan, work: Work, *, spent_s: float) -> Plan:
    """The richest variant of a plan that is trained within its ``budget_minutes``.

    Richer than the recipe: members are fitted several times with other seeds and averaged. Poorer:
    members are left out from the last one on, then rounds or epochs are cut, then folds.

    Args:
        plan: Of the whole recipe.
        work: What was measured.
        spent_s: Seconds that are gone already.

    Raises:
        RecipeError: Not even the smallest variant fits.
    """
    minutes = float(plan.recipe.budget_minutes)
    left_s = 60 * minutes * (1 - RESERVE) - spent_s
    needed = 0.0
    for variant, origin, words in _variants(plan, work):
        needed = predicted_s(variant, work, origin)
        if needed <= left_s:
            expected = (spent_s + needed) / (1 - RESERVE) / 60
            reason = f"{words}; expected to take {expected:.1f} of {minutes:g} minutes here"
            reasons = variant.reasons | {"budget_minutes": reason}
            return replace(variant, reasons=reasons, asked=plan.key())
    smallest = (spent_s + needed) / (1 - RESERVE) / 60
    raise RecipeError(
        f"nothing of the recipe '{plan.recipe.name}' can be trained in {minutes:g} minutes",
        expected=f"at least {smallest:.1f} minutes on this machine, with {work.workers} workers",
        todo="raise budget_minutes, choose a smaller recipe, or leave the budget out",
    )


def _variants(plan: Plan, work: Work) -> Iterator[tuple[Plan, list[int], str]]:
    """Variants from the richest to the poorest, with the origin of their members, and words."""
    n = len(plan.recipe.members)
    for origin in _with_copies(n):
        words = f"{len(origin)} fits in place of {n}: members are fitted again with other seeds"
        yield _with_members(plan, origin), origin, words
    yield plan, list(range(n)), "the whole recipe fits"
    for kept in range(n - 1, 0, -1):
        left_out = f"members {kept} to {n - 1}" if n - kept > 1 else f"member {n - 1}"
        words = f"{left_out} left out to fit"
        yield _with_members(plan, list(range(kept))), list(range(kept)), words
    only = _with_members(plan, [0])
    alone = "only member 0, with " if n > 1 else ""
    for share in SHORTENED:
        words = f"{alone}{share:.0%} of its rounds or epochs"
        yield _shortened(only, share), [0], words
    shortest = _shortened(only, SHORTENED[-1])
    if len(plan.folds) > FEWEST_FOLDS and not plan.leaks:
        folds = _fewer_folds(plan, work)
        recipe = _changed(shortest.recipe, split={"folds": len(folds)})
        reasons = {**shortest.reasons, "split.folds": "fewer than automatic, to fit the budget"}
        fewer = replace(shortest, recipe=recipe, folds=folds, reasons=reasons)
        words = f"{alone}{SHORTENED[-1]:.0%} of its rounds or epochs, {len(folds)} folds"
        yield fewer, [0], words


def _with_copies(n: int) -> Iterator[list[int]]:
    """Members and further fits of them in turn, the most first; the last is whichever fits."""
    for extra in range(n * (MOST_COPIES - 1), 0, -1):
        turns = [place % n for place in range(extra - 1)]
        for place in range(extra - 1, extra - 1 + n):
            if turns.count(place % n) < MOST_COPIES - 1:
                yield [*range(n), *turns, place % n]


def _with_members(plan: Plan, origin: Sequence[int]) -> Plan:
    members = [plan.recipe.members[place] for place in origin]
    reasons = {
        path: reason
        for path, reason in plan.reasons.items()
        if not path.startswith("members.") or int(path.split(".")[1]) < len(origin)
    }
    n = len(plan.recipe.members)
    for place in range(n, len(origin)):
        reasons[f"members.{place}"] = f"member {origin[place]} again, with another seed"
    recipe = plan.recipe.model_copy(update={"members": members})
    return replace(plan, recipe=recipe, reasons=reasons)


def _shortened(plan: Plan, share: float) -> Plan:
    member = plan.recipe.members[0]
    key = "rounds" if isinstance(member, TreesMember) else "epochs"
    steps = max(1, round(share * steps_of(member)))
    optim = member.optim.model_copy(update={key: steps})
    recipe = plan.recipe.model_copy(
        update={"members": [member.model_copy(update={"optim": optim})]}
    )
    reason = {f"members.0.optim.{key}": f"{share:.0%} of {steps_of(member)}, to fit the budget"}
    return replace(plan, recipe=recipe, reasons=plan.reasons | reason)


def _fewer_folds(plan: Plan, work: Work) -> tuple[Fold, ...]:
    names = sorted(work.frames)
    tests = folds_by(names, FEWEST_FOLDS, plan.seed, weights=[work.frames[name] for name in names])
    return tuple(Fold(str(place + 1), tuple(test)) for place, test in enumerate(tests))


def _changed(recipe: Recipe, *, split: dict[str, Any]) -> Recipe:
    return recipe.model_copy(update={"split": recipe.split.model_copy(update=split)})
