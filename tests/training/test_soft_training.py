"""Soft labels from the project to the bundle: snapshot, resume, control and scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.errors import DataError
from boutwise.planning import labelled_subjects, make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.synthetic.bout_lengths import BEHAVIORS
from boutwise.synthetic.labeling import rate
from boutwise.synthetic.presets import PRESETS
from boutwise.training import control, train
from boutwise.training.snapshot_files import load_snapshot
from boutwise.types import Subject
from boutwise.types.bouts import from_frames
from boutwise.types.recipe import Target

SOFT = [*QUICK, "target.annotators=soft"]
SHARES = Target(annotators="soft")


def second_opinions(project, count=2):
    """More people label the first two recordings, from what the first one wrote."""
    for recording in project.recordings()[:2]:
        subject = Subject(recording.id, recording.animals[0])
        mine = project.bouts(recording.id)
        frames = mine.to_frames(subject, project.ethogram, recording.n_frames)
        codes = np.array(
            [BEHAVIORS.index(project.ethogram.names[code]) for code in frames.argmax(axis=1)]
        )
        for number in range(count):
            written = rate(
                codes,
                0.1,
                fps=recording.clock.fps,
                preset=PRESETS["hard"],
                generator=np.random.default_rng(number),
            )
            states = (written[:, None] == np.arange(len(BEHAVIORS))).astype(np.int8)
            project.add_bouts(from_frames(states, subject, BEHAVIORS, annotator=f"rater {number}"))


@pytest.fixture(scope="module")
def soft(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("soft") / "project", animals=3, minutes=0.4)
    second_opinions(project)
    plan = make_plan(project, "pose", settings=[*SOFT, "split.holdout=[mouse_3]"])
    return project, plan, api.train_run(project, plan, out="soft", workers=1)


def test_labels_on_disk_hold_states_and_shares(soft):
    project, plan, result = soft
    table = pd.read_parquet(result.directory / "data" / "labels.parquet")
    assert ((table["share"] > 0) & (table["share"] < 1)).any()
    snapshot = load_snapshot(result.directory / "data")
    for item in usable_subjects(project, plan.recipe):
        np.testing.assert_array_equal(snapshot.states[item.subject], item.states)
        np.testing.assert_array_equal(snapshot.shares[item.subject], item.shares)


def test_the_truth_is_the_majority(soft):
    project, _, result = soft
    most = labelled_subjects(project, Target(annotators="majority"), project.recordings())
    known = sum(int((item.states[:, 0] >= 0).sum()) for item in most[:2])
    assert result.scores["facts"]["scored_frames"] == known
    assert result.scores["holdout"]["facts"]["animals"] == ["mouse_3"]


def test_the_control_shifts_shares_with_their_labels(soft):
    snapshot = load_snapshot(soft[2].directory / "data")
    shifted = control.shift_labels(snapshot)
    for subject, shares in snapshot.shares.items():
        assert (shares != shifted.shares[subject]).any()
        sure = np.nanmax(shifted.shares[subject], axis=1) > 0.5
        codes = shifted.shares[subject][sure].argmax(axis=1)
        np.testing.assert_array_equal(shifted.states[subject][sure].argmax(axis=1), codes)


def test_shares_are_resampled_with_the_labels(soft):
    snapshot = load_snapshot(soft[2].directory / "data")
    entry = snapshot.entries[0]
    half = replace(entry, working=type(entry.clock).declared(entry.clock.n_frames // 2, 15.0))
    shares, states = snapshot.working_shares(half), snapshot.working_states(half)
    np.testing.assert_array_equal(shares, snapshot.shares[entry.subject][::2])
    np.testing.assert_array_equal(states, snapshot.states[entry.subject][::2])
    ones = {entry.subject: np.ones(entry.clock.n_frames, dtype=np.float32)}
    assert snapshot.dataset(0, weights=ones).items[0].shares is not None


def test_a_vote_that_changes_no_majority_still_stops_a_run(tmp_path):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    second_opinions(project)
    plan = make_plan(project, "pose", settings=SOFT)
    result = train(project, plan, workers=1)
    (result.directory / "bundle.boutwise").unlink()
    again = train(project, plan, out=result.directory.name, resume=True, workers=1)
    assert again.units_run == 0
    before = {
        item.subject: item for item in labelled_subjects(project, SHARES, project.recordings())
    }
    behaviors = project.ethogram.names
    number, bout = next(
        (number, bout)
        for number, bout in project.numbered_bouts().items()
        if bout.annotator == "rater 0"
        and bout.stop - bout.start > 1
        and before[bout.subject].shares[bout.stop - 1, behaviors.index(bout.behavior)] == 1
    )
    # All three agreed on the last frame of this bout; now two of them do.
    project.revise_bout(number, replace(bout, stop=bout.stop - 1), annotator=bout.annotator)
    after = labelled_subjects(project, SHARES, project.recordings())
    assert all((item.states == before[item.subject].states).all() for item in after)
    assert not all(np.array_equal(item.shares, before[item.subject].shares) for item in after)
    again.bundle.unlink()
    with pytest.raises(DataError, match="labels have changed"):
        train(project, plan, out=result.directory.name, resume=True, workers=1)


def test_with_one_annotator_soft_is_majority_to_the_last_tree(tmp_path):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    runs = []
    for rule in ("soft", "majority"):
        plan = make_plan(project, "pose", settings=[*QUICK, f"target.annotators={rule}"])
        runs.append(train(project, plan, out=rule, workers=1))
    first = runs[0].directory
    files = [path.relative_to(first) for path in first.rglob("members/*/*.txt")]
    assert len(files) == 5  # two folds, their null control, the final fit
    for file in files:
        assert len({(run.directory / file).read_text(encoding="utf-8") for run in runs}) == 1
    assert runs[0].scores["frames"] == runs[1].scores["frames"]
