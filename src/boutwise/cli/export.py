"""``boutwise export``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Annotator, Holdout, ProjectFolder, held_out, open_project
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk
from boutwise.errors import UsageError


@command
def run(  # an option is a parameter: the command line has as many as the contract says
    talk: Talk,
    project: ProjectFolder,
    format: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A format that can be written, see 'formats'; or 'features', 'clips'.",
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
    detector: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How --format clips finds animals: auto when not given; none = whole pictures.",
        ),
    ] = None,
    holdout: Holdout = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seeds the background and the holdout of --format clips; 0."),
    ] = None,
) -> Answer:
    """Write labels in another program's format, features with them, or short clips of each."""
    wishes = {"detector": detector, "holdout": holdout, "seed": seed}
    if format != "clips":
        _refuse({f"--{name}": value for name, value in wishes.items()}, format, "--format clips")
    if format != "features":
        _refuse({"--features": features}, format, "--format features")
    if format == "clips":
        return _clips(talk, project, out, {"annotator": annotator, **wishes})
    if format == "features":
        return _features(talk, project, out, annotator=annotator, sets=features or "egocentric")
    return _labels(talk, project, out, format=format, annotator=annotator)


def _refuse(options: Mapping[str, object], format: str, expected: str) -> None:
    """Refuse options that would be left unheeded."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"{name} has no meaning for --format {format}", expected=expected)


def _clips(talk: Talk, project: Path, out: Path, wishes: Mapping[str, Any]) -> Answer:
    from boutwise import api

    given = {name: value for name, value in wishes.items() if value is not None}
    if "holdout" in given:
        text = held_out(given["holdout"])
        given["holdout"] = text if text == "none" else json.loads(text)
    talk.on_stop = "clips that are cut are kept; the same command goes on with the others"
    with open_project(project) as opened:
        wish = api.ClipWish(**given)
        done = api.export_clips(opened, out, wish=wish, say=talk.say)
    for name, count in done.counts.items():
        talk.line(f"{name}: {counted(count, 'clip')}")
    talk.line(
        f"{len(done.cut)} cut, {len(done.kept)} there before, {len(done.removed)} taken away; "
        f"list {done.manifest}"
    )
    talk.line(done.holdout)
    if done.without_box:
        without = counted(len(done.without_box), "clip")
        talk.line(f"left out, no animal is found in them: {without}, as {done.without_box[0]}")
    if done.undecodable_frames:
        talk.line(f"left out of clips: {counted(done.undecodable_frames, 'undecodable frame')}")
    return Answer(asdict(done))


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
