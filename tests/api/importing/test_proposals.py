"""What an import says of behaviors that exclude each other: of one animal, and of pairs apart."""

from __future__ import annotations

import pytest

from boutwise.api.importing import proposals
from boutwise.types import Bout, Bouts, Observed

N = 40
WALK_REST = [("a", "", "walk", 0, 15), ("a", "", "rest", 15, N)]
FIGHT = [("a", "b", "attack", 0, 10), ("a", "b", "mount", 10, N)]


def proposed(*rows):
    bouts = [Bout("r", animal, name, *span, target=to) for animal, to, name, *span in rows]
    subjects = {(animal, to) for animal, to, *_ in rows}
    names = {(animal, to): {r[2] for r in rows if r[1] == to} for animal, to in subjects}
    seen = [Observed("r", *who[:1], n, 0, N, who[1]) for who in subjects for n in names[who]]
    return proposals.ethogram((), Bouts.from_rows(bouts, seen), None)


def test_behaviors_of_one_kind_are_told_of_as_before():
    found, how = proposed(*WALK_REST)
    assert [group.behaviors for group in found.groups] == [("walk", "rest")]
    assert how == "they exclude each other: each labeled frame has exactly one"


def test_what_one_animal_does_and_what_pairs_do_are_told_apart():
    found, how = proposed(*WALK_REST, *FIGHT)
    assert [set(group.behaviors) for group in found.groups] == [
        {"walk", "rest"},
        {"attack", "mount"},
    ]
    assert how == (
        "those of one animal: they exclude each other: each labeled frame has exactly one; "
        "those directed at another: they exclude each other: each labeled frame has exactly one"
    )


@pytest.mark.parametrize(
    ("rows", "group", "words"),
    [
        # a single behavior of one animal is in no group, and does not exclude the others
        ((("a", "", "rest", 0, N), *FIGHT), {"attack", "mount"}, "those directed at another: t"),
        # pairs do two things at once: that says nothing of one animal
        (
            (*WALK_REST, ("a", "b", "attack", 0, 20), ("a", "b", "mount", 10, N)),
            {"walk", "rest"},
            "those directed at another: attack, mount were seen at once",
        ),
        (
            (("a", "", "walk", 0, 15), ("a", "", "rest", 20, N), *FIGHT),
            {"attack", "mount"},
            "those of one animal: none excludes another",
        ),
    ],
)
def test_only_one_kind_excludes(rows, group, words):
    found, how = proposed(*rows)
    assert [set(each.behaviors) for each in found.groups] == [group]
    assert words in how
    assert how.count("they exclude each other") == 1
