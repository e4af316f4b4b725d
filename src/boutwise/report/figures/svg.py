"""The few pieces that all figures are made of: elements, text, axes, ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise

from boutwise.report.colors import DARK, LIGHT, variables


def number(value: float) -> str:
    """A coordinate with at most two decimals.

    >>> number(3.0), number(0.126), number(-0.001)
    ('3', '0.13', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(name: str, content: str = "", **attributes: str | float | None) -> str:
    """One element; ``class_`` is written as ``class`` and ``_`` in names as ``-``.

    >>> element("rect", x=1, class_="lane")
    '<rect x="1" class="lane"/>'
    """
    written = ""
    for key, value in attributes.items():
        if value is None:
            continue
        text = value if isinstance(value, str) else number(value)
        key = key if key == "viewBox" else key.rstrip("_").replace("_", "-")
        written += f' {key}="{escape(text)}"'
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, words: str, **attributes: str | float | None) -> str:
    """A line of text."""
    return element("text", escape(words), x=x, y=y, **attributes)


def title(words: str) -> str:
    """What is shown on hovering, and read aloud."""
    return element("title", escape(words))


def drawing(content: str, *, size: tuple[float, float], name: str, kind: str = "") -> str:
    """The outer element of a figure.

    Args:
        content: Elements.
        size: Width and height in user units; on the page a figure is never wider than its column.
        name: What the figure shows, for those who cannot see it.
        kind: Class of the figure in the style sheet.
    """
    width, height = size
    return (
        f'<svg class="figure {escape(kind)}" role="img" aria-label="{escape(name)}" '
        f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" '
        f'height="{number(height)}">{content}</svg>'
    )


def standalone(svg: str) -> str:
    """A figure as the text of an ``.svg`` file, with its styles inside; light and dark."""
    style = (
        f":root{{{variables(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}{stylesheet('figures')}"
    )
    head, rest = svg.split(">", 1)
    space = ' xmlns="http://www.w3.org/2000/svg">'
    return f"{head}{space}<style>{style}</style>{rest}"


def stylesheet(name: str) -> str:
    """Text of ``templates/<name>.css``."""
    return (files("boutwise.report") / "templates" / f"{name}.css").read_text(encoding="utf-8")


def ticks(low: float, high: float, *, most: int) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most ``most`` of them.

    >>> ticks(0, 1, most=6)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if high <= low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (power * factor for factor in (1, 2, 5, 10, 20, 50, 100)):
        first = math.ceil(round(low / step, 9))
        last = math.floor(round(high / step, 9))
        if last - first + 1 <= most:
            return [round(k * step, 10) for k in range(first, last + 1)]
    return [low, high]


def unit_axes(x: float, y: float, *, size: float, across: str, up: str) -> str:
    """Frame, grid and labels of a square panel whose axes both go from 0 to 1."""
    parts = [element("rect", x=x, y=y, width=size, height=size, class_="panel")]
    for share in (0.0, 0.5, 1.0):
        at_x, at_y = x + share * size, y + size - share * size
        if share == 0.5:
            parts.append(
                element(
                    "path",
                    d=f"M{number(at_x)} {number(y)}v{number(size)}M{number(x)} "
                    f"{number(at_y)}h{number(size)}",
                    class_="grid",
                )
            )
        label = f"{share:g}"
        parts.append(text(at_x, y + size + 14, label, class_="tick", text_anchor="middle"))
        parts.append(text(x - 6, at_y + 4, label, class_="tick", text_anchor="end"))
    parts.append(text(x + size / 2, y + size + 29, across, class_="axis", text_anchor="middle"))
    turn = f"rotate(-90 {number(x - 34)} {number(y + size / 2)})"
    parts.append(
        text(x - 34, y + size / 2, up, class_="axis", text_anchor="middle", transform=turn)
    )
    return "".join(parts)


def polyline(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Path data through points, in relative steps of a tenth of a unit: short to write."""
    points = [(round(x * 10), round(y * 10)) for x, y in zip(xs, ys, strict=True)]
    if not points:
        return ""
    data = f"M{number(points[0][0] / 10)} {number(points[0][1] / 10)}"
    for (x0, y0), (x1, y1) in pairwise(points):
        if (x0, y0) != (x1, y1):
            data += f"l{number((x1 - x0) / 10)} {number((y1 - y0) / 10)}"
    return data
