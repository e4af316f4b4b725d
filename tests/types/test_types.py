"""Invariants of the central types."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import formats
from boutwise.errors import DataError, LabelError
from boutwise.types import (
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    FrameState,
    Observed,
    PoseTrack,
    Prediction,
    Rating,
    Recording,
    Subject,
    Trial,
)
from boutwise.types.bouts import from_frames
from boutwise.types.roles import ROLES, mirrored, propose_roles

SUBJECT = Subject("r", "m")
FREE = Ethogram((Behavior("rear"), Behavior("groom")))
GROUP = Ethogram(
    (Behavior("na"), Behavior("rear"), Behavior("groom")),
    (ExclusiveGroup("activity", ("na", "rear", "groom"), background="na"),),
    merges={"grooming": "groom"},
)


@settings(max_examples=80, deadline=None)
@given(codes=st.lists(st.tuples(*[st.sampled_from([1, 0, -1, -2])] * 2), min_size=1, max_size=60))
def test_frames_to_bouts_and_back_keeps_all_four_states(codes):
    frames = np.array(codes, dtype=np.int8)
    bouts = from_frames(frames, SUBJECT, FREE.names, annotator="anna")
    assert np.array_equal(bouts.to_frames(SUBJECT, FREE, len(frames)), frames)


def test_a_background_is_yes_only_where_the_whole_group_was_examined():
    observed = [Observed("r", "m", name, 0, 10) for name in ("na", "rear", "groom")]
    observed += [Observed("r", "m", "rear", 10, 15)]
    frames = Bouts.from_rows([Bout("r", "m", "grooming", 2, 5)], observed).to_frames(
        SUBJECT, GROUP, 20
    )
    assert frames[2:5].tolist() == [[0, 0, 1]] * 3
    assert (frames[[0, 1, *range(5, 10)]] == [1, 0, 0]).all()
    assert (frames[10:15] == [-1, 0, -1]).all()
    assert (frames[15:] == FrameState.UNLABELLED).all()


def test_members_of_a_group_may_not_overlap():
    rows = [Bout("r", "m", "rear", 0, 5), Bout("r", "m", "groom", 4, 8)]
    with pytest.raises(LabelError, match=r"rear and groom overlap(.|\n)*frame 4"):
        Bouts.from_rows(rows).to_frames(SUBJECT, GROUP, 10)


@pytest.mark.parametrize(
    ("bout", "message"),
    [
        (Bout("r", "m", "rear", 5, 5), "from 5 to 5"),
        (Bout("r", "m", "rear", -1, 5), "from -1 to 5"),
        (Bout("r", "m", "rear", 0, 5, state="maybe"), "maybe"),
    ],
)
def test_impossible_bouts_are_refused(bout, message):
    with pytest.raises(LabelError, match=message):
        Bouts.from_rows([bout])


def test_a_bout_past_the_end_is_an_error_and_not_cut():
    with pytest.raises(LabelError, match=r"ends at frame 11(.|\n)*at most 10"):
        Bouts.from_rows([Bout("r", "m", "rear", 5, 11)]).to_frames(SUBJECT, FREE, 10)


def test_an_unknown_behavior_gets_the_nearest_name():
    with pytest.raises(LabelError, match="did you mean 'groom'"):
        GROUP.merged("grom")


@pytest.mark.parametrize(
    "build",
    [
        lambda: Ethogram((Behavior("a"), Behavior("a"))),
        lambda: Ethogram((Behavior("a"),), (ExclusiveGroup("g", ("a", "b")),)),
        lambda: Ethogram((Behavior("a"),), merges={"a": "a"}),
        lambda: ExclusiveGroup("g", ("a",)),
        lambda: ExclusiveGroup("g", ("a", "b"), background="c"),
        lambda: Ethogram(
            (Behavior("a"), Behavior("b", scope="directed")), (ExclusiveGroup("g", ("a", "b")),)
        ),
    ],
)
def test_contradictory_ethograms_are_refused(build):
    with pytest.raises(LabelError):
        build()


@settings(max_examples=60, deadline=None)
@given(
    fps=st.floats(1, 500), n_frames=st.integers(2, 300), seed=st.integers(0, 99), pts=st.booleans()
)
def test_frame_to_second_and_back_is_the_frame(fps, n_frames, seed, pts):
    if pts:
        steps = np.random.default_rng(seed).uniform(0.5, 1.5, n_frames) / fps
        clock = FrameClock.from_pts(np.cumsum(steps))
    else:
        clock = FrameClock.declared(n_frames, fps)
    frames = np.arange(n_frames + 1)
    assert np.array_equal(clock.to_frame(clock.to_seconds(frames)), frames)


def test_seconds_go_to_the_nearest_frame_never_to_the_floor():
    clock = FrameClock.declared(1000, 30)
    # BENTO's 1-based times: 3.0333 s and 9.4 s are frames 91 and 282 from one.
    assert clock.to_frame([3.0333, 9.4]).tolist() == [91, 282]
    assert clock.to_frame([0.0499, 0.0501]).tolist() == [1, 2]
    assert int(clock.to_frame(40.0)) == 1200  # past the end keeps its distance


def test_time_must_run_forward():
    with pytest.raises(DataError, match=r"does not run forward(.|\n)*frame 2"):
        FrameClock.from_pts([0.0, 0.1, 0.1, 0.2])
    with pytest.raises(DataError, match="cannot be"):
        FrameClock.declared(10, 0)


def test_trials_lie_in_order_inside_the_recording():
    clock = FrameClock.declared(1080, 30)
    good = tuple(Trial(n + 1, 360 * n, 360) for n in range(3))
    assert Recording("r", clock, ("m",), trials=good).trials[2].stop_frame == 1080
    with pytest.raises(DataError, match="starts inside"):
        Recording("r", clock, ("m",), trials=(Trial(1, 0, 400), Trial(2, 360, 360)))
    with pytest.raises(DataError, match="at most 1080"):
        Recording("r", clock, ("m",), trials=(Trial(1, 800, 360),))


def test_pairs_are_ordered():
    record = Recording("r", FrameClock.declared(5, 1), ("a", "b"))
    pairs = [(s.animal, s.target) for s in record.subjects(pairs=True)]
    assert pairs == [("a", "b"), ("b", "a")]


def test_pose_tracks_check_shapes_names_and_roles():
    good = np.zeros((4, 1, 2, 2))
    with pytest.raises(DataError, match="is there twice"):
        PoseTrack(good, None, ("m",), ("nose", "nose"))
    with pytest.raises(DataError, match="shape"):
        PoseTrack(good, None, ("m",), ("nose",))
    with pytest.raises(DataError, match="did you mean 'nose'"):
        PoseTrack(good, None, ("m",), ("nose", "tail"), roles={"nos": "nose"})
    track = PoseTrack(good, None, ("m",), ("nose", "tail"), roles={"tail": "tail_base"})
    assert (track.by_role("tail_base"), track.by_role("nose")) == (1, None)
    assert track.frames(1, 3).n_frames == 2


def test_probabilities_of_a_group_must_sum_to_one():
    shape = (1, 5, 3)
    clock = FrameClock.declared(5, 1)
    yes, seen = np.zeros(shape, bool), np.ones((1, 5), bool)
    with pytest.raises(DataError, match="sum to 1"):
        Prediction("r", (SUBJECT,), clock, GROUP, np.ones(shape, np.float32), yes, seen)


def test_a_rating_has_both_ends_or_none():
    with pytest.raises(LabelError, match="one end only"):
        Rating("r", "m", "grimace", 1.0, start=3)


def test_roles_are_proposed_once_and_mirror_is_its_own_inverse():
    names = ["Nose", "snout", "L_ear", "rear", "anus", "lfoot", "weird"]
    proposed = propose_roles(names)
    assert proposed == {
        "Nose": "nose",
        "L_ear": "left_ear",
        "anus": "tail_base",
        "lfoot": "left_hindpaw",
    }
    assert all(mirrored(mirrored(role)) == role for role in ROLES)


@pytest.mark.parametrize(
    ("others", "known"),
    [
        (("nose", "lefthip", "righthip"), True),
        (("nosetip", "hip_l", "hip_r"), True),
        (("nose", "lefthip"), False),  # not the set of points that is known
        (("nose", "lefthip", "righthip", "tail_base"), False),
        (("nose", "lefthip", "righthip", "tail_mid"), False),
        (("nose", "lefthip", "righthip", "tip"), False),
    ],
)
def test_a_point_called_tail_is_the_base_only_beside_hips_and_alone(others, known):
    assert (propose_roles([*others, "tail"]).get("tail") == "tail_base") is known


def test_the_tail_of_real_mice_is_its_base(shared):
    """It keeps its place behind the hips better than the head before them, as no tip does."""
    (file,) = shared("ethome").glob("*_el_filtered.csv")
    pose = formats.read(file).pose
    assert pose.roles["tail"] == "tail_base"
    nose, neck, left, right, tail = (
        pose.positions[:, :, pose.by_role(role)]
        for role in ("nose", "neck", "left_hip", "right_hip", "tail_base")
    )
    hips = (left + right) / 2

    def bend(first, second):
        cross = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
        return np.nanmedian(np.abs(np.arctan2(cross, (first * second).sum(axis=-1))))

    assert bend(hips - neck, tail - hips) < bend(hips - neck, neck - nose)


def test_a_keypoint_called_like_a_role_wins_over_other_names():
    names = ["Spine_1", "Center", "Mouth", "Nose", "Tail_1"]
    assert propose_roles(names) == {"Center": "center", "Nose": "nose", "Tail_1": "tail_base"}
    assert propose_roles(["Spine_1", "Body"]) == {"Spine_1": "center"}
