"""``boutwise bundle info`` and ``boutwise bundle personalize``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Only, ProjectFolder, open_project
from boutwise.cli._predicting import SUFFIX, opened_bundle
from boutwise.cli._scores import LEAKING, headline
from boutwise.cli._talk import Talk
from boutwise.errors import UsageError

if TYPE_CHECKING:
    from boutwise.bundle import Bundle

group = typer.Typer(
    no_args_is_help=True, help="What a bundle is (info); one for a single animal (personalize)."
)
BundleWord = Annotated[str, typer.Argument(metavar="BUNDLE", help="A bundle, or a run's folder.")]


@command
def run(talk: Talk, bundle: BundleWord) -> Answer:
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
            *needs(opened),
            ["frame rate", f"works at {opened.fps:g}, accepts {low:g} to {high:g}"],
            ["trained on", f"{len(opened.animals)} animals: {', '.join(opened.animals)}"],
            *_left_out(manifest),
            *_personal(manifest),
            ["score", headline(manifest["scores"]["headline"])],
            *([["", LEAKING]] if manifest["split"]["leaks"] else []),
            ["split by", split["split"] + (", which LEAKS" if split["leaks"] else "")],
            ["made by", f"boutwise {manifest['boutwise']}"],
        ],
    )
    return Answer({"id": opened.id, "path": opened.path, "bundle": manifest})


def needs(bundle: Bundle) -> list[list[str]]:
    """The rows about what there must be of a recording."""
    manifest = bundle.manifest
    rows = [["needs", " and ".join(bundle.reads)]]
    if "pose" in bundle.reads:
        rows.append(["needs keypoints", ", ".join(manifest["roles"])])
        rows.append(["dimensions", f"{manifest['n_dims']}D"])
    return rows


def _left_out(manifest: Mapping[str, Any]) -> list[list[str]]:
    """The row about recordings that were left out by name; none where none were."""
    names = manifest.get("left_out", [])
    return [["left out by name", ", ".join(names)]] if names else []


def _personal(manifest: Mapping[str, Any]) -> list[list[str]]:
    """The row about the one animal that a bundle was fitted to; none for an ordinary bundle."""
    facts = manifest.get("personal")
    if not facts:
        return []
    animals, minutes = ", ".join(facts["animals"]), facts["labelled_s"] / 60
    words = f"{animals}, by {minutes:.1f} labelled minutes; scores are of bundle {facts['bundle']}"
    return [["fitted to", words]]


@command
def personalize(
    talk: Talk,
    bundle: BundleWord,
    project: ProjectFolder,
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="The new bundle, *.boutwise.")],
    only: Only = None,
) -> Answer:
    """Fit a bundle to one new animal, of which a few minutes are labelled."""
    from boutwise import api

    if out.suffix != SUFFIX:
        raise UsageError(f"--out cannot be '{out}'", expected=f"a name that ends with {SUFFIX}")
    opened = opened_bundle(bundle)
    with open_project(project) as study:
        fitted = api.personalize(opened, study, out, only=only, say=talk.say)
    facts = fitted.manifest["personal"]
    talk.line(f"{facts['labelled_s'] / 60:.1f} labelled minutes of {', '.join(facts['animals'])}")
    talk.table(
        ["behavior", "odds times"],
        [[name, f"{math.exp(bias):.2f}"] for name, bias in facts["biases"].items()],
    )
    talk.note("its scores are those of the bundle before: nobody knows how good it is on this one")
    talk.line(f"bundle  {out}")
    return Answer({"bundle": out, "id": fitted.id, "personal": facts})


group.command("info")(run)
group.command("personalize")(personalize)


@group.callback()
def _group() -> None:
    """What a bundle is, and one for a single animal."""
