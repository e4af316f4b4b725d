"""How much the score differs between animals and between recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from markupsafe import Markup

from boutwise.report.figures import score_dots
from boutwise.report.run_folder import Run
from boutwise.report.sections.head import units_of
from boutwise.report.tables import MISSING, Cell, Table, count, estimate, missing, score, words

MOST_BEHAVIORS = 7
"""Columns of behaviors that a table bears."""
MOST_WORST = 20
"""Recordings in the first table; the others stand in a second one that opens."""


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
        "worst": worst_table(run),
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


def worst_table(run: Run) -> tuple[Table, Table]:
    """Each recording with precision, recall and F1, the worst first; those after the first apart.

    A behavior has its F1 with precision and recall beneath; where there are too many for a table,
    their means stand there instead.
    """
    facts = run.scores["facts"]
    names = [name for name in facts["behaviors"] if name not in facts["backgrounds"]]
    frames = {track.recording: track.n_frames for track in run.tracks}
    ordered = sorted(run.scores["by_recording"], key=_worse)
    rows = [_worst_row(entry, names, frames.get(entry["name"])) for entry in ordered]
    columns = ("recording", "animals", "frames", "scored", "true bouts", "predicted", "macro-F1")
    columns += tuple(names) if len(names) <= MOST_BEHAVIORS else ("mean precision", "mean recall")
    return Table(columns, tuple(rows[:MOST_WORST])), Table(columns, tuple(rows[MOST_WORST:]))


def _worse(entry: Mapping[str, Any]) -> tuple[bool, float]:
    """Those without a score last."""
    value = entry["macro_f1"]
    return value is None, value or 0.0


def _worst_row(
    entry: Mapping[str, Any], names: Sequence[str], frames: int | None
) -> tuple[Cell, ...]:
    known = {row["name"]: row for row in entry["behaviors"] if row["name"] in names}
    cells = [
        words(entry["name"]),
        words(", ".join(entry["members"])),
        count(frames, "no out-of-fold prediction in the run folder"),
        count(entry["scored_frames"]),
        count(sum(row["truth_bouts"] for row in known.values())),
        count(sum(row["predicted_bouts"] for row in known.values())),
        score(entry["macro_f1"], "no behavior has a score there"),
    ]
    if len(names) > MOST_BEHAVIORS:
        for key in ("precision", "recall"):
            values = [row[key] for row in known.values() if row[key] is not None]
            cells.append(score(fmean(values) if values else None, "not defined there"))
        return tuple(cells)
    return (*cells, *(_behavior_cell(known.get(name)) for name in names))


def _behavior_cell(row: Mapping[str, Any] | None) -> Cell:
    """F1, with precision and recall beneath."""
    if row is None or row["f1"] is None:
        return missing("it neither occurs nor is predicted there")
    both = [MISSING if row[key] is None else f"{row[key]:.2f}" for key in ("precision", "recall")]
    return Cell(f"{row['f1']:.3f}", small=f"P {both[0]} · R {both[1]}", number=True)


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
