"""NWB files with ndx-pose."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import nwb_series, write_nwb

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import nwb as nwb_format
from boutwise.formats._nwb_times import stamped

pytest.importorskip("pynwb", reason="the extra 'nwb' is not installed")
pytest.importorskip("ndx_pose", reason="the extra 'nwb' is not installed")


def file(tmp_path, fill=None, name="cage 3.nwb"):
    path = tmp_path / name
    write_nwb(path, fill)
    return path


def with_pose(*containers, **more):
    """What puts pose estimations into a file: (name, series...) each."""

    def fill(nwb):
        from ndx_pose import PoseEstimation

        module = nwb.create_processing_module("behavior", "pose")
        for name, *series in containers:
            module.add(PoseEstimation(name=name, pose_estimation_series=series, **more))

    return fill


def test_values_confidence_and_rate(tmp_path):
    contents = formats.read(file(tmp_path))
    pose = contents.pose
    assert (contents.format, contents.recording, contents.fps) == ("nwb", "cage 3", 25)
    assert (pose.animals, pose.keypoints, pose.unit) == (("animal",), ("nose", "tail_base"), "px")
    assert pose.roles == {"nose": "nose", "tail_base": "tail_base"}
    for row in range(5):
        np.testing.assert_array_equal(
            pose.positions[row, 0], [[row, 10 + row], [100 + row, 110 + row]]
        )
        np.testing.assert_allclose(pose.confidence[row, 0], 0.5 + row / 10 % 0.5)
    assert contents.row_to_frame is None
    assert not contents.problems


def test_a_skeleton_gives_the_order_and_a_subject_the_name(tmp_path):
    def fill(nwb):
        from ndx_pose import PoseEstimation, Skeleton, Skeletons
        from pynwb.file import Subject

        nwb.subject = Subject(subject_id="m7", species="Mus musculus", age="P9W", sex="F")
        skeleton = Skeleton(name="mouse", nodes=["tail", "nose"])
        module = nwb.create_processing_module("behavior", "pose")
        module.add(Skeletons(skeletons=[skeleton]))
        points = [nwb_series("nose", 0, rate=25.0), nwb_series("tail", 50, rate=25.0)]
        module.add(PoseEstimation(name="x", pose_estimation_series=points, skeleton=skeleton))

    pose = formats.read(file(tmp_path, fill)).pose
    assert (pose.animals, pose.keypoints) == (("m7",), ("tail", "nose"))
    assert pose.positions[0, 0, 0, 0] == 50


def test_animals_in_the_words_of_deeplabcuts_converter(tmp_path):
    series = [
        nwb_series(
            f"{animal}_{point}",
            first,
            timestamps=np.arange(5) / 50 + 3,
            description=f"Keypoint {point} from individual {animal}.",
            reference_frame="(0,0) corresponds to the bottom left corner of the video.",
        )
        for first, (animal, point) in enumerate([("m_1", "nose"), ("m_1", "ear"), ("m_2", "nose")])
    ]
    contents = formats.read(file(tmp_path, with_pose(("PoseEstimation", *series))))
    pose = contents.pose
    assert (pose.animals, set(pose.keypoints)) == (("m_1", "m_2"), {"nose", "ear"})
    assert np.isnan(pose.positions[:, 1, pose.keypoints.index("ear")]).all()
    assert pose.positions[0, 1, pose.keypoints.index("nose"), 0] == 2
    assert contents.fps == pytest.approx(50)
    assert "y counts from the bottom" in contents.problems[0].what


def test_several_containers_must_be_named(tmp_path):
    left, right = (nwb_series("nose", first, rate=30.0) for first in (0, 70))
    path = file(tmp_path, with_pose(("a", left), ("b", right)))
    with pytest.raises(FormatError, match="2 pose estimations: a, b") as caught:
        formats.read(path)
    assert "containers: [a, b]" in caught.value.todo
    both = formats.read(path, containers=["b", "a"]).pose
    assert both.animals == ("b", "a")
    assert both.positions[0, :, 0, 0].tolist() == [70, 0]
    assert formats.read(path, containers=["b"]).pose.positions[0, 0, 0, 0] == 70
    with pytest.raises(FormatError, match="no pose estimation 'c'"):
        formats.read(path, containers=["c"])


def test_units_and_conversion(tmp_path):
    series = nwb_series("nose", 1, rate=30.0, unit="meters", conversion=0.01)
    pose = formats.read(file(tmp_path, with_pose(("a", series)))).pose
    assert pose.unit == "mm"
    np.testing.assert_allclose(pose.positions[0, 0, 0], [10, 110])
    series = nwb_series("nose", 1, rate=30.0, unit="furlongs")
    assert formats.read(file(tmp_path, with_pose(("a", series)))).pose.unit == "unknown"


def test_three_dimensions_without_confidence(tmp_path):
    data = np.arange(15.0).reshape(5, 3)
    series = nwb_series("nose", 0, rate=30.0, data=data, confidence=None)
    pose = formats.read(file(tmp_path, with_pose(("a", series)))).pose
    np.testing.assert_array_equal(pose.positions[:, 0, 0], data)
    assert pose.confidence is None


def test_a_told_rate_wins_and_is_reported(tmp_path):
    path = file(tmp_path)
    contents = formats.read(path, fps=30)
    assert contents.fps == 30
    assert "25.000 frames a second, and 30 are used as told" in contents.problems[0].what
    assert not formats.read(path, fps=25).problems


@pytest.mark.parametrize(
    ("seconds", "fps", "frames", "words"),
    [
        (3 + np.arange(9) / 25, 25, None, []),
        (np.arange(9.0), None, None, ["they count frames, and are no seconds"]),
        (np.delete(np.arange(9), [3, 4]) / 25, 25, [0, 1, 2, 5, 6, 7, 8], ["2 frames have no row"]),
        (np.array([0.0]), None, None, []),
        (np.array([0, 0.04, 0.09, 0.11, 0.16]), 25, None, ["the rows come unevenly"]),
    ],
)
def test_times(seconds, fps, frames, words):
    times = stamped(np.asarray(seconds, dtype=np.float64), path=Path("x.nwb"))
    assert times.fps == (None if fps is None else pytest.approx(fps))
    assert (None if times.row_to_frame is None else times.row_to_frame.tolist()) == frames
    assert len(times.problems) == len(words)
    for problem, word in zip(times.problems, words, strict=True):
        assert word in problem.what
    assert times.start_s == seconds[0]


def test_uneven_times_are_the_clock_of_the_recording(tmp_path):
    from boutwise.api import plan_import
    from boutwise.project import Project

    stamps = np.array([5.0, 5.1, 5.2, 5.55, 5.65, 5.75])

    def fill(nwb):
        from pynwb.epoch import TimeIntervals

        with_pose(("a", nwb_series("nose", 0, rows=6, timestamps=stamps)))(nwb)
        table = TimeIntervals(name="seen", description="seen")
        table.add_column("behavior", "what")
        table.add_interval(start_time=5.2, stop_time=5.65, behavior="rear")
        nwb.add_time_intervals(table)

    path = file(tmp_path, fill)
    contents = formats.read(path)
    np.testing.assert_allclose(contents.times_s, stamps - 5)
    assert "come unevenly" in contents.problems[0].what
    assert formats.read(path, fps=10).times_s is None  # as told
    with Project.create(tmp_path / "p") as project:
        plan = plan_import(project, path)
        recording = plan.recordings[0].recording
        (labels,) = plan.labels
    assert recording.clock.kind == "pts"
    np.testing.assert_allclose(recording.clock.times_s, stamps - 5)
    assert (labels.bouts.start.tolist(), labels.bouts.stop.tolist()) == ([2], [4])


@pytest.mark.parametrize("seconds", [[0, 0.1, 0.1], [0, 0.2, 0.1], [0, np.nan, 1]])
def test_times_that_do_not_count_upward(seconds):
    with pytest.raises(FormatError, match=r"the timestamp of row [12]"):
        stamped(np.array(seconds), path=Path("x.nwb"))


def test_intervals_are_labels_on_the_time_of_the_pose(tmp_path):
    def fill(nwb):
        from pynwb.epoch import TimeIntervals

        with_pose(("a", nwb_series("nose", 0, rate=25.0, starting_time=2.0)))(nwb)
        table = TimeIntervals(name="behavior", description="seen")
        table.add_column("behavior", "what")
        for start, stop, name in ((2.0, 2.5, "rear"), (3.0, 4.25, "walk")):
            table.add_interval(start_time=start, stop_time=stop, behavior=name)
        nwb.add_time_intervals(table)
        nwb.add_trial(start_time=0.0, stop_time=1.0)
        codes = TimeIntervals(name="codes", description="numbers that point elsewhere")
        codes.add_column("label", "which")
        codes.add_interval(start_time=0.0, stop_time=2.5, label=1)
        nwb.add_time_intervals(codes)

    contents = formats.read(file(tmp_path, fill))
    (track,) = contents.labels
    assert (track.recording, track.unit) == ("cage 3", "second")
    assert [(r.behavior, r.start, r.stop, r.row) for r in track.rows] == [
        ("rear", 0.0, 0.5, 1),
        ("walk", 1.0, 2.25, 2),
    ]


def test_a_file_without_pose_and_behaviors(tmp_path):
    with pytest.raises(FormatError, match="neither pose nor a table of behaviors") as caught:
        formats.read(file(tmp_path, lambda nwb: None))
    assert caught.value.file == str(tmp_path / "cage 3.nwb")


def test_series_that_do_not_fit_each_other(tmp_path):
    for second, words in (
        (nwb_series("ear", 0, rows=4, rate=25.0), "same rows and times"),
        (nwb_series("ear", 0, rate=30.0), "same rows and times"),
        (nwb_series("ear", 0, rate=25.0, unit="mm"), "in one unit"),
        (nwb_series("ear", 0, rate=25.0, data=np.full((5, 2), np.inf)), "infinite"),
    ):
        fill = with_pose(("a", nwb_series("nose", 0, rate=25.0), second))
        with pytest.raises(FormatError, match=words):
            formats.read(file(tmp_path, fill))


def test_any_cut_is_a_format_error(tmp_path):
    path = file(tmp_path)
    data = path.read_bytes()
    for cut in np.linspace(1, len(data) - 40, 12).astype(int):
        path.write_bytes(data[:cut])
        with pytest.raises(FormatError) as caught:
            nwb_format.read(path)
        assert caught.value.file == str(path)


def test_without_the_extra_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    path = file(tmp_path)
    monkeypatch.setitem(sys.modules, "ndx_pose", None)
    assert formats.sniff(path) == "nwb"
    with pytest.raises(FormatError) as caught:
        formats.read(path)
    assert caught.value.todo == 'pip install "boutwise[nwb]"'


def test_formats_do_not_import_the_extra():
    code = (
        "import sys; from boutwise import formats, registry\n"
        "for name in registry.names('format'): registry.load('format', name)\n"
        "print([m for m in ('pynwb', 'ndx_pose', 'openpyxl', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_real_vame_is_its_csv(shared):
    path = shared("vame/cropped_video.nwb")
    contents = formats.read(path)
    assert (contents.format, contents.recording, contents.fps) == ("nwb", "cropped_video", None)
    assert ["they count frames" in problem.what for problem in contents.problems] == [True]
    assert not formats.read(path, fps=25).problems
    table = formats.read(shared("vame/cropped_video.csv")).pose
    pose = contents.pose
    assert set(pose.keypoints) == set(table.keypoints)
    order = [pose.keypoints.index(name) for name in table.keypoints]
    np.testing.assert_allclose(pose.positions[:, :, order], table.positions, rtol=1e-6)
    np.testing.assert_allclose(pose.confidence[:, :, order], table.confidence, rtol=1e-6)
    with h5py.File(path) as file:
        nose = file["processing/behavior/PoseEstimation/Nose/data"][()]
    np.testing.assert_array_equal(
        pose.positions[:, 0, pose.keypoints.index("Nose")], nose.astype(np.float32)
    )


def test_real_ethome_counts_from_the_top_whatever_it_says(shared):
    path = shared("ethome/sample_nwb_.nwb")
    contents = formats.read(path, fps=30)
    assert contents.fps == 30
    assert any("y counts from the bottom" in problem.what for problem in contents.problems)
    pose = contents.pose
    assert (pose.animals, pose.positions.shape) == (("ind1",), (2330, 1, 4, 2))
    # The same video by another network, as DeepLabCut wrote it: y counts from the top.
    table = pd.read_csv(
        shared("dlc_openfield/pose/openfield_dlc_inference_example.csv"),
        header=[0, 1, 2],
        index_col=0,
    )
    with h5py.File(path) as file:
        stored = file["processing/behavior/PoseEstimation"]
        for point in pose.keypoints:
            mine = pose.positions[:, 0, pose.keypoints.index(point)]
            np.testing.assert_array_equal(mine, stored[f"ind1_{point}/data"][()].astype("f4"))
            likely = stored[f"ind1_{point}/confidence"][()].astype("f4")
            np.testing.assert_array_equal(
                pose.confidence[:, 0, pose.keypoints.index(point)], likely
            )
            there = table.xs(point, axis=1, level=1).to_numpy()[:, :2]
            assert np.median(np.linalg.norm(mine - there, axis=1)) < 5
