"""The end of every benchmark of trained recipes: one JSON object, or a table in Markdown."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from typing import Any

from boutwise.machine import usable_cores
from boutwise.metrics import Estimate


def tell(rows: Sequence[dict[str, Any]], *, as_json: bool, title: str, table: str) -> None:
    """Print the rows as one object with the machine they were measured on, or as a table."""
    if as_json:
        machine = (
            f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}"
        )
        print(json.dumps({"machine": machine, "rows": list(rows)}))
        return
    print(title)
    print(table)


def ends(name: str, found: Estimate) -> dict[str, float]:
    """A value and its interval under three keys."""
    return {
        name: found.value,
        f"{name}_low": found.interval.low,
        f"{name}_high": found.interval.high,
    }


def interval(row: dict[str, Any], name: str) -> str:
    """What :func:`ends` made, in words."""
    return f"{row[name]:.3f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"
