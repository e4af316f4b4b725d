"""Scores as words and tables: what ``train``, ``evaluate``, ``score`` and ``demo`` say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boutwise.cli._talk import Talk

LEAKING = (
    "LEAKS: split by random frame or window, so frames beside tested ones were trained on; "
    "this score says nothing about new animals"
)
"""Said beside every score of such a split, wherever it is shown."""
SWAPPED = "share of swapped agents"


def tell_scores(talk: Talk, scores: Mapping[str, Any]) -> None:
    """Say the headline, one row for each behavior, the baselines and what a reader must know.

    Args:
        talk: Of the command.
        scores: As :meth:`boutwise.metrics.Scores.as_dict` gives them.
    """
    if (scores.get("run") or {}).get("leaks"):
        talk.line(LEAKING)
    for note in filter(_loud, scores["notes"]):
        talk.line(note)
    talk.line(headline(scores["headline"]))
    _tell_quoted(talk, scores)
    thresholds = scores["bouts"]["thresholds"]
    if scores["facts"].get("rows") == "trials":
        _tell_trials(talk, scores)
        return
    units = f"{scores['facts'].get('unit', 'animal')}s"
    talk.table(
        ["behavior", "bouts", units, "precision", "recall", "F1", "95 %"],
        [_frames_row(behavior) for behavior in scores["behaviors"]],
    )
    each = [f"F1@{threshold:g}" for threshold in thresholds]
    talk.table(
        ["bouts of", "true", "said", *each, f"95 % @{thresholds[-1]:g}"],
        [_bouts_row(behavior) for behavior in scores["behaviors"]],
    )
    lines = [
        ("macro F1", scores["frames"]["macro_f1"]),
        ("macro F1 without background", scores["frames"]["macro_f1_without_background"]),
    ]
    lines += [
        (f"bout F1@{threshold:g}, {words}", estimate)
        for words, key in (("all bouts pooled", "pooled_f1"), ("mean over behaviors", "macro_f1"))
        for threshold, estimate in zip(thresholds, scores["bouts"][key], strict=True)
    ]
    if scores.get("agents"):
        lines.append((SWAPPED, scores["agents"]["share"]))
    background = any(behavior["background"] for behavior in scores["behaviors"])
    talk.table(
        ["score", "value", "95 %"],
        [
            [name, estimate["value"], _cell(estimate)]
            for name, estimate in lines
            if background or "without" not in name
        ]
        + [[f"{each['name']} baseline", each["macro_f1"], ""] for each in scores["baselines"]],
    )
    _tell_groups_and_labs(talk, scores)
    if any(behavior["f1"]["interval"]["rough"] for behavior in scores["behaviors"]):
        talk.line(ROUGH)
    if scores.get("agents"):
        talk.line(f"{SWAPPED}: of what was seen, given to the animal that was acted upon")
    for word in _remarks(scores):
        talk.line(word)


def _tell_trials(talk: Talk, scores: Mapping[str, Any]) -> None:
    """Say how well whole trials were answered."""
    talk.table(
        ["answer", "trials", "animals", "precision", "recall", "F1", "95 %"],
        [
            [
                row["name"],
                row["truth_frames"],
                row["n_animals"],
                row["precision"],
                row["recall"],
                row["f1"]["value"],
                _cell(row["f1"]),
            ]
            for row in scores["behaviors"]
        ],
    )
    overall = [("accuracy", "accuracy"), ("macro F1", "macro_f1")]
    rows = [
        [words, scores["frames"][key]["value"], _cell(scores["frames"][key])]
        for words, key in overall
    ]
    rows += [
        [f"{each['name']} baseline, {words}", each[key], ""]
        for each in scores["baselines"]
        for words, key in overall
    ]
    talk.table(["score", "value", "95 %"], rows)
    for word in _remarks(scores):
        talk.line(word)


def _loud(note: str) -> bool:
    """Whether a note stands before the numbers, because it changes what they mean."""
    return note.startswith(("LEAKS", "LEFT OUT"))


def _tell_quoted(talk: Talk, scores: Mapping[str, Any]) -> None:
    """The other numbers that the rule of scoring is known by."""
    others = scores.get("quoted", [])[1:]
    if others:
        rows = [
            [each["text"], each["estimate"]["value"], _cell(each["estimate"])] for each in others
        ]
        talk.table([f"{scores['preset']}: further numbers", "value", "95 %"], rows)


def _tell_groups_and_labs(talk: Talk, scores: Mapping[str, Any]) -> None:
    """Declared groups, and the score of each lab, where there are any."""
    if scores["declared"]:
        talk.table(
            ["scored as one", "behaviors", "precision", "recall", "F1", "95 %"],
            [
                [
                    row["name"],
                    ", ".join(row["behaviors"]),
                    row["precision"],
                    row["recall"],
                    row["f1"]["value"],
                    _cell(row["f1"]),
                ]
                for row in scores["declared"]
            ],
        )
    if scores.get("by_lab"):
        talk.table(
            ["lab", "recordings", "macro F1"],
            [[row["name"], len(row["members"]), row["macro_f1"]] for row in scores["by_lab"]],
        )


def tell_comparison(talk: Talk, comparison: Mapping[str, Any]) -> None:
    """Say by how much the first of two predictions is better, and in how many animals.

    Args:
        talk: Of the command.
        comparison: As :meth:`boutwise.metrics._paired.Comparison.as_dict` gives it.
    """
    first = comparison["differences"][0]
    for note in filter(_loud, comparison["notes"]):
        talk.line(note)
    talk.line(_verdict(first, len(comparison["animals"]), leaks=comparison["leaks"]))
    talk.table(
        ["score", "first", "second", "difference", "95 %", "better"],
        [
            [
                row["text"],
                row["first"],
                row["second"],
                _signed(row["difference"]["value"]),
                _cell(row["difference"], signed=True),
                f"{row['better_in']} of {row['by_animal']['n']}",
            ]
            for row in comparison["differences"]
        ],
    )
    talk.table(
        ["animal", "first, macro F1", "second, macro F1"],
        [[r["animal"], r["first_macro_f1"], r["second_macro_f1"]] for r in comparison["by_animal"]],
    )
    talk.line("better: in how many animals the first is better, of those in which both are defined")
    talk.line(f"bouts: {comparison['rule']}")
    if any(row["difference"]["interval"]["rough"] for row in comparison["differences"]):
        talk.line(ROUGH)
    for note in comparison["notes"]:
        if not _loud(note):
            talk.line(f"note: {note}")


def _verdict(row: Mapping[str, Any], n_animals: int, *, leaks: bool) -> str:
    """What the first difference says, in words."""
    value, range_ = row["difference"]["value"], row["difference"]["interval"]
    if value is None:
        return f"Difference of the {row['text']}: not defined in one of the two"
    words = f"Difference of the {row['text']}: {_signed(value)}"
    shown = interval(row["difference"], signed=True)
    words += f" (95 %: {shown})" if shown else ""
    if leaks:
        return f"{words}; it says nothing about the models, because one of them leaks"
    if not shown:
        return words
    if range_["low"] > 0:
        return f"{words}: the first prediction is better"
    if range_["high"] < 0:
        return f"{words}: the second prediction is better"
    return f"{words}: {n_animals} animals do not tell which is better"


def _signed(value: float | None) -> str:
    """A difference with its sign.

    >>> _signed(0.0421), _signed(-0.5), _signed(None)
    ('+0.042', '-0.500', '–')
    """
    return "–" if value is None else f"{value:+.3f}"


def headline(scores: Mapping[str, Any]) -> str:
    """The head line of scores with its number.

    >>> estimate = {"value": 0.5, "interval": {"low": None, "high": None, "rough": False}}
    >>> headline({"text": "Mean F1 over 2 behaviors", "estimate": estimate})
    'Mean F1 over 2 behaviors: 0.500'
    """
    estimate = scores["estimate"]
    if estimate["value"] is None:
        return f"{scores['text']}: not defined"
    words, range_ = f"{scores['text']}: {estimate['value']:.3f}", interval(estimate)
    return words + (f" (95 %: {range_})" if range_ else "")


def _frames_row(behavior: Mapping[str, Any]) -> list[object]:
    return [
        behavior["name"] + (" (background)" if behavior["background"] else ""),
        behavior["truth_bouts"],
        behavior["n_animals"],
        behavior["precision"],
        behavior["recall"],
        behavior["f1"]["value"],
        _cell(behavior["f1"]),
    ]


def _bouts_row(behavior: Mapping[str, Any]) -> list[object]:
    return [
        behavior["name"],
        behavior["truth_bouts"],
        behavior["predicted_bouts"],
        *(estimate["value"] for estimate in behavior["bout_f1"]),
        _cell(behavior["bout_f1"][-1]),
    ]


ROUGH = "~: rough; fewer than 10 animals or groups, or few of them have most of it"
"""Said where a table has the sign."""


def _cell(estimate: Mapping[str, Any], *, signed: bool = False) -> str:
    """An interval for a table, short enough for 80 columns.

    >>> _cell({"interval": {"low": 0.5, "high": 0.75, "rough": True}})
    '0.50–0.75 ~'
    """
    words = interval(estimate, signed=signed).removesuffix(", rough")
    sign = " ~" if words and estimate["interval"]["rough"] else ""
    return (words if signed else words.replace(" to ", "–")) + sign


def interval(estimate: Mapping[str, Any], *, signed: bool = False) -> str:
    """The interval of an estimate as words; empty when there is none.

    >>> interval({"interval": {"low": 0.5, "high": 0.75, "rough": True}})
    '0.50 to 0.75, rough'
    >>> interval({"interval": {"low": -0.012, "high": 0.03, "rough": False}}, signed=True)
    '-0.012 to +0.030'
    """
    range_ = estimate["interval"]
    if range_["low"] is None or range_["high"] is None:
        return ""
    ends = [_signed(end) if signed else f"{end:.2f}" for end in (range_["low"], range_["high"])]
    return " to ".join(ends) + (", rough" if range_["rough"] else "")


def _remarks(scores: Mapping[str, Any]) -> list[str]:
    control = scores.get("null_control") or scores.get("control") or {}
    said = [control, scores.get("people") or {}, scores.get("cohort_probe") or {}]
    remarks = [f"note: {each['text']}" for each in said if each.get("text")]
    remarks += [f"note: {note}" for note in scores["notes"] if not _loud(note)]
    problems = [found for found in scores.get("problems") or [] if found["severity"] != "note"]
    if problems:
        remarks.append(f"{len(problems)} problems were found in the data; 'boutwise check' tells")
    return remarks
