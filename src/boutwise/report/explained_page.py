"""The page of ``predict --explain``: what the members of a bundle looked at, and whether it counts.

Read are the ``<recording>.explained.json`` files of a folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from boutwise.errors import DataError
from boutwise.report.figures.attention import attention_profile
from boutwise.report.paper import rendered, write_page
from boutwise.report.tables import Cell, Table, missing, signed, words

PAGE = "explained.html"
LEAST_CHANGE = 0.01
"""Change of a chance below which a difference is nothing to read, however sure it is."""

MOST_FEATURES = 12
"""Features of each behavior that are shown; the files have all of them."""


def write_explained_page(directory: Path, *, unexplained: Sequence[str] = ()) -> Path:
    """Write ``explained.html`` into the folder, over all recordings that are explained there.

    Args:
        directory: That ``predict --explain`` wrote to.
        unexplained: Members that could not be explained, in words.

    Raises:
        DataError: A file is broken, or there is none.
    """
    files = sorted(directory.glob("*.explained.json"))
    if not files:
        raise DataError("nothing is explained there", file=directory, todo="predict with --explain")
    by_member: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for file in files:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            for entry in found["members"]:
                entry["recording"] = found["recording"]
                by_member.setdefault((entry["bundle"], entry["member"]), []).append(entry)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"this is no explanation: {error}", file=file, todo="delete it and predict again"
            ) from error
    sections = [_section(key, entries) for key, entries in by_member.items()]
    html = rendered("explained.html.j2", sections=sections, unexplained=list(unexplained))
    return write_page(directory / PAGE, html)


def _section(key: tuple[str, int], entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    bundle, member = key
    head: dict[str, Any] = {"id": f"m-{bundle}-{member}", "title": f"Member {member} of {bundle}"}
    head["kind"] = entries[0]["kind"]
    if head["kind"] == "contributions":
        return head | {"tables": _features(entries)}
    profile = entries[0]["profile"]
    mean = np.mean([entry["profile"]["mean"] for entry in entries], axis=0)
    name = f"Mean attention of member {member}"
    figure = attention_profile(profile["offset_s"], mean.tolist(), name=name)
    return head | {"figure": Markup(figure), "table": _deletions(entries), "words": _said(entries)}


def _deletions(entries: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for entry in entries:
        deletion = entry["deletion"]
        changes = [_change(deletion["mean_change"][n]) for n in ("most", "random", "least")]
        rows.append((words(_who(entry)), *changes, _beyond(deletion["most_beyond_random"])))
    columns = ("who", "most attention", "random", "least attention", "most beyond random")
    return Table(columns, tuple(rows), "Change of the chance of what was predicted")


def _who(entry: Mapping[str, Any]) -> str:
    target = f" towards {entry['target']}" if entry["target"] else ""
    return f"{entry['recording']}: {entry['animal']}{target}"


def _change(value: float | None) -> Cell:
    if value is None:
        return missing("no frame could be tried")
    return Cell(signed(value, 3, plus=True), number=True)


def _beyond(test: Mapping[str, float | None]) -> Cell:
    if test["mean"] is None or test["low"] is None or test["high"] is None:
        return missing("too few frames for an interval")
    interval = f"{signed(test['low'], 3)} to {signed(test['high'], 3)}"
    return Cell(signed(test["mean"], 3, plus=True), small=interval, number=True)


def _said(entries: Sequence[Mapping[str, Any]]) -> str:
    """What the test says of the attention, in one sentence."""
    tests = [entry["deletion"]["most_beyond_random"] for entry in entries]
    known = [test for test in tests if test["low"] is not None]
    above = sum(test["low"] > 0 and test["mean"] >= LEAST_CHANGE for test in known)
    if not known:
        return "There are too few frames to tell whether the attention means anything."
    if 2 * above > len(known):
        return (
            f"In {above} of {len(known)} cases the score depends more on the frames with most "
            "attention than on random ones: here the attention says something about the score."
        )
    return (
        f"In {f'only {above}' if above else 'none'} of {len(known)} cases does the score depend "
        f"more on the frames with most attention than on random ones (by {LEAST_CHANGE} or more, "
        "beyond doubt): do not read the attention as a reason."
    )


def _features(entries: Sequence[Mapping[str, Any]]) -> list[Table]:
    tables = []
    for behavior in entries[0]["mean_absolute_log_odds"]:
        each = [entry["mean_absolute_log_odds"][behavior] for entry in entries]
        mean = {name: float(np.mean([values[name] for values in each])) for name in each[0]}
        best = sorted(mean, key=lambda name: -mean[name])[:MOST_FEATURES]
        rows = tuple((words(name), Cell(signed(mean[name], 3), number=True)) for name in best)
        tables.append(Table(("feature", "log odds"), rows, behavior))
    return tables
