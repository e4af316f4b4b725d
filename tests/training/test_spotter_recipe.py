"""The recipe ``spotter`` from files to files: import, plan, train, predict, evaluate."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from tests.filmed import SMALL, import_films, write_films
from tests.prepare import scenes

from boutwise import api, formats
from boutwise.bundle import Bundle
from boutwise.cli.bundle import needs
from boutwise.errors import BundleError, DataError, UsageError
from boutwise.formats._boxes import read_boxes
from boutwise.inference import Predictor
from boutwise.prepare import material_of
from boutwise.video import Look, Video, VideoWriter, index_video


@pytest.fixture(scope="module")
def films(filmed):
    return filmed[0]


@pytest.fixture(scope="module")
def project(filmed):
    return filmed[1]


@pytest.fixture(scope="module")
def trained(project):
    plan = api.plan(project, "spotter", settings=[*SMALL, "members.0.optim.epochs=30"])
    return api.train_run(project, plan, workers=1)


def test_a_small_network_finds_shaking_of_mice_that_it_has_never_seen(trained):
    rows = {row["name"]: row for row in trained.scores["behaviors"]}
    majority = next(b for b in trained.scores["baselines"] if "majority" in b["name"])
    assert rows["shake"]["f1"]["value"] > 0.9
    assert trained.scores["frames"]["macro_f1"]["value"] > (majority["macro_f1"] or 0) + 0.3


def test_the_plan_says_how_animals_are_found_and_the_bundle_keeps_it(trained):
    bundle = Bundle.open(trained.bundle)
    assert bundle.reads == ("video",)
    assert needs(bundle) == [["needs", "video"]]
    assert bundle.pictures["detector"] == "background"
    reasons = (trained.directory / "plan.yaml").read_text(encoding="utf-8")
    assert "no weights are needed" in reasons
    card = (bundle.directory / "card.md").read_text(encoding="utf-8")
    assert "Video (a square around the animal, found by 'background', 32 x 32 gray)" in card


def test_recipes_on_pose_say_that_there_are_videos(project):
    with pytest.raises(DataError, match="pose and labels") as caught:
        api.plan(project, "pose")
    assert "--recipe video" in (caught.value.todo or "")
    with pytest.raises(DataError, match="has pose") as caught:
        api.export_features(project, project.root / "features")
    assert "--format clips" in (caught.value.todo or "")


def test_the_page_shows_boxes_curves_and_clips_of_what_went_wrong(trained, project):
    entries = json.loads((trained.directory / "data" / "videos.json").read_text(encoding="utf-8"))
    assert sorted(entries) == ["mouse_1", "mouse_2", "mouse_3"]
    for name, entry in entries.items():
        boxes = read_boxes(trained.directory / "data" / entry["boxes"])
        assert boxes.n_frames == entry["frames"] == project.recording(name).n_frames
    text = (trained.directory / "report.html").read_text(encoding="utf-8")
    for section in ("detection", "gallery", "training"):
        assert f'<section id="{section}">' in text
    assert text.count("<title>fold ") == 3 * 2  # loss and the F1 of shaking
    clips = list((trained.directory / "clips").glob("*.mp4"))
    assert text.count("<video ") == len(clips)


def test_files_are_predicted_as_the_recordings_of_a_project_are(trained, project, films, tmp_path):
    bundle = Bundle.open(trained.bundle)
    out = tmp_path / "out"
    result = api.predict_files([bundle], [films], out)
    assert sorted(result.done) == ["mouse_1", "mouse_2", "mouse_3"]
    record = project.recordings()[0]
    inside = Predictor((bundle,), store=project.store).predict(material_of(project, record))
    frames = pd.read_parquet(out / "mouse_1.frames.parquet")
    assert len(frames) == record.n_frames
    np.testing.assert_allclose(frames["p:shake"], inside.probabilities[0][:, -1], atol=1e-5)
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["recordings"][0]["video"]
    one = api.predict(bundle, films / "mouse_1.mp4")
    np.testing.assert_array_equal(one.probabilities, inside.probabilities)
    again = api.predict_files([bundle], [films], out)
    assert (again.done, sorted(again.kept)) == ((), ["mouse_1", "mouse_2", "mouse_3"])


def test_out_of_fold_predictions_are_those_of_networks_that_never_saw_the_animal(trained, project):
    told = pd.read_parquet(trained.directory / "oof" / "mouse_1.frames.parquet")
    bundle = Bundle.open(trained.bundle)
    seen = Predictor((bundle,)).predict(material_of(project, project.recordings()[0]))
    assert np.abs(told["p:shake"] - seen.probabilities[0][:, -1]).max() > 0.02


def test_a_bundle_of_video_refuses_what_has_none(trained, mice, tmp_path):
    bundle = Bundle.open(trained.bundle)
    with pytest.raises(BundleError, match="has no video"):
        Predictor((bundle,)).predict(material_of(mice, mice.recordings()[0]))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="there is no video to predict"):
        api.predict_files([bundle], [empty], tmp_path / "out")
    with pytest.raises(UsageError, match="--fps has no meaning for videos"):
        api.predict_files([bundle], [empty], tmp_path / "out", fps=30)


def test_an_interrupted_training_goes_on_and_ends_the_same(project):
    plan = api.plan(project, "spotter", settings=[*SMALL, "members.0.optim.epochs=2"])
    whole = api.train_run(project, plan, out="whole", workers=1)
    stop = iter(range(1000))

    def say(done, total, words):
        if "member 0 done" in words and next(stop) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.train_run(project, plan, out="again", workers=1, say=say)
    resumed = api.train_run(project, plan, out="again", workers=1, resume=True)
    assert resumed.units_kept >= 1
    assert resumed.scores["frames"] == whole.scores["frames"]


def test_one_more_video_prepares_one_video(films, tmp_path):
    project = import_films(tmp_path / "project", films)
    plan = api.plan(project, "spotter", settings=SMALL)
    told = api.prepare(project, plan, dry_run=True)
    assert [row.missing for row in told] == [("boxes", "pictures")] * 3
    assert api.prepare(project, plan) == told
    assert not any(row.missing for row in api.prepare(project, plan, dry_run=True))
    other = api.plan(project, "spotter", settings=[*SMALL, "prepare.1.crop.size=40"])
    assert {row.missing for row in api.prepare(project, other, dry_run=True)} == {("pictures",)}
    before = set(project.store.keys())
    more = write_films(tmp_path / "more", animals=4)
    for number in (1, 2, 3):
        (more / f"mouse_{number}.mp4").unlink()
        (more / f"mouse_{number}.csv").unlink()
    api.apply_import(project, api.plan_import(project, [more]))
    api.prepare(project, api.plan(project, "spotter", settings=SMALL))
    new = set(project.store.keys()) - before
    # Its packet index, that it is not refused, its boxes, its pictures and where they are.
    assert len(new) == 5


def test_a_video_that_is_gone_is_named(films, tmp_path):
    own = shutil.copytree(films, tmp_path / "films")
    project = import_films(tmp_path / "project", own)
    (own / "mouse_2.mp4").unlink()
    plan = api.plan(project, "spotter", settings=SMALL)
    with pytest.raises(DataError, match="the video is gone") as told:
        api.train_run(project, plan)
    assert "mouse_2" in str(told.value)


def test_predict_writes_boxes_and_draws_what_it_says_into_the_video(trained, films, tmp_path):
    bundle = Bundle.open(trained.bundle)
    api.predict_files([bundle], [films / "mouse_1.mp4"], tmp_path, overlay=True)
    boxes = read_boxes(tmp_path / "mouse_1.boxes.parquet")
    frames = pd.read_parquet(tmp_path / "mouse_1.frames.parquet")
    original, drawn = films / "mouse_1.mp4", tmp_path / "mouse_1.overlay.mp4"
    with Video(original) as plain, Video(drawn) as shown:
        assert shown.index.n_frames == plain.index.n_frames == len(frames)
        assert shown.index.clock.apart(plain.index.clock) < 0.01
        numbers = np.flatnonzero(frames["label:shake"].notna() & (frames["p:shake"] > 0.9))[::9]
        assert len(numbers) > 2
        before, after = plain.read(numbers).pixels, shown.read(numbers).pixels
    for place, number in enumerate(numbers):
        left, top, right, bottom = boxes.corners[number, 0].astype(int)
        changed = np.abs(before[place].astype(int) - after[place]).max(axis=2) > 40
        assert changed[top, left:right].mean() > 0.7
        assert changed[top + 5 : bottom - 5, left + 5 : right - 5].mean() < 0.5


def test_predict_writes_tags_and_boxes_beside_a_supervisely_project(trained, films, tmp_path):
    folder = tmp_path / "lab" / "week 1" / "datasets" / "cage" / "video"
    folder.mkdir(parents=True)
    shutil.copyfile(films / "mouse_1.mp4", folder / "mouse 1.mp4")
    meta = tmp_path / "lab" / "meta.json"
    meta.write_text('{"classes": [], "tags": [], "projectType": "videos"}', encoding="utf-8")
    bundle, out = Bundle.open(trained.bundle), tmp_path / "out"
    result = api.predict_files([bundle], [tmp_path / "lab"], out, write="supervisely")
    (name,) = result.done
    path = out / "supervisely" / "week 1" / "datasets" / "cage" / "ann" / "mouse 1.mp4.json"
    contents = formats.read(path)
    boxes = read_boxes(out / f"{name.replace('/', '__')}.boxes.parquet")
    np.testing.assert_array_equal(contents.boxes.corners, boxes.corners)
    bouts = pd.read_csv(out / f"{name.replace('/', '__')}.bouts.csv")
    tags = [(row.behavior, row.start, row.stop) for row in contents.labels[0].rows]
    columns = bouts[["behavior", "start_frame", "stop_frame"]]
    assert tags == list(columns.itertuples(index=False, name=None))
    assert any(tag[0] == "shake" for tag in tags)
    assert sorted(p.name for p in (tmp_path / "lab").rglob("*") if p.is_file()) == [
        "meta.json",
        "mouse 1.mp4",
    ]
    (folder.parent / "ann").mkdir()  # what was predicted is imported as the labels of a model
    shutil.copyfile(path, folder.parent / "ann" / path.name)
    told = json.loads((out / "supervisely" / "meta.json").read_text(encoding="utf-8"))
    told.pop("createdBy")  # as Supervisely gives it back
    meta.write_text(json.dumps(told), encoding="utf-8")
    project = import_films(tmp_path / "project", tmp_path / "lab")
    (record,) = project.recordings()
    model = f"model:{bundle.manifest['name']} {bundle.id}"
    assert {row.source for row in project.bouts(record.id).rows()} == {model}
    assert len(project.bouts(record.id)) == len(bouts)
    with pytest.raises(UsageError, match=r"lies in a Supervisely project"):
        api.predict_files([bundle], [films], tmp_path / "lab" / "out", write="supervisely")


def test_a_video_of_one_frame_is_predicted_at_any_stride(trained, tmp_path):
    scenes.film(tmp_path / "short.mp4", [scenes.wander(40, seed=3)])
    one = tmp_path / "one.mp4"
    with Video(tmp_path / "short.mp4", look=Look(color="rgb")) as video:
        picture = video.read([0]).pixels[0]
    with VideoWriter(one, picture.shape[:2], Fraction(1, 30)) as writer:
        writer.write(picture, 0)
    bundle = Bundle.open(trained.bundle)
    result = api.predict_files([bundle], [tmp_path / "short.mp4"], tmp_path / "out", stride=5)
    assert "scores all frames in one pass" in result.notes[0]
    assert len(pd.read_parquet(tmp_path / "out" / "short.frames.parquet")) == 40
    assert index_video(one).clock.n_frames == 1
    with pytest.raises(DataError, match="1 frames are too few to learn the cage from"):
        api.predict(bundle, one)
    # The same network on the whole picture needs nobody to move.
    steps = [step for step in bundle.pictures["steps"] if step["part"] != "detect"]
    known = {what: bundle.pictures["versions"][what] for what in ("pictures", "crop")}
    pictures = {"steps": steps, "versions": known}
    whole = replace(bundle, manifest={**bundle.manifest, "pictures": pictures})
    for stride in (1, 5):
        found = api.predict(whole, one, stride=stride)
        assert found.probabilities.shape[:2] == (1, 1)
        assert np.isfinite(found.probabilities).all()
        assert found.observed.all()
