from __future__ import annotations

import pytest

from boutwise import formats
from boutwise.api import convert
from boutwise.errors import FormatError, UsageError
from boutwise.formats import bouts_csv
from boutwise.types import Bout, Bouts, FrameClock, Observed


@pytest.fixture
def intervals(tmp_path):
    path = tmp_path / "m1.csv"
    rows = "behavior,start_s,stop_s\nrest,0,1.5\nwalk,1.5,60.0\n"
    path.write_text(rows, encoding="utf-8")
    return path


def spoken_frames(path):
    (track,) = formats.read(path).labels
    return max(piece.stop for piece in track.examined)


def test_the_recording_ends_with_its_last_label_and_not_a_frame_later(tmp_path, intervals):
    target = tmp_path / "out.bouts.csv"
    convert(intervals, target, fps=30)
    assert spoken_frames(target) == 1800
    again = tmp_path / "again.bouts.csv"
    convert(target, again)
    assert spoken_frames(again) == 1800


def test_the_observed_table_tells_the_end_and_a_point_takes_a_frame(tmp_path):
    source, target = tmp_path / "a.bouts.csv", tmp_path / "b.bouts.csv"
    bouts = Bouts.from_rows([Bout("r", "m", "walk", 10, 20)], [Observed("r", "m", "walk", 0, 100)])
    bouts_csv.write(source, bouts, clocks={"r": FrameClock.declared(100, fps=25)})
    convert(source, target)
    assert spoken_frames(target) == 100
    point = tmp_path / "p.csv"
    point.write_text("behavior,start_s,stop_s\nflinch,2,2\n", encoding="utf-8")
    convert(point, tmp_path / "p.bouts.csv", fps=25)
    assert spoken_frames(tmp_path / "p.bouts.csv") == 51


def test_a_number_of_frames_wins(tmp_path, intervals):
    convert(intervals, tmp_path / "out.bouts.csv", fps=30, frames=2000)
    assert spoken_frames(tmp_path / "out.bouts.csv") == 2000


def test_the_name_tells_the_format_or_it_must_be_given(tmp_path, intervals):
    convert(intervals, tmp_path / "out.frames.csv", fps=30)
    convert(intervals, tmp_path / "out.tsv", fps=30)
    convert(intervals, tmp_path / "out.boris", fps=30)
    assert formats.sniff(tmp_path / "out.boris") == "boris_project"
    assert formats.sniff(tmp_path / "out.frames.csv") == "frame_csv"
    assert formats.sniff(tmp_path / "out.tsv") == "boris_aggregated"
    with pytest.raises(UsageError, match=r"'out\.xyz' does not tell the format"):
        convert(intervals, tmp_path / "out.xyz", fps=30)
    assert not (tmp_path / "out.xyz").exists()
    convert(intervals, tmp_path / "out.xyz", fps=30, to="bouts_csv")


def test_a_file_of_one_trial_becomes_a_recording(tmp_path):
    path = tmp_path / "prediction_video.mp4_2.csv"
    path.write_text(
        "Frame,Action\n" + "".join(f"{n},{'walk' if n < 5 else 'rest'}\n" for n in range(20)),
        encoding="utf-8",
    )
    target = tmp_path / "out.bouts.csv"
    convert(path, target, format="trial_labels", fps=30)
    (track,) = formats.read(target).labels
    assert track.recording == "video_2"
    assert spoken_frames(target) == 20


BORIS = """Media file,Total length,FPS,Subject,Behavior,Behavior type,Start (s),Stop (s)
cage 3.mp4,2.0,25,m1,rear,STATE,0.4,1.0
cage 3.mp4,2.0,25,m1,walk,STATE,1.0,1.6
"""


def test_a_stated_length_tells_the_end_and_labels_become_those_of_deepethogram(tmp_path):
    source, target = tmp_path / "boris.csv", tmp_path / "cage 3_labels.csv"
    source.write_text(BORIS, encoding="utf-8")
    convert(source, target)
    assert formats.sniff(target) == "deepethogram"
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",background,rear,walk"
    assert len(lines) == 1 + 50  # 2.0 s at 25 frames a second
    assert next(line for line in lines if line.endswith("1,0")) == "10,0,1,0"
    assert lines[-1] == "49,1,0,0"
    back = tmp_path / "back.bouts.csv"
    convert(target, back, fps=25)
    (track,) = formats.read(back).labels
    assert {(row.behavior, row.start, row.stop) for row in track.rows} == {
        ("background", 0, 10),
        ("rear", 10, 25),
        ("walk", 25, 40),
        ("background", 40, 50),
    }


FAULTY = "behavior,start_s,stop_s\nwalk,0,2\nrest,3,\nwalk,4,5\n"


def test_a_mapping_says_what_to_do_with_faults_as_for_the_import(tmp_path):
    source, target = tmp_path / "faulty.csv", tmp_path / "out.bouts.csv"
    source.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(FormatError, match="stop") as caught:
        convert(source, target, fps=10)
    assert "rules" in (caught.value.todo or "")
    assert not target.exists()
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("format: intervals\nrules: {missing: drop}\n", encoding="utf-8")
    convert(source, target, fps=10, mapping=mapping)
    (track,) = formats.read(target).labels
    assert [(row.behavior, row.start, row.stop) for row in track.rows] == [
        ("walk", 0, 20),
        ("walk", 40, 50),
    ]


def test_a_mapping_names_the_columns_of_a_table_that_no_format_claims(tmp_path):
    source = tmp_path / "strange.csv"
    source.write_text("what,from,to\nwalk,0,2\n", encoding="utf-8")
    columns = {"behavior": "what", "start_s": "from", "stop_s": "to"}
    fields = {"format": "intervals", "columns": columns}
    with pytest.raises(FormatError):
        convert(source, tmp_path / "a.bouts.csv", fps=10)
    convert(source, tmp_path / "a.bouts.csv", fps=10, mapping=fields)
    assert spoken_frames(tmp_path / "a.bouts.csv") == 20
    with pytest.raises(UsageError, match="the mapping is for intervals"):
        convert(source, tmp_path / "b.csv", fps=10, mapping=fields, format="frame_labels")
