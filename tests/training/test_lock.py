"""Two trainings in one run folder, and labels that a model made."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.conftest import QUICK, make_project

from boutwise.bundle import Bundle
from boutwise.errors import UsageError
from boutwise.inference import Predictor, prediction_bouts
from boutwise.planning import make_plan
from boutwise.prepare import Material
from boutwise.training import train
from boutwise.training._lock import only_one

HOLD = """
import sys
from pathlib import Path
from boutwise.training._lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_belongs_to_one_process_until_it_ends(tmp_path):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(UsageError, match="another process is training"), only_one(tmp_path):
        pass
    other.kill()
    other.communicate()
    with only_one(tmp_path):
        pass


def test_labels_of_a_model_are_not_called_those_of_people(trained, tmp_path):
    bundle = Bundle.open(trained[2].bundle)
    project = make_project(tmp_path / "project", animals=2, minutes=0.3, labelled=1)
    last = project.recordings()[-1]
    prediction = Predictor((bundle,)).predict(
        Material.of_pose(last.id, project.pose(last.id), last.clock)
    )
    project.add_bouts(prediction_bouts(prediction))
    settings = [*QUICK, "target.annotators=majority"]
    scores = train(project, make_plan(project, "pose", settings=settings), workers=1).scores
    assert scores["facts"]["labels"] == "mixed"
    assert any("made by a model" in note for note in scores["notes"])
    assert trained[2].scores["facts"]["labels"] == "human"
