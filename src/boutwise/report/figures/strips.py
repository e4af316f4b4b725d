"""Marks along the time of a recording, one lane a kind; and sizes on a line of ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence

from boutwise.report.figures.svg import drawing, element, number, text, ticks, title

_LEFT, _RIGHT, _ROW, _WIDTH = 250.0, 60.0, 22.0, 860.0
_LEAST = 1.6
"""Width in user units of a mark of a single frame."""

Span = tuple[int, int]


def event_strips(
    rows: Sequence[tuple[str, Sequence[Span], int]], *, n_frames: int, fps: float, name: str
) -> str:
    """Where things happen in a recording.

    Args:
        rows: Name, half-open stretches of frames, and how often.
        n_frames: Frames of the recording.
        fps: Frames per second.
        name: What the figure shows.
    """
    span = _WIDTH - _LEFT - _RIGHT
    parts = []
    for place, (label, spans, count) in enumerate(rows):
        y = place * _ROW
        parts.append(text(_LEFT - 10, y + 15, _short(label), class_="name", text_anchor="end"))
        parts.append(element("rect", x=_LEFT, y=y + 4, width=span, height=14, class_="lane"))
        data = "".join(_mark(one, n_frames, span, y) for one in spans)
        mark = element("path", title(f"{label}: {count}"), d=data, class_="wrong-fill")
        parts.append(mark)
        parts.append(text(_WIDTH - _RIGHT + 8, y + 15, f"{count}", class_="tick"))
    height = len(rows) * _ROW
    minutes = n_frames / fps / 60
    for tick in ticks(0, minutes, most=8):
        x = _LEFT + span * tick / minutes
        parts.append(text(x, height + 13, f"{tick:g}", class_="tick", text_anchor="middle"))
    parts.append(text(_WIDTH - _RIGHT + 8, height + 13, "min", class_="tick"))
    return drawing("".join(parts), size=(_WIDTH, height + 18), name=name, kind="strips")


def _mark(span: Span, n_frames: int, width: float, y: float) -> str:
    start = _LEFT + width * span[0] / n_frames
    length = max(width * (span[1] - span[0]) / n_frames, _LEAST)
    start = min(start, _LEFT + width - length)
    return f"M{number(start)} {number(y + 4)}h{number(length)}v14h{number(-length)}z"


def ratio_rows(rows: Sequence[tuple[str, float, float, float]], *, name: str) -> str:
    """Ratios on a logarithmic line: a ring where each begins, a dot where it ends.

    Args:
        rows: Name, ratio at the start, at the end, and over all.
        name: What the figure shows.
    """
    values = [value for row in rows for value in row[1:]]
    reach = max(math.log(1.5), *(abs(math.log(value)) for value in values)) * 1.08
    span = _WIDTH - _LEFT - _RIGHT
    height = len(rows) * _ROW

    def at(ratio: float) -> float:
        return _LEFT + span * (math.log(ratio) + reach) / (2 * reach)

    parts = []
    for tick in _ratios(reach):
        kind = "reference" if tick == 1 else "grid"
        parts.append(element("path", d=f"M{number(at(tick))} 0V{number(height)}", class_=kind))
        parts.append(text(at(tick), height + 14, f"{tick:g}", class_="tick", text_anchor="middle"))
    for place, (label, start, stop, whole) in enumerate(rows):
        y = (place + 0.5) * _ROW
        line = f"M{number(at(start))} {number(y)}H{number(at(stop))}"
        content = title(f"{label}: {start:.2f} at the start, {stop:.2f} at the end")
        content += text(_LEFT - 10, y + 4, _short(label), class_="name", text_anchor="end")
        content += element("path", d=line, class_="mean")
        content += element("circle", cx=at(start), cy=y, r=4, class_="ring")
        content += element("circle", cx=at(stop), cy=y, r=4.5, class_="dot")
        content += text(_WIDTH - _RIGHT + 8, y + 4, f"{whole:.2f}", class_="tick")
        parts.append(element("g", content))
    return drawing("".join(parts), size=(_WIDTH, height + 20), name=name, kind="ratios")


def _ratios(reach: float) -> list[float]:
    fine = (0.5, 0.67, 0.8, 1, 1.25, 1.5, 2)
    coarse = (0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 100)
    steps = fine if reach < math.log(2.5) else coarse
    return [step for step in steps if abs(math.log(step)) <= reach]


def _short(label: str) -> str:
    return label if len(label) <= 36 else label[:20] + "…" + label[-15:]
