"""What every feature set promises, run over every set that is found, for each of its scopes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features import walker
from tests.features.make_golden import has_needed

from boutwise import registry
from boutwise.types import PoseTrack, Subject

GOLDEN = Path(__file__).parent / "golden"
NAMES = registry.names("feature set")
EVERY_CASE = pytest.mark.parametrize(
    ("name", "scope", "body"),
    [
        (name, scope, body)
        for name in NAMES
        for scope in registry.load("feature set", name).SCOPES
        for body in walker.SETS
        if has_needed(registry.load("feature set", name), body)
    ],
)


def claims(invariance: str):
    """The cases of the feature sets that claim an invariance."""
    return pytest.mark.parametrize(
        ("name", "scope", "body"),
        [
            case
            for case in EVERY_CASE.args[1]
            if invariance in registry.load("feature set", case[0]).INVARIANCES
        ],
    )


def who(pose: PoseTrack) -> Subject:
    """The only animal of a track, or the first of two directed at the second."""
    return Subject("r", *pose.animals)


def values(part, pose: PoseTrack, fps: float = 20.0):
    table = part.compute(pose, walker.clock(pose, fps), who(pose))
    return table.values[0], table.columns


def assert_same(
    one: np.ndarray,
    other: np.ndarray,
    columns: tuple[str, ...],
    tolerance: float,
    share: float = 1.0,
):
    assert one.shape == other.shape
    for place, column in enumerate(columns):
        a, b = one[:, place], other[:, place]
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b), err_msg=column)
        scale = np.nanmax(np.abs(a)) + 0.1 if np.isfinite(a).any() else 1.0
        worst = np.nanquantile(np.abs(a - b), share) if np.isfinite(a).any() else 0.0
        assert worst <= tolerance * scale, f"{column}: {worst} of {scale}"


def test_the_sets_are_found():
    assert {"egocentric", "pose_graph18", "social48"} <= set(NAMES)


def test_columns_of_different_sets_can_stand_side_by_side():
    seen: dict[str, str] = {}
    for name in ("egocentric", "pose_graph18", "social48"):
        file = GOLDEN / f"{name}_v{registry.load('feature set', name).VERSION}.json"
        golden = json.loads(file.read_text(encoding="utf-8"))
        for column in {column for one in golden.values() for column in one["columns"]}:
            assert seen.setdefault(column, name) == name, f"{column} is in two sets"


@pytest.mark.parametrize("name", NAMES)
def test_a_set_says_what_it_is(name):
    part = registry.load("feature set", name)
    assert isinstance(part.VERSION, int)
    assert part.DESCRIPTION
    assert "\n" not in part.DESCRIPTION
    assert part.SCOPES
    assert set(part.SCOPES) <= {"individual", "directed"}
    assert set(part.INVARIANCES) <= {"translation", "rotation", "scale", "time_stretch"}


@EVERY_CASE
def test_golden_values(name, scope, body):
    """A changed output without a new VERSION fails here; `make_golden.py` writes a new file."""
    part = registry.load("feature set", name)
    file = GOLDEN / f"{name}_v{part.VERSION}.json"
    golden = json.loads(file.read_text(encoding="utf-8"))[walker.key(body, scope)]
    pose = walker.track(body, scope, seconds=10)
    found, columns = values(part, pose)
    assert list(columns) == golden["columns"]
    expected = np.array(golden["values"], dtype=float)
    np.testing.assert_allclose(found[golden["frames"]], expected, rtol=2e-4, atol=2e-4)


@claims("translation")
@settings(max_examples=6, deadline=None)
@given(x=st.floats(-3000, 3000), y=st.floats(-3000, 3000), seed=st.integers(0, 5))
def test_translation(name, scope, body, x, y, seed):
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seconds=8, seed=seed)
    move = np.array([x, y, 25.0][: pose.n_dims], dtype=np.float32)
    one, columns = values(part, pose)
    other, _ = values(part, replace(pose, positions=pose.positions + move))
    assert_same(one, other, columns, 5e-3)


@claims("rotation")
@settings(max_examples=6, deadline=None)
@given(angle=st.floats(-np.pi, np.pi), seed=st.integers(0, 5))
def test_rotation_about_the_vertical(name, scope, body, angle, seed):
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seconds=8, seed=seed)
    turned = pose.positions.astype(np.float64)
    x, y = turned[..., 0].copy(), turned[..., 1].copy()
    turned[..., 0] = np.cos(angle) * x - np.sin(angle) * y
    turned[..., 1] = np.sin(angle) * x + np.cos(angle) * y
    one, columns = values(part, pose)
    other, _ = values(part, replace(pose, positions=turned.astype(np.float32)))
    assert_same(one, other, columns, 5e-3)


@claims("scale")
@settings(max_examples=6, deadline=None)
@given(factor=st.floats(0.01, 50), seed=st.integers(0, 5))
def test_scale(name, scope, body, factor, seed):
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seconds=8, seed=seed)
    one, columns = values(part, pose)
    other, _ = values(part, replace(pose, positions=pose.positions * np.float32(factor)))
    assert_same(one, other, columns, 5e-3)


@claims("time_stretch")
@pytest.mark.parametrize("times", [2, 3])
def test_time_stretch(name, scope, body, times):
    """The same motion filmed faster gives the same numbers at (nearly all of) the instants."""
    part = registry.load("feature set", name)
    slow, columns = values(part, walker.track(body, scope, seconds=30))
    fast, _ = values(part, walker.track(body, scope, seconds=30, fps=20.0 * times), 20.0 * times)
    inner = slice(40, -40)
    absolute = [place for place, column in enumerate(columns) if not column.startswith("z:")]
    one, other = slow[inner][:, absolute], fast[::times][inner][:, absolute]
    assert_same(one, other, tuple(columns[place] for place in absolute), 0.05, 0.98)


@EVERY_CASE
@settings(max_examples=8, deadline=None)
@given(start=st.integers(0, 300), length=st.integers(1, 200), seed=st.integers(0, 3))
def test_whole_is_chunked(name, scope, body, start, length, seed):
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seed=seed)
    clock = walker.clock(pose)
    measured = part.constants(pose, clock, who(pose))
    whole = part.compute(pose, clock, who(pose), measured).values[0]
    stop, margin = min(start + length, pose.n_frames), part.margin_frames(clock)
    low, high = max(start - margin, 0), min(stop + margin, pose.n_frames)
    chunk = part.compute(pose.frames(low, high), clock, who(pose), measured).values[0]
    np.testing.assert_array_equal(chunk[start - low : stop - low], whole[start:stop])


@EVERY_CASE
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_missing_stays_missing(name, scope, body, data):
    """Taking one keypoint away empties columns that look at it and changes none that do not."""
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seconds=8)
    clock = walker.clock(pose)
    role = data.draw(st.sampled_from(pose.keypoints))
    measured = part.constants(pose, clock, who(pose))
    before = part.compute(pose, clock, who(pose), measured)
    holes = pose.positions.copy()
    holes[70:90, :, pose.keypoints.index(role)] = np.nan
    after = part.compute(replace(pose, positions=holes), clock, who(pose), measured)
    assert after.columns == before.columns
    one, other = before.values[0], after.values[0]
    fine = (other == one) | np.isnan(other) | np.isnan(one)
    # The nearest of the points that are seen can only be farther when one is not.
    least = ["nearest." in column and not column.startswith("z:") for column in after.columns]
    fine[:, least] |= other[:, least] > one[:, least]
    assert fine.all(), "a value was made up"
    named = [n for n, c in enumerate(after.columns) if role in c.replace("z:", "").split(".")[-1]]
    needed = {role for one in part.NEEDED_ROLES for way in one for role in way.split("+")}
    assert named or role not in needed  # a set of a fixed list of points looks at no other
    assert np.isnan(after.values[0, 80, named]).all()


@EVERY_CASE
def test_absent_keypoint_absent_column(name, scope, body):
    part = registry.load("feature set", name)
    absent = {"tail_tip", "chest", "left_ear", "left_hindpaw"} - set(walker.SETS[body][1])
    _, columns = values(part, walker.track(body, scope, seconds=8))
    assert not [column for column in columns if any(role in column for role in absent)]
    assert len(set(columns)) == len(columns)


@EVERY_CASE
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 5))
def test_mirror(name, scope, body, seed):
    """The features of the mirrored animal are the mirrored features of the animal."""
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seconds=8, seed=seed)
    one, columns = values(part, pose)
    mirror = part.mirror(columns)
    if mirror is None:
        pytest.skip("not claimed")
    other, _ = values(part, walker.mirrored(pose))
    assert_same(mirror.apply(one), other, columns, 5e-3)
    np.testing.assert_array_equal(mirror.apply(mirror.apply(one)), one)


@pytest.mark.parametrize(
    ("name", "scope", "body"), [case for case in EVERY_CASE.args[1] if case[1] == "directed"]
)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 5))
def test_exchange(name, scope, body, seed):
    """The features of (target, agent) are those of (agent, target) in another order, exactly."""
    part = registry.load("feature set", name)
    pose = walker.track(body, scope, seconds=8, seed=seed)
    lost = np.random.default_rng(seed).random(pose.positions.shape[:3]) < 0.05
    pose.positions[lost] = np.nan
    one, columns = values(part, pose)
    other = part.compute(pose, walker.clock(pose), Subject("r", *reversed(pose.animals)))
    assert other.columns == columns
    exchange = part.exchange(columns)
    np.testing.assert_array_equal(exchange.apply(one), other.values[0])
    assert part.exchange(columns[1:]) is None, "a column without its partner"
