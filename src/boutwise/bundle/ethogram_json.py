"""An ethogram as plain values: in ``bundle.json`` and in the snapshot of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boutwise.types import Behavior, Ethogram, ExclusiveGroup


def ethogram_as_dict(ethogram: Ethogram) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        "behaviors": [vars(behavior) for behavior in ethogram.behaviors],
        "groups": [
            {"name": g.name, "behaviors": list(g.behaviors), "background": g.background}
            for g in ethogram.groups
        ],
        "merges": dict(ethogram.merges),
    }


def ethogram_from_dict(data: Mapping[str, Any]) -> Ethogram:
    """The inverse of :func:`ethogram_as_dict`."""
    return Ethogram(
        tuple(Behavior(**behavior) for behavior in data["behaviors"]),
        tuple(
            ExclusiveGroup(g["name"], tuple(g["behaviors"]), g["background"])
            for g in data["groups"]
        ),
        dict(data["merges"]),
    )
