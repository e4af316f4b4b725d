"""Several bundles averaged: matched by name, calibrated anew on what their runs predicted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.api._ensembles import averaging_of
from boutwise.bundle import Bundle
from boutwise.decision.combination import log_loss
from boutwise.decision.links import to_raw
from boutwise.errors import BundleError
from boutwise.inference import Predictor, fit_average
from boutwise.inference.ensembles import columns_in
from boutwise.planning import make_plan
from boutwise.prepare import Material
from boutwise.training import train
from boutwise.types import Behavior, Ethogram, ExclusiveGroup


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A run on the same mice, whose ethogram has the behaviors in the opposite order."""
    project = make_project(tmp_path_factory.mktemp("turned") / "project")
    ethogram = project.ethogram
    groups = tuple(
        ExclusiveGroup(group.name, group.behaviors[::-1], group.background)
        for group in ethogram.groups
    )
    project.set_ethogram(Ethogram(ethogram.behaviors[::-1], groups, ethogram.merges))
    plan = make_plan(project, "pose", settings=[*QUICK, "members.0.optim.rounds=5"])
    return train(project, plan, out="turned", workers=1)


@pytest.fixture(scope="module")
def pair(trained, turned):
    return Bundle.open(trained[2].bundle), Bundle.open(turned.bundle)


@pytest.fixture(scope="module")
def material(trained):
    project = trained[0]
    record = project.recordings()[0]
    return Material.of_pose(record.id, project.pose(record.id), record.clock)


def test_behaviors_in_another_order_are_averaged_by_name(pair, material):
    first, second = pair
    assert first.ethogram.names == second.ethogram.names[::-1] != second.ethogram.names
    one, two = (Predictor((bundle,)).predict(material).probabilities for bundle in pair)
    both = Predictor(pair).predict(material)
    np.testing.assert_allclose(both.probabilities, (one + two[..., ::-1]) / 2, atol=1e-6)
    other = Predictor(pair[::-1]).predict(material)
    np.testing.assert_allclose(other.probabilities[..., ::-1], both.probabilities, atol=1e-6)


def test_the_average_is_calibrated_on_frames_that_both_runs_predicted_out_of_fold(pair, material):
    averaging = averaging_of(pair)
    assert "calibrated anew on" in averaging.words
    plain = Predictor(pair).predict(material).probabilities
    found = Predictor(pair, refit=averaging.refit).predict(material)
    ethogram = found.ethogram
    np.testing.assert_allclose(
        found.probabilities[0], averaging.refit.apply(plain[0], ethogram), atol=1e-6
    )
    for group in ethogram.groups:
        columns = [ethogram.names.index(name) for name in group.behaviors]
        np.testing.assert_allclose(found.probabilities[..., columns].sum(axis=2), 1, atol=1e-4)


def _truth_and_mean(trained, turned):
    """Of the first recording: whether each behavior is shown, and the mean of both runs' oof."""
    project = trained[0]
    record = project.recordings()[0]
    names = project.ethogram.names
    tables = [
        pd.read_parquet(run.directory / "oof" / f"{record.id}.frames.parquet")
        for run in (trained[2], turned)
    ]
    mean = np.mean([table[[f"p:{name}" for name in names]].to_numpy() for table in tables], axis=0)
    states = project.bouts(record.id).to_frames(
        record.subjects()[0], project.ethogram, record.n_frames
    )
    return states, mean.astype(np.float32)


def test_a_calibration_of_the_average_describes_it_better(trained, turned, pair):
    states, mean = _truth_and_mean(trained, turned)
    ethogram = trained[0].ethogram
    assert ethogram.groups
    first = pair[0].decision
    decision = replace(
        first,
        calibration=replace(first.calibration, kind="vector"),
        decider="expected_f1",
        options={},
    )
    refit = fit_average(decision, [mean], [states])
    assert set(refit.decision.worths) == {n for g in ethogram.groups for n in g.behaviors}
    assert refit.decision.shortest_s == first.shortest_s
    group = ethogram.groups[0]
    columns = [ethogram.names.index(name) for name in group.behaviors]
    known = (states[:, columns] == 1).any(axis=1)
    truth = states[known][:, columns] == 1
    before, after = (
        log_loss(to_raw(values, ethogram)[known][:, columns], truth)
        for values in (mean, refit.apply(mean, ethogram))
    )
    assert after < before


def test_bundles_outside_of_their_runs_are_averaged_as_they_are(pair, tmp_path, trained):
    copy = tmp_path / "copy.boutwise"
    shutil.copyfile(pair[0].path, copy)
    averaging = averaging_of([Bundle.open(copy), pair[1]])
    assert averaging.refit is None
    assert "averaged as they are" in averaging.words
    assert "copy.boutwise does not lie in its run folder" in averaging.words
    assert averaging_of([pair[0]]).words == ""
    result = api.predict_files([copy, pair[1]], trained[0], tmp_path / "plain", only="id=*_1")
    assert "as they are" in result.notes[0]


def test_runs_that_learned_other_labels_are_averaged_as_they_are(pair, turned, tmp_path):
    run = tmp_path / "other"
    shutil.copytree(turned.directory, run)
    labels = pd.read_parquet(run / "data" / "labels.parquet")
    labels["state"] = 1 - labels["state"]
    labels.to_parquet(run / "data" / "labels.parquet", index=False)
    averaging = averaging_of([pair[0], Bundle.open(run / "bundle.boutwise")])
    assert averaging.refit is None
    assert "only 0 frames have the same labels" in averaging.words


def test_what_was_done_is_written_and_a_change_of_it_predicts_again(pair, trained, tmp_path):
    project, out = trained[0], tmp_path / "out"
    both = [bundle.path for bundle in pair]
    first = api.predict_files(both, project, out)
    assert len(first.done) == len(project.recordings())
    assert api.predict_files(both, project, out).done == ()
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["recordings"][0]
    assert told["bundle"] == "+".join(bundle.id for bundle in pair)
    assert set(told["refit"]) == {"kind", "scale", "bias"}
    copy = tmp_path / "copy.boutwise"
    shutil.copyfile(both[0], copy)
    assert len(api.predict_files([copy, both[1]], project, out).done) == len(first.done)


def stand_in(names, groups=(), scope="individual"):
    ethogram = Ethogram(tuple(Behavior(name, scope=scope) for name in names), groups)
    return SimpleNamespace(ethogram=ethogram, path="other.boutwise")


def test_other_behaviors_are_refused_by_name():
    first = stand_in(("rest", "rear", "walk"))
    with pytest.raises(BundleError, match="it lacks walk and it has groom besides") as caught:
        columns_in(stand_in(("rest", "rear", "groom")), first)
    assert caught.value.file == "other.boutwise"
    group = ExclusiveGroup("act", ("rest", "rear", "walk"))
    with pytest.raises(BundleError, match="other exclusive groups"):
        columns_in(stand_in(("rest", "rear", "walk"), (group,)), first)
    with pytest.raises(BundleError, match="other scopes"):
        columns_in(stand_in(("rest", "rear", "walk"), scope="directed"), first)
    again = ExclusiveGroup("posture", ("walk", "rest", "rear"))
    same = stand_in(("walk", "rest", "rear"), (again,))
    assert columns_in(same, stand_in(("rest", "rear", "walk"), (group,))) == (1, 2, 0)
