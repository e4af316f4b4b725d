"""Simulated pairs go the ordinary way of an import, and come back the same."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import boutwise as bw
from boutwise import api
from boutwise.errors import UsageError
from boutwise.synthetic.pairs import simulate_labs, simulate_pairs, write_pairs


@pytest.fixture(scope="module")
def pairs():
    return simulate_pairs(pairs=2, minutes=0.6, seed=4, swaps_per_minute=3)


def imported(folder, files, *, fps, **more):
    project = api.initialize(folder)
    sources = [files / "pose", files / "labels"]
    planned = api.plan_import(project, sources, fps=fps, animals=files / "animals.csv", **more)
    assert not [row.why for row in planned.rows if not row.recording]
    result = api.apply_import(project, planned)
    return project, result


def states(bouts, item):
    names = sorted(item.ethogram.names)
    ethogram = item.ethogram
    found = {}
    for subject in item.subjects:
        frames = bouts.to_frames(subject, ethogram, item.recording.n_frames)
        found[subject] = frames[:, [ethogram.names.index(name) for name in names]]
    return found


@pytest.mark.parametrize("labels", ["intervals", "bouts_csv"])
def test_labels_and_pose_come_back(pairs, tmp_path, labels):
    files = write_pairs(pairs, tmp_path / "files", labels=labels)
    project, _ = imported(tmp_path / "project", files, fps=30)
    with project:
        assert {b.scope for b in project.ethogram.behaviors} == {"directed"}
        for item in pairs:
            pose = project.pose(item.recording.id)
            assert pose.animals == item.pose.animals
            assert pose.roles == item.pose.roles
            np.testing.assert_array_equal(pose.positions, item.pose.positions)
            found = states(project.bouts(item.recording.id), item)
            for subject, expected in states(item.bouts, item).items():
                np.testing.assert_array_equal(found[subject], expected)


def test_boris_needs_to_be_told_who_are_animals(pairs, tmp_path):
    files = write_pairs(pairs, tmp_path / "files", labels="boris_project")
    told = tmp_path / "boris.yaml"
    names = [name for item in pairs for name in item.recording.animals]
    told.write_text(f"format: boris_project\ntargets: [{', '.join(names)}]\n", encoding="utf-8")
    project = api.initialize(tmp_path / "project")
    with project:
        planned = api.plan_import(project, [files / "pose"], fps=30, animals=files / "animals.csv")
        api.apply_import(project, planned)
        planned = api.plan_import(project, [files / "labels"], fps=30, mapping=told)
        api.apply_import(project, planned)
        for item in pairs:
            found = states(project.bouts(item.recording.id), item)
            for subject, expected in states(item.bouts, item).items():
                np.testing.assert_array_equal(found[subject], expected)


def test_labs_come_back_with_what_they_looked_for(tmp_path):
    for name, items in simulate_labs(pairs=1, minutes=0.6, seed=2).items():
        files = write_pairs(items, tmp_path / name, labels="bouts_csv")
        fps = items[0].recording.clock.fps
        project, _ = imported(tmp_path / f"project_{name}", files, fps=fps)
        with project:
            bouts = project.bouts(items[0].recording.id)
            found = states(bouts, items[0])
            for subject, expected in states(items[0].bouts, items[0]).items():
                np.testing.assert_array_equal(found[subject], expected)


def test_planted_swaps_are_written_and_the_check_finds_them(tmp_path):
    """A swap begun in contact cannot be seen, its end can where the mice are apart."""
    seen = {}
    for rate in (0.0, 2.0):
        pairs = simulate_pairs("easy", pairs=6, minutes=1.5, seed=6, swaps_per_minute=rate)
        files = write_pairs(pairs, tmp_path / f"files_{rate}")
        project, _ = imported(tmp_path / f"project_{rate}", files, fps=30)
        with project:
            told = bw.check(project)
        seen[rate] = {
            problem.recording: problem.frame
            for problem in told
            if problem.check == "swap_suspects" and "change places" in problem.what
        }
    assert seen[0.0] == {}
    planted = {item.recording.id: item.swaps for item in pairs if item.swaps}
    with (files / "swaps.csv").open(encoding="utf-8") as lines:
        rows = [(row["recording"], int(row["start"])) for row in csv.DictReader(lines)]
    assert rows == [(name, start) for name, swaps in planted.items() for start, _ in swaps]
    assert set(seen[2.0]) <= set(planted)
    assert len(seen[2.0]) >= 0.5 * len(planted)
    for name, frame in seen[2.0].items():
        edges = [edge for swap in planted[name] for edge in swap]
        assert min(abs(frame - edge) for edge in edges) <= 1


def test_a_wrong_word_for_the_labels_is_named(pairs, tmp_path):
    with pytest.raises(UsageError, match="did you mean 'intervals'"):
        write_pairs(pairs, tmp_path, labels="interval")
