"""Motion energy: in what is usual for the animal, and only of tracks that have it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.features import walker

from boutwise.errors import DataError
from boutwise.features import motion_energy
from boutwise.types import Subject

WHO = Subject("r", "m")


@pytest.fixture
def pose():
    return walker.track("4 points", seconds=10)


def test_what_is_usual_is_the_same_number_in_any_light(pose):
    clock = walker.clock(pose)
    dim = replace(pose, signals={name: values / 7 for name, values in pose.signals.items()})
    one = motion_energy.compute(pose, clock, WHO).values
    np.testing.assert_allclose(motion_energy.compute(dim, clock, WHO).values, one, rtol=1e-5)
    usual = np.median(np.concatenate([values[:, 0] for values in pose.signals.values()]))
    assert motion_energy.constants(pose, clock, WHO)["usual"] == pytest.approx([usual])
    place = 2
    name = sorted(pose.signals)[place]
    expected = np.log1p(5 * pose.signals[name][:, 0] / usual)
    np.testing.assert_allclose(one[0, :, place], expected, rtol=1e-5)


def test_what_is_missing_stays_missing(pose):
    name = sorted(pose.signals)[0]
    holes = dict(pose.signals) | {name: pose.signals[name].copy()}
    holes[name][5:9] = np.nan
    found = motion_energy.compute(replace(pose, signals=holes), walker.clock(pose), WHO)
    assert np.isnan(found.values[0, 5:9, 0]).all()
    assert np.isfinite(np.delete(found.values[0, :, 0], range(5, 9))).all()
    assert np.isfinite(found.values[0, :, 1:]).all()


def test_a_track_without_it_is_refused_with_a_way_out(pose):
    bare = replace(pose, signals={"temperature": next(iter(pose.signals.values()))})
    with pytest.raises(DataError, match="no motion energy") as refusal:
        motion_energy.constants(bare, walker.clock(bare), WHO)
    assert "outline" in (refusal.value.expected or "")
    assert "video" in (refusal.value.todo or "")
    never = {name: np.full_like(values, np.nan) for name, values in pose.signals.items()}
    with pytest.raises(DataError, match="never seen twice within a lag"):
        motion_energy.constants(replace(pose, signals=never), walker.clock(pose), WHO)


def test_signals_have_one_value_an_animal_and_frame(pose):
    with pytest.raises(DataError, match="signal 'x' has the shape"):
        replace(pose, signals={"x": np.zeros(3, dtype=np.float32)})
    assert all(len(values) == 4 for values in pose.frames(2, 6).values)


def test_each_of_a_pair_is_in_what_is_usual_for_it():
    pair = walker.track("4 points", "directed", seconds=10)
    clock = walker.clock(pair)
    louder = {name: values * [1, 9] for name, values in pair.signals.items()}
    both = Subject("r", "m", "n")
    found = motion_energy.compute(replace(pair, signals=louder), clock, both)
    np.testing.assert_allclose(
        found.values, motion_energy.compute(pair, clock, both).values, rtol=1e-5
    )
    alone = motion_energy.compute(pair, clock, Subject("r", "n"))
    half = len(alone.columns)
    assert found.columns[half:] == tuple(f"other:{name}" for name in alone.columns)
    np.testing.assert_allclose(found.values[0, :, half:], alone.values[0], rtol=1e-5)
