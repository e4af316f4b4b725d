"""Where in its window a network looks: mean attention over the time around the scored frame."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.report.figures.svg import drawing, element, number, polyline, text, ticks, title

_LEFT, _TOP, _WIDE, _HIGH = 50, 14, 420, 150


def attention_profile(offsets_s: Sequence[float], weights: Sequence[float], *, name: str) -> str:
    """One panel: the mean weight of each step; the dashed line is what looking evenly would give.

    Args:
        offsets_s: Middle of each step, seconds from the scored frame, ascending.
        weights: Mean weight of each step; about 1 in total.
        name: What the figure shows.
    """
    low, high = min(offsets_s), max(offsets_s)
    top = max([*weights, 2 / len(weights)])
    span = (high - low) or 1.0
    xs = [_LEFT + _WIDE * (value - low) / span for value in offsets_s]
    ys = [_TOP + _HIGH * (1 - value / top) for value in weights]
    even = _TOP + _HIGH * (1 - 1 / len(weights) / top)
    parts = [
        element("rect", x=_LEFT, y=_TOP, width=_WIDE, height=_HIGH, class_="panel"),
        element(
            "g",
            title(f"all alike: {1 / len(weights):.3f}")
            + element("path", d=f"M{_LEFT} {number(even)}h{_WIDE}", class_="reference"),
        ),
        element("path", d=polyline(xs, ys), class_="curve"),
    ]
    for x, y, offset, weight in zip(xs, ys, offsets_s, weights, strict=True):
        words = f"{offset:+.2f} s: {weight:.3f}"
        parts.append(element("circle", title(words), cx=x, cy=y, r=2.5, class_="dot"))
    for tick in ticks(low, high, most=7):
        x = _LEFT + _WIDE * (tick - low) / span
        words = f"{tick:g}".replace("-", "−")
        parts.append(text(x, _TOP + _HIGH + 16, words, class_="tick", text_anchor="middle"))
    for tick in ticks(0, top, most=4):
        y = _TOP + _HIGH * (1 - tick / top) + 4
        parts.append(text(_LEFT - 6, y, f"{tick:g}", class_="tick", text_anchor="end"))
    middle = _LEFT + _WIDE / 2
    label = "seconds from the scored frame"
    parts.append(text(middle, _TOP + _HIGH + 34, label, class_="axis", text_anchor="middle"))
    return drawing("".join(parts), size=(_LEFT + _WIDE + 14, _TOP + _HIGH + 42), name=name)
