"""Which frame each row is: proposed in words, never applied, silent once a person has said it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boutwise.api.importing.rows import parse
from boutwise.checks import run_checks
from boutwise.checks._row_proposals import propose, unused_ends
from boutwise.checks.rows_and_frames import confirm, label_count
from boutwise.errors import DataError
from boutwise.project.files import FilePart, SourceFile
from boutwise.types import Bouts, FrameClock, PoseTrack, Recording, Severity, Trial

from .memory import mice_study, moved


def pose(rows):
    rng = np.random.default_rng(0)
    return PoseTrack(rng.normal(size=(rows, 1, 2, 2)), None, ("m",), ("a", "b"))


def recording(n_frames=360, **facts):
    return Recording("r", FrameClock.declared(n_frames, 30), ("m",), **facts)


def labels(**part):
    return SourceFile(1, Path("r.csv"), "d", 1, "labels", "", {}, FilePart("r", **part))


def test_an_empty_or_repeated_row_at_an_end_is_the_one_too_many():
    positions = pose(10).positions.copy()
    positions[-1] = positions[-2]
    assert unused_ends(replace(pose(10), positions=positions)) == (0, 1)
    positions[:2] = np.nan
    assert unused_ends(replace(pose(10), positions=positions)) == (2, 1)
    assert unused_ends(pose(10)) == (0, 0)
    assert unused_ends(pose(1)) == (0, 0)


def test_the_proposed_rows_land_on_the_frames():
    last = propose(10, 9, ends=(0, 1))
    assert last.sure
    assert last.row_to_frame.tolist() == [*range(9), -1]
    first = propose(10, 9, ends=(1, 0))
    assert "first row" in first.words
    assert first.row_to_frame.tolist() == [-1, *range(9)]
    assert propose(500, 1000).row_to_frame[:4].tolist() == [0, 2, 4, 6]
    doubled = propose(1000, 500)
    assert doubled.row_to_frame[:4].tolist() == [0, -1, 1, -1]
    assert set(range(500)) == set(doubled.row_to_frame[doubled.row_to_frame >= 0].tolist())
    assert propose(334, 1001).row_to_frame[-1] == 999


@pytest.mark.parametrize(
    ("rows", "frames", "ends"),
    [(10, 9, (0, 1)), (10, 8, (2, 0)), (50, 100, (0, 0)), (300, 100, (0, 0))],
)
def test_the_word_of_a_proposal_gives_the_same_frames_on_import(rows, frames, ends):
    found = propose(rows, frames, ends=ends)
    assert np.array_equal(parse(found.rows).frames(rows, frames), found.row_to_frame)
    assert f"--rows {found.rows}" in confirm(found)


@pytest.mark.parametrize(("rows", "frames"), [(750, 749), (345, 360), (400, 517), (517, 400)])
def test_what_numbers_alone_do_not_tell_is_not_proposed(rows, frames):
    found = propose(rows, frames)
    assert found.row_to_frame is None
    assert not found.sure
    assert "tell" in found.words or "told" in found.words


def test_rows_that_lie_on_the_movement_elsewhere_begin_there():
    assert propose(500, 545, late=-44).row_to_frame[0] == 45
    assert propose(500, 545, late=1.5).row_to_frame[0] == 0
    between = propose(500, 545, late=-20)
    assert (between.row_to_frame[0], between.sure) == (20, False)
    assert propose(500, 545, late=60).row_to_frame is None


def test_real_pose_with_one_row_more_than_the_video(shared):
    """vame: 750 rows, 749 decoded frames, and neither end is empty or repeated."""
    from boutwise import formats

    path = shared("vame") / "cropped_video.csv"
    track = formats.read(path, format="dlc_csv").pose
    assert track.n_frames == 750
    assert "nothing here tells which" in propose(750, 749, ends=unused_ends(track)).words


@pytest.mark.parametrize(
    ("part", "silent"),
    [
        ({"n_rows": 345}, False),
        ({"n_rows": 345, "first_frame": 0}, False),
        ({"n_rows": 345, "first_frame": 15}, True),
        ({"n_rows": 345, "first_frame": 20}, False),
        ({"n_rows": 345, "row_to_frame": np.arange(345) + 3}, True),
        ({"n_rows": 345, "trial": 1, "first_frame": 15}, True),
        ({"n_rows": 345, "trial": 1, "first_frame": 0}, False),
        ({}, True),
    ],
)
def test_what_a_person_has_said_is_not_asked_again(part, silent):
    one = recording(trials=(Trial(1, 0, 360),))
    assert (label_count(labels(**part), one) == []) is silent


@pytest.mark.parametrize(
    ("rows", "ratio"), [(720, "2 times"), (432, "6/5 of"), (180, "1/2 of"), (240, "2/3 of")]
)
def test_labels_at_another_rate_block(rows, ratio):
    (problem,) = label_count(labels(n_rows=rows), recording())
    assert problem.severity is Severity.BLOCKING
    assert f"{ratio} as many" in problem.what
    assert "the pose that belongs to these labels" in problem.todo


def test_half_of_the_labels_on_the_movement_are_a_part_of_the_recording():
    (problem,) = label_count(labels(n_rows=180), recording(), late=0.5)
    assert problem.severity is Severity.WARNING
    assert label_count(labels(n_rows=347), recording())[0].severity is Severity.WARNING


def test_every_second_frame_of_the_pose_under_all_labels_blocks():
    study = mice_study(preset="easy", animals=3, minutes=1, seed=5)
    whole = study.items["mouse_2"].n_frames
    pose = study.poses["mouse_2"]
    thin = replace(pose, positions=pose.positions[::2], confidence=pose.confidence[::2])
    study.poses["mouse_2"] = thin
    clock = FrameClock.declared(thin.n_frames, 30)
    study.items["mouse_2"] = replace(study.items["mouse_2"], clock=clock)
    first = [row for row in study.labels[1].rows() if row.stop <= thin.n_frames]
    study.labels[1] = Bouts.from_rows(first)
    (problem,) = run_checks(study, ["rows_and_frames"])
    assert (problem.severity, problem.recording) == (Severity.BLOCKING, "mouse_2")
    assert problem.value == whole - thin.n_frames


def test_late_labels_say_where_they_begin():
    """Labels of the last frames of a recording, imported as if they were the first."""
    study = mice_study(preset="easy", animals=3, minutes=2, seed=4)
    name, lost = "mouse_2", 45
    place, n_frames = list(study.items).index(name), study.items[name].n_frames
    early = moved(study.labels[place], lambda frame: frame - lost, n_frames)
    study.labels[place] = Bouts.from_rows(early.rows(), early.observed)
    part = FilePart(name, n_rows=n_frames - lost, first_frame=0)
    study.sources[place] = replace(study.sources[place], part=part)
    (problem,) = run_checks(study, ["rows_and_frames"])
    assert "begin at frame 4" in problem.what
    assert "movement" in problem.what
    assert problem.value == -lost


def test_a_broken_pose_is_one_problem_and_the_other_checks_go_on():
    study = mice_study(preset="easy", animals=3, minutes=0.5, seed=1)
    whole = study.poses["mouse_2"]

    class Broken(dict):
        def __getitem__(self, name):
            if name == "mouse_2":
                raise DataError("the pose file has changed", file="two.csv", todo="import it again")
            return super().__getitem__(name)

    study.poses = Broken(study.poses)
    problems = [p for p in run_checks(study) if p.severity is Severity.BLOCKING]
    assert [(p.check, p.recording, p.file) for p in problems] == [
        ("rows_and_frames", "mouse_2", "two.csv")
    ]
    assert not [p for p in run_checks(study) if "could not be finished" in p.what]
    study.poses = {**dict(study.poses.items()), "mouse_2": whole}


def test_recordings_without_pose_harm_no_check():
    study = mice_study(preset="easy", animals=3, minutes=0.5, seed=2)
    study.poses = {}
    assert {p.severity for p in run_checks(study)} <= {Severity.WARNING, Severity.NOTE}
    assert not [p for p in run_checks(study) if p.check == "likelihood"]
