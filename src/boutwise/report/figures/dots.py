"""Scores on a line from 0 to 1: the headline, the animals, the bars inside tables."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.report.figures.svg import drawing, element, number, text, title

_LEFT, _RIGHT, _ROW = 190, 70, 24


def interval_bar(
    value: float | None, *, low: float | None, high: float | None, width: float = 130
) -> str:
    """A score and its interval as a small bar for a table; empty when the score is undefined."""
    if value is None:
        return ""
    content = element("path", d=f"M0 8h{number(width)}", class_="rule")
    words = f"{value:.3f}"
    if low is not None and high is not None:
        words += f", {low:.3f} to {high:.3f}"
        content += element(
            "rect",
            x=low * width,
            y=3,
            width=max((high - low) * width, 1),
            height=10,
            rx=2,
            class_="band",
        )
    content += element("circle", cx=value * width, cy=8, r=3.2, class_="dot")
    return drawing(content, size=(width, 16), name=words, kind="bar")


def score_scale(
    value: float | None,
    *,
    low: float | None,
    high: float | None,
    references: Sequence[tuple[str, float | None]] = (),
) -> str:
    """The headline on a line from 0 to 1 with what it must be compared with.

    Args:
        value: The score.
        low: Lower end of its interval, or None.
        high: Upper end.
        references: Name and score of each baseline; those without a score are left out.
    """
    width, left = 600.0, 12.0
    top = 22.0 + 15 * len(references)
    span = width - 2 * left
    content = element("rect", x=left, y=top, width=span, height=10, rx=5, class_="lane")
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = left + span * share
        content += text(x, top + 27, f"{share:g}", class_="tick", text_anchor="middle")
    if low is not None and high is not None:
        content += element(
            "rect",
            x=left + span * low,
            y=top - 3,
            width=span * max(high - low, 0.002),
            height=16,
            rx=4,
            class_="band",
        )
    for x, level, words in _stacked(references, left, span):
        y = top - 9 - 15 * level
        content += element(
            "path", d=f"M{number(x)} {number(y - 9)}V{number(top + 10)}", class_="mark"
        )
        content += text(x + 5, y, words, class_="tick")
    if value is not None:
        content += element("circle", cx=left + span * value, cy=top + 5, r=8, class_="dot big")
    return drawing(content, size=(width, top + 34), name="The score and what it is compared with")


def _stacked(
    references: Sequence[tuple[str, float | None]], left: float, span: float
) -> list[tuple[float, int, str]]:
    """Place, level and words of marks; words that would meet stand above each other.

    The words begin right of their mark, so a mark further left gets a higher level and its line
    passes no other words.
    """
    known = sorted(((score, word) for word, score in references if score is not None), reverse=True)
    placed: list[tuple[float, int, str]] = []
    for score, word in known:
        x, words = left + span * score, f"{word} {score:.3f}"
        stop = x + 12 + 6.2 * len(words)
        above = [level + 1 for other, level, _ in placed if other < stop]
        placed.append((x, max(above, default=0), words))
    return placed


def score_dots(
    rows: Sequence[tuple[str, float | None, str]],
    *,
    name: str,
    mean: float | None = None,
    low: float | None = None,
    high: float | None = None,
    references: Sequence[tuple[str, float | None]] = (),
) -> str:
    """One dot for each animal or recording, with their mean and its interval.

    Args:
        rows: Name, score (None = undefined) and words for hovering.
        name: What the dots are.
        mean: Over the rows.
        low: Lower end of the interval of the mean, or None.
        high: Upper end.
        references: Name and score of baselines, as dashed lines.
    """
    width = 760.0
    span = width - _LEFT - _RIGHT
    marks = _stacked([*references, ("mean", mean)], _LEFT, span)
    top = 24.0 + 15 * max((level for _, level, _ in marks), default=0)
    height = top + _ROW * len(rows)
    parts = []
    if low is not None and high is not None:
        band = element(
            "rect",
            x=_LEFT + span * low,
            y=top,
            width=max(span * (high - low), 1),
            height=height - top,
            class_="band",
        )
        parts.append(
            element("g", title(f"95 % interval of the mean: {low:.3f} to {high:.3f}") + band)
        )
    for share in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x = _LEFT + span * share
        parts.append(element("path", d=f"M{number(x)} {top}V{number(height)}", class_="grid"))
        parts.append(text(x, height + 16, f"{share:g}", class_="tick", text_anchor="middle"))
    for x, level, words in marks:
        y = top - 9 - 15 * level
        kind = "mean" if words.startswith("mean ") else "reference"
        line = f"M{number(x)} {number(y - 9)}V{number(height)}"
        parts.append(element("path", d=line, class_=kind))
        parts.append(text(x + 5, y, words, class_="tick"))
    for place, (word, score, hover) in enumerate(rows):
        parts.append(_dot_row(top + (place + 0.5) * _ROW, span, word, score, hover))
    return drawing("".join(parts), size=(width, height + 24), name=name, kind="dots")


def _dot_row(y: float, span: float, word: str, score: float | None, hover: str) -> str:
    short = word if len(word) <= 26 else "…" + word[-25:]
    content = text(_LEFT - 14, y + 4, short, class_="name", text_anchor="end")
    shown = "–" if score is None else f"{score:.3f}"
    content += text(_LEFT + span + 14, y + 4, shown, class_="name")
    if score is not None:
        content += element("circle", cx=_LEFT + span * score, cy=y, r=6, class_="dot")
    return element("g", title(hover) + content)
