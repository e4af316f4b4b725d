"""How far the clocks of annotators are apart: one dot for each recording."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.report.figures.svg import drawing, element, number, text, ticks, title

_LEFT, _RIGHT, _ROW = 210, 30, 34


def clock_offsets(rows: Sequence[tuple[str, Sequence[tuple[str, float, float]]]]) -> str:
    """Offsets in seconds on one axis, a row for each two annotators.

    Args:
        rows: Name of the row, and of each recording its name, the offset and its standard error,
            seconds.
    """
    width = 760.0
    span, height = width - _LEFT - _RIGHT, 14.0 + _ROW * len(rows)
    most = max((abs(offset) for _, dots in rows for _, offset, _ in dots), default=0.0)
    reach = 1.1 * max(most, 0.1)
    middle = _LEFT + span / 2
    content = ""
    for mark in ticks(-reach, reach, most=9):
        x = middle + mark / reach * span / 2
        kind = "rule" if mark == 0 else "grid"
        content += element("path", d=f"M{number(x)} 8V{number(height)}", class_=kind)
        content += text(x, height + 16, f"{mark:g}", class_="tick", text_anchor="middle")
    for place, (name, dots) in enumerate(rows):
        y = 14.0 + (place + 0.5) * _ROW
        content += text(_LEFT - 14, y + 4, _short(name), class_="name", text_anchor="end")
        for word, offset, error in dots:
            x = middle + offset / reach * span / 2
            hover = title(f"{word}: {offset:+.2f} s, standard error {error:.2f} s")
            dot = element("circle", cx=x, cy=y, r=5, class_="dot")
            content += element("g", hover + dot)
        if not dots:
            content += text(middle + 10, y + 4, "cannot be told", class_="tick")
    content += text(middle, height + 34, "offset [s]", class_="axis", text_anchor="middle")
    return drawing(content, size=(width, height + 40), name="Offsets between clocks", kind="dots")


def _short(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:29]}…"
