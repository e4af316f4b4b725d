"""DeepEthogram label files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from _samples import DEEPETHOGRAM

from boutwise import formats
from boutwise.errors import FormatError, LabelError
from boutwise.formats import deepethogram, labels_to_bouts
from boutwise.types import Bout, Bouts, FrameClock, Observed, Recording, Subject
from boutwise.types.bouts import from_frames


def file(tmp_path, text=DEEPETHOGRAM, name="cage 5_labels.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_several_behaviors_of_a_frame_background_and_unlabelled(tmp_path):
    contents = formats.read(file(tmp_path))
    (track,) = contents.labels
    assert (contents.format, track.recording, track.unit) == ("deepethogram", "cage 5", "frame")
    assert track.n_rows == 3
    assert [(r.behavior, r.start, r.stop, r.row) for r in track.rows] == [
        ("background", 0, 1, 2),
        ("rear", 1, 2, 3),
        ("walk", 1, 2, 3),
    ]
    assert {(r.behavior, r.start, r.stop) for r in track.examined} == {
        (name, 0, 2) for name in ("background", "rear", "walk")
    }


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ("0,1,0,0", "0,1,0,1", 2, "background and 'walk'"),
        ("1,0,1,1", "1,0,0,0", 3, "neither background nor any behavior"),
    ],
)
def test_a_background_that_contradicts_the_behaviors(tmp_path, old, new, row, words):
    path = file(tmp_path, DEEPETHOGRAM.replace(old, new))
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(path)
    assert (caught.value.file, caught.value.row) == (str(path), row)
    contents = deepethogram.read(path, strict=False)
    assert [problem.row for problem in contents.problems] == [row]
    (track,) = contents.labels
    assert all(not label.start <= row - 2 < label.stop for label in track.examined)


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ("1,0,1,1", "1,0,-2,1", 3, "'-2' in the column 'rear' is no state"),
        ("1,0,1,1", "0,0,1,1", 3, "the frame is 0 after 0"),
        ("walk", "rear", 1, "every behavior once"),
        ("walk", "", 1, "every behavior once"),
        (",background", "frame,background", 1, "row numbers without a head"),
    ],
)
def test_faults(tmp_path, old, new, row, words):
    path = file(tmp_path, DEEPETHOGRAM.replace(old, new))
    with pytest.raises(FormatError) as caught:
        deepethogram.read(path)
    assert words in str(caught.value)
    assert caught.value.row == row


def test_what_the_writer_makes_of_bouts(tmp_path):
    bouts = Bouts.from_rows(
        [Bout("r", "m", "rear", 1, 3), Bout("r", "m", "walk", 2, 4)],
        [Observed("r", "m", "rear", 0, 5), Observed("r", "m", "walk", 0, 6)],
    )
    path = tmp_path / "r_labels.csv"
    deepethogram.write(path, bouts, clocks={"r": FrameClock.declared(7, 30)})
    assert path.read_text(encoding="utf-8").splitlines() == [
        ",background,rear,walk",
        "0,1,0,0",
        "1,0,1,0",
        "2,0,1,1",
        "3,0,0,1",
        "4,1,0,0",
        "5,-1,-1,0",  # rear was not looked for: nobody knows whether this is background
        "6,-1,-1,-1",
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Bout("r", "m", "rear", 1, 3, state="unscorable")], "unscorable"),
        ([Bout("r", "m", "rear", 1, 3), Bout("r", "m", "background", 2, 4)], "background and a"),
        ([Bout("r", "m", "rear", 1, 3), Bout("r", "n", "rear", 1, 3)], "2 animals"),
        ([Bout("r", "m", "rear", 1, 3, target="n")], "1 animals or pairs"),
        ([Bout("r", "m", "rear", 1, 3, annotator="a"), Bout("r", "m", "b", 1, 3)], "2 annotators"),
        ([Bout("r", "m", "rear", 1, 9)], "ends at frame 9"),
    ],
)
def test_the_writer_refuses_what_the_tool_cannot_say(tmp_path, rows, words):
    with pytest.raises(LabelError, match=words):
        deepethogram.write(
            tmp_path / "x.csv", Bouts.from_rows(rows), clocks={"r": FrameClock.declared(7, 30)}
        )
    assert not list(tmp_path.iterdir())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    frames=st.lists(st.sampled_from(["background", "-", "01", "10", "11"]), min_size=1, max_size=30)
)
def test_a_file_is_written_as_it_was_read(frames, tmp_path):
    states = np.array(
        [
            [1, 0, 0]
            if frame == "background"
            else [-1] * 3
            if frame == "-"
            else [0, *map(int, frame)]
            for frame in frames
        ],
        dtype=np.int8,
    )
    subject, names = Subject("r", "m"), ("background", "rear", "walk")
    bouts = from_frames(states, subject, names)
    if not len(bouts):
        return
    clock = FrameClock.declared(len(frames), 30)
    path = tmp_path / "r_labels.csv"
    deepethogram.write(path, bouts, clocks={"r": clock})
    (track,) = deepethogram.read(path).labels
    back, problems = labels_to_bouts(track, Recording("r", clock, ("m",)), annotator="", source="")
    assert not problems
    again = tmp_path / "again_labels.csv"
    deepethogram.write(again, back, clocks={"r": clock})
    assert again.read_bytes() == path.read_bytes()
    cells = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    place = [cells[0].index(name) for name in names]
    assert [[int(row[p]) for p in place] for row in cells[1:]] == states.tolist()
