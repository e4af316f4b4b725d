"""A bundle for one new animal."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.conftest import QUICK, make_project

import boutwise as bw
from boutwise.api import _personalizing, predict_files
from boutwise.cli import main
from boutwise.errors import BundleError, DataError, LabelError, UsageError
from boutwise.planning import LabelledSubject
from boutwise.types import FrameClock, Recording, Subject


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A bundle of mice 1 to 3, and their project, in which mice 4 and 5 are labelled too."""
    project = make_project(tmp_path_factory.mktemp("p") / "project", animals=5, minutes=0.7)
    settings = [*QUICK, "split.holdout=[mouse_4, mouse_5]"]
    return project, bw.train(project, bw.plan(project, "pose", settings=settings), workers=1)


def test_a_new_animal_gets_a_bundle_of_its_own(study, tmp_path):
    project, bundle = study
    fitted = bw.personalize(bundle, project, tmp_path / "four.boutwise", only="animal=mouse_4")
    facts = fitted.manifest["personal"]
    assert facts["animals"] == ["mouse_4"]
    assert facts["bundle"] == bundle.id != fitted.id
    assert facts["labelled_s"] == pytest.approx(42, abs=1)
    assert any(abs(bias) > 0.01 for bias in facts["biases"].values())
    assert "mouse_4" in (fitted.directory / "card.md").read_text(encoding="utf-8")
    before = np.array(bundle.decision.calibration.bias)
    moved = np.array(fitted.decision.calibration.bias) - before
    np.testing.assert_allclose(moved, list(facts["biases"].values()), atol=1e-9)
    with pytest.raises(BundleError, match="mouse_4"):
        bw.evaluate(fitted, project, only="animal=mouse_4")


def test_a_behavior_that_a_few_minutes_lack_is_named(study, tmp_path):
    _, bundle = study
    project = make_project(tmp_path / "few", animals=1, minutes=0.3, seed=5)
    lacking = bundle.ethogram.names[-1]
    project.set_ethogram(project.ethogram.only(bundle.ethogram.names[:-1]))
    with pytest.raises(LabelError, match=f"'{lacking}', which this project does not know") as told:
        bw.evaluate(bundle, project)
    assert str(told.value.file).endswith("boutwise.yaml")


def test_what_cannot_be_is_refused(study, tmp_path):
    project, bundle = study
    out = tmp_path / "one.boutwise"
    with pytest.raises(DataError, match="several animals: mouse_1, mouse_2"):
        bw.personalize(bundle, project, out)
    with pytest.raises(BundleError, match="trained on 1 of these animals: mouse_1"):
        bw.personalize(bundle, project, out, only="animal=mouse_1")
    assert not out.exists()
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="there is such a file"):
        bw.personalize(bundle, project, out, only="animal=mouse_4")
    assert out.read_text(encoding="utf-8") == "mine"


def test_too_little_is_refused(study, tmp_path, monkeypatch):
    project, bundle = study
    monkeypatch.setattr("boutwise.api._personalizing.LEAST_S", 60.0)
    with pytest.raises(DataError, match="42 seconds of mouse_5 are labelled"):
        bw.personalize(bundle, project, tmp_path / "x.boutwise", only="animal=mouse_5")


def test_on_the_command_line(study, tmp_path, capsys):
    project, bundle = study
    out = tmp_path / "five.boutwise"
    words = ["bundle", "personalize", str(bundle.path), str(project.root), "--out", str(out)]
    assert main([*words, "--only", "animal=mouse_5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["personal"]["animals"] == ["mouse_5"]
    assert main(["bundle", "info", str(out)]) == 0
    assert "mouse_5, by 0.7 labelled minutes" in " ".join(capsys.readouterr().out.split())
    assert main([*words[:-1], str(tmp_path / "five.zip"), "--only", "animal=mouse_5"]) == 2


def test_a_frame_of_both_directions_of_a_pair_counts_once():
    recording = Recording("r", FrameClock.declared(100, 10.0), ("a", "b"))
    one, two = np.full((2, 100, 1), -1, dtype=np.int8)
    one[:60], two[40:80] = 0, 1
    pairs = [
        LabelledSubject(recording, Subject("r", "a", "b"), one),
        LabelledSubject(recording, Subject("r", "b", "a"), two),
    ]
    assert _personalizing._labelled_s(pairs) == pytest.approx(8.0)


def test_a_score_of_its_own_animal_names_the_run_that_it_came_from(study, tmp_path):
    project, bundle = study
    fitted = bw.personalize(bundle, project, tmp_path / "four.boutwise", only="animal=mouse_4")
    folder = tmp_path / "predicted"
    predict_files([fitted], project, folder, only="animal=mouse_4")
    with pytest.raises(DataError) as told:
        bw.score(project.root, folder)
    assert "it was personalized from" in told.value.todo
    assert "folder of its run" not in told.value.todo
