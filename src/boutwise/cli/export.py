"""``boutwise export``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Annotator, ProjectFolder, open_project
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk
from boutwise.errors import UsageError


@command
def run(
    talk: Talk,
    project: ProjectFolder,
    format: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="A format that can be written, see 'formats'; or 'features'."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files.")],
    annotator: Annotator = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Feature sets of --format features; egocentric when not given, see 'features'.",
        ),
    ] = None,
) -> Answer:
    """Write the labels of a project in another program's format, or its features with them."""
    if format == "features":
        return _features(talk, project, out, annotator=annotator, sets=features or "egocentric")
    if features is not None:
        raise UsageError(
            f"--features has no meaning for --format {format}", expected="--format features"
        )
    return _labels(talk, project, out, format=format, annotator=annotator)


def _features(talk: Talk, project: Path, out: Path, *, annotator: str | None, sets: str) -> Answer:
    from boutwise import api

    names = [name.strip() for name in sets.split(",") if name.strip()]
    with open_project(project) as opened:
        done = api.export_features(opened, out, sets=names, annotator=annotator, say=talk.say)
    talk.line(f"{counted(len(done.files), 'file')} written to {out}")
    if done.left_out:
        talk.line(f"without pose, left out: {', '.join(done.left_out)}")
    return Answer({"files": done.files, "left_out": done.left_out})


def _labels(talk: Talk, project: Path, out: Path, *, format: str, annotator: str | None) -> Answer:
    from boutwise import api

    with open_project(project) as opened:
        written = api.export(opened, out, format=format, annotator=annotator, say=talk.say)
    talk.line(f"{counted(len(written), 'file')} written to {out}")
    folders = sorted({path.parent.name for path in written if path.parent != out})
    if folders:
        pattern = shlex.quote(api.ANNOTATOR_FOLDERS)
        talk.line(f"a folder for each of {len(folders)} annotators: {', '.join(folders)}")
        talk.line(
            f"read back with their names by: boutwise import PROJECT {shlex.quote(str(out))} "
            f"--annotator-pattern {pattern}"
        )
    return Answer(
        {
            "files": written,
            "annotator_folders": folders,
            "annotator_pattern": api.ANNOTATOR_FOLDERS if folders else None,
        }
    )
