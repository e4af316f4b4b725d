"""Kinds of coats and cages and the spans of their numbers: apart for the two families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["train", "test"]
Side = Literal["above", "below", "side"]
Span = tuple[float, float]
Patches = Literal["none", "hood", "blotches", "bands"]
Tint = tuple[float, float, float]


@dataclass(frozen=True)
class Fur:
    """A kind of coat: spans of what :class:`~boutwise.synthetic.rendering.looks.Coat` holds."""

    back: Span
    belly: Span
    skin: Span
    grain: Span
    tint: Tint = (1.0, 1.0, 1.0)
    patches: Patches = "none"
    patch: Span = (0.0, 0.0)


@dataclass(frozen=True)
class Place:
    """A kind of cage: spans of what :class:`~boutwise.synthetic.rendering.looks.Cage` holds."""

    floor: Span
    wall: Span
    ground: str
    relief: Span
    tint: Tint = (1.0, 1.0, 1.0)
    round: bool = False


_TRAIN_COATS = {
    "black": Fur((0.07, 0.12), (0.18, 0.26), (0.45, 0.58), (0.20, 0.35), (1.04, 1, 0.98)),
    "slate": Fur((0.30, 0.40), (0.36, 0.48), (0.50, 0.62), (0.12, 0.20), (0.97, 1, 1.05)),
    "brown": Fur((0.17, 0.25), (0.22, 0.32), (0.48, 0.60), (0.15, 0.25), (1.25, 0.97, 0.7)),
    "cream": Fur((0.62, 0.74), (0.68, 0.78), (0.58, 0.68), (0.06, 0.10), (1.08, 1, 0.86)),
}
_TEST_COATS = {
    "agouti": Fur(
        (0.20, 0.30), (0.42, 0.55), (0.5, 0.6), (0.2, 0.3), (1.15, 1, 0.76), "bands", (0.10, 0.16)
    ),
    "hooded": Fur(
        (0.70, 0.80), (0.74, 0.84), (0.55, 0.66), (0.07, 0.1), (1, 1, 0.96), "hood", (0.08, 0.16)
    ),
    "patched": Fur(
        (0.10, 0.16), (0.5, 0.7), (0.5, 0.62), (0.12, 0.2), (1.1, 1, 0.9), "blotches", (0.62, 0.75)
    ),
    "albino": Fur((0.84, 0.92), (0.86, 0.94), (0.66, 0.76), (0.04, 0.07), (1, 1, 0.97)),
}
COATS: dict[Family, dict[str, Fur]] = {"train": _TRAIN_COATS, "test": _TEST_COATS}
"""Kinds of coat of each family."""

_TRAIN_CAGES: dict[Side, dict[str, Place]] = {
    "above": {
        "white floor": Place((0.70, 0.82), (0.25, 0.45), "plain", (0.01, 0.03)),
        "gray floor": Place((0.42, 0.54), (0.55, 0.70), "plain", (0.02, 0.05), (0.97, 1, 1.03)),
        "bedding": Place((0.50, 0.62), (0.30, 0.40), "bedding", (0.08, 0.14), (1.1, 1, 0.84)),
        "dark floor": Place((0.20, 0.28), (0.10, 0.20), "plain", (0.03, 0.06)),
    },
    "below": {
        "dark room": Place((0.015, 0.05), (0.04, 0.10), "smudges", (0.10, 0.25), round=True),
        "lit ceiling": Place((0.58, 0.72), (0.40, 0.50), "smudges", (0.03, 0.08)),
        "gray ceiling": Place((0.30, 0.40), (0.20, 0.30), "smudges", (0.05, 0.10), (0.98, 1, 1.02)),
    },
    "side": {
        "pale wall": Place((0.50, 0.60), (0.62, 0.72), "bedding", (0.06, 0.10), (1.06, 1, 0.9)),
        "gray wall": Place((0.40, 0.50), (0.40, 0.50), "bedding", (0.06, 0.10)),
        "dark wall": Place((0.22, 0.32), (0.14, 0.22), "bedding", (0.05, 0.10)),
    },
}
_TEST_CAGES: dict[Side, dict[str, Place]] = {
    "above": {
        "wood chips": Place((0.45, 0.58), (0.50, 0.60), "chips", (0.2, 0.3), (1.15, 1, 0.78)),
        "tiles": Place((0.55, 0.68), (0.20, 0.30), "tiles", (0.10, 0.16), (0.95, 1, 1.05)),
        "scratched floor": Place((0.32, 0.42), (0.30, 0.50), "scratches", (0.10, 0.20)),
    },
    "below": {
        "wire mesh": Place((0.14, 0.24), (0.30, 0.40), "mesh", (0.25, 0.40)),
        "dirty glass": Place(
            (0.42, 0.54), (0.50, 0.60), "stains", (0.12, 0.22), (1.04, 1, 0.94), True
        ),
        "scratched glass": Place((0.18, 0.28), (0.10, 0.20), "scratches", (0.15, 0.30)),
    },
    "side": {
        "bars": Place((0.36, 0.48), (0.50, 0.60), "chips", (0.15, 0.25), (1.08, 1, 0.86)),
        "tiled wall": Place((0.48, 0.58), (0.30, 0.40), "chips", (0.10, 0.20), (0.97, 1, 1.04)),
    },
}
CAGES: dict[Family, dict[Side, dict[str, Place]]] = {"train": _TRAIN_CAGES, "test": _TEST_CAGES}
"""Kinds of cage of each family and side."""
