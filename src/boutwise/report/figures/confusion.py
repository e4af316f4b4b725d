"""Confusion matrix: what was called what."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.report.colors import mixed, text_on
from boutwise.report.figures.svg import drawing, element, text, title

_PALE, _DEEP = "#EDF3F8", "#00436B"
_CELL_WIDTH, _CELL_HEIGHT, _LEFT, _TOP = 92, 46, 150, 58


def confusion_map(
    counts: Sequence[Sequence[int]],
    *,
    truth: Sequence[str],
    predicted: Sequence[str],
    name: str,
) -> str:
    """Heat map of a confusion matrix: shares of each true class, frame counts beneath.

    Args:
        counts: Frames, rows x columns.
        truth: Name of each row.
        predicted: Name of each column.
        name: What is confused: the group or the behavior.
    """
    width = _LEFT + _CELL_WIDTH * len(predicted) + 10
    height = _TOP + _CELL_HEIGHT * len(truth) + 6
    middle = _LEFT + _CELL_WIDTH * len(predicted) / 2
    parts = [text(middle, 16, "predicted", class_="axis", text_anchor="middle")]
    parts.append(text(_LEFT - 12, _TOP - 12, "truth", class_="axis", text_anchor="end"))
    for column, word in enumerate(predicted):
        x = _LEFT + (column + 0.5) * _CELL_WIDTH
        parts.append(text(x, _TOP - 12, _short(word, 13), class_="tick", text_anchor="middle"))
    for row, word in enumerate(truth):
        y = _TOP + row * _CELL_HEIGHT
        parts.append(text(_LEFT - 12, y + 21, _short(word, 20), class_="name", text_anchor="end"))
        total = sum(counts[row])
        below = f"{total:,} frames"
        parts.append(text(_LEFT - 12, y + 35, below, class_="tick small", text_anchor="end"))
        for column, count in enumerate(counts[row]):
            words = f"{word} called {predicted[column]}: {count:,} of {total:,} frames"
            parts.append(_cell(_LEFT + column * _CELL_WIDTH, y, count, total, words))
    return drawing(
        "".join(parts), size=(width, height), name=f"Confusion of {name}", kind="confusion"
    )


def _cell(x: float, y: float, count: int, total: int, words: str) -> str:
    share = count / total if total else 0.0
    # Steeper at the start: small confusions are what one looks for.
    color = mixed(_PALE, _DEEP, share=share**0.7)
    content = title(words) + element(
        "rect", x=x + 1, y=y + 1, width=_CELL_WIDTH - 2, height=_CELL_HEIGHT - 2, rx=3, fill=color
    )
    # As a style, because the style sheet would win over an attribute.
    ink = {"style": f"fill:{text_on(color)}", "text_anchor": "middle"}
    shown = f"{100 * share:.1f} %" if total else "–"
    content += text(x + _CELL_WIDTH / 2, y + 21, shown, class_="cell", **ink)
    content += text(x + _CELL_WIDTH / 2, y + 36, f"{count:,}", class_="cell small", **ink)
    return element("g", content)


def _short(word: str, most: int) -> str:
    return word if len(word) <= most else word[: most - 1] + "…"
