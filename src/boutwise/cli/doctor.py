"""``boutwise doctor``."""

from __future__ import annotations

from boutwise.cli._command import Answer, command
from boutwise.cli._talk import Talk

FAILED = 1


@command
def run(talk: Talk) -> Answer:
    """Look at this machine: versions, cores, torch, disk; and say what to mend."""
    from boutwise import api

    findings = api.doctor()
    talk.table(["", "what", "found"], [[each.state, each.name, each.found] for each in findings])
    for each in findings:
        if each.todo:
            talk.line(f"{each.name}: {each.todo}")
    bad = [each for each in findings if each.state == "bad"]
    if all(each.state == "ok" for each in findings):
        talk.line("nothing to mend")
    return Answer({"findings": findings}, FAILED if bad else 0)
