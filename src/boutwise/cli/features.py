"""``boutwise features``."""

from __future__ import annotations

from boutwise.cli._command import Answer, command
from boutwise.cli._talk import Talk


@command
def run(talk: Talk) -> Answer:
    """List the feature sets, whom they are of, what they need and what they do not depend on."""
    from boutwise import registry

    found = []
    for name in registry.names("feature set"):
        part = registry.load("feature set", name)
        found.append(
            {
                "name": name,
                "version": part.VERSION,
                "description": part.DESCRIPTION,
                "scopes": list(part.SCOPES),
                "needs": [list(choice) for choice in part.NEEDED_ROLES],
                "invariances": list(part.INVARIANCES),
            }
        )
    talk.table(
        ["feature set", "version", "what it is", "of", "needs", "does not change with"],
        [
            [
                each["name"],
                str(each["version"]),
                each["description"],
                " and ".join(each["scopes"]),
                " and ".join(f"({' or '.join(choice)})" for choice in each["needs"]),
                ", ".join(each["invariances"]),
            ]
            for each in found
        ],
    )
    return Answer({"features": found})
