"""Predict every frame, refuse what does not fit, do nothing twice."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from boutwise import api, formats
from boutwise.bundle import Bundle
from boutwise.errors import BundleError, DataError, UsageError
from boutwise.inference import Predictor, prediction_bouts
from boutwise.prepare import Material
from boutwise.types import FrameClock
from boutwise.types.frame_states import FrameState


@pytest.fixture(scope="module")
def bundle(trained):
    return Bundle.open(trained[2].bundle)


@pytest.fixture(scope="module")
def recording(trained):
    project = trained[0]
    record = project.recordings()[0]
    return record, project.pose(record.id)


def test_every_frame_is_predicted_and_bouts_agree_with_frames(bundle, recording):
    record, pose = recording
    prediction = Predictor((bundle,)).predict(Material.of_pose(record.id, pose, record.clock))
    assert prediction.probabilities.shape[:2] == (1, record.n_frames)
    bouts = prediction_bouts(prediction)
    frames = bouts.to_frames(prediction.subjects[0], prediction.ethogram, record.n_frames)
    assert np.array_equal(frames == FrameState.YES, prediction.decided[0])


def test_several_bundles_are_averaged(bundle, recording):
    record, pose = recording
    one = Predictor((bundle,)).predict(Material.of_pose(record.id, pose, record.clock))
    two = Predictor((bundle, bundle)).predict(Material.of_pose(record.id, pose, record.clock))
    assert np.allclose(one.probabilities, two.probabilities, atol=1e-6)
    assert two.bundle == f"{bundle.id}+{bundle.id}"


def test_a_recording_at_another_rate_gets_one_row_a_native_frame(bundle, recording):
    record, pose = recording
    half = replace(pose, positions=pose.positions[::2], confidence=pose.confidence[::2])
    clock = FrameClock.declared(half.n_frames, record.clock.fps / 2)
    slow = Predictor((bundle,)).predict(Material.of_pose(record.id, half, clock))
    full = Predictor((bundle,)).predict(Material.of_pose(record.id, pose, record.clock))
    assert slow.probabilities.shape[1] == half.n_frames
    same = (slow.decided[0] == full.decided[0, ::2]).all(axis=1).mean()
    assert same > 0.8


@pytest.mark.parametrize("fps", [10.0, 90.0])
def test_a_rate_too_far_away_is_refused(bundle, recording, fps):
    record, pose = recording
    with pytest.raises(BundleError, match="frames per second"):
        Predictor((bundle,)).predict(
            Material.of_pose(record.id, pose, FrameClock.declared(pose.n_frames, fps))
        )


def test_missing_keypoints_are_refused_by_name(bundle, recording):
    record, pose = recording
    fewer = replace(
        pose,
        positions=pose.positions[:, :, 2:],
        confidence=pose.confidence[:, :, 2:],
        keypoints=pose.keypoints[2:],
        roles={k: v for k, v in pose.roles.items() if k in pose.keypoints[2:]},
    )
    with pytest.raises(BundleError, match="left_ear"):
        Predictor((bundle,)).predict(Material.of_pose(record.id, fewer, record.clock))


def test_frames_without_pose_are_not_decided(bundle, recording):
    record, pose = recording
    positions = pose.positions.copy()
    positions[300:420] = np.nan
    gone = replace(pose, positions=positions)
    prediction = Predictor((bundle,)).predict(Material.of_pose(record.id, gone, record.clock))
    assert not prediction.observed[0, 320:400].any()
    assert not prediction.decided[0, 320:400].any()
    assert np.isfinite(prediction.probabilities).all()
    ranges = prediction_bouts(prediction).observed
    assert all(piece.stop <= 320 or piece.start >= 400 for piece in ranges)


def test_files_are_written_once_and_can_be_read_back(trained, bundle, tmp_path):
    project = trained[0]
    first = api.predict_files([bundle], project, tmp_path / "out")
    again = api.predict_files([bundle], project, tmp_path / "out")
    names = {r.id for r in project.recordings()}
    assert set(first.done) == names
    assert not first.kept
    assert set(again.kept) == names
    assert not again.done
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["recording"] for entry in manifest["recordings"]} == names
    record = project.recordings()[0]
    table = pd.read_parquet(tmp_path / "out" / f"{record.id}.frames.parquet")
    assert len(table) == record.n_frames
    read = formats.read(tmp_path / "out" / f"{record.id}.bouts.csv")
    total = sum(len(track.rows) for track in read.labels)
    changes = (table["label"] != table["label"].shift()).sum() - (table["label"] == "").any()
    assert abs(total - changes) <= 2


def test_a_changed_pose_is_predicted_again(trained, bundle, tmp_path):
    project = trained[0]
    files = sorted((project.root.parent / "project-files" / "pose").glob("*.csv"))[:2]
    copies = tmp_path / "pose"
    copies.mkdir()
    for file in files:
        (copies / file.name).write_bytes(file.read_bytes())
    out = tmp_path / "out"
    assert len(api.predict_files([bundle], [copies], out, fps=30).done) == 2
    lines = files[0].read_text(encoding="utf-8").splitlines()
    (copies / files[0].name).write_text("\n".join(lines[:-10]) + "\n", encoding="utf-8")
    result = api.predict_files([bundle], [copies], out, fps=30)
    assert result.done == (files[0].stem,)


def test_shards_divide_the_work_without_gap_or_overlap(trained, bundle, tmp_path):
    done = [
        api.predict_files([bundle], trained[0], tmp_path / "out", shard=(i, 3)).done
        for i in (1, 2, 3)
    ]
    together = [name for part in done for name in part]
    assert sorted(together) == sorted(r.id for r in trained[0].recordings())
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["recordings"]) == len(together)


def test_one_bad_file_does_not_stop_the_others(trained, bundle, tmp_path):
    folder = tmp_path / "pose"
    folder.mkdir()
    good = sorted((trained[0].root.parent / "project-files" / "pose").glob("*.csv"))[0]
    (folder / "good.csv").write_bytes(good.read_bytes())
    head, *rest = good.read_text(encoding="utf-8").splitlines()
    (folder / "bad.csv").write_text("\n".join([head, *rest[:2]]) + "\n", encoding="utf-8")
    result = api.predict_files(
        [bundle], [folder / "good.csv", folder / "bad.csv"], tmp_path / "o", fps=30
    )
    assert result.done == ("good",)
    assert "bad" in result.failed


def test_arrays_and_parts_of_a_recording(bundle, recording):
    record, pose = recording
    whole = api.predict(bundle, pose.positions, fps=30, keypoints=pose.keypoints)
    part = api.predict(bundle, pose, fps=30, frames=(100, 200))
    assert part.probabilities.shape[1] == 100
    assert part.clock.times_s[0] == pytest.approx(100 / 30)
    with pytest.raises(UsageError, match="not in the recording"):
        api.predict(bundle, pose, fps=30, frames=(0, 10**6))
    with pytest.raises(DataError, match="frame rate"):
        api.predict(bundle, pose)
    assert whole.probabilities.shape[1] == record.n_frames


def test_keypoints_in_another_order_give_the_same_prediction(bundle, recording):
    record, pose = recording
    turned = replace(
        pose,
        positions=pose.positions[:, :, ::-1],
        confidence=pose.confidence[:, :, ::-1],
        keypoints=pose.keypoints[::-1],
    )
    one, other = (
        Predictor((bundle,)).predict(Material.of_pose(record.id, p, record.clock))
        for p in (pose, turned)
    )
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_keypoints_that_training_did_not_have_are_refused(bundle, recording):
    record, pose = recording
    more = replace(
        pose,
        positions=np.concatenate([pose.positions, pose.positions[:, :, :1]], axis=2),
        confidence=np.concatenate([pose.confidence, pose.confidence[:, :, :1]], axis=2),
        keypoints=(*pose.keypoints, "implant"),
    )
    with pytest.raises(BundleError, match="training did not have"):
        Predictor((bundle,)).predict(Material.of_pose(record.id, more, record.clock))
