"""MABe 2025: poses in long form, bouts, what was examined, and the submission."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from _samples import MABE_BODY, MABE_TABLE, SUBMISSION, write_mabe

from boutwise import formats
from boutwise.errors import FormatError, LabelError
from boutwise.formats import mabe2025
from boutwise.formats._mabe_csv import one_at_a_time
from boutwise.types import Bout, Bouts, FrameClock, Observed

POSE, BOUTS = "train_tracking/LabA/11.parquet", "train_annotation/LabA/11.parquet"


@pytest.fixture
def folder(tmp_path):
    write_mabe(tmp_path / POSE)
    return tmp_path


def rewrite(path, change):
    table = pd.read_parquet(path)
    changed = change(table)
    (table if changed is None else changed).to_parquet(path, index=False)


def row_by_row(path):
    """What the file says, the slow and obvious way."""
    table = pd.read_parquet(path)
    mice, parts = sorted(set(table.mouse_id)), list(MABE_BODY)
    positions = np.full((int(table.video_frame.max()) + 1, len(mice), len(parts), 2), np.nan)
    for _, row in table.iterrows():
        place = int(row.video_frame), mice.index(row.mouse_id), parts.index(row.bodypart)
        positions[place] = row.x, row.y
    return positions.astype(np.float32)


def test_a_pose_file(folder):
    contents = formats.read(folder / POSE)
    pose = contents.pose
    assert (pose.animals, pose.keypoints) == (("mouse1", "mouse2"), MABE_BODY)
    assert pose.roles["ear_left"] == "left_ear"
    assert (contents.recording, contents.fps, pose.unit) == ("11", 30, "px")
    np.testing.assert_array_equal(pose.positions, row_by_row(folder / POSE))
    first, second = contents.animals
    assert (first.id, first.sex, first.strain, first.cohort) == (
        "LabA/12", "male", "C57BL/6J", "LabA",
    )  # fmt: skip
    assert second.id == "11/mouse2"


@pytest.mark.parametrize("seed", range(4))
def test_rows_in_any_order_with_gaps(folder, seed):
    rng = np.random.default_rng(seed)

    def change(table):
        table = table.sample(frac=0.6, random_state=seed)
        table.loc[table.index[:3], "x"] = np.nan
        return table.astype({"video_frame": rng.choice(["int16", "int64", "float64"])})

    rewrite(folder / POSE, change)
    np.testing.assert_array_equal(
        formats.read(folder / POSE).pose.positions, row_by_row(folder / POSE)
    )


def test_mice_may_have_words_and_the_third_may_be_missing(folder):
    rewrite(folder / POSE, lambda t: t.assign(mouse_id=t.mouse_id.map({1: "mouse3", 2: "mouse1"})))
    assert formats.read(folder / POSE).pose.animals == ("mouse1", "mouse3")


def test_several_row_groups(folder):
    table = pd.read_parquet(folder / POSE)
    table.to_parquet(folder / POSE, index=False, row_group_size=7)
    np.testing.assert_array_equal(
        formats.read(folder / POSE).pose.positions, row_by_row(folder / POSE)
    )


def test_bouts_and_what_was_examined(folder):
    contents = formats.read(folder / BOUTS)
    (track,) = contents.labels
    rows = [(r.behavior, r.start, r.stop, r.animal, r.target) for r in track.rows]
    assert rows == [("attack", 1, 3, "mouse1", "mouse2"), ("rear", 0, 6, "mouse2", "")]
    examined = [(r.behavior, r.start, r.stop, r.animal, r.target) for r in track.examined]
    assert examined == [("attack", 0, 6, "mouse1", "mouse2"), ("rear", 0, 6, "mouse2", "")]
    scopes = {behavior.name: behavior.scope for behavior in contents.ethogram.behaviors}
    assert scopes == {"attack": "directed", "rear": "individual"}
    assert not contents.problems


def test_a_bout_of_what_was_not_listed_is_kept_and_told(tmp_path):
    write_mabe(tmp_path / POSE, behaviors_labeled='["mouse1,mouse2,attack"]')
    contents = formats.read(tmp_path / BOUTS)
    assert len(contents.labels[0].rows) == 2
    assert [r.behavior for r in contents.labels[0].examined] == ["attack"]
    assert "mouse2,self,rear" in contents.problems[0].what


def test_a_bout_without_length_stops_or_is_left_out(folder):
    rewrite(folder / BOUTS, lambda t: t.assign(stop_frame=[1, 6]))
    with pytest.raises(FormatError, match="goes from frame 1 to 1") as caught:
        formats.read(folder / BOUTS)
    assert caught.value.row == 1
    contents = formats.read(folder / BOUTS, strict=False)
    assert [row.behavior for row in contents.labels[0].rows] == ["rear"]
    assert [row.behavior for row in contents.labels[0].lost] == ["attack"]


def test_a_number_with_two_sexes_is_two_animals(tmp_path):
    write_mabe(tmp_path / POSE)
    other = {**MABE_TABLE, "video_id": "12", "mouse1_sex": "female"}
    pd.DataFrame([MABE_TABLE, other]).to_csv(tmp_path / "train.csv", index=False)
    assert formats.read(tmp_path / POSE).animals[0].id == "LabA/12_male-C57BL-6J"


def test_a_number_for_both_mice_names_neither(tmp_path):
    write_mabe(tmp_path / POSE, mouse2_id="12")
    assert [a.id for a in formats.read(tmp_path / POSE).animals] == ["11/mouse1", "11/mouse2"]


def test_a_pose_without_its_table_knows_no_rate_and_bouts_are_refused(folder):
    (folder / "train.csv").unlink()
    contents = formats.read(folder / POSE)
    assert (contents.fps, contents.animals) == (None, ())
    with pytest.raises(FormatError, match=r"the table .* is not there") as caught:
        formats.read(folder / BOUTS)
    assert "train.csv" in str(caught.value)


def test_the_folder_is_one_format(folder):
    assert formats.sniff(folder) == "mabe2025"
    assert [path.parent.parent.name for path in formats.files(folder)] == [
        "train_tracking", "train_annotation",
    ]  # fmt: skip


def put(row, **cells):
    return lambda t: t.assign(
        **{name: [*t[name][:row], v, *t[name][row + 1 :]] for name, v in cells.items()}
    )


DAMAGES = {
    "a frame below 0": (POSE, put(4, video_frame=-1), "the frame is -1", 5),
    "a frame far away": (POSE, put(4, video_frame=10**7), "the frame is 10000000", 5),
    "half a frame": (POSE, put(4, video_frame=0.5), "'video_frame' is missing or cannot be", 5),
    "no mouse": (POSE, put(2, mouse_id=None), "'mouse_id' is missing", 3),
    "no body part": (POSE, put(2, bodypart=None), "'bodypart' is missing", 3),
    "a point twice": (POSE, lambda t: pd.concat([t, t[9:10]]), "there twice in a frame", 85),
    "infinite": (POSE, put(6, x=np.inf), "'x' is missing or cannot be", 7),
    "words for numbers": (POSE, lambda t: t.assign(x="left"), "the column 'x' holds", None),
    "no rows": (POSE, lambda t: t[:0], "there are no rows", None),
    "no action": (BOUTS, put(1, action=None), "'action' is missing", 2),
    "no stop": (BOUTS, put(0, stop_frame=None), "'stop_frame' is missing", 1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_wrong_is_said_with_its_row(folder, name):
    file, change, words, row = DAMAGES[name]
    rewrite(folder / file, change)
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(folder / file)
    assert (caught.value.file, caught.value.row) == (str(folder / file), row)


TABLES = {
    "no lab": ({"lab_id": ""}, "has no video_id, lab_id"),
    "a rate in words": ({"frames_per_second": "fast"}, "'fast' cannot be the frames_per_second"),
    "two words": ({"behaviors_labeled": '["mouse1,attack"]'}, "'mouse1,attack' in"),
    "no list": ({"behaviors_labeled": "attack"}, "behaviors_labeled cannot be read"),
    "another video": ({"video_id": "12"}, "does not know the video '11'"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_broken_table_is_said_with_its_row(tmp_path, name):
    changes, words = TABLES[name]
    write_mabe(tmp_path / POSE, **changes)
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(tmp_path / POSE)
    strange = name == "another video"
    assert caught.value.file == str(tmp_path / (POSE if strange else "train.csv"))
    assert caught.value.row == (None if strange else 2)


@pytest.mark.parametrize("file", [POSE, BOUTS])
def test_a_parquet_file_cut_off_is_refused(folder, file):
    data = (folder / file).read_bytes()
    for cut in (0, 3, len(data) // 2, len(data) - 9):
        (folder / file).write_bytes(data[:cut])
        with pytest.raises(FormatError) as caught:
            formats.read(folder / file, format="mabe2025")
        assert caught.value.file == str(folder / file)


def test_a_submission_is_written_as_the_contest_has_it(tmp_path):
    rows = [
        Bout("11", "mouse1", "attack", 1, 3, target="mouse2", confidence=0.9),
        Bout("11", "mouse2", "rear", 0, 6, confidence=0.4),
        Bout("11", "mouse2", "sit", 0, 6, state="no"),
    ]
    observed = [Observed("11", "mouse1", "attack", 0, 6, "mouse2")]
    path = tmp_path / "submission.csv"
    mabe2025.write(path, Bouts.from_rows(rows, observed), clocks={"11": FrameClock.declared(6, 30)})
    assert path.read_text(encoding="utf-8") == SUBMISSION


def test_an_animal_of_a_project_is_no_mouse_of_the_contest(tmp_path):
    bouts = Bouts.from_rows([Bout("11", "LabA/12", "rear", 0, 6)])
    with pytest.raises(LabelError, match="no mouse called 'LabA/12'"):
        mabe2025.write(tmp_path / "s.csv", bouts, clocks={})
    assert not (tmp_path / "s.csv").exists()


SPANS = st.lists(
    st.tuples(
        st.integers(0, 20), st.integers(1, 8), st.sampled_from("abc"), st.floats(0, 1, width=16)
    ),
    max_size=8,
)


@given(SPANS)
def test_of_overlapping_bouts_the_most_confident_keeps_the_frame(spans):
    bouts = [Bout("v", "mouse1", b, a, a + n, confidence=c) for a, n, b, c in spans]
    kept = one_at_a_time(bouts)
    for frame in range(30):
        there = [bout for bout in bouts if bout.start <= frame < bout.stop]
        mine = [bout for bout in kept if bout.start <= frame < bout.stop]
        assert len(mine) == bool(there)
        if there:
            assert mine[0].confidence == max(bout.confidence for bout in there)
    assert all(bout.start < bout.stop for bout in kept)


def test_a_submission_reads_back(tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text(SUBMISSION, encoding="utf-8")
    (track,) = formats.read(path).labels
    assert (track.recording, track.examined) == ("11", ())
    assert [(r.animal, r.target) for r in track.rows] == [("mouse1", "mouse2"), ("mouse2", "")]
    with path.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2


def test_videos_are_called_without_the_folders_of_their_labs(tmp_path):
    def bouts(*names):
        return Bouts.from_rows([Bout(name, "mouse1", "sniff", 0, 9) for name in names], [])

    path = tmp_path / "s.csv"
    mabe2025.write(path, bouts("alder/11", "beech/12", "13"), clocks={})
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(row.split(",")[1] for row in rows) == ["11", "12", "13"]
    with pytest.raises(LabelError, match="'alder/11' and 'beech/11' would be the same video '11'"):
        mabe2025.write(path, bouts("alder/11", "beech/11"), clocks={})
