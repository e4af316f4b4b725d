"""``boutwise agreement``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Only, ProjectFolder, open_project
from boutwise.cli._scores import interval
from boutwise.cli._talk import Talk, plain

if TYPE_CHECKING:
    from boutwise.metrics import RaterAgreement

OVERALL = {
    "kappa": "Cohen's kappa",
    "agreement": "frames that agree",
    "macro_f1": "macro F1, frames",
    "bout_f1@0.1": "bout F1@0.1",
    "bout_f1@0.25": "bout F1@0.25",
    "bout_f1@0.5": "bout F1@0.5",
    "start_difference_s": "starts differ by (median s)",
    "start_90_s": "90 % of starts within (s)",
    "stop_difference_s": "stops differ by (median s)",
    "stop_90_s": "90 % of stops within (s)",
}
"""Name in the JSON -> words."""


@command
def run(
    talk: Talk,
    project: ProjectFolder,
    only: Only = None,
    annotators: Annotated[
        str, typer.Option(metavar="A,B", help="Whom to compare; by default everybody.")
    ] = "",
    behaviors: Annotated[
        str, typer.Option(metavar="A,B", help="What to compare; by default every behavior.")
    ] = "",
    zero_at: Annotated[
        str,
        typer.Option(metavar="NAME", help="Behavior that marks each annotator's start of time."),
    ] = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with pictures.")
    ] = None,
) -> Answer:
    """How well people agree who labeled the same recordings, and how far their clocks are apart.

    What two people reach is the most that a model trained on their labels can be asked for.
    """
    from boutwise import api

    with open_project(project) as opened:
        found = api.agreement(
            opened,
            only=only,
            annotators=_names(annotators),
            behaviors=_names(behaviors),
            zero_at=zero_at,
            html=html,
            say=talk.say,
        )
    data = plain(found.as_dict())
    _tell(talk, data, found)
    if html is not None:
        talk.line(f"page: {html}")
    return Answer({**data, "html": None if html is None else str(html)})


def _names(text: str) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] or None


def _tell(talk: Talk, data: dict[str, Any], found: RaterAgreement) -> None:
    given, aligned = data["given"], data["aligned"]
    talk.line(
        f"{len(data['annotators'])} annotators ({', '.join(data['annotators'])}), "
        f"{len(data['recordings'])} recordings, {given['n_pairs']} pairs, "
        f"{given['n_animals']} animals"
    )
    rows = [
        [words, *_both(given["overall"][name], aligned["overall"][name])]
        for name, words in OVERALL.items()
    ]
    if data["fleiss_kappa"]["value"] is not None:
        kappa = data["fleiss_kappa"]
        rows.insert(1, ["Fleiss' kappa, all annotators", kappa["value"], interval(kappa), "", ""])
    heads = ["as labeled", "95 %", "clocks aligned", "95 %"]
    talk.table(["mean over animals", *heads], rows)
    talk.table(
        ["behavior", "F1", "95 %", "bout F1@0.5", "kappa", "F1, aligned", "bout F1@0.5, aligned"],
        [
            [
                name,
                mine["f1"]["value"],
                interval(mine["f1"]),
                mine["bout_f1@0.5"]["value"],
                mine["kappa"]["value"],
                aligned["behaviors"][name]["f1"]["value"],
                aligned["behaviors"][name]["bout_f1@0.5"]["value"],
            ]
            for name, mine in given["behaviors"].items()
        ],
    )
    _tell_clocks(talk, found)
    for note in data["notes"]:
        talk.line(f"note: {note}")


def _both(given: dict[str, Any], aligned: dict[str, Any]) -> list[object]:
    return [given["value"], interval(given), aligned["value"], interval(aligned)]


def _tell_clocks(talk: Talk, found: RaterAgreement) -> None:
    rows: list[list[object]] = []
    for names in sorted({pair.annotators for pair in found.pairs}):
        mine = [pair for pair in found.pairs if pair.annotators == names]
        told = sorted(pair.offset_s for pair in mine if pair.offset_s is not None)
        kappa = [pair.given.overall["kappa"] for pair in mine]
        defined = [value for value in kappa if value == value]
        middle = told[len(told) // 2] if told else None
        range_ = f"{told[0]:+.2f} to {told[-1]:+.2f}" if told else "cannot tell"
        mean = sum(defined) / len(defined) if defined else None
        rows.append([f"{names[1]} after {names[0]}", len(mine), mean, middle, range_, len(told)])
    columns = ["clock", "subjects", "kappa", "median s", "from - to", "can tell"]
    talk.table(columns, rows)
