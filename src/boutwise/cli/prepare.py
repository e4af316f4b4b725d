"""``boutwise prepare``."""

from __future__ import annotations

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, RecipeName, open_project
from boutwise.cli._talk import Talk


@command
def run(talk: Talk, project: ProjectFolder, recipe: RecipeName = "pose") -> Answer:
    """Compute the features of all recordings ahead of time; training does it too."""
    from boutwise import api

    talk.on_stop = "what was computed is kept; the same command again goes on"
    with open_project(project) as opened:
        plan = api.plan(opened, recipe)
        count = api.prepare(opened, plan, say=talk.say)
    talk.line(f"{count} animals, or pairs, are prepared")
    return Answer({"subjects": count})
