"""Simulated mice move as their behavior says, differ, and are mistracked and mislabeled."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.errors import UsageError
from boutwise.synthetic import simulate
from boutwise.synthetic.body import KEYPOINTS
from boutwise.synthetic.bout_lengths import BEHAVIORS
from boutwise.types import FrameState
from boutwise.types.roles import ROLES


@pytest.fixture(scope="module")
def easy():
    return simulate("easy", animals=4, minutes=3, view="3d", seed=5)


def behavior_of(item, bouts):
    states = bouts.to_frames(item.subject, item.ethogram, item.recording.n_frames)
    assert ((states == FrameState.YES).sum(axis=1) == 1).all()
    return states.argmax(axis=1)


def pooled(items, value):
    """Values by true behavior, over all mice."""
    found = {name: [] for name in BEHAVIORS}
    for item in items:
        code = behavior_of(item, item.truth)
        points = item.pose.positions[:, 0]
        values = value({name: points[:, place] for place, name in enumerate(KEYPOINTS)})
        for place, name in enumerate(BEHAVIORS):
            found[name].append(values[code == place])
    return {name: np.concatenate(values) for name, values in found.items()}


def test_the_same_seed_gives_the_same_mouse_whatever_their_number():
    alone, among = (
        simulate(animals=1, minutes=0.5, seed=9),
        simulate(animals=3, minutes=0.5, seed=9),
    )
    np.testing.assert_array_equal(alone[0].pose.positions, among[0].pose.positions)
    np.testing.assert_array_equal(alone[0].bouts.start, among[0].bouts.start)
    np.testing.assert_array_equal(alone[0].bouts.behavior, among[0].bouts.behavior)
    other = simulate(animals=1, minutes=0.5, seed=10)
    assert not np.array_equal(alone[0].pose.positions, other[0].pose.positions)


def test_a_recording_is_complete():
    for item in simulate("hard", animals=2, minutes=1, fps=25):
        assert item.pose.n_frames == item.recording.n_frames == 1500
        assert np.isfinite(item.pose.positions).all()
        assert item.pose.confidence.min() > 0
        assert item.pose.confidence.max() < 1
        assert set(item.pose.roles.values()) <= set(ROLES)
        assert item.recording.animals == (item.animal.id,) == item.pose.animals
        for bouts in (item.bouts, item.truth):
            behavior_of(item, bouts)


def test_walking_is_fast_and_rest_is_slow(easy):
    speed = pooled(
        easy,
        lambda at: 30 / 3 * np.linalg.norm(at["center"] - np.roll(at["center"], 3, axis=0), axis=1),
    )
    assert np.median(speed["walk"]) > 60
    assert max(np.median(speed[name]) for name in BEHAVIORS if name != "walk") < 25


def test_rearing_is_high(easy):
    height = pooled(easy, lambda at: at["nose"][:, 2])
    assert np.median(height["rear"]) > 40
    assert max(np.median(height[name]) for name in BEHAVIORS if name != "rear") < 35


def test_licking_brings_the_nose_to_a_hindpaw_and_grooming_to_the_forepaws(easy):
    def nearest(left, right):
        return pooled(
            easy,
            lambda at: np.minimum(
                *(np.linalg.norm(at["nose"] - at[paw], axis=1) for paw in (left, right))
            ),
        )

    hind, fore = nearest("left_hindpaw", "right_hindpaw"), nearest("left_forepaw", "right_forepaw")
    assert np.median(hind["paw_lick"]) < 0.5 * np.median(hind["rest"])
    assert np.median(fore["groom"]) < 0.6 * np.median(fore["rest"])


def test_a_withdrawal_and_a_shake_lift_a_hindpaw(easy):
    height = pooled(
        easy, lambda at: np.maximum(at["left_hindpaw"][:, 2], at["right_hindpaw"][:, 2])
    )
    for name in ("paw_withdraw", "paw_shake"):
        assert np.median(height[name]) > 4 + np.median(height["rest"])


def test_a_shaken_paw_oscillates(easy):
    def fast(at):
        moves = [
            np.abs(np.diff(at[paw], 2, axis=0, prepend=at[paw][:2])).sum(axis=1)
            for paw in ("left_hindpaw", "right_hindpaw")
        ]
        return np.maximum(*moves)

    trembling = pooled(easy, fast)
    rest = np.median(trembling["rest"])
    assert np.median(trembling["paw_shake"]) > 3 * rest
    assert np.median(trembling["paw_lick"]) < 2 * rest


def test_animals_differ_more_than_halves_of_one_animal():
    between, within = [], []
    for item in simulate(animals=8, minutes=2, seed=2):
        points = item.pose.positions[:, 0]
        ears = np.linalg.norm(points[:, 1] - points[:, 2], axis=1)
        rest = behavior_of(item, item.truth) == BEHAVIORS.index("rest")
        halves = [np.median(half) for half in np.array_split(ears[rest], 2)]
        between.append(np.mean(halves))
        within.append(halves[1] - halves[0])
    assert np.std(between) > 2 * np.std(within)


def test_the_human_is_late_and_misses_short_events():
    late, missed, total = [], 0, 0
    for item in simulate("hard", animals=6, minutes=4, seed=1):
        labels = {name: [] for name in BEHAVIORS}
        for bout in item.bouts.rows():
            labels[bout.behavior].append(bout.start)
        for bout in item.truth.rows():
            near = [
                start - bout.start
                for start in labels[bout.behavior]
                if abs(start - bout.start) <= 8
            ]
            late += near
            if bout.behavior == "paw_withdraw":
                total += 1
                missed += not near
    assert 0.5 < np.mean(late) < 3
    assert 0.15 < missed / total < 0.6


@pytest.mark.parametrize("view", ["top", "bottom"])
def test_a_lost_keypoint_has_a_low_confidence(view):
    item = simulate("hard", animals=1, minutes=4, view=view)[0]
    points = item.pose.positions[:, 0]
    jumps = np.linalg.norm(np.diff(points, axis=0), axis=2)
    far = jumps > np.median(jumps) + 0.3 * np.median(
        np.linalg.norm(points[:, 0] - points[:, 5], axis=1)
    )
    either = np.minimum(item.pose.confidence[1:, 0], item.pose.confidence[:-1, 0])
    assert far.sum() > 100
    assert np.mean(either[far] < 0.5) > 0.6
    assert np.mean(either[~far] < 0.5) < 0.08


def test_the_camera_below_sees_the_mouse_mirrored():
    """Left and right of a moving mouse: clockwise on one image is anticlockwise on the other."""
    turns = []
    for view in ("top", "bottom"):
        points = simulate("easy", animals=1, minutes=0.5, view=view)[0].pose.positions[:, 0]
        ahead = points[:, KEYPOINTS.index("neck")] - points[:, KEYPOINTS.index("tail_base")]
        left = (
            points[:, KEYPOINTS.index("left_hindpaw")] - points[:, KEYPOINTS.index("right_hindpaw")]
        )
        turns.append(np.sign(np.median(ahead[:, 0] * left[:, 1] - ahead[:, 1] * left[:, 0])))
    # On an image with y down, left of "up" has a smaller x: the cross product is negative.
    assert turns == [-1, 1]


def test_wrong_arguments_are_named():
    with pytest.raises(UsageError, match="did you mean 'default'"):
        simulate("defualt")
    with pytest.raises(UsageError, match="did you mean 'bottom'"):
        simulate(view="botom")
    with pytest.raises(UsageError, match="cannot be"):
        simulate(animals=0)
