"""``boutwise check``."""

from __future__ import annotations

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, open_project
from boutwise.cli._problems import tell_problems
from boutwise.cli._talk import Talk

DATA_PROBLEM = 3


@command
def run(talk: Talk, project: ProjectFolder) -> Answer:
    """Look for what is wrong with the data, before anything is trained on it.

    Exit code 3 when a problem is blocking; warnings alone are no failure.
    """
    from boutwise import api

    with open_project(project) as opened:
        problems = api.check(opened, say=talk.say)
    blocking = tell_problems(talk, problems)
    talk.line(
        f"{blocking} blocking problems, {len(problems) - blocking} warnings"
        if problems
        else "no problems were found"
    )
    data = {"blocking": blocking, "problems": [problem.as_dict() for problem in problems]}
    return Answer(data, DATA_PROBLEM if blocking else 0)
