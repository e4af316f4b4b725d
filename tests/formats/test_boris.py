"""BORIS exports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import AGGREGATED, BARE, BORIS_NEW, BORIS_OLD

from boutwise import formats
from boutwise.errors import FormatError, LabelError
from boutwise.formats import boris_aggregated, boris_tabular, labels_to_bouts
from boutwise.types import Bout, Bouts, FrameClock, Recording, Severity


def file(tmp_path, text, name="x.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(track):
    return [(row.behavior, row.animal, row.start, row.stop, row.row) for row in track.rows]


def test_old_tabular(tmp_path):
    contents = formats.read(file(tmp_path, BORIS_OLD))
    (track,) = contents.labels
    assert (track.recording, track.unit, track.fps, contents.fps) == ("cage 3", "second", 30, 30)
    assert rows(track) == [("rear", "m1", 1.0, 2.5, 7), ("twitch", "", 3.0, 3.0, 9)]
    assert track.rows[0].comment == "well seen"
    assert track.behaviors == ("rear", "twitch")


def test_newest_tabular_splits_observations_and_media(tmp_path):
    contents = formats.read(file(tmp_path, BORIS_NEW, "x.tsv"))
    assert [(t.recording, t.fps) for t in contents.labels] == [("a", 25), ("b", 30), ("c", 25)]
    first, second, third = contents.labels
    assert rows(first) == [("rear", "m1", 9.0, 10.0, 2)]
    assert rows(second) == [("rear", "m1", 0.0, 2.0, 2)]
    assert rows(third) == [("twitch", "m1", 4.0, 4.0, 4)]
    assert first.rows[0].modifiers == "high"


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        (",STOP\n", ",START\n", 8, "starts again"),
        (",START\n", ",STOP\n", 7, "never started"),
        (",POINT\n", ",START\n", 9, "never stops"),
        (",POINT\n", ",Point event\n", 9, "the event is 'POINT EVENT'"),
        ("2.500,", "0.500,", 8, "before its start"),
        ("3.000,", "NA,", 9, "has no time"),
        ("subject,twitch", "subject,", 9, "has no behavior"),
    ],
)
def test_faults_are_named_with_their_row(tmp_path, old, new, row, words):
    assert old in BORIS_OLD
    path = file(tmp_path, BORIS_OLD.replace(old, new))
    with pytest.raises(FormatError) as caught:
        boris_tabular.read(path)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.row) == (str(path), row)
    problems = boris_tabular.read(path, strict=False).problems
    assert (row, Severity.BLOCKING) in [(p.row, p.severity) for p in problems]


def test_subjects_and_modifiers_have_their_own_toggles(tmp_path):
    text = BORIS_OLD[: BORIS_OLD.index("1.000,")] + "".join(
        f"{time},v.mp4,60,30,{subject},rear,,,{kind}\n"
        for time, subject, kind in (
            (1, "m1", "START"),
            (2, "m2", "START"),
            (3, "m1", "STOP"),
            (4, "m2", "STOP"),
        )
    )
    (track,) = boris_tabular.read(file(tmp_path, text)).labels
    assert rows(track) == [("rear", "m1", 1, 3, 7), ("rear", "m2", 2, 4, 8)]


def test_a_time_offset_must_be_explained(tmp_path):
    path = file(tmp_path, BORIS_OLD.replace("Time offset (s),0.0", "Time offset (s),0.5"))
    with pytest.raises(FormatError, match=r"time offset of 0\.5 s"):
        boris_tabular.read(path)
    (track,) = boris_tabular.read(path, time_offset_s=0.5).labels
    assert [(row.start, row.stop) for row in track.rows] == [(0.5, 2.0), (2.5, 2.5)]
    (track,) = boris_tabular.read(path, time_offset_s=0).labels
    assert track.rows[0].start == 1.0
    late = boris_tabular.read(path, time_offset_s=2.75, strict=False)
    assert [row.behavior for row in late.labels[0].rows] == ["twitch"]
    assert [(p.row, p.what) for p in late.problems] == [(7, "an event lies before the start")]


def test_aggregated(tmp_path):
    contents = formats.read(file(tmp_path, AGGREGATED))
    (track,) = contents.labels
    assert rows(track) == [("rear", "m1", 1.0, 2.5, 2), ("twitch", "", 3.0, 3.0, 3)]
    assert (track.recording, track.fps) == ("cage 3", 30)
    assert (track.rows[1].modifiers, track.rows[1].comment) == ("left", "why")


def test_aggregated_state_without_a_stop(tmp_path):
    path = file(tmp_path, AGGREGATED.replace("1.000,2.500", "1.000,NA"))
    with pytest.raises(FormatError, match="'rear' has no stop") as caught:
        boris_aggregated.read(path)
    assert caught.value.row == 2
    contents = boris_aggregated.read(path, strict=False)
    assert len(contents.labels[0].rows) == 1
    assert contents.problems[0].row == 2


def test_several_rates_joined_by_semicolons(tmp_path):
    text = AGGREGATED.replace("FPS", "FPS (frame/s)").replace(",30.0,", ",29.970;25.000,")
    (track,) = formats.read(file(tmp_path, text)).labels
    assert track.fps == 29.97


def test_the_writer_refuses_what_boris_cannot_say(tmp_path):
    no = Bouts.from_rows([Bout("r", "m", "rear", 2, 5, state="no")])
    with pytest.raises(LabelError, match="state 'no'"):
        boris_aggregated.write(tmp_path / "x", no, clocks={"r": FrameClock.declared(9, 30)})
    yes = Bouts.from_rows([Bout("r", "m", "rear", 2, 5)])
    with pytest.raises(LabelError, match="1000 fps"):
        boris_aggregated.write(tmp_path / "x", yes, clocks={"r": FrameClock.declared(9, 1000)})


def test_written_media_name_is_the_video(tmp_path):
    bouts = Bouts.from_rows([Bout("day/r", "m", "rear", 2, 5)])
    path = tmp_path / "x.tsv"
    clocks = {"day/r": FrameClock.declared(9, 30)}
    boris_aggregated.write(path, bouts, clocks=clocks, media={"day/r": "C:\\v\\film 1.mp4"})
    (track,) = formats.read(path).labels
    assert track.recording == "film 1"
    assert "\t" in path.read_text(encoding="utf-8").splitlines()[0]


def test_real_ethome(shared):
    folder = shared("ethome/boris")
    (path,) = folder.glob("*.csv")
    contents = formats.read(path)
    (track,) = contents.labels
    assert contents.format == "boris_tabular"
    assert track.recording == "e3v813a-20210610T122332-122642_reencode"
    assert track.fps == 30
    assert len(track.rows) == 10
    assert {(row.behavior, row.animal) for row in track.rows} == {("interact", "adult")}
    pair = Recording("e", FrameClock.declared(5700, 30), ("adult", "juvenile"))
    bouts, problems = labels_to_bouts(track, pair, annotator="b", source=path.name)
    assert problems == []
    # 29.850 s x 30 = 895.5: halfway goes to the earlier; 34.725 x 30 = 1041.75.
    assert (bouts.start[0], bouts.stop[0]) == (895, 1042)
    assert (bouts.stop - bouts.start).sum() == pytest.approx(22.1 * 30, abs=10)


def test_real_ethome_several_behaviors(shared):
    (path,) = shared("ethome/boris/multiple_behaviors").glob("*.csv")
    (track,) = formats.read(path).labels
    assert track.behaviors == ("mount", "interact")
    assert len(track.rows) == 17


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_real_tabular_fixture(shared, suffix):
    (track,) = formats.read(shared(f"boris/test_export_events_tabular.{suffix}")).labels
    assert track.recording == "video_test_25fps_360s"
    assert [(r.animal, r.start, r.stop) for r in track.rows] == [
        ("subject1", 3.3, 7.75),
        ("subject1", 9.9, 16.2),
        ("subject1", 18.35, 24.475),
        ("subject2", 38.425, 46.1),
    ]


def test_real_aggregated_over_two_videos_needs_their_lengths(shared):
    path = shared("boris/test_export_aggregated_events_test_full_1.tsv")
    with pytest.raises(FormatError, match="goes over 2 videos"):
        formats.read(path)
    lenient = formats.read(path, strict=False)
    assert lenient.labels == ()
    assert [p.severity for p in lenient.problems] == [Severity.BLOCKING]
    lengths = {"video_test_25fps_180s.mp4": 179.96, "video_test_25fps_360s": 359.96}
    first, second = formats.read(path, media_durations_s=lengths).labels
    assert (first.recording, len(first.rows)) == ("video_test_25fps_180s", 6)
    assert (second.recording, len(second.rows)) == ("video_test_25fps_360s", 12)
    assert (second.rows[0].start, second.rows[0].stop) == (47.805, 73.53)
    with pytest.raises(FormatError, match="the total length in the file"):
        formats.read(path, media_durations_s=lengths | {"video_test_25fps_180s.mp4": 100.0})


def test_real_aggregated_without_a_header(shared):
    lengths = {"video_test_25fps_180s.mp4": 179.96, "video_test_25fps_360s.mp4": 359.96}
    folder = shared("boris")
    whole = formats.read(
        folder / "test_export_aggregated_events_test_full_1.tsv", media_durations_s=lengths
    )
    for number, subjects in ((2, {"subject1"}), (3, {"subject1", "subject2", ""})):
        path = folder / f"test_export_aggregated_events_test_full_{number}.tsv"
        contents = formats.read(path, media_durations_s=lengths)
        assert contents.format == "boris_aggregated"
        assert contents.fps == 25
        for track, reference in zip(contents.labels, whole.labels, strict=True):
            # They hold the states of these subjects, in another order, and no points.
            wanted = {
                (row.behavior, row.animal, row.start, row.stop)
                for row in reference.rows
                if row.behavior == "s"
                and row.animal in subjects
                and (number == 3 or row.start < 110)
            }
            assert {(r.behavior, r.animal, r.start, r.stop) for r in track.rows} == wanted
            assert track.recording == reference.recording


def test_real_export_of_one_video_of_two_states_the_length_of_both(shared):
    path = shared("boris/test_export_aggregated_events_test_full_2.tsv")
    (track,) = formats.read(path).labels
    assert track.length == 539.92  # which the import compares with the length of the recording
    with pytest.raises(FormatError, match="one without events may be missing"):
        formats.read(path, media_durations_s={"video_test_25fps_360s": 359.96})


def test_without_a_header_columns_are_known_by_place(tmp_path):
    contents = formats.read(file(tmp_path, BARE, "x.tsv"))
    (track,) = contents.labels
    assert rows(track) == [("rear", "m1", 1.0, 2.5, 1), ("twitch", "", 3.0, 3.0, 2)]
    assert [(row.modifiers, row.comment) for row in track.rows] == [("", "yes"), ("left", "why")]
    assert (track.recording, track.fps, track.length) == ("cage 3", 30, 60)


@pytest.mark.parametrize(
    ("old", "new"),
    [("1.500", "1.600"), ("STATE", "State"), ("2016-12-01", "first"), ("\t30.0\tCFA", "")],
)
def test_rows_that_do_not_fit_are_no_export_without_header(tmp_path, old, new):
    assert old in BARE
    with pytest.raises(FormatError, match="no format claims"):
        formats.sniff(file(tmp_path, BARE.replace(old, new), "x.tsv"))


TWICE = """Observation id,Media file name,FPS,Subject,Behavior,Behavior type,Start (s),Stop (s)
anna,cage 3.mp4,30,m1,rear,STATE,1,2
ben,cage 3.mp4,30,m1,rear,STATE,1.5,2
ben,cage 3.mp4,30,m1,walk,STATE,3,4
"""


def test_two_observations_of_one_video_are_two_opinions(tmp_path):
    path = file(tmp_path, TWICE)
    with pytest.raises(FormatError, match="'anna' and 'ben' both label 'rear' in 'cage 3'") as e:
        formats.read(path)
    assert e.value.row == 3
    assert [len(track.rows) for track in formats.read(path, strict=False).labels] == [1]
    both = formats.read(path, annotators={"anna": "A", "ben": "B"}).labels
    assert [(track.annotator, len(track.rows)) for track in both] == [("A", 1), ("B", 2)]
    other = file(tmp_path, TWICE.replace("ben,cage 3.mp4,30,m1,rear", "ben,cage 3.mp4,30,m1,dig"))
    assert len(formats.read(other).labels) == 2  # two passes over one video
    mice = file(tmp_path, TWICE.replace("ben,cage 3.mp4,30,m1", "ben,cage 3.mp4,30,m2"))
    assert len(formats.read(mice).labels) == 2  # one pass for each mouse
