"""Predictions of whole trials as CSV: one row a trial, ``<recording>.trials.csv``."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boutwise.formats._prediction import label_columns
from boutwise.types import TrialPrediction

ENDING = ".trials.csv"
HEAD = (
    "recording",
    "animal",
    "target",
    "trial",
    "start_frame",
    "stop_frame",
    "start_s",
    "stop_s",
)


def trial_rows(prediction: TrialPrediction) -> list[dict[str, Any]]:
    """One row an animal and trial; the answer is empty where the trial could not be judged."""
    answers = prediction.answers
    names = answers.ethogram.names
    groups = label_columns(answers.ethogram)
    rows: list[dict[str, Any]] = []
    for place, subject in enumerate(answers.subjects):
        for number, trial in enumerate(prediction.trials):
            ends = (trial.first_frame, trial.stop_frame)
            seconds = [f"{float(prediction.clock.to_seconds(end)):.6f}" for end in ends]
            who = (subject.recording, subject.animal, subject.target)
            told = (*who, trial.number, *ends, *seconds)
            row: dict[str, Any] = dict(zip(HEAD, told, strict=True))
            for column, members in groups.items():
                said = [n for n in members if answers.decided[place, number, names.index(n)]]
                row[column] = said[0] if said else ""
            for name, chance in zip(names, answers.probabilities[place, number], strict=True):
                row[f"p:{name}"] = f"{float(chance):.6f}"
            row["observed"] = int(answers.observed[place, number])
            row["bundle"] = answers.bundle
            rows.append(row)
    return rows


def write_trials(
    predictions: Sequence[TrialPrediction],
    path: Path,
    *,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write the trials of one recording, several predictions of it below each other.

    Args:
        predictions: Of the same recording.
        path: ``<recording>.trials.csv``; it appears under this name when it is whole.
        facts: More columns, with the same value in each row.
    """
    rows = [row for prediction in predictions for row in trial_rows(prediction)]
    rows = [{**row, **(facts or {})} for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    temporary.replace(path)


def read_trial_facts(path: Path) -> dict[str, str]:
    """The first row of a file of trials; empty when there is no such file, or it is not one."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file), None)
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return {str(k): str(v) for k, v in row.items()} if row and "bundle" in row else {}
