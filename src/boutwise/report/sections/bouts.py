"""Bout statistics, truth against prediction: count, total and mean duration, latency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from boutwise.report.colors import Swatch
from boutwise.report.figures import agreement_scatter, swatch_key
from boutwise.report.run_folder import Run
from boutwise.report.tables import Cell, Table, count, figure, score, signed, words

STATISTICS = {
    "count": "bouts",
    "total_s": "total [s]",
    "mean_s": "mean length [s]",
    "latency_s": "latency [s]",
}
_NONE = "it does not occur there"
_FEW = "fewer than three recordings with both, or no difference between them"


def build(run: Run, swatches: Mapping[str, Swatch]) -> dict[str, Any]:
    """Scatter panels for each behavior, agreement, and every number behind them."""
    scores = run.scores
    return {
        "panels": panels(scores, swatches),
        "agreement": agreement_table(scores, swatches),
        "statistics": statistics_table(scores),
        "budgets": budget_table(scores),
    }


def _subject(row: Mapping[str, Any]) -> str:
    arrow = f" → {row['target']}" if row["target"] else ""
    recording = "" if row["recording"] == row["animal"] else f"{row['recording']}: "
    return f"{recording}{row['animal']}{arrow}"


def panels(scores: Mapping[str, Any], swatches: Mapping[str, Swatch]) -> list[dict[str, Any]]:
    """For each behavior one scatter a statistic; recordings without a value are left out."""
    found = []
    for name in dict.fromkeys(row["behavior"] for row in scores["bout_statistics"]):
        rows = [row for row in scores["bout_statistics"] if row["behavior"] == name]
        figures = []
        for key, title in STATISTICS.items():
            points = [
                (row[f"truth_{key}"], row[f"predicted_{key}"], row)
                for row in rows
                if row[f"truth_{key}"] is not None and row[f"predicted_{key}"] is not None
            ]
            texts = [
                f"{_subject(row)}: truth {truth:.6g}, predicted {predicted:.6g}"
                for truth, predicted, row in points
            ]
            svg = agreement_scatter(
                [p[0] for p in points], [p[1] for p in points], words=texts, name=title
            )
            figures.append(Markup(svg))
        box = Markup(swatch_key(swatches[name], uid="bouts"))
        found.append({"name": name, "box": box, "figures": figures})
    return found


def agreement_table(scores: Mapping[str, Any], swatches: Mapping[str, Swatch]) -> Table:
    """Bias and correlation of each statistic over recordings."""
    by_behavior: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in scores["bout_agreement"]:
        by_behavior.setdefault(entry["behavior"], {})[entry["statistic"]] = entry
    columns = ["behavior"]
    for title in STATISTICS.values():
        columns += [f"{title}: bias", "r"]
    rows = []
    for name, entries in by_behavior.items():
        cells: list[Cell] = [figure(swatch_key(swatches[name], uid="agreement"), name)]
        for key in STATISTICS:
            entry = entries.get(key, {"bias": None, "correlation": None})
            bias = score(entry["bias"], "no recording has both", digits=2)
            if entry["bias"] is not None:
                bias = Cell(signed(entry["bias"], 2, plus=True), number=True)
            cells += [bias, score(entry["correlation"], _FEW, digits=2)]
        rows.append(tuple(cells))
    return Table(tuple(columns), tuple(rows))


def statistics_table(scores: Mapping[str, Any]) -> Table:
    """One row for each subject and behavior."""
    columns = ["recording and animal", "behavior"]
    for title in STATISTICS.values():
        columns += [f"{title}: truth", "predicted"]
    rows = []
    for row in scores["bout_statistics"]:
        cells = [words(_subject(row)), words(row["behavior"])]
        for key in STATISTICS:
            for side in ("truth", "predicted"):
                value = row[f"{side}_{key}"]
                cells.append(count(value) if key == "count" else score(value, _NONE, digits=2))
        rows.append(tuple(cells))
    return Table(tuple(columns), tuple(rows))


def budget_table(scores: Mapping[str, Any]) -> Table:
    """Seconds of each behavior: true, decided, and expected from the probabilities."""
    why = "there are no probabilities"
    rows = []
    for row in scores["time_budgets"]:
        low, high = row["expected_low_s"], row["expected_high_s"]
        expected = score(row["expected_s"], why, digits=1)
        if low is not None and high is not None:
            expected = Cell(expected.text, small=f"{low:.1f} to {high:.1f}", number=True)
        rows.append(
            (
                words(_subject(row)),
                words(row["behavior"]),
                score(row["scored_s"], "nothing was scored", digits=1),
                score(row["truth_s"], "nothing was scored", digits=1),
                score(row["predicted_s"], "nothing was scored", digits=1),
                expected,
            )
        )
    columns = (
        "recording and animal",
        "behavior",
        "scored [s]",
        "truth [s]",
        "decided [s]",
        "expected from probabilities [s]",
    )
    return Table(columns, tuple(rows))
