"""boutwise's own tables come in as pairs: a bouts table, and beside it what was examined."""

import pytest
from tests.api.importing._lab_files import pose, run

from boutwise.formats import bouts_csv
from boutwise.types import Bout, Bouts, FrameClock, Observed

CLOCK = FrameClock.declared(500, fps=20)


def written(folder, recording="a", spans=(("walk", 3, 9), ("walk", 30, 60)), end=400):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [Bout(recording, "m", *span) for span in spans]
    bouts = Bouts.from_rows(rows, [Observed(recording, "m", "walk", 0, end)])
    path = folder / f"{recording}.bouts.csv"
    bouts_csv.write(path, bouts, clocks={recording: CLOCK})
    return path


@pytest.mark.parametrize("format", [None, "bouts_csv"])
def test_the_observed_table_is_no_file_of_its_own(project, lab, format):
    for name in "ab":
        written(lab / "own", name)
    plan, result = run(project, lab / "own", labels_only=True, format=format)
    assert [row.file.rsplit(".", 2)[1] for row in plan.rows] == ["bouts", "bouts"]
    said = " ".join(problem.what for problem in plan.problems)
    assert "no label" not in said
    assert "taken from the last label" not in said
    assert result.added == 4
    for name in "ab":
        (piece,) = project.bouts(name).observed
        assert (piece.start, piece.stop) == (0, 400)


def test_the_end_of_what_was_examined_is_a_stated_length(project, lab):
    written(lab / "own")
    run(project, lab / "own", labels_only=True)
    (recording,) = project.recordings()
    assert (recording.n_frames, recording.open_end) == (400, False)


def test_without_an_observed_table_the_last_label_tells_and_it_is_said(project, lab):
    path = written(lab / "own")
    bouts_csv.observed_path(path).unlink()
    plan, _ = run(project, lab / "own", labels_only=True)
    (recording,) = project.recordings()
    assert (recording.n_frames, recording.open_end) == (60, True)
    assert any("taken from the last label" in problem.what for problem in plan.problems)


def test_an_observed_table_alone_is_read_and_what_was_examined_is_kept(project, lab):
    path = written(lab / "own")
    path.unlink()
    plan, _ = run(project, lab / "own", labels_only=True)
    (row,) = plan.rows
    assert row.file.endswith("a.observed.csv")


def test_what_was_examined_of_a_longer_recording_is_no_wrong_length(project, lab):
    """The examined part may end long before the recording; that is not worth a warning."""
    pose(lab / "pose" / "a.csv", 500)
    written(lab / "own", end=100)
    plan, _ = run(project, [lab / "pose", lab / "own"], fps=20)
    assert not [problem for problem in plan.problems if "is of a recording of" in problem.what]
    (recording,) = project.recordings()
    assert recording.n_frames == 500
