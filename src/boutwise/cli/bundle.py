"""``boutwise bundle info``."""

from __future__ import annotations

from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._predicting import opened_bundle
from boutwise.cli._scores import LEAKING, headline
from boutwise.cli._talk import Talk

group = typer.Typer(no_args_is_help=True, help="What a bundle is: 'boutwise bundle info BUNDLE'.")


@command
def run(
    talk: Talk,
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="A bundle, or a run's folder.")],
) -> Answer:
    """Show what a bundle predicts, what it needs, and how good it is known to be."""
    opened = opened_bundle(bundle)
    manifest = opened.manifest
    split = manifest["split"]
    low, high = opened.fps / 2, opened.fps * 2
    features = [
        f"{part.part} {version}"
        for member in opened.members
        for need in member["streams"].values()
        for part, version in zip(need.features, need.versions, strict=True)
    ]
    talk.table(
        ["what", "value"],
        [
            ["name", manifest["name"]],
            ["id", opened.id],
            ["behaviors", ", ".join(opened.ethogram.names)],
            ["learners", ", ".join(member["learner"] for member in opened.members)],
            ["feature sets", ", ".join(dict.fromkeys(features))],
            ["needs keypoints", ", ".join(manifest["roles"])],
            ["dimensions", f"{manifest['n_dims']}D"],
            ["frame rate", f"works at {opened.fps:g}, accepts {low:g} to {high:g}"],
            ["trained on", f"{len(opened.animals)} animals: {', '.join(opened.animals)}"],
            ["score", headline(manifest["scores"]["headline"])],
            *([["", LEAKING]] if manifest["split"]["leaks"] else []),
            ["split by", split["split"] + (", which LEAKS" if split["leaks"] else "")],
            ["made by", f"boutwise {manifest['boutwise']}"],
        ],
    )
    return Answer({"id": opened.id, "path": opened.path, "bundle": manifest})


group.command("info")(run)


@group.callback()
def _group() -> None:
    """What a bundle is."""
