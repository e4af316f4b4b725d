"""What differs from the empty cage, on films that are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from tests.prepare import scenes

from boutwise.errors import DataError
from boutwise.metrics import box_ious
from boutwise.prepare.detectors import Scene, background
from boutwise.video import Video, index_video

N_FRAMES = 180


def scene_of(path, n_animals=1):
    animals = tuple(f"m{number}" for number in range(n_animals))
    return Scene(path, index_video(path), animals)


def found_in(scene, frames):
    detector = background.fit(scene)
    with Video(scene.path, scene.index, look=detector.look) as video:
        return [detector.find(picture) for picture in video.pictures(frames)]


def best_ious(found, truth):
    """Overlap of the first box of each picture with the true one; 0 where there is none."""
    return np.array(
        [
            box_ious(each.corners[:1], box)[0, 0] if len(each.corners) else 0.0
            for each, box in zip(found, truth, strict=True)
        ]
    )


LOOKS = {
    "dark": {},
    "light": {"floor": 60.0, "coat": 190.0},
    "drift": {"drift": 0.45},
    "noise": {"noise": 9.0},
    "pale": {"floor": 120.0, "coat": 90.0},
}


@pytest.mark.parametrize("look", LOOKS)
def test_an_animal_that_walks_about_is_found(look, tmp_path):
    walk = scenes.wander(N_FRAMES, seed=len(look))
    scene = scene_of(scenes.film(tmp_path / "a.mp4", [walk], **LOOKS[look]))
    frames = np.arange(0, N_FRAMES, 7)
    ious = best_ious(found_in(scene, frames), scenes.boxes_of(walk)[frames])
    assert np.median(ious) > 0.7
    assert (ious > 0.3).mean() > 0.95


def test_an_animal_that_rests_most_of_the_time_is_found_where_it_rests_and_leaves_no_ghost(
    tmp_path,
):
    walk = scenes.wander(N_FRAMES, seed=4)
    walk[: int(0.7 * N_FRAMES)] = walk[int(0.7 * N_FRAMES)]
    scene = scene_of(scenes.film(tmp_path / "a.mp4", [walk]))
    frames = np.arange(0, N_FRAMES, 5)
    found = found_in(scene, frames)
    ious = best_ious(found, scenes.boxes_of(walk)[frames])
    assert ious.min() > 0.4
    assert max(len(each.corners) for each in found) == 1


def test_three_animals_are_three_boxes(tmp_path):
    walks = [scenes.wander(N_FRAMES, seed=seed) for seed in (1, 2, 3)]
    scene = scene_of(scenes.film(tmp_path / "a.mp4", walks), 3)
    frames = np.arange(0, N_FRAMES, 7)
    truth = np.stack([scenes.boxes_of(walk)[frames] for walk in walks], axis=1)
    apart = np.array([(box_ious(t, t) - np.eye(3)).max() == 0 for t in truth])
    ious = [
        box_ious(boxes, each.corners).max(axis=1).min() if len(each.corners) else 0.0
        for boxes, each in zip(truth, found_in(scene, frames), strict=True)
    ]
    assert apart.sum() > 10
    assert np.median(np.array(ious)[apart]) > 0.6


def still(walk):
    return np.repeat(walk[:1], len(walk), axis=0)


def turning(walk):
    turned = still(walk)
    turned[:, 2] = np.linspace(0, 9, len(walk))
    return turned


CANNOT_TELL = {
    "an animal that never moves": ([still], {}),
    "an animal that turns on the spot": ([turning], {}),
    "no contrast": ([lambda walk: walk], {"floor": 120.0, "coat": 119.0, "fur": 0.01}),
    "no animal at all": ([lambda walk: walk - 1000], {}),
}


@pytest.mark.parametrize("case", CANNOT_TELL)
def test_it_says_that_it_cannot_tell(case, tmp_path):
    moves, look = CANNOT_TELL[case]
    walk = scenes.wander(120, seed=5)
    path = scenes.film(tmp_path / "a.mp4", [move(walk) for move in moves], **look)
    with pytest.raises(DataError, match="cannot be told from the animals"):
        background.fit(scene_of(path))


def test_it_does_not_take_one_animal_for_three(tmp_path):
    path = scenes.film(tmp_path / "a.mp4", [scenes.wander(150, seed=6)])
    with pytest.raises(DataError, match="cannot be told"):
        background.fit(scene_of(path, 3))


def test_pictures_to_learn_from_are_spread_and_prefer_key_frames(tmp_path):
    path = scenes.film(tmp_path / "a.mp4", [scenes.wander(200, seed=7)])
    index = index_video(path)
    numbers = background.sample_frames(index, 10)
    assert numbers.size == 10
    assert np.diff(numbers).min() >= 10
    assert numbers.max() < 199
    keys = [index.first_frame_of(key) for key in range(index.key_pts.size)]
    assert np.isin(numbers, keys).mean() > 0.8


def test_a_very_short_video_is_refused(tmp_path):
    path = scenes.film(tmp_path / "a.mp4", [scenes.wander(10, seed=7)])
    with pytest.raises(DataError, match="too few"):
        background.fit(scene_of(path))
