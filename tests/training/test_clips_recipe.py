"""The recipe ``clips`` from a Supervisely project of long videos to boxes and bouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.formats._boxes import read_boxes
from boutwise.planning import Plan
from boutwise.synthetic.twitches import film, simulate_twitches, write_supervisely
from boutwise.types import Behavior, Ethogram, ExclusiveGroup

ETHOGRAM = Ethogram(
    (Behavior("idle"), Behavior("grooming"), Behavior("twitch")),
    (ExclusiveGroup("acts", ("idle", "grooming", "twitch"), "idle"),),
)
TINY = [
    "prepare.1.crop.size=16",
    "prepare.1.crop.color=gray",
    "members.0.streams.video.encoder={videomae: {frames: 4, rate: 1, patch: 8, width: 16, "
    "depth: 1, heads: 2}}",
    "members.0.windows.length=4",
    "members.0.windows.stride=8",
    "members.0.optim.epochs=1",
    "members.0.optim.precision=32",
    "split.folds=2",
]
"""A transformer that trains in a second; what it says is worth nothing."""
SEED = 40
"""Of mice that walk about within their first seconds, so that they stand out from the floor."""


def written(folder, *, first, last):
    simulated = simulate_twitches(
        animals=4, test_animals=0, minutes=16 / 60, per_minute=60, seed=SEED
    )[first - 1 : last]
    films = [(item, film(item, size=(96, 128))) for item in simulated]
    return write_supervisely(films, folder, datasets=("week_1", "week_2/cage_2"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return written(tmp_path_factory.mktemp("twitches") / "lab", first=1, last=3)


@pytest.fixture(scope="module")
def project(videos, tmp_path_factory):
    project = api.initialize(tmp_path_factory.mktemp("clips") / "project")
    api.apply_import(project, api.plan_import(project, [videos], animals=videos / "animals.csv"))
    project.set_ethogram(ETHOGRAM)
    return project


@pytest.fixture(scope="module")
def trained(project):
    return api.train_run(project, api.plan(project, "clips", settings=TINY), workers=1)


def test_a_plan_says_why_it_learns_so_fast_and_so_long(project):
    plan = api.plan(project, "clips")
    assert plan.recipe.members[0].optim.lr == 0.001
    assert plan.recipe.members[0].optim.batch == 16  # 512 pictures
    frames = sum(record.n_frames for record in project.recordings())
    steps = -(-frames // (2 * 16))
    assert plan.recipe.members[0].optim.epochs == min(100, -(-800 // steps))
    name = "members.0.streams.video.encoder.videomae.weights=somewhere"
    tuned = api.plan(project, "clips", settings=[name])
    assert tuned.recipe.members[0].optim.lr == pytest.approx(6e-4 * 16 / 256)
    assert "weights of another training" in tuned.reasons["members.0.optim.lr"]


def test_the_run_is_complete(trained):
    assert {row["name"] for row in trained.scores["behaviors"]} == {"idle", "grooming", "twitch"}
    assert np.isfinite(trained.scores["frames"]["macro_f1"]["value"])
    plan = Plan.load(trained.directory / "plan.yaml")
    assert plan.recipe.calibrate == "bias"
    bundle = Bundle.open(trained.bundle)
    assert bundle.reads == ("video",)
    assert set(bundle.decision.worths) == {"idle", "grooming", "twitch"}
    assert "facing" in bundle.pictures["versions"]
    assert "outline" in bundle.pictures["versions"]  # it told where the animals face


def test_predictions_of_files_never_overlap_and_have_boxes(trained, project, videos, tmp_path):
    bundle = Bundle.open(trained.bundle)
    video = next(videos.rglob("long_2.mp4"))
    result = api.predict_files([bundle], [video], tmp_path)
    assert result.done == ("long_2",)
    frames = pd.read_parquet(tmp_path / "long_2.frames.parquet")
    assert len(frames) == 480  # every frame, also the first and the last
    chances = frames[["p:idle", "p:grooming", "p:twitch"]].to_numpy()
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    boxes = read_boxes(tmp_path / "long_2.boxes.parquet")
    assert boxes.n_frames == 480
    assert boxes.present.mean() > 0.9
    bouts = pd.read_csv(tmp_path / "long_2.bouts.csv").sort_values("start_frame")
    assert (bouts["start_frame"].to_numpy()[1:] >= bouts["stop_frame"].to_numpy()[:-1]).all()
    assert (bouts["stop_frame"] - bouts["start_frame"]).sum() == 480


def test_one_more_video_prepares_one_video(trained, project, videos, tmp_path):
    plan = api.plan(project, "clips", settings=TINY)
    assert not any(row.missing for row in api.prepare(project, plan, dry_run=True))
    before = set(project.store.keys())
    more = written(tmp_path / "more", first=4, last=4)
    api.apply_import(project, api.plan_import(project, [more], animals=more / "animals.csv"))
    told = api.prepare(project, api.plan(project, "clips", settings=TINY), dry_run=True)
    assert [str(row.subject.recording) for row in told if row.missing] == ["week_1/long_4"]
    api.prepare(project, api.plan(project, "clips", settings=TINY))
    # Its packet index, that it is not refused, its boxes, its outline, its pictures and where they
    # are.
    assert len(set(project.store.keys()) - before) == 6
