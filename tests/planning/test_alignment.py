"""Labels that slide against the pose are put back before they are learned, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from tests.conftest import QUICK

from boutwise.errors import RecipeError
from boutwise.planning import Plan, make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.prepare import put_back
from boutwise.project import Project
from boutwise.synthetic import simulate, write
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import take_snapshot
from boutwise.types import Bouts, FrameState
from boutwise.types.bouts import from_frames

LATE = 12
ALIGNED = [*QUICK, "target.align=movement"]


def delayed(bouts: Bouts, mouse) -> Bouts:
    """The labels, put down so many frames later."""
    states = bouts.to_frames(mouse.subject, mouse.ethogram, mouse.recording.n_frames)
    moved = np.roll(states, LATE, axis=0)
    moved[:LATE] = FrameState.UNLABELLED
    return from_frames(
        moved, mouse.subject, mouse.ethogram.names, annotator="human", source="simulated"
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Four mice; the labels of the second are late."""
    folder = tmp_path_factory.mktemp("late")
    mice = simulate("easy", animals=4, minutes=3, seed=3)
    write(mice, folder / "files")
    project = Project.create(folder / "project")
    project.set_ethogram(mice[0].ethogram)
    project.set_roles(dict(mice[0].pose.roles))
    for number, mouse in enumerate(mice):
        project.add_animal(mouse.animal)
        project.add_recording(mouse.recording)
        pose = folder / "files" / "pose" / f"{mouse.recording.id}.csv"
        project.add_pose(mouse.recording.id, pose, format="dlc_csv")
        project.add_bouts(delayed(mouse.truth, mouse) if number == 1 else mouse.truth)
    return project


def test_the_late_recording_is_found_and_frozen_in_the_plan(project, tmp_path):
    plan = make_plan(project, "pose", settings=ALIGNED)
    assert list(plan.late_labels) == ["mouse_2"]
    assert plan.late_labels["mouse_2"] == pytest.approx((LATE, LATE), abs=3)
    assert "mouse_2" in plan.reasons["target.align"]
    plan.save(tmp_path / "plan.yaml")
    assert Plan.load(tmp_path / "plan.yaml").late_labels == plan.late_labels
    assert make_plan(project, "pose", settings=[*QUICK, "target.align=none"]).late_labels == {}


def test_auto_looks_for_late_labels_where_one_annotator_is_learned_from(project):
    plan = make_plan(project, "pose", settings=QUICK)
    assert list(plan.late_labels) == ["mouse_2"]
    assert plan.recipe.target.align == "movement"
    joined = make_plan(project, "pose", settings=[*QUICK, "target.annotators=majority"])
    assert joined.late_labels == {}
    assert joined.recipe.target.align == "none"
    assert "several annotators" in joined.reasons["target.align"]


def test_only_what_is_learned_moves(project, tmp_path):
    plan = make_plan(project, "pose", settings=ALIGNED)
    subjects = usable_subjects(project, plan.recipe)
    taken = take_snapshot(project, plan, subjects, lambda *words: None)
    save_snapshot(taken, tmp_path)
    snapshot = load_snapshot(tmp_path)
    for item, entry in zip(subjects, snapshot.entries, strict=True):
        np.testing.assert_array_equal(snapshot.states[entry.subject], item.states)
        learned = snapshot.working_states(entry)
        if entry.subject.recording != "mouse_2":
            np.testing.assert_array_equal(learned, item.states)
            continue
        late = plan.late_labels["mouse_2"]
        for frame in (100, 1000, 4000):
            here = late[0] + (late[1] - late[0]) * frame / (len(learned) - 1)
            expected = item.states[int(np.floor(frame + here + 0.5))]
            np.testing.assert_array_equal(learned[frame], expected)
        assert (learned[-1] == FrameState.UNLABELLED).all()


def test_a_slide_is_taken_out_where_it_is():
    states = np.arange(101)[:, None]
    moved = put_back(states, (0.0, 10.0), -1)
    assert moved[[0, 50, 80]].ravel().tolist() == [0, 55, 88]
    assert moved[100] == -1
    assert put_back(states, (0.0, 0.0), -1) is states
    early = put_back(states, (-3.0, -3.0), -1)
    assert early[:4].ravel().tolist() == [-1, -1, -1, 0]


def test_several_annotators_taken_together_are_refused(project):
    with pytest.raises(RecipeError, match="do not go together"):
        make_plan(project, "pose", settings=[*ALIGNED, "target.annotators=majority"])


def test_where_nothing_could_be_measured_the_plan_does_not_say_that_all_is_well(filmed):
    plan = make_plan(filmed[1], "video")
    assert "measured in none of the recordings" in plan.reasons["target.align"]
