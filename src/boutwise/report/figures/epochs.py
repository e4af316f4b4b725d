"""Curves over the epochs of a training: losses and scores, one line a fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boutwise.report.figures.svg import drawing, element, number, polyline, text, ticks, title

_LEFT, _TOP, _WIDE, _HIGH = 50, 30, 230, 150
_WIDTH, _HEIGHT = _LEFT + _WIDE + 16, _TOP + _HIGH + 38


@dataclass(frozen=True)
class Line:
    """One line of a figure.

    Attributes:
        name: What it is, for hovering.
        epochs: From 1.
        values: As many; None where there is none.
        watched: Of animals that were not learned from: drawn dashed.
    """

    name: str
    epochs: Sequence[int]
    values: Sequence[float | None]
    watched: bool = False


def epoch_lines(
    lines: Sequence[Line],
    *,
    name: str,
    high: float | None = None,
    reference: tuple[str, float] | None = None,
    note: str = "",
) -> str:
    """One panel: something over the epochs of several trainings.

    Args:
        lines: One a training.
        name: What is shown.
        high: Upper end of the scale; None takes the highest value.
        reference: Name and height of a line to compare with.
        note: Words at the right of the name.
    """
    known = [value for line in lines for value in line.values if value is not None]
    last = max((epoch for line in lines for epoch in line.epochs), default=1)
    panel = _Panel(last, high or max(known, default=1.0) or 1.0)
    short = name if len(name) <= 24 else name[:23] + "…"
    parts = [element("g", title(name) + text(_LEFT, 18, short, class_="name"))]
    if note:
        parts.append(text(_LEFT + _WIDE, 18, note, class_="tick", text_anchor="end"))
    parts.append(panel.axes())
    if reference is not None:
        word, height = reference
        level = f"M{_LEFT} {number(panel.up(height))}h{_WIDE}"
        words = title(f"{word} {height:.3f}")
        parts.append(element("path", words, d=level, class_="reference"))
    parts += [panel.drawn(line) for line in lines]
    return drawing("".join(parts), size=(_WIDTH, _HEIGHT), name=f"{name} over epochs")


@dataclass(frozen=True)
class _Panel:
    """Where epochs and values lie.

    Attributes:
        last: Epoch at the right end.
        top: Value at the upper end.
    """

    last: int
    top: float

    def across(self, epoch: float) -> float:
        """Place of an epoch from left to right."""
        return _LEFT + _WIDE * (epoch - 1) / max(self.last - 1, 1)

    def up(self, value: float) -> float:
        """Place of a value from top to bottom."""
        return _TOP + _HIGH * (1 - min(max(value / self.top, 0), 1))

    def axes(self) -> str:
        """Frame, grid and labels."""
        parts = [element("rect", x=_LEFT, y=_TOP, width=_WIDE, height=_HIGH, class_="panel")]
        for mark in ticks(0, self.top, most=5):
            level = f"M{_LEFT} {number(self.up(mark))}h{_WIDE}"
            parts.append(element("path", d=level, class_="grid"))
            label = text(
                _LEFT - 6, self.up(mark) + 4, f"{mark:g}", class_="tick", text_anchor="end"
            )
            parts.append(label)
        below = _TOP + _HIGH
        for epoch in sorted({1, *(int(mark) for mark in ticks(1, self.last, most=5))} - {0}):
            x = self.across(epoch)
            parts.append(text(x, below + 14, f"{epoch}", class_="tick", text_anchor="middle"))
        middle = _LEFT + _WIDE / 2
        parts.append(text(middle, below + 29, "epoch", class_="axis", text_anchor="middle"))
        return "".join(parts)

    def drawn(self, line: Line) -> str:
        """A line; a dot where there is one epoch only."""
        both = zip(line.epochs, line.values, strict=True)
        there = [(self.across(e), self.up(v), v) for e, v in both if v is not None]
        if not there:
            return ""
        words = title(f"{line.name}: {there[0][2]:.3g} to {there[-1][2]:.3g}")
        if len(there) == 1:
            return element("circle", words, cx=there[0][0], cy=there[0][1], r=3, class_="dot")
        data = polyline([x for x, _, _ in there], [y for _, y, _ in there])
        kind = "curve thin watched" if line.watched else "curve thin"
        return element("path", words, d=data, class_=kind)
