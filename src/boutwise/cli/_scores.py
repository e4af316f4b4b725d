"""Scores as words and tables: what ``train``, ``evaluate``, ``score`` and ``demo`` say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boutwise.cli._talk import Talk

LEAKING = (
    "LEAKS: split by random frame, so the frames beside a tested one were trained on; "
    "this score says nothing about new animals"
)
"""Said beside every score of such a split, wherever it is shown."""


def tell_scores(talk: Talk, scores: Mapping[str, Any]) -> None:
    """Say the headline, one row for each behavior, the baselines and what a reader must know.

    Args:
        talk: Of the command.
        scores: As :meth:`boutwise.metrics.Scores.as_dict` gives them.
    """
    if (scores.get("run") or {}).get("leaks"):
        talk.line(LEAKING)
    talk.line(headline(scores["headline"]))
    thresholds = scores["bouts"]["thresholds"]
    talk.table(
        ["behavior", "bouts", "animals", "precision", "recall", "F1", "95 %"]
        + [f"bout F1@{threshold:g}" for threshold in thresholds],
        [_row(behavior) for behavior in scores["behaviors"]],
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
    background = any(behavior["background"] for behavior in scores["behaviors"])
    talk.table(
        ["score", "value", "95 %"],
        [
            [name, estimate["value"], interval(estimate)]
            for name, estimate in lines
            if background or "without" not in name
        ]
        + [[f"{each['name']} baseline", each["macro_f1"], ""] for each in scores["baselines"]],
    )
    for word in _remarks(scores):
        talk.line(word)


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


def _row(behavior: Mapping[str, Any]) -> list[object]:
    words = behavior["name"] + (" (background)" if behavior["background"] else "")
    return [
        words,
        behavior["truth_bouts"],
        behavior["n_animals"],
        behavior["precision"],
        behavior["recall"],
        behavior["f1"]["value"],
        interval(behavior["f1"]),
        *(estimate["value"] for estimate in behavior["bout_f1"]),
    ]


def interval(estimate: Mapping[str, Any]) -> str:
    """The interval of an estimate as words; empty when there is none.

    >>> interval({"interval": {"low": 0.5, "high": 0.75, "rough": True}})
    '0.50 to 0.75, rough'
    """
    range_ = estimate["interval"]
    if range_["low"] is None or range_["high"] is None:
        return ""
    return f"{range_['low']:.2f} to {range_['high']:.2f}" + (", rough" if range_["rough"] else "")


def _remarks(scores: Mapping[str, Any]) -> list[str]:
    control = scores.get("null_control") or scores.get("control") or {}
    remarks = [f"note: {control['text']}"] if control.get("text") else []
    remarks += [f"note: {note}" for note in scores["notes"]]
    problems = scores.get("problems") or []
    if problems:
        remarks.append(f"{len(problems)} problems were found in the data; 'boutwise check' tells")
    return remarks
