"""How good each behavior is: frames, bouts, onsets, confusion, curves, reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from boutwise.report.colors import Swatch
from boutwise.report.figures import confusion_map, precision_recall, reliability, swatch_key
from boutwise.report.run_folder import Run
from boutwise.report.sections.head import units_of
from boutwise.report.tables import (
    Cell,
    Table,
    count,
    estimate,
    figure,
    interval_words,
    missing,
    score,
    words,
)

NO_PROBABILITIES = "there are no probabilities, or it does not occur"


def build(run: Run, swatches: Mapping[str, Swatch]) -> dict[str, Any]:
    """Tables and figures, the primary behavior first."""
    scores = run.scores
    return {
        "frames": frame_table(scores, swatches),
        "summary": summary_table(scores),
        "bouts": bout_table(scores, swatches),
        "onsets": onset_table(scores, swatches),
        "rule": scores["bouts"]["rule"],
        "tolerances": scores["onsets"]["tolerances_frames"],
        "holdout": holdout(scores, swatches),
        "declared": declared_table(scores),
        "units": units_of(scores),
        "agents": agent_table(scores),
        "confusions": [
            {
                "name": entry["name"],
                "figure": Markup(
                    confusion_map(
                        entry["counts"],
                        truth=entry["truth"],
                        predicted=entry["predicted"],
                        name=entry["name"],
                    )
                ),
            }
            for entry in scores["confusions"]
        ],
        "curves": curve_figures(scores),
        "reliability": reliability_figures(scores),
        "primary": scores["primary"],
    }


def holdout(scores: Mapping[str, Any], swatches: Mapping[str, Swatch]) -> dict[str, Any] | None:
    """The bundle on the animals that were set apart; None when there are none."""
    apart = scores.get("holdout")
    if not apart:
        return None
    estimate_of = apart["headline"]["estimate"]
    value = estimate_of["value"]
    interval = interval_words(estimate_of["interval"], digits=3)
    return {
        "animals": ", ".join(apart["facts"]["animals"]),
        "value": "not defined" if value is None else f"{value:.3f}",
        "interval": interval or f"no interval: {estimate_of['interval']['reason']}",
        "table": frame_table(apart, swatches),
    }


def _ordered(entries: Sequence[Mapping[str, Any]], primary: str) -> list[Mapping[str, Any]]:
    return sorted(entries, key=lambda entry: entry["name"] != primary)


def _name(entry: Mapping[str, Any], scores: Mapping[str, Any], swatch: Swatch) -> Cell:
    cell = figure(swatch_key(swatch, uid="scores"), entry["name"])
    small = "primary" if entry["name"] == scores["primary"] else ""
    if entry.get("background"):
        small = "background"
    return Cell(cell.text, small=small, figure=cell.figure)


def frame_table(scores: Mapping[str, Any], swatches: Mapping[str, Swatch]) -> Table:
    """Precision, recall, F1 and average precision of each behavior."""
    rows = []
    for entry in _ordered(scores["behaviors"], scores["primary"]):
        rows.append(
            (
                _name(entry, scores, swatches[entry["name"]]),
                score(entry["precision"], "it is never predicted"),
                score(entry["recall"], "it does not occur in the truth"),
                estimate(entry["f1"], "it neither occurs nor is predicted", bar=True),
                score(entry["average_precision"], NO_PROBABILITIES),
                count(entry["truth_frames"]),
                count(entry["predicted_frames"]),
                count(entry["truth_bouts"]),
                count(entry["n_animals"]),
            )
        )
    return Table(
        (
            "behavior",
            "precision",
            "recall",
            "F1",
            "average precision",
            "true frames",
            "predicted frames",
            "true bouts",
            units_of(scores),
        ),
        tuple(rows),
    )


def summary_table(scores: Mapping[str, Any]) -> Table:
    """Scores over all behaviors, with the baselines beside them."""
    frames = scores["frames"]
    names = {
        "macro_f1": "macro-F1",
        "macro_f1_without_background": "macro-F1 without background",
        "weighted_f1": "weighted F1",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
    }
    compared = [(entry["name"], entry) for entry in scores["baselines"]]
    if scores.get("null_control"):
        compared.append(("null control", scores["null_control"]))
    rows = []
    for key, name in names.items():
        if "without" in key and not scores["facts"]["backgrounds"]:
            continue
        others = [
            score(entry.get(key), "not computed for this comparison") for _, entry in compared
        ]
        rows.append((words(name), estimate(frames[key], "not defined", bar=True), *others))
    average = score(frames["macro_average_precision"], NO_PROBABILITIES)
    blank = [missing("baselines give no probabilities") for _ in compared]
    rows.append((words("mean average precision"), average, *blank))
    return Table(("all frames pooled", "this run", *(label for label, _ in compared)), tuple(rows))


def declared_table(scores: Mapping[str, Any]) -> Table:
    """Behaviors that are scored together, for instance pain."""
    rows = [
        (
            words(entry["name"], small=", ".join(entry["behaviors"])),
            score(entry["precision"], "it is never predicted"),
            score(entry["recall"], "it does not occur in the truth"),
            estimate(entry["f1"], "it neither occurs nor is predicted", bar=True),
        )
        for entry in scores["declared"]
    ]
    return Table(("scored together", "precision", "recall", "F1"), tuple(rows))


def agent_table(scores: Mapping[str, Any]) -> Table | None:
    """How often a directed behavior is given to the wrong animal; None where nothing is."""
    agents = scores.get("agents")
    if not agents:
        return None
    why = "in no such frame was the behavior seen, of either animal"
    row = (
        count(agents["frames"]),
        count(agents["right"]),
        count(agents["swapped"]),
        estimate(agents["share"], why, bar=True),
    )
    head = ("frames that count", "the right animal", "the other one instead", "share swapped")
    return Table(head, (row,))


def bout_table(scores: Mapping[str, Any], swatches: Mapping[str, Swatch]) -> Table:
    """Bout F1 at each overlap, and false bouts an hour."""
    bouts = scores["bouts"]
    columns = ["behavior", *(f"F1 at IoU {t:g}" for t in bouts["thresholds"])]
    rows = []
    for entry in _ordered(scores["behaviors"], scores["primary"]):
        why = "the background has no bouts of its own" if entry["background"] else "no bouts"
        cells = entry["bout_f1"] or [None] * len(bouts["thresholds"])
        rows.append(
            (
                _name(entry, scores, swatches[entry["name"]]),
                *(missing(why) if cell is None else estimate(cell, why) for cell in cells),
                count(entry["truth_bouts"]),
                count(entry["predicted_bouts"]),
                score(entry["false_bouts_per_hour"], why, digits=1),
            )
        )
    for label, key in (("pooled", "pooled_f1"), ("mean over behaviors", "macro_f1")):
        rows.append(
            (
                words(label, strong=True),
                *(estimate(cell, "no bouts") for cell in bouts[key]),
                *_bout_sums(scores, key),
            )
        )
    return Table((*columns, "true bouts", "predicted bouts", "false bouts / h"), tuple(rows))


def _bout_sums(scores: Mapping[str, Any], key: str) -> tuple[Cell, Cell, Cell]:
    if key != "pooled_f1":
        return words(""), words(""), words("")
    bouts = scores["bouts"]
    return (
        count(bouts["tp"][0] + bouts["fn"][0]),
        count(bouts["tp"][0] + bouts["fp"][0]),
        score(scores["onsets"]["false_bouts_per_hour"], "no hours were scored", digits=1),
    )


def onset_table(scores: Mapping[str, Any], swatches: Mapping[str, Swatch]) -> Table:
    """Average precision, and precision and recall of the decision, at each tolerance."""
    onsets = scores["onsets"]
    tolerances = onsets["tolerances_frames"]
    rows = []
    for entry in _ordered(onsets["behaviors"], scores["primary"]):
        cells = [score(value, NO_PROBABILITIES) for value in entry["average_precision"]]
        cells += [score(value, "no onsets") for value in entry["f1"]]
        rows.append((_name(entry, scores, swatches[entry["name"]]), *cells))
    mean = [score(value, NO_PROBABILITIES) for value in onsets["mean_average_precision"]]
    rows.append(
        (words("mean over behaviors", strong=True), *mean, *(words("") for _ in tolerances))
    )
    columns = [f"AP, ±{n}" for n in tolerances] + [f"F1, ±{n}" for n in tolerances]
    return Table(("behavior", *columns), tuple(rows))


def curve_figures(scores: Mapping[str, Any]) -> list[Markup]:
    """A panel of precision over recall for each behavior."""
    rows = {entry["name"]: entry for entry in scores["behaviors"]}
    curves = sorted(scores["curves"], key=lambda curve: curve["behavior"] != scores["primary"])
    found = []
    for curve in curves:
        row = rows[curve["behavior"]]
        share = row["truth_frames"] / row["scored_frames"] if row["scored_frames"] else None
        average = row["average_precision"]
        note = "" if average is None else f"AP {average:.3f}"
        found.append(
            Markup(
                precision_recall(
                    curve["recall"],
                    curve["precision"],
                    name=curve["behavior"],
                    share=share,
                    note=note,
                )
            )
        )
    return found


def reliability_figures(scores: Mapping[str, Any]) -> list[Markup]:
    """A panel of reliability over all behaviors and one for each."""
    calibration = scores["calibration"]
    if not calibration:
        return []
    entries = [("all behaviors", calibration), *((e["name"], e) for e in calibration["behaviors"])]
    found = []
    for name, entry in entries:
        value = entry["ece"]["value"]
        note = "" if value is None else f"ECE {value:.3f}"
        found.append(Markup(reliability(entry["bins"], name=name, note=note)))
    return found
