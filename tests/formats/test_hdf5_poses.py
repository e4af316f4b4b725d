"""SLEAP analysis files and JABS pose files."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import write_jabs, write_sleap

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import jabs_h5, sleap_h5


def sleap(tmp_path, name="a.h5", **changes):
    write_sleap(tmp_path / name, **changes)
    return tmp_path / name


def jabs(tmp_path, name="a_pose_est_v4.h5", **changes):
    write_jabs(tmp_path / name, **changes)
    return tmp_path / name


def test_sleap_axes_names_scores_and_missing(tmp_path):
    pose = sleap_h5.read(sleap(tmp_path)).pose
    assert (pose.animals, pose.keypoints) == (("m1", "m2"), ("nose", "neck", "tail_base"))
    assert (pose.unit, pose.roles["tail_base"]) == ("px", "tail_base")
    with h5py.File(tmp_path / "a.h5") as file:
        tracks, scores = file["tracks"][()], file["point_scores"][()]
    for frame in range(4):
        for animal in range(2):
            for node in range(3):
                np.testing.assert_array_equal(
                    pose.positions[frame, animal, node], tracks[animal, :, node, frame]
                )
                wanted = np.float32(min(scores[animal, node, frame], 1))
                assert pose.confidence[frame, animal, node] == wanted
    assert np.isnan(pose.positions[1, 1, 2]).all()
    assert pose.confidence.max() == 1


def test_sleap_arrays_in_the_order_of_python(tmp_path):
    there = sleap_h5.read(sleap(tmp_path)).pose
    with h5py.File(tmp_path / "a.h5") as file:
        changes = {name: file[name][()].T for name in ("tracks", "point_scores")}
    turned = sleap_h5.read(sleap(tmp_path, "b.h5", **changes)).pose
    np.testing.assert_array_equal(turned.positions, there.positions)
    np.testing.assert_array_equal(turned.confidence, there.confidence)


@pytest.mark.parametrize("names", [np.array([], dtype="S1"), np.array([b""]), np.array([0.0])[:0]])
def test_sleap_one_track_without_a_name_is_the_animal(tmp_path, names):
    tracks = np.zeros((1, 2, 3, 4))
    changes = {"tracks": tracks, "track_names": names, "point_scores": None}
    pose = sleap_h5.read(sleap(tmp_path, **changes)).pose
    assert pose.animals == ("animal",)
    assert pose.confidence is None


def test_sleap_tracks_are_chosen_in_order(tmp_path):
    path = sleap(tmp_path)
    both = sleap_h5.read(path).pose
    turned = sleap_h5.read(path, tracks=["m2", "m1"]).pose
    assert turned.animals == ("m2", "m1")
    np.testing.assert_array_equal(turned.positions, both.positions[:, ::-1])
    with pytest.raises(FormatError, match="did you mean 'm2'"):
        sleap_h5.read(path, tracks=["m22"])


def test_sleap_pieces_of_tracks_are_reported(tmp_path):
    tracks = np.full((3, 2, 3, 300), np.nan)
    tracks[0], tracks[1, ..., :150], tracks[2, ..., 7] = 1, 2, 3
    names = np.array([b"m1", b"m2", b"track_7"])
    path = sleap(tmp_path, tracks=tracks, track_names=names, point_scores=None)
    (problem,) = sleap_h5.read(path).problems
    assert "1 of 3 tracks are there in less than 1% of the frames: track_7" in problem.what
    assert not sleap_h5.read(path, tracks=["m1", "m2"]).problems


@pytest.mark.parametrize(
    ("name", "video", "recording"),
    [
        ("labels.v001.000_cage 3.analysis.h5", "C:\\v\\cage 3.mp4", "cage 3"),
        ("cage 3.mp4.predictions.slp.analysis.h5", "/home/cage 3.mp4", "cage 3"),
        ("mouse 7.analysis.h5", "/home/mouse 7/video.mp4", "mouse 7"),
        ("mouse 7.h5", None, "mouse 7"),
    ],
)
def test_sleap_recording_is_the_video_where_the_file_is_named_after_it(
    tmp_path, name, video, recording
):
    assert sleap_h5.read(sleap(tmp_path, name, video_path=video)).recording == recording


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tracks": np.zeros((2, 3, 4))}, "'tracks' has the shape (2, 3, 4)"),
        ({"tracks": np.zeros((2, 2, 5, 4))}, "'tracks' has the shape"),
        ({"tracks": np.full((2, 2, 3, 4), np.inf)}, "infinite"),
        ({"tracks": np.full((2, 2, 3, 4), np.nan)}, "no point is there in any of 4 frames"),
        ({"tracks": np.zeros((0, 2, 3, 4)), "point_scores": None}, "no tracks"),
        ({"tracks": np.array([b"x"])}, "is of type"),
        ({"point_scores": np.zeros((2, 3, 5))}, "'point_scores' has the shape"),
        ({"track_names": np.array([b"m1"])}, "a name of its own"),
        ({"track_names": np.array([b"m1", b"m1"])}, "a name of its own"),
        ({"node_names": np.array([b"nose", b"nose", b"tail"])}, "is there twice"),
    ],
)
def test_sleap_faults(tmp_path, changes, words):
    path = sleap(tmp_path, **changes)
    with pytest.raises(FormatError) as caught:
        formats.read(path)
    assert words in str(caught.value)
    assert caught.value.file == str(path)


def test_links_and_claims_that_are_not_in_the_file(tmp_path):
    path = sleap(tmp_path)
    with h5py.File(path, "a") as file:
        del file["point_scores"]
        file["point_scores"] = h5py.ExternalLink("other.h5", "/point_scores")
    assert sleap_h5.read(path).pose.confidence is None
    with h5py.File(path, "a") as file:
        del file["tracks"]
        file.create_dataset("tracks", (2, 2, 3, 10**9), dtype="f8", chunks=(2, 2, 3, 100))
    with pytest.raises(FormatError, match="claims 96000 MB and stores 1 bytes"):
        sleap_h5.read(path)
    with h5py.File(path, "a") as file:
        del file["tracks"]
        file["tracks"] = h5py.ExternalLink("other.h5", "/tracks")
    assert not sleap_h5.sniff(path)


def test_jabs_mice_keep_their_places(tmp_path):
    pose = jabs_h5.read(jabs(tmp_path)).pose
    with h5py.File(tmp_path / "a_pose_est_v4.h5") as file:
        points, confidence = (file[f"poseest/{name}"][()] for name in ("points", "confidence"))
    assert pose.animals == ("mouse1", "mouse2")
    # (frame, mouse) -> place in the file, by hand; the second mouse is masked in the last frame.
    places = {(0, 0): 0, (0, 1): 1, (2, 0): 0, (3, 0): 1, (3, 1): 0, (4, 1): 0}
    for (frame, mouse), place in places.items():
        np.testing.assert_array_equal(pose.positions[frame, mouse], points[frame, place][:, ::-1])
        wanted = np.minimum(confidence[frame, place], 1)
        np.testing.assert_array_equal(pose.confidence[frame, mouse], wanted)
    assert np.isnan(pose.positions[4, 0]).all()
    assert (pose.confidence[4, 0] == 0).all()


def test_jabs_whole_tracks_are_mice(tmp_path):
    path = jabs(tmp_path, "b_pose_est_v3.h5", instance_embed_id=None)
    contents = jabs_h5.read(path)
    assert contents.recording == "b"
    assert contents.pose.animals == ("mouse0", "mouse1", "mouse2")
    ids = np.tile(np.arange(3, dtype=np.uint32), (5, 1))
    ids[3:, 1] = 7
    path = jabs(tmp_path, instance_embed_id=None, instance_track_id=ids)
    with pytest.raises(FormatError, match="4 pieces of tracks, and never more than 3 mice"):
        jabs_h5.read(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"points": np.zeros((5, 3, 11, 2))}, "points have the shape"),
        ({"confidence": None}, "no dataset 'confidence'"),
        ({"confidence": np.zeros((5, 3, 12))}, "no point is there"),
        ({"id_mask": np.zeros((5, 2), dtype=bool)}, "broken"),
        ({"id_mask": np.ones((5, 3), dtype=bool)}, "no mouse is identified"),
        ({"instance_embed_id": np.ones((5, 3), dtype=np.uint32)}, "in two places"),
    ],
)
def test_jabs_faults(tmp_path, changes, words):
    changes = {"id_mask": np.zeros((5, 3), dtype=bool)} | changes
    path = jabs(tmp_path, **changes)
    with pytest.raises(FormatError) as caught:
        formats.read(path)
    assert words in str(caught.value)
    assert caught.value.file == str(path)


def test_real_sleap_file_against_h5py(shared):
    path = shared("deepof/SLEAP/testDLC_sleap.analysis.h5")
    contents = formats.read(path)
    pose = contents.pose
    assert (contents.format, contents.recording) == ("sleap_h5", "testDLC_sleap")
    assert pose.positions.shape == (101, 1, 14, 2)
    assert pose.animals == ("track_0",)
    with h5py.File(path) as file:
        x, y = file["tracks"][0]
        scores = file["point_scores"][0]
        names = [name.decode() for name in file["node_names"]]
    assert list(pose.keypoints) == names
    np.testing.assert_array_equal(pose.positions[:, 0, :, 0], x.T.astype(np.float32))
    np.testing.assert_array_equal(pose.positions[:, 0, :, 1], y.T.astype(np.float32))
    np.testing.assert_allclose(pose.confidence[:, 0], np.minimum(scores.T, 1), rtol=1e-6)
    assert (scores > 1).any()


def test_real_jabs_v2_against_h5py(shared):
    path = shared("jabs/sample_pose_est_v2.h5")
    contents = formats.read(path)
    pose = contents.pose
    assert (contents.format, contents.recording) == ("jabs_h5", "sample")
    assert pose.positions.shape == (1800, 1, 12, 2)
    with h5py.File(path) as file:
        points, confidence = file["poseest/points"][()], file["poseest/confidence"][()]
    np.testing.assert_array_equal(pose.positions[:, 0, :, 0], points[..., 1])
    np.testing.assert_array_equal(pose.positions[:, 0, :, 1], points[..., 0])
    np.testing.assert_array_equal(pose.confidence[:, 0], np.minimum(confidence, 1))
    # A mouse: its nose is nearer to the ears than to the tip of its tail.
    at = {name: pose.positions[:, 0, place] for place, name in enumerate(pose.keypoints)}
    far = np.linalg.norm(at["nose"] - at["tip_tail"], axis=1)
    assert (np.linalg.norm(at["nose"] - at["left_ear"], axis=1) < far).mean() > 0.95


def test_real_jabs_v3_does_not_say_which_mouse_is_which(shared):
    with pytest.raises(FormatError, match="232 pieces of tracks, and never more than 5 mice"):
        formats.read(shared("jabs/sample_pose_est_v3.h5"))
