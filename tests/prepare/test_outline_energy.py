"""Motion energy: what stirs inside a body, and not the way of the body."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.prepare._outline_energy import LAGS_S, PARTS, MotionEnergy
from boutwise.prepare._outline_shape import body_of

SIDE = 96


def seen(x: int = 48, *, stirred: slice | None = None, level: float = 0.5):
    """A body that lies to the right and left of ``x``, its pixels patterned."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    mask = ((columns - x) / 36) ** 2 + ((rows - 48) / 14) ** 2 < 1
    pattern = 0.2 * np.sin((columns - x) * 1.3) * np.cos(rows * 0.9)
    difference = np.where(mask, level + pattern, 0.0)
    if stirred is not None:
        difference[:, stirred] += 0.3 * mask[:, stirred]
    body = body_of(mask)
    assert body is not None
    return difference.astype(np.float32), mask, body


def at(fps: float, n_animals: int = 1, n_frames: int = 40) -> MotionEnergy:
    return MotionEnergy(np.arange(n_frames) / fps, fps, n_animals)


def put(energy: MotionEnergy, frame: int, what, animal: int = 0):
    return energy.of((frame, animal), *what)


def test_a_body_that_moves_on_as_it_is_has_none():
    energy = at(20.0)
    assert np.isnan(put(energy, 0, seen(40))).all()
    moved = put(energy, 1, seen(46))
    np.testing.assert_allclose(moved[:, 0], 0.0, atol=1e-6)
    assert np.isnan(moved[:, 1]).all()


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_what_stirs_is_told_by_its_part(part):
    columns = (slice(0, 26), slice(42, 54), slice(70, SIDE))[part]
    energy = at(20.0)
    put(energy, 0, seen())
    found = put(energy, 1, seen(stirred=columns))[:, 0]
    assert found[part] > 0.1
    np.testing.assert_allclose(np.delete(found, part), 0.0, atol=0.02)


def test_the_mean_change_is_in_the_unit_of_the_difference():
    energy = at(20.0)
    put(energy, 0, seen())
    np.testing.assert_allclose(put(energy, 1, seen(level=0.7))[:, 0], 0.2, atol=1e-5)


@pytest.mark.parametrize(("fps", "frames"), [(20.0, (1, 3)), (100.0, (5, 15)), (4.0, (1, 1))])
def test_lags_are_seconds(fps, frames):
    energy = at(fps)
    for frame in range(20):
        found = put(energy, frame, seen(level=0.5 + 0.01 * frame))
        for column, lag in enumerate(frames):
            if frame < lag:
                assert np.isnan(found[:, column]).all()
            else:
                np.testing.assert_allclose(found[:, column], 0.01 * lag, atol=1e-5)
    assert len(LAGS_S) == len(frames)


def test_a_frame_without_the_animal_is_not_bridged():
    energy = at(20.0, 2)
    for frame in (0, 1, 3, 4):
        found = put(energy, frame, seen())
        assert np.isfinite(found[:, 0]).all() == (frame in (1, 4)), frame
    assert np.isfinite(found[:, 1]).all()
    assert np.isnan(put(energy, 4, seen(), animal=1)).all()


@pytest.mark.parametrize("fps", [10.0, 24.0, 25.0, 29.97, 30.0, 30.3, 50.0, 60.0])
def test_films_of_any_rate_say_the_same(fps):
    """What grows evenly in time has changed by as much after a lag, at any frame rate."""
    energy = at(fps)
    for frame in range(int(0.5 * fps) + 2):
        found = put(energy, frame, seen(level=0.3 + 0.8 * frame / fps))
    told = np.maximum(LAGS_S, 1 / fps)
    np.testing.assert_allclose(found, np.tile(0.8 * told, (3, 1)), rtol=0.04)


def test_a_hair_of_the_rate_changes_nothing():
    one, other = at(30.0), at(30.0000000001)
    for frame in range(12):
        what = seen(level=0.5 + 0.1 * np.sin(frame))
        np.testing.assert_allclose(put(one, frame, what), put(other, frame, what), atol=1e-6)


def test_a_pause_of_the_camera_is_not_compared_across():
    times_s = np.arange(12) / 20
    times_s[6:] += 1.5
    energy = MotionEnergy(times_s, 20.0, 1)
    for frame in range(12):
        found = np.isfinite(put(energy, frame, seen())).all(axis=0).tolist()
        assert found == [frame not in (0, 6), 3 <= frame < 6 or frame >= 9], frame
