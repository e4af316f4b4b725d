"""One model for two labs with other keypoints and labelled behaviors."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.bundle.fitting import unknown_keypoints
from boutwise.errors import BundleError, DataError
from boutwise.planning import make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.synthetic import simulate, write
from boutwise.training import train
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import partial_note, take_snapshot
from boutwise.types import Bouts, FrameState

LACKS = ("left_ear", "right_ear")
UNLABELLED = ("groom", "rear")


@pytest.fixture(scope="module")
def recordings():
    return simulate("easy", animals=4, minutes=0.75, seed=6)


@pytest.fixture(scope="module")
def labs(tmp_path_factory, recordings):
    """Lab A has all keypoints; lab B no ears, and never labels some behaviors."""
    root = tmp_path_factory.mktemp("labs")
    mice = [of_b(mouse) if n >= 2 else mouse for n, mouse in enumerate(recordings)]
    write(mice, root / "files")
    project = Project.create(root / "project")
    project.set_ethogram(mice[0].ethogram)
    project.set_roles(dict(mice[0].pose.roles))
    for mouse in mice:
        project.add_animal(mouse.animal)
        project.add_recording(mouse.recording)
        name = mouse.recording.id
        project.add_pose(name, root / "files" / "pose" / f"{name}.csv", format="dlc_csv")
        project.add_bouts(mouse.bouts)
    return project, mice


def of_b(mouse):
    names = mouse.ethogram.names
    assert set(UNLABELLED) <= set(names), names
    kept = [n for n, k in enumerate(mouse.pose.keypoints) if mouse.pose.roles.get(k) not in LACKS]
    keypoints = tuple(mouse.pose.keypoints[n] for n in kept)
    confidence = mouse.pose.confidence
    pose = replace(
        mouse.pose,
        positions=mouse.pose.positions[:, :, kept],
        confidence=None if confidence is None else confidence[:, :, kept],
        keypoints=keypoints,
        roles={k: r for k, r in mouse.pose.roles.items() if k in keypoints},
    )
    rows = [row for row in mouse.bouts.rows() if row.behavior not in UNLABELLED]
    observed = [piece for piece in mouse.bouts.observed if piece.behavior not in UNLABELLED]
    return replace(mouse, pose=pose, bouts=Bouts.from_rows(rows, observed))


def recipe(tmp_path, **changes):
    members = [
        {
            "learner": "trees",
            "features": ["egocentric"],
            "windows": {"statistics": [0.55], "frame_step": 2},
            "optim": {"rounds": 8},
            **changes,
        },
        {
            "learner": "network",
            "streams": {"pose": {"features": ["egocentric"]}},
            "temporal": [{"tcn": {"channels": 8, "dilations": [1, 2, 4]}}],
            "windows": {"length": 64},
            "optim": {"epochs": 3},
            **changes,
        },
    ]
    file = tmp_path / "labs.yaml"
    text = yaml.safe_dump({"name": "labs", "split": {"folds": 2}, "members": members})
    file.write_text(text, encoding="utf-8")
    return file


def silent(done, total, words):
    pass


def test_the_channels_are_those_of_any_recording(labs, tmp_path):
    project, _ = labs
    mirrored = {"augment": ["mirror", "keypoint_dropout"], "views": 2}
    plan = make_plan(project, recipe(tmp_path, **mirrored))
    words = plan.reasons["keypoints"]
    assert "left_ear (2), right_ear (2)" in words
    snapshot = take_snapshot(project, plan, usable_subjects(project, plan.recipe), silent)
    save_snapshot(snapshot, tmp_path / "data")
    again = load_snapshot(tmp_path / "data")
    weights = {e.subject: np.ones(e.working.n_frames, np.float32) for e in again.entries}
    for member, stream in enumerate(("features", "pose")):
        data = again.dataset(member, weights=weights, views=True)
        columns = data.columns[stream]
        ears = [n for n, name in enumerate(columns) if "_ear" in name]
        assert 0 < len(ears) < len(columns)
        of_a, of_b = data.items[0], data.items[2]
        assert np.isfinite(of_a.streams[stream][:, ears]).mean() > 0.5
        assert np.isnan(of_b.streams[stream][:, ears]).all()
        rest = [n for n in range(len(columns)) if n not in ears]
        assert np.isfinite(of_b.streams[stream][:, rest]).mean() > 0.5
        mirror = data.mirrors[stream]
        assert columns[mirror.source[columns.index("left.left_ear")]] == "left.right_ear"
        for item in data.items:
            assert len(item.views) == 2
            for view in item.views:
                assert view.streams[stream].shape == item.streams[stream].shape
                there = np.isfinite(item.streams[stream])
                lost = there & np.isnan(view.streams[stream])
                assert 0.005 < lost.sum() / there.sum() < 0.6
        assert not any(item.views for item in again.dataset(member, weights=weights).items)
    assert again.facts["optional_roles"] == {"left_ear": 2, "right_ear": 2}
    assert "left_ear in 2" in partial_note(again)[0]


def test_a_lab_that_never_labels_a_behavior_neither_teaches_nor_scores_it(
    labs, recordings, tmp_path
):
    project, mice = labs
    plan = make_plan(project, recipe(tmp_path))
    items = {item.subject.recording: item for item in usable_subjects(project, plan.recipe)}
    names = list(mice[0].ethogram.names)
    for number, mouse in enumerate(mice):
        states = items[mouse.recording.id].states
        for name in UNLABELLED:
            unlabelled = states[:, names.index(name)] == FrameState.UNLABELLED
            shown = (states == FrameState.YES).any(axis=1)
            # A frame that shows another behavior of the group is no 'yes' of this one.
            assert unlabelled[~shown].all() if number >= 2 else not unlabelled.any()
    result = train(project, plan, workers=1, out="labs")
    rows = {row["name"]: row for row in result.scores["behaviors"]}
    for name in UNLABELLED:
        assert rows[name]["n_animals"] <= 2
    assert rows["rest"]["n_animals"] > 2
    value = result.scores["frames"]["macro_f1"]["value"]
    chance = next(b for b in result.scores["baselines"] if b["name"] == "chance")
    assert value > chance["macro_f1"]
    assert any("left_ear in 2" in note for note in result.scores["notes"])
    rears = {
        mouse.recording.id: mouse.bouts.to_frames(
            mouse.subject, mouse.ethogram, mouse.recording.n_frames
        )[:, names.index("rear")]
        == FrameState.YES
        for mouse in recordings
    }
    predictions_of(project, mice, Bundle.open(result.bundle), tmp_path, rears)


def predictions_of(project, mice, bundle, tmp_path, rears_of):
    """One bundle predicts both labs, says what one lacked, and refuses what lacks more."""
    assert bundle.optional_roles == {"left_ear": 2, "right_ear": 2}
    assert "left_ear (2 of 4)" in (bundle.directory / "card.md").read_text(encoding="utf-8")
    for mouse in (mice[0], mice[2]):
        pose = project.pose(mouse.recording.id)
        prediction = api.predict(bundle, pose, fps=mouse.recording.clock.fps)
        assert np.isfinite(prediction.probabilities).all()
        rear = mouse.ethogram.names.index("rear")
        chance, shown = prediction.probabilities[0, :, rear], rears_of[mouse.recording.id]
        # Lab B never labelled it, and the model finds it there as well.
        assert chance[shown].mean() > 2 * chance[~shown].mean()
    api.predict_files([bundle.path], project, out=tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    lacks = {row["recording"]: row.get("without_roles") for row in manifest["recordings"]}
    assert lacks[mice[0].recording.id] is None
    assert lacks[mice[2].recording.id] == ["left_ear", "right_ear"]
    # A third lab has one keypoint more: it is not used, and nothing else changes.
    pose = project.pose(mice[0].recording.id)
    richer = replace(
        pose,
        positions=np.concatenate([pose.positions, pose.positions[:, :, :1]], axis=2),
        confidence=None,
        keypoints=(*pose.keypoints, "whisker"),
    )
    fps = mice[0].recording.clock.fps
    same = api.predict(bundle, replace(pose, confidence=None), fps=fps)
    found = api.predict(bundle, richer, fps=fps)
    np.testing.assert_array_equal(found.probabilities, same.probabilities)
    assert unknown_keypoints(bundle, richer) == ["whisker"]
    kept = [n for n, k in enumerate(pose.keypoints) if pose.roles.get(k) != "tail_tip"]
    keypoints = tuple(pose.keypoints[n] for n in kept)
    poorer = replace(
        pose,
        positions=pose.positions[:, :, kept],
        confidence=None,
        keypoints=keypoints,
        roles={k: r for k, r in pose.roles.items() if k in keypoints},
    )
    with pytest.raises(BundleError, match="tail_tip"):
        api.predict(bundle, poorer, fps=mice[0].recording.clock.fps)


def test_what_is_held_out_must_fit_the_others(labs, tmp_path):
    project, mice = labs
    held = [mouse.animal.id for mouse in mice[2:3]]
    file = recipe(tmp_path)
    plan = make_plan(project, file, settings=[f"split.holdout=[{held[0]}]"])
    subjects = usable_subjects(project, plan.recipe)
    take_snapshot(project, plan, subjects, silent)  # another one of lab B is learned from
    both = [mouse.animal.id for mouse in mice[2:]]
    plan = make_plan(project, file, settings=[f"split.holdout=[{','.join(both)}]"])
    with pytest.raises(DataError, match="held out and lacks") as caught:
        take_snapshot(project, plan, subjects, silent)
    assert caught.value.recording == mice[2].recording.id
