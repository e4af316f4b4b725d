"""The 48 social features against a slow reference, frame by frame, written from their description.

The reference knows points by the names of CalMS21 and nothing of the code that it checks.
"""

from __future__ import annotations

import math
import re
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
from boutwise.features import egocentric, social48
from boutwise.formats import read_all
from boutwise.types import FrameClock, PoseTrack, Subject
from boutwise.types.roles import propose_roles

CALMS21 = ("nose", "left_ear", "right_ear", "neck", "left_hip", "right_hip", "tail_base")
ORIGINAL = {
    "ear_left": "left_ear",
    "ear_right": "right_ear",
    "hip_left": "left_hip",
    "hip_right": "right_hip",
    "neck": "neck",
    "nose": "nose",
    "tail_base": "tail_base",
}
"""Names by which the original sorts -> names of the keypoints here."""
NAN = math.nan


class Reference:
    """Two animals, frame by frame. A point is (x, y) or None; y points up."""

    def __init__(self, pose: PoseTrack, fps: float) -> None:
        self.fps = fps
        self.n_frames = pose.n_frames
        self.mice: list[dict[str, list[tuple[float, float] | None]]] = []
        for animal in range(2):
            mouse: dict[str, list[tuple[float, float] | None]] = {}
            for place, keypoint in enumerate(pose.keypoints):
                mouse[keypoint] = []
                for frame in range(pose.n_frames):
                    x, y = (float(v) for v in pose.positions[frame, animal, place])
                    seen = not (math.isnan(x) or math.isnan(y))
                    mouse[keypoint].append((x, -y) if seen else None)
            self.mice.append(mouse)
        self.body = statistics.mean(self.trunk(mouse) for mouse in self.mice)
        seen = [p for m in self.mice for track in m.values() for p in track if p is not None]
        self.origin = tuple(statistics.median(point[axis] for point in seen) for axis in (0, 1))

    @staticmethod
    def trunk(mouse) -> float:
        lengths = [
            math.dist(neck, tail)
            for neck, tail in zip(mouse["neck"], mouse["tail_base"], strict=True)
            if neck is not None and tail is not None
        ]
        return statistics.median(lengths)

    def point(self, mouse: int, name: str, frame: int):
        found = self.mice[mouse][name][frame]
        if found is None:
            return None
        return tuple((found[axis] - self.origin[axis]) / self.body for axis in (0, 1))

    def center(self, mouse: int, frame: int):
        points = [self.point(mouse, name, frame) for name in CALMS21]
        if any(point is None for point in points):
            return None
        return tuple(sum(point[axis] for point in points) / 7 for axis in (0, 1))

    def around(self, frame: int, span_s: float) -> tuple[int, int, float]:
        """First and last frame of a centered span, cut at the ends, and the seconds between."""
        half = max(1, math.floor(span_s * self.fps / 2 + 0.5))
        first, last = max(frame - half, 0), min(frame + half, self.n_frames - 1)
        return first, last, (last - first) / self.fps

    def change(self, values, frame: int, span_s: float):
        """Change of a vector per second."""
        first, last, seconds = self.around(frame, span_s)
        one, other = values(first), values(last)
        if one is None or other is None or seconds == 0:
            return None
        return tuple((b - a) / seconds for a, b in zip(one, other, strict=True))

    def velocity(self, mouse: int, frame: int):
        return self.change(lambda at: self.center(mouse, at), frame, 0.1)

    def apart(self, frame: int):
        one, other = self.center(0, frame), self.center(1, frame)
        return None if one is None or other is None else (math.dist(one, other),)

    def frame(self, t: int) -> list[float]:
        row: list[float] = []
        for mouse in (0, 1):
            points = [self.point(mouse, ORIGINAL[name], t) for name in sorted(ORIGINAL)]
            row += [NAN if point is None else point[0] for point in points]
            row += [NAN if point is None else point[1] for point in points]
        centers = [self.center(mouse, t) for mouse in (0, 1)]
        noses = [self.point(mouse, "nose", t) for mouse in (0, 1)]
        row += [
            distance(centers[0], centers[1]),
            distance(noses[0], noses[1]),
            distance(noses[0], centers[1]),
            distance(noses[1], centers[0]),
        ]
        for mouse in (0, 1):
            velocity = self.velocity(mouse, t)
            row += [NAN] * 3 if velocity is None else [*velocity, math.hypot(*velocity)]
        for mouse in (0, 1):
            change = self.change(lambda at, mouse=mouse: self.velocity(mouse, at), t, 0.1)
            row.append(NAN if change is None else math.hypot(*change))
        for span_s in (0.1, 0.5):
            change = self.change(self.apart, t, span_s)
            row.append(NAN if change is None else -change[0])
        headings = [self.heading(mouse, t) for mouse in (0, 1)]
        for heading in headings:
            row += [NAN, NAN] if heading is None else [math.sin(heading), math.cos(heading)]
        for mouse, heading in enumerate(headings):
            row.append(facing(heading, centers[mouse], centers[1 - mouse]))
        return row

    def heading(self, mouse: int, t: int):
        neck, tail = self.point(mouse, "neck", t), self.point(mouse, "tail_base", t)
        if neck is None or tail is None:
            return None
        return math.atan2(neck[1] - tail[1], neck[0] - tail[0])


def distance(one, other) -> float:
    return NAN if one is None or other is None else math.dist(one, other)


def facing(heading, here, there) -> float:
    if heading is None or here is None or there is None:
        return NAN
    way = math.atan2(there[1] - here[1], there[0] - here[0])
    return abs((way - heading + math.pi) % (2 * math.pi) - math.pi)


def two_mice(seed: int, missing: float, fps: float, seconds: float = 4.0) -> PoseTrack:
    pose = walker.track("7 points", "directed", seconds=seconds, fps=fps, seed=seed)
    rng = np.random.default_rng(seed)
    # The order of the keypoints in the file is not that of the features.
    order = [pose.keypoints.index(name) for name in CALMS21]
    positions = pose.positions[:, :, order].copy() + np.float32(250)
    positions[rng.random(positions.shape[:3]) < missing] = np.nan
    positions[20:23] = np.nan
    return PoseTrack(positions, None, pose.animals, CALMS21, {name: name for name in CALMS21})


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 50),
    missing=st.sampled_from([0.0, 0.02, 0.2]),
    fps=st.sampled_from([10.0, 30.0, 50.0]),
)
def test_equals_the_slow_reference(seed, missing, fps):
    pose = two_mice(seed, missing, fps)
    clock = FrameClock.declared(pose.n_frames, fps)
    table = social48.compute(pose, clock, Subject("r", "m", "n"))
    reference = Reference(pose, fps)
    expected = np.array([reference.frame(t) for t in range(pose.n_frames)])
    assert table.values.shape[1:] == expected.shape == (pose.n_frames, 48)
    for place, column in enumerate(table.columns):
        np.testing.assert_allclose(
            table.values[0, :, place], expected[:, place], rtol=1e-4, atol=1e-4, err_msg=column
        )
    of_points = [c for c in table.columns if c.startswith(("x.", "y.", "dist", "head", "fac"))]
    assert len(of_points) == 38
    assert np.isnan(table.values[0, 21, [table.columns.index(c) for c in of_points]]).all()


def test_the_order_is_that_of_the_original():
    pose = two_mice(0, 0.0, 30.0)
    table = social48.compute(pose, walker.clock(pose, 30.0), Subject("r", "m", "n"))
    assert table.columns[:8] == (
        "x.agent.left_ear",
        "x.agent.right_ear",
        "x.agent.left_hip",
        "x.agent.right_hip",
        "x.agent.neck",
        "x.agent.nose",
        "x.agent.tail_base",
        "y.agent.left_ear",
    )
    assert table.columns[14] == "x.target.left_ear"
    assert table.columns[28:] == (
        "distance.centers",
        "distance.noses",
        "distance.agent_nose-target_center",
        "distance.target_nose-agent_center",
        "velocity_x.agent@0.1s",
        "velocity_y.agent@0.1s",
        "speed.agent@0.1s",
        "velocity_x.target@0.1s",
        "velocity_y.target@0.1s",
        "speed.target@0.1s",
        "acceleration.agent",
        "acceleration.target",
        "approach@0.1s",
        "approach@0.5s",
        "heading_sin.agent",
        "heading_cos.agent",
        "heading_sin.target",
        "heading_cos.target",
        "facing.agent",
        "facing.target",
    )
    assert set(table.units) == {"body", "body/s", "body/s2", "1", "rad"}
    assert documented("social48") == list(zip(table.columns, table.units, strict=True))


def test_a_pair_turned_around_has_the_same_numbers_in_other_places():
    pose = two_mice(3, 0.05, 30.0)
    clock = walker.clock(pose, 30.0)
    one = social48.compute(pose, clock, Subject("r", "m", "n"))
    other = social48.compute(pose, clock, Subject("r", "n", "m"))
    swap = {"agent": "target", "target": "agent"}
    for place, column in enumerate(one.columns):
        turned = re.sub("agent|target", lambda found: swap[found[0]], column)
        values = other.values[0, :, other.columns.index(turned)]
        np.testing.assert_allclose(one.values[0, :, place], values, rtol=1e-5, atol=1e-5)


def test_who_cannot_be_computed_is_an_error():
    pose = two_mice(0, 0.0, 30.0)
    clock = walker.clock(pose, 30.0)
    with pytest.raises(DataError, match="r: m has none"):
        social48.compute(pose, clock, Subject("r", "m"))
    four = walker.track("4 points", "directed", seconds=2)
    words = "needs keypoints that are not there: left_hip, right_hip, neck"
    with pytest.raises(DataError, match=words):
        social48.compute(four, walker.clock(four), Subject("r", "m", "n"))


STEM = "e3v813a-20210610T122332-122642"
POSE = f"ethome/{STEM}DLC_dlcrnetms5_pilot_studySep24shuffle1_100000_el_filtered.csv"
LABELS = f"ethome/boris/{STEM}_reencode.csv"


def test_real_mice_have_sane_numbers(shared):
    """The two mice of ``ethome``: nothing infinite, speeds of mice, near when they interact."""
    pose = read_all(shared(POSE))[0].pose
    pose = replace(pose, roles=propose_roles(pose.keypoints) | {"tail": "tail_base"})
    clock = FrameClock.declared(pose.n_frames, 30.0)
    pose = clean_pose.clean(pose, clock)
    together = np.zeros(pose.n_frames, dtype=bool)
    for row in read_all(shared(LABELS))[0].labels[0].rows:
        together[round(row.start * 30) : round(row.stop * 30)] = True
    assert 0.05 < together.mean() < 0.8
    for part, near, most_missing in (
        (social48, "distance.noses", 0.13),
        (egocentric, "nearest.other", 0.13),
    ):
        table = part.compute(pose, clock, Subject("r", *pose.animals))
        found = dict(zip(table.columns, table.values[0].T, strict=True))
        assert not np.isinf(table.values).any()
        assert np.isnan(table.values).mean(axis=(0, 1)).max() < most_missing
        for name, values in found.items():
            if name.startswith(("speed.", "velocity", "approach")):
                # A mouse runs at a meter per second at most: about 25 trunks.
                assert np.nanmax(np.abs(values)) < 25, name
            if name.startswith(("distance.", "nearest.")):
                assert np.nanmax(values) < 20, name
        apart = np.nanmedian(found[near][~together])
        assert np.nanmedian(found[near][together]) < 0.5 * apart
