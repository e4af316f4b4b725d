"""Rules of scoring by name. Step by step the rules of other tools are added here."""

from __future__ import annotations

from boutwise.errors import UsageError, did_you_mean
from boutwise.metrics._contract import ScoreOptions

PRESETS: dict[str, ScoreOptions] = {"default": ScoreOptions()}
"""Name -> options. ``default``: one to one, half-open, background left out, pooled."""


def preset(name: str) -> ScoreOptions:
    """The options of that name.

    Raises:
        UsageError: There is no such preset; the message has the nearest.

    >>> preset("default").thresholds
    (0.1, 0.25, 0.5)
    """
    if name not in PRESETS:
        raise UsageError(f"there is no preset '{name}'", todo=did_you_mean(name, PRESETS))
    return PRESETS[name]
