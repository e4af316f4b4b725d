"""Offsets and drifts of labels are measured, and nothing is said where nothing can be told."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.checks import run_checks
from boutwise.checks._lags import correlate, windows
from boutwise.checks._sync import movement
from boutwise.checks.sync import (
    SyncEstimate,
    estimates_from_movement,
    find,
    find_in_run,
    judge,
    offset_from_movement,
    offset_from_posteriors,
    sync_rows,
)
from boutwise.errors import DataError
from boutwise.types import Bouts, FrameState, Severity
from boutwise.types.frame_states import runs

from .memory import mice_study, moved

FPS = 30.0
FPS_OF_SUBTLE = 20.0
SLIDE = 1 + 12 / 7200  # 12 frames over 4 minutes


def late(states, frames):
    """The same labels so many frames later, or as many as a function of the frame says."""
    n_frames = len(states)
    frame = np.arange(n_frames)
    source = np.round(frame - (frames(frame) if callable(frames) else frames)).astype(int)
    moved_states = states[np.clip(source, 0, n_frames - 1)].copy()
    moved_states[(source < 0) | (source >= n_frames)] = FrameState.UNLABELLED
    return moved_states


def states_of(study, name):
    bouts = study.bouts(name)
    recording = study.items[name]
    return bouts.to_frames(recording.subjects()[0], study.ethogram, recording.n_frames)


def posteriors_of(states, seed, *, quality=1.5):
    """What a fair model makes of the truth: smooth, noisy, often wrong."""
    rng = np.random.default_rng(seed)
    kernel = np.hanning(9) / np.hanning(9).sum()
    noise = rng.standard_normal(states.shape)
    for column in range(states.shape[1]):
        noise[:, column] = np.convolve(noise[:, column], np.ones(20) / 20**0.5, "same")
    yes = (states == FrameState.YES).astype(float)
    smooth = np.stack([np.convolve(column, kernel, "same") for column in yes.T], axis=1)
    scores = np.exp(quality * smooth + noise)
    return scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("shift", [-15, 0, 5, 15, 45])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_planted_offset_is_found_from_movement(shift, seed):
    study = mice_study(preset="default", animals=1, seed=seed)
    states = late(states_of(study, "mouse_1"), shift)
    found = offset_from_movement(states, movement(study.poses["mouse_1"].positions[:, 0]), FPS)
    assert not found.cannot_tell
    assert found.offset_frames == pytest.approx(shift, abs=2)
    assert found.slide_frames == 0


def test_a_single_speed_will_do():
    study = mice_study(preset="easy", animals=1, seed=1)
    center = study.poses["mouse_1"].positions[:, 0, study.poses["mouse_1"].by_role("center")]
    speed = np.linalg.norm(np.gradient(center.astype(float), axis=0), axis=1)
    found = offset_from_movement(late(states_of(study, "mouse_1"), 15), speed, FPS)
    assert not found.cannot_tell
    assert found.offset_frames == pytest.approx(15, abs=2)


@pytest.mark.parametrize("shift", [0, 5, 15, 45])
def test_a_planted_offset_is_found_from_posteriors(shift):
    states = states_of(mice_study(preset="default", animals=1, seed=4), "mouse_1")
    found = offset_from_posteriors(late(states, shift), posteriors_of(states, shift), FPS)
    assert not found.cannot_tell
    assert found.offset_frames == pytest.approx(shift, abs=1)


@pytest.mark.parametrize("by", ["movement", "posteriors"])
@pytest.mark.parametrize("slide", [-10, 10])
def test_a_planted_drift_is_found(by, slide):
    study = mice_study(preset="default", animals=1, minutes=5, seed=2)
    states = states_of(study, "mouse_1")
    drifting = late(states, lambda frame: slide * frame / len(states))
    if by == "movement":
        signals = movement(study.poses["mouse_1"].positions[:, 0])
        found = offset_from_movement(drifting, signals, FPS)
    else:
        found = offset_from_posteriors(drifting, posteriors_of(states, 1), FPS)
    assert not found.cannot_tell
    assert found.slide_frames == pytest.approx(slide, abs=3)
    assert found.drift_frames_per_minute == pytest.approx(slide / 5, abs=0.6)
    assert found.start_frames == pytest.approx(0, abs=2.5)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_can_be_told_from_another_mouse(seed):
    study = mice_study(preset="default", animals=2, seed=seed)
    signals = movement(study.poses["mouse_2"].positions[:, 0])
    found = offset_from_movement(states_of(study, "mouse_1"), signals, FPS)
    assert found.cannot_tell
    assert judge({("r", ""): found}, "the movement") == []


def test_nothing_can_be_told_from_few_events():
    study = mice_study(preset="easy", animals=1, seed=0)
    states = states_of(study, "mouse_1")
    states[600:] = [FrameState.YES] + [FrameState.NO] * (states.shape[1] - 1)
    signals = movement(study.poses["mouse_1"].positions[:, 0])
    assert "no lag stands out" in offset_from_movement(states, signals, FPS).cannot_tell
    states[300:] = FrameState.UNLABELLED
    assert "starts and ends" in offset_from_movement(states, signals, FPS).cannot_tell
    states[:] = FrameState.UNLABELLED
    assert "only 0" in offset_from_movement(states, signals, FPS).cannot_tell


def test_frames_must_match():
    with pytest.raises(DataError, match="10 frames and 9"):
        offset_from_movement(np.zeros((10, 2), np.int8), np.zeros(9), FPS)
    with pytest.raises(DataError, match="2 behaviors and posteriors of 3"):
        offset_from_posteriors(np.zeros((10, 2), np.int8), np.zeros((10, 3)), FPS)


def test_missing_keypoints_say_nothing():
    study = mice_study(preset="easy", animals=1, seed=3)
    positions = study.poses["mouse_1"].positions[:, 0].copy()
    positions[:, 0] = np.nan
    positions[200:900, 3] = np.nan
    found = offset_from_movement(late(states_of(study, "mouse_1"), 15), movement(positions), FPS)
    assert found.offset_frames == pytest.approx(15, abs=2)


@given(st.integers(0, 1000), st.integers(3, 40), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_the_correlation_is_the_plain_sum(seed, n_frames, max_lag):
    rng = np.random.default_rng(seed)
    labels, signals = rng.standard_normal((n_frames, 2)), rng.standard_normal((n_frames, 3))
    found = correlate(labels, signals, max_lag)
    assert found.shape == (2 * max_lag + 1, 2, 3)
    for place, lag in enumerate(range(-max_lag, max_lag + 1)):
        expected = sum(
            np.outer(labels[t], signals[t - lag])
            for t in range(n_frames)
            if 0 <= t - lag < n_frames
        )
        np.testing.assert_allclose(found[place], expected, atol=1e-9)


@given(st.integers(2, 400_000), st.sampled_from([15.0, 20.0, 30.0, 120.0]))
@settings(max_examples=60, deadline=None)
def test_windows_cover_the_recording(n_frames, fps):
    found = windows(n_frames, fps)
    assert found[0][0] == 0
    assert found[-1][1] == n_frames
    assert len(found) <= 24
    assert all(start < stop for start, stop in found)
    assert all(later[0] <= one[1] for one, later in pairwise(found))


def estimate(offset, *, drift=0.0, error=0.3, cannot_tell=""):
    return SyncEstimate(offset, drift, error, 0.1, 10.0, 20.0, cannot_tell)


def test_what_all_recordings_share_is_told_once():
    shared = {(f"r{n}", "anna"): estimate(9 + 0.4 * n) for n in range(4)}
    problems = judge(shared, "the movement")
    assert [problem.recording for problem in problems] == [""]
    assert "0.48 s after" in problems[0].what
    shared["r9", "anna"] = estimate(16)
    problems = judge(shared, "the movement")
    assert [problem.recording for problem in problems] == ["r9", ""]
    assert problems[0].value == pytest.approx(16 - 9.8, abs=0.5)
    assert "of anna" in problems[0].what


def test_what_cannot_be_told_is_not():
    estimates = {("a", ""): estimate(40, cannot_tell="few events"), ("b", ""): estimate(8, error=6)}
    assert judge(estimates, "the movement") == []
    rows = sync_rows(estimates)
    assert [row["cannot_tell"] for row in rows] == ["few events", ""]
    json.dumps(rows)


@pytest.mark.parametrize("shift", [5, 15, 45])
def test_the_check_tells_a_planted_shift_within_two_frames(shift):
    study = mice_study(preset="easy", animals=3, minutes=3, seed=11)
    n_frames = study.items["mouse_2"].n_frames
    study.labels[1] = moved(study.labels[1], lambda frame: frame + shift, n_frames)
    (problem,) = run_checks(study, ["sync"])
    assert (problem.recording, problem.severity) == ("mouse_2", Severity.WARNING)
    assert problem.value == pytest.approx(shift, abs=2)
    assert "late" in problem.what


@pytest.mark.parametrize("shift", [-45, -15, -5, 5, 15, 45])
def test_a_shift_on_top_of_a_common_delay_is_told(shift):
    """2.25 s late at 20 frames a second, where all labels are 0.45 s late."""
    study = mice_study(preset="easy", animals=4, minutes=4, seed=3, fps=20.0)
    for place, name in enumerate(study.items):
        late_by = 9 + (shift if name == "mouse_2" else 0)
        n_frames = study.items[name].n_frames
        study.labels[place] = moved(
            study.labels[place], lambda frame, late_by=late_by: frame + late_by, n_frames
        )
    problems = [p for p in run_checks(study, ["sync"]) if p.recording]
    assert [(p.recording, p.severity) for p in problems] == [("mouse_2", Severity.WARNING)]
    assert problems[0].value == pytest.approx(shift, abs=2)
    assert "slide" not in problems[0].what


def test_labels_that_belong_elsewhere_are_named():
    """Enough bouts, and the movement of the others tells; but these are 20 s late."""
    study = mice_study(preset="easy", animals=5, minutes=4, seed=3)
    n_frames = study.items["mouse_2"].n_frames
    study.labels[1] = moved(study.labels[1], lambda frame: frame + 600, n_frames)
    (problem,) = run_checks(study, ["sync"])
    assert (problem.recording, problem.severity) == ("mouse_2", Severity.WARNING)
    assert "cannot be told" in problem.what
    assert "of 4 others" in problem.what


@pytest.mark.parametrize(("offset", "drift"), [(40, -0.1), (40, -0.7), (9, 0.15)])
def test_a_shift_with_a_trifling_slide_is_a_shift(offset, drift):
    (problem,) = judge({("a", ""): estimate(offset, drift=drift)}, "the movement")
    assert f"are {offset:.1f} frames late" in problem.what
    assert problem.value == offset
    assert "where video and labels begin" in problem.todo


def test_the_check_names_the_recordings_that_it_cannot_judge():
    study = mice_study(preset="easy", animals=3, minutes=2, seed=0)
    few = [row for row in study.labels[2].rows() if row.stop < 300]
    pieces = [replace(piece, stop=300) for piece in study.labels[2].observed]
    study.labels[2] = Bouts.from_rows(few, pieces)
    (problem,) = run_checks(study, ["sync"])
    assert (problem.recording, problem.severity) == ("mouse_3", Severity.NOTE)
    assert "cannot be told: only" in problem.what
    assert "starts and ends of bouts" in problem.what


def test_a_slide_is_told_with_both_ends():
    (problem,) = judge({("a", ""): estimate(4, drift=0.8)}, "the movement")
    assert problem.value == pytest.approx(8)
    assert "0.0 frames late at the start and 8.0 frames late at the end" in problem.what


@pytest.fixture
def run(tmp_path):
    """A run folder of four recordings; the labels of the third slide by 12 frames."""
    study = mice_study(preset="default", animals=4, minutes=4, seed=6)
    directory = tmp_path / "runs" / "first"
    (directory / "data").mkdir(parents=True)
    (directory / "oof").mkdir()
    rows = []
    for name, recording in study.items.items():
        states = states_of(study, name)
        posteriors = posteriors_of(states, len(rows))
        if name == "mouse_3":
            n_frames = recording.n_frames
            labels = moved(study.bouts(name), lambda frame: frame * SLIDE, n_frames)
            place = list(study.items).index(name)
            study.labels[place] = labels
            states = labels.to_frames(recording.subjects()[0], study.ethogram, len(states))
        for column, behavior in enumerate(study.ethogram.names):
            for state in (1, 0):
                rows += [
                    (f"day/{name}", name, "", behavior, start, stop, state)
                    for start, stop in runs(states[:, column] == state)
                ]
        table = pd.DataFrame({"frame": np.arange(len(states))})
        table["time_s"] = table["frame"] / FPS
        table["animal"], table["target"] = name, ""
        for column, behavior in enumerate(study.ethogram.names):
            table[f"p:{behavior}"] = posteriors[:, column].astype(np.float32)
        table.to_parquet(directory / "oof" / f"day__{name}.frames.parquet")
    columns = ["recording", "animal", "target", "behavior", "start", "stop", "state"]
    pd.DataFrame(rows, columns=columns).to_parquet(directory / "data" / "labels.parquet")
    return study, directory


def test_a_run_shows_the_drift_of_one_recording(run):
    _study, directory = run
    (problem,) = find_in_run(directory)
    assert problem.recording == "day/mouse_3"
    assert problem.value == pytest.approx(12, abs=3)
    assert "out-of-fold" in problem.what


def test_a_finished_run_speaks_in_the_project(run):
    study, directory = run
    study.runs = directory.parent
    assert {problem.recording for problem in find(study)} == {"mouse_3"}
    (directory / "scores.json").write_text('{"problems": []}', encoding="utf-8")
    assert {problem.recording for problem in find(study)} == {"mouse_3", "day/mouse_3"}


def test_a_run_without_labels_says_nothing(tmp_path):
    assert find_in_run(tmp_path) == []


def test_the_drift_of_a_real_recording_is_found_by_movement(shared):
    """young_8301 of SUBTLE slides by about 7 frames; the others stay within 2 of each other."""
    folder, names = shared("subtle/labelled"), ["na", "grooming", "rearing", "standing", "walking"]
    estimates = {}
    for file in sorted((folder / "coords").glob("*.csv")):
        points = pd.read_csv(file, header=None).to_numpy(np.float32).reshape(-1, 9, 3)
        labels = pd.read_csv(folder / "annots" / file.name, keep_default_na=False).iloc[:, 1]
        states = np.stack([(labels == name).to_numpy() for name in names], axis=1).astype(np.int8)
        found = offset_from_movement(states, movement(points), FPS_OF_SUBTLE)
        estimates[file.stem, ""] = found
    problems = [p for p in judge(estimates, "the movement") if p.recording]
    assert [problem.recording for problem in problems] == ["young_8301"]
    assert problems[0].value == pytest.approx(7, abs=2)
    others = [one for (name, _), one in estimates.items() if name != "young_8301"]
    middle = np.median([one.offset_frames for one in others])
    assert all(abs(one.start_frames - middle) <= 2 for one in others)
    assert all(abs(one.stop_frames - middle) <= 2 for one in others)


def test_annotators_are_judged_apart():
    study = mice_study(preset="default", animals=1, seed=8)
    bouts = study.labels[0]
    shifted = moved(bouts, lambda frame: frame + 20, study.items["mouse_1"].n_frames)
    study.labels.append(
        type(bouts).from_rows(
            (_by(row, "second") for row in shifted.rows()),
            (_by(piece, "second") for piece in shifted.observed),
        )
    )
    found = estimates_from_movement(study)
    assert set(found) == {("mouse_1", "human"), ("mouse_1", "second")}
    gap = found["mouse_1", "second"].offset_frames - found["mouse_1", "human"].offset_frames
    assert gap == pytest.approx(20, abs=1.5)


def _by(row, annotator):
    return replace(row, annotator=annotator)


def test_a_long_recording_is_measured_too():
    """Its correlation around the circle, which shows what chance gives, is taken in blocks."""
    study = mice_study(preset="easy", animals=1, minutes=20, seed=1)
    positions = study.poses["mouse_1"].positions[:, 0]
    states = late(states_of(study, "mouse_1"), 15)
    found = offset_from_movement(states, movement(positions), FPS)
    assert not found.cannot_tell
    assert found.offset_frames == pytest.approx(15, abs=2)
