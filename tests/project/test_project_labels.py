import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.project._project_samples import bout, recording, table

from boutwise.errors import DataError, LabelError, ProjectError
from boutwise.project import FilePart, Project
from boutwise.types import (
    Bout,
    Observed,
    Rating,
    Ratings,
)

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
