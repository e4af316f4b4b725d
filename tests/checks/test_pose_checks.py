"""What the checks of pose do at their edges, and what they say of real tracks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from boutwise import api
from boutwise.checks import run_checks
from boutwise.checks._fingerprints import candidates, movement_of
from boutwise.checks._poses import Track, marks, placeholders, tracks, tracks_of
from boutwise.checks._steps import exchanges, jumps
from boutwise.checks._strips import strips_of
from boutwise.checks.keypoint_jumps import jumps_of
from boutwise.checks.missing_roles import needed_by_features
from boutwise.checks.mixed_rates import declared
from boutwise.checks.same_animal_two_names import groups_of, suspicious
from boutwise.checks.scale_drift import between, sizes_of
from boutwise.checks.split_recording import continuations, ends_of
from boutwise.checks.swap_suspects import left_and_right
from boutwise.project import Project
from boutwise.types import Animal, FrameClock, PoseTrack, Recording, Severity, Trial

from .memory import add, changed, mice_study, tracked_again


def recording(name, *animals, fps=30.0, n_frames=100, trials=()):
    clock = FrameClock.declared(n_frames, fps)
    return Recording(name, clock, animals or (name,), trials=trials)


def imported(tmp_path, source, fps):
    project = Project.create(tmp_path / "project")
    api.apply_import(project, api.plan_import(project, source, fps=fps))
    return project


# --- jumps and exchanges


def walking(n_frames=200):
    """Four points that walk evenly, 100 units long, (frames, 4, 2)."""
    body = np.array([[0, 0], [30, 10], [60, -10], [100, 0]], dtype=np.float32)
    return body + np.arange(n_frames, dtype=np.float32)[:, None, None] * 2


def test_a_jump_is_counted_there_and_back():
    points = walking()
    points[50, 1] += 90
    points[120:124] += 500
    found = jumps(points, 100.0, 30.0, tails=np.zeros(4, dtype=bool))
    assert np.flatnonzero(found.points[:, 1]).tolist() == [50, 51]
    assert np.flatnonzero(found.body).tolist() == [120, 124]
    assert not found.points[:, [0, 2, 3]].any()


def test_a_fast_camera_makes_no_jumps_and_a_tail_may_whip():
    points = walking()
    points[60, 3] += 80
    tail = np.array([False, False, False, True])
    assert not jumps(points, 100.0, 30.0, tails=tail).points.any()
    assert jumps(points, 100.0, 30.0, tails=~tail).points[:, 3].sum() == 2
    noisy = walking() + np.random.default_rng(0).normal(0, 4, (200, 4, 2)).astype(np.float32)
    assert not jumps(noisy, 100.0, 250.0, tails=tail).points.any()


def test_the_first_frame_of_a_trial_is_no_jump():
    study = mice_study(preset="easy", animals=1, minutes=1, seed=3)
    item, pose = study.items["mouse_1"], study.poses["mouse_1"]

    def cut(points):
        points[900:] += 400

    pose = changed(pose, cut)
    for trials, count in (((), 1), ((Trial(1, 0, 900), Trial(2, 900, 900)), 0)):
        (one,) = jumps_of(tracks_of(replace(item, trials=trials), pose))
        assert one[1].body.sum() == count


def test_an_exchange_is_two_points_on_each_others_places():
    first = np.zeros((50, 2), dtype=np.float32)
    second = first + np.float32([40, 0])
    first[20:30], second[20:30] = second[20:30].copy(), first[20:30].copy()
    assert np.flatnonzero(exchanges(first, second, 10.0)).tolist() == [20, 30]
    assert not exchanges(first, second, 50.0).any()  # too near to be told apart
    away = first.copy()
    away[20:30] += (0, 90)
    assert not exchanges(away, second + np.float32([0, 30]), 10.0).any()


def swapped(pose, roles, starts, length):
    """The pose with pairs of keypoints exchanged from each start on."""
    pairs = [[pose.by_role(f"{side}_{role}") for side in ("left", "right")] for role in roles]

    def swap(points):
        for row in starts:
            for pair in pairs:
                points[row : row + length, pair] = points[row : row + length, pair[::-1]]

    return changed(pose, swap)


@pytest.mark.parametrize("count", [3, 12])
def test_long_exchanges_of_real_paws_are_told_by_their_share(shared, tmp_path, count):
    """Stretches of 5 s in 10 minutes: 2.5 and 10 % of the frames."""
    project = Project.create(tmp_path / "project")
    sources = shared("subtle/labelled")
    api.apply_import(project, api.plan_import(project, sources, format="subtle", fps=20))
    starts = np.random.default_rng(3).permutation(np.arange(200, 11500, 300))[:count]
    for one in project.recordings():
        pose = project.pose(one.id)
        assert left_and_right(tracks_of(one, pose)[0]) == []
        for roles in (["hindpaw"], ["hindpaw", "forepaw"]):
            (track,) = tracks_of(one, swapped(pose, roles, starts, 100))
            found = left_and_right(track)
            assert len(found) == 1, one.id
            assert all("the wrong way round in" in problem.what for problem in found)
    project.close()


def test_hindpaws_that_lie_inverted_need_no_exchange():
    """They are lost, and come back on the other side."""
    study = mice_study(preset="easy", animals=1, minutes=2, seed=4)
    item, pose = study.items["mouse_1"], study.poses["mouse_1"]
    pose = swapped(pose, ["hindpaw"], [1000], 100)
    positions = pose.positions.copy()
    positions[990:1002] = positions[1098:1110] = np.nan
    gone = replace(pose, positions=positions)
    (problem,) = left_and_right(tracks_of(item, gone)[0])
    assert "the wrong way round in 2." in problem.what


def test_marks_of_the_arena_are_no_part_of_the_body():
    study = mice_study(preset="easy", animals=1, minutes=2, seed=2)
    pose = study.poses["mouse_1"]
    corner = np.full((pose.n_frames, 1, 3, 2), 700.0, dtype=np.float32)
    with_marks = replace(
        pose,
        positions=np.concatenate([pose.positions, corner], axis=2),
        confidence=None,
        keypoints=(*pose.keypoints, "tl", "tr", "bl"),
    )
    (track,) = tracks_of(study.items["mouse_1"], with_marks)
    assert marks(with_marks.positions[:, 0], with_marks).tolist() == [False] * 11 + [True] * 3
    assert np.isnan(track.points[:, -3:]).all()
    assert np.isfinite(track.points[:, :11]).all()


def test_the_origin_of_an_aligned_track_is_no_placeholder():
    points = np.random.default_rng(0).normal(size=(100, 3, 2)).astype(np.float32)
    points[:, 0] = 0
    points[10:15, 1] = 0
    points[20, 2] = -1
    found = placeholders(points)
    assert (found[:, 0].sum(), found[:, 1].sum(), found[:, 2].sum()) == (0, 5, 1)


# --- names


@pytest.mark.parametrize(
    "names",
    [
        ["m01", "M1"],
        ["mouse_1", "Mouse-01"],
        ["Mouse 7", "mouse 7"],
        ["m1_baseline", "m1_day7"],
        ["young_8294", "adult_8294"],
        ["2023-10-25_267M", "20231026_267M"],
        ["day1/m3", "day2/m3"],
        ["cropped_video_part1", "cropped_video_part2"],
        ["alpha_8294", "beta_8294"],
        ["ä1", "a\u03081"],
    ],
)
def test_names_of_one_animal_are_found(names):
    assert [group for _kind, group in groups_of(names)] == [sorted(names)]


@pytest.mark.parametrize(
    "names",
    [
        ["m1", "f1"],
        ["m1", "m2", "m10"],
        ["wt_101", "ko_101"],
        ["male_101", "female_101"],
        ["cage101_m1", "cage101_m2"],
        ["6112", "6115", "6116", "7100", "8294", "8301"],
        ["A1", "A2", "B1"],
        ["adult", "juvenile"],
        ["e3v813a-20210610T122332-122642", "e3v813a-20210610T120637-121213"],
        ["day1", "day2"],
        ["part1", "part2"],
        ["trial1_8", "trial2_9"],
        ["m2023", "f2023"],
    ],
)
def test_names_of_different_animals_are_left_alone(names):
    assert groups_of(names) == []


def test_two_animals_of_one_recording_or_of_two_sexes_are_two():
    names = ["M1", "m1"]
    apart = [recording("a", "M1"), recording("b", "m1")]
    (problem,) = suspicious(names, {}, apart)
    assert (problem.severity, problem.recording) == (Severity.BLOCKING, "b")
    assert suspicious(names, {}, [recording("a", "M1", "m1")]) == []
    sexes = {"M1": Animal("M1", sex="male"), "m1": Animal("m1", sex="female")}
    assert suspicious(names, sexes, apart) == []


# --- rates, roles, sizes


def test_only_rates_that_cannot_be_resampled_block():
    found = declared(
        [recording(str(fps), fps=fps) for fps in (30, 30, 30.2, 25, 60, 61, 14)], {"30", "25"}
    )
    blocking = {p.recording for p in found if p.severity is Severity.BLOCKING}
    assert blocking == {"61", "14"}
    assert {p.recording for p in found} - blocking == {"25", "60"}


def test_a_pose_that_no_feature_set_can_use_blocks():
    sets = {"one": (("nose",), ("tail_base",)), "other": (("left_ear+right_ear",),)}
    roles = {"r": {"nose"}, "s": {"nose", "tail_base"}, "t": {"left_ear", "right_ear"}}
    found = {p.recording: p for p in needed_by_features(roles, sets)}
    assert found["r"].severity is Severity.BLOCKING
    assert found["s"].severity is Severity.WARNING
    assert "'one' needs 'nose' and 'tail_base'" in found["t"].what


def test_a_feature_set_for_other_keypoints_is_not_told_of():
    sets = {"one": (("nose",),), "seven": (("nose",), ("neck",)), "any": ()}
    assert needed_by_features({"r": {"nose"}, "s": {"nose"}}, sets) == []
    (problem,) = needed_by_features({"r": {"nose"}, "s": {"nose", "neck"}}, sets)
    assert (problem.recording, problem.severity) == ("r", Severity.WARNING)
    (problem,) = needed_by_features({"r": {"neck"}, "s": {"neck", "nose"}}, sets)
    assert (problem.recording, problem.severity) == ("r", Severity.BLOCKING)


def test_points_that_are_no_whole_animal_do_not_block_a_set_of_single_points():
    roles = {"r": {"left_hindpaw"}, "s": set()}
    (problem,) = needed_by_features(roles, {"one": (("nose",),), "any": ()})
    assert (problem.recording, problem.severity) == ("", Severity.WARNING)
    found = needed_by_features(roles, {"one": (("nose",),)})
    assert [problem.severity for problem in found] == [Severity.BLOCKING] * 2


def test_of_two_recordings_the_second_is_held_against_the_first():
    study = mice_study(preset="easy", animals=2, minutes=0.5, seed=1)
    assert between(sizes_of(study)) == []
    pose = study.poses["mouse_2"]
    study.poses["mouse_2"] = replace(pose, positions=pose.positions * 10)
    (problem,) = between(sizes_of(study))
    assert problem.recording == "mouse_2"
    assert problem.value == pytest.approx(10, rel=0.3)


def test_2d_and_3d_do_not_mix():
    study = mice_study(preset="easy", animals=3, minutes=0.3, seed=1)
    flat = study.poses["mouse_3"]
    deep = np.concatenate([flat.positions, flat.positions[..., :1]], axis=3)
    study.poses["mouse_3"] = replace(flat, positions=deep)
    found = [p for p in run_checks(study, ["scale_drift"]) if p.severity is Severity.BLOCKING]
    assert [(p.recording, p.value) for p in found] == [("mouse_3", 3.0)]


# --- copies and parts


def test_a_copy_is_found_with_other_keypoints_in_a_mirror_and_in_another_unit():
    study = mice_study(preset="easy", animals=3, minutes=2, seed=6)
    item, pose = study.items["mouse_2"], study.poses["mouse_2"]
    copy = tracked_again(pose, np.random.default_rng(1), noise=0.01)
    keep = [0, 3, 4, 5]
    copy = replace(
        copy,
        positions=copy.positions[:, :, keep] * np.array([-0.1, 0.1], dtype=np.float32),
        confidence=None,
        keypoints=tuple(pose.keypoints[place] for place in keep),
        roles={pose.keypoints[place]: pose.keypoints[place] for place in keep},
        animals=("zoe",),
    )
    add(study, "zz", replace(item, animals=("zoe",)), copy)
    (problem,) = run_checks(study, ["near_duplicates"])
    assert (problem.recording, problem.severity) == ("zz", Severity.BLOCKING)
    assert "'mouse_2'" in problem.what


def test_animals_that_never_move_have_no_fingerprint_but_copies_are_found():
    still = np.zeros((600, 1, 3, 2), dtype=np.float32) + np.arange(6).reshape(1, 1, 3, 2)
    pose = PoseTrack(still, None, ("m",), ("a", "b", "c"))
    one = Track(recording("r", n_frames=600), "m", 0, pose)
    assert candidates([found for found in [movement_of(one)] * 2 if found]) == []
    study = mice_study(preset="easy", animals=1, minutes=0.3, seed=0)
    study.items, study.poses, study.labels, study.sources = {}, {}, [], []
    add(study, "r", recording("r", "m", n_frames=600), pose)
    add(study, "s", recording("s", "n", n_frames=600), replace(pose, animals=("n",)))
    (problem,) = run_checks(study, ["near_duplicates"])
    assert "the same positions as 'r'" in problem.what


def test_aligned_tracks_are_near_each_other_anywhere():
    """Moved and turned into one frame, any end is like some beginning: nothing is said."""
    study = mice_study(preset="easy", animals=3, minutes=0.5, seed=3)
    ends = {}
    for track in tracks(study):
        points = track.pose.positions[:, 0]
        axis = points[:, 0] - points[:, 5]
        turn = np.arctan2(axis[:, 1], axis[:, 0])
        cos, sin = np.cos(-turn), np.sin(-turn)
        rotation = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
        aligned = np.einsum("tij,tkj->tki", rotation, points - points[:, 5:6])
        pose = replace(track.pose, positions=aligned[:, None].astype(np.float32), confidence=None)
        ends[track.animal] = ends_of(tracks_of(track.recording, pose))
    assert [c for c in continuations(ends) if c.chance <= 0.05] == []


def test_recordings_with_other_keypoints_are_never_parts():
    study = mice_study(preset="easy", animals=1, minutes=1, seed=5)
    item, pose = study.items["mouse_1"], study.poses["mouse_1"]
    first, second = pose.frames(0, 900), pose.frames(900, 1800)
    both = {"a": ends_of(tracks_of(item, first)), "b": ends_of(tracks_of(item, second))}
    assert [(c.first, c.second) for c in continuations(both)] == [("a", "b")]
    names = tuple(f"{name}2" for name in pose.keypoints)
    other = replace(second, keypoints=names, roles=dict(zip(names, pose.keypoints, strict=True)))
    both["b"] = ends_of(tracks_of(item, other))
    assert continuations(both) == []


# --- strips, and real tracks


def test_strips_show_the_frames_that_were_planted():
    study = mice_study(preset="easy", animals=1, minutes=1, seed=9)

    def lose(points):
        points[300:330] = 0

    study.poses["mouse_1"] = changed(study.poses["mouse_1"], lose)
    strips = {one.name: one for one in strips_of(study, study.items["mouse_1"])}
    assert strips["'not found' as a number"].spans == ((300, 330),)
    assert strips_of(study, recording("nobody")) == []


def test_a_real_track_that_writes_zeros_is_found(shared, tmp_path):
    """mabe22: three mice; in 2 to 20 % of the frames all keypoints of one are at 0, 0."""
    (track,) = shared("mabe22_clip").glob("*.h5")
    with imported(tmp_path, track, 30) as project:
        found = run_checks(project, ["likelihood", "keypoint_jumps", "swap_suspects"])
    (zeros,) = [p for p in found if "at exactly 0, 0" in p.what]
    assert zeros.value == pytest.approx(0.199, abs=0.002)
    assert zeros.frame == 58
    assert not [p for p in found if p.check == "swap_suspects"]
    # Were they no placeholders, the animals would jump into the corner 344 times.
    assert not [p for p in found if "whole animal" in p.what]


def test_real_copies_are_found(shared, tmp_path):
    """One real track, the same with gaps, and the same three times over as three animals."""
    with imported(tmp_path, shared("dlc_openfield/pose"), 30) as project:
        found = run_checks(project, ["near_duplicates", "split_recording", "mixed_rates"])
    assert [(p.recording.rsplit("_", 1)[-1], p.severity.value) for p in found] == [
        ("missingdata", "blocking"),
        ("three", "blocking"),
        ("three", "warning"),
    ]
    assert "ind1 and ind2 are tracked on the same animal" in found[2].what


@pytest.mark.parametrize(("folder", "fps"), [("bsoid", 60), ("ethome", 30), ("vame", 25)])
def test_real_tracks_that_are_well_raise_no_alarm(shared, tmp_path, folder, fps):
    (table,) = shared(folder).glob("*.csv")
    with imported(tmp_path, table, fps) as project:
        found = [p for p in run_checks(project) if p.severity is not Severity.NOTE]
    quiet = {"too_few_animals", "class_coverage", "unlabelled_as_negative"}
    assert [p.what for p in found if p.check not in quiet] == []


def one_point(track, *, cuts=()):
    """A project of one recording with one keypoint, (frames, 2)."""
    study = mice_study(preset="easy", animals=1, minutes=1, seed=3)
    bounds = [0, *cuts, len(track)]
    trials = [Trial(n, a, b - a) for n, (a, b) in enumerate(pairwise(bounds), start=1)]
    clock = FrameClock.declared(len(track), 30)
    study.items["mouse_1"] = replace(study.items["mouse_1"], clock=clock, trials=tuple(trials))
    track = np.asarray(track, dtype=np.float32)[:, None, None]
    study.poses["mouse_1"] = PoseTrack(track, None, study.items["mouse_1"].animals, ("paw",), {})
    return study


def test_a_track_that_begins_at_its_origin_is_not_lost():
    """Two trials of a paw that lifts from its resting place, which is the origin of each."""
    lift = np.concatenate([np.zeros(120), np.linspace(0, 8, 80)[1:]])
    both = np.concatenate([lift, lift])
    study = one_point(np.stack([both, both / 2], axis=1), cuts=(len(lift),))
    assert [p.check for p in run_checks(study, ["likelihood"]) if "exactly" in p.what] == []
    assert not [p for p in run_checks(study, ["missing_roles"]) if "need" in p.what]
    study.poses["mouse_1"] = changed(study.poses["mouse_1"], lambda p: p[170:175].fill(0))
    (told,) = [p for p in run_checks(study, ["likelihood"]) if "exactly" in p.what]
    assert told.frame == 170
    assert told.value == pytest.approx(5 / len(both), abs=1e-4)
