"""What ``auto`` means in a trees member: a value and its reason, from the project's fingerprint.

Read by ``planning``. The values measured on six mice stand in the reasons; where a rule goes beyond
what was measured, the reason says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from boutwise.features._window_steps import LENGTHS_S

Setting = tuple[Any, str]

MEASURED_ROWS = 36_000
"""Rows on which the settings were measured: six recordings of ten minutes, ten rows a second."""
MOST_ROWS = 200_000
"""Rows above which frames are drawn more thinly; with 1,000 columns they take .8 GB."""
ROWS_PER_S = 10.0
"""Rows for each second of labeled time, once there is enough of it."""
ROWS_PER_BOUT = 4
"""Scores in a median bout, so that interpolation does not lose its borders."""
LONGEST_WINDOW_BOUTS = 40.0
"""A window longer than this many median bouts says nothing about one bout."""

MEASURED: Mapping[str, Setting] = {
    "lr": (0.08, "small steps; at this rate 100 to 200 rounds scored alike on six animals"),
    "rounds": (120, "at a rate of 0.08 the score was flat from 100 to 200 rounds on six animals"),
    "leaves": (12, "small trees: larger ones learn the animals of the training set by heart"),
    "feature_fraction": (0.2, "neighboring statistics say nearly the same: a fifth for each tree"),
    "bagging_fraction": (0.7, "each tree sees 70 % of the rows, so that trees differ"),
    "l2": (5.0, "strong regularization held best on animals that were left out"),
    "bins": (63, "63 steps a column, as in the measured run; finer steps were not compared"),
    "weight_power": (0.5, "count ** -0.5 of each class gave trees the best macro-F1"),
}
"""Setting -> value and reason, where the amount of data does not matter."""


def auto_values(fingerprint: Mapping[str, Any]) -> dict[str, Setting]:
    """Value and reason of every setting of a trees member that may be ``auto``.

    Args:
        fingerprint: ``n_frames`` (labeled frames), ``fps`` (working rate) and ``median_bout_s``
            (median length of a bout, seconds); ``mirrored``, whether every row is learned from
            mirrored as well.

    Returns:
        Dotted path inside the member -> (value, reason).

    >>> values = auto_values({"n_frames": 72_000, "fps": 20, "median_bout_s": 1.0})
    >>> [values[name][0] for name in ("windows.frame_step", "optim.leaf_frames", "optim.leaves")]
    [2, 300, 12]
    """
    n_frames, fps = int(fingerprint["n_frames"]), float(fingerprint["fps"])
    images = 2 if fingerprint.get("mirrored") else 1
    step = _frame_step(n_frames, fps, images)
    rows = max(images * n_frames // step[0], 1)
    return {
        "windows.statistics": _statistics(float(fingerprint["median_bout_s"])),
        "windows.frame_step": step,
        "windows.score_step": _score_step(float(fingerprint["median_bout_s"]), fps),
        "optim.leaf_frames": _leaf_frames(rows),
        **{f"optim.{name}": pair for name, pair in MEASURED.items()},
    }


def _statistics(median_bout_s: float) -> Setting:
    lengths = [s for s in LENGTHS_S if s <= max(LONGEST_WINDOW_BOUTS * median_bout_s, LENGTHS_S[2])]
    return lengths, (
        f"windows from {lengths[0]:g} to {lengths[-1]:g} s: on six animals 8 s of context gained "
        f".06 macro-F1 over single frames; the median bout here is {median_bout_s:.2f} s"
    )


def _frame_step(n_frames: int, fps: float, images: int) -> Setting:
    if n_frames <= MEASURED_ROWS // 2:
        return 1, f"{n_frames} labeled frames are few: all of them are used"
    thin = max(1, math.floor(images * fps / ROWS_PER_S + 0.5))
    capped = math.ceil(images * n_frames / MOST_ROWS)
    if capped > thin:
        return capped, f"{n_frames} labeled frames: so many are left out to stay below {MOST_ROWS}"
    if images == 2:
        return thin, (
            f"neighboring frames are alike: {ROWS_PER_S:g} rows a second, half of them mirrored"
        )
    return thin, f"neighboring frames are alike: {ROWS_PER_S:g} a second, as measured"


def _score_step(median_bout_s: float, fps: float) -> Setting:
    thin = max(1, math.floor(fps / ROWS_PER_S + 0.5))
    step = max(1, min(thin, math.floor(median_bout_s * fps / ROWS_PER_BOUT)))
    if step < thin:
        return step, (
            f"{ROWS_PER_BOUT} scores in a median bout of {median_bout_s:.2f} s; {ROWS_PER_S:g} a "
            "second would be fewer"
        )
    return step, (
        f"{ROWS_PER_S:g} scores a second, interpolated between: on six animals as good as a score "
        "for every frame, and faster by as much"
    )


def _leaf_frames(rows: int) -> Setting:
    leaf = min(1000, max(20, round(300 * rows / MEASURED_ROWS)))
    return leaf, (
        f"300 of {MEASURED_ROWS} rows, as in the measured run on six animals; in proportion to "
        f"{rows} rows here, between 20 and 1000 (the proportion is a rule of thumb, not measured)"
    )
