"""The simulator is frozen: no number changes without a new version."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from boutwise.synthetic import PRESETS, VERSION, bout_lengths, motion, simulate, traits


def digest(values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def test_the_tables_of_version_1_are_frozen():
    assert VERSION == 1
    assert digest(sorted(PRESETS.items())) == "b35bc3419a6f12db"
    tables = (
        bout_lengths.QUANTILES_S,
        bout_lengths.NEXT,
        traits.POSTURES,
        traits.FLANK,
        traits.SPREAD,
        traits.SHARED_SPREAD,
        motion.CLUTTER,
    )
    assert digest(tables) == "1116085e6cd1a00e"


# Bouts that are true, bouts that are labeled; nose to tail base and step of the center in pixels,
# medians; mean confidence. Two minutes with seed 11, mouse by mouse.
GOLDEN = {
    "easy": [(122, 121, 135.13, 2.073, 0.9585), (106, 106, 146.9, 2.139, 0.9589)],
    "default": [(130, 121, 122.7, 3.037, 0.9526), (106, 100, 171.69, 3.252, 0.9563)],
    "hard": [(107, 90, 104.17, 5.508, 0.9448), (106, 90, 185.39, 6.416, 0.9439)],
}


@pytest.mark.parametrize("preset", GOLDEN)
def test_what_a_preset_draws_is_frozen(preset):
    for item, expected in zip(
        simulate(preset, animals=2, minutes=2, seed=11), GOLDEN[preset], strict=True
    ):
        points = item.pose.positions[:, 0].astype(float)
        length = np.median(np.linalg.norm(points[:, 0] - points[:, 5], axis=1))
        step = np.median(np.linalg.norm(np.diff(points[:, 4], axis=0), axis=1))
        assert (len(item.truth), len(item.bouts)) == expected[:2]
        assert [length, step, item.pose.confidence.mean()] == pytest.approx(expected[2:], rel=1e-3)


def test_presets_grow_harder():
    easy, default, hard = (PRESETS[name] for name in ("easy", "default", "hard"))
    for name in ("between", "within", "noise", "bias", "clutter_per_minute", "label_confused"):
        assert getattr(easy, name) < getattr(default, name) < getattr(hard, name)
    assert easy.separation > default.separation > hard.separation
