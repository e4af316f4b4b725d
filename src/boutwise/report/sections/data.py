"""What was trained on what: recordings, animals, classes, folds, what was held out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from boutwise.project.splits import leaks
from boutwise.report.colors import Swatch
from boutwise.report.figures import swatch_key
from boutwise.report.run_folder import Run
from boutwise.report.sections.head import of_trials, split_of, units_of
from boutwise.report.tables import (
    Cell,
    Table,
    count,
    duration,
    duration_words,
    figure,
    flat,
    leaf_words,
    missing,
    score,
    words,
)


def build(run: Run, swatches: Mapping[str, Swatch]) -> dict[str, Any]:
    """Sums, recordings, behaviors, folds and the fingerprint."""
    facts, grouped = run.scores["facts"], units_of(run.scores) == "groups"
    sums = [
        ("recordings", f"{len(facts['recordings']):,}"),
        ("animals", f"{facts.get('n_animals') or len(facts['animals']):,}"),
        *([("groups of animals filmed together", f"{len(facts['animals']):,}")] if grouped else []),
        ("animals or pairs, summed over recordings", f"{facts['n_subjects']:,}"),
        ("frames scored", f"{facts['scored_frames']:,}"),
        *([] if of_trials(run.scores) else [("time scored", duration_words(facts["scored_s"]))]),
        ("frames unlabelled, left out", f"{facts['unlabelled_frames']:,}"),
        ("frames unscorable, left out", f"{facts['unscorable_frames']:,}"),
    ]
    fingerprint = dict(run.plan.get("fingerprint") or {})
    classes = fingerprint.pop("classes", {})
    tables = {"recordings": recordings(run), "behaviors": behaviors(run, swatches)}
    if of_trials(run.scores):
        sums = [(name.replace("frames", "trials"), value) for name, value in sums]
        tables = {name: _of_trials(table) for name, table in tables.items()}
    return {
        "sums": sums,
        **tables,
        "folds": folds(run),
        "holdout": list(run.plan.get("holdout") or []),
        "left_out": (run.plan.get("reasons") or {}).get("left out", ""),
        "fingerprint": Table(
            ("fact", "value"),
            tuple((words(path), words(value)) for path, value in flat(fingerprint))
            if fingerprint
            else (),
        ),
        "classes": class_table(classes),
        "labels_digest": run.labels_digest,
    }


def _of_trials(table: Table) -> Table:
    """A table in which a row of the scores is a trial: without what only frames have."""
    kept = [
        place
        for place, name in enumerate(table.columns)
        if name not in ("bouts", "length") and not (name == "frames" and "length" in table.columns)
    ]
    columns = tuple(table.columns[place].replace("frames", "trials") for place in kept)
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return Table(columns, rows, table.caption)


def recordings(run: Run) -> Table:
    """One row for each recording: animals, length, frames scored, the fold that tested it."""
    lengths = {track.recording: track for track in run.tracks}
    tested = {name: fold["name"] for fold in run.plan.get("folds", []) for name in fold["test"]}
    rows = []
    for entry in run.scores["by_recording"]:
        track = lengths.get(entry["name"])
        frames: Cell = missing("no out-of-fold prediction in the run folder")
        length = frames
        if track is not None:
            frames = count(track.n_frames)
            step = (track.times_s[-1] - track.times_s[0]) / max(track.n_frames - 1, 1)
            length = duration(float(track.times_s[-1] - track.times_s[0] + step))
        rows.append(
            (
                words(entry["name"]),
                words(", ".join(entry["members"])),
                frames,
                length,
                count(entry["scored_frames"]),
                words(_fold_of(entry, tested, split_of(run))),
            )
        )
    columns = ("recording", "animals", "frames", "length", "frames scored", "tested in fold")
    return Table(columns, tuple(rows))


def _fold_of(entry: Mapping[str, Any], tested: Mapping[str, str], split: str) -> str:
    if leaks(split):
        return "every fold"
    names = [entry["name"], *entry["members"]]
    # Animals that were filmed together are one group, written a+b.
    found = {
        fold
        for group, fold in tested.items()
        if group in names or set(group.split("+")) & set(entry["members"])
    }
    return ", ".join(sorted(found)) or "–"


def behaviors(run: Run, swatches: Mapping[str, Swatch]) -> Table:
    """One row for each behavior: how much of it there is, and in how many animals."""
    rows = []
    for entry in run.scores["behaviors"]:
        total = entry["scored_frames"]
        share = entry["truth_frames"] / total if total else None
        kind = f"group {entry['group']}" if entry["group"] else "independent"
        rows.append(
            (
                figure(swatch_key(swatches[entry["name"]], uid="data"), entry["name"]),
                words(kind + (", background" if entry["background"] else "")),
                count(entry["truth_frames"]),
                score(share, "no frame was scored"),
                count(entry["truth_bouts"]),
                count(entry["n_animals"]),
                count(entry["n_recordings"]),
            )
        )
    units = units_of(run.scores)
    columns = ("behavior", "kind", "frames", "share", "bouts", units, "recordings")
    return Table(columns, tuple(rows))


def class_table(classes: Mapping[str, Mapping[str, Any]]) -> Table:
    """The facts about each behavior from which the plan was made, one column a fact."""
    facts = list(dict.fromkeys(fact for entry in classes.values() for fact in entry))
    rows = tuple(
        (words(name), *(words(leaf_words(entry.get(fact))) for fact in facts))
        for name, entry in classes.items()
    )
    return Table(("behavior", *(re.sub("_s$", " [s]", fact) for fact in facts)), rows)


def folds(run: Run) -> Table:
    """Which animals (or recordings) were tested in which fold."""
    unit = {
        "animal": f"{units_of(run.scores)} tested",
        "cohort": "cohorts tested",
        "recording": "recordings tested",
    }
    heading = unit.get(split_of(run), "tested")
    if leaks(split_of(run)):
        kind = "frames" if split_of(run) == "random-frame" else "windows"
        each = [
            (f"a random share of the {kind} of every recording", fold["name"])
            for fold in run.plan.get("folds", [])
        ]
        rows = tuple((words(name), words(text)) for text, name in each)
    else:
        rows = tuple(
            (words(fold["name"]), words(", ".join(fold["test"])))
            for fold in run.plan.get("folds", [])
        )
    return Table(("fold", heading), rows)
