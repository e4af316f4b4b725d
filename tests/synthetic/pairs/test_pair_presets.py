"""The pairs are frozen: no number changes without a new version of the pairs."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from boutwise.synthetic.bout_lengths import LEVELS
from boutwise.synthetic.pairs import (
    LABS,
    PAIR_PRESETS,
    PAIRS_VERSION,
    chain,
    manners,
    simulate_pairs,
)


def digest(values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def test_the_tables_of_version_1_are_frozen():
    assert PAIRS_VERSION == 1
    assert digest(sorted(PAIR_PRESETS.items())) == "c04ac034f8417cd2"
    tables = (
        chain.LENGTHS_S,
        chain.NEXT,
        chain.SOLITARY,
        chain.CLUTTER,
        manners.USUAL,
        manners.SPREAD,
        manners.SHARED_SPREAD,
        chain.REACTIONS,
    )
    assert digest(tables) == "4958e7de1e3fa7e3"
    assert digest(sorted(LABS.items())) == "a5844b1fff30c5d2"


# True bouts and labelled bouts of both ordered pairs; distance of the necks and step of the nose
# in pixels, medians; share of keypoints lost. Two minutes with seed 11, pair by pair.
GOLDEN = {
    "easy": [(42, 41, 186.79999, 7.32013, 0.00494), (38, 38, 163.83384, 6.08977, 0.00548)],
    "default": [(49, 48, 234.23867, 9.51047, 0.00986), (32, 31, 146.14725, 7.26829, 0.02321)],
    "hard": [(42, 41, 155.84808, 9.77859, 0.04899), (30, 28, 147.27058, 9.83176, 0.0445)],
}


@pytest.mark.parametrize("preset", GOLDEN)
def test_what_a_preset_draws_is_frozen(preset):
    for item, expected in zip(
        simulate_pairs(preset, pairs=2, minutes=2, seed=11), GOLDEN[preset], strict=True
    ):
        assert (len(item.truth), len(item.bouts)) == expected[:2]
        assert numbers(item) == pytest.approx(expected[2:], rel=1e-3)


def numbers(item):
    points = item.pose.positions.astype(float)
    apart = np.nanmedian(np.linalg.norm(points[:, 0, 3] - points[:, 1, 3], axis=1))
    step = np.nanmedian(np.linalg.norm(np.diff(points[:, :, 0], axis=0), axis=2))
    return [apart, step, np.isnan(points).mean()]


def test_presets_grow_harder():
    easy, default, hard = (PAIR_PRESETS[name] for name in ("easy", "default", "hard"))
    for name in ("between", "within", "noise", "lost_touching", "clutter", "label_confused"):
        assert getattr(easy, name) < getattr(default, name) < getattr(hard, name)


@pytest.mark.parametrize("act", chain.LENGTHS_S)
def test_quantiles_rise_and_transitions_are_probabilities(act):
    assert (np.diff(chain.LENGTHS_S[act]) >= 0).all()
    assert len(chain.LENGTHS_S[act]) == len(LEVELS)
    assert sum(chain.NEXT[act].values()) == pytest.approx(1)


def test_contact_bouts_are_those_of_the_real_labels(shared):
    import csv

    folder = shared("ethome/boris")
    found = []
    for file in sorted(folder.rglob("*.csv")):
        with file.open(encoding="utf-8") as lines:
            rows = list(csv.reader(lines))
        head = next(place for place, row in enumerate(rows) if row and row[0] == "Time")
        times = [float(row[0]) for row in rows[head + 1 :] if row[5] == "interact"]
        found += [stop - start for start, stop in zip(times[::2], times[1::2], strict=True)]
    assert len(found) == 25
    quantiles = np.quantile(found, LEVELS)
    assert quantiles == pytest.approx(chain.CONTACT_BOUT_QUANTILES_S, abs=0.06)
