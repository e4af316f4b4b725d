"""Colors, patterns and contrast: one palette for the page and every figure.

Behaviors get the colors of Okabe and Ito (2008), which stay apart for color-blind readers, and a
pattern each, so that no figure speaks by color alone. Backgrounds are grey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442")
PATTERNS = ("solid", "diagonal", "dots", "back_diagonal", "cross", "horizontal")
BACKGROUND = "#A3A9B0"

LIGHT = {
    "page": "#FFFFFF",
    "card": "#F6F7F9",
    "lane": "#E4E7EB",
    "line": "#D3D8DE",
    "ink": "#1B2026",
    "muted": "#56606B",
    "accent": "#00598C",
    "good": "#00614A",
    "warn": "#7A4B00",
    "warn_fill": "#FFF3D6",
    "bad": "#A32D00",
    "bad_fill": "#FFE9E0",
}
DARK = {
    "page": "#14181D",
    "card": "#1D232A",
    "lane": "#39424C",
    "line": "#3A434D",
    "ink": "#E8ECF0",
    "muted": "#A6B0BB",
    "accent": "#6CC3F5",
    "good": "#4FD1A8",
    "warn": "#FFC861",
    "warn_fill": "#3A2D10",
    "bad": "#FF9466",
    "bad_fill": "#42210F",
}
"""Names are the same in both; :func:`variables` turns them into CSS variables."""


def luminance(color: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG 2.2 defines it, 0 to 1.

    >>> luminance("#FFFFFF"), luminance("#000000")
    (1.0, 0.0)
    """
    total = 0.0
    for weight, start in ((0.2126, 1), (0.7152, 3), (0.0722, 5)):
        share = int(color[start : start + 2], 16) / 255
        linear = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        total += weight * linear
    return total


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colors, 1 to 21 (WCAG 2.2).

    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def text_on(color: str) -> str:
    """Black or white, whichever is easier to read on a color; the contrast is at least 4.58."""
    return max(("#000000", "#FFFFFF"), key=lambda ink: contrast(color, ink))


def mixed(first: str, second: str, *, share: float) -> str:
    """The color that lies ``share`` of the way from the first to the second.

    >>> mixed("#000000", "#FFFFFF", share=0.5)
    '#808080'
    """
    parts = [(int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def variables(palette: Mapping[str, str]) -> str:
    """CSS declarations of a palette.

    >>> variables({"warn_fill": "#FFFFFF"})
    '--warn-fill:#FFFFFF'
    """
    return ";".join(f"--{name.replace('_', '-')}:{color}" for name, color in palette.items())


@dataclass(frozen=True)
class Swatch:
    """How one behavior looks in every figure.

    Attributes:
        name: The behavior.
        color: ``#rrggbb``.
        pattern: One of ``PATTERNS``.
        position: Place in the ethogram; makes ids of patterns.
    """

    name: str
    color: str
    pattern: str
    position: int


def swatches(
    behaviors: Sequence[str],
    *,
    backgrounds: Sequence[str] = (),
    colors: Mapping[str, str] | None = None,
) -> dict[str, Swatch]:
    """Color and pattern of each behavior; no two of up to 42 look the same.

    Args:
        behaviors: In the order of the ethogram.
        backgrounds: Those that are drawn in plain grey.
        colors: Colors that the ethogram asks for, by behavior.

    >>> swatches(["walk", "other"], backgrounds=["other"])["walk"].color
    '#0072B2'
    """
    wanted = colors or {}
    found: dict[str, Swatch] = {}
    place = 0
    for position, name in enumerate(behaviors):
        if name in backgrounds:
            found[name] = Swatch(name, wanted.get(name) or BACKGROUND, "solid", position)
            continue
        # 7 colors and 6 patterns share no divisor, so 42 pairs pass before one returns.
        color = wanted.get(name) or OKABE_ITO[place % len(OKABE_ITO)]
        found[name] = Swatch(name, color, PATTERNS[place % len(PATTERNS)], position)
        place += 1
    return found
