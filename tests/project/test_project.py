import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import DataError, LabelError, ProjectError, UsageError
from boutwise.project import FilePart, Project, ProjectConfig
from boutwise.types import (
    Animal,
    Behavior,
    Bout,
    Bouts,
    Condition,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Observed,
    PoseTrack,
    Rating,
    Ratings,
    Recording,
    Session,
    Trial,
)

ETHOGRAM = Ethogram(
    (Behavior("rest"), Behavior("walk")), (ExclusiveGroup("g", ("rest", "walk"), "rest"),)
)


def recording(name="day1/cage3", *, n_frames=100, animals=("m1",), **more):
    return Recording(name, FrameClock.declared(n_frames, fps=20), animals, **more)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "lab") as project:
        project.set_ethogram(ETHOGRAM)
        project.add_recording(recording())
        yield project


def bout(start=3, stop=9, behavior="walk", **more):
    given = {"annotator": "eva"} | more
    return Bout("day1/cage3", "m1", behavior, start, stop, **given)


def table(*bouts, observed=()):
    return Bouts.from_rows(bouts, observed)


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


# --- bouts


def test_acknowledged_bouts_are_on_the_disk(project):
    ids = project.add_bouts(
        table(bout(), bout(20, 30), observed=[Observed("day1/cage3", "m1", "walk", 0, 100)])
    )
    plain = sqlite3.connect(project.root / "project.db")
    assert {row[0] for row in plain.execute("SELECT id FROM bouts")} == set(ids)
    plain.close()
    found = project.bouts("day1/cage3")
    assert list(found.start) == [3, 20]
    assert found.observed == (Observed("day1/cage3", "m1", "walk", 0, 100),)


def test_every_column_survives(project):
    whole = bout(
        state="unscorable",
        source="f.csv",
        side="left",
        modifiers="a|b",
        comment="ä",
        confidence=0.25,
    )
    (number,) = project.add_bouts(table(whole))
    assert project.numbered_bouts() == {number: whole}


def test_the_same_bout_is_added_once(project):
    first = project.add_bouts(table(bout(), bout(20, 30)))
    assert project.add_bouts(table(bout(20, 30), bout())) == first[::-1]
    assert len(project.bouts()) == 2
    other = project.add_bouts(table(bout(annotator="bob")))
    assert other[0] not in first


def test_changes_are_revisions(project):
    (number,) = project.add_bouts(table(bout()))
    project.revise_bout(number, bout(4, 9), annotator="bob")
    assert list(project.bouts().start) == [4]
    project.delete_bout(number, annotator="ann")
    assert len(project.bouts()) == 0
    history = project.bout_history(number)
    assert [(h.bout.start, h.deleted, h.author) for h in history] == [
        (3, False, "eva"),
        (4, False, "bob"),
        (4, True, "ann"),
    ]
    assert [h.made for h in history] == sorted(h.made for h in history)
    with pytest.raises(ProjectError, match="deleted already"):
        project.delete_bout(number, annotator="ann")
    with pytest.raises(ProjectError, match="no bout 77"):
        project.delete_bout(77, annotator="ann")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (bout(90, 101), "ends at frame 101"),
        (bout(behavior="wlak"), "did you mean 'walk'"),
        (replace(bout(), animal="m7"), "m7"),
        (replace(bout(), animal=""), "names no animal"),
        (replace(bout(), target="m7"), "m7"),
        (replace(bout(), recording="day1/cage4"), "did you mean 'day1/cage3'"),
    ],
)
def test_labels_that_do_not_fit_are_refused_whole(project, wrong, words):
    with pytest.raises(LabelError, match=words):
        project.add_bouts(table(bout(), wrong))
    assert len(project.bouts()) == 0
    (number,) = project.add_bouts(table(bout()))
    with pytest.raises(LabelError, match=words):
        project.revise_bout(number, wrong, annotator="eva")


def test_annotators_and_ratings(project):
    project.add_bouts(
        table(bout(), observed=[Observed("day1/cage3", "m1", "walk", 0, 9, annotator="bob")])
    )
    assert project.annotators() == ["bob", "eva"]
    assert project.annotators("elsewhere") == []
    assert list(project.bouts(annotator="eva").annotator) == ["eva"]
    ratings = Ratings(
        (
            Rating("day1/cage3", "m1", "grimace", 1.5, 0, 20, "eva"),
            Rating("day1/cage3", "m1", "drug", "saline"),
        )
    )
    assert project.add_ratings(ratings) == project.add_ratings(ratings)
    assert project.ratings("day1/cage3") == ratings
    with pytest.raises(ProjectError, match="nowhere"):
        project.add_ratings(Ratings((Rating("nowhere", "m1", "drug", "x"),)))


def test_renamed_animals_take_their_labels_along(project):
    project.add_recording(recording("pair", animals=("a", "b")))
    project.add_bouts(
        table(
            Bout("pair", "a", "walk", 0, 5, target="b"),
            Bout("pair", "b", "walk", 5, 9),
            observed=[Observed("pair", "a", "walk", 0, 9)],
        )
    )
    project.rename_animals("pair", ["b", "a"])
    found = project.bouts("pair")
    assert [(b.animal, b.target) for b in found.rows()] == [("b", "a"), ("a", "")]
    assert [piece.animal for piece in found.observed] == ["b"]
    assert project.recording("pair").animals == ("b", "a")
    with pytest.raises(DataError, match="cannot name"):
        project.rename_animals("pair", ["x", "x"])


# --- label files


def label_file(project, *bouts, name="labels.csv", text="1"):
    path = project.root.parent / name
    path.write_text(text, encoding="utf-8")
    return project.add_label_file(
        path, format="x", parts=[FilePart("day1/cage3", n_rows=100)], bouts=table(*bouts)
    )


def test_a_label_file_is_followed_and_people_are_left_alone(project):
    first, second, third = bout(0, 5), bout(10, 15), bout(20, 25)
    change = label_file(project, first, second, third)
    one, two, three = change.added
    assert label_file(project, first, second, third).same == 3
    project.add_bouts(table(bout(40, 45, annotator="bob")))
    project.revise_bout(two, bout(11, 15), annotator="bob")
    project.delete_bout(three, annotator="bob")
    # The same file again undoes nothing.
    assert label_file(project, first, second, third).added == ()
    assert sorted(project.bouts().start) == [0, 11, 40]
    # A changed file: the first is gone, the second changed, a fourth is new.
    change = label_file(project, bout(30, 35), text="2")
    assert change.deleted == (one,)
    assert change.kept == (two,)
    assert sorted(project.bouts().start) == [11, 30, 40]
    assert [h.deleted for h in project.bout_history(one)] == [False, True]
    # And back: what the file took away it brings again, as a revision of the same bout.
    change = label_file(project, first, second, third)
    assert change.added == (one,)
    assert sorted(project.bouts().start) == [0, 11, 40]


operations = st.lists(
    st.tuples(
        st.sampled_from(["file", "page", "revise", "delete"]),
        st.integers(0, 6),
        st.sets(st.integers(0, 6)),
    ),
    max_size=8,
)


@given(operations)
@settings(max_examples=20, deadline=None)
def test_no_file_ever_takes_away_what_a_person_entered(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("follow")
    with Project.create(folder / "lab") as project:
        project.add_recording(recording())
        entered: dict[int, Bout | None] = {}
        for number, (what, place, places) in enumerate(steps):
            if what == "file":
                label_file(project, *(bout(10 * p, 10 * p + 5) for p in places), text=str(number))
            elif what == "page":
                mine = bout(10 * place, 10 * place + 7, annotator="bob")
                entered[project.add_bouts(table(mine))[0]] = mine
            else:
                now = project.numbered_bouts()
                if not now:
                    continue
                chosen = sorted(now)[place % len(now)]
                if what == "revise":
                    new = replace(now[chosen], stop=now[chosen].stop + 1)
                    project.revise_bout(chosen, new, annotator="bob")
                    entered[chosen] = new
                else:
                    project.delete_bout(chosen, annotator="bob")
                    entered[chosen] = None
        found = project.numbered_bouts()
        for chosen, wanted in entered.items():
            assert repr(found.get(chosen)) == repr(wanted)
        revisions = [r.revision for n in found for r in project.bout_history(n)]
        assert len(set(revisions)) == len(revisions)


def test_files_are_known_by_digest_and_found_again_when_moved(project):
    label_file(project, bout())
    (file,) = project.files()
    assert (file.recording, file.n_rows, file.kind, file.format) == (
        "day1/cage3",
        100,
        "labels",
        "x",
    )
    old = project.root.parent / "labels.csv"
    digest = file.digest
    old.unlink()
    change = label_file(project, bout(), name="moved.csv")
    assert change.same == 1
    (file,) = project.files()
    assert (file.path.name, file.digest) == ("moved.csv", digest)
    label_file(project, bout(), name="moved.csv", text="2")
    (file,) = project.files()
    assert file.digest != digest
    with pytest.raises(ProjectError, match="no such file"):
        project.add_label_file(old, parts=[])


# --- pose


def write_pose(path, n_frames=100, step=0.0):
    rows = ["scorer,n,n,n,n,n,n", "bodyparts,snout,snout,snout,tail,tail,tail"]
    rows.append("coords,x,y,likelihood,x,y,likelihood")
    rows += [f"{i},{i},{2 * i + step},0.9,{i + 1},{i},1.0" for i in range(n_frames)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_pose_is_mapped_from_the_store_with_roles_and_animals(project, tmp_path):
    path = write_pose(tmp_path / "cage3.csv")
    assert not project.has_pose("day1/cage3")
    project.add_pose("day1/cage3", path, format="dlc_csv")
    project.set_roles({"snout": "nose", "tail": "none", "elsewhere": "neck"})
    track = project.pose("day1/cage3")
    assert isinstance(track.positions.base, np.memmap)
    assert (track.animals, track.keypoints) == (("m1",), ("snout", "tail"))
    assert track.roles == {"snout": "nose"}
    np.testing.assert_allclose(track.positions[:, 0, 0, 1], 2 * np.arange(100))
    np.testing.assert_allclose(track.confidence[0, 0], [0.9, 1.0])
    # The store may be deleted: the source is read again.
    for key in list(project.store.keys()):
        project.store.remove(key)
    np.testing.assert_array_equal(project.pose("day1/cage3").positions, track.positions)


def test_a_pose_whose_source_is_gone_or_changed_is_refused(project, tmp_path):
    path = write_pose(tmp_path / "cage3.csv")
    project.add_pose("day1/cage3", path, format="dlc_csv")
    for key in list(project.store.keys()):
        project.store.remove(key)
    write_pose(path, step=1.0)
    with pytest.raises(ProjectError, match="changed since"):
        project.pose("day1/cage3")
    path.unlink()
    with pytest.raises(ProjectError, match="gone"):
        project.pose("day1/cage3")


def test_a_pose_of_another_length_leaves_nothing_behind(project, tmp_path):
    with pytest.raises(DataError, match="90 rows"):
        project.add_pose("day1/cage3", write_pose(tmp_path / "x.csv", 90), format="dlc_csv")
    assert not project.has_pose("day1/cage3")
    with pytest.raises(ProjectError, match="no pose"):
        project.pose("day1/cage3")


def test_rows_that_are_not_frames_are_put_where_they_belong(project, tmp_path):
    rows = np.arange(0, 100, 2)
    path = write_pose(tmp_path / "x.csv", 50)
    project.add_pose("day1/cage3", path, format="dlc_csv", row_to_frame=rows)
    track = project.pose("day1/cage3")
    assert track.n_frames == 100
    np.testing.assert_allclose(track.positions[rows, 0, 0, 0], np.arange(50))
    assert np.isnan(track.positions[1::2]).all()
    np.testing.assert_array_equal(project.recording("day1/cage3").row_to_frame["x.csv"], rows)
    for wrong in (rows + 90, rows[::-1]):
        with pytest.raises(DataError, match="impossible frames"):
            project.add_pose("day1/cage3", path, format="dlc_csv", row_to_frame=wrong)


def test_two_pose_files_of_one_recording_are_refused_when_used(project, tmp_path):
    project.add_pose("day1/cage3", write_pose(tmp_path / "a.csv"), format="dlc_csv")
    with pytest.raises(ProjectError, match="same recording"):
        project.add_pose("day1/cage3", write_pose(tmp_path / "b.csv", step=1), format="dlc_csv")
    assert project.pose("day1/cage3").positions[1, 0, 0, 1] == 2


def test_a_changed_pose_file_of_the_same_length_is_taken_over(project, tmp_path):
    path = write_pose(tmp_path / "a.csv")
    project.add_pose("day1/cage3", path, format="dlc_csv")
    write_pose(path, step=5)
    project.add_pose("day1/cage3", path, format="dlc_csv")
    assert project.pose("day1/cage3").positions[0, 0, 0, 1] == 5


def test_a_parsed_track_need_not_be_parsed_again(project, tmp_path):
    path = write_pose(tmp_path / "a.csv")
    track = PoseTrack(np.ones((100, 1, 1, 3), np.float32), None, ("x",), ("nose",), unit="mm")
    project.add_pose("day1/cage3", path, format="whatever", track=track)
    found = project.pose("day1/cage3")
    assert (found.unit, found.n_dims, found.confidence) == ("mm", 3, None)


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
