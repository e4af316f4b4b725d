"""What checks say of videos without pose: copies of a video, and animals that look alike."""

from __future__ import annotations

from dataclasses import replace

from boutwise.checks.near_duplicates import find as find_copies
from boutwise.checks.who_is_who import find, matters
from boutwise.types import Bouts, Severity

from .memory import filmed, mice_study


def films(**more):
    study = filmed(mice_study(preset="easy", animals=3, minutes=0.5, **more))
    study.poses = {}
    return study


def test_one_video_under_two_names_is_a_copy():
    study = films()
    assert find_copies(study) == []
    names = sorted(study.items)
    last = study.sources[-1]
    study.sources[-1] = replace(last, digest=study.sources[-2].digest)
    (problem,) = find_copies(study)
    assert problem.severity is Severity.BLOCKING
    assert (problem.recording, problem.others) == (names[2], (names[1],))
    assert "the same video" in problem.what
    study.items[names[2]] = replace(study.items[names[2]], animals=study.items[names[1]].animals)
    (problem,) = find_copies(study)  # one animal: nothing leaks, and it counts twice
    assert problem.severity is Severity.WARNING


def test_a_copied_video_whose_pose_is_a_copy_is_told_once():
    study = filmed(mice_study(preset="easy", animals=2, minutes=0.5))
    first, second = sorted(study.items)
    study.poses[second] = replace(study.poses[first], animals=study.items[second].animals)
    study.sources[-1] = replace(study.sources[-1], digest=study.sources[-2].digest)
    (problem,) = find_copies(study)
    assert "the same positions" in problem.what


def test_animals_with_the_same_labels_may_change_their_names():
    study = films()
    name = next(iter(study.items))
    bouts = study.bouts(name)
    mine = study.items[name].animals[0]
    both = (mine, "guest")
    study.items[name] = replace(study.items[name], animals=both)
    assert [problem.recording for problem in find(study)] == [name]

    def of(animal):
        rows = [replace(row, animal=animal) for row in bouts.rows()]
        return rows, [replace(piece, animal=animal) for piece in bouts.observed]

    (rows, pieces), (more_rows, more_pieces) = of(mine), of("guest")
    same = Bouts.from_rows(rows + more_rows, pieces + more_pieces)
    assert not matters(same, both)
    assert matters(Bouts.from_rows(rows + more_rows[1:], pieces + more_pieces), both)
    assert matters(Bouts.from_rows([replace(rows[0], target="guest")], []), both)
    assert not matters(Bouts.from_rows([], []), both)
