"""How the networks of a run were trained: loss and F1 of each behavior over the epochs."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from boutwise.report.figures import Line, epoch_lines
from boutwise.report.run_folder import Run
from boutwise.report.tables import Cell, Table, count, score, words

UNLEARNED = 0.2
"""F1 in training below which a behavior was not learned at all."""
BY_HEART = 0.3
"""F1 in training over that on other animals, from which a behavior was learned by heart."""
ADVICE = {
    "unlearned": "not learned, not even in training: look at its labels; give it more weight "
    "(heads.behavior.class_weights), more epochs (optim.epochs) or a wider network",
    "by heart": "learned by heart: other animals look different; label more animals, or use "
    "stronger augmentation, a smaller network, fewer epochs or early_stop",
}


@dataclass(frozen=True)
class Curve:
    """The rows of one training.

    Attributes:
        fold: Its name; empty for the final fit.
        rows: Key -> value of each epoch, None where there is none.
    """

    fold: str
    rows: tuple[Mapping[str, float | None], ...]

    @property
    def name(self) -> str:
        """In words."""
        return f"fold {self.fold}" if self.fold else "final fit"

    def line(self, key: str) -> Line:
        """One key over the epochs."""
        epochs = [int(row["epoch"] or 0) for row in self.rows]
        watched = key.startswith("valid")
        words = f"{self.name}{', animals that were watched' if watched else ''}"
        return Line(words, epochs, [row.get(key) for row in self.rows], watched)

    def last(self, key: str) -> float | None:
        """The value of the last epoch."""
        return self.rows[-1].get(key)


def build(run: Run) -> list[dict[str, Any]]:
    """For each network figures of its losses and behaviors, and tables; empty without networks."""
    found = []
    members = run.plan.get("recipe", {}).get("members", [])
    for place in range(len(members)):
        curves = _read(run.directory, place)
        if curves:
            name = "" if len(members) == 1 else f"Member {place}"
            found.append(_member(run, name, curves))
    return found


def _read(directory: Path, member: int) -> list[Curve]:
    places = sorted(directory.glob(f"folds/*/members/{member}/curves.csv"), key=_fold_of)
    places += list(directory.glob(f"final/members/{member}/curves.csv"))
    found = []
    for path in places:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {key: float(text) if text else None for key, text in row.items()}
                for row in csv.DictReader(file)
            ]
        if rows:
            found.append(Curve("" if "final" in path.parts[-4:] else _fold_of(path), tuple(rows)))
    return found


def _fold_of(path: Path) -> str:
    return path.parts[-4]


def _member(run: Run, name: str, curves: list[Curve]) -> dict[str, Any]:
    keys = list(curves[0].rows[0])
    heads = [key for key in keys if key.startswith("train/loss:")]
    terms = {"loss": ["train/loss", "valid/loss"]}
    if len(heads) > 1:
        terms |= {f"loss of {key.partition(':')[2]}": [key] for key in heads}
    losses = [
        Markup(epoch_lines([c.line(key) for key in keys_of for c in curves], name=term))
        for term, keys_of in terms.items()
    ]
    behaviors = [key.partition(":")[2] for key in keys if key.startswith("train/f1:")]
    elsewhere = {row["name"]: row["f1"]["value"] for row in run.scores["behaviors"]}
    panels = [_panel(curves, behavior, elsewhere.get(behavior)) for behavior in behaviors]
    table, warnings = _behavior_table(curves, behaviors, elsewhere)
    return {
        "name": name,
        "losses": losses,
        "panels": panels,
        "behaviors": table,
        "warnings": warnings,
        "fits": _fit_table(curves),
        "watched": any(c.last("valid/loss") is not None for c in curves),
    }


def _panel(curves: Sequence[Curve], behavior: str, elsewhere: float | None) -> Markup:
    keys = (f"train/f1:{behavior}", f"valid/f1:{behavior}")
    reference = None if elsewhere is None else ("out of fold", elsewhere)
    note = "" if elsewhere is None else f"out of fold {elsewhere:.2f}"
    lines = [curve.line(key) for key in keys for curve in curves]
    return Markup(epoch_lines(lines, name=behavior, high=1.0, reference=reference, note=note))


def _behavior_table(
    curves: Sequence[Curve], behaviors: Sequence[str], elsewhere: Mapping[str, float | None]
) -> tuple[Table, list[str]]:
    """F1 in training beside that on other animals, and what to do where they tell something."""
    rows, warnings = [], []
    for behavior in behaviors:
        ends = [c.last(f"train/f1:{behavior}") for c in curves if c.fold]
        known = [value for value in ends if value is not None]
        trained = statistics.fmean(known) if known else None
        tested = elsewhere.get(behavior)
        why = verdict(trained, tested)
        if why:
            warnings.append(f"{behavior}: {ADVICE[why]}")
        rows.append(
            (
                words(behavior, strong=bool(why)),
                score(trained, "it did not occur in what was learned from"),
                score(tested, "it neither occurs nor is predicted"),
                words(ADVICE[why].partition(":")[0] if why else ""),
            )
        )
    columns = ("behavior", "F1 in training, last epoch", "F1 out of fold", "")
    return Table(columns, tuple(rows)), warnings


def verdict(trained: float | None, tested: float | None) -> str:
    """``unlearned``, ``by heart``, or empty.

    >>> verdict(0.1, 0.0), verdict(0.9, 0.3), verdict(0.9, 0.8), verdict(None, None)
    ('unlearned', 'by heart', '', '')
    """
    if trained is None:
        return ""
    if trained < UNLEARNED:
        return "unlearned"
    return "by heart" if tested is not None and trained - tested > BY_HEART else ""


def _fit_table(curves: Sequence[Curve]) -> Table:
    """One row for each training."""
    rows = []
    why = "no animals were set apart to watch"
    for curve in curves:
        losses = [row.get("valid/loss") for row in curve.rows]
        known = [(value, place) for place, value in enumerate(losses) if value is not None]
        lowest: tuple[Cell, Cell] = (score(None, why), count(None, why))
        if known:
            value, place = min(known)
            lowest = (score(value, ""), count(int(curve.rows[place]["epoch"] or 0)))
        rows.append(
            (
                words(curve.name),
                count(len(curve.rows)),
                score(curve.rows[0].get("train/loss"), "not told"),
                score(curve.last("train/loss"), "not told"),
                *lowest,
            )
        )
    columns = ("training", "epochs", "loss of the first epoch", "of the last")
    return Table((*columns, "lowest loss of watched animals", "in epoch"), tuple(rows))
