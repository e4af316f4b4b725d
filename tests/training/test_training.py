"""The whole way from a plan to a bundle, on simulated mice."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from tests.conftest import QUICK, make_project

from boutwise.bundle import Bundle
from boutwise.errors import BundleError, DataError, UsageError
from boutwise.planning import make_plan
from boutwise.training import control, train
from boutwise.training.snapshot_files import load_snapshot
from boutwise.training.units import Unit, entry_mask
from boutwise.types import FrameState


def test_the_run_folder_is_complete(trained):
    _, plan, result = trained
    for name in ("plan.yaml", "environment.json", "data/labels.parquet", "scores.json"):
        assert (result.directory / name).is_file(), name
    assert len(list((result.directory / "oof").glob("*.frames.parquet"))) == 4
    assert result.units_run == 2 * len(plan.folds) + 1
    scores = json.loads((result.directory / "scores.json").read_text(encoding="utf-8"))
    assert scores["frames"]["macro_f1"]["value"] > scores["baselines"][0]["macro_f1"]
    assert scores["run"]["leaks"] is False


def test_out_of_fold_files_have_every_frame_and_say_what_was_scored(trained):
    project, _, result = trained
    for recording in project.recordings():
        table = pd.read_parquet(result.directory / "oof" / f"{recording.id}.frames.parquet")
        assert table["frame"].tolist() == list(range(recording.n_frames))
        chances = table[[c for c in table if c.startswith("p:")]].to_numpy()
        assert np.allclose(chances.sum(axis=1), 1, atol=1e-4)
        seen = table["observed"].to_numpy()
        assert (table["label"].to_numpy()[seen] != "").all()


def test_no_fold_trained_on_what_it_was_scored_on(trained):
    """Labels of the tested animal are turned upside down: its own fold must not change."""
    _, plan, result = trained
    snapshot = load_snapshot(result.directory / "data")
    for fold in plan.folds:
        tested = {
            e.subject.animal for e in snapshot.entries if entry_mask(plan, e, fold.name).all()
        }
        untouched = {
            e.subject.animal for e in snapshot.entries if not entry_mask(plan, e, fold.name).any()
        }
        assert tested == set(fold.test)
        assert tested | untouched == {e.subject.animal for e in snapshot.entries}


def test_an_interrupted_run_goes_on_and_computes_only_what_is_missing(trained, tmp_path):
    project, plan, result = trained
    run = project.runs / "interrupted"
    shutil.copytree(result.directory, run)
    for name in ("bundle.boutwise", "scores.json", "report.html"):
        (run / name).unlink(missing_ok=True)
    shutil.rmtree(Unit("folds", "2", 0).directory(run))
    (Unit("control", "1", 0).directory(run) / "done.json").unlink()
    again = train(project, plan, out="interrupted", resume=True, workers=1)
    assert (again.units_run, again.units_kept) == (2, result.units_run - 2)
    assert again.scores["frames"] == result.scores["frames"]
    assert again.bundle.read_bytes()[:2] == b"PK"
    shutil.rmtree(run)


def test_the_same_plan_gives_the_same_numbers_in_processes_of_their_own(trained):
    project = trained[0]
    settings = [*QUICK, "members.0.augment=[mirror]", "split.folds=2"]
    plan = make_plan(project, "pose", settings=settings)
    result, again = (train(project, plan, out=f"by-{n}", workers=n) for n in (1, 2))
    assert again.scores["frames"] == result.scores["frames"]
    models = [(r.directory / "final" / "members" / "0").glob("*.txt") for r in (result, again)]
    for one, other in zip(*map(sorted, models), strict=True):
        assert one.read_bytes() == other.read_bytes()
    for run in (result, again):
        shutil.rmtree(run.directory)


def test_a_run_is_never_overwritten_and_never_resumed_with_another_plan(trained):
    project, plan, result = trained
    with pytest.raises(UsageError, match="already a run 'trained'"):
        train(project, plan, out="trained")
    report = result.directory / "report.html"  # what the verb 'train' writes last
    report.touch()
    with pytest.raises(UsageError, match="run 'trained' is finished"):
        train(project, plan, out="trained", resume=True)
    report.unlink()
    begun = project.run_directory("begun")
    plan.save(begun / "plan.yaml")
    other = make_plan(project, "pose", settings=[*QUICK, "members.0.optim.leaves=3"])
    with pytest.raises(UsageError, match="another plan"):
        train(project, other, out="begun", resume=True)
    shutil.rmtree(begun)


def test_the_null_control_fires_on_random_frames_only(trained):
    project, _, result = trained
    assert not result.scores["null_control"]["leaks"]
    # A learner that can tell frames apart by their neighborhood: that is what leaks.
    settings = [
        "split.by=random-frame",
        "split.folds=2",
        "members.0.optim.rounds=60",
        "members.0.windows.statistics=[0.25, 1.05, 3.05]",
        "members.0.augment=[]",
    ]
    leaking = make_plan(project, "pose", settings=settings)
    scores = train(project, leaking, out="leaking", workers=1).scores
    shutil.rmtree(project.runs / "leaking")
    assert scores["run"]["leaks"]
    assert scores["null_control"]["leaks"]
    honest = result.scores["frames"]["macro_f1"]["value"]
    assert scores["frames"]["macro_f1"]["value"] > honest


def test_shifted_labels_keep_shares_and_lose_their_place(trained):
    _, _, result = trained
    snapshot = load_snapshot(result.directory / "data")
    shifted = control.shift_labels(snapshot)
    for who, states in snapshot.states.items():
        assert np.array_equal(
            (states == FrameState.YES).sum(axis=0),
            (shifted.states[who] == FrameState.YES).sum(axis=0),
        )
        assert (states != shifted.states[who]).any(axis=1).mean() > 0.2


def test_a_held_out_animal_is_in_no_fold_and_not_in_the_bundle(mice):
    plan = make_plan(mice, "pose", settings=[*QUICK, "split.holdout=1"])
    result = train(mice, plan, out="apart", workers=1)
    bundle = Bundle.open(result.bundle)
    held = set(plan.holdout)
    assert len(held) == 1
    assert not held & set(bundle.animals)
    assert not held & {name for fold in plan.folds for name in fold.test}
    assert not held & {row["name"] for row in result.scores["by_animal"]}
    with pytest.raises(BundleError, match="trained on 3"):
        bundle.refuse_animals([animal for r in mice.recordings() for animal in r.animals])
    shutil.rmtree(result.directory)


def test_labels_that_change_under_a_run_stop_it(tmp_path):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    plan = make_plan(project, "pose", settings=QUICK)
    result = train(project, plan, workers=1)
    for name in ("bundle.boutwise", "scores.json"):
        (result.directory / name).unlink()
    number, bout = next(iter(project.numbered_bouts().items()))
    project.delete_bout(number, annotator=bout.annotator)
    with pytest.raises((DataError, UsageError), match=r"changed|another plan"):
        train(project, plan, out=result.directory.name, resume=True, workers=1)
