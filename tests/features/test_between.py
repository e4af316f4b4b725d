"""What is between two animals: known situations, symmetry, and who is not looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.features import walker

from boutwise.errors import DataError
from boutwise.features import egocentric
from boutwise.features._windows import WindowStatistics
from boutwise.types import FrameClock, PoseTrack, Subject

FPS = 20.0
PLACES = {"nose": 0.75, "neck": 0.5, "tail_base": -0.5}
"""How far each point lies ahead of the middle of the trunk; the trunk is one body long."""


def mouse(middle: np.ndarray, heading: float, body: float) -> np.ndarray:
    """A stiff mouse, (frames, keypoints, 2), in an image whose y axis points down."""
    ahead = np.array([np.cos(heading), -np.sin(heading)])
    return np.stack([middle + body * place * ahead for place in PLACES.values()], axis=1)


def meeting(*mice: np.ndarray) -> PoseTrack:
    names = ("a", "b", "c")[: len(mice)]
    roles = {name: name for name in PLACES}
    return PoseTrack(np.stack(mice, axis=1), None, names, tuple(PLACES), roles)


def columns_of(pose: PoseTrack, agent: str, target: str = "") -> dict[str, np.ndarray]:
    clock = FrameClock.declared(pose.n_frames, FPS)
    table = egocentric.compute(pose, clock, Subject("r", agent, target))
    return dict(zip(table.columns, table.values[0].T, strict=True))


def along(start: tuple[float, float], per_s: tuple[float, float], frames: int = 60) -> np.ndarray:
    return np.array(start) + np.arange(frames)[:, None] / FPS * np.array(per_s)


def test_a_small_animal_is_chased():
    """``a`` (40 px) runs right behind ``b`` (20 px): the unit between them is 30 px."""
    pose = meeting(
        mouse(along((0, 100), (60, 0)), 0, 40.0), mouse(along((120, 100), (30, 0)), 0, 20.0)
    )
    found = {name: values[30] for name, values in columns_of(pose, "a", "b").items()}
    apart = 120 - 30 * 30 / FPS  # pixels, at frame 30
    expected = {
        "distance.trunk-other.trunk": apart / 30,
        "distance.nose-other.tail_base": (apart - 30 - 10) / 30,
        "distance.tail_base-other.nose": (apart + 20 + 15) / 30,
        "nearest.other": (apart - 30 - 10) / 30,
        "other:nearest.nose-me": (apart - 30 + 15) / 30,
        "approach.other@0.3s": 2.0,
        "other:approach.me@0.3s": -1.0,
        "approach.both@0.3s": 1.0,
        "speed.trunk-other.trunk@0.3s": 1.0,
        "velocity.ahead.other@0.3s": 1.0,
        "velocity.left.other@0.3s": 0.0,
        "other:velocity.ahead.me@0.3s": 2.0,
        "facing.other": 0.0,
        "facing.head-other": 0.0,
        "other:facing.me": np.pi,
        "heading.other": 0.0,
        "ahead.other.tail_base": (apart - 10) / 30,
        "left.other.nose": 0.0,
        "other:ahead.me.nose": -(apart - 30) / 30,
        "speed.nose@0.3s": 60 / 40,
        "other:speed.nose@0.3s": 30 / 20,
        "other:distance.nose-tail_base": 1.25,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-4)


def test_sides_are_those_of_the_one_who_looks():
    """``b`` stands to the left of ``a``, turned to the left of it: ``a`` is behind its left side.

    In the picture ``a`` looks right, ``b`` lies above it (smaller y) and looks up.
    """
    pose = meeting(
        mouse(along((100, 100), (0, 0)), 0, 40.0),
        mouse(along((100, 20), (0, 0)), np.pi / 2, 40.0),
    )
    found = {name: values[30] for name, values in columns_of(pose, "a", "b").items()}
    expected = {
        "left.other.trunk": 2.0,
        "ahead.other.trunk": 0.0,
        "left.other.nose": 2.75,
        "facing.other": np.pi / 2,
        "heading.other": np.pi / 2,
        "heading.left.other": 1.0,
        "other:facing.me": np.pi,
        "other:ahead.me.trunk": -2.0,
        "other:left.me.nose": -0.75,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("body", list(walker.SETS))
def test_the_agent_has_its_own_columns_under_their_own_names(body):
    pose = walker.track(body, "directed", seconds=8)
    both, mine, theirs = (columns_of(pose, *who) for who in (("m", "n"), ("m",), ("n",)))
    for name, values in mine.items():
        np.testing.assert_array_equal(both[name], values, err_msg=name)
    for name, values in theirs.items():
        name = name.replace("z:", "z:other:") if name.startswith("z:") else f"other:{name}"
        np.testing.assert_array_equal(both[name], values, err_msg=name)


def changed(name: str) -> str:
    """The column of (b, a) that says the same as a column of (a, b)."""
    copy, name = ("z:", name.removeprefix("z:")) if name.startswith("z:") else ("", name)
    if name in ("heading.other", "heading.left.other") or name.startswith(
        ("approach.both@", "speed.trunk-other.trunk@", "nearest.other")
    ):
        return copy + name
    if name.startswith("distance.") and "-other." in name:
        mine, theirs = name.removeprefix("distance.").split("-other.")
        return f"{copy}distance.{theirs}-other.{mine}"
    if name.startswith("other:"):
        name = name.removeprefix("other:")
        return copy + name.replace(".me", ".other").replace("-me", "-other")
    return f"{copy}other:" + name.replace(".other", ".me").replace("-other", "-me")


@pytest.mark.parametrize("body", list(walker.SETS))
def test_the_other_direction_says_the_same_with_the_two_changed(body):
    pose = walker.track(body, "directed", seconds=8)
    one, other = columns_of(pose, "m", "n"), columns_of(pose, "n", "m")
    assert set(map(changed, one)) == set(other)
    for name, values in one.items():
        sign = -1 if name == "heading.left.other" else 1
        np.testing.assert_allclose(
            values, sign * other[changed(name)], rtol=1e-5, atol=1e-5, err_msg=name
        )


def test_a_third_animal_is_not_looked_at():
    two = walker.track("7 points", "directed", seconds=4)
    third = two.positions[:, :1] + 5
    positions = np.concatenate([third, two.positions], axis=1)
    three = replace(two, positions=positions, animals=("x", "m", "n"), signals={})
    one, other = columns_of(two, "m", "n"), columns_of(three, "m", "n")
    assert list(one) == list(other)
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_without_the_target_only_the_agents_own_columns_are_left():
    pose = walker.track("7 points", "directed", seconds=8)
    positions = pose.positions.copy()
    positions[50:90, 1] = np.nan
    both = columns_of(replace(pose, positions=positions), "m", "n")
    alone = columns_of(pose, "m")
    for name, values in both.items():
        if name in alone:
            np.testing.assert_array_equal(values, alone[name], err_msg=name)
        else:
            assert np.isnan(values[70]), name


def test_a_target_that_is_not_there_is_an_error():
    pose = walker.track("7 points", "directed", seconds=4)
    with pytest.raises(DataError, match="no animal 'o'"):
        columns_of(pose, "m", "o")
    positions = pose.positions.copy()
    positions[:, 1] = np.nan
    with pytest.raises(DataError, match="the body of r: n has no length"):
        columns_of(replace(pose, positions=positions), "m", "n")


def test_what_is_between_and_how_the_target_moves_is_summarized():
    pose = walker.track("7 points", "directed", seconds=4)
    columns = tuple(columns_of(pose, "m", "n"))
    plan = WindowStatistics(columns, FPS)
    found = {columns[place] for place in plan.summarized}
    assert {"distance.nose-other.nose", "nearest.other", "facing.other", "other:facing.me"} <= found
    assert {"approach.both@0.1s", "other:approach.me@0.1s", "other:speed.nose@0.1s"} <= found
    assert not [name for name in found if name.startswith(("z:", "other:distance.", "left."))]
    alone = tuple(columns_of(pose, "m"))
    mine = {alone[place] for place in WindowStatistics(alone, FPS).summarized}
    assert mine <= found
