"""Labels of a file on the frames of a recording."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import formats
from boutwise.errors import LabelError
from boutwise.formats import LabelRow, LabelTrack, label_offset, labels_to_bouts
from boutwise.types import (
    Behavior,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Recording,
    Severity,
    Trial,
)


def recording(fps=30.0, n_frames=900, animals=("m1",), trials=(), clock=None):
    clock = clock or FrameClock.declared(n_frames, fps)
    return Recording("r", clock, tuple(animals), trials=tuple(trials))


def seconds(*rows, **more):
    labels = tuple(LabelRow("a", start, stop, row) for row, (start, stop) in enumerate(rows, 2))
    return LabelTrack("r", "second", labels, ("a",), **more)


def frames(*rows, **more):
    labels = tuple(LabelRow("a", start, stop, row) for row, (start, stop) in enumerate(rows, 2))
    return LabelTrack("r", "frame", labels, ("a",), **more)


def convert(track, target, **more):
    return labels_to_bouts(track, target, annotator="me", source="f.csv", **more)


def spans(bouts):
    return list(zip(bouts.start.tolist(), bouts.stop.tolist(), strict=True))


# Rounding down would give 90 for 3.0333 s (90.999 frames) and 280 for 9.3667 s (281.001).
@pytest.mark.parametrize(
    ("start_s", "stop_s", "fps", "wanted"),
    [
        (3.0333, 9.3667, 30.0, (91, 281)),
        (3.0, 9.4, 30.0, (90, 282)),
        (0.0333, 0.0667, 30.0, (1, 2)),
        (0.1, 0.2, 29.97, (3, 6)),
        (1.001, 1.034, 29.97, (30, 31)),
        (0.004, 0.006, 500.0, (2, 3)),
        (599.95, 600.0, 20.0, (11999, 12000)),
    ],
)
def test_seconds_go_to_the_nearest_frame(start_s, stop_s, fps, wanted):
    bouts, problems = convert(seconds((start_s, stop_s)), recording(fps, 30_000))
    assert spans(bouts) == [wanted]
    assert problems == []


def test_seconds_of_frames_counted_from_1():
    # BENTO's second is its 1-based frame over the rate: 3.0333 s is frame 90 and 9.4 s frame 281
    # counted from 0. Rounding 3.0333 x 30 and 9.4 x 30 down gives 90 and 282.
    bouts, problems = convert(seconds((3.0333, 3.0333), (9.4, 9.4)), recording(), offset_frames=-1)
    assert bouts.start.tolist() == [90, 281]
    assert problems == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 898), st.integers(1, 60), st.sampled_from([20.0, 25.0, 29.97, 30.0, 59.94]))
def test_frames_survive_milliseconds(start, length, fps):
    stop = min(start + length, 900)
    clock = FrameClock.declared(900, fps)
    told = tuple(round(float(second), 3) for second in clock.to_seconds([start, stop]))
    bouts, _ = convert(seconds(told), recording(clock=clock))
    assert spans(bouts) == [(start, stop)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_frames_survive_a_variable_rate(data):
    steps = data.draw(st.lists(st.floats(0.02, 0.08), min_size=20, max_size=60))
    clock = FrameClock.from_pts(0.5 + np.cumsum(steps))
    start = data.draw(st.integers(0, len(steps) - 2))
    stop = data.draw(st.integers(start + 1, len(steps) - 1))
    told = tuple(float(clock.times_s[frame]) for frame in (start, stop))
    bouts, _ = convert(seconds(told), recording(clock=clock))
    assert spans(bouts) == [(start, stop)]


def test_a_point_becomes_the_nearest_frame():
    bouts, _ = convert(seconds((1.0, 1.0), (2.02, 2.021), (29.99, 29.99)), recording())
    assert spans(bouts) == [(30, 31), (61, 62), (899, 900)]


def test_a_label_of_one_frame_survives():
    bouts, _ = convert(frames((7, 8), (9, 9)), recording())
    assert spans(bouts) == [(7, 8), (9, 10)]


def test_a_label_past_the_end_is_refused_with_its_row():
    track = frames((0, 5), (890, 950))
    with pytest.raises(LabelError) as caught:
        convert(track, recording())
    assert (caught.value.file, caught.value.row, caught.value.frame) == ("f.csv", 3, 890)
    bouts, problems = convert(track, recording(), strict=False)
    assert spans(bouts) == [(0, 5), (890, 900)]
    assert [(p.row, p.severity) for p in problems] == [(3, Severity.BLOCKING)]


def test_a_label_behind_the_end_is_left_out_when_lenient():
    bouts, problems = convert(frames((0, 5), (900, 950)), recording(), strict=False)
    assert spans(bouts) == [(0, 5)]
    assert "900" in problems[0].what


def test_one_frame_too_many_is_cut_with_a_warning():
    bouts, problems = convert(frames((890, 901)), recording())
    assert spans(bouts) == [(890, 900)]
    assert [p.severity for p in problems] == [Severity.WARNING]


def test_overlap_is_reported_with_both_rows():
    bouts, problems = convert(frames((0, 5), (4, 9), (9, 12)), recording())
    assert len(bouts) == 3
    assert [(p.row, p.severity) for p in problems] == [(3, Severity.WARNING)]
    assert (problems[0].frame, problems[0].value) == (4, 2)  # the row of the other label


def test_touching_seconds_do_not_overlap():
    bouts, problems = convert(seconds((0.5, 1.015), (1.015, 2.0)), recording())
    assert spans(bouts) == [(15, 30), (30, 60)]
    assert problems == []


def test_a_file_without_labels_is_reported():
    bouts, problems = convert(LabelTrack("r", "frame", (), ("a",)), recording())
    assert len(bouts) == 0
    assert "no label" in problems[0].what
    assert [(p.start, p.stop) for p in bouts.observed] == [(0, 900)]


def test_frames_of_a_trial_count_from_its_first():
    trials = (Trial(1, 0, 360), Trial(2, 400, 360), Trial(3, 760, 100, valid=False))
    target = recording(trials=trials)
    track = frames((0, 10), (350, 360), n_rows=360, trial=2)
    bouts, _ = convert(track, target)
    assert spans(bouts) == [(400, 410), (750, 760)]
    assert [(p.start, p.stop) for p in bouts.observed] == [(400, 760)]
    timed = LabelTrack("r", "second", (LabelRow("a", 1.0, 2.0, 2),), ("a",), trial=2)
    assert spans(convert(timed, target)[0]) == [(430, 460)]
    with pytest.raises(LabelError, match="ends at frame 770"):
        convert(frames((0, 370), trial=2), target)
    with pytest.raises(LabelError, match="no trial 4"):
        convert(frames((0, 3), trial=4), target)
    empty, problems = convert(frames((0, 3), trial=3), target)
    assert len(empty) == 0
    assert not empty.observed
    assert "invalid" in problems[0].what


def test_a_short_file_proposes_the_last_frames_of_its_trial():
    target = recording(trials=(Trial(1, 0, 360), Trial(2, 360, 360)))
    assert label_offset(frames(n_rows=345, trial=2), target) == 15
    assert label_offset(frames(n_rows=360, trial=2), target) == 0
    assert label_offset(frames((1, 2)), target) == 0
    with pytest.raises(LabelError, match="361 rows"):
        label_offset(frames(n_rows=361, trial=1), target)
    numbered = frames((15, 360), n_rows=345, trial=2, observed=((15, 360),))
    assert label_offset(numbered, target) == 0
    assert label_offset(seconds((0, 1), n_rows=20), target) == 0
    track = frames((0, 345), n_rows=345, trial=2, observed=((0, 345),))
    bouts, _ = convert(track, target, offset_frames=15)
    assert spans(bouts) == [(375, 720)]
    assert [(p.start, p.stop) for p in bouts.observed] == [(375, 720)]


def test_animals_are_matched_or_refused():
    def named(animal, target=""):
        return LabelTrack("r", "frame", (LabelRow("a", 0, 5, 9, animal, target),), ("a",))

    pair = recording(animals=("m1", "m2"))
    assert next(convert(named("m2", "m1"), pair)[0].rows()).target == "m1"
    assert convert(named(""), recording())[0].animal.tolist() == ["m1"]
    assert convert(named("adult"), pair, animal_map={"adult": "m2"})[0].animal.tolist() == ["m2"]
    assert convert(named(""), pair, animal_map={"": "m1"})[0].animal.tolist() == ["m1"]
    for track in (named("m3"), named(""), named("m1", "m9")):
        with pytest.raises(LabelError) as caught:
            convert(track, pair)
        assert caught.value.row == 9
    with pytest.raises(LabelError, match="did you mean 'm1'"):
        convert(named("mm1"), recording())


def test_what_was_observed():
    rows = (
        LabelRow("rear", 0, 5, 2, "m1"),
        LabelRow("attack", 5, 9, 3, "m1", "m2"),
        LabelRow("rear", 9, 12, 4, "m2"),
    )
    track = LabelTrack("r", "frame", rows, ("rear", "attack", "groom"))
    bouts, _ = convert(track, recording(animals=("m1", "m2", "m3")))
    seen = {(p.animal, p.target, p.behavior) for p in bouts.observed}
    assert seen == {
        ("m1", "", "rear"),
        ("m2", "", "rear"),
        ("m1", "", "groom"),
        ("m2", "", "groom"),
        ("m1", "m2", "attack"),
    }
    assert {(p.start, p.stop) for p in bouts.observed} == {(0, 900)}


def test_what_was_looked_for_and_never_seen_is_of_pairs_where_all_that_was_seen_is():
    rows = (
        LabelRow("bite", 0, 5, 2, "m1", "m2"),
        LabelRow("bite", 9, 12, 3, "m2", "m1"),
    )
    both = recording(animals=("m1", "m2"))
    looked_for = ("bite", "mount")
    bouts, _ = convert(LabelTrack("r", "frame", rows, looked_for), both)
    seen = {(piece.behavior, piece.animal, piece.target) for piece in bouts.observed}
    assert seen == {
        (name, one, other) for name in looked_for for one, other in (("m1", "m2"), ("m2", "m1"))
    }
    alone = (*rows, LabelRow("rear", 20, 25, 4, "m1"))
    bouts, _ = convert(LabelTrack("r", "frame", alone, (*looked_for, "rear")), both)
    seen = {(piece.behavior, piece.target) for piece in bouts.observed}
    assert seen == {("bite", "m1"), ("bite", "m2"), ("mount", ""), ("rear", "")}


def test_modifiers_that_are_names_of_animals_are_told():
    both = recording(animals=("m1", "m2"))
    row = LabelRow("bite", 0, 5, 2, "m1", modifiers="high|m2")
    _, problems = convert(LabelTrack("r", "frame", (row,), ("bite",)), both)
    (problem,) = problems
    assert "names of animals: m2" in problem.what
    assert problem.severity is Severity.WARNING
    assert "targets" in problem.todo
    told = LabelRow("bite", 0, 5, 2, "m1", "m2", modifiers="high")
    assert not convert(LabelTrack("r", "frame", (told,), ("bite",)), both)[1]


def test_rows_faster_than_frames_keep_classes_apart():
    rows = tuple(
        LabelRow(name, start / 100, (start + 1) / 100, start + 2)
        for start, name in enumerate("aaaabaaaaa")
    )
    track = LabelTrack("r", "second", rows, ("a", "b"), n_rows=10)
    bouts, _ = convert(track, recording(fps=20.0, n_frames=2))
    states = np.zeros(2, dtype=int)
    for bout in bouts.rows():
        states[bout.start : bout.stop] += 1
    assert states.tolist() == [1, 1]


def test_half_frames_are_refused():
    with pytest.raises(LabelError, match=r"1\.5 is no frame"):
        convert(frames((1.5, 3)), recording())


def test_the_ethogram_finds_unknown_behaviors_and_overlaps_of_exclusive_ones():
    ethogram = Ethogram(
        (Behavior("rest"), Behavior("walk"), Behavior("rear")),
        (ExclusiveGroup("move", ("rest", "walk")),),
        merges={"run": "walk"},
    )
    rows = (
        LabelRow("rest", 0, 5, 2),
        LabelRow("run", 4, 9, 3),
        LabelRow("rear", 0, 9, 4),
        LabelRow("walk", 8, 12, 5),
        LabelRow("waik", 20, 30, 6),
    )
    track = LabelTrack("r", "frame", rows)
    bouts, problems = convert(track, recording(), strict=False, ethogram=ethogram)
    assert len(bouts) == 5
    assert [(p.row, p.severity) for p in problems] == [
        (6, Severity.BLOCKING),
        (3, Severity.BLOCKING),
        (5, Severity.WARNING),  # run and walk are one behavior
    ]
    assert "did you mean 'walk'" in problems[0].todo
    assert "row 2" in problems[1].what
    with pytest.raises(LabelError) as caught:
        convert(LabelTrack("r", "frame", rows[:2]), recording(), ethogram=ethogram)
    assert caught.value.row == 3


@pytest.mark.parametrize(
    ("length", "fps", "warned"),
    [(10.0, 30, False), (10.9, 30, False), (12.0, 30, True), (10.0, 25, True), (None, 30, False)],
)
def test_a_length_that_the_file_states_is_compared(length, fps, warned):
    rows = (LabelRow("rear", 1.0, 2.0, 2),)
    track = LabelTrack("r", "second", rows, length=length)
    recording = Recording("r", FrameClock.declared(300, fps), ("m",))
    _, problems = labels_to_bouts(track, recording, annotator="a", source="x.csv")
    assert [problem.severity.value for problem in problems] == ["warning"] * warned
    assert all("is of a recording of" in problem.what for problem in problems)


def test_real_export_of_one_of_two_videos_is_told_by_its_length(shared):
    path = shared("boris/test_export_aggregated_events_test_full_2.tsv")
    (track,) = formats.read(path).labels
    recording = Recording("r", FrameClock.declared(8999, 25), ("subject1",))
    _, problems = labels_to_bouts(track, recording, annotator="a", source=path.name)
    assert "a recording of 539.92 s, and this one has 359.96" in problems[0].what
