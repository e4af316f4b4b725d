"""Curves of probabilities: precision over recall, and reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boutwise.report.figures.svg import (
    drawing,
    element,
    number,
    polyline,
    text,
    title,
    unit_axes,
)

_LEFT, _TOP, _SIZE = 50, 30, 160
_WIDTH, _HEIGHT = _LEFT + _SIZE + 12, _TOP + _SIZE + 38


def precision_recall(
    recall: Sequence[float],
    precision: Sequence[float],
    *,
    name: str,
    share: float | None,
    note: str = "",
) -> str:
    """One panel: precision over recall of one behavior, and what guessing would reach.

    Args:
        recall: Of the points.
        precision: Of the points.
        name: The behavior.
        share: Share of frames that show it: the precision of guessing; None leaves the line out.
        note: Words at the right of the name, for instance its average precision.
    """
    parts = [
        _heading(name, note),
        unit_axes(_LEFT, _TOP, size=_SIZE, across="recall", up="precision"),
    ]
    if share is not None:
        y = _TOP + _SIZE * (1 - share)
        line = element("path", d=f"M{_LEFT} {number(y)}h{_SIZE}", class_="reference")
        parts.append(element("g", title(f"guessing: {share:.3f}") + line))
    xs = [_LEFT + _SIZE * value for value in recall]
    ys = [_TOP + _SIZE * (1 - value) for value in precision]
    parts.append(element("path", d=polyline(xs, ys), class_="curve"))
    return drawing("".join(parts), size=(_WIDTH, _HEIGHT), name=f"Precision and recall of {name}")


def reliability(bins: Sequence[Mapping[str, Any]], *, name: str, note: str = "") -> str:
    """One panel: how often it was so, over how likely it was said to be.

    Args:
        bins: ``mean_probability``, ``observed_share`` and ``n`` of each bin that is not empty.
        name: The behavior.
        note: Words at the right of the name, for instance the calibration error.
    """
    parts = [
        _heading(name, note),
        unit_axes(_LEFT, _TOP, size=_SIZE, across="said probability", up="observed share"),
        element("path", d=f"M{_LEFT} {_TOP + _SIZE}l{_SIZE} -{_SIZE}", class_="reference"),
    ]
    most = max((entry["n"] for entry in bins), default=1)
    points = [
        (
            _LEFT + _SIZE * entry["mean_probability"],
            _TOP + _SIZE * (1 - entry["observed_share"]),
            entry,
        )
        for entry in bins
    ]
    parts.append(
        element("path", d=polyline([p[0] for p in points], [p[1] for p in points]), class_="curve")
    )
    for x, y, entry in points:
        words = (
            f"said {entry['mean_probability']:.3f}, was so in {entry['observed_share']:.3f} "
            f"of {entry['n']:,} frames"
        )
        radius = 2 + 4 * (entry["n"] / most) ** 0.5
        parts.append(element("circle", title(words), cx=x, cy=y, r=radius, class_="dot"))
    return drawing("".join(parts), size=(_WIDTH, _HEIGHT), name=f"Reliability of {name}")


def _heading(name: str, note: str) -> str:
    short = name if len(name) <= 14 else name[:13] + "…"
    content = element("g", title(name) + text(_LEFT, 18, short, class_="name"))
    if note:
        content += text(_LEFT + _SIZE, 18, note, class_="tick", text_anchor="end")
    return content
