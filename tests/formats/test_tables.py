"""Trial labels, intervals, labels by frame, boutwise's own tables."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boutwise import formats
from boutwise.errors import FormatError, LabelError, UsageError
from boutwise.formats import (
    bouts_csv,
    frame_csv,
    frame_labels,
    intervals,
    labels_to_bouts,
    trial_labels,
)
from boutwise.types import (
    Bout,
    Bouts,
    Ethogram,
    FrameClock,
    Observed,
    Recording,
    Severity,
    Subject,
    Trial,
)
from boutwise.types.bouts import from_frames


def file(tmp_path, text, name="x.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def spans(track):
    return [(row.behavior, row.start, row.stop, row.row) for row in track.rows]


class TestTrialLabels:
    def test_codes_become_runs(self, tmp_path):
        text = "Frame,Action\n" + "".join(f"{f},{a}\n" for f, a in enumerate([0, 0, 2, 2, 2, 7]))
        path = file(tmp_path, text, "predictions_cage 3.avi_12.csv")
        (track,) = formats.read(path).labels
        assert (track.recording, track.trial, track.n_rows) == ("cage 3", 12, 6)
        assert spans(track) == [("rest", 0, 2, 2), ("paw_lick", 2, 5, 4), ("active", 5, 6, 7)]
        assert track.observed == ((0, 6),)
        assert track.behaviors == tuple(trial_labels.CLASSES.values())

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("prediction_a.b 1.mp4_3.csv", ("a.b 1", 3)),
            ("predictions_a_2.mp4_3.csv", ("a_2", 3)),
            ("cage3_2.csv", ("cage3", 2)),
            ("prediction_cage.mp4.csv", ("cage", None)),
        ],
    )
    def test_names(self, tmp_path, name, wanted):
        path = file(tmp_path, "Frame,Action\n0,0\n", name)
        (track,) = formats.read(path).labels
        assert (track.recording, track.trial) == wanted

    def test_the_trial_can_be_given(self, tmp_path):
        path = file(tmp_path, "Frame,Action\n0,0\n", "mouse_12.csv")
        assert formats.read(path, trial=4).labels[0].trial == 4
        (track,) = formats.read(path, trial="none").labels
        assert (track.recording, track.trial) == ("mouse_12", None)

    def test_other_classes_and_names(self, tmp_path):
        path = file(tmp_path, "Frame,Action\n0,1\n1,sit\n2,1.0\n")
        (track,) = formats.read(path, classes={1: "sit"}).labels
        assert spans(track) == [("sit", 0, 3, 2)]

    def test_codes_of_a_file_of_another_name_are_named_aloud(self, tmp_path):
        text = "Frame,Action\n0,0\n1,6\n"
        (problem,) = formats.read(file(tmp_path, text, "cage3_2.csv")).problems
        assert problem.what.endswith("the classes of the pain videos: 0 rest, 6 walk")
        assert "classes:" in problem.todo
        assert not formats.read(file(tmp_path, text, "prediction_cage.mp4_2.csv")).problems
        assert not formats.read(file(tmp_path, text, "b_2.csv"), classes={0: "a", 6: "b"}).problems

    def test_probabilities_beside_the_action_are_left_alone(self, tmp_path):
        path = file(tmp_path, "Frame,Action,rest,walk\n0,0,.9,.1\n1,6,.2,.8\n")
        assert formats.sniff(path) == "trial_labels"
        assert [row.behavior for row in formats.read(path).labels[0].rows] == ["rest", "walk"]

    def test_a_gap_is_not_observed(self, tmp_path):
        path = file(tmp_path, "Frame,Action\n0,0\n1,0\n5,0\n")
        (track,) = formats.read(path).labels
        assert spans(track) == [("rest", 0, 2, 2), ("rest", 5, 6, 4)]
        assert track.observed == ((0, 2), (5, 6))

    @pytest.mark.parametrize(
        ("body", "row", "words"),
        [
            ("0,0\n1,8\n", 3, "'8' is no class"),
            ("0,0\n1,\n", 3, "'' is no class"),
            ("0,0\n1,walkk\n", 3, "did you mean 'walk'"),
            ("0,0\n0,0\n", 3, "the frame is 0 after 0"),
            ("0,0\n1.5,0\n", 3, r"the frame is 1.5"),
            ("-1,0\n", 2, "the frame is -1"),
            ("0,0\nnan,0\n", 3, "the frame is nan"),
            ("", 2, "no labels"),
        ],
    )
    def test_faults(self, tmp_path, body, row, words):
        path = file(tmp_path, "Frame,Action\n" + body)
        with pytest.raises(FormatError) as caught:
            formats.read(path)
        assert words in str(caught.value)
        assert (caught.value.file, caught.value.row) == (str(path), row)

    def test_real_labels_are_three_identical_trials_of_rest(self, shared):
        paths = sorted(shared("prj_mouse_pain/Annotations").glob("*.csv"))
        clock = FrameClock.declared(1080, 30)
        trials = tuple(Trial(number, 360 * (number - 1), 360) for number in (1, 2, 3))
        name = "shortened_2023-10-25_CFA_010_267M_tracking"
        recording = Recording(name, clock, ("267M",), trials=trials)
        tables = []
        for number, path in enumerate(paths, 1):
            (track,) = formats.read(path).labels
            assert (track.recording, track.trial, track.n_rows) == (name, number, 360)
            tables.append(labels_to_bouts(track, recording, annotator="p", source=path.name)[0])
        bouts = Bouts.concatenate(tables)
        assert bouts.behavior.tolist() == ["rest"] * 3
        assert bouts.start.tolist() == [0, 360, 720]
        assert bouts.stop.tolist() == [360, 720, 1080]
        assert len({hashlib.sha256(path.read_bytes()).digest() for path in paths}) == 1


class TestIntervals:
    def test_heads_are_recognised(self, tmp_path):
        text = "Video,Mouse,Behaviour,Start frame,End frame,Rater\nv 1.mp4,m1,rear,3,9,A\n"
        (track,) = formats.read(file(tmp_path, text)).labels
        assert (track.recording, track.unit, track.annotator) == ("v 1", "frame", "A")
        assert [(r.behavior, r.animal, r.start, r.stop) for r in track.rows] == [
            ("rear", "m1", 3, 9)
        ]

    def test_decimals_are_seconds_and_whole_numbers_need_a_unit(self, tmp_path):
        path = file(tmp_path, "from,to,type\n0.5,2,rear\n")
        assert formats.read(path).labels[0].unit == "second"
        path = file(tmp_path, "from,to,type\n1,2,rear\n")
        with pytest.raises(FormatError, match="seconds or frames cannot be told"):
            formats.read(path)
        assert formats.read(path, unit="frame").labels[0].unit == "frame"
        assert formats.read(path, unit="second").labels[0].unit == "second"

    def test_counting_from_1_with_inclusive_ends(self, tmp_path):
        path = file(tmp_path, "start_frame,stop_frame,label\n1,1,rear\n5,8,walk\n")
        (track,) = formats.read(path, first_frame=1, inclusive=True).labels
        assert spans(track) == [("rear", 0, 1, 2), ("walk", 4, 8, 3)]
        with pytest.raises(FormatError, match="goes from 1 to 1") as caught:
            formats.read(path)
        assert caught.value.row == 2

    def test_declared_columns(self, tmp_path):
        path = file(tmp_path, "what;a;b\nrear;0,5;1,5\n")
        columns = {"behavior": "what", "start": "a", "stop": "b"}
        with pytest.raises(FormatError, match="not all there"):
            formats.read(path, format="intervals")
        (track,) = formats.read(path, format="intervals", columns=columns).labels
        assert spans(track) == [("rear", 0.5, 1.5, 2)]
        mapping = {"format": "intervals", "columns": columns}
        assert formats.read(path, mapping=mapping).labels == (track,)
        with pytest.raises(FormatError, match="did you mean 'what'"):
            formats.read(path, format="intervals", columns=columns | {"behavior": "whta"})
        with pytest.raises(UsageError, match="did you mean 'behavior'"):
            formats.read(path, format="intervals", columns={"behaviour": "what"})

    def test_states_targets_and_points(self, tmp_path):
        text = "animal,target,behavior,start_s,stop_s,state\nm1,m2,bite,1,1,\nm1,,rear,2,3,no\n"
        (track,) = formats.read(file(tmp_path, text)).labels
        assert [(r.target, r.start, r.stop, r.state) for r in track.rows] == [
            ("m2", 1, 1, "yes"),
            ("", 2, 3, "no"),
        ]

    def test_real_open_field(self, shared):
        path = shared("dlcanalyzer/AllLabDataOFT_final.csv")
        with pytest.raises(FormatError) as caught:
            formats.read(path)
        assert caught.value.row == 5032  # from 312.593 to NA, of no type
        contents = formats.read(path, strict=False)
        assert len(contents.labels) == 60
        assert sum(len(track.rows) for track in contents.labels) == 5517
        assert [(p.row, p.severity) for p in contents.problems] == [(5032, Severity.BLOCKING)]
        assert {track.annotator for track in contents.labels} == {"Furkan", "Jin", "Oliver"}
        assert {track.unit for track in contents.labels} == {"second"}

    def test_real_plus_maze(self, shared):
        contents = formats.read(shared("dlcanalyzer/AllEPMLables.csv"))
        assert len(contents.labels) == 15
        assert sum(len(track.rows) for track in contents.labels) == 1401
        assert contents.labels[0].recording == "EPM_11"


class TestFrameLabels:
    def test_a_label_column(self, tmp_path):
        path = file(tmp_path, "frame,behavior\n0,a\n1,a\n2,b\n3,\n4,a\n", "cage.csv")
        (track,) = formats.read(path).labels
        assert (track.recording, track.unit, track.n_rows) == ("cage", "frame", 5)
        assert spans(track) == [("a", 0, 2, 2), ("b", 2, 3, 4), ("a", 4, 5, 6)]
        assert {(r.behavior, r.start, r.stop) for r in track.examined} == {
            ("a", 0, 3),
            ("a", 4, 5),
            ("b", 0, 3),
            ("b", 4, 5),
        }

    def test_seconds(self, tmp_path):
        path = file(tmp_path, "time_s,label\n0.0,a\n0.05,a\n0.1,b\n0.5,b\n")
        (track,) = formats.read(path).labels
        assert track.unit == "second"
        assert [(b, round(s, 6), round(e, 6)) for b, s, e, _ in spans(track)] == [
            ("a", 0.0, 0.1),
            ("b", 0.1, 0.15),
            ("b", 0.5, 0.55),
        ]
        one = file(tmp_path, "time_s,label\n0.0,a\n", "one.csv")
        with pytest.raises(FormatError, match="give fps"):
            formats.read(one)
        assert formats.read(one, fps=20.0).labels[0].rows[0].stop == 0.05

    def test_one_hot_with_unlabelled(self, tmp_path):
        path = file(tmp_path, ",bg,rear,walk\n0,1,0,0\n1,0,1,1\n2,-1,-1,-1\n", "v_labels.csv")
        (track,) = formats.read(path).labels
        assert track.recording == "v"
        assert track.behaviors == ("bg", "rear", "walk")
        recording = Recording("v", FrameClock.declared(3, 10), ("m",))
        bouts, _ = labels_to_bouts(track, recording, annotator="", source="")
        ethogram = Ethogram(tuple(map(_behavior, track.behaviors)))
        states = bouts.to_frames(Subject("v", "m"), ethogram, 3)
        assert states.tolist() == [[1, 0, 0], [0, 1, 1], [-1, -1, -1]]

    def test_named_columns_of_a_wide_table(self, tmp_path):
        path = file(tmp_path, ",speed,rear,walk\n0,1.5,0,1\n1,2.5,1,0\n")
        with pytest.raises(FormatError, match="no format claims"):
            formats.read(path)
        (track,) = formats.read(path, format="frame_labels", behaviors=["rear", "walk"]).labels
        assert spans(track) == [("walk", 0, 1, 2), ("rear", 1, 2, 3)]
        with pytest.raises(FormatError, match="did you mean 'walk'"):
            formats.read(path, format="frame_labels", behaviors=["rear", "wakl"])

    def test_several_animals(self, tmp_path):
        path = file(tmp_path, "frame,animal,label\n0,m1,a\n1,m1,a\n0,m2,b\n1,m2,a\n")
        (track,) = formats.read(path).labels
        assert [(r.animal, r.behavior, r.start, r.stop) for r in track.rows] == [
            ("m1", "a", 0, 2),
            ("m2", "b", 0, 1),
            ("m2", "a", 1, 2),
        ]

    def test_classes(self, tmp_path):
        path = file(tmp_path, "frame,label\n0,7\n1,8\n")
        with pytest.raises(FormatError, match="'8' is no class") as caught:
            formats.read(path, classes={"7": "rear"})
        assert caught.value.row == 3
        (track,) = formats.read(path, classes={7: "rear", 8: "walk", 9: "rest"}).labels
        assert track.behaviors == ("rear", "walk", "rest")

    @pytest.mark.parametrize(
        ("text", "row", "words"),
        [
            ("frame,a,b\n0,1,0\n1,2,0\n", 3, "neither a label column"),
            ("frame,label\n0,a\n0,b\n", 3, "the frame is 0 after 0"),
            ("frame,a,a\n0,1,0\n", 1, "is there twice"),
            ("frame,label\n", 1, "no labels"),
        ],
    )
    def test_faults(self, tmp_path, text, row, words):
        path = file(tmp_path, text)
        with pytest.raises(FormatError) as caught:
            frame_labels.read(path)
        assert words in str(caught.value)
        if "neither" not in words:
            assert caught.value.row == row


def _behavior(name):
    from boutwise.types import Behavior

    return Behavior(name)


class TestBoutsCsv:
    def test_everything_it_has_columns_for_comes_back(self, tmp_path):
        clock = FrameClock.declared(100, 25)
        rows = [
            Bout("day 1/a", "m1", "rear", 2, 5, confidence=0.123456789012345, source="predicted"),
            Bout("day 1/b", "m1", "bite, hard", 7, 9, target="m2", source="oof"),
        ]
        observed = [
            Observed("day 1/a", "m1", "rear", 0, 50),
            Observed("day 1/b", "m1", "bite, hard", 5, 100, "m2"),
            Observed("day 1/c", "m1", "rear", 0, 100),
        ]
        path = tmp_path / "x.bouts.csv"
        clocks = dict.fromkeys(("day 1/a", "day 1/b", "day 1/c"), clock)
        written = bouts_csv.write(path, Bouts.from_rows(rows, observed), clocks=clocks)
        assert [each.name for each in written] == ["x.bouts.csv", "x.observed.csv"]
        contents = formats.read(path)
        assert [track.recording for track in contents.labels] == ["day 1/a", "day 1/b", "day 1/c"]
        assert contents.labels[0].rows[0].confidence == rows[0].confidence
        tables = [
            labels_to_bouts(
                track,
                Recording(track.recording, clock, ("m1", "m2")),
                annotator="",
                source="other",
            )[0]
            for track in contents.labels
        ]
        back = Bouts.concatenate(tables)
        assert str(list(back.rows())) == str(rows)
        assert list(back.observed) == observed

    def test_without_its_neighbor_only_the_bouts_were_examined(self, tmp_path):
        clock = FrameClock.declared(100, 25)
        path = tmp_path / "x.bouts.csv"
        bouts = Bouts.from_rows(
            [Bout("a", "m", "rear", 2, 5)], [Observed("a", "m", "rear", 0, 100)]
        )
        bouts_csv.write(path, bouts, clocks={"a": clock})
        (tmp_path / "x.observed.csv").unlink()
        (track,) = formats.read(path).labels
        assert [(r.start, r.stop) for r in track.examined] == [(2, 5)]

    def test_an_observed_table_alone(self, tmp_path):
        clock = FrameClock.declared(100, 25)
        path = tmp_path / "x.bouts.csv"
        bouts = Bouts.from_rows([], [Observed("a", "m", "rear", 0, 100)])
        _, beside = bouts_csv.write(path, bouts, clocks={"a": clock})
        for each in (path, beside):
            (track,) = formats.read(each).labels
            assert track.rows == ()
            assert [(r.behavior, r.start, r.stop) for r in track.examined] == [("rear", 0, 100)]

    def test_other_states_are_refused(self, tmp_path):
        bouts = Bouts.from_rows([Bout("a", "m", "rear", 2, 5, state="unscorable")])
        with pytest.raises(LabelError, match="'unscorable'"):
            bouts_csv.write(
                tmp_path / "x.bouts.csv", bouts, clocks={"a": FrameClock.declared(9, 1)}
            )
        assert not (tmp_path / "x.bouts.csv").exists()

    @pytest.mark.parametrize("cells", ["5,5", "-1,3", "1.5,3", ",3"])
    def test_impossible_frames_are_refused_by_row(self, tmp_path, cells):
        text = ",".join(bouts_csv.HEAD) + f"\nr,m,,rear,{cells},0,1,,\n"
        with pytest.raises(FormatError) as caught:
            formats.read(file(tmp_path, text, "x.bouts.csv"))
        assert caught.value.row == 2

    def test_intervals_read_the_same_table(self, tmp_path):
        text = ",".join(bouts_csv.HEAD) + "\ncage 3,m,,rear,2,5,0.1,0.25,.9,predicted\n"
        path = file(tmp_path, text, "x.bouts.csv")
        assert formats.sniff(path) == "bouts_csv"
        (track,) = intervals.read(path).labels
        assert (track.recording, track.unit) == ("cage 3", "frame")
        assert spans(track) == [("rear", 2, 5, 2)]


class TestFrameCsv:
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(st.lists(st.lists(st.sampled_from([1, 0, -1, -2]), min_size=2, max_size=2), min_size=1))
    def test_four_states_come_back(self, tmp_path, states):
        matrix = np.array(states, dtype=np.int8)
        subject = Subject("r", "m1", "m2")
        bouts = from_frames(matrix, subject, ["a", "b"])
        clock = FrameClock.declared(len(matrix), 30)
        path = tmp_path / "x.csv"
        frame_csv.write(path, bouts, clocks={"r": clock})
        contents = formats.read(path)
        ethogram = Ethogram((_behavior("a"), _behavior("b")))
        back = np.full_like(matrix, -1)
        for track in contents.labels:
            if track.rows or track.examined:
                recording = Recording("r", clock, ("m1", "m2"))
                table, _ = labels_to_bouts(track, recording, annotator="", source="")
                back = table.to_frames(subject, ethogram, len(matrix))
        np.testing.assert_array_equal(back, matrix)

    def test_several_annotators_are_refused(self, tmp_path):
        bouts = Bouts.from_rows([Bout("a", "m", "rear", 2, 5, annotator=who) for who in ("A", "B")])
        with pytest.raises(LabelError, match="2 annotators: A, B"):
            frame_csv.write(tmp_path / "x.csv", bouts, clocks={"a": FrameClock.declared(9, 1)})

    def test_a_bout_past_the_end_is_refused(self, tmp_path):
        bouts = Bouts.from_rows([Bout("a", "m", "rear", 2, 15)])
        with pytest.raises(LabelError, match="ends at frame 15"):
            frame_csv.write(tmp_path / "x.csv", bouts, clocks={"a": FrameClock.declared(9, 1)})
        assert list(tmp_path.iterdir()) == []

    def test_an_unknown_state_is_named_by_row(self, tmp_path):
        text = "recording,frame,time_s,animal,target,rear\nr,0,0,m,,1\nr,1,1,m,,2\n"
        with pytest.raises(FormatError, match="'2' in the column 'rear'") as caught:
            formats.read(file(tmp_path, text))
        assert caught.value.row == 3


def test_no_confidence_is_nan(tmp_path):
    path = file(tmp_path, "start_s,stop_s,label\n0.5,1,rear\n")
    assert math.isnan(formats.read(path).labels[0].rows[0].confidence)
