"""What the reference page says of a feature set with a fixed list of columns."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "features.md"


def documented(name: str) -> list[tuple[str, str]]:
    """Column and unit of each place, in the order of the page's table."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| `([^`]+)` \| (\S+) \|", section, flags=re.MULTILINE)
    assert [int(place) for place, _, _ in rows] == list(range(len(rows)))
    return [(column, unit) for _, column, unit in rows]
