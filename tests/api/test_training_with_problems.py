"""Blocking problems stop a training before it begins, unless somebody accepts them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.api._training import stopping
from boutwise.errors import DataError
from boutwise.planning import make_plan
from boutwise.types import Animal, Problem, Severity


def tracked_again(path, target):
    """The same video, tracked by another network: every coordinate is a little off."""
    rng = np.random.default_rng(0)
    lines = path.read_text(encoding="utf-8").splitlines()
    for place, line in enumerate(lines[3:], start=3):
        row, *cells = line.split(",")
        moved = [
            cell if number % 3 == 2 or not cell else f"{float(cell) + rng.normal(0, 0.3):.3f}"
            for number, cell in enumerate(cells)
        ]
        lines[place] = ",".join([row, *moved])
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


@pytest.fixture
def copied(tmp_path):
    """Four mice, and the first one's recording once more under another animal's name."""
    with make_project(tmp_path / "p") as project:
        first = project.recordings()[0]
        pose = next(file for file in project.files() if file.recording == first.id)
        project.add_animal(Animal("stranger"))
        project.add_recording(replace(first, id="again", animals=("stranger",)))
        other = tracked_again(pose.path, tmp_path / "again.csv")
        project.add_pose("again", other, format=pose.format)
        mine = project.bouts(first.id)
        project.add_bouts(
            type(mine).from_rows(
                [replace(row, recording="again", animal="stranger") for row in mine.rows()],
                [replace(o, recording="again", animal="stranger") for o in mine.observed],
            )
        )
        yield project


def test_a_copy_under_another_animal_stops_the_training_and_can_be_accepted(copied):
    plan = make_plan(copied, "pose", settings=QUICK)
    with pytest.raises(DataError, match="under another animal") as caught:
        api.train_run(copied, plan, out="stopped", workers=1)
    assert "--accept-problems trains in spite of them" in str(caught.value)
    assert not (copied.runs / "stopped").exists()

    result = api.train_run(copied, plan, out="accepted", workers=1, accept_problems=True)
    blocking = [p for p in result.scores["problems"] if p["severity"] == "blocking"]
    assert [problem["check"] for problem in blocking] == ["near_duplicates"]
    page = (result.directory / "report.html").read_text(encoding="utf-8")
    assert "1 blocking problem" in page


def test_only_problems_of_what_is_learned_from_stop(mice):
    plan = make_plan(mice, "pose", settings=QUICK)
    used = mice.recordings()[0].id
    found = [
        Problem("near_duplicates", Severity.BLOCKING, "a", recording=used),
        Problem("near_duplicates", Severity.BLOCKING, "b", recording="not labelled"),
        Problem("split_recording", Severity.BLOCKING, "e", recording=used, others=("unlabelled",)),
        Problem("scale_drift", Severity.WARNING, "c", recording=used),
        Problem("too_few_animals", Severity.BLOCKING, "d"),
    ]
    assert [problem.what for problem in stopping(found, mice, plan)] == ["a", "d"]
    leaky = make_plan(mice, "pose", settings=[*QUICK, "split.by=random-frame"])
    assert [problem.what for problem in stopping(found, mice, leaky)] == ["a"]
