"""What fits into some minutes: pure arithmetic on measured paces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conftest import make_project

from boutwise.errors import RecipeError
from boutwise.planning import Plan, make_plan
from boutwise.planning.budget import (
    MOST_COPIES,
    RESERVE,
    Pace,
    Work,
    fit_budget,
    predicted_s,
    steps_of,
)

FAST = Pace(start_s=2.0, frame_s=1e-5, step_s=1e-6, score_s=1e-5)
SLOW = Pace(start_s=5.0, frame_s=1e-5, step_s=1e-4, score_s=1e-5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Plan:
    project = make_project(tmp_path_factory.mktemp("p") / "project", animals=5, minutes=0.3)
    plan = make_plan(project, "pose", settings=["budget_minutes=5", "members.0.optim.rounds=100"])
    members = [plan.recipe.members[0]] * 2
    return replace(plan, recipe=plan.recipe.model_copy(update={"members": members}))


def work(plan: Plan, paces=(FAST, SLOW), workers: int = 2, frames: int = 10_000) -> Work:
    groups = [name for fold in plan.folds for name in fold.test]
    return Work(tuple(paces), dict.fromkeys(groups, frames), workers, 40)


def with_members(plan: Plan, origin: list[int]) -> Plan:
    members = [plan.recipe.members[place] for place in origin]
    return replace(plan, recipe=plan.recipe.model_copy(update={"members": members}))


def minutes(plan: Plan, number: float) -> Plan:
    return replace(plan, recipe=plan.recipe.model_copy(update={"budget_minutes": float(number)}))


def test_units_go_to_whoever_is_free_first(whole):
    """Against the sum by hand: 5 folds of a member and of the control on one worker, one final."""
    one = replace(
        whole, recipe=whole.recipe.model_copy(update={"members": whole.recipe.members[:1]})
    )
    fold = FAST.unit_s(100, 40_000, 10_000)
    control = FAST.unit_s(40, 40_000, 10_000)
    final = FAST.unit_s(100, 50_000, 0)
    by_hand = 5 * fold + 5 * control + final
    assert predicted_s(one, work(one, [FAST], workers=1), [0]) == pytest.approx(by_hand)
    two = predicted_s(one, work(one, [FAST], workers=2), [0])
    assert two == pytest.approx(3 * fold + 2 * control + final, rel=0.1)


def test_more_time_is_never_used_for_less(whole):
    """From the shortest budget that works on: fits, rounds and folds only grow."""
    before = (0, 0, 0)
    found = 0
    for number in (1, 2, 3, 4, 6, 8, 12, 16, 24, 60, 600):
        try:
            plan = fit_budget(minutes(whole, number), work(whole), spent_s=10)
        except RecipeError:
            assert found == 0
            continue
        found += 1
        fits = len(plan.recipe.members)
        now = (fits, len(plan.folds), steps_of(plan.recipe.members[0]))
        assert now >= before
        before = now
        assert "budget_minutes" in plan.reasons
        assert plan.asked == minutes(whole, number).key()
    assert found > 5
    assert before[0] == 2 * MOST_COPIES


def test_what_is_left_goes_to_whichever_member_fits(whole):
    """Members come in turn, but the last fit is of another one where only that fits in."""
    in_turn, cheaper = [0, 1, 0, 1], [0, 1, 0, 0]
    here = work(whole, workers=1)
    needed = {
        str(origin): predicted_s(with_members(whole, origin), here, origin)
        for origin in (in_turn, cheaper)
    }
    assert needed[str(cheaper)] < needed[str(in_turn)]
    between = (needed[str(cheaper)] + needed[str(in_turn)]) / 2
    plan = fit_budget(minutes(whole, between / 60 / (1 - RESERVE)), here, spent_s=0)
    assert plan.reasons["members.3"] == "member 0 again, with another seed"
    assert len(plan.recipe.members) == 4


def test_what_is_expected_stays_within_the_budget(whole):
    for number in (4.0, 8.0, 16.0):
        plan = fit_budget(minutes(whole, number), work(whole), spent_s=30)
        n = len(plan.recipe.members)
        origin = [place % 2 for place in range(n)] if n > 1 else [0]
        assert 30 + predicted_s(plan, work(whole), origin) <= 60 * number


def test_a_member_that_is_left_out_leaves_with_its_reasons(whole):
    slow = work(whole, (FAST, replace(SLOW, step_s=1.0)))
    plan = fit_budget(whole, slow, spent_s=0)
    assert len(plan.recipe.members) == 1
    assert not [path for path in plan.reasons if path.startswith("members.1")]
    assert "member 1 left out" in plan.reasons["budget_minutes"]


def test_rounds_and_then_folds_are_cut(whole):
    tight = work(whole, (replace(FAST, step_s=2.2e-5), SLOW))
    plan = fit_budget(minutes(whole, 3), tight, spent_s=0)
    assert steps_of(plan.recipe.members[0]) in (75, 50, 35, 25)
    tighter = work(whole, (replace(FAST, step_s=3.8e-5), SLOW))
    plan = fit_budget(minutes(whole, 3), tighter, spent_s=0)
    assert len(plan.folds) == plan.recipe.split.folds == 3
    assert sorted(name for fold in plan.folds for name in fold.test) == sorted(
        name for fold in whole.folds for name in fold.test
    )


def test_what_can_never_fit_is_refused_with_what_it_needs(whole):
    with pytest.raises(RecipeError, match=r"nothing of the recipe 'pose' can be trained in 0\.1"):
        fit_budget(minutes(whole, 0.1), work(whole), spent_s=0)


def test_the_choice_is_kept_with_the_plan(whole, tmp_path):
    plan = fit_budget(minutes(whole, 8), work(whole), spent_s=0)
    plan.save(tmp_path / "plan.yaml")
    again = Plan.load(tmp_path / "plan.yaml")
    assert again.asked == plan.asked
    assert again.key() == plan.key()
