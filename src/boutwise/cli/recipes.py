"""``boutwise recipes``."""

from __future__ import annotations

from boutwise.cli._command import Answer, command
from boutwise.cli._talk import Talk


@command
def run(talk: Talk) -> Answer:
    """List the recipes that come with boutwise."""
    from boutwise.planning.recipes import describe_recipe, recipe_names

    found = [{"name": name, "description": describe_recipe(name)} for name in recipe_names()]
    talk.table(["recipe", "what it is"], [[each["name"], each["description"]] for each in found])
    return Answer({"recipes": found})
