"""``agreement``: on people's real labels, and on labels with planted differences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from boutwise import api
from boutwise.errors import DataError, UsageError
from boutwise.project import Project
from boutwise.types import (
    Animal,
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    FrameClock,
    Observed,
    Recording,
    Trial,
)

FPS, N = 25.0, 3000
BEHAVIORS = ("groom", "rear")


def bouts_of(seed):
    """Bouts of one recording, none overlapping: behavior, start, stop."""
    rng = np.random.default_rng(seed)
    at, found = 80, []
    while at < N - 200:
        stop = at + int(rng.integers(10, 60))
        found.append((BEHAVIORS[int(rng.integers(2))], at, stop))
        at = stop + int(rng.integers(5, 60))
    return found


def study(root, *, offsets, animals=4, marks=()):
    """A project in which each rater's labels lie some frames later than the first one's."""
    project = Project.create(root)
    names = [*BEHAVIORS, *(["start"] if marks else [])]
    project.set_ethogram(Ethogram(tuple(Behavior(name) for name in names)))
    for number in range(animals):
        name = f"m{number}"
        project.add_animal(Animal(name))
        project.add_recording(Recording(name, FrameClock.declared(N, FPS), (name,)))
        for rater, offset in offsets.items():
            rows = [
                Bout(name, name, behavior, start + offset, stop + offset, annotator=rater)
                for behavior, start, stop in bouts_of(number)
            ]
            if rater in marks:
                rows.append(Bout(name, name, "start", offset, offset + 5, annotator=rater))
            seen = [Observed(name, name, b, 0, N, annotator=rater) for b in names]
            project.add_bouts(Bouts.from_rows(rows, seen))
    return project


def test_offset_is_shown_and_taken_out(tmp_path):
    with study(tmp_path / "p", offsets={"ann": 0, "bob": 20}) as project:
        before = project.bouts()
        found = api.agreement(project)
        assert project.bouts().start.tolist() == before.start.tolist()
    assert found.given.n_pairs == 4
    assert [pair.offset.frames for pair in found.pairs] == [20] * 4
    assert found.given.overall["kappa"].value < 0.6
    assert found.aligned.overall["kappa"].value == pytest.approx(1.0)
    assert found.aligned.behaviors["rear"]["bout_f1@0.5"].value == pytest.approx(1.0)
    assert math.isnan(found.fleiss.value)


def test_marks_zero_the_clocks(tmp_path):
    offsets, marks = {"ann": 0, "bob": 20, "cyd": 50}, ("ann", "bob", "cyd")
    with study(tmp_path / "p", offsets=offsets, marks=marks) as project:
        found = api.agreement(project, zero_at="start")
    assert found.ethogram.names == BEHAVIORS
    assert {pair.offset.frames for pair in found.pairs} == {0}
    assert found.given.overall["kappa"].value == pytest.approx(1.0)
    assert found.fleiss.value == pytest.approx(1.0)
    assert found.notes == ()


def test_whoever_set_no_mark_is_left_out_and_named(tmp_path):
    offsets = {"ann": 0, "bob": 20, "cyd": 50}
    with study(tmp_path / "p", offsets=offsets, marks=("ann", "bob")) as project:
        found = api.agreement(project, zero_at="start")
    assert {pair.annotators for pair in found.pairs} == {("ann", "bob")}
    assert found.notes[0] == "m0: cyd set no mark 'start' and was left out"


def test_invalid_trials_and_unlabelled_frames_do_not_count(tmp_path):
    with study(tmp_path / "p", offsets={"ann": 0}, animals=1) as project:
        recording = project.recording("m0")
        trials = (Trial(1, 0, 1000), Trial(2, 1000, 1000, valid=False))
        half = [Observed("m0", "m0", b, 0, 2500, annotator="bob") for b in BEHAVIORS]
        project.add_bouts(Bouts.from_rows([], half))
        whole = api.agreement(project).pairs[0].given.n_frames
    with study(tmp_path / "q", offsets={}, animals=0) as other:
        other.add_animal(Animal("m0"))
        other.add_recording(replace(recording, trials=trials))
        other.add_bouts(Bouts.from_rows([], half))
        seen = [replace(piece, annotator="ann", stop=N) for piece in half]
        other.add_bouts(Bouts.from_rows([], seen))
        without = api.agreement(other).pairs[0].given.n_frames
    assert (whole, without) == (2500, 1500)


def test_a_behavior_that_one_of_two_did_not_look_for_is_not_compared_and_named(tmp_path):
    with study(tmp_path / "p", offsets={"ann": 0}, animals=2) as project:
        for name in ("m0", "m1"):
            rows = [
                Bout(name, name, behavior, start, stop, annotator="bob")
                for behavior, start, stop in bouts_of(int(name[1]))
                if behavior == "rear"
            ]
            seen = [Observed(name, name, "rear", 0, N, annotator="bob")]
            project.add_bouts(Bouts.from_rows(rows, seen))
        found = api.agreement(project)
    assert found.given.overall["kappa"].value == pytest.approx(1.0)
    assert [pair.unshared for pair in found.pairs] == [("groom",), ("groom",)]
    assert found.notes[0].startswith("'groom' is not compared in 2 of 2 pairs (the first: m0")


def test_one_annotator_cannot_be_compared(tmp_path):
    with study(tmp_path / "p", offsets={"ann": 0}) as project:
        with pytest.raises(DataError, match="no two annotators labeled the same frames") as caught:
            api.agreement(project)
        assert "import the labels of the second one" in str(caught.value)
        with pytest.raises(UsageError, match="nobody named 'anne' labeled") as caught:
            api.agreement(project, annotators=["ann", "anne"])
        assert "ann" in (caught.value.todo or "")
        with pytest.raises(UsageError, match="one annotator alone"):
            api.agreement(project, annotators=["ann"])
        with pytest.raises(UsageError, match="there is no behavior 'reer'"):
            api.agreement(project, behaviors=["reer"])


def test_the_page_shows_numbers_clocks_and_labels(tmp_path):
    page = tmp_path / "out" / "raters.html"
    with study(tmp_path / "p", offsets={"ann": 0, "b<ob": 20}) as project:
        found = api.agreement(project, html=page)
    text = page.read_text(encoding="utf-8")
    assert f"{found.given.overall['kappa'].value:.3f}" in text
    assert "b&lt;ob after ann" in text
    assert "b<ob" not in text
    assert "m0: +0.80 s, standard error" in text
    assert text.count('class="figure raster"') == 2  # an overview and the enlarged one


OPEN_FIELD = {"kappa": 0.612, "Supported": 0.717, "Unsupported": 0.581, "Grooming": 0.678}
PLUS_MAZE = {
    "kappa": 0.729,
    "Grooming": 0.900,
    "Head Dip": 0.672,
    "Rearing": 0.619,
    "Protected Stretch": 0.454,
    "Unprotected Stretch": 0.360,
}
"""Mean over pairs of raters, clocks zeroed at each one's Start mark; computed independently, with
frames of 40 ms. A label and its mark are both put on frames here, so frames of 20 ms are used for
the plus maze, whose bouts are short."""


@pytest.mark.parametrize(
    ("table", "fps", "expected", "aligned_kappa"),
    [("AllLabDataOFT_final.csv", 25, OPEN_FIELD, 0.78), ("AllEPMLables.csv", 50, PLUS_MAZE, 0.75)],
)
def test_real_raters_agree_as_was_computed_independently(
    shared, tmp_path, table, fps, expected, aligned_kappa
):
    source = shared(f"dlcanalyzer/{table}")
    with Project.create(tmp_path / "p") as project:
        mapping = {"format": "intervals", "columns": {"recording": "ID"}, "unit": "second"}
        plan = api.plan_import(project, source, mapping=mapping, fps=fps, labels_only=True)
        api.apply_import(project, plan)
        marks = dict.fromkeys(("StartEnd", "Start/End", "Start_End"), "Start")
        used = [name for name in expected if name != "kappa"]
        ethogram = Ethogram(tuple(Behavior(name) for name in [*used, "Start"]), merges=marks)
        project.set_ethogram(ethogram)
        found = api.agreement(project, zero_at="Start")
    given, aligned = found.given, found.aligned
    assert given.overall["kappa"].value == pytest.approx(expected["kappa"], abs=0.02)
    for name in used:
        assert given.behaviors[name]["f1"].value == pytest.approx(expected[name], abs=0.02)
        assert aligned.behaviors[name]["f1"].value > given.behaviors[name]["f1"].value
    # What offset correction changes: the marks were set carelessly, the clocks agree without them.
    assert aligned.overall["kappa"].value > aligned_kappa
    assert all(pair.offset.frames is not None for pair in found.pairs)
    assert max(abs(pair.offset_s) for pair in found.pairs) > 0.8
