"""SimBA tables: pose and classifiers by frame."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from _samples import SIMBA

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import simba_csv


def file(tmp_path, text=SIMBA, name="cage 3.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def labels(track):
    return [(r.behavior, r.start, r.stop, r.row) for r in track.rows]


def test_pose_and_labels_of_one_table(tmp_path):
    contents = formats.read(file(tmp_path), fps=25)
    assert (contents.format, contents.recording, contents.fps) == ("simba_csv", "cage 3", 25)
    pose = contents.pose
    assert (pose.animals, pose.keypoints, pose.unit) == (("animal",), ("nose", "tail"), "px")
    np.testing.assert_allclose(pose.positions[1, 0], [[1.6, 2.6], [4, 5]])
    np.testing.assert_allclose(pose.confidence[1, 0], [0.9, 0.1])
    (track,) = contents.labels
    assert labels(track) == [("walk", 0, 2, 2), ("rear", 1, 3, 3)]
    assert (track.behaviors, track.n_rows, track.unit) == (("rear", "walk"), 3, "frame")
    assert {(r.behavior, r.start, r.stop) for r in track.examined} == {
        ("rear", 0, 3),
        ("walk", 0, 3),
    }
    (problem,) = contents.problems
    assert "taken for classifiers: rear, walk" in problem.what


def test_named_classifiers_are_no_guess(tmp_path):
    contents = simba_csv.read(file(tmp_path), behaviors=["walk"])
    assert contents.labels[0].behaviors == ("walk",)
    assert not contents.problems
    assert simba_csv.read(file(tmp_path), behaviors=[]).labels == ()
    with pytest.raises(FormatError, match="did you mean 'walk'"):
        simba_csv.read(file(tmp_path), behaviors=["walks"])
    with pytest.raises(FormatError, match=r"'0\.1' in the column 'Mouse_speed' is no state") as e:
        simba_csv.read(file(tmp_path), behaviors=["Mouse_speed"])
    assert e.value.row == 2


def test_a_table_of_pose_alone_has_no_labels(tmp_path):
    lines = [",".join(line.split(",")[:7]) for line in SIMBA.splitlines()]
    contents = formats.read(file(tmp_path, "\n".join(lines)))
    assert contents.labels == ()
    assert contents.pose.n_frames == 3
    lines = [",".join(line.split(",")[:9]) for line in SIMBA.splitlines()]
    assert formats.read(file(tmp_path, "\n".join(lines))).labels == ()  # features


def test_machine_results_are_told_by_their_probabilities(tmp_path):
    lines = [line.split(",") for line in SIMBA.splitlines()]
    for line, probability in zip(lines, ["Probability_rear", "0.2", "0.7", "0.9"], strict=True):
        line.insert(-2, probability)
    contents = formats.read(file(tmp_path, "\n".join(map(",".join, lines))))
    (track,) = contents.labels
    assert track.behaviors == ("rear",)  # 'walk' has no probability: it is a feature
    (row,) = track.rows
    assert (row.start, row.stop, row.source) == (1, 3, "model:SimBA")
    assert row.confidence == pytest.approx(0.8)
    assert track.annotator == "SimBA"
    assert "what the machine said, not a person: rear" in contents.problems[0].what


def test_animals_by_marks(tmp_path):
    text = SIMBA.replace("nose_", "nose_1_").replace("tail_", "nose_2_")
    contents = simba_csv.read(file(tmp_path, text), animal_marks=["_1", "_2"])
    assert (contents.pose.animals, contents.pose.keypoints) == (("1", "2"), ("nose",))
    np.testing.assert_allclose(contents.pose.positions[0, 1, 0], [4, 5])


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ("\n1,1.6", "\n2,1.6", 4, "the frame is 2 after 2"),
        ("\n0,1.5", "\n7,1.5", 3, "the frame is 1 after 7"),
        ("\n2,1.7", "\n5,1.7", 2, "numbered from 0 to 5"),
        ("nose_y", "nose_z", 1, "no body parts in front"),
        (",walk", ",rear", 1, "'rear' is there twice"),
        ("1.6", "inf", 3, "infinite"),
        ("0.2,0,1,1", "0.2,0,1,", 3, "'nan' in the column 'walk' is no state"),
    ],
)
def test_faults(tmp_path, old, new, row, words):
    assert old in SIMBA
    path = file(tmp_path, SIMBA.replace(old, new))
    with pytest.raises(FormatError) as caught:
        simba_csv.read(path)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.row) == (str(path), row)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    n_rows=st.integers(1, 20),
    n_features=st.integers(0, 3),
    names=st.lists(st.sampled_from(["rear", "walk", "Grübeln, leise"]), unique=True, max_size=3),
    seed=st.integers(0, 9),
)
def test_a_table_as_pandas_writes_it(n_rows, n_features, names, seed, tmp_path):
    rng = np.random.default_rng(seed)
    parts = ["nose", "tail base"]
    table = pd.DataFrame(
        rng.random((n_rows, 6)) * 100 + 2, columns=[f"{p}_{c}" for p in parts for c in "xyp"]
    )
    for feature in range(n_features):
        table[f"feature {feature}"] = rng.random(n_rows) + 2
    states = rng.integers(0, 2, (n_rows, len(names)))
    table[names] = states
    path = tmp_path / "x.csv"
    table.to_csv(path)
    contents = formats.read(path)
    assert contents.format == "simba_csv"
    points = table.iloc[:, :6].to_numpy().reshape(n_rows, 2, 3)
    np.testing.assert_allclose(contents.pose.positions[:, 0], points[..., :2], rtol=1e-6)
    np.testing.assert_allclose(contents.pose.confidence[:, 0], points[..., 2], rtol=1e-6)
    found = np.zeros_like(states)
    for track in contents.labels:
        for row in track.rows:
            found[int(row.start) : int(row.stop), names.index(row.behavior)] += 1
    np.testing.assert_array_equal(found, states)
