"""Public data sets from their files to their own scores, on files of their layout made here."""

from __future__ import annotations

import importlib.util
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))
from _contests import (
    ETHOME,
    ETHOME_LABELS,
    VOCABULARY,
    codes_of,
    real_pair,
    sequence,
    write_challenge,
    write_task1,
    write_video,
)
from _samples import write_calms21

from boutwise import api, formats
from boutwise.planning import make_plan
from boutwise.project import Project
from boutwise.synthetic import simulate_labs, simulate_pairs
from boutwise.synthetic.pairs.labs import Lab

QUICK = [
    "members.0.optim.rounds=5",
    "members.0.windows.statistics=[0.5]",
    "members.0.augment=[]",
    "split.folds=2",
]


def script(name):
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def imported(root, sources):
    project = Project.create(root)
    api.apply_import(project, api.plan_import(project, sources, strict=True))
    return project


# --- CalMS21


def test_real_mice_become_a_project(shared, tmp_path):
    pose, codes = real_pair(shared(ETHOME), shared(ETHOME_LABELS))
    for split, part in (("train", slice(0, 3000)), ("test", slice(3000, None))):
        piece = pose.frames(part.start, part.stop or pose.n_frames)
        name = f"task1/{split}/mouse001_task1_annotator1"
        groups = {"annotator-id_0": {name: sequence(piece, codes[part])}}
        write_calms21(tmp_path / f"calms21_task1_{split}.json", groups)
    with imported(tmp_path / "p", sorted(tmp_path.glob("*.json"))) as project:
        assert project.ethogram.groups[0].background == "other"
        (train,) = project.recordings("cohort=train")
        assert (train.n_frames, train.clock.fps, len(project.recordings())) == (3000, 30, 2)
        resident, intruder = train.animals
        bouts = project.bouts(train.id)
        states = bouts.to_frames(train.subjects(pairs=True)[0], project.ethogram, 3000)
        names = project.ethogram.names
        assert (states >= 0).all()
        for name, code in VOCABULARY.items():
            if name in names:
                np.testing.assert_array_equal(
                    states[:, names.index(name)] == 1, codes[:3000] == code
                )
        assert {(b.animal, b.target) for b in bouts.rows()} == {(resident, intruder)}
        assert {(o.animal, o.target) for o in bouts.observed} == {(resident, intruder)}
        again = api.plan_import(project, sorted(tmp_path.glob("*.json")))
        assert {row.news for row in again.rows} == {"unchanged"}


@pytest.fixture(scope="module")
def calms21(tmp_path_factory):
    """Six simulated pairs of 48 seconds, two of them the official test, trained and scored."""
    folder = tmp_path_factory.mktemp("calms21")
    pairs = simulate_pairs("easy", pairs=6, minutes=0.8, seed=3)
    write_task1(folder, pairs, 2)
    given = Namespace(
        folder=folder, task="1", recipe="pose", set=QUICK, seeds=1, workers=1, out=None
    )
    return folder, pairs, script("calms21").measure(given)


def test_the_official_test_is_kept_apart_and_scored(calms21):
    folder, pairs, rows = calms21
    (row,) = rows
    each = [row[f"f1:{name}"] for name in ("attack", "investigation", "mount")]
    shown = [f1 for f1 in each if f1 is not None]  # what no test sequence shows has no F1
    assert row["chosen_f1"] == pytest.approx(np.mean(shown), abs=2e-4)
    assert row["f1:investigation"] > 0.35
    assert row["chosen_average_precision"] > 0.6
    run = folder / "boutwise" / "task1" / "runs"
    plan = next(run.glob("*/plan.yaml")).read_text(encoding="utf-8")
    assert "task1_test_mouse002" in plan
    predicted = sorted((folder / "boutwise" / "predictions").rglob("*.frames.parquet"))
    assert [path.name[:10] for path in predicted] == ["task1_test"] * 2
    truth = np.concatenate([codes_of(pair) for pair in pairs[-2:]])
    tables = [pd.read_parquet(path) for path in predicted]
    said = np.concatenate(
        [t[t.animal.str.endswith("resident")].sort_values("frame").label for t in tables]
    )
    hit = (said == "attack") & (truth == 0)
    f1 = 2 * hit.sum() / ((said == "attack").sum() + (truth == 0).sum())
    assert row["f1:attack"] == pytest.approx(f1, abs=1e-4)


def test_a_cohort_is_held_out_by_its_name(calms21):
    folder, *_ = calms21
    with Project.open(folder / "boutwise" / "task1") as project:
        plan = make_plan(project, "pose", settings=[*QUICK, "split.holdout=[test]"])
        assert len(plan.holdout) == 2
        assert all("task1_test" in name for name in plan.holdout)
        resident = project.recordings("cohort=test")[0].animals[0]
        plan = make_plan(project, "pose", settings=[*QUICK, f"split.holdout=[{resident}]"])
        assert [resident in name for name in plan.holdout] == [True]


# --- MABe 2025


def test_only_what_was_looked_for_is_observed(shared, tmp_path):
    pose, codes = real_pair(shared(ETHOME), shared(ETHOME_LABELS))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], codes == 1, [0]])))
    bouts = [(1, 2, "sniff", int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    bouts.append((2, 2, "rear", 100, 130))
    row = write_video(
        tmp_path,
        "77",
        pose,
        bouts,
        lab_id="LabE",
        mouse1_sex="male",
        mouse1_strain="CD1",
        mouse1_id=5,
        frames_per_second=30.0,
        behaviors_labeled='["mouse1,mouse2,sniff", "mouse2,self,rear", "mouse1,mouse2,attack"]',
    )
    pd.DataFrame([row]).to_csv(tmp_path / "train.csv", index=False)
    with imported(tmp_path / "p", [tmp_path]) as project:
        (recording,) = project.recordings()
        assert (recording.id, recording.animals) == ("77", ("LabE/5", "77/mouse2"))
        animal = project.animals()["LabE/5"]
        assert (animal.sex, animal.strain, animal.cohort) == ("male", "CD1", "LabE")
        np.testing.assert_array_equal(project.pose("77").positions, _by_name(pose))
        found = project.bouts("77")
        assert {(o.animal, o.target, o.behavior, o.start, o.stop) for o in found.observed} == {
            ("LabE/5", "77/mouse2", "sniff", 0, pose.n_frames),
            ("LabE/5", "77/mouse2", "attack", 0, pose.n_frames),
            ("77/mouse2", "", "rear", 0, pose.n_frames),
        }
        assert sum(b.behavior == "sniff" for b in found.rows()) == 10
        scopes = {b.name: b.scope for b in project.ethogram.behaviors}
        assert scopes == {"sniff": "directed", "attack": "directed", "rear": "individual"}
        assert project.config.keypoints["ear_left"] == "left_ear"


def _by_name(pose):
    """The positions with frames that are half missing taken out, as the long form has them."""
    whole = np.isfinite(pose.positions).all(axis=-1, keepdims=True)
    return np.where(whole, pose.positions, np.float32(np.nan))


@pytest.fixture(scope="module")
def mabe(tmp_path_factory):
    """Two simulated labs of different rate, scale, keypoints and labelled behaviors."""
    folder = tmp_path_factory.mktemp("mabe")
    alder = Lab("alder", 30.0, 22.0, behaviors=("attack", "sniff_any"), preset="easy")
    five = ("nose", "left_ear", "right_ear", "neck", "tail_base")
    beech = Lab("beech", 25.0, 9.0, keypoints=five, behaviors=("sniff_any",), preset="easy")
    labs = simulate_labs([alder, beech], pairs=4, minutes=0.5, seed=1)
    write_challenge(folder, labs, 1)
    given = Namespace(
        folder=folder, labs=[], recipe="pose", set=QUICK, seed=0, share=0.25, by="animal",
        submit=True, workers=1, out=None,
    )  # fmt: skip
    return folder, script("mabe2025").measure(given)


def test_both_scopes_are_one_submission_and_scored_by_lab(mabe):
    folder, rows = mabe
    by_job = {row["job"]: row["f1"] for row in rows}
    assert by_job["contest"] == pytest.approx(
        np.mean([by_job["lab alder"], by_job["lab beech"]]), abs=1e-9
    )
    assert by_job["contest"] > 0.15
    table = pd.read_csv(folder / "boutwise" / "submission.csv")
    assert list(table.row_id) == list(range(len(table)))
    assert {"self", "mouse1", "mouse2"} >= set(table.target_id)
    assert (table.target_id == "self").any()
    assert (table.start_frame < table.stop_frame).all()
    test = pd.read_csv(folder / "test.csv").set_index("video_id")
    for row in table.itertuples():
        key = f"{row.agent_id},{row.target_id},{row.action}"
        assert f'"{key}"' in test.behaviors_labeled[row.video_id]
    for _, pair in table.groupby(["video_id", "agent_id", "target_id"]):
        mine = pair.sort_values("start_frame")
        assert (mine.start_frame.to_numpy()[1:] >= mine.stop_frame.to_numpy()[:-1]).all()


def test_animals_kept_apart_are_in_no_training(mabe):
    folder, _ = mabe
    kept = set(pd.read_csv(folder / "boutwise" / "solution.csv").video_id.astype(str))
    with Project.open(folder / "boutwise" / "project") as project:
        labs = {project.animals()[project.recording(v).animals[0]].cohort for v in kept}
        assert labs == {"alder", "beech"}
        for plan in (folder / "boutwise" / "project" / "runs").glob("*/plan.yaml"):
            text = plan.read_text(encoding="utf-8")
            assert all(project.recording(v).animals[0] in text for v in kept)


def test_predict_writes_a_submission_of_each_file(mabe, tmp_path):
    folder, _ = mabe
    bundle = next((folder / "boutwise" / "project" / "runs").glob("directed_*/bundle.boutwise"))
    result = api.predict_files([bundle], [folder / "test_tracking"], tmp_path, write="mabe2025")
    assert len(result.done) == 2
    assert not result.failed
    for path in tmp_path.glob("*.mabe2025.csv"):
        assert formats.sniff(path) == "mabe2025"
        for track in formats.read(path).labels:
            assert track.recording == path.name.split(".")[0].split("__")[-1]
            assert track.recording.isdigit()
            assert {row.animal for row in track.rows} <= {"mouse1", "mouse2"}
