"""The pose graph against a slow reference, frame by frame, written from its description."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features import walker
from tests.features.reference_page import documented

from boutwise.cleaning import clean_pose
from boutwise.errors import DataError
from boutwise.features import pose_graph18
from boutwise.types import FrameClock, PoseTrack, Subject

SIX = ("nose", "tail_base", "left_forepaw", "right_forepaw", "left_hindpaw", "right_hindpaw")
ME = Subject("r", "m")


def reference(pose: PoseTrack) -> list[list[float]]:
    """The guide, word for word: points 0 to 5, eight edges, ten angles."""
    tracks = []
    for role in SIX:
        keypoint = next(name for name in pose.keypoints if pose.roles.get(name) == role)
        tracks.append(pose.positions[:, 0, pose.keypoints.index(keypoint)].tolist())
    body = statistics.median(
        apart for n, t in zip(tracks[0], tracks[1], strict=True)
        if not math.isnan(apart := math.dist(n, t))
    )  # fmt: skip
    return [row([track[frame] for track in tracks], body) for frame in range(pose.n_frames)]


def row(points: list[list[float]], body: float) -> list[float]:
    centroid = [sum(values) / 6 for values in zip(*points, strict=True)]
    edges = [(0, 1), (0, 2), (0, 3), (1, 4), (1, 5), (2, 3), (4, 5)]
    found = [math.dist(points[one], points[other]) / body for one, other in edges]
    found.append(math.dist(points[0], centroid) / body)
    triples = [(1, 0, 2), (1, 0, 3), (0, 1, 4), (0, 1, 5), (0, 2, 4), (0, 3, 5)]
    triples += [(1, 2, 4), (1, 3, 5), (2, 0, 3), (4, 1, 5)]
    for place, (first, second, third) in enumerate(triples):
        # The vertex stands first; in the last two, as corrected, second: the nose, the tail base.
        at, one = (second, first) if place >= 8 else (first, second)
        found.append(angle(points[one], points[at], points[third]))
    return found


def angle(one: list[float], at: list[float], other: list[float]) -> float:
    a = [x - y for x, y in zip(one, at, strict=True)]
    b = [x - y for x, y in zip(other, at, strict=True)]
    sizes = math.hypot(*a) * math.hypot(*b)
    if math.isnan(sizes) or sizes == 0:
        return math.nan
    cosine = sum(x * y for x, y in zip(a, b, strict=True)) / sizes
    return math.acos(max(-1.0, min(1.0, cosine)))


def six(seed: int, missing: float, body: str = "6 points") -> PoseTrack:
    pose = walker.track(body, seconds=5, seed=seed)
    positions = pose.positions.copy()
    positions[np.random.default_rng(seed).random(positions.shape[:3]) < missing] = np.nan
    return replace(pose, positions=positions)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 50),
    missing=st.sampled_from([0.0, 0.05, 0.3]),
    body=st.sampled_from(["6 points", "9 points 3D"]),
)
def test_equals_the_slow_reference(seed, missing, body):
    pose = six(seed, missing, body)
    table = pose_graph18.compute(pose, walker.clock(pose), ME)
    expected = np.array(reference(pose))
    assert table.values.shape[1:] == expected.shape == (pose.n_frames, 18)
    for place, column in enumerate(table.columns):
        np.testing.assert_allclose(
            table.values[0, :, place], expected[:, place], rtol=1e-4, atol=1e-4, err_msg=column
        )


def test_columns_have_the_names_of_their_points():
    pose = six(0, 0.0)
    table = pose_graph18.compute(pose, walker.clock(pose), ME)
    assert table.columns[:2] == ("edge.nose-tail_base", "edge.nose-left_forepaw")
    assert table.columns[7:9] == ("edge.nose-centroid", "edge_angle.nose-tail_base-left_forepaw")
    assert table.columns[16:] == (
        "edge_angle.left_forepaw-nose-right_forepaw",
        "edge_angle.left_hindpaw-tail_base-right_hindpaw",
    )
    assert table.units == ("body",) * 8 + ("rad",) * 10
    assert documented("pose_graph18") == list(zip(table.columns, table.units, strict=True))


def test_points_are_known_by_role_and_others_are_not_looked_at():
    pose = six(1, 0.05)
    names = ("mouth", "LF", "RF", "LH", "RH", "tailroot")
    roles = dict(zip(names, pose.keypoints, strict=True))
    extra = np.random.default_rng(0).normal(size=(pose.n_frames, 1, 2, 2)).astype(np.float32)
    more = PoseTrack(
        np.concatenate([extra, pose.positions], axis=2),
        None,
        pose.animals,
        ("whisker", "lamp", *names),
        roles,
    )
    one = pose_graph18.compute(pose, walker.clock(pose), ME).values
    np.testing.assert_array_equal(one, pose_graph18.compute(more, walker.clock(pose), ME).values)


def test_angles_are_those_of_the_mouse_and_not_of_the_picture():
    """A square seen in a picture of any shape stays a square: no side of the picture divides."""
    places = {"nose": (100, 0), "left_forepaw": (60, 40), "right_forepaw": (60, -40)}
    places |= {"left_hindpaw": (40, 40), "right_hindpaw": (40, -40), "tail_base": (0, 0)}
    positions = np.tile(np.array(list(places.values()), dtype=np.float32), (3, 1, 1, 1))
    pose = PoseTrack(positions, None, ("m",), tuple(places), {name: name for name in places})
    table = pose_graph18.compute(pose, FrameClock.declared(3, 20.0), ME)
    found = dict(zip(table.columns, table.values[0, 1].tolist(), strict=True))
    assert found["edge.nose-tail_base"] == pytest.approx(1.0)
    assert found["edge.nose-centroid"] == pytest.approx(0.5)
    assert found["edge_angle.left_forepaw-nose-right_forepaw"] == pytest.approx(np.pi / 2)
    assert found["edge_angle.left_hindpaw-tail_base-right_hindpaw"] == pytest.approx(np.pi / 2)
    assert found["edge_angle.tail_base-nose-left_hindpaw"] == pytest.approx(np.arctan2(40, 60))


def test_a_point_that_is_not_visible_is_missing():
    """Visible is what the cleaning says: here a likelihood of .9, as the original has it."""
    pose = six(2, 0.0)
    confidence = np.full(pose.positions.shape[:3], 0.99, dtype=np.float32)
    paw = pose.keypoints.index("left_forepaw")
    confidence[30:60, 0, paw] = 0.85
    clock = walker.clock(pose)
    clean = clean_pose.clean(replace(pose, confidence=confidence), clock, least_confidence=0.9)
    table = pose_graph18.compute(clean, clock, ME)
    missing = {c for c, v in zip(table.columns, table.values[0, 45], strict=True) if np.isnan(v)}
    named = {column for column in table.columns if "left_forepaw" in column}
    assert missing == named | {"edge.nose-centroid"}
    assert not (table.values[0, 30:60, table.columns.index("edge.nose-left_forepaw")] == 0).any()


def test_what_it_needs_is_said():
    pose = walker.track("7 points", seconds=2)
    with pytest.raises(DataError, match="not there: left_forepaw, right_forepaw, left_hindpaw"):
        pose_graph18.compute(pose, walker.clock(pose), ME)
