from __future__ import annotations

import pytest

from boutwise import formats
from boutwise.api._predicting import predict_files
from boutwise.api._tasks import file_tasks, project_tasks
from boutwise.api.importing.verbs import plan_import
from boutwise.errors import DataError, UsageError
from boutwise.project import Project
from boutwise.synthetic import simulate, write


@pytest.fixture
def folder(tmp_path):
    write(simulate("easy", animals=2, minutes=0.1), tmp_path / "lab")
    return tmp_path / "lab" / "pose"


def test_a_table_and_its_h5_are_one_recording(shared):
    (task,) = file_tasks([shared("bsoid")], {}, 60.0)
    material = task.load()
    assert material.pose.n_frames == material.clock.n_frames == 7200


def test_different_poses_of_one_name_are_refused(folder, tmp_path):
    other = tmp_path / "other" / "mouse_1.csv"
    other.parent.mkdir()
    other.write_bytes((folder / "mouse_1.csv").read_bytes())
    with pytest.raises(DataError, match="different pose would both be the recording 'mouse_1'"):
        file_tasks([folder, other], {}, 30.0)
    again = file_tasks([folder, folder / "mouse_1.csv"], {}, 30.0)
    assert [task.recording for task in again] == ["mouse_1", "mouse_2"]


def test_predict_and_import_call_a_recording_by_the_same_name(folder, tmp_path):
    (track,) = [*folder.glob("mouse_1.csv")]
    names = (
        "day 1/cage (3)DLC_resnet50_pawsMay7shuffle1_500000.csv",
        "day 2/cage (3)DLC_resnet50_pawsMay7shuffle1_500000.csv",
        "mouse_2.csv",
    )
    for name in names:
        path = tmp_path / "tracks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(track.read_bytes())
    sources = [tmp_path / "tracks", tmp_path / "tracks" / "day 1"]
    tasks = file_tasks(sources, {}, 30.0)
    with Project.create(tmp_path / "p") as project:
        planned = plan_import(project, sources, fps=30)
    ids = [each.recording.id for each in planned.recordings]
    assert [task.recording for task in tasks] == ids == ["day_1/cage_3", "day_2/cage_3", "mouse_2"]
    one = file_tasks([tmp_path / "tracks" / names[0]], {}, 30.0)
    assert [task.recording for task in one] == ["cage_3"]


def test_a_file_is_read_once_for_name_pose_and_trials(folder, monkeypatch):
    count = []
    read = formats.read

    def counted(path, **options):
        count.append(path)
        return read(path, **options)

    monkeypatch.setattr(formats, "read", counted)
    (task,) = file_tasks([folder / "mouse_1.csv"], {}, 30.0)
    task.load()
    task.trials()
    assert count == [folder / "mouse_1.csv"]


def test_nothing_to_predict_says_where_it_was_looked_for(folder, tmp_path):
    labels = folder.parent / "labels"
    with pytest.raises(DataError, match="no pose file to predict") as caught:
        file_tasks([labels], {}, 30.0)
    assert caught.value.file == str(labels)
    with Project.create(tmp_path / "p") as project:
        with pytest.raises(DataError, match="no recording has pose"):
            project_tasks(project, None, ["pose"])
        with pytest.raises(DataError, match="fits 'labelled'"):
            project_tasks(project, "labelled", ["pose"])


def test_what_cannot_be_written_is_refused_before_the_work(folder, tmp_path):
    with pytest.raises(UsageError, match="'boris_tabular' cannot be written"):
        predict_files([], [folder], tmp_path / "out", write="boris_tabular")
    with pytest.raises(UsageError, match="a file, not a folder"):
        predict_files([], [folder], folder / "mouse_1.csv")


def test_a_prediction_opens_in_boris(trained, folder, tmp_path):
    out = tmp_path / "out"
    predict_files([trained[2].bundle], [folder], out, write="boris_project", fps=30.0)
    (track,) = formats.read(out / "mouse_1.boris_project.boris").labels
    own = formats.read(out / "mouse_1.bouts.csv").labels[0]
    spans = {(row.behavior, round(row.start * 30), round(row.stop * 30)) for row in track.rows}
    assert spans == {(row.behavior, row.start, row.stop) for row in own.rows}
    assert spans
