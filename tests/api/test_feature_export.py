"""Features, labels and their words as other people's programs read them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from boutwise import registry
from boutwise.api import export_features
from boutwise.cleaning import clean_pose
from boutwise.errors import DataError, PartError, UsageError
from boutwise.formats._feature_files import KEYS, read_features
from boutwise.project import Project
from boutwise.synthetic import simulate_pairs, write_pairs
from boutwise.types import Bout, Bouts, FrameClock, Observed, Recording, Subject, Trial

SETS = ("egocentric", "social48")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Two recordings of two mice, one of them labelled by two people: half of it, and of trials."""
    root = tmp_path_factory.mktemp("pairs")
    simulated = simulate_pairs("easy", pairs=2, minutes=0.4, seed=4)
    write_pairs(simulated, root / "files")
    project = Project.create(root / "project")
    project.set_ethogram(simulated[0].ethogram)
    project.set_roles(dict(simulated[0].pose.roles))
    for item in simulated:
        for animal in item.animals:
            project.add_animal(animal)
        trials = (Trial(1, 0, 600), Trial(2, 600, 100, valid=False))
        project.add_recording(replace(item.recording, trials=trials))
        path = root / "files" / "pose" / f"{item.recording.id}.csv"
        project.add_pose(item.recording.id, path, format="dlc_csv")
    first = simulated[0]
    agent, target = first.recording.animals
    name = first.ethogram.names[1]
    for who, stop in (("ann", 700), ("bob", 300)):
        rows = [
            Bout(first.recording.id, agent, name, 100, 180, target=target, annotator=who),
            Bout(first.recording.id, agent, name, 200, 210, target=target, annotator=who,
                 state="unscorable"),
        ]  # fmt: skip
        observed = [
            Observed(first.recording.id, agent, behavior, 0, stop, target=target, annotator=who)
            for behavior in first.ethogram.names
        ]
        project.add_bouts(Bouts.from_rows(rows, observed))
    return project, first, name


@pytest.fixture(scope="module")
def exported(pairs, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, export_features(pairs[0], out, sets=SETS)


def computed(project: Project, recording: str, name: str, subject: Subject):
    clock = project.recording(recording).clock
    pose = clean_pose.clean(project.pose(recording), clock)
    return registry.load("feature set", name).compute(pose, clock, subject)


def test_what_is_read_back_is_what_was_computed(pairs, exported):
    project, first, _ = pairs
    out, _ = exported
    for name in SETS:
        read = read_features(out / f"{first.recording.id}.{name}.directed.parquet")
        assert read.subjects == tuple(first.subjects)
        for subject in first.subjects:
            table = computed(project, first.recording.id, name, subject)
            assert (read.columns, read.units, read.version) == (
                table.columns,
                table.units,
                table.version,
            )
            np.testing.assert_array_equal(read.of(subject), table.of(subject))


def test_a_table_opens_by_its_own_words(pairs, exported):
    _, first, _ = pairs
    out, _ = exported
    path = out / f"{first.recording.id}.egocentric.directed.parquet"
    table = pd.read_parquet(path)
    n_frames = first.recording.n_frames
    assert tuple(table.columns[:4]) == KEYS
    assert len(table) == 2 * n_frames
    assert table["frame"].tolist() == [*range(n_frames)] * 2
    assert table["time_s"].iloc[30] == pytest.approx(1.0)
    assert table["animal"].iloc[[0, -1]].tolist() == list(first.recording.animals)
    assert set(table.dtypes[4:]) == {np.dtype(np.float32)}
    assert table.isna().to_numpy().any(), "nothing is missing here, so nothing is tested"
    # One column of one animal is read alone.
    file = pq.ParquetFile(path, memory_map=True)
    assert file.num_row_groups == 2
    mine = file.read_row_group(1, columns=["nearest.other"])["nearest.other"].to_numpy()
    np.testing.assert_array_equal(mine, table["nearest.other"].to_numpy()[n_frames:])


def test_labels_stand_row_by_row_beside_the_features(pairs, exported):
    _, first, name = pairs
    out, _ = exported
    labels = pd.read_parquet(out / f"{first.recording.id}.labels.directed.parquet")
    features = pd.read_parquet(
        out / f"{first.recording.id}.social48.directed.parquet", columns=list(KEYS)
    )
    assert sorted(set(labels["annotator"])) == ["ann", "bob"]
    for who in ("ann", "bob"):
        theirs = labels[labels["annotator"] == who].reset_index(drop=True)
        pd.testing.assert_frame_equal(theirs[list(KEYS)], features)
    n_frames = first.recording.n_frames
    ann, bob = (labels[labels["annotator"] == who][f"state:{name}"].to_numpy() for who in
                ("ann", "bob"))  # fmt: skip
    assert ann.dtype == np.int8
    assert (ann[100:180] == 1).all()
    assert (ann[200:210] == -2).all()
    assert (ann[300:600] == 0).all()
    assert (ann[600:n_frames] == -1).all(), "an invalid trial has no labels"
    assert (bob[300:n_frames] == -1).all(), "bob did not look there"
    assert (ann[n_frames:] == -1).all(), "nobody looked at the other direction"
    for column in (c for c in labels if c.startswith("state:")):
        seen = labels[column.replace("state:", "observed:")]
        np.testing.assert_array_equal(seen, labels[column] != -1)


def test_the_vocabulary_says_all_names_and_units(pairs, exported):
    project, first, _ = pairs
    out, done = exported
    words = json.loads((out / "features.json").read_text(encoding="utf-8"))
    assert done.files[-1] == out / "features.json"
    assert [path.name for path in done.files[:-1]] == [
        name for each in words["recordings"] for name in each["files"]
    ]
    assert all(path.exists() for path in done.files)
    assert [each["name"] for each in words["feature_sets"]] == list(SETS)
    for entry in words["feature_sets"]:
        table = read_features(out / f"{first.recording.id}.{entry['name']}.directed.parquet")
        said = [(column["name"], column["unit"]) for column in entry["columns"]]
        assert said == list(zip(table.columns, table.units, strict=True))
        assert (entry["scope"], entry["version"]) == ("directed", table.version)
        assert len(entry["recordings"]) == 2
    assert [b["name"] for b in words["ethogram"]["behaviors"]] == list(project.ethogram.names)
    assert words["states"] == {"1": "yes", "0": "no", "-1": "unlabelled", "-2": "unscorable"}
    assert words["prepared_by"][0]["name"] == "clean_pose"
    assert words["annotators"] == ["ann", "bob"]


def test_one_annotator_and_one_recording(pairs, tmp_path):
    project, first, _ = pairs
    export_features(project, tmp_path, annotator="bob")
    labels = pd.read_parquet(tmp_path / f"{first.recording.id}.labels.directed.parquet")
    assert set(labels["annotator"]) == {"bob"}
    with pytest.raises(UsageError, match="no labels by 'bobb'"):
        export_features(project, tmp_path, annotator="bobb")


def test_individual_behaviors_get_features_of_single_animals(mice, tmp_path):
    done = export_features(mice, tmp_path, sets=["egocentric", "pose_graph18"])
    recording = mice.recordings()[0]
    assert [path.name for path in done.files[:3]] == [
        f"{recording.id}.egocentric.individual.parquet",
        f"{recording.id}.pose_graph18.individual.parquet",
        f"{recording.id}.labels.individual.parquet",
    ]
    read = read_features(done.files[0])
    subject = Subject(recording.id, recording.animals[0])
    table = computed(mice, recording.id, "egocentric", subject)
    np.testing.assert_array_equal(read.of(subject), table.of(subject))


def test_frames_of_a_varying_clock_are_those_of_the_recording(tmp_path):
    from tests.conftest import make_project

    project = make_project(tmp_path / "project", animals=1, minutes=0.2, labelled=0)
    (recording,) = project.recordings()
    times = np.arange(recording.n_frames) / recording.clock.fps
    times[100:] += 3.0  # the camera made a pause
    paused = replace(recording, clock=FrameClock.from_pts(times))
    project.add_recording(Recording("paused", paused.clock, paused.animals))
    source = shutil.copy(next(tmp_path.glob("project-files/pose/*.csv")), tmp_path / "again.csv")
    project.add_pose("paused", source, format="dlc_csv")
    export_features(project, tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "paused.egocentric.individual.parquet")
    np.testing.assert_allclose(table["time_s"], times)
    plain = pd.read_parquet(tmp_path / "out" / f"{recording.id}.egocentric.individual.parquet")
    inner = np.r_[20:60, 160:240]
    for name in ("ahead.nose", "distance.nose-tail_base"):
        one, other = table[name].to_numpy()[inner], plain[name].to_numpy()[inner]
        both = np.isfinite(one) & np.isfinite(other)
        assert both.mean() > 0.5
        assert np.quantile(np.abs(one - other)[both], 0.9) < 0.1


def test_what_cannot_be_exported_is_said(pairs, tmp_path):
    with pytest.raises(PartError, match="social49"):
        export_features(pairs[0], tmp_path, sets=["social49"])
    with pytest.raises(UsageError, match="no feature set"):
        export_features(pairs[0], tmp_path, sets=[])
    with pytest.raises(UsageError, match="measured with outlines"):
        export_features(pairs[0], tmp_path, sets=["egocentric", "motion_energy"])
    with pytest.raises(DataError, match="left_forepaw"):
        export_features(pairs[0], tmp_path, sets=["pose_graph18"])
    empty = Project.create(tmp_path / "empty")
    with pytest.raises(DataError, match="no recording that fits has pose"):
        export_features(empty, tmp_path / "out")
    assert not list(tmp_path.glob("**/*.tmp"))
    other = tmp_path / "other.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(other)
    with pytest.raises(DataError, match="holds no features"):
        read_features(other)
