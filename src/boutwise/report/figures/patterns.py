"""Patterns that stand beside the colors of behaviors, and their key."""

from __future__ import annotations

from boutwise.report.colors import Swatch, text_on
from boutwise.report.figures.svg import drawing, element

_TILE = 6
_STROKES = {
    "diagonal": "M-1 1l2-2M0 6l6-6M5 7l2-2",
    "back_diagonal": "M-1 5l2 2M0 0l6 6M5-1l2 2",
    "horizontal": "M0 1.5h6M0 4.5h6",
    "cross": "M0 0l6 6M0 6l6-6",
}


def paint_id(uid: str, swatch: Swatch) -> str:
    """Id of the pattern of a behavior in the figure ``uid``."""
    return f"{uid}-{swatch.position}"


def paint(uid: str, swatch: Swatch) -> str:
    """What to write as fill or stroke: the color, or a reference to the pattern."""
    return swatch.color if swatch.pattern == "solid" else f"url(#{paint_id(uid, swatch)})"


def definition(uid: str, swatch: Swatch, *, stretch: float = 1.0) -> str:
    """The pattern of one behavior, to be put into the figure once; empty for a plain color.

    Args:
        uid: Prefix that no other figure of the page has.
        swatch: Color and pattern.
        stretch: Horizontal scale of the space in which it is used; the pattern undoes it.
    """
    if swatch.pattern == "solid":
        return ""
    ink = text_on(swatch.color)
    content = element("rect", width=_TILE, height=_TILE, fill=swatch.color)
    if swatch.pattern == "dots":
        content += element("circle", cx=3, cy=3, r=1.1, fill=ink, opacity="0.55")
    else:
        content += element(
            "path", d=_STROKES[swatch.pattern], stroke=ink, stroke_width=0.9, opacity="0.5"
        )
    undo = None if stretch == 1 else f"scale({1 / stretch:.6g} 1)"
    return element(
        "pattern",
        content,
        id=paint_id(uid, swatch),
        width=_TILE,
        height=_TILE,
        patternUnits="userSpaceOnUse",
        patternTransform=undo,
    )


def swatch_key(swatch: Swatch, *, uid: str = "key") -> str:
    """A small box that looks like the behavior; its name stands beside it in the text."""
    box = element(
        "rect", x=0.5, y=0.5, width=21, height=13, rx=2, fill=paint(uid, swatch), class_="key"
    )
    defs = definition(uid, swatch)
    defs = element("defs", defs) if defs else ""
    return drawing(defs + box, size=(22, 14), name=swatch.name, kind="swatch")
