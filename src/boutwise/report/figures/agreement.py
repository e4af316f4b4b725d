"""Predicted over true bout statistics, one dot for each recording."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.report.figures.svg import drawing, element, number, text, ticks, title

_LEFT, _TOP, _SIZE = 46, 28, 130


def agreement_scatter(
    truth: Sequence[float], predicted: Sequence[float], *, words: Sequence[str], name: str
) -> str:
    """A panel with equal axes; a dot on the diagonal is a recording that was told exactly.

    Args:
        truth: True value of each recording.
        predicted: Predicted value.
        words: What is shown on hovering.
        name: What is counted, with its unit.
    """
    most = max([*truth, *predicted, 0.0]) * 1.08 or 1.0
    frame = element("rect", x=_LEFT, y=_TOP, width=_SIZE, height=_SIZE, class_="panel")
    parts = [text(_LEFT, 16, name, class_="name"), frame]
    diagonal = f"M{_LEFT} {_TOP + _SIZE}l{_SIZE} -{_SIZE}"
    parts.append(element("path", d=diagonal, class_="reference"))
    for mark in ticks(0, most, most=5):
        at = _SIZE * mark / most
        label = f"{mark:g}"
        bottom = _TOP + _SIZE
        parts.append(text(_LEFT + at, bottom + 14, label, class_="tick", text_anchor="middle"))
        parts.append(text(_LEFT - 6, bottom - at + 4, label, class_="tick", text_anchor="end"))
    middle = number(_TOP + _SIZE / 2)
    parts.append(
        text(_LEFT + _SIZE / 2, _TOP + _SIZE + 28, "truth", class_="axis", text_anchor="middle")
    )
    parts.append(
        text(
            12,
            _TOP + _SIZE / 2,
            "predicted",
            class_="axis",
            text_anchor="middle",
            transform=f"rotate(-90 12 {middle})",
        )
    )
    for x, y, word in zip(truth, predicted, words, strict=True):
        parts.append(
            element(
                "circle",
                title(word),
                cx=_LEFT + _SIZE * x / most,
                cy=_TOP + _SIZE * (1 - y / most),
                r=4.5,
                class_="dot",
            )
        )
    return drawing("".join(parts), size=(_LEFT + _SIZE + 10, _TOP + _SIZE + 36), name=name)
