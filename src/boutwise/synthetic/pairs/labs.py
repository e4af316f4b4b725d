"""Simulated labs: the same kind of mice, filmed, tracked and labelled in different ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from boutwise.errors import UsageError
from boutwise.synthetic.pairs.body import KEYPOINTS
from boutwise.synthetic.pairs.chain import BEHAVIORS
from boutwise.synthetic.pairs.simulation import PX_PER_MM, SimulatedPair, simulate_pairs
from boutwise.types import Behavior, Bout, Bouts, Ethogram, Observed

Row = TypeVar("Row", Bout, Observed)

LABELLED = BEHAVIORS[1:]
"""What labs look for. None of them labels a background: it would mean something else in each."""

LAB_ETHOGRAM = Ethogram(tuple(Behavior(name, scope="directed") for name in LABELLED))
"""Six directed behaviors in no exclusive group: where a lab did not look for one, nothing is known.

In an exclusive group a frame that some lab has not fully examined would have no answer at all.
"""


@dataclass(frozen=True)
class Lab:
    """How one lab films, tracks and labels.

    Attributes:
        name: Of the lab; ids of its recordings and animals begin with it.
        fps: Frames per second.
        px_per_cm: Scale of its picture.
        keypoints: What its tracker finds.
        behaviors: What its people look for.
        preset: How hard its mice, its tracker and its people are.
    """

    name: str
    fps: float
    px_per_cm: float
    keypoints: tuple[str, ...] = KEYPOINTS
    behaviors: tuple[str, ...] = LABELLED
    preset: str = "default"


LABS = MappingProxyType(
    {
        lab.name: lab
        for lab in (
            Lab("alder", 30.0, 22.0),
            Lab(
                "birch",
                25.0,
                9.0,
                keypoints=("nose", "left_ear", "right_ear", "neck", "tail_base"),
                behaviors=("approach", "attack", "sniff_any"),
            ),
            Lab(
                "cedar",
                60.0,
                38.0,
                keypoints=("nose", "neck", "left_hip", "right_hip", "tail_base"),
                behaviors=("genitalgroom", "intromit", "mount", "sniff_any"),
            ),
            Lab(
                "elder",
                120.0,
                15.0,
                behaviors=("approach", "attack", "mount", "sniff_any"),
                preset="hard",
            ),
        )
    }
)
"""Four labs that differ in rate, scale, keypoints and behaviors; frozen with ``PAIRS_VERSION``."""


def simulate_labs(
    labs: Sequence[Lab] = tuple(LABS.values()),
    *,
    pairs: int = 4,
    minutes: float = 4.0,
    seed: int = 0,
) -> dict[str, list[SimulatedPair]]:
    """Simulate pairs of mice in several labs.

    Args:
        labs: How each of them works.
        pairs: Pairs a lab.
        minutes: Length of each recording.
        seed: Another seed, other mice; no two labs have the same ones.

    Returns:
        Name of the lab -> its recordings, with observed ranges only for what it looks for.

    Raises:
        UsageError: Two labs have one name, or a lab cannot be.

    >>> made = simulate_labs(pairs=1, minutes=0.05)
    >>> {name: items[0].pose.n_frames for name, items in made.items()}
    {'alder': 90, 'birch': 75, 'cedar': 180, 'elder': 360}
    """
    names = [lab.name for lab in labs]
    if len(set(names)) != len(names):
        raise UsageError(f"two labs have the same name: {', '.join(names)}")
    made = {}
    for lab in labs:
        # The name decides about the mice, so that a lab has the same ones in any company.
        own = seed * 1_000_003 + int.from_bytes(lab.name.encode()[:5].ljust(5, b"."), "big")
        mice = simulate_pairs(
            lab.preset,
            pairs=pairs,
            minutes=minutes,
            fps=lab.fps,
            seed=own,
            keypoints=lab.keypoints,
        )
        made[lab.name] = [_of_lab(pair, lab) for pair in mice]
    return made


def _of_lab(pair: SimulatedPair, lab: Lab) -> SimulatedPair:
    """The recording with the names, the scale and the labels of a lab."""
    ids = {name: f"{lab.name}_{name}" for name in pair.recording.animals}
    animals = tuple(ids.values())
    recording = replace(pair.recording, id=f"{lab.name}_{pair.recording.id}", animals=animals)
    scale = np.float32(lab.px_per_cm / (10 * PX_PER_MM))
    pose = replace(pair.pose, positions=pair.pose.positions * scale, animals=animals)

    def own(row: Row) -> Row:
        return replace(row, recording=recording.id, animal=ids[row.animal], target=ids[row.target])

    def looked_for(bouts: Bouts) -> Bouts:
        return Bouts.from_rows(
            [own(row) for row in bouts.rows() if row.behavior in lab.behaviors],
            [own(piece) for piece in bouts.observed if piece.behavior in lab.behaviors],
        )

    one, two = (replace(animal, id=ids[animal.id], cohort=lab.name) for animal in pair.animals)
    return replace(
        pair,
        recording=recording,
        pose=pose,
        bouts=looked_for(pair.bouts),
        truth=looked_for(pair.truth),
        ethogram=LAB_ETHOGRAM,
        animals=(one, two),
    )
