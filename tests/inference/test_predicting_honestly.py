"""What a prediction must not do in silence: move frames, keep stale files, lose files, guess."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.conftest import QUICK, make_project

from boutwise import api, registry
from boutwise.api._tasks import rate_of
from boutwise.bundle import Bundle, pack
from boutwise.errors import BundleError, DataError, UsageError
from boutwise.inference import Predictor
from boutwise.planning import make_plan
from boutwise.prepare import Material
from boutwise.training import train
from boutwise.types import Recording

TURNED = {"left_ear": "right_ear", "right_ear": "left_ear"}


@pytest.fixture(scope="module")
def bundle(trained):
    return Bundle.open(trained[2].bundle)


@pytest.fixture
def pose_file(trained):
    return sorted((trained[0].root.parent / "project-files" / "pose").glob("*.csv"))[0]


def test_rows_of_a_file_stay_at_their_frames(trained, bundle, pose_file, tmp_path):
    lines = pose_file.read_text(encoding="utf-8").splitlines()
    folder = tmp_path / "cut out ü"
    folder.mkdir()
    rows = [*lines[:3], *lines[103:303], *lines[403:]]  # frames 0 to 99, 300 to 399 have no row
    (folder / "x.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    n_frames = trained[0].recording(pose_file.stem).n_frames
    assert api.predict_files([bundle], [folder], tmp_path / "out", fps=30).done == ("x",)
    table = pd.read_parquet(tmp_path / "out" / "x.frames.parquet")
    assert table["frame"].tolist() == list(range(n_frames))
    seen = table["observed"].to_numpy()
    assert not seen[:90].any()
    assert not seen[310:390].any()
    assert seen[100:300].all()
    one = api.predict(bundle, folder / "x.csv", fps=30)
    assert one.clock.n_frames == n_frames
    assert np.array_equal(one.observed[0], seen)


def test_a_prediction_is_made_again_when_roles_or_confidence_change(trained, bundle, tmp_path):
    project = make_project(tmp_path / "project", animals=1, minutes=0.3)
    out = tmp_path / "out"
    assert len(api.predict_files([bundle], project, out).done) == 1
    assert len(api.predict_files([bundle], project, out).kept) == 1
    project.set_roles({name: TURNED.get(role, role) for name, role in project.roles.items()})
    again = api.predict_files([bundle], project, out)
    assert not again.kept
    assert "other roles" in next(iter(again.failed.values()))


def test_files_get_the_roles_of_the_training_project(tmp_path):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    project.set_roles({name: TURNED.get(role, role) for name, role in project.roles.items()})
    result = train(project, make_plan(project, "pose", settings=QUICK), workers=1)
    bundle = Bundle.open(result.bundle)
    assert bundle.keypoint_roles["left_ear"] == "right_ear"
    record = project.recordings()[0]
    inside = Predictor((bundle,)).predict(
        Material.of_pose(record.id, project.pose(record.id), record.clock)
    )
    file = tmp_path / "project-files" / "pose" / f"{record.id}.csv"
    outside = api.predict(bundle, file, fps=record.clock.fps)
    assert np.array_equal(inside.probabilities, outside.probabilities)


def test_options_that_the_source_cannot_heed_are_refused(trained, bundle, pose_file, tmp_path):
    with pytest.raises(UsageError, match="--only has no meaning"):
        api.predict_files([bundle], [pose_file], tmp_path, fps=30, only="animal=m1")
    with pytest.raises(UsageError, match="--fps has no meaning"):
        api.predict_files([bundle], trained[0], tmp_path, fps=25)


def test_a_given_rate_must_not_contradict_the_file():
    stated = SimpleNamespace(fps=25.0, path="x.csv")
    assert rate_of(stated, None) == rate_of(stated, 25.0) == 25
    with pytest.raises(DataError, match="states 25 frames per second, and 30"):
        rate_of(stated, 30.0)
    with pytest.raises(DataError, match="no frame rate"):
        rate_of(SimpleNamespace(fps=None, path="x.csv"), None)


def test_a_broken_pose_file_in_a_folder_is_told(bundle, pose_file, tmp_path):
    folder = tmp_path / "pose"
    folder.mkdir()
    shutil.copy(pose_file, folder / "good.csv")
    lines = pose_file.read_text(encoding="utf-8").splitlines()
    lines[20] = lines[20][:10]
    (folder / "bad.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "notes.csv").write_text("weight,cage\n21,3\n", encoding="utf-8")
    result = api.predict_files([bundle], [folder], tmp_path / "out", fps=30)
    assert result.done == ("good",)
    assert list(result.failed) == ["bad"]


def test_two_recordings_never_write_one_file(bundle, pose_file, tmp_path):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    files = sorted((tmp_path / "project-files" / "pose").glob("*.csv"))
    for name, record, file in zip(("a/b", "a__b"), project.recordings(), files, strict=True):
        copy = tmp_path / f"{record.id}.csv"
        shutil.copy(file, copy)
        project.add_recording(Recording(name, record.clock, record.animals))
        project.add_pose(name, copy, format="dlc_csv")
    with pytest.raises(DataError, match="would write the same files"):
        api.predict_files([bundle], project, tmp_path / "out")


def test_no_one_to_predict_is_a_clear_refusal(trained, bundle):
    record = trained[0].recordings()[0]
    with pytest.raises(BundleError, match="no one to predict") as told:
        Predictor((bundle,)).predict(
            Material.of_pose(record.id, trained[0].pose(record.id), record.clock), animals=()
        )
    assert "train again" not in told.value.todo


def test_another_version_of_the_cleaning_is_refused(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(registry.load("preparation", "clean_pose"), "VERSION", 99)
    with pytest.raises(BundleError, match="preparation 'clean_pose', and this is version 99"):
        Bundle.open(bundle.path)


def test_the_manifest_of_a_leaking_bundle_says_so(bundle, pose_file, tmp_path):
    manifest = json.loads((bundle.directory / "bundle.json").read_text(encoding="utf-8"))
    manifest["split"] = {**manifest["split"], "split": "random-frame", "leaks": True}
    copy = tmp_path / "bundle"
    shutil.copytree(bundle.directory, copy)
    (copy / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    pack(copy, tmp_path / "leaking.boutwise")
    out = tmp_path / "out"
    api.predict_files([tmp_path / "leaking.boutwise", bundle], [pose_file], out, fps=30)
    said = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["bundles"]
    assert [entry["leaks"] for entry in said] == [True, False]
    assert said[0]["split"] == "random-frame"


def test_a_track_with_other_confidence_is_another_content(trained):
    record = trained[0].recordings()[0]
    pose = trained[0].pose(record.id)

    def content(track):
        return Material.of_pose(record.id, track, record.clock).content

    first = content(pose)
    assert content(replace(pose, confidence=None)) != first
    assert content(replace(pose, roles={})) != first
    assert content(pose) == first


def test_a_card_and_the_command_line_name_a_weak_split(bundle, tmp_path, capsys):
    from boutwise.cli import main
    from boutwise.training.shipping import card

    manifest = json.loads((bundle.directory / "bundle.json").read_text(encoding="utf-8"))
    assert "both sides" not in card(manifest)
    for split in ("recording", "random-frame", "random-window"):
        leaks = split.startswith("random")
        weak = {**manifest, "split": {**manifest["split"], "split": split, "leaks": leaks}}
        assert ("leaks" in card(weak)) == leaks
        assert "on both sides" in card(weak)
    copy = tmp_path / "bundle"
    shutil.copytree(bundle.directory, copy)
    (copy / "bundle.json").write_text(json.dumps(weak), encoding="utf-8")
    pack(copy, tmp_path / "leaking.boutwise")
    assert main(["bundle", "info", str(tmp_path / "leaking.boutwise")]) == 0
    assert "LEAKS" in capsys.readouterr().out
