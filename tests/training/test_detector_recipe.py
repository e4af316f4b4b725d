"""``--recipe detector``: from boxes in a project to weights that another recipe names."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest
import yaml
from tests.prepare import scenes

from boutwise import api
from boutwise.cli import main
from boutwise.errors import BundleError, DataError, RecipeError, UsageError
from boutwise.planning import load_recipe
from boutwise.prepare.detectors import _rtdetr_training as training
from boutwise.prepare.detectors import rtdetr
from boutwise.prepare.picture_steps import bundle_steps, pictures_need
from boutwise.project import Project

pytest.importorskip("transformers")

SMALL = ["detector.size=64", "detector.steps=110", "detector.batch=6", "detector.lr=3e-3"]
BIG = np.array([40.0, 22.0])
"""Half of the length and width of a mouse: at 64 pixels a small network finds it soon."""
ANIMALS = "recording,animal\nday/m1,6112\nday/m2,8294\nday/m3,9001\n"


def annotation(places):
    """What people would have drawn: a rectangle in every third frame."""
    frames = [
        {
            "index": frame,
            "figures": [
                {
                    "objectKey": "o",
                    "geometryType": "rectangle",
                    "geometry": {"points": {"exterior": corners, "interior": []}},
                }
            ],
        }
        for frame, corners in (
            (n, [[float(b[0]), float(b[1])], [float(b[2]) - 1, float(b[3]) - 1]])
            for n, b in enumerate(scenes.boxes_of(places, BIG))
            if n % 6 == 0
        )
    ]
    return {
        "size": {"height": scenes.HEIGHT, "width": scenes.WIDTH},
        "framesCount": len(places),
        "description": "",
        "tags": [{"name": "rear", "frameRange": [3, 9]}],
        "objects": [{"key": "o", "classTitle": "mouse", "tags": []}],
        "frames": frames,
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A Supervisely project of three mice."""
    usual, scenes.HALF = scenes.HALF, BIG
    try:
        return _lab(tmp_path_factory)
    finally:
        scenes.HALF = usual


def _lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab") / "lab"
    for part in ("video", "ann"):
        (folder / "day" / part).mkdir(parents=True)
    meta = {"classes": [{"title": "mouse", "shape": "rectangle"}], "tags": [{"name": "rear"}]}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    for number in (1, 2, 3):
        places = scenes.wander(120, seed=number)
        scenes.film(folder / "day" / "video" / f"m{number}.mp4", [places], floor=160.0, coat=50.0)
        path = folder / "day" / "ann" / f"m{number}.mp4.json"
        path.write_text(json.dumps(annotation(places)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(lab, tmp_path_factory):
    root = tmp_path_factory.mktemp("boxed") / "project"
    animals = root.parent / "animals.csv"
    animals.write_text(ANIMALS, encoding="utf-8")
    found = api.initialize(root)
    api.apply_import(found, api.plan_import(found, [lab], animals=animals, strict=True))
    return found


@pytest.fixture(scope="module")
def trained(project):
    told = []
    plan = api.plan_detector(project, settings=[*SMALL, 'split.holdout=["9001"]'])
    result = api.train_detector(project, plan, say=lambda *words: told.append(words))
    return plan, result, told


def test_a_plan_says_whose_boxes_and_who_is_kept_apart(project):
    plan = api.plan_detector(project)
    assert plan.recipe.detector.boxes == "drawn"
    assert "people drew boxes in 3 of 3 recordings" in plan.reasons["detector.boxes"]
    assert len(plan.holdout) == len(plan.test) == 1
    assert sorted([*plan.train, *plan.test]) == ["day/m1", "day/m2", "day/m3"]
    (apart,) = plan.test
    assert project.recording(apart).animals == plan.holdout
    assert "auto" not in str(plan.recipe.model_dump())
    assert all(plan.reasons.values())
    assert api.plan_detector(project).key() == plan.key()
    by_seed = {api.plan_detector(project, seed=seed).holdout for seed in range(8)}
    assert len(by_seed) > 1
    named = api.plan_detector(project, settings=["split.by=recording", "split.holdout=[day/m2]"])
    assert (named.train, named.test) == (("day/m1", "day/m3"), ("day/m2",))


def test_a_run_has_weights_with_digest_origin_score_and_curve(trained, project):
    plan, result, told = trained
    run = result.directory
    assert rtdetr.content(weights=str(result.weights)) == result.digest
    scores = json.loads((run / "detector.json").read_text(encoding="utf-8"))
    assert scores == json.loads((result.weights / "detector.json").read_text(encoding="utf-8"))
    assert (scores["digest"], scores["kept_apart"]) == (result.digest, ["9001"])
    assert scores["origin"]["recordings"] == {"day/m1": 20, "day/m2": 20}
    assert scores["origin"]["boxes"] == "drawn"
    (row,) = scores["held_out"]
    assert (row["recording"], row["pictures"], row["boxes"]) == ("day/m3", 20, 20)
    assert row["ap50"] == scores["ap50"] > 0.2
    with (run / "curves.csv").open(encoding="utf-8", newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert len(losses) == 110
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[5:15])
    assert yaml.safe_load((run / "plan.yaml").read_text(encoding="utf-8")) == plan.as_dict()
    assert not (run / "checkpoint.pt").exists()
    assert any("training the detector, loss" in words for *_, words in told)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"AP@.5 {scores['ap50']:.2f}" in page
    assert page.count("<img ") == 8
    assert result.digest in page


def test_an_untrained_detector_finds_nothing(project):
    plan = api.plan_detector(
        project, settings=[*SMALL, "detector.steps=1", 'split.holdout=["9001"]']
    )
    assert api.train_detector(project, plan, out="untrained").scores["ap50"] < 0.05


def test_a_training_that_was_broken_off_goes_on_and_ends_the_same(project, monkeypatch):
    monkeypatch.setattr(training, "EVERY", 5)
    changes = [*SMALL, "detector.steps=12", "split.holdout=none"]
    plan = api.plan_detector(project, settings=changes)
    whole = api.train_detector(project, plan, out="whole")

    def stop(done, total, words):
        if "loss" in words and done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.train_detector(project, plan, out="again", say=stop)
    assert (project.runs / "again" / "checkpoint.pt").is_file()
    with pytest.raises(UsageError, match="already a run"):
        api.train_detector(project, plan, out="again")
    other = api.plan_detector(project, settings=[*changes, "detector.steps=13"])
    with pytest.raises(UsageError, match="begun with another plan"):
        api.train_detector(project, other, out="again", resume=True)
    steps = []
    told = api.train_detector(project, plan, resume=True, say=lambda *each: steps.append(each))
    assert told.directory.name == "again"
    assert min(done for done, _, words in steps if "loss" in words) == 6
    assert told.losses == whole.losses
    assert told.digest == whole.digest
    assert told.scores["ap50"] is None
    page = (told.directory / "report.html").read_text(encoding="utf-8")
    assert "Nothing was kept apart" in page


def test_the_commands_plan_train_and_use_it(project, trained, lab, tmp_path, capsys):
    root = str(project.root)
    sets = [word for each in [*SMALL, "detector.steps=2"] for word in ("--set", each)]
    assert main(["plan", root, "--recipe", "detector", *sets]) == 0
    told = capsys.readouterr().out
    assert "boxes that people drew" in told
    assert "detector.pictures" in told
    words = ["train", root, "--recipe", "detector", "--out", "quick", "--holdout", "8294,", *sets]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["scores"]["kept_apart"] == ["8294"]
    assert main(words) == 2  # the name is taken
    assert main(["prepare", root, "--recipe", "detector"]) == 2
    assert "nothing to compute ahead" in capsys.readouterr().err
    weights = trained[1].weights
    detector = f"prepare.0.detect.detector={{rtdetr: {{weights: {weights}, score: 0.05}}}}"
    recipe = load_recipe("video", [detector])
    assert recipe.prepare[0].options["detector"]["rtdetr"]["weights"] == str(weights)
    rows = api.prepare(project, api.plan(project, "video", settings=[detector]), dry_run=True)
    assert all("boxes" in row.missing for row in rows)


def test_a_bundle_knows_its_detector_and_refuses_another(trained, project, tmp_path):
    folder = shutil.copytree(trained[1].weights, tmp_path / "weights")
    recipe = load_recipe("video", [f"prepare.0.detect.detector={{rtdetr: {{weights: {folder}}}}}"])
    need = json.loads(json.dumps(pictures_need(recipe)))
    assert need["weights"] == trained[1].digest
    assert need["origin"]["ap50"] == trained[1].scores["ap50"]
    assert need["origin"]["origin"]["recordings"] == {"day/m1": 20, "day/m2": 20}
    assert bundle_steps(need)[0].part == "detect"
    shutil.copyfile(
        project.runs / "untrained" / "detector" / "model.safetensors", folder / "model.safetensors"
    )
    with pytest.raises(BundleError, match="not those that the bundle was trained with"):
        bundle_steps(need)
    (folder / "detector.json").write_text("[", encoding="utf-8")
    with pytest.raises(DataError, match="beside the weights cannot be read"):
        rtdetr.origin(weights=str(folder))
    (folder / "detector.json").unlink()
    assert rtdetr.origin(weights=str(folder), score=0.3) == {"weights": str(folder)}


def test_boxes_from_pose_are_learned_where_nobody_drew(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for number in (1, 2):
        places = scenes.wander(40, seed=number)
        scenes.film(folder / f"m{number}.mp4", [places], floor=160.0, coat=50.0)
        along = np.stack([np.cos(places[:, 2]), np.sin(places[:, 2])], axis=1)
        points = {name: places[:, :2] + reach * along for name, reach in
                  (("nose", 17), ("neck", 8), ("tail_base", -16))}  # fmt: skip
        rows = [["scorer"], ["bodyparts"], ["coords"], *([str(n)] for n in range(40))]
        for name, values in points.items():
            for column, coord in enumerate(("x", "y", "likelihood")):
                rows[0].append("net")
                rows[1].append(name)
                rows[2].append(coord)
                for frame in range(40):
                    value = 0.99 if coord == "likelihood" else values[frame, column]
                    rows[3 + frame].append(f"{value:.2f}")
        text = "\n".join(",".join(row) for row in rows)
        (folder / f"m{number}DLC_resnet50_x.csv").write_text(text + "\n", encoding="utf-8")
    project = api.initialize(tmp_path / "project")
    api.apply_import(project, api.plan_import(project, [folder], strict=True))
    plan = api.plan_detector(project, settings=[*SMALL, "detector.steps=2"])
    assert plan.recipe.detector.boxes == "pose"
    assert "nobody drew boxes, and 2 recordings" in plan.reasons["detector.boxes"]
    result = api.train_detector(project, plan)
    assert result.scores["origin"]["boxes"] == "pose"
    assert sum(result.scores["origin"]["recordings"].values()) > 20


def test_what_cannot_be_is_refused(project, mice, filmed):
    with pytest.raises(DataError, match="no boxes to learn from"):
        api.plan_detector(mice)
    with pytest.raises(DataError, match="nobody drew any"):
        api.plan_detector(filmed[1], settings=["detector.boxes=drawn"])
    with pytest.raises(DataError, match="nobody is left to learn from"):
        api.plan_detector(project, settings=["split.holdout=3"])
    with pytest.raises(RecipeError, match="did you mean '8294'"):
        api.plan_detector(project, settings=['split.holdout=["8295"]'])
    with pytest.raises(RecipeError, match=r"'detector\.size' cannot be 100"):
        api.plan_detector(project, settings=["detector.size=100"])
    with pytest.raises(RecipeError, match=r"unknown key 'detector\.stesp'"):
        api.plan_detector(project, settings=["detector.stesp=3"])
    with pytest.raises(RecipeError, match=r"'split\.by' cannot be 'cohort'"):
        api.plan_detector(project, settings=["split.by=cohort"])
    with pytest.raises(DataError, match="no weights 'nowhere"):
        api.plan_detector(project, settings=["detector.weights=nowhere/at/all"])
    with pytest.raises(RecipeError, match="trains a detector"):
        load_recipe("detector")
    with pytest.raises(UsageError, match="seed of -1"):
        api.plan_detector(project, seed=-1)


def test_animals_that_met_are_kept_together(tmp_path):
    from boutwise.planning.detectors import _groups
    from boutwise.types import FrameClock, Recording

    clock = FrameClock.declared(10, 30)
    recordings = [
        Recording("a", clock, ("m1", "m2")),
        Recording("b", clock, ("m2", "m3")),
        Recording("c", clock, ("m4",)),
    ]
    groups = _groups(recordings, "animal")
    assert groups == {"a": ("m1", "m2", "m3"), "b": ("m1", "m2", "m3"), "c": ("m4",)}


def test_a_broken_checkpoint_is_named(project, tmp_path):
    plan = api.plan_detector(project, settings=[*SMALL, "detector.steps=2", "split.holdout=none"])
    with pytest.raises(KeyboardInterrupt):
        api.train_detector(project, plan, out="torn", say=_interrupt)
    torn = project.runs / "torn" / "checkpoint.pt"
    torn.write_bytes(b"PK torn")
    with pytest.raises(DataError, match="cannot be gone on with") as told:
        api.train_detector(project, plan, out="torn", resume=True)
    assert told.value.file == str(torn)


def _interrupt(done, total, words):
    raise KeyboardInterrupt


def test_a_run_of_a_detector_does_not_stand_in_the_way_of_others(filmed, project, tmp_path):
    root = shutil.copytree(project.root, tmp_path / "copy")
    with Project.open(root) as copy:
        plan = api.plan_detector(copy, settings=[*SMALL, "split.holdout=none"])
        with pytest.raises(KeyboardInterrupt):
            api.train_detector(copy, plan, say=_interrupt)
    # The third mouse hardly walks; without it there is nothing to refuse but the resuming.
    words = ["--recipe", "video", "--set", 'leave_out=["day/m3"]', "--resume"]
    assert main(["train", str(root), *words]) == 2
