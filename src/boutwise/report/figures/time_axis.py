"""Time below a figure whose unit is the frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.report.figures.svg import element, number, text, ticks


def time_axis(times_s: NDArray[np.float64], y: float, scale: float) -> str:
    """Ticks at round seconds or minutes, each at the frame that is shown then."""
    first, last = float(times_s[0]), float(times_s[-1])
    minutes = last - first >= 150
    unit, word = (60.0, "min") if minutes else (1.0, "s")
    content = element("path", d=f"M0 {number(y)}h{number(len(times_s) * scale)}", class_="rule")
    marks = ticks(first / unit, last / unit, most=13)
    for mark in marks:
        x = float(np.searchsorted(times_s, mark * unit)) * scale
        content += element("path", d=f"M{number(x)} {number(y)}v4", class_="rule")
        content += text(x, y + 16, f"{mark:g}", class_="tick", text_anchor="middle")
    return content + text(-8, y + 16, f"time [{word}]", class_="tick", text_anchor="end")
