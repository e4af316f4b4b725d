"""Held-out animals under every split, and what a run refuses to go on with."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
import yaml
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.errors import BundleError, DataError, UsageError
from boutwise.planning import make_plan
from boutwise.training import control, train
from boutwise.training.assess import native_present
from boutwise.training.opening import _claim
from boutwise.training.snapshot_files import load_snapshot
from boutwise.types import Recording

HELD = [*QUICK, "split.holdout=[mouse_4]"]


def test_random_frames_leak_between_folds_and_never_into_the_held_out_animal(mice):
    plan = make_plan(mice, "pose", settings=[*HELD, "split.by=random-frame", "split.folds=2"])
    result = api.train_run(mice, plan, out="leaking-apart", workers=1)
    assert "mouse_4" not in Bundle.open(result.bundle).animals
    assert "mouse_4" not in result.scores["facts"]["animals"]
    assert result.scores["holdout"]["facts"]["animals"] == ["mouse_4"]
    shutil.rmtree(result.directory)


def test_a_held_out_recording_of_a_known_animal_is_scored_and_said(tmp_path):
    project = make_project(tmp_path / "project", animals=3, minutes=0.3)
    first = project.recordings()[0]
    project.add_recording(replace(first, id="again"))
    (tmp_path / "again.csv").write_text("one unit to the right", encoding="utf-8")
    track = project.pose(first.id)
    track = replace(track, positions=track.positions + 1, animals=("x",))
    project.add_pose("again", tmp_path / "again.csv", format="dlc_csv", track=track)
    bouts = project.bouts(first.id)
    rows = [replace(bout, recording="again") for bout in bouts.rows()]
    pieces = [replace(piece, recording="again") for piece in bouts.observed]
    project.add_bouts(type(bouts).from_rows(rows, pieces))
    settings = [*QUICK, "split.by=recording", "split.holdout=[again]"]
    result = api.train_run(project, make_plan(project, "pose", settings=settings), workers=1)
    assert result.scores["holdout"]["facts"]["recordings"] == ["again"]
    assert any("learned from in other recordings" in n for n in result.scores["holdout"]["notes"])


def test_held_out_animals_are_scored_by_the_annotator_of_the_plan(tmp_path):
    project = make_project(tmp_path / "project", animals=3, minutes=0.3)
    for recording in project.recordings():
        bouts = project.bouts(recording.id)
        rows = [replace(bout, annotator="second") for bout in bouts.rows()]
        pieces = [replace(piece, annotator="second") for piece in bouts.observed]
        project.add_bouts(type(bouts).from_rows(rows, pieces))
    settings = [*QUICK, "split.holdout=[mouse_3]", "target.annotators=second"]
    result = api.train_run(project, make_plan(project, "pose", settings=settings), workers=1)
    assert result.scores["holdout"]["facts"]["animals"] == ["mouse_3"]


def test_the_order_and_the_groups_of_the_project_do_not_change_a_score(trained, tmp_path):
    bundle = Bundle.open(trained[2].bundle)
    project = make_project(tmp_path / "project", animals=1, minutes=0.3)
    recording = project.recordings()[0]
    other = make_project(tmp_path / "other", animals=1, minutes=0.3)
    stranger = replace(recording, id="new", animals=("stranger",))
    scores = []
    for one in (project, other):
        one.add_animal(replace(one.animals()[recording.animals[0]], id="stranger"))
        one.add_recording(stranger)
        files = tmp_path / f"{one.root.name}-files" / "pose"
        shutil.copy(files / f"{recording.id}.csv", files / "new.csv")
        one.add_pose("new", files / "new.csv", format="dlc_csv")
        bouts = one.bouts(recording.id)
        rows = [replace(b, recording="new", animal="stranger") for b in bouts.rows()]
        pieces = [replace(o, recording="new", animal="stranger") for o in bouts.observed]
        one.add_bouts(type(bouts).from_rows(rows, pieces))
        if one is other:
            ethogram = one.ethogram
            turned = tuple(reversed(ethogram.behaviors))
            one.set_ethogram(replace(ethogram, behaviors=turned, groups=()))
        scores.append(api.evaluate(bundle, one, recordings=["new"]).as_dict())
    assert scores[0]["frames"] == scores[1]["frames"]
    assert scores[0]["behaviors"] == scores[1]["behaviors"]


def test_an_animal_filmed_with_a_known_one_is_refused(trained, tmp_path):
    bundle = Bundle.open(trained[2].bundle)
    project = make_project(tmp_path / "project", animals=1, minutes=0.3)
    known = project.recordings()[0]
    project.add_animal(replace(project.animals()[known.animals[0]], id="new"))
    project.add_recording(Recording("pair", known.clock, ("new", known.animals[0])))
    track = project.pose(known.id)
    two = replace(
        track,
        positions=np.concatenate([track.positions] * 2, axis=1),
        confidence=np.concatenate([track.confidence] * 2, axis=1),
        animals=("one", "two"),
    )
    (tmp_path / "pair.csv").write_text("two mice", encoding="utf-8")
    project.add_pose("pair", tmp_path / "pair.csv", format="dlc_csv", track=two)
    bouts = project.bouts(known.id)
    rows = [replace(b, recording="pair", animal="new") for b in bouts.rows()]
    pieces = [replace(o, recording="pair", animal="new") for o in bouts.observed]
    project.add_bouts(type(bouts).from_rows(rows, pieces))
    with pytest.raises(BundleError, match=known.animals[0]):
        api.evaluate(bundle, project, recordings=["pair"])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A project of its own with a run that lacks its bundle; read it only."""
    project = make_project(tmp_path_factory.mktemp("own") / "project", animals=2, minutes=0.3)
    plan = make_plan(project, "pose", settings=QUICK)
    result = train(project, plan, out="stopped", workers=1)
    result.bundle.unlink()
    return project, plan, result.directory


@pytest.fixture
def unfinished(stopped):
    """The same project with a copy of the run that may be changed."""
    project, plan, directory = stopped
    roles = dict(project.roles)
    shutil.copytree(directory, project.runs / "begun")
    yield project, plan, project.runs / "begun"
    shutil.rmtree(project.runs / "begun")
    project.set_roles(roles)


def test_a_run_does_not_go_on_with_other_keypoint_roles(unfinished):
    project, plan, _ = unfinished
    turned = {"left_ear": "right_ear", "right_ear": "left_ear"}
    project.set_roles({name: turned.get(role, role) for name, role in project.roles.items()})
    with pytest.raises(DataError, match="keypoint roles"):
        train(project, plan, out="begun", resume=True, workers=1)


def test_a_run_does_not_go_on_with_another_release(unfinished):
    project, plan, run = unfinished
    written = yaml.safe_load((run / "plan.yaml").read_text(encoding="utf-8"))
    (run / "plan.yaml").write_text(
        yaml.safe_dump({**written, "boutwise": "0.0.1"}), encoding="utf-8"
    )
    with pytest.raises(UsageError, match=r"begun by boutwise 0\.0\.1"):
        train(project, plan, out="begun", resume=True, workers=1)


def test_an_edited_plan_is_not_gone_on_with(unfinished):
    project, plan, run = unfinished
    text = (run / "plan.yaml").read_text(encoding="utf-8")
    (run / "plan.yaml").write_text(text.replace("rounds: 8", "rounds: 9"), encoding="utf-8")
    with pytest.raises(UsageError, match="another plan"):
        train(project, plan, out="begun", resume=True, workers=1)


def test_of_two_trainings_one_gets_the_name(trained):
    project, plan, _ = trained
    assert _claim(project, "raced")
    # The other one meets a taken name, waits, and finds the plan of the first.
    begun = threading.Timer(0.1, plan.save, [project.runs / "raced" / "plan.yaml"])
    begun.start()
    assert not _claim(project, "raced")
    begun.join()
    shutil.rmtree(project.runs / "raced")


def test_a_name_taken_by_a_process_that_died_at_once_is_free(mice):
    assert _claim(mice, "died")
    assert _claim(mice, "died")
    shutil.rmtree(mice.runs / "died")


def test_numbers_in_the_bundle_are_those_of_the_run(trained):
    bundle = Bundle.open(trained[2].bundle)
    scores = json.loads((trained[2].directory / "scores.json").read_text(encoding="utf-8"))
    for name, part in bundle.manifest["scores"].items():
        assert part == scores[name], name
    card = (bundle.directory / "card.md").read_text(encoding="utf-8")
    assert f"{scores['frames']['macro_f1']['value']:.3f}" in card
    for row in scores["behaviors"]:
        assert f"| {row['name']} | {row['f1']['value']:.3f}" in card


def test_a_frame_counts_as_seen_only_where_every_member_sees_it(trained):
    snapshot = load_snapshot(trained[2].directory / "data")
    entry = snapshot.entries[0]
    keys = snapshot.store.array(entry.keys[0]["features"][0])
    hidden = np.array(keys)
    hidden[10:20] = np.nan
    key = snapshot.store.key("hidden", hidden)
    snapshot.store.put(key, hidden)
    both = replace(entry, keys=(*entry.keys, {"features": (key,)}))
    two = replace(
        snapshot, entries=(both,), columns=snapshot.columns * 2, mirrors=snapshot.mirrors * 2
    )
    assert native_present(snapshot, entry)[10:20].all()
    assert not native_present(two, both)[10:20].any()
    snapshot.store.remove(key)


def test_the_null_control_stays_a_number_where_behaviors_are_rare(trained):
    snapshot = load_snapshot(trained[2].directory / "data")
    width = len(snapshot.ethogram.names)
    free = replace(snapshot, ethogram=replace(snapshot.ethogram, groups=()))
    nobody = np.full((50, width), -9, np.float32)
    truth = np.zeros((3, 50, width), np.int8)
    untold = control.judge([nobody] * 3, list(truth), ["a", "b", "c"], free)
    assert untold["macro_f1"] is None
    assert not untold["leaks"]
    truth[0, :20, 0] = 1
    told = control.judge([nobody] * 3, list(truth), ["a", "b", "c"], free)
    assert told["macro_f1"] == 0
    assert told["low"] is None
    json.dumps(told, allow_nan=False)
