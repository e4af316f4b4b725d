"""Swapped agents equal a slow count frame by frame."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.metrics import ScoredSubject, score_recordings, swapped_agents
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

NAMES = ("other", "bite", "sniff")
ETHOGRAM = Ethogram(
    tuple(Behavior(name, scope="directed") for name in NAMES),
    (ExclusiveGroup("social", NAMES, background="other"),),
)


def pair(seed, recording="r", unit="u"):
    random = np.random.default_rng(seed)
    items = []
    for agent, target in (("a", "b"), ("b", "a")):
        truth = random.integers(-2, 2, (40, 3)).astype(np.int8)
        decided = random.random((40, 3)) < 0.5
        items.append(ScoredSubject(Subject(recording, agent, target), unit, truth, decided, 30.0))
    return items


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_equals_a_count_frame_by_frame(seed):
    items = pair(seed)
    shown = right = swapped = 0
    for mine, theirs in (items, items[::-1]):
        for frame in range(40):
            for column in (1, 2):
                if mine.truth[frame, column] == 1 and theirs.truth[frame, column] == 0:
                    shown += 1
                    if mine.decided[frame, column]:
                        right += 1
                    elif theirs.decided[frame, column]:
                        swapped += 1
    found = swapped_agents(items, ETHOGRAM)
    assert (found.frames, found.right, found.swapped) == (shown, right, swapped)
    assert found.share.value == pytest.approx(swapped / (right + swapped))


def test_a_perfect_prediction_swaps_nothing_and_an_exchanged_one_everything():
    items = [one for seed in range(4) for one in pair(seed, f"r{seed}", f"u{seed}")]
    for wrong in (False, True):
        told = []
        for item in items:
            who = item.subject
            back = next(
                one
                for one in items
                if (one.subject.recording, one.subject.animal) == (who.recording, who.target)
            )
            decided = (back if wrong else item).truth == 1
            told.append(ScoredSubject(who, item.animal, item.truth, decided, 30.0))
        found = swapped_agents(told, ETHOGRAM)
        assert found.share.value == float(wrong)
        assert found.share.interval.n_groups == 4


def test_what_was_never_seen_has_no_share():
    items = [
        ScoredSubject(i.subject, i.animal, i.truth, np.zeros((40, 3), dtype=bool), 30.0)
        for i in pair(1)
    ]
    found = swapped_agents(items, ETHOGRAM)
    assert found.frames > 0
    assert math.isnan(found.share.value)
    assert swapped_agents(items[:1], ETHOGRAM).frames == 0


def test_animals_filmed_together_count_as_one_and_the_notes_say_so():
    items = [one for seed in range(4) for one in pair(seed, f"r{seed}", f"a{seed}+b{seed}")]
    scores = score_recordings(items, Ethogram(ETHOGRAM.behaviors))
    assert scores.frames.macro_f1.interval.n_groups == 4
    assert "Animals that were filmed together count as one, a group." in scores.notes
    assert any("over 4 groups and leave out" in note for note in scores.notes)
    assert (scores.facts.unit, len(scores.facts.animals)) == ("group", 4)
    assert scores.facts.n_animals == 2  # the ids here are a and b in every recording


def test_a_score_tells_of_swapped_agents_where_both_directions_are_scored():
    items = [one for seed in range(4) for one in pair(seed, f"r{seed}", f"a{seed}+b{seed}")]
    ethogram = Ethogram(ETHOGRAM.behaviors)  # in these random labels behaviors overlap
    scores = score_recordings(items, ethogram)
    assert scores.agents == swapped_agents(items, ethogram)
    assert scores.as_dict()["agents"]["share"]["value"] == scores.agents.share.value > 0
    assert score_recordings(items[::2], ethogram).agents is None
