"""Tables as data: cells, columns, and why a value is missing.

A value that is not defined is shown as an en dash with a letter, and the reason stands under the
table; it is never shown as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from markupsafe import Markup

from boutwise.report.figures import interval_bar

MISSING = "–"
_NO_FIGURE = Markup("")


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: As it is shown.
        why: Why there is no value; empty when there is one.
        small: A second, smaller line.
        figure: An ``<svg>`` beside the text.
        number: Whether it is aligned as a number.
        strong: Whether it stands out.
    """

    text: str
    why: str = ""
    small: str = ""
    figure: Markup = _NO_FIGURE
    number: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose missing values have reasons.

    Attributes:
        columns: Heading of each column.
        rows: Cells, as many as columns.
        caption: One sentence above the table.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""

    @property
    def reasons(self) -> dict[str, str]:
        """Reason -> its letter, in the order in which they appear."""
        found = dict.fromkeys(cell.why for row in self.rows for cell in row if cell.why)
        return {why: _letter(place) for place, why in enumerate(found)}

    def numeric(self, column: int) -> bool:
        """Whether a column holds numbers, for the alignment of its heading."""
        return any(row[column].number for row in self.rows)


def _letter(place: int) -> str:
    """``a`` to ``z``, then ``aa``, ``ab``, ..."""
    more, last = divmod(place, len(ascii_lowercase))
    return (_letter(more - 1) if more else "") + ascii_lowercase[last]


def words(text: object, *, small: str = "", strong: bool = False) -> Cell:
    """A cell of words."""
    return Cell(str(text), small=small, strong=strong)


def figure(svg: str, text: str = "") -> Cell:
    """A cell with a picture before its text."""
    return Cell(text, figure=Markup(svg))


def missing(why: str) -> Cell:
    """A value that is not defined."""
    return Cell(MISSING, why=why, number=True)


def score(value: float | None, why: str, *, digits: int = 3) -> Cell:
    """A number, or a dash with its reason.

    >>> score(0.5, "").text, score(None, "never predicted").text
    ('0.500', '–')
    """
    return missing(why) if value is None else Cell(signed(value, digits), number=True)


def signed(value: float, digits: int, *, plus: bool = False) -> str:
    """A number with a true minus sign.

    >>> signed(-1.5, 2), signed(1.5, 1, plus=True), signed(-0.001, 1, plus=True)
    ('−1.50', '+1.5', '0.0')
    """
    rounded = round(value, digits)
    sign = "−" if rounded < 0 else "+" if plus and rounded > 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}"


def count(value: int | None, why: str = "not counted") -> Cell:
    """A whole number with thousands marked."""
    return missing(why) if value is None else Cell(f"{value:,}", number=True)


def interval_words(interval: Mapping[str, Any], *, digits: int = 2) -> str:
    """``0.61 to 0.80``; empty when there is no interval."""
    if interval["low"] is None or interval["high"] is None:
        return ""
    return f"{interval['low']:.{digits}f} to {interval['high']:.{digits}f}"


def estimate(entry: Mapping[str, Any], why: str, *, bar: bool = False) -> Cell:
    """A score with its interval beneath, or the reason why there is none."""
    value, interval = entry["value"], entry["interval"]
    if value is None:
        return missing(why)
    small = interval_words(interval)
    picture = interval_bar(value, low=interval["low"], high=interval["high"]) if bar else ""
    refused = "" if small else "no interval: " + (interval["reason"] or "not computed")
    return Cell(f"{value:.3f}", why=refused, small=small, figure=Markup(picture), number=True)


def duration(seconds: float | None, why: str = "not defined") -> Cell:
    """A number of seconds in the unit that reads best.

    >>> duration(4.25).text, duration(600.25).text, duration(7200).text
    ('4.25 s', '10.0 min', '2.00 h')
    """
    return missing(why) if seconds is None else Cell(duration_words(seconds), number=True)


def duration_words(seconds: float) -> str:
    """Seconds below two minutes, minutes below two hours, hours above."""
    if seconds < 120:
        return f"{seconds:.2f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.2f} h"


def flat(tree: Any, path: str = "") -> list[tuple[str, str]]:
    """Dotted path and value of each leaf of nested mappings and lists.

    Lists of plain values stay together.

    >>> flat({"a": {"b": 1, "c": [1, 2]}, "d": [{"e": None}]})
    [('a.b', '1'), ('a.c', '1, 2'), ('d.0.e', '–')]
    """
    if isinstance(tree, Mapping) and tree:
        pairs: Sequence[tuple[Any, Any]] = list(tree.items())
    elif isinstance(tree, list) and any(isinstance(entry, Mapping | list) for entry in tree):
        pairs = list(enumerate(tree))
    else:
        return [(path, leaf_words(tree))]
    return [
        leaf for key, value in pairs for leaf in flat(value, f"{path}.{key}" if path else str(key))
    ]


def leaf_words(value: Any) -> str:
    """A plain value as words."""
    if value is None:
        return MISSING
    if value == {} or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(leaf_words(entry) for entry in value)
    return str(value)
