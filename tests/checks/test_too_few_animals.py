"""Animals that were filmed together count as one: they are never on two sides of a split."""

from __future__ import annotations

from boutwise.checks.too_few_animals import enough
from boutwise.types import Severity


def cages(n):
    filmed = {f"cage{place}": (f"r{place}", f"i{place}") for place in range(n)}
    labeled = {(name, animal) for name, animals in filmed.items() for animal in animals}
    return labeled, filmed


def test_cages_count_and_not_mice():
    assert enough(*cages(3)) == []
    (two,) = enough(*cages(2))
    assert "2 labeled groups of animals filmed together (i0+r0, i1+r1)" in two.what
    assert "without intervals" in two.what
    assert two.value == 2
    (one,) = enough(*cages(1))
    assert one.severity is Severity.BLOCKING
    assert enough(cages(3)[0]) == enough(cages(2)[0]) == []  # the same mice, each filmed alone


def test_an_animal_that_meets_others_joins_them():
    labeled, filmed = cages(4)
    filmed["later"] = ("r0", "r1", "r2", "r3")
    (problem,) = enough({*labeled, ("later", "r0")}, filmed)
    assert "1 labeled group" in problem.what
    assert "split by recording" in (problem.todo or "")
