"""Another detector than a bundle was trained with: heeded, and written down."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests import filmed as films
from tests.prepare import scenes

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.errors import PartError, RecipeError, UsageError
from boutwise.formats._prediction import read_facts
from boutwise.inference import Predictor
from boutwise.prepare import material_of
from boutwise.prepare.other_detector import OtherDetector, steps_with
from boutwise.types import PoseTrack

QUICK = [
    "prepare.0.detect.every=6",
    "members.0.windows.statistics=[0.5]",
    "members.0.optim.rounds=5",
    "members.1.optim.epochs=1",
    "target.align=none",
]


@pytest.fixture(scope="module")
def bundle(filmed):
    project = filmed[1]
    return Bundle.open(
        api.train_run(project, api.plan(project, "video", settings=QUICK), workers=1).bundle
    )


def with_pose(material, n_frames=240, seed=1):
    """The same recording, of which somebody tracked three points."""
    walk, _ = films.shaking(n_frames, seed=seed)
    along = np.stack([np.cos(walk[:, 2]), np.sin(walk[:, 2])], axis=1)
    points = walk[:, None, :2] + np.array([16.0, 0, -16])[None, :, None] * along[:, None]
    names = ("nose", "center", "tail_base")
    pose = PoseTrack(points[:, None], None, material.animals, names, unit="px")
    return replace(material, scene=replace(material.scene, pose=pose))


def test_the_animal_is_found_by_the_detector_that_was_given(bundle, filmed):
    project = filmed[1]
    material = with_pose(material_of(project, project.recording("mouse_1")))
    own = Predictor((bundle,)).predict(material)
    other = Predictor((bundle,), detector=OtherDetector("pose")).predict(material)
    assert (own.boxes.source, other.boxes.source) == ("background", "pose")
    assert not np.array_equal(own.probabilities, other.probabilities)


def test_it_is_written_with_every_prediction(bundle, filmed, tmp_path):
    source = filmed[0] / "mouse_1.mp4"
    api.predict_files([bundle], [source], tmp_path)
    assert "detector" not in read_facts(tmp_path / "mouse_1.frames.parquet")
    given = {"background": {}}
    result = api.predict_files([bundle], [source], tmp_path, detector=given)
    assert result.done == ("mouse_1",)  # made by another detector: what was there does not count
    facts = read_facts(tmp_path / "mouse_1.frames.parquet")
    assert facts["detector"]["name"] == "background"
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["recordings"][0]["detector"] == facts["detector"]
    assert api.predict_files([bundle], [source], tmp_path, detector=given).kept == ("mouse_1",)
    refused = api.predict_files([bundle], [source], tmp_path, detector="pose")
    assert "need pose" in refused.failed["mouse_1"]
    assert "and not by 'background'" in refused.notes[0]


def test_a_score_by_another_detector_says_so(bundle, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    places, bouts = films.shaking(240, seed=9)
    scenes.film(folder / "new.mp4", [places])
    rows = [f"shake,{a / scenes.FPS:.4f},{b / scenes.FPS:.4f}" for a, b in bouts]
    text = "\n".join(["behavior,start_s,stop_s", *rows])
    (folder / "new.csv").write_text(text + "\n", encoding="utf-8")
    project = films.import_films(tmp_path / "p", folder)
    plain = api.evaluate(bundle, project)
    same = api.evaluate(bundle, project, detector="background")
    assert same.as_dict() == plain.as_dict()
    other = Bundle.open(bundle.path)
    other.manifest["pictures"] |= {"detector": "rtdetr", "weights": "0a1b"}
    told = api.evaluate(other, project, detector="background")
    assert "found by 'background', which was given, and not by 'rtdetr'" in told.notes[0]


def test_a_bundle_can_be_used_without_the_weights_it_was_trained_with(bundle):
    need = dict(bundle.pictures) | {"detector": "rtdetr", "weights": "0a1b"}
    need["versions"] = {**need["versions"], "rtdetr": 99}
    need["versions"].pop("background")
    steps = steps_with(need, OtherDetector("background"))
    assert steps[0].options == {"detector": "background", "every": 6}
    assert steps_with(need, OtherDetector("pose"))[0].options["every"] == "auto"


@pytest.mark.parametrize(
    ("detector", "error", "words"),
    [
        ("auto", UsageError, "cannot be 'auto'"),
        ({"rtdetr": "PATH"}, UsageError, "cannot be"),
        ("backgrond", PartError, "did you mean 'background'"),
        ({"pose": {"margn": 1}}, RecipeError, "has no option 'margn'"),
    ],
)
def test_what_is_no_detector_is_refused(detector, error, words):
    with pytest.raises(error, match=words):
        OtherDetector(detector)


def test_a_bundle_that_looks_for_nothing_refuses_a_detector(bundle):
    need = {"steps": [{"part": "crop", "options": {}}], "versions": bundle.pictures["versions"]}
    with pytest.raises(UsageError, match="whole picture"):
        steps_with(need, OtherDetector("background"))
