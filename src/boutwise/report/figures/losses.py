"""The loss of a training over its steps."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from boutwise.report.figures.svg import drawing, element, polyline, text, ticks, title

_LEFT, _TOP, _WIDE, _HIGH = 50, 14, 420, 150
_POINTS = 60
"""Of the line: the loss of single steps jumps too much to be read."""


def loss_over_steps(losses: Sequence[float], *, name: str) -> str:
    """One panel: the loss, averaged over neighboring steps.

    Args:
        losses: Of each step.
        name: What the figure shows.
    """
    width = max(1, len(losses) // _POINTS)
    means = [fmean(losses[at : at + width]) for at in range(0, len(losses), width)]
    top = max(means, default=1.0) or 1.0
    last = max(len(losses), 2)
    # Steps count from 1; a mean lies in the middle of its steps.
    steps = [(at + 1 + min(at + width, len(losses))) / 2 for at in range(0, len(losses), width)]
    xs = [_LEFT + _WIDE * (step - 1) / (last - 1) for step in steps]
    ys = [_TOP + _HIGH * (1 - value / top) for value in means]
    words = title(f"{means[0]:.2f} to {means[-1]:.2f}" if means else "no step")
    parts = [
        element("rect", x=_LEFT, y=_TOP, width=_WIDE, height=_HIGH, class_="panel"),
        element("g", words + element("path", d=polyline(xs, ys), class_="curve")),
    ]
    for mark in ticks(0, top, most=4):
        y = _TOP + _HIGH * (1 - mark / top) + 4
        parts.append(text(_LEFT - 6, y, f"{mark:g}", class_="tick", text_anchor="end"))
    for mark in (mark for mark in ticks(1, last, most=6) if float(mark).is_integer()):
        x = _LEFT + _WIDE * (mark - 1) / (last - 1)
        parts.append(text(x, _TOP + _HIGH + 16, f"{mark:g}", class_="tick", text_anchor="middle"))
    middle = _LEFT + _WIDE / 2
    parts.append(text(middle, _TOP + _HIGH + 34, "step", class_="axis", text_anchor="middle"))
    return drawing("".join(parts), size=(_LEFT + _WIDE + 14, _TOP + _HIGH + 42), name=name)
