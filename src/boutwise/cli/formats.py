"""``boutwise formats``."""

from __future__ import annotations

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
            {"name": name, "writes": hasattr(part, "write"), "description": part.DESCRIPTION}
        )
    talk.table(
        ["format", "reads", "writes", "what it holds"],
        [
            [each["name"], "yes", "yes" if each["writes"] else "", each["description"]]
            for each in found
        ],
    )
    return Answer({"formats": found})
