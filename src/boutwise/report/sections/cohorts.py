"""Whether the batch of an animal can be told, and the score of each batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boutwise.report.run_folder import Run
from boutwise.report.tables import Table, count, estimate, score, words

NOT_ASKED = (
    "The cohort probe was not asked: it needs animals of two declared cohorts (the column cohort "
    "of --animals). So nothing here shows whether a batch is learned: a camera, a litter, a month."
)
LABELS = "for comparison: what people labelled"


def build(run: Run) -> dict[str, Any]:
    """The sentence, the table of the probes and that of the cohorts."""
    found = run.scores.get("cohort_probe")
    if not found:
        return {"state": "", "text": NOT_ASKED, "probes": None, "cohorts": None}
    text = found["text"]
    return {
        "state": found["state"],
        "text": f"{text[:1].upper()}{text[1:]}.",
        "probes": probe_table(found) if found["probes"] else None,
        "cohorts": cohort_table(found),
    }


def probe_table(found: Mapping[str, Any]) -> Table:
    """How often the cohort was told, beside what cohorts dealt out at random would give."""
    rows = [
        (
            words(row["what"], small=LABELS if row["what"] == "labels" else ""),
            words(f"{row['right']} of {row['animals']}"),
            score(row["accuracy"], "", digits=2),
            score(row["by_chance"], "", digits=2),
            score(row["p"], "", digits=3),
            words(", ".join(row["telling"])),
        )
        for row in found["probes"]
    ]
    columns = ("asked", "cohort told", "mean over cohorts", "by chance", "p", "told best by")
    return Table(columns, tuple(rows))


def cohort_table(found: Mapping[str, Any]) -> Table:
    """Mean score of the animals of each cohort."""
    rows = [
        (
            words(row["name"]),
            words(", ".join(row["animals"])),
            count(len(row["animals"])),
            estimate({"value": row["macro_f1"], "interval": row["interval"]}, "none", bar=True),
        )
        for row in found["cohorts"]
    ]
    return Table(("cohort", "animals", "n", "macro-F1, mean of its animals"), tuple(rows))
