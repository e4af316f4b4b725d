"""The SUBTLE data set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import labels_to_bouts, subtle
from boutwise.types import FrameClock, Recording, Subject


def test_defaults_fit_together():
    assert subtle.DEFAULTS["fps"] == 20
    ethogram = subtle.DEFAULTS["ethogram"]
    assert ethogram.names == subtle.BEHAVIORS
    assert ethogram.backgrounds == ("na",)
    assert set(subtle.DEFAULTS["roles"]) == set(subtle.KEYPOINTS)
    assert subtle.animal_of("young_8294") == subtle.animal_of("adult_8294.csv") == "8294"


def folder(tmp_path, *, labels=True):
    (tmp_path / "coords").mkdir()
    row = ",".join(str(i / 4) for i in range(27))
    (tmp_path / "coords/adult_1.csv").write_text(f"{row}\n{row}\n{row}\n", encoding="utf-8")
    if labels:
        (tmp_path / "annots").mkdir()
        text = ",0\n0.0,na\n0.05,rearing\n0.1,rearing\n"
        (tmp_path / "annots/adult_1.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("labels", [True, False])
def test_a_folder_has_members(tmp_path, labels):
    path = folder(tmp_path, labels=labels)
    assert formats.sniff(path) == "subtle"
    members = formats.files(path)
    assert [member.parent.name for member in members] == ["coords", "annots"][: 1 + labels]
    pose = formats.read(members[0])
    assert (pose.recording, pose.fps) == ("adult_1", 20)
    assert pose.pose.animals == ("1",)
    assert pose.pose.positions.shape == (3, 1, 9, 3)
    assert pose.pose.positions[0, 0, 8].tolist() == [6.0, 6.25, 6.5]
    with pytest.raises(FormatError, match="this is a folder"):
        formats.read(path)


def test_other_folders_are_not_claimed(tmp_path):
    (tmp_path / "coords").mkdir()
    with pytest.raises(FormatError, match="no format claims this folder; it holds coords"):
        formats.sniff(tmp_path)


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        (",0\n0.0,na\n0.0,na\n", 3, "the second is 0 after 0"),
        (",0\n0.0,na\n0.05,\n", 3, "no label"),
        (",0\n0.0,na\n,na\n", 3, "the second is nan"),
        (",0\n", 2, "no labels"),
    ],
)
def test_faults(tmp_path, text, row, words):
    path = tmp_path / "annots/adult_1.csv"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        formats.read(path, format="subtle")
    assert words in str(caught.value)
    assert caught.value.row == row


def test_real_labels_equal_the_file_frame_by_frame(shared):
    root = shared("subtle/labelled")
    total = 0
    for path in sorted((root / "annots").glob("*.csv")):
        pose = formats.read(root / "coords" / path.name).pose
        labels = pd.read_csv(path, keep_default_na=False)
        (track,) = formats.read(path).labels
        # Every label file has as many rows as its pose, adult_6115 (12,010) among them.
        assert track.n_rows == len(labels) == pose.n_frames
        animal = subtle.animal_of(path.name)
        recording = Recording(path.stem, FrameClock.declared(pose.n_frames, 20), (animal,))
        bouts, problems = labels_to_bouts(track, recording, annotator="h", source=path.name)
        assert problems == []
        states = bouts.to_frames(Subject(path.stem, animal), subtle.ETHOGRAM, pose.n_frames)
        assert (states.sum(axis=1) == 1).all()
        names = np.array(subtle.BEHAVIORS)[states.argmax(axis=1)]
        assert (names == labels["0"].to_numpy()).all()
        total += pose.n_frames
    assert total == 72_031


def test_real_unlabelled_folder(shared):
    members = formats.files(shared("subtle/unlabelled"))
    assert len(members) == 8
    assert {formats.sniff(member) for member in members} == {"subtle"}


def test_fewer_labels_than_pose_rows_stay_where_their_seconds_say(tmp_path):
    path = tmp_path / "annots/adult_1.csv"
    path.parent.mkdir()
    path.write_text(",0\n0.5,na\n0.55,rearing\n0.6,rearing\n", encoding="utf-8")
    (track,) = formats.read(path).labels
    recording = Recording("adult_1", FrameClock.declared(20, 20), ("1",))
    bouts, problems = labels_to_bouts(track, recording, annotator="", source="")
    assert list(zip(bouts.start.tolist(), bouts.stop.tolist(), strict=True)) == [(10, 11), (11, 13)]
    assert {(p.start, p.stop) for p in bouts.observed} == {(10, 13)}
    assert problems == []
