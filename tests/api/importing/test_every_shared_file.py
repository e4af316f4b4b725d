"""Every real file, in one table: which format reads it and what comes out, or why it is refused."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from boutwise.api.importing.verbs import plan_import
from boutwise.project import Project

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@dataclass(frozen=True)
class Row:
    """What is expected of the files whose path fits a pattern.

    Attributes:
        pattern: Path below the data, with ``*``; the first row that fits counts.
        format: Name of the format; empty where none claims the file.
        outcome: What comes out, or words of the refusal.
        options: Of the import, beside 25 frames a second and labels without pose.
        alike: Whether all files of the pattern have just this outcome, so that few are enough.
    """

    pattern: str
    format: str
    outcome: str
    options: dict[str, Any] = field(default_factory=dict)
    alike: bool = False


RULES = {"drop": ["Start/End", "StartEnd", "Start_End", "_DEFAULT"], "missing": "drop"}
MARKS = {"mapping": {"format": "intervals", "columns": {"recording": "ID"}, "rules": RULES}}
OWN_RATE: dict[str, Any] = {"fps": None}
TWO_VIDEOS = "refused: 'observation #2' goes over 2 videos, and how long"
IMAGES = "refused: the rows are labelled images, not the frames of a video"
NOBODY = "refused: no format claims it"
TABLE = [
    # --- human labels without pose
    Row("abode/annotations.csv", "abode", "4932 bouts of 200 recordings", OWN_RATE),
    Row("abode/datasplits.csv", "", "refused: a split of recordings for training and testing"),
    Row("dlcanalyzer/AllEPMLables.csv", "intervals", "1363 bouts of 5 recordings, 3 annot", MARKS),
    Row("dlcanalyzer/AllLabData*.csv", "intervals", "5384 bouts of 20 recordings, 3 annot", MARKS),
    Row("boris/test.boris", "boris_project", "56 bouts of 7 recordings"),
    Row("boris/test2.boris", "boris_project", "32 bouts of 4 recordings"),
    Row("boris/*_aggregated_*_1.tsv", "boris_aggregated", TWO_VIDEOS),
    Row("boris/*_aggregated_*_2.tsv", "boris_aggregated", "2 bouts of 1 recordings"),
    Row("boris/*_aggregated_*_3.tsv", "boris_aggregated", TWO_VIDEOS),
    Row("boris/*_events_tabular.*", "boris_tabular", "4 bouts of 1 recordings"),
    Row("ethome/boris/e3v*_reencode.csv", "boris_tabular", "10 bouts of 1 recordings", OWN_RATE),
    Row("ethome/boris/multiple*/*.csv", "boris_tabular", "17 bouts of 1 recordings", OWN_RATE),
    Row("prj_mouse_pain/Annotations/*", "trial_labels", "1 bouts of 1", {"trial_length": 360}),
    Row("subtle/labelled/annots/adult_6112.csv", "subtle", "818 bouts of 1", OWN_RATE),
    Row("subtle/labelled/annots/adult_6115.csv", "subtle", "698 bouts of 1", OWN_RATE),
    Row("subtle/labelled/annots/adult_6116.csv", "subtle", "673 bouts of 1", OWN_RATE),
    Row("subtle/labelled/annots/young_7100.csv", "subtle", "574 bouts of 1", OWN_RATE),
    Row("subtle/labelled/annots/young_8294.csv", "subtle", "681 bouts of 1", OWN_RATE),
    Row("subtle/labelled/annots/young_8301.csv", "subtle", "810 bouts of 1", OWN_RATE),
    # --- pose: frames x animals x keypoints x axes
    Row("subtle/labelled/coords/adult_611[25].csv", "subtle", "pose 12010 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/labelled/coords/adult_6116.csv", "subtle", "pose 12011 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/labelled/coords/young_7100.csv", "subtle", "pose 12017 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/labelled/coords/young_8294.csv", "subtle", "pose 11997 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/labelled/coords/young_8301.csv", "subtle", "pose 11986 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/unlabelled/coords/*_8767.csv", "subtle", "pose 11997 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/unlabelled/coords/adult_8789.csv", "subtle", "pose 11993 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/unlabelled/coords/young_8765.csv", "subtle", "pose 11997 x 1 x 9 x 3", OWN_RATE),
    Row("subtle/unlabelled/coords/*.csv", "subtle", "pose 11996 x 1 x 9 x 3", OWN_RATE),
    Row("bsoid/raw_clip1*.csv", "dlc_csv", "pose 7200 x 1 x 6 x 2"),
    Row("bsoid/raw_clip1*.h5", "dlc_h5", "pose 7200 x 1 x 6 x 2"),
    Row("deepof/testDLC_csv_table.csv", "dlc_csv", "pose 97 x 1 x 14 x 2"),
    Row("deepof/testDLC_csv_table_multi.csv", "dlc_csv", "pose 98 x 1 x 28 x 2"),
    Row("deepof/testDLC_h5_table.h5", "dlc_h5", "pose 100 x 1 x 14 x 2"),
    Row("deepof/testDLC_h5_table_madlc.h5", "dlc_h5", "pose 100 x 2 x 14 x 2"),
    Row("deepof/SLEAP/*.analysis.h5", "sleap_h5", "pose 101 x 1 x 14 x 2"),
    Row("deepof/SLEAP/*.slp", "", "refused: a SLEAP project"),
    Row("dlc_openfield/pose/*_three.csv", "dlc_csv", "pose 2330 x 3 x 4 x 2"),
    Row("dlc_openfield/pose/*.csv", "dlc_csv", "pose 2330 x 1 x 4 x 2"),
    Row("dlcanalyzer/EPM_15*.csv", "dlc_csv", "pose 962 x 1 x 25 x 2"),
    Row("ethome/*_el_filtered.csv", "dlc_csv", "pose 5700 x 2 x 7 x 2"),
    Row("ethome/sample_nwb_.nwb", "nwb", "pose 2330 x 1 x 4 x 2"),
    Row("jabs/sample_pose_est_v2.h5", "jabs_h5", "pose 1800 x 1 x 12 x 2"),
    Row("jabs/sample_pose_est_v3.h5", "jabs_h5", "refused: there are 232 pieces of tracks"),
    Row("mabe22_clip/*.h5", "dlc_h5", "pose 1800 x 3 x 12 x 2"),
    Row("paws/jones2020_tracks.npz", "paws", "pose of 58 recordings, 229 ratings"),
    Row("prj_mouse_pain/Videos/*.csv", "dlc_csv", "pose 1080 x 1 x 6 x 2"),
    Row("prj_mouse_pain/Videos/*.h5", "dlc_h5", "pose 1080 x 1 x 6 x 2"),
    Row("vame/cropped_video.csv", "dlc_csv", "pose 750 x 1 x 6 x 2"),
    Row("vame/cropped_video.nwb", "nwb", "pose 750 x 1 x 6 x 2"),
    # --- what a network was trained on: points of single images
    Row("dlc_openfield/labeled-data/*/CollectedData_*.csv", "dlc_csv", IMAGES),
    Row("dlc_openfield/labeled-data/*/CollectedData_*.h5", "dlc_h5", IMAGES),
    Row("lightning_pose/*/CollectedData.csv", "dlc_csv", IMAGES),
    Row("*.png", "", NOBODY, alike=True),
    # --- videos
    Row("vame/cropped_video.mp4", "video", "video of 749 frames, 25 a second", OWN_RATE),
    Row("dlc_openfield/videos/m3v1mp4.mp4", "video", "video of 2330 frames, 30 a second", OWN_RATE),
    Row("mabe22_clip/*.mp4", "video", "video of 1801 frames, 30 a second", OWN_RATE),
    Row("lightning_pose/*.mp4", "video", "video of 994 frames, 250 a second", OWN_RATE),
    Row("lupe_clips/*.mp4", "video", "frames, 60 a second", OWN_RATE),
    # --- no data of a recording
    Row("scoring/case.npz", "", "refused: NumPy arrays, which no format claims by their names"),
    Row("dlc_openfield/config.yaml", "", NOBODY),
    Row("mabe22_clip/example.json", "", NOBODY),
    Row("lupe_clips/METADATA.txt", "", NOBODY),
    Row("jabs/readme.txt", "", NOBODY),
    Row("paws/C[IO]*", "", NOBODY),
    Row("*.md", "", NOBODY),
    Row("*LICENSE*", "", NOBODY),
]
"""Of a file with several recordings, the pose is counted; bouts are those of all recordings."""


@cache
def every_file() -> tuple[str, ...]:
    return tuple(
        sorted(path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file())
    )


def fitting(row: Row) -> list[str]:
    """The files for which a row is the first that fits."""
    place = next(place for place, other in enumerate(TABLE) if other is row)
    before = [other.pattern for other in TABLE[:place]]
    return [
        name
        for name in every_file()
        if fnmatch.fnmatchcase(name, row.pattern)
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in before)
    ]


def outcome(plan) -> str:
    """What a plan would bring in, in words; else why not."""
    poses = [planned for planned in plan.recordings if planned.format]
    words = []
    for planned in poses[:1]:
        dims = planned.parsed.positions.shape
        words.append("pose " + " x ".join(map(str, dims)))
    for planned in plan.recordings[:1]:
        if planned.video is not None:
            words.append(
                f"video of {planned.recording.n_frames} frames, "
                f"{planned.recording.clock.fps:.4g} a second"
            )
    if len(poses) > 1:
        words = [f"pose of {len(poses)} recordings"]
    if plan.labels:
        recordings = {part.recording for planned in plan.labels for part in planned.parts}
        people = {part.annotator for planned in plan.labels for part in planned.parts} - {""}
        bouts = sum(len(planned.bouts) for planned in plan.labels)
        ratings = sum(len(planned.ratings) for planned in plan.labels)
        if bouts or not ratings:
            words.append(f"{bouts} bouts of {len(recordings)} recordings")
        if people:
            words.append(f"{len(people)} annotators")
        if ratings:
            words.append(f"{ratings} ratings")
    if not words:
        return "refused: " + plan.rows[0].why
    return ", ".join(words)


@pytest.fixture
def empty(tmp_path):
    if not DATA.is_dir():
        pytest.skip("the real data is not on this machine")
    with Project.create(tmp_path / "p") as project:
        yield project


def test_every_file_is_in_the_table(empty):
    told = {name for row in TABLE for name in fitting(row)}
    assert [name for name in every_file() if name not in told] == []


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.pattern)
def test_what_comes_of_it(empty, row):
    names = fitting(row)
    assert names, "no file fits this row"
    for name in names[:3] if row.alike else names:
        options = {"fps": 25, "labels_only": True, **row.options}
        plan = plan_import(empty, DATA / name, **options)
        assert {line.format for line in plan.rows} == {row.format}, name
        assert row.outcome in outcome(plan), name
