"""Two mice move as their behavior says, differ, are mistracked, exchanged and mislabeled."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.errors import UsageError
from boutwise.synthetic.pairs import simulate_pairs
from boutwise.synthetic.pairs.body import KEYPOINTS
from boutwise.synthetic.pairs.chain import BEHAVIORS
from boutwise.types import FrameState
from boutwise.types.roles import ROLES

NOSE, NECK, TAIL = (KEYPOINTS.index(name) for name in ("nose", "neck", "tail_base"))


@pytest.fixture(scope="module")
def easy():
    return simulate_pairs("easy", pairs=6, minutes=4, seed=5)


def codes(item, bouts, subject):
    states = bouts.to_frames(subject, item.ethogram, item.recording.n_frames)
    assert ((states == FrameState.YES).sum(axis=1) == 1).all()
    assert (states >= FrameState.NO).all()
    return states.argmax(axis=1)


def pooled(items, value):
    """Values by what the agent truly does, over both ordered pairs of all recordings."""
    found = {name: [] for name in BEHAVIORS}
    for item in items:
        for k, subject in enumerate(item.subjects):
            code = codes(item, item.truth, subject)
            points = item.pose.positions.astype(float)
            values = value(points[:, k], points[:, 1 - k])
            for place, name in enumerate(BEHAVIORS):
                found[name].append(values[code == place])
    return {name: np.nanmedian(np.concatenate(values)) for name, values in found.items()}


def length(points):
    return np.nanmedian(np.linalg.norm(points[:, NOSE] - points[:, TAIL], axis=1))


def test_the_same_seed_gives_the_same_pair_whatever_the_number_and_the_rate():
    alone = simulate_pairs(pairs=1, minutes=0.4, seed=9)[0]
    among = simulate_pairs(pairs=2, minutes=0.4, seed=9)[0]
    np.testing.assert_array_equal(alone.pose.positions, among.pose.positions)
    assert list(map(str, alone.bouts.rows())) == list(map(str, among.bouts.rows()))
    fast = simulate_pairs(pairs=1, minutes=0.4, fps=120, seed=9)[0]
    gap = np.abs(fast.pose.positions[::4, :, NECK] - alone.pose.positions[:, :, NECK])
    assert np.nanmedian(gap) < 8
    other = simulate_pairs(pairs=1, minutes=0.4, seed=10)[0]
    assert not np.array_equal(alone.pose.positions, other.pose.positions)


def test_a_recording_is_complete(easy):
    for item in [*easy[:1], *simulate_pairs("hard", pairs=1, minutes=1, fps=25)]:
        assert item.pose.n_frames == item.recording.n_frames
        assert item.pose.animals == item.recording.animals
        assert set(item.pose.roles.values()) <= set(ROLES)
        for bouts in (item.bouts, item.truth):
            for subject in item.subjects:
                codes(item, bouts, subject)


def test_all_seven_behaviors_occur_and_either_mouse_acts(easy):
    seconds = {}
    for item in easy:
        for bout in item.truth.rows():
            key = (bout.behavior, bout.animal.split("_")[0])
            seconds[key] = seconds.get(key, 0) + (bout.stop - bout.start) / 30
    for name in BEHAVIORS[1:]:
        assert sum(seconds.get((name, who), 0) for who in ("resident", "intruder")) > 20
    acts = [sum(s for (name, who), s in seconds.items() if who == role and name != "other")
            for role in ("resident", "intruder")]  # fmt: skip
    assert acts[0] > acts[1] > 0.15 * acts[0]


def test_an_approach_leads_to_the_other_mouse(easy):
    def closing(agent, other):
        away = np.linalg.norm(agent[:, NOSE] - np.nanmean(other, axis=1), axis=1)
        return -np.gradient(away) * 30 / length(agent)

    rate = pooled(easy, closing)
    assert rate["approach"] > 0.5
    assert abs(rate["other"]) < 0.2


def test_who_sniffs_has_the_nose_at_the_other_and_not_the_other_way_round(easy):
    def nearest(agent, other):
        steps = np.linalg.norm(other - agent[:, [NOSE]], axis=2)
        return np.nan_to_num(steps, nan=np.inf).min(axis=1) / length(agent)

    mine, his = pooled(easy, nearest), pooled(easy, lambda a, o: nearest(o, a))
    for name in ("sniff_any", "genitalgroom"):
        assert mine[name] < 0.25 < mine["other"]
        assert mine[name] < 0.7 * his[name]


def test_genital_grooming_is_at_the_tail_base(easy):
    def rear(agent, other):
        return np.linalg.norm(agent[:, NOSE] - other[:, TAIL], axis=1) / length(agent)

    at = pooled(easy, rear)
    assert at["genitalgroom"] < 0.2 < at["sniff_any"]


def test_a_mount_is_behind_and_aligned(easy):
    def along(agent, other):
        ahead = other[:, NECK] - other[:, TAIL]
        own = agent[:, NECK] - agent[:, TAIL]
        return (own * ahead).sum(1) / np.linalg.norm(own, axis=1) / np.linalg.norm(ahead, axis=1)

    def behind(agent, other):
        ahead = other[:, NECK] - other[:, TAIL]
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        return ((other[:, TAIL] - agent[:, TAIL]) * ahead).sum(1) / length(agent)

    aligned, back = pooled(easy, along), pooled(easy, behind)
    for name in ("mount", "intromit"):
        assert aligned[name] > 0.8 > aligned["sniff_any"]
        assert 0.1 < back[name] < 0.6


def test_an_attack_is_fast_and_turns(easy):
    speed = pooled(
        easy,
        lambda a, o: np.linalg.norm(np.gradient(a[:, NECK], axis=0), axis=1) * 30 / length(a),
    )
    assert speed["attack"] > 1.8 * max(v for k, v in speed.items() if k != "attack")


def test_an_intromission_thrusts_slowly_and_deeply(easy):
    """Power of the distance between the tail bases from 1.7 to 3.7 Hz."""

    def slow(agent, other):
        gap = np.linalg.norm(agent[:, TAIL] - other[:, TAIL], axis=1) / length(agent)
        gap = np.interp(
            np.arange(len(gap)), np.flatnonzero(np.isfinite(gap)), gap[np.isfinite(gap)]
        )
        kernel = np.exp(2j * np.pi * 2.6 / 30 * np.arange(45)) * np.hanning(45)
        return np.abs(np.convolve(gap - gap.mean(), kernel, "same"))

    power = pooled(easy, slow)
    assert power["intromit"] > 1.8 * power["mount"]


def test_the_human_is_late_and_sometimes_wrong():
    late, agree = [], []
    for item in simulate_pairs("hard", pairs=3, minutes=3, seed=1):
        for subject in item.subjects:
            truth = codes(item, item.truth, subject)
            labels = codes(item, item.bouts, subject)
            agree.append((truth == labels).mean())
            shifts = [(truth[: len(truth) - k] == labels[k:]).mean() for k in range(10)]
            late.append(int(np.argmax(shifts)))
    assert np.mean(late) > 1
    assert 0.75 < np.mean(agree) < 0.97


def test_keypoints_are_lost_where_the_mice_touch():
    item = simulate_pairs("hard", pairs=1, minutes=3, seed=2)[0]
    lost = np.isnan(item.pose.positions).any(axis=(2, 3)).any(axis=1)
    necks = item.pose.positions[:, :, NECK]
    away = np.linalg.norm(necks[:, 0] - necks[:, 1], axis=1) / length(item.pose.positions[:, 0])
    assert lost.mean() > 0.02
    assert lost[away > 2].mean() < 0.01


def test_planted_swaps_exchange_the_mice_and_nothing_else():
    plain = simulate_pairs(pairs=2, minutes=4, seed=3)
    swapped = simulate_pairs(pairs=2, minutes=4, seed=3, swaps_per_minute=2)
    for one, two in zip(plain, swapped, strict=True):
        assert one.swaps == ()
        assert len(two.swaps) >= 2
        inside = np.zeros(one.recording.n_frames, dtype=bool)
        for start, stop in two.swaps:
            inside[start:stop] = True
        np.testing.assert_array_equal(one.pose.positions[~inside], two.pose.positions[~inside])
        np.testing.assert_array_equal(
            one.pose.positions[inside], two.pose.positions[inside][:, ::-1]
        )
        assert 0 < inside.mean() < 0.7
        np.testing.assert_array_equal(one.bouts.start, two.bouts.start)


def test_fewer_keypoints_are_those_of_the_full_track():
    full = simulate_pairs(pairs=1, minutes=0.2)[0]
    some = simulate_pairs(pairs=1, minutes=0.2, keypoints=("tail_base", "nose"))[0]
    assert some.pose.keypoints == ("tail_base", "nose")
    np.testing.assert_array_equal(some.pose.positions, full.pose.positions[:, :, [TAIL, NOSE]])


def test_wrong_arguments_are_named():
    with pytest.raises(UsageError, match="did you mean 'default'"):
        simulate_pairs("defualt")
    with pytest.raises(UsageError, match="did you mean 'nose'"):
        simulate_pairs(keypoints=("noze",))
    with pytest.raises(UsageError, match="cannot be"):
        simulate_pairs(pairs=0)
