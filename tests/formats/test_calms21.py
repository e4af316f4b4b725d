"""CalMS21: what its sequences mean, streamed and unpickled by nobody."""

from __future__ import annotations

import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _contests import ETHOME, ETHOME_LABELS, POINTS, VOCABULARY, real_pair, sequence
from _samples import CALMS21, FIRST, write_calms21

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import _calms21_json, _json_stream, _pickled_arrays
from boutwise.types import PoseTrack


def track(n_frames=6, seed=0):
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, 900, (n_frames, 2, 7, 2)).astype(np.float32)
    confidence = rng.random((n_frames, 2, 7)).astype(np.float32)
    return PoseTrack(positions, confidence, ("resident", "intruder"), POINTS)


def write(path, groups):
    write_calms21(path, groups)
    return path


SUFFIXES = pytest.mark.parametrize("suffix", [".json", ".npy"])


@SUFFIXES
def test_points_scores_and_labels(suffix, tmp_path):
    path = write(tmp_path / f"train{suffix}", CALMS21)
    assert formats.members(path) == [FIRST, FIRST.replace("001", "002")]
    contents = formats.read(path, member=FIRST)
    raw = np.array(CALMS21["annotator-id_0"][FIRST]["keypoints"])
    pose = contents.pose
    assert (pose.animals, pose.keypoints) == (("resident", "intruder"), POINTS)
    np.testing.assert_array_equal(pose.positions[3, 1, 4], raw[3, 1, :, 4])
    np.testing.assert_allclose(pose.confidence[2, 1, 6], (2 * 14 + 13) / 100)
    assert (contents.fps, pose.unit, pose.roles["tail_base"]) == (30, "px", "tail_base")
    (labels,) = contents.labels
    assert [(r.behavior, r.start, r.stop, r.animal, r.target) for r in labels.rows] == [
        ("other", 0, 2, "resident", "intruder"),
        ("attack", 2, 4, "resident", "intruder"),
        ("investigation", 4, 5, "resident", "intruder"),
    ]
    assert {(r.behavior, r.start, r.stop) for r in labels.examined} == {
        (name, 0, 5) for name in VOCABULARY
    }
    assert labels.annotator == "annotator-id_0"
    assert [animal.cohort for animal in contents.animals] == ["train", "train"]
    group = contents.ethogram.groups[0]
    assert (set(group.behaviors), group.background) == (set(VOCABULARY), "other")
    assert {behavior.scope for behavior in contents.ethogram.behaviors} == {"directed"}


def test_both_files_say_the_same(tmp_path):
    groups = {"g": {f"task1/test/m{n}": sequence(track(9, n), np.arange(9) % 4) for n in range(3)}}
    one, two = (write(tmp_path / f"x{suffix}", groups) for suffix in (".json", ".npy"))
    for name in formats.members(one):
        a, b = (formats.read(path, member=name) for path in (one, two))
        np.testing.assert_array_equal(a.pose.positions, b.pose.positions)
        np.testing.assert_array_equal(a.pose.confidence, b.pose.confidence)
        assert (a.labels, a.animals, a.ethogram) == (b.labels, b.animals, b.ethogram)
        assert a.animals[0].cohort == "test"


@SUFFIXES
def test_one_behavior_and_other_is_yes_or_no(suffix, tmp_path):
    groups = {
        name: {
            f"task3/{name}/train/mouse000_task3_{name}": sequence(
                track(seed=place), np.array([0, 1, 1, 0, 0, 1]), vocab={"other": 0, name: 1}
            )
        }
        for place, name in enumerate(("approach", "whiterearing"))
    }
    path = write(tmp_path / f"task3{suffix}", groups)
    approach, rearing = (formats.read(path, member=name) for name in formats.members(path))
    rows = approach.labels[0].rows
    assert [(r.behavior, r.start, r.stop, r.target) for r in rows] == [
        ("approach", 1, 3, "intruder"),
        ("approach", 5, 6, "intruder"),
    ]
    assert [r.behavior for r in approach.labels[0].examined] == ["approach"]
    assert {(r.animal, r.target) for r in rearing.labels[0].rows} == {("intruder", "")}
    assert rearing.ethogram.behavior("whiterearing").scope == "individual"
    assert not approach.ethogram.groups


@SUFFIXES
def test_the_same_keypoints_are_one_recording_with_two_annotators(suffix, tmp_path):
    pose = track()
    groups = {
        f"annotator-id_{who}": {
            f"task2/annotator{who}/train/mouse001_task2_annotator{who}": sequence(
                pose, np.full(6, who), annotator=who
            ),
            f"task2/annotator{who}/train/mouse002_task2_annotator{who}": sequence(
                track(seed=who), np.full(6, who), annotator=who
            ),
        }
        for who in (1, 2)
    }
    path = write(tmp_path / f"task2{suffix}", groups)
    names = formats.members(path)
    assert len(names) == 3
    labels = formats.read(path, member=names[0]).labels
    assert [each.annotator for each in labels] == ["annotator-id_1", "annotator-id_2"]
    assert [each.rows[0].behavior for each in labels] == ["investigation", "mount"]


@SUFFIXES
def test_the_unlabelled_set_has_no_labels(suffix, tmp_path):
    groups = {"unlabeled_videos": {"mouse_a": sequence(track(), None)}}
    contents = formats.read(write(tmp_path / f"part1{suffix}", groups))
    assert not contents.labels
    assert contents.animals[0].cohort == "unlabeled"
    assert contents.ethogram is None


def test_real_mice(shared, tmp_path):
    pose, codes = real_pair(shared(ETHOME), shared(ETHOME_LABELS))
    groups = {"annotator-id_0": {"task1/train/mouse001_task1_annotator1": sequence(pose, codes)}}
    contents = formats.read(write(tmp_path / "calms21_task1_train.json", groups))
    np.testing.assert_allclose(contents.pose.positions, pose.positions, atol=2e-3)
    rows = [row for row in contents.labels[0].rows if row.behavior == "investigation"]
    assert len(rows) == 10
    assert sum(r.stop - r.start for r in rows) == (codes == 1).sum() > 200


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
@pytest.mark.parametrize("indent", [None, 1])
def test_where_the_file_is_cut_into_pieces_does_not_matter(chunk, indent, tmp_path, monkeypatch):
    path = tmp_path / "train.json"
    path.write_text(json.dumps(CALMS21, indent=indent), encoding="utf-8")
    monkeypatch.setattr(_json_stream, "CHUNK", chunk)
    monkeypatch.setattr(_calms21_json, "CHUNK", chunk)
    _calms21_json._sequences.cache_clear()
    for name in formats.members(path):
        raw = CALMS21["annotator-id_0"][name]
        contents = formats.read(path, member=name)
        expected = np.array(raw["keypoints"]).transpose(0, 1, 3, 2)
        np.testing.assert_array_equal(contents.pose.positions, expected)
        assert contents.labels[0].n_rows == 5


def test_memory_does_not_grow_with_the_file(tmp_path):
    peaks = []
    for n_sequences in (1, 8):
        groups = {
            "g": {f"task1/train/m{n}": sequence(track(900, n), None) for n in range(n_sequences)}
        }
        path = write(tmp_path / f"train{n_sequences}.json", groups)
        del groups
        tracemalloc.start()
        for name in formats.members(path):
            formats.read(path, member=name)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert path.stat().st_size > 2_500_000
    assert peaks[1] < 1.1 * peaks[0] < 5_000_000


def test_a_point_that_is_null_is_missing(tmp_path):
    record = sequence(track(), None)
    record["keypoints"][2][1][0][3] = None
    record["keypoints"][2][1][1][3] = float("nan")
    contents = formats.read(write(tmp_path / "x.json", {"g": {"s": record}}))
    assert np.isnan(contents.pose.positions[2, 1, 3]).all()
    assert np.isnan(contents.pose.positions).sum() == 2


def changed(change):
    groups = {
        "annotator-id_0": {f"task1/train/m{n}": sequence(track(), np.arange(6) % 4) for n in (1, 2)}
    }
    groups["annotator-id_0"]["task1/train/m2"] = sequence(track(seed=2), np.arange(6) % 4)
    change(groups["annotator-id_0"]["task1/train/m2"])
    return groups


def drop(name):
    return lambda record: record.pop(name)


def short(name):
    return lambda record: record.update({name: record[name][:4]})


def point(record):
    record["keypoints"][3][1][0].append(1.0)


def few(record):
    record["keypoints"][1] = np.zeros((2, 2, 6)).tolist()


DAMAGES = {
    "a frame too short": (short("annotations"), "'annotations' of the sequence .* has 4", 4),
    "scores too short": (short("scores"), "'scores' of the sequence .* has 4 frames", 4),
    "a point too many": (point, "a frame is uneven", 3),
    "a point too few": (few, "a frame has the shape \\(2, 2, 6\\)", 1),
    "no keypoints": (drop("keypoints"), "has no keypoints, but scores", None),
    "a strange code": (lambda r: r["annotations"].__setitem__(2, 9), "annotation 9 in", 2),
    "half a code": (lambda r: r["annotations"].__setitem__(2, 0.5), "annotation 0.5 in", 2),
    "no vocabulary": (drop("metadata"), "has no vocabulary", None),
    "a code twice": (lambda r: r["metadata"].update(vocab={"a": 0, "b": 0}), "no vocabulary", None),
    "words": (
        lambda r: r["scores"][5][0].__setitem__(0, "high"),
        "there is no number",
        5,
    ),
    "infinite": (
        lambda r: r["keypoints"][4][0][0].__setitem__(0, float("inf")),
        "is infinite",
        4,
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_wrong_is_said_with_sequence_and_frame(name, tmp_path):
    change, words, frame = DAMAGES[name]
    path = write(tmp_path / "train.json", changed(change))
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(path, member="task1/train/m2")
    assert caught.value.file == str(path)
    assert caught.value.frame == frame
    assert "m2" in str(caught.value)


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    path = write(tmp_path / "train.json", CALMS21)
    data = path.read_bytes()
    for cut in [*range(0, len(data) - 1, 97), len(data) - 2, len(data) - 1]:
        path.write_bytes(data[:cut])
        with pytest.raises(FormatError) as caught:
            formats.read(path, format="calms21_json", member=FIRST)
        assert caught.value.file == str(path)


def test_an_npy_cut_off_anywhere_is_refused(tmp_path):
    path = write(tmp_path / "train.npy", CALMS21)
    data = path.read_bytes()
    for cut in [*range(10, len(data) - 1, 61), len(data) - 1]:
        path.write_bytes(data[:cut])
        with pytest.raises(FormatError) as caught:
            formats.read(path, format="calms21_npy", member=FIRST)
        assert caught.value.file == str(path)


class Planted:
    def __reduce__(self):
        return (Path.touch, (Path("planted"),))


PICKLES = {
    "a call": ({"g": {"s": {"keypoints": Planted()}}}, "asks for"),
    "objects": ({"g": {"s": {"keypoints": np.array([Planted()], dtype=object)}}}, "asks for"),
    "words": ({"g": {"s": {"keypoints": np.array(["a"])}}}, "values of the type U1"),
}


@pytest.mark.parametrize("name", PICKLES)
def test_nothing_of_a_pickle_is_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, words = PICKLES[name]
    path = tmp_path / "calms21_task1_train.npy"
    np.save(path, content, allow_pickle=True)
    with pytest.raises(FormatError, match=words):
        formats.read(path, format="calms21_npy")
    assert not Path("planted").exists()


def test_random_instructions_are_refused_or_read(tmp_path):
    rng = np.random.default_rng(0)
    path = write(tmp_path / "train.npy", CALMS21)
    data = bytearray(path.read_bytes())
    for _ in range(300):
        spoilt = bytearray(data)
        for place in rng.integers(128, 700, 3):
            spoilt[place] = rng.integers(256)
        path.write_bytes(bytes(spoilt))
        try:
            _pickled_arrays.stored(path)
        except FormatError as error:
            assert error.file == str(path)  # noqa: PT017


def test_no_such_sequence_names_the_nearest(tmp_path):
    path = write(tmp_path / "train.json", CALMS21)
    with pytest.raises(FormatError, match="did you mean"):
        formats.read(path, member=FIRST[:-1])
