"""The plan: each setting, its value, and why it has it."""

from __future__ import annotations

from typing import Any

from boutwise.report.run_folder import Run
from boutwise.report.tables import Cell, Table, flat, leaf_words, words


def build(run: Run) -> dict[str, Any]:
    """Settings that were chosen automatically first, the rest of the recipe after them."""
    settings = dict(flat(run.plan.get("recipe", {})))
    settings |= {key: leaf_words(run.plan[key]) for key in ("fps", "seed") if key in run.plan}
    reasons = dict(run.plan.get("reasons", {}))
    chosen: list[tuple[Cell, ...]] = []
    for path, reason in reasons.items():
        chosen.append((words(path), words(_value(settings, path)), words(reason)))
    fixed = [
        (words(path), words(value))
        for path, value in settings.items()
        if not any(path == known or path.startswith(f"{known}.") for known in reasons)
    ]
    return {
        "recipe": run.plan.get("recipe", {}).get("name", run.plan.get("name", "–")),
        "chosen": Table(("setting", "value", "reason"), tuple(chosen)),
        "fixed": Table(("setting", "value"), tuple(fixed)),
    }


def _value(settings: dict[str, str], path: str) -> str:
    """The value at a path; of a section all its values."""
    if path in settings:
        return settings[path]
    inside = {
        key.removeprefix(f"{path}."): value
        for key, value in settings.items()
        if key.startswith(f"{path}.")
    }
    return "; ".join(f"{key} {value}" for key, value in inside.items()) or "–"
