"""``boutwise init``."""

from __future__ import annotations

import shlex

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder
from boutwise.cli._talk import Talk


@command
def run(talk: Talk, project: ProjectFolder) -> Answer:
    """Make a new project folder."""
    from boutwise import api

    with api.initialize(project) as made:
        talk.line(f"made the project {made.root}")
        talk.line(f"next: boutwise import {shlex.quote(str(made.root))} YOUR_FILES... --dry-run")
        return Answer({"project": made.root})
