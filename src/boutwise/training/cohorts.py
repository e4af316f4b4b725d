"""The cohort probe: is it the batch that is learned?

The null control sees leaking frames. It does not see that all animals of one batch share a camera,
an experimenter or a litter. So, where animals have a declared cohort: how well do the features that
the model uses, and its out-of-fold predictions, tell the cohort of an animal that is left out?
Where they do, the score on new animals of these cohorts says little of a new cohort.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from boutwise.metrics import mean_interval
from boutwise.metrics._scores import as_plain
from boutwise.planning import Plan
from boutwise.project import Project
from boutwise.training import _leave_one_out as leave_one_out
from boutwise.training._cohort_tables import Table, cohort_tables
from boutwise.training.snapshot import Entry, Snapshot
from boutwise.types import Prediction

FEWEST = 2
"""Animals of a cohort; one that is alone cannot be left out and told."""
LEVEL = 0.01
"""p of features or predictions from which the probe speaks: of 100 runs without any batch two are
suspected at most."""
UNDECLARED = "none declared"


def probe_cohorts(
    project: Project,
    plan: Plan,
    snapshot: Snapshot,
    predictions: Sequence[Prediction],
    scores: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Ask features, predictions and labels for the cohort of each animal.

    Args:
        project: Has the cohorts, and what else is known of the animals.
        plan: Of the run.
        snapshot: Its streams and labels.
        predictions: Out of fold, one an entry that is not held out, in order.
        scores: As in ``scores.json``; ``by_animal`` is read.

    Returns:
        ``state`` (``tells``, ``silent`` or ``cannot tell``), ``text``, the ``smallest_p`` that
        could be reached and the ``level`` of p from which it speaks, ``probes``, ``cohorts`` with
        their scores, ``confounded`` and ``left_out``; None where animals have no two cohorts.
    """
    entries = [entry for entry in snapshot.entries if not entry.held_out(plan)]
    cohorts, left_out = _cohorts(project, entries)
    if len(set(cohorts.values())) + sum("alone" in why for why in left_out.values()) < 2:
        return None
    units = sorted(cohorts)
    names = sorted(set(cohorts.values()))
    codes = np.array([names.index(cohorts[unit]) for unit in units], dtype=np.int64)
    sizes = np.bincount(codes, minlength=len(names)).tolist() if names else []
    smallest = leave_one_out.smallest_p(sizes) if len(names) > 1 else 1.0
    found: dict[str, Any] = {
        "state": "cannot tell",
        "smallest_p": smallest,
        "level": LEVEL,
        "probes": [],
        "cohorts": [_scored(name, cohorts, scores) for name in names],
        "confounded": confounded(project, entries, cohorts),
        "left_out": left_out,
    }
    if len(names) > 1:
        tables = cohort_tables(snapshot, entries, predictions, units)
        dealt = leave_one_out.deals(codes)
        told = [leave_one_out.tell(table.values, dealt) for table in tables]
        found["probes"] = [_row(*pair, len(units)) for pair in zip(tables, told, strict=True)]
        if smallest <= LEVEL:
            # The labels are what people said; that they differ is no fault of the model.
            tells = any(row["p"] <= LEVEL for row in found["probes"][:2])
            found["state"] = "tells" if tells else "silent"
    return {**found, "text": words(found)}


def _cohorts(project: Project, entries: Sequence[Entry]) -> tuple[dict[str, str], dict[str, str]]:
    """Unit -> its cohort; and unit -> why it is left out."""
    declared = {name: animal.cohort for name, animal in project.animals().items()}
    of_unit: dict[str, set[str]] = {}
    for entry in entries:
        who = {entry.subject.animal, entry.subject.target} - {""}
        of_unit.setdefault(entry.unit, set()).update(declared.get(name, "") for name in who)
    left_out = {
        unit: "no cohort is declared" if "" in found else "filmed together, of several cohorts"
        for unit, found in of_unit.items()
        if "" in found or len(found) > 1
    }
    cohorts = {unit: found.pop() for unit, found in of_unit.items() if unit not in left_out}
    sizes = Counter(cohorts.values())
    for unit in [unit for unit, cohort in cohorts.items() if sizes[cohort] < FEWEST]:
        left_out[unit] = f"alone in cohort {cohorts.pop(unit)}"
    return cohorts, dict(sorted(left_out.items()))


def _row(table: Table, told: leave_one_out.Told, n_units: int) -> dict[str, Any]:
    return {
        "what": table.what,
        "right": told.right,
        "animals": n_units,
        "accuracy": told.accuracy,
        "by_chance": told.by_chance,
        "p": told.p,
        "telling": [table.names[place] for place in told.telling[:3]],
    }


def _scored(name: str, cohorts: Mapping[str, str], scores: Mapping[str, Any]) -> dict[str, Any]:
    """Animals of a cohort and the mean of their scores."""
    units = sorted(unit for unit, cohort in cohorts.items() if cohort == name)
    rows = {row["name"]: row["macro_f1"] for row in scores["by_animal"]}
    values = [rows[unit] for unit in units if rows.get(unit) is not None]
    return {
        "name": name,
        "animals": units,
        "macro_f1": float(np.mean(values)) if values else None,
        "interval": as_plain(mean_interval(np.array(values, dtype=np.float64))),
    }


def confounded(
    project: Project, entries: Sequence[Entry], cohorts: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What goes with the cohort, so that nobody can tell the two apart.

    A factor (treatment, dose, sex, strain) is named when no value of it is found in two cohorts.
    """
    animals, sessions = project.animals(), project.sessions()
    seen: dict[str, dict[str, set[str]]] = {name: {} for name in ("sex", "strain")}
    for entry in entries:
        if entry.unit not in cohorts:
            continue
        animal = animals[entry.subject.animal]
        session = sessions.get(project.recording(entry.subject.recording).session)
        condition = session.conditions.get(animal.id) if session is not None else None
        values = {"sex": animal.sex, "strain": animal.strain, "treatment": "", "dose": ""}
        if condition is not None:
            values["treatment"] = condition.treatment
            if condition.dose is not None:
                values["dose"] = f"{condition.dose:g} {condition.dose_unit}".strip()
        for factor, value in values.items():
            of = seen.setdefault(factor, {}).setdefault(cohorts[entry.unit], set())
            of.add(value or UNDECLARED)
    return [
        {"factor": factor, "cohorts": {name: sorted(of[name]) for name in sorted(of)}}
        for factor, of in sorted(seen.items())
        if len(of) > 1 and not _shared(list(of.values()))
    ]


def _shared(values: Sequence[set[str]]) -> bool:
    """Whether any value is found in two of the sets."""
    return len(set().union(*values)) < sum(map(len, values))


def words(found: Mapping[str, Any]) -> str:
    """What the probe says, in a few sentences."""
    text = f"cohort probe: {_verdict(found)}"
    for row in found["confounded"]:
        values = "; ".join(f"{name}: {', '.join(v)}" for name, v in row["cohorts"].items())
        text += f". The {row['factor']} goes with the cohort ({values}): the probe cannot tell one "
        text += "from the other"
    for why, count in Counter(found["left_out"].values()).items():
        text += f". {count} of the animals left out of it: {why}"
    return text


def _verdict(found: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{len(row['animals'])} in {row['name']}" for row in found["cohorts"])
    if found["state"] == "cannot tell":
        return (
            f"cannot tell with so few animals ({sizes or 'no cohort has two'}): the smallest p "
            f"that could be reached is {found['smallest_p']:.2g}, and it speaks from {LEVEL:g} on"
        )
    features, predictions, labels = found["probes"]
    numbers = "; ".join(
        f"{row['what']} right for {row['right']} of {row['animals']} animals left out, "
        f"p = {row['p']:.2g}"
        for row in (features, predictions)
    )
    if found["state"] == "silent":
        return f"neither features nor predictions tell the cohort ({numbers})"
    telling = [row["what"] for row in (features, predictions) if row["p"] <= LEVEL]
    text = (
        f"{' and '.join(telling)} tell the cohort of an animal ({numbers}); a new cohort may score "
        "worse than new animals of these"
    )
    if labels["p"] <= LEVEL:
        text += ". The labels tell it too: the animals themselves, or who labelled them, differ"
    return text
