"""A run on whole trials from the project to the report, and its bundle on other mice."""

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from tests.withdrawals import FPS, STIMULI, trial_project, write_trials
from typer.testing import CliRunner

import boutwise as bw
from boutwise.api import evaluate, plan, predict_files, prepare, train_run
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.bundle import Bundle
from boutwise.cli._app import build
from boutwise.errors import BundleError, DataError, UsageError
from boutwise.formats._trial_prediction import trial_rows
from boutwise.inference import Predictor, predict_trials
from boutwise.planning.plan import usable_subjects
from boutwise.prepare import Material
from boutwise.project import Project
from boutwise.training.control import shift_labels
from boutwise.training.snapshot_files import load_snapshot
from boutwise.training.trials import take_trials
from boutwise.types import FrameClock

QUICK = [f"members.0.optim.{name}" for name in ("rounds=30", "lr=0.2", "leaf_frames=3")]
PAIN = "{heavy: needle, light: needle, brush: touch, cotton: touch}"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Eight mice, needle or touch."""
    project = trial_project(tmp_path_factory.mktemp("run") / "p", mice=8)
    made = plan(project, "trials", settings=[*QUICK, f"target.ratings.merges={PAIN}"])
    return train_run(project, made, workers=1)


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Four more mice."""
    return trial_project(tmp_path_factory.mktemp("others") / "p", mice=4, first=20, seed=9)


def test_what_was_planted_is_found_and_every_trial_counts_once(run):
    scores = run.scores
    assert scores["headline"]["name"] == "accuracy"
    assert scores["facts"]["rows"] == "trials"
    assert scores["facts"]["scored_frames"] == 32
    assert scores["facts"]["scored_s"] is None
    assert scores["frames"]["accuracy"]["value"] > 0.9
    majority = next(row for row in scores["baselines"] if row["name"] == "majority")
    assert majority["accuracy"] == 0.5
    assert scores["frames"]["accuracy"]["interval"]["n_groups"] == 8


def test_the_null_control_deals_answers_anew_within_each_animal(run):
    snapshot = load_snapshot(run.directory / "data")
    dealt = shift_labels(snapshot)
    orders = set()
    for subject, states in snapshot.states.items():
        mine = dealt.states[subject]
        assert sorted(mine.tolist()) == sorted(states.tolist())
        orders.add(tuple(mine[:, 0].tolist()))
    assert len(orders) > 1, "one order for all could be learned"
    assert not run.scores["null_control"]["leaks"]


def test_out_of_fold_answers_are_a_row_a_trial(run):
    files = sorted((run.directory / "oof").iterdir())
    assert len(files) == 8
    with files[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[1]["start_frame"] == rows[0]["stop_frame"]
    assert float(rows[0]["stop_s"]) == pytest.approx(int(rows[0]["stop_frame"]) / FPS)
    for row in rows:
        chances = [float(row[f"p:{name}"]) for name in ("needle", "touch")]
        assert math.isclose(sum(chances), 1, abs_tol=1e-4)
        assert row["label"] == ("needle", "touch")[int(np.argmax(chances))]
        assert row["bundle"] == "out-of-fold"


def test_the_page_speaks_of_trials(run):
    page = (run.directory / "report.html").read_text(encoding="utf-8")
    assert "of 32 trials rightly" in page
    assert "Bout statistics" not in page
    assert "Ethograms: truth over prediction" not in page
    assert "<h3>Confusion</h3>" in page
    data = page[page.index('<section id="data">') : page.index('<section id="scores">')]
    assert "trials scored" in data
    assert "frames" not in data[: data.index("<details")]
    assert "no out-of-fold prediction" not in data


def test_new_trajectories_get_one_row_a_trial(run, tmp_path):
    file = write_trials(tmp_path / "new.npz", mice=2, first=30, seed=3)
    result = predict_files([run.bundle], [file], tmp_path / "out", fps=FPS)
    assert (len(result.done), result.failed) == (2, {})
    rows = []
    for path in sorted((tmp_path / "out").glob("*.trials.csv")):
        with path.open(encoding="utf-8", newline="") as opened:
            rows += list(csv.DictReader(opened))
    right = {"brush": "touch", "cotton": "touch", "light": "needle", "heavy": "needle"}
    truth = [right[kind] for kind in STIMULI] * 2
    assert np.mean([row["label"] == true for row, true in zip(rows, truth, strict=True)]) >= 0.75
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["recordings"]) == 2
    again = predict_files([run.bundle], [file], tmp_path / "out", fps=FPS)
    assert (again.done, len(again.kept)) == ((), 2)


def test_a_bundle_is_evaluated_on_other_mice_and_refuses_its_own(run, others):
    scores = evaluate(run.bundle, others)
    assert scores.frames.accuracy.value >= 0.8
    assert (scores.facts.rows, scores.facts.scored_frames) == ("trials", 16)
    talk = CliRunner().invoke(build(), ["evaluate", str(run.bundle), str(others.root)])
    assert talk.exit_code == 0, talk.output
    assert "Share of trials decided rightly" in talk.output
    assert "bouts" not in talk.output


def test_a_single_trial_cannot_be_compared_and_frames_are_not_answered(run, others):
    recording = others.recordings()[0]
    trial = recording.trials[0]
    pose = others.pose(recording.id).frames(0, trial.n_frames)
    predictor = Predictor((Bundle.open(run.bundle),))
    clock = FrameClock.declared(trial.n_frames, FPS)
    with pytest.raises(DataError, match="one trial only"):
        predict_trials(predictor, recording.id, pose, clock)
    with pytest.raises(BundleError, match="whole trials, not frames"):
        predictor.predict(Material.of_pose(recording.id, pose, clock))


def test_python_and_the_command_line_say_the_same(run, tmp_path):
    file = write_trials(tmp_path / "new.npz", mice=1, first=30, seed=3)
    told = bw.predict_trials(run.bundle, file, fps=FPS)
    predict_files([run.bundle], [file], tmp_path / "out", fps=FPS)
    path = next((tmp_path / "out").glob("*.trials.csv"))
    with path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    written = [float(row["p:needle"]) for row in rows]
    np.testing.assert_allclose(told.answers.probabilities[0, :, 0], written, atol=1e-5)


@pytest.mark.parametrize("option", [{"write": "boris_project"}, {"explain": True}])
def test_what_trials_do_not_have_is_refused(run, tmp_path, option):
    file = write_trials(tmp_path / "new.npz", mice=1)
    with pytest.raises(UsageError, match="answers trials writes one table"):
        predict_files([run.bundle], [file], tmp_path / "out", fps=FPS, **option)


def test_a_bundle_of_trials_is_not_fitted_to_one_animal(run, others, tmp_path):
    with pytest.raises(UsageError, match="whole trials is not fitted"):
        bw.personalize(run.bundle, others, tmp_path / "new.boutwise", only="animal=B6_20")


def test_a_project_of_ratings_alone_is_told_what_it_can_do(others, tmp_path):
    assert bw.check(others, names=["too_few_animals"]) == []
    with pytest.raises(DataError, match="no behaviors") as planned:
        plan(others, "pose")
    assert "--recipe trials" in planned.value.todo
    assert "--set target.ratings.scale" not in planned.value.todo
    with pytest.raises(DataError, match="ratings of trials and no labels of frames"):
        bw.score(others.root, others.root)
    source = write_trials(tmp_path / "new.npz", mice=2)
    project = bw.Project.create(tmp_path / "q")
    assert apply_import(project, plan_import(project, source, fps=FPS)).ratings == 8


def test_a_rate_that_does_not_fit_is_told_in_plain_numbers(run):
    clock = FrameClock.declared(100, 2000.0)
    with pytest.raises(BundleError, match="has 2000 frames") as told:
        Bundle.open(run.bundle).refuse_clock("r", clock)
    assert told.value.expected == "250 to 1000: the bundle works at 500"


def test_prepare_makes_the_rows_that_training_takes(tmp_path):
    project = trial_project(tmp_path / "p", mice=5)
    made = plan(project, "trials", settings=QUICK)
    assert len(prepare(project, made)) == 5
    before = set(project.store.keys())
    take_trials(project, made, usable_subjects(project, made.recipe), lambda *_: None)
    assert set(project.store.keys()) == before


def test_a_trial_in_which_the_paw_is_never_seen_is_left_open(run, others):
    recording = others.recordings()[0]
    hidden = recording.trials[1]
    pose = others.pose(recording.id)
    positions = pose.positions.copy()
    positions[hidden.first_frame : hidden.stop_frame] = np.nan
    told = bw.predict_trials(
        run.bundle, replace(pose, positions=positions), trials=recording.trials, fps=FPS
    )
    assert told.answers.observed[0].tolist() == [True, False, True, True]
    labels = [row["label"] for row in trial_rows(told)]
    assert labels[1] == ""
    assert "" not in (labels[0], labels[2], labels[3])


def test_held_out_mice_are_scored_at_the_end(tmp_path):
    project = trial_project(tmp_path / "p", mice=7)
    settings = [*QUICK, f"target.ratings.merges={PAIN}", "split.holdout=2", "split.folds=2"]
    made = plan(project, "trials", settings=settings)
    result = train_run(project, made, workers=1)
    assert result.scores["facts"]["scored_frames"] == 20
    assert result.scores["holdout"]["facts"]["scored_frames"] == 8
    assert result.scores["holdout"]["headline"]["name"] == "accuracy"
    # A run that was cut off goes on with every unit that it has.
    (result.directory / "report.html").unlink()
    again = train_run(project, made, out="trials", resume=True, workers=1)
    assert (again.units_run, again.units_kept) == (0, result.units_run)
    assert again.scores["frames"] == result.scores["frames"]


def test_real_trials_tell_pinprick_from_innocuous(shared, tmp_path):
    """Two folds and a short fit: the benchmark has the numbers."""
    project = Project.create(tmp_path / "p")
    file = shared("paws/jones2020_tracks.npz")
    apply_import(project, plan_import(project, file, fps=2000))
    merges = "{HP: pinprick, LP: pinprick, CS: innocuous, DB: innocuous}"
    short = ["members.0.optim.rounds=60", "members.0.optim.lr=0.08", "split.folds=2"]
    made = plan(project, "trials", settings=[*short, f"target.ratings.merges={merges}"])
    result = train_run(project, made, workers=1)
    assert result.scores["facts"]["scored_frames"] == 229
    assert result.scores["frames"]["accuracy"]["value"] > 0.78
    assert not result.scores["null_control"]["leaks"]
