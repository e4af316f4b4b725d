"""``boutwise formats``."""

from __future__ import annotations

from typing import Any

from boutwise.cli._command import Answer, command
from boutwise.cli._talk import Talk


@command
def run(talk: Talk) -> Answer:
    """List the file formats that can be read and written."""
    from boutwise import registry

    found = []
    for name in registry.names("format"):
        part = registry.load("format", name)
        found.append(
            {
                "name": name,
                "writes": hasattr(part, "write"),
                "writes_predictions": hasattr(part, "write") or hasattr(part, "write_prediction"),
                "description": part.DESCRIPTION,
            }
        )
    talk.table(
        ["format", "reads", "writes", "what it holds"],
        [[each["name"], "yes", _written(each), each["description"]] for each in found],
    )
    return Answer({"formats": found})


def _written(each: dict[str, Any]) -> str:
    """What can be written: labels and predictions, or predictions alone."""
    if each["writes"]:
        return "yes"
    return "predictions" if each["writes_predictions"] else ""
