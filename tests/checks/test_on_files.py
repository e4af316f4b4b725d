"""Checks on real projects and files: what they read there, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from boutwise import api
from boutwise.checks import run_checks
from boutwise.checks.class_coverage import coverage
from boutwise.checks.identical_labels import contents_of, identical_contents
from boutwise.checks.label_past_end import file_past_end, past_end
from boutwise.checks.rows_and_frames import label_count
from boutwise.checks.too_few_animals import enough
from boutwise.errors import PartError
from boutwise.project import Project
from boutwise.project.files import FilePart, SourceFile
from boutwise.synthetic import simulate
from boutwise.types import (
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Observed,
    Recording,
    Severity,
    Trial,
)

HEAD = "recording,animal,behavior,start_s,stop_s\n"


def recording(name="r", n_frames=100, trials=()):
    return Recording(name, FrameClock.declared(n_frames, 10), ("m",), trials=trials)


def source(path, *parts, digest="d", format="intervals"):
    return [
        SourceFile(n, Path(path), digest, 1, "labels", format, {}, part)
        for n, part in enumerate(parts)
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project on disk with three simulated mice."""
    made = Project.create(tmp_path_factory.mktemp("checks") / "project")
    mice = simulate("easy", animals=3, minutes=2, seed=21)
    made.set_ethogram(mice[0].ethogram)
    for item in mice:
        made.add_animal(item.animal)
        made.add_recording(item.recording)
        made.add_bouts(item.bouts)
    yield made
    made.close()


def test_a_project_on_disk_is_read(project):
    assert run_checks(project) == []


def test_an_unknown_check_is_named(project):
    with pytest.raises(PartError, match="did you mean 'sync'"):
        run_checks(project, ["snyc"])


def test_labels_that_an_import_cut_off_are_found_in_their_file(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(HEAD + "r,m,rear,1.0,2.0\nr,m,rear,9.0,12.5\n", encoding="utf-8")
    (problem,) = file_past_end(str(path), source(path, FilePart("r")), {"r": recording()})
    assert (problem.value, problem.severity) == (24, Severity.WARNING)
    path.write_text(HEAD + "r,m,rear,9.0,10.04\n", encoding="utf-8")
    assert file_past_end(str(path), source(path, FilePart("r")), {"r": recording()}) == []


def test_a_file_with_a_row_too_many_is_told_by_one_check(tmp_path):
    project = Project.create(tmp_path / "project")
    project.set_ethogram(Ethogram((Behavior("rear"), Behavior("walk"))))
    project.add_recording(recording(n_frames=100))
    path = tmp_path / "r.csv"
    rows = "".join(f"{frame},{'rear' if frame % 9 < 4 else 'walk'}\n" for frame in range(107))
    path.write_text("Frame,Action\n" + rows, encoding="utf-8")
    part = FilePart("r", n_rows=107, first_frame=0)
    project.add_label_file(path, format="frame_labels", parts=[part])
    found = run_checks(project, ["label_past_end", "rows_and_frames"])
    assert [problem.check for problem in found] == ["rows_and_frames"]
    # The file does have a label behind the end: it is left to the other check on purpose.
    (source,) = project.files()
    assert file_past_end(str(path), [source], {"r": recording(n_frames=100)})
    project.close()


def test_a_label_file_that_is_gone_says_nothing(tmp_path):
    gone = tmp_path / "gone.csv"
    assert file_past_end(str(gone), source(gone, FilePart("r")), {"r": recording()}) == []


def test_a_stored_label_past_the_end_blocks():
    bouts = Bouts.from_rows([Bout("r", "m", "rear", 90, 100), Bout("r", "m", "rear", 100, 107)])
    (problem,) = past_end(bouts, {"r": recording()})
    assert (problem.value, problem.severity) == (7, Severity.BLOCKING)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (FilePart("r", n_rows=100), None),
        (FilePart("r"), None),
        (FilePart("r", n_rows=97), -3),
        (FilePart("r", trial=2, n_rows=40), None),
        (FilePart("r", trial=2, n_rows=41), 1),
    ],
)
def test_labels_are_counted_against_recording_or_trial(part, value):
    trials = (Trial(1, 0, 50), Trial(2, 50, 40))
    problems = label_count(source("r.csv", part)[0], recording(trials=trials))
    assert [problem.value for problem in problems] == ([] if value is None else [value])


def test_labels_of_a_trial_that_is_not_there_block():
    part = FilePart("r", trial=3, n_rows=40)
    (problem,) = label_count(source("r.csv", part)[0], recording())
    assert problem.severity == Severity.BLOCKING


def test_copied_trials_are_found_inside_one_recording():
    trials = (Trial(1, 0, 50), Trial(2, 50, 50))
    rows = [
        Bout("r", "m", name, first + start, first + start + 5)
        for first in (0, 50)
        for name, start in (("rear", 3), ("walk", 20))
    ]
    one = recording(trials=trials)
    contents = {("r", n): c for n, c in contents_of(Bouts.from_rows(rows), one).items()}
    (problem,) = identical_contents(contents)
    assert "r trial 1, r trial 2" in problem.what
    assert identical_contents(contents, {"r"}) == []
    rows[0] = Bout("r", "m", "rear", 4, 8)
    contents = {("r", n): c for n, c in contents_of(Bouts.from_rows(rows), one).items()}
    assert identical_contents(contents) == []


def test_labels_in_which_nothing_changes_may_be_the_same_twice():
    rows = [Bout(name, name, "rear", 0, 100) for name in ("r", "s")]
    rows += [
        Bout(name, name, behavior, 0, 100, state="unscorable")
        for name in ("t", "u")
        for behavior in ("rear", "walk")
    ]
    names = ("r", "s", "t", "u")
    one = {name: Recording(name, FrameClock.declared(100, 10), (name,)) for name in names}
    bouts = Bouts.from_rows(rows)
    contents = {(n, trial): c for n in names for trial, c in contents_of(bouts, one[n]).items()}
    assert identical_contents(contents) == []
    rows += [Bout(name, name, "rear", 30, 40) for name in ("t", "u")]
    bouts = Bouts.from_rows(rows)
    contents = {(n, trial): c for n in names for trial, c in contents_of(bouts, one[n]).items()}
    assert [problem.value for problem in identical_contents(contents)] == [2]


def only_background(tmp_path, *, stated):
    """Two mice: one is labeled as ever, of the other nothing but the background or nothing."""
    project = Project.create(tmp_path / f"project-{stated}")
    behaviors = (Behavior("other"), Behavior("rear"), Behavior("walk"))
    names = tuple(behavior.name for behavior in behaviors)
    project.set_ethogram(Ethogram(behaviors, (ExclusiveGroup("all", names, "other"),)))
    for name in ("m", "n"):
        clock = FrameClock.declared(1000, 10)
        project.add_recording(Recording(name, clock, (name,)))
        seen = [Observed(name, name, behavior, 0, 1000) for behavior in names]
        rows = [Bout(name, name, "rear", 10, 50), Bout(name, name, "walk", 60, 90)]
        if name == "n":
            rows = [Bout(name, name, "other", 0, 1000)] if stated else []
        project.add_bouts(Bouts.from_rows(rows, seen))
    return project


@pytest.mark.parametrize("stated", [True, False])
def test_a_background_that_was_labeled_is_an_event(tmp_path, stated):
    with only_background(tmp_path, stated=stated) as project:
        found = run_checks(project, ["unlabelled_as_negative"])
    assert ["no event in 1.7 minutes" in problem.what for problem in found] == [True] * (not stated)


def test_real_labels_of_background_and_unscorable_raise_no_alarm(shared, tmp_path):
    """ABODe: 600 mice of 2 minutes; 29 cannot be seen at all, 6 do nothing but 'Other'."""
    with Project.create(tmp_path / "abode") as project:
        source = shared("abode") / "annotations.csv"
        api.apply_import(project, api.plan_import(project, source, labels_only=True))
        found = run_checks(project, ["identical_labels", "unlabelled_as_negative"])
    # What is left looks as if labeling had stopped half a minute before the end.
    assert [(p.check, p.recording) for p in found] == [("unlabelled_as_negative", "E_20_18")]


def test_a_background_needs_no_bouts():
    behaviors = (Behavior("na"), Behavior("rear"), Behavior("walk"))
    group = ExclusiveGroup("all", ("na", "rear", "walk"), "na")
    rows = [Bout(name, name, "rear", 0, 5) for name in ("a", "b")]
    found = coverage(
        Bouts.from_rows(rows), Ethogram(behaviors, (group,)), n_recordings=2, n_animals=2
    )
    assert [problem.what for problem in found] == ["there is no bout of 'walk'"]
    assert found[0].severity is Severity.WARNING


def test_labels_without_a_bout_of_anything_block():
    behaviors = (Behavior("na"), Behavior("rear"), Behavior("walk"))
    group = ExclusiveGroup("all", ("na", "rear", "walk"), "na")
    rows = [Bout(name, name, "na", 0, 5) for name in ("a", "b")]
    (found,) = coverage(
        Bouts.from_rows(rows), Ethogram(behaviors, (group,)), n_recordings=2, n_animals=2
    )
    assert found.what == "there is no bout of 'rear', 'walk', so nothing can be learned"
    assert found.severity is Severity.BLOCKING


@pytest.mark.parametrize(
    ("labeled", "severities"),
    [
        ([], [Severity.WARNING]),
        ([("r1", "a")], [Severity.BLOCKING]),
        ([("r1", "a"), ("r2", "a")], [Severity.WARNING]),
        ([("r1", "a"), ("r2", "b")], [Severity.WARNING]),
        ([("r1", "a"), ("r2", "b"), ("r3", "c")], []),
    ],
)
def test_animals_are_counted(labeled, severities):
    assert [problem.severity for problem in enough(labeled)] == severities


def test_real_copies_of_one_class_are_found(shared, tmp_path):
    """Three label files of prj_mouse_pain are the same, and all of them are rest."""
    project = Project.create(tmp_path / "pain")
    sources = shared("prj_mouse_pain")
    api.apply_import(project, api.plan_import(project, sources, fps=30, trial_length=360))
    assert [trial.first_frame for trial in project.recordings()[0].trials] == [0, 360, 720]
    found = {problem.what.split(":")[0] for problem in run_checks(project, ["identical_labels"])}
    assert found == {"all labels are 'rest'", "3 label files are the same, byte by byte"}
    project.close()


def test_the_slide_of_a_real_recording_is_found(shared, tmp_path):
    """young_8301 of SUBTLE, through import and project; all others are within the tolerance."""
    project = Project.create(tmp_path / "subtle")
    sources = shared("subtle/labelled")
    api.apply_import(project, api.plan_import(project, sources, format="subtle", fps=20))
    problems = run_checks(project)
    assert [problem.recording for problem in problems if problem.recording] == ["young_8301"]
    slide = next(problem.value for problem in problems if problem.recording)
    assert slide == pytest.approx(7, abs=2)
    assert {problem.check for problem in problems} == {"sync", "likelihood"}
    assert [p.severity for p in problems if p.check == "likelihood"] == [Severity.NOTE]
    project.close()
