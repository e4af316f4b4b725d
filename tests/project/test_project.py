import numpy as np
import pytest
from tests.project._project_samples import ETHOGRAM, bout, recording, table

from boutwise.errors import ProjectError, UsageError
from boutwise.project import Project, ProjectConfig
from boutwise.types import (
    Animal,
    Condition,
    FrameClock,
    Recording,
    Session,
    Trial,
)

# --- making and opening


def test_a_new_project_has_all_that_it_needs(tmp_path):
    with Project.create(tmp_path / "lab") as project:
        assert project.ethogram.names == ()
        assert project.recordings() == []
    found = {path.name for path in (tmp_path / "lab").iterdir()}
    assert {"boutwise.yaml", "project.db", "store", "runs", "predictions"} <= found


def test_a_project_is_made_only_once(tmp_path):
    Project.create(tmp_path / "lab").close()
    with pytest.raises(ProjectError, match="already"):
        Project.create(tmp_path / "lab")


def test_opening_what_is_no_project_says_what_to_do(tmp_path):
    with pytest.raises(ProjectError, match="boutwise init"):
        Project.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_can_be_given(tmp_path):
    config = ProjectConfig.model_validate({"defaults": {"fps": 25}})
    Project.create(tmp_path / "lab", config=config).close()
    with Project.open(tmp_path / "lab") as project:
        assert project.config.defaults.fps == 25


def test_ethogram_and_roles_survive(project):
    project.set_roles({"snout": "nose", "dot": ""})
    with Project.open(project.root) as again:
        assert again.ethogram == ETHOGRAM
        assert again.roles == {"snout": "nose"}
        assert again.config.keypoints == {"snout": "nose", "dot": "none"}


def test_what_a_person_edits_meanwhile_is_not_lost(project):
    path = project.root / "boutwise.yaml"
    text = path.read_text(encoding="utf-8").replace("fps: null", "fps: 40  # by hand")
    path.write_text(text, encoding="utf-8")
    project.set_roles({"snout": "nose"})
    assert "fps: 40  # by hand" in path.read_text(encoding="utf-8")
    assert project.config.defaults.fps == 40


# --- recordings, animals, sessions


def test_a_recording_survives_with_everything(project):
    whole = recording(
        "day2/cage1",
        animals=("m2", "m1"),
        video="v.mp4",
        session="day2",
        trials=(Trial(1, 0, 40), Trial(2, 40, 40, valid=False)),
    )
    project.add_recording(whole)
    project.add_recording(whole)
    with Project.open(project.root) as again:
        found = again.recording("day2/cage1")
    assert found.animals == ("m2", "m1")
    assert (found.video, found.session, found.trials) == ("v.mp4", "day2", whole.trials)
    assert (found.n_frames, found.clock.fps, found.clock.kind) == (100, 20, "declared")


def test_timestamps_survive(project):
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.05, 300))
    project.add_recording(Recording("pts", FrameClock.from_pts(times), ("m1",)))
    clock = project.recording("pts").clock
    assert clock.kind == "pts"
    np.testing.assert_array_equal(clock.times_s, times)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_frames": 99}, "number of frames"),
        ({"animals": ("m9",)}, "animals"),
        ({"video": "other.mp4"}, "video"),
        ({"trials": (Trial(1, 0, 10),)}, "trials"),
    ],
)
def test_a_conflicting_recording_is_refused(project, change, words):
    project.add_recording(recording("c", video="a.mp4", trials=(Trial(1, 0, 20),)))
    given = {"video": "a.mp4", "trials": (Trial(1, 0, 20),)} | change
    with pytest.raises(ProjectError, match=words):
        project.add_recording(recording("c", **given))
    assert project.recording("c").trials == (Trial(1, 0, 20),)


def test_what_was_not_known_of_a_recording_is_filled_in(project):
    project.add_recording(recording(session="day1", trials=(Trial(1, 0, 50),)))
    found = project.recording("day1/cage3")
    assert (found.session, found.trials) == ("day1", (Trial(1, 0, 50),))


def test_an_unknown_recording_names_the_nearest(project):
    with pytest.raises(ProjectError, match="did you mean 'day1/cage3'"):
        project.recording("day1/cage_3")


def test_conditions_belong_to_animal_and_session(project):
    saline, cfa = Condition("saline", baseline=True), Condition("CFA", 10.0, "ul", 3600.0)
    project.add_session(Session("day1", conditions={"m1": saline}))
    project.add_session(Session("day2", "2026-01-02", {"m1": cfa}))
    project.add_session(Session("day2", conditions={"m2": saline}))
    sessions = project.sessions()
    assert sessions["day1"].conditions == {"m1": saline}
    assert sessions["day2"] == Session("day2", "2026-01-02", {"m1": cfa, "m2": saline})
    with pytest.raises(ProjectError, match="another condition"):
        project.add_session(Session("day1", conditions={"m1": cfa}))


def test_an_animal_is_filled_in_and_not_contradicted(project):
    project.add_animal(Animal("m1", sex="f"))
    project.add_animal(Animal("m1", strain="C57"))
    assert project.animals()["m1"] == Animal("m1", "f", "C57")
    with pytest.raises(ProjectError, match="another sex"):
        project.add_animal(Animal("m1", sex="m"))


def test_queries_choose_recordings(project):
    project.add_recording(recording("a1", animals=("6112",), session="base"))
    project.add_recording(recording("a2", animals=("6115",), session="drug"))
    project.add_session(Session("base", conditions={"6112": Condition(baseline=True)}))
    project.add_session(Session("drug", conditions={"6115": Condition("CFA", 2.5)}))
    project.add_animal(Animal("6115", sex="f"))
    project.add_bouts(table(bout()))
    for query, wanted in {
        "": ["a1", "a2", "day1/cage3"],
        "labelled": ["day1/cage3"],
        "unlabelled": ["a1", "a2"],
        "id=a*": ["a1", "a2"],
        "animal=6112|6115 !session=base": ["a2"],
        "baseline": ["a1"],
        "treatment=CFA": ["a2"],
        "dose=2.5": ["a2"],
        "sex=f": ["a2"],
        "id=nothing": [],
    }.items():
        assert [r.id for r in project.recordings(query)] == wanted, query
    for wrong in ("anmal=6112", "labeld", 'id="'):
        with pytest.raises(UsageError):
            project.recordings(wrong)


# --- runs


def test_runs_are_folders(project):
    assert project.run_directory("first").is_dir()
    project.run_directory("second")
    project.run_directory("first")
    assert project.run_names() == ["first", "second"]
    (project.root / "runs" / "first").rmdir()
    assert project.run_names() == ["second"]
    for wrong in ("", "../x", "a/b", ".hidden", "x."):
        with pytest.raises(UsageError, match="name of a run"):
            project.run_directory(wrong)


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_database_is_never_replaced_in_silence(tmp_path, lost):
    Project.create(tmp_path / "p").close()
    database = tmp_path / "p" / "project.db"
    if lost:
        database.unlink()
    else:
        database.write_bytes(b"")
    with pytest.raises(ProjectError, match="missing" if lost else "empty") as caught:
        Project.open(tmp_path / "p")
    assert "import the files again" in caught.value.todo
    assert database.exists() != lost
