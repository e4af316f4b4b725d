"""Streams of pairs: the second direction is told from the first, and is the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boutwise import registry
from boutwise.prepare import PreparedPose
from boutwise.store import Store
from boutwise.synthetic import simulate_pairs
from boutwise.types import Subject
from boutwise.types.recipe import Part

PARTS = [Part(part="egocentric"), Part(part="social48")]


@pytest.fixture(scope="module")
def pair():
    return simulate_pairs("default", pairs=1, minutes=0.2, seed=3)[0]


@pytest.fixture
def computed(monkeypatch) -> list[tuple[str, Subject]]:
    """Sets and subjects that were really computed, in order."""
    calls: list[tuple[str, Subject]] = []
    for part in PARTS:
        module = registry.load("feature set", part.part)

        def counted(pose, clock, subject, _compute=module.compute, _name=part.part, **options):
            if (_name, subject) not in calls:  # some frames at a time
                calls.append((_name, subject))
            return _compute(pose, clock, subject, **options)

        monkeypatch.setattr(module, "compute", counted)
    return calls


def prepared(pair, store: Store | None) -> PreparedPose:
    clean = [Part(part="clean_pose")]
    return PreparedPose(pair.pose, pair.recording.clock, fps=30.0, prepare=clean, store=store)


@pytest.mark.parametrize("stored", [False, True])
def test_the_other_direction_is_not_computed_again_and_is_the_same(
    pair, computed, tmp_path, stored
):
    both = prepared(pair, Store(tmp_path) if stored else None)
    found = [both.stream(subject, PARTS) for subject in pair.subjects]
    assert [name for name, _ in computed] == ["egocentric", "social48"]
    for stream, subject in zip(found, pair.subjects, strict=True):
        alone = prepared(pair, None).stream(subject, PARTS)
        assert stream.pieces == alone.pieces
        np.testing.assert_array_equal(stream.values, alone.values)


def test_the_other_direction_of_another_recording_is_not_taken(pair, computed, tmp_path):
    store = Store(tmp_path)
    one, other = pair.subjects
    prepared(pair, store).stream(one, PARTS)
    moved = replace(pair, pose=replace(pair.pose, positions=pair.pose.positions * 1.5 + 2))
    prepared(moved, store).stream(other, PARTS)
    assert [subject for _, subject in computed] == [one, one, other, other]


def test_without_a_store_another_pair_in_between_changes_nothing(pair):
    positions = np.concatenate([pair.pose.positions, pair.pose.positions[:, :1] + 30], axis=1)
    names = (*pair.pose.animals, "third")
    confidence = np.ones(positions.shape[:3], dtype=np.float32)
    pose = replace(pair.pose, positions=positions, confidence=confidence, animals=names)
    three = replace(pair, pose=pose)
    together = prepared(three, None)
    subjects = [Subject("r", one, two) for one in names for two in names if one != two]
    for subject in subjects:
        found = together.stream(subject, PARTS)
        alone = prepared(three, None).stream(subject, PARTS)
        np.testing.assert_array_equal(found.values, alone.values)
