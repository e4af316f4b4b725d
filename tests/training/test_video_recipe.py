"""The recipe ``video``: outlines of filmed mice in place of pose, from files to files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests import filmed as films
from tests.prepare import scenes

from boutwise import api
from boutwise.api import _personalizing
from boutwise.bundle import Bundle
from boutwise.errors import BundleError, RecipeError
from boutwise.inference import Predictor
from boutwise.prepare import material_of

SMALL = [
    "prepare.0.detect.every=3",
    "members.0.windows.statistics=[0.3, 1.0]",
    "members.0.optim.rounds=40",
    "members.1.optim.epochs=5",
    "target.align=none",
]


@pytest.fixture(scope="module")
def project(filmed):
    return filmed[1]


@pytest.fixture(scope="module")
def trained(project):
    return api.train_run(project, api.plan(project, "video", settings=SMALL), workers=1)


def test_outlines_tell_shaking_of_mice_that_were_never_seen(trained):
    rows = {row["name"]: row for row in trained.scores["behaviors"]}
    majority = next(b for b in trained.scores["baselines"] if "majority" in b["name"])
    assert rows["shake"]["f1"]["value"] > 0.85
    assert trained.scores["frames"]["macro_f1"]["value"] > (majority["macro_f1"] or 0) + 0.25


def test_the_bundle_reads_videos_and_no_pose(trained, mice):
    bundle = Bundle.open(trained.bundle)
    assert (bundle.reads, bundle.outlined) == (("video",), True)
    assert [part.part for part in bundle.prepare] == ["clean_pose"]
    card = (bundle.directory / "card.md").read_text(encoding="utf-8")
    assert "points on the outline of the animal, found by 'background'" in card
    with pytest.raises(BundleError, match="has no video"):
        Predictor((bundle,)).predict(material_of(mice, mice.recordings()[0]))


def test_a_file_is_predicted_as_the_recording_of_a_project_is(trained, project, filmed, tmp_path):
    bundle = Bundle.open(trained.bundle)
    record = project.recordings()[0]
    inside = Predictor((bundle,), store=project.store).predict(material_of(project, record))
    result = api.predict_files([bundle], [filmed[0]], tmp_path / "out")
    assert sorted(result.done) == ["mouse_1", "mouse_2", "mouse_3"]
    frames = pd.read_parquet(tmp_path / "out" / "mouse_1.frames.parquet")
    np.testing.assert_allclose(frames["p:shake"], inside.probabilities[0][:, -1], atol=1e-5)
    assert (tmp_path / "out" / "mouse_1.boxes.parquet").is_file()


def test_what_prepare_would_do_is_listed_and_then_done(project):
    settings = [*SMALL, "prepare.1.outline.padding=0.2"]
    plan = api.plan(project, "video", settings=settings)
    before = api.prepare(project, plan, dry_run=True)
    assert {what for row in before for what in row.missing} >= {"outlines"}
    api.prepare(project, plan)
    after = api.prepare(project, plan, dry_run=True)
    assert not any(row.missing for row in after)


def test_outlines_can_be_turned_and_scaled_for_training(project):
    settings = [
        *SMALL,
        "members.0.augment=[rotation, scale]",
        "members.0.views=1",
        "members.0.optim.rounds=5",
    ]
    plan = api.plan(project, "video", settings=settings)
    result = api.train_run(project, plan, workers=1)
    assert result.scores["frames"]["macro_f1"]["value"] > 0.5


def test_an_outline_without_boxes_is_refused(project):
    with pytest.raises(RecipeError, match="where the animals are"):
        api.plan(project, "video", settings=[*SMALL, "prepare=[{outline: {}}]"])


def test_a_bundle_is_scored_on_a_new_animal_and_fitted_to_it(trained, tmp_path, monkeypatch):
    places, bouts = films.shaking(360, seed=21)
    folder = tmp_path / "films"
    folder.mkdir()
    scenes.film(folder / "fresh.mp4", [places])
    rows = [f"shake,{a / scenes.FPS:.4f},{b / scenes.FPS:.4f}" for a, b in bouts]
    text = "\n".join(["behavior,start_s,stop_s", *rows])
    (folder / "fresh.csv").write_text(text + "\n", encoding="utf-8")
    new = films.import_films(tmp_path / "p", folder)
    assert api.evaluate(trained.bundle, new).behaviors[0].f1.value > 0.8
    monkeypatch.setattr(_personalizing, "LEAST_S", 5.0)
    mine = api.personalize(trained.bundle, new, tmp_path / "mine.boutwise")
    assert mine.manifest["personal"]["animals"] == ["fresh"]
    assert api.predict_files([mine], [folder], tmp_path / "out").done == ("fresh",)
    with pytest.raises(BundleError, match="fresh"):
        api.evaluate(mine, new)


def test_what_was_prepared_before_an_interruption_is_kept(project):
    plan = api.plan(project, "video", settings=[*SMALL, "prepare.1.outline.padding=0.25"])

    def stop_at_the_second(done, total, words):
        if done == 1 and words == "mouse_2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.prepare(project, plan, say=stop_at_the_second)
    rows = {r.subject.recording: r.missing for r in api.prepare(project, plan, dry_run=True)}
    assert rows["mouse_1"] == ()
    assert rows["mouse_2"]
