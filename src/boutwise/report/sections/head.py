"""The head: one honest sentence with the number, and what it must be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from boutwise.report.detection import found_in
from boutwise.report.figures import score_scale
from boutwise.report.run_folder import Run
from boutwise.report.tables import MISSING, duration_words, interval_words, signed
from boutwise.types import Severity


@dataclass(frozen=True)
class Badge:
    """A few words that stand out; ``kind`` is ``good``, ``warn``, ``bad`` or ``plain``."""

    text: str
    kind: str
    why: str


@dataclass(frozen=True)
class Tile:
    """One number beside the headline, or a dash with the reason."""

    name: str
    value: str
    small: str


def build(run: Run) -> dict[str, Any]:
    """Name, sentence, badges, scale and tiles."""
    headline = run.scores["headline"]
    value, interval = headline["estimate"]["value"], headline["estimate"]["interval"]
    baselines = references(run.scores)
    scale = score_scale(value, low=interval["low"], high=interval["high"], references=baselines)
    return {
        "split": split_of(run),
        "value": MISSING if value is None else f"{value:.3f}",
        "interval": interval_words(interval, digits=3),
        "refused": interval["reason"],
        "method": interval["method"],
        "name": "accuracy" if of_trials(run.scores) else "macro-F1",
        "trials": of_trials(run.scores),
        "meaning": headline["text"].rstrip("."),
        "sentence": sentence(run),
        "badges": badges(run),
        "scale": Markup(scale),
        "tiles": tiles(run.scores),
        "notes": notes(run.scores),
        "null_text": null_words(run.scores),
        "people_text": people_words(run.scores),
    }


def notes(scores: Mapping[str, Any]) -> str:
    """What the scores themselves say must be known; always that retraining is left out."""
    found = list(scores.get("notes", []))
    if not any("retraining" in note for note in found):
        found.append("The variance of retraining is left out: another seed gives another score.")
    return " ".join(found)


def references(scores: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Name and macro-F1 of the baselines, the null control, and people among themselves."""
    if of_trials(scores):
        return [(entry["name"], entry["accuracy"]) for entry in scores.get("baselines", [])]
    found = [(entry["name"], entry["macro_f1"]) for entry in scores.get("baselines", [])]
    null, people = scores.get("null_control"), scores.get("people")
    found += [("null control", null["macro_f1"])] if null else []
    return [*found, ("two people", people["macro_f1"]["value"])] if people else found


def null_words(scores: Mapping[str, Any]) -> str:
    """What the null control says, in a sentence."""
    null = scores.get("null_control")
    if not null or null["macro_f1"] is None:
        return (
            "The null control was not run: nothing here shows that the score falls to chance "
            "when the labels are shifted in time."
        )
    text = f"{null['text'][:1].upper()}{null['text'][1:]}. It scores {null['macro_f1']:.3f}"
    if null["chance"] is not None:
        text += f" where saying each behavior as often, but at random, scores {null['chance']:.3f}"
    if null["low"] is not None and null["high"] is not None:
        text += (
            f" (difference {_plus(null['excess'])}, {_plus(null['low'])} to {_plus(null['high'])})"
        )
    return f"{text}."


def people_words(scores: Mapping[str, Any]) -> str:
    """What people reach with each other, in a sentence; that nobody knows, where it is so."""
    people = scores.get("people")
    if people is None:
        return (
            "No recording was labelled by two people, so nobody knows how well people agree "
            "here: the most that a score can be asked for."
        )
    return f"{people['text'][:1].upper()}{people['text'][1:]}."


def _plus(value: float) -> str:
    return signed(value, 3, plus=True)


def split_of(run: Run) -> str:
    """``animal``, ``cohort``, ``recording``, ``random-frame`` or ``random-window``."""
    return str(run.plan.get("recipe", {}).get("split", {}).get("by", "unknown"))


_UNSEEN = {
    "animal": "On animals that the model had not seen",
    "cohort": "On cohorts of which the model had seen no animal",
    "recording": "On recordings that the model had not seen, of animals that it may have seen",
    "random-frame": "On frames whose neighbors the model was trained on",
    "random-window": "On windows whose neighbors the model was trained on",
}


def sentence(run: Run) -> str:
    """The headline as one sentence: score, interval, baselines, and what it does not say."""
    scores = run.scores
    headline = scores["headline"]
    value, interval = headline["estimate"]["value"], headline["estimate"]["interval"]
    opening = _UNSEEN.get(split_of(run), "By a split that the plan does not name")
    if value is None:
        return f"{opening}, the score is not defined."
    n_behaviors = len(scores["facts"]["behaviors"])
    n_defined = sum(each["f1"]["value"] is not None for each in scores["behaviors"])
    which = "" if n_defined == n_behaviors else f"{n_defined} of the "
    text = f"{opening}, it reaches a macro-F1 of {value:.3f} over {which}{n_behaviors} behaviors"
    if of_trials(scores):
        n_trials = scores["facts"]["scored_frames"]
        text = f"{opening}, it answers {value:.1%} of {n_trials} trials rightly, of {n_behaviors} "
        text += "possible answers"
    words = interval_words(interval, digits=3)
    if words:
        rough = ", rough" if interval["rough"] else ""
        text += f" (95 % interval over {interval['n_groups']} {units_of(scores)}: {words}{rough})"
    else:
        text += f" (no interval: {interval['reason']})"
    beside = [f"{name} {score:.3f}" for name, score in references(scores) if score is not None]
    return text + (f"; beside it: {', '.join(beside)}." if beside else ".")


_SPLITS = {
    "animal": Badge("split by animal", "good", "No animal is in both training and test."),
    "cohort": Badge(
        "split by cohort",
        "good",
        "No animal of a tested cohort, so nothing of its batch, was seen.",
    ),
    "recording": Badge(
        "split by recording",
        "warn",
        "The same animal may be in training and test, so the score says little about new animals.",
    ),
    "random-frame": Badge(
        "LEAKING: split by random frame",
        "bad",
        "The frame before and the frame after a tested frame were trained on. This number only "
        "shows how much such a split flatters; never report it as accuracy.",
    ),
    "random-window": Badge(
        "LEAKING: split by random window",
        "bad",
        "The seconds before and after a tested window were trained on, of the same animals. This "
        "number only shows how much such a split flatters; never report it as accuracy.",
    ),
}
_LABELS = {
    "human": Badge("labels by people", "good", "The truth was labelled by people."),
    "model": Badge(
        "labels by a model",
        "bad",
        "The truth was made by a model: the score is agreement with it, not accuracy.",
    ),
    "mixed": Badge("labels by people and a model", "warn", "Part of the truth is a model's."),
}
_LEAK = Badge(
    "null control above chance: LEAKS",
    "bad",
    "On labels that cannot be learned the same protocol still scores above chance, so tested "
    "frames reach the training.",
)


def units_of(scores: Mapping[str, Any]) -> str:
    """What intervals are over: ``animals``, or ``groups`` of animals that were filmed together."""
    return f"{scores['facts'].get('unit', 'animal')}s"


def badges(run: Run) -> list[Badge]:
    """Protocol, number of animals, origin of the labels."""
    unknown = Badge("split unknown", "warn", "The plan names no split.")
    facts, units = run.scores["facts"], units_of(run.scores)
    n_units, why = len(facts["animals"]), "The animal is the unit of intervals."
    if units == "groups":
        why = (
            f"{facts['n_animals']} animals: those that were filmed together are one group, the "
            "unit of folds and intervals."
        )
    found = [_SPLITS.get(split_of(run), unknown), Badge(f"{n_units} {units}", "plain", why)]
    if run.scores["headline"]["estimate"]["interval"]["rough"]:
        why = f"Fewer than 10 {units}: intervals are rough, below 3 refused."
        found.append(Badge("rough", "warn", why))
    null = run.scores.get("null_control")
    if null and null["leaks"]:
        found.append(_LEAK)
    stopping = [p for p in run.scores.get("problems") or [] if p["severity"] == Severity.BLOCKING]
    if stopping:
        words = "1 blocking problem" if len(stopping) == 1 else f"{len(stopping)} blocking problems"
        found.append(Badge(words, "bad", f"Among others: {stopping[0]['what']}. See Checks."))
    return [*found, *_found_badly(run), _LABELS[run.scores["facts"]["labels"]]]


def _found_badly(run: Run) -> list[Badge]:
    """That the pictures show no animal where they should, if it is so."""
    poor = [each for film in run.films.values() for each in found_in(film) if each.poor]
    if not poor:
        return []
    first = poor[0]
    why = f"Among others: {first.recording}, {first.animal}: {first.poor}. See below."
    return [Badge("animals found badly", "warn", why)]


def tiles(scores: Mapping[str, Any]) -> list[Tile]:
    """The other numbers that people ask for first."""
    if of_trials(scores):
        return _trial_tiles(scores)
    frames, bouts = scores["frames"], scores["bouts"]
    found = [_tile("accuracy of frames", frames["accuracy"])]
    if scores["facts"]["backgrounds"]:
        apart = frames["macro_f1_without_background"]
        found.insert(0, _tile("macro-F1 without background", apart))
    if bouts["thresholds"]:
        last = bouts["thresholds"][-1]
        found.append(_tile(f"bout F1 at IoU {last:g}", bouts["pooled_f1"][-1]))
    onsets = scores["onsets"]
    if onsets["tolerances_frames"]:
        value = onsets["mean_average_precision"][-1]
        found.append(
            Tile(
                f"onset AP, ±{onsets['tolerances_frames'][-1]} frames",
                MISSING if value is None else f"{value:.3f}",
                "not defined without probabilities" if value is None else "mean over behaviors",
            )
        )
    if scores.get("holdout"):
        apart = scores["holdout"]["headline"]["estimate"]
        found.insert(0, _tile("macro-F1 of held-out animals", apart))
    calibration = scores["calibration"]
    if calibration:
        found.append(_tile("calibration error (ECE)", calibration["ece"]))
    total = duration_words(scores["facts"]["scored_s"])
    found.append(Tile("scored", total, f"{scores['facts']['scored_frames']:,} frames"))
    return found


def of_trials(scores: Mapping[str, Any]) -> bool:
    """Whether whole trials were answered, not frames."""
    return bool(scores["facts"].get("rows") == "trials")


def _trial_tiles(scores: Mapping[str, Any]) -> list[Tile]:
    """The other numbers of a run on trials, of which bouts and onsets mean nothing."""
    found = [_tile("macro-F1", scores["frames"]["macro_f1"])]
    if scores.get("holdout"):
        apart = scores["holdout"]["headline"]["estimate"]
        found.insert(0, _tile("accuracy on held-out animals", apart))
    if scores["calibration"]:
        found.append(_tile("calibration error (ECE)", scores["calibration"]["ece"]))
    majority = next(e["accuracy"] for e in scores["baselines"] if e["name"] == "majority")
    found.append(Tile("accuracy of the majority", f"{majority:.3f}", "always the commonest answer"))
    facts = scores["facts"]
    found.append(Tile("scored", f"{facts['scored_frames']:,} trials", "each counts the same"))
    return found


def _tile(name: str, entry: Mapping[str, Any]) -> Tile:
    value, interval = entry["value"], entry["interval"]
    if value is None:
        return Tile(name, MISSING, interval["reason"] or "not defined")
    small = interval_words(interval, digits=3) or f"no interval: {interval['reason']}"
    return Tile(name, f"{value:.3f}", small)
