"""How much the score differs between animals and between recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from boutwise.report.figures import score_dots
from boutwise.report.run_folder import Run
from boutwise.report.sections.head import units_of
from boutwise.report.tables import Table, count, estimate, score, words


def build(run: Run) -> dict[str, Any]:
    """Dots and table of animals, and of recordings where they are others."""
    scores = run.scores
    frames = scores["frames"]
    null = scores.get("null_control")
    references = [
        ("majority", e["macro_f1"]) for e in scores["baselines"] if e["name"] == "majority"
    ]
    if null:
        references.append(("null control", null["macro_f1"]))
    figures = [_figure(scores["by_animal"], frames["by_animal"], one_of(scores), references)]
    # With one recording an animal both figures would show the same dots.
    if not one_each(scores):
        figures.append(
            _figure(scores["by_recording"], frames["by_recording"], "recording", references)
        )
    return {
        "figures": figures,
        "one_each": one_each(scores),
        "spreads": spread_table(scores),
        "unit": one_of(scores),
        "animals": unit_table(scores, "by_animal", (one_of(scores), "recordings")),
        "recordings": unit_table(scores, "by_recording", ("recording", "animals")),
    }


def one_of(scores: Mapping[str, Any]) -> str:
    """What intervals are over, one of it: ``animal``, or ``group`` of animals filmed together."""
    return units_of(scores).removesuffix("s")


def one_each(scores: Mapping[str, Any]) -> bool:
    """Whether every animal has one recording of its own."""
    units = [*scores["by_animal"], *scores["by_recording"]]
    return all(len(entry["members"]) == 1 for entry in units)


def _figure(
    units: Sequence[Mapping[str, Any]],
    spread: Mapping[str, Any],
    unit: str,
    references: Sequence[tuple[str, float | None]],
) -> dict[str, Any]:
    rows = [
        (
            _with_single(entry, unit),
            entry["macro_f1"],
            f"{entry['name']} ({', '.join(entry['members'])}): "
            f"{entry['scored_frames']:,} frames scored",
        )
        for entry in units
    ]
    svg = score_dots(
        rows,
        name=f"macro-F1 of each {unit}",
        mean=spread["mean"],
        low=spread["interval"]["low"],
        high=spread["interval"]["high"],
        references=references,
    )
    return {"unit": unit, "figure": Markup(svg), "reason": spread["interval"]["reason"]}


def _with_single(entry: Mapping[str, Any], unit: str) -> str:
    """The name, and of an animal also its recording where it has only one."""
    name, members = str(entry["name"]), entry["members"]
    if unit == "recording" or len(members) != 1 or members[0] == name:
        return name
    return f"{name} · {members[0]}"


def spread_table(scores: Mapping[str, Any]) -> Table:
    """Mean, spread and interval over animals and recordings."""
    frames, bouts = scores["frames"], scores["bouts"]
    one = one_of(scores)
    named = [
        (f"macro-F1 by {one}", frames["by_animal"]),
        ("macro-F1 by recording", frames["by_recording"]),
    ]
    if scores["facts"]["backgrounds"]:
        apart = frames["by_animal_without_background"]
        named.insert(1, (f"macro-F1 without background, by {one}", apart))
    named += [
        (f"bout F1 at IoU {threshold:g}, by {one}", spread)
        for threshold, spread in zip(bouts["thresholds"], bouts["by_animal"], strict=True)
    ]
    rows = [
        (
            words(name),
            estimate({"value": s["mean"], "interval": s["interval"]}, "not defined", bar=True),
            score(s["sd"], "fewer than two with a score"),
            score(s["low"], "not defined"),
            score(s["high"], "not defined"),
            count(s["n"]),
        )
        for name, s in named
    ]
    return Table(("score", "mean", "standard deviation", "lowest", "highest", "n"), tuple(rows))


def unit_table(scores: Mapping[str, Any], key: str, heads: tuple[str, str]) -> Table:
    """One row for each animal or recording."""
    thresholds = scores["bouts"]["thresholds"]
    rows = [
        (
            words(entry["name"]),
            words(", ".join(entry["members"])),
            count(entry["scored_frames"]),
            score(entry["macro_f1"], "no behavior has a score there"),
            score(entry["macro_f1_without_background"], "no behavior has a score there"),
            score(entry["accuracy"], "nothing was scored there"),
            *(score(value, "no bouts there") for value in entry["bout_f1"]),
        )
        for entry in scores[key]
    ]
    bouts = (f"bout F1 at {threshold:g}" for threshold in thresholds)
    columns = (*heads, "frames", "macro-F1", "without background", "accuracy", *bouts)
    return Table(columns, tuple(rows))
