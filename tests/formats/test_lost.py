"""A row that is left out as faulty leaves its frames unlabelled, never 'no'."""

from __future__ import annotations

import json

import pytest

from boutwise.formats import LabelRow, LabelTrack, boris_project, boris_tabular, intervals
from boutwise.formats import labels_to_bouts as place
from boutwise.formats.boris_aggregated import read as read_aggregated
from boutwise.types import FrameClock, Recording

HEAD = "animal,behavior,start_s,stop_s\n"
MICE = Recording("r", FrameClock.declared(100, 10.0), ("m1", "m2"))
MOUSE = Recording("r", FrameClock.declared(100, 10.0), ("m1",))


def observed(track, recording=MOUSE):
    """(animal, behavior) -> ranges, and what was said of lost rows."""
    bouts, problems = place(track, recording, annotator="me", source="f.csv", strict=False)
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for piece in bouts.observed:
        found.setdefault((piece.animal, piece.behavior), []).append((piece.start, piece.stop))
    return found, [p for p in problems if "count as unlabelled" in p.what]


def of_intervals(tmp_path, *rows, head=HEAD, **options):
    path = tmp_path / "r.csv"
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return intervals.read(path, strict=False, **options).labels[0]


@pytest.mark.parametrize(
    ("row", "ranges"),
    [
        ("m1,rear,6.0,4.0", [(0, 40), (60, 100)]),  # swapped ends
        ("m1,rear,4.0,", [(0, 40), (80, 100)]),  # no stop: up to the next one of it
        ("m1,rear,,4.0", [(0, 20), (40, 100)]),  # no start: from the one before
        ("m1,rear,,", None),  # no time at all
        ("m1,rear,8.5,", [(0, 85)]),  # no stop and none after it: to the end
        ("m9,rear,4.0,6.0", [(0, 40), (60, 100)]),  # an animal that nobody knows
        ("m1,,4.0,6.0", [(0, 40), (60, 100)]),  # no behavior: it may be any
        ("m1,rear,-1.0,0.5", [(5, 100)]),
        ("m1,rear,20.0,30.0", [(0, 100)]),  # no frame of the recording
    ],
)
def test_frames_of_a_faulty_row_are_cut_out(tmp_path, row, ranges):
    track = of_intervals(tmp_path, "m1,rear,1.0,2.0", row, "m1,rear,8.0,8.1")
    found, told = observed(track)
    assert found.get(("m1", "rear")) == ranges
    assert [problem.row for problem in told] == ([] if ranges == [(0, 100)] else [3])


def test_other_behaviors_and_animals_keep_their_frames(tmp_path):
    track = of_intervals(
        tmp_path, "m1,rear,1,2.5", "m2,rear,1,2", "m1,walk,3,4", "m2,walk,3,4", "m1,rear,6,4"
    )
    found, _ = observed(track, MICE)
    assert found.pop(("m1", "rear")) == [(0, 40), (60, 100)]
    assert list(found.values()) == [[(0, 100)]] * 3


def test_rows_that_a_rule_drops_are_no_labels(tmp_path):
    rules = {"drop": ["_DEFAULT"], "missing": "drop"}
    rows = ("m1,rear,1.0,2.5", "m1,_DEFAULT,0,10", "m1,rear,,")
    found, told = observed(of_intervals(tmp_path, *rows, rules=rules))
    assert found == {("m1", "rear"): [(0, 100)]}
    assert not told


def test_inclusive_frames_are_cut_to_their_last(tmp_path):
    head = "animal,behavior,start_frame,stop_frame\n"
    rows = ("m1,rear,10,19", "m1,rear,59,40")
    track = of_intervals(tmp_path, *rows, head=head, inclusive=True)
    assert observed(track)[0] == {("m1", "rear"): [(0, 40), (60, 100)]}


def test_nothing_is_known_of_an_animal_that_the_file_does_not_name():
    rows = (LabelRow("rear", 10, 20, 2, "m9"), LabelRow("rear", 30, 40, 3, "m9"))
    found, _ = observed(LabelTrack("r", "frame", rows, ("rear", "walk")))
    assert found == {}


EVENTS = "Observation id,Media file name,Subject,Behavior,Behavior type,Time\n"


@pytest.mark.parametrize(
    ("events", "ranges"),
    [
        (("rear,START,4.0",), [(0, 40)]),
        (("rear,START,4.0", "rear,START,6.0", "rear,STOP,7.0"), [(0, 40), (60, 100)]),
        (("rear,STOP,4.0",), [(0, 20), (40, 100)]),
        (("rear,PAUSE,4.0",), [(0, 40), (41, 100)]),
        (("rear,START,NA",), None),
    ],
)
def test_an_event_of_boris_without_its_other_half(tmp_path, events, ranges):
    path = tmp_path / "x.csv"
    rows = ("rear,START,1.0", "rear,STOP,2.0", "walk,START,1.0", "walk,STOP,2.0", *events)
    path.write_text(EVENTS + "".join(f"o,r.mp4,m1,{row}\n" for row in rows), encoding="utf-8")
    found, told = observed(boris_tabular.read(path, strict=False).labels[0])
    assert found.get(("m1", "rear")) == ranges
    assert found["m1", "walk"] == [(0, 100)]
    assert len(told) == 1


def test_an_aggregated_state_without_a_stop(tmp_path):
    path = tmp_path / "x.csv"
    head = "Observation id,Media file name,Subject,Behavior,Behavior type,Start (s),Stop (s)\n"
    rows = ("rear,STATE,1.0,2.0", "rear,STATE,4.0,NA", "rear,STATE,7.0,8.0")
    path.write_text(head + "".join(f"o,r.mp4,m1,{row}\n" for row in rows), encoding="utf-8")
    track = read_aggregated(path, strict=False).labels[0]
    assert observed(track)[0] == {("m1", "rear"): [(0, 40), (70, 100)]}


def test_an_open_state_of_a_boris_project(tmp_path):
    path = tmp_path / "x.boris"
    events = [[1.0, "m1", "rear", "", ""], [2.0, "m1", "rear", "", ""], [4.0, "m1", "rear", "", ""]]
    project = {
        "time_format": "s",
        "project_format_version": "7.0",
        "behaviors_conf": {"0": {"code": "rear", "type": "State event"}},
        "observations": {"o": {"type": "MEDIA", "file": {"1": ["r.mp4"]}, "events": events}},
    }
    path.write_text(json.dumps(project), encoding="utf-8")
    track = boris_project.read(path, strict=False).labels[0]
    assert observed(track)[0] == {("m1", "rear"): [(0, 40)]}


def test_a_label_of_a_mouse_upon_itself_is_refused_and_unlabelled(tmp_path):
    head = "animal,target,behavior,start_s,stop_s\n"
    track = of_intervals(tmp_path, "m1,m2,attack,1,2", "m1,m1,attack,4,6", head=head)
    bouts, problems = place(track, MICE, annotator="me", source="f.csv", strict=False)
    assert [(bout.start, bout.stop, bout.target) for bout in bouts.rows()] == [(10, 20, "m2")]
    assert [(piece.start, piece.stop) for piece in bouts.observed] == [(0, 40), (60, 100)]
    refused = next(problem for problem in problems if problem.severity == "blocking")
    assert refused.row == 3
    assert "as agent and as target" in refused.what
