"""Labs that differ in rate, scale, keypoints and behaviors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boutwise.errors import UsageError
from boutwise.synthetic.pairs import LABS, simulate_labs
from boutwise.types import FrameState


@pytest.fixture(scope="module")
def made():
    return simulate_labs(pairs=2, minutes=0.5, seed=1)


def test_each_lab_films_and_tracks_in_its_own_way(made):
    assert set(made) == set(LABS)
    for name, items in made.items():
        lab = LABS[name]
        for item in items:
            assert item.recording.clock.fps == lab.fps
            assert item.recording.n_frames == round(30 * lab.fps)
            assert item.pose.keypoints == lab.keypoints
            assert item.recording.id.startswith(name)
            assert {animal.cohort for animal in item.animals} == {name}
            nose, tail = (lab.keypoints.index(point) for point in ("nose", "tail_base"))
            points = item.pose.positions[:, 0]
            body_cm = np.nanmedian(np.linalg.norm(points[:, nose] - points[:, tail], axis=1))
            assert 6 < body_cm / lab.px_per_cm < 11


def test_what_a_lab_does_not_look_for_is_unlabelled(made):
    for name, items in made.items():
        looked_for = LABS[name].behaviors
        for item in items:
            for subject in item.subjects:
                frames = item.bouts.to_frames(subject, item.ethogram, item.recording.n_frames)
                for place, behavior in enumerate(item.ethogram.names):
                    known = frames[:, place] != FrameState.UNLABELLED
                    assert known.all() if behavior in looked_for else not known.any()


def test_a_lab_has_the_same_mice_in_any_company(made):
    alone = simulate_labs([LABS["birch"]], pairs=1, minutes=0.5, seed=1)["birch"][0]
    np.testing.assert_array_equal(alone.pose.positions, made["birch"][0].pose.positions)


def test_two_labs_have_two_names():
    lab = LABS["alder"]
    with pytest.raises(UsageError, match="same name"):
        simulate_labs([lab, replace(lab, fps=25.0)])
