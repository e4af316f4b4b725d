"""``boutwise check``."""

from __future__ import annotations

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, open_project
from boutwise.cli._problems import counted, tell_problems
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
        n_recordings = len(opened.recordings())
    blocking = tell_problems(talk, problems)
    warnings = counted(len(problems) - blocking, "warning")
    if problems:
        talk.line(f"{counted(blocking, 'blocking problem')}, {warnings}")
    elif n_recordings:
        talk.line(f"no problems were found in {counted(n_recordings, 'recording')}")
    else:
        talk.line("there is nothing to check: import pose and labels first")
    data = {"blocking": blocking, "problems": [problem.as_dict() for problem in problems]}
    return Answer(data, DATA_PROBLEM if blocking else 0)
