"""The rules behind every ``auto``: a value and the reason for it.

Each rule is a function of the fingerprint and the member it belongs to, found by the dotted path of
the setting; ``*`` stands for any one step. The evidence behind most of them is in
``docs/explanation/choices.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from boutwise.errors import RecipeError
from boutwise.learners import _trees_auto
from boutwise.learners.network import _auto as _network_auto
from boutwise.planning.augmenting import views_of
from boutwise.planning.fingerprint import Fingerprint
from boutwise.types.recipe import NetworkMember, Recipe, parse_recipe

FEW_ANIMALS = 15
"""Below this many animals, or groups of them, trained combiners and biases lost to plain ones."""

LONGEST_MEAN_S = 3.0
"""Longest moving mean of one behavior, where each has its own."""

Rule = Callable[[Fingerprint], tuple[Any, str]]


def _combine(facts: Fingerprint) -> tuple[Any, str]:
    if facts.independent < FEW_ANIMALS:
        return "mean", f"{facts.who} do not bear a trained combiner"
    return "logistic", f"{facts.who} bear one weight for each member"


def _calibrate(facts: Fingerprint) -> tuple[Any, str]:
    if facts.independent < FEW_ANIMALS:
        return "temperature", f"{facts.who} do not bear a bias for each class"
    return "vector", f"{facts.who} bear a scale and a bias for each class"


def _smooth(facts: Fingerprint) -> tuple[Any, str]:
    seconds = round(min(0.3, 0.45 * facts.median_bout_s), 3)
    short = [facts_.length_s[2] for facts_ in facts.classes.values() if facts_.length_s]
    shortest = min(short, default=facts.median_bout_s)
    if seconds > 0.5 * shortest:
        return round(0.5 * shortest, 3), (
            f"half the median bout of the shortest behavior ({shortest:.2f} s)"
        )
    return seconds, "0.25 to 0.35 s gave the best bouts; never above half a median bout"


def _smooth_before_prices(facts: Fingerprint) -> tuple[Any, str]:
    return round(_smooth(facts)[0] * 2 / 3, 3), (
        "two thirds of a moving mean that stands alone: the price of a change takes out the rest"
    )


def _smooth_each(facts: Fingerprint) -> tuple[Any, str]:
    known = {
        name: round(min(LONGEST_MEAN_S, 0.5 * each.length_s[2]), 3)
        for name, each in facts.classes.items()
        if each.length_s
    }
    # What has no bouts is averaged like the longest: unaveraged, it would come before all others.
    longest = max(known.values(), default=0.0)
    lengths = {name: known.get(name, longest) for name in facts.classes}
    return lengths, f"half the median bout of each behavior, {LONGEST_MEAN_S:g} s at most"


def _minimum_duration(facts: Fingerprint) -> tuple[Any, str]:
    return "none", "the moving mean already removes flicker; a minimum takes the shortest acts"


RULES: dict[str, Rule] = {
    "combine": _combine,
    "calibrate": _calibrate,
    "decode.smooth.seconds": _smooth,
    "decode.minimum_duration": _minimum_duration,
}


def resolve(recipe: Recipe, facts: Fingerprint, fps: float) -> tuple[Recipe, dict[str, str]]:
    """Replace every ``auto`` of a recipe by a value.

    ``target.annotators``, ``target.align`` and ``split.folds`` are resolved where labels and folds
    are made.

    Args:
        recipe: As asked for.
        facts: What is known of the data.
        fps: Working rate, at which windows and steps are counted.

    Returns:
        The resolved recipe, and dotted path -> reason.

    Raises:
        RecipeError: A setting is ``auto`` for which there is no rule, or is of a behavior that is
            not known.
    """
    _refuse_unknown(recipe, facts)
    data = recipe.model_dump()
    reasons: dict[str, str] = {}
    rules = dict(RULES)
    if recipe.decode.decider.part in ("expected_frames", "expected_f1"):
        rules["decode.smooth.seconds"] = _smooth_before_prices
    if recipe.decode.smooth.separate:
        rules["decode.smooth.seconds"] = _smooth_each
    for place, member in enumerate(recipe.members):
        values = _network_auto if isinstance(member, NetworkMember) else _trees_auto
        known = _facts(facts, fps) | {
            "mirrored": any(part.part == "mirror" for part in member.augment)
        }
        if isinstance(member, NetworkMember):
            known |= _facts_of_network(member)
        settings = values.auto_values(known) | {"views": views_of(member)}
        rules |= _member_rules(f"members.{place}", settings)
    for path in list(_autos(data)):
        if path in ("target.annotators", "target.align", "split.folds"):
            continue
        if path not in rules:
            raise RecipeError(f"there is no rule for '{path}: auto'", todo="give it a value")
        value, reason = rules[path](facts)
        _put(data, path, value)
        reasons[path] = reason
    return parse_recipe(data, source="plan"), reasons


def _refuse_unknown(recipe: Recipe, facts: Fingerprint) -> None:
    """A length for a behavior that does not exist is a slip of the pen, and would do nothing."""
    for name, lengths in (
        ("decode.smooth.seconds", recipe.decode.smooth.seconds),
        ("decode.minimum_duration", recipe.decode.minimum_duration),
    ):
        unknown = sorted(set(lengths) - set(facts.classes)) if isinstance(lengths, dict) else []
        if unknown:
            raise RecipeError(
                f"'{name}' has a length for {', '.join(unknown)}, which is no behavior here",
                expected=f"some of {', '.join(facts.classes)}",
            )


def _facts(facts: Fingerprint, fps: float) -> dict[str, Any]:
    return {
        "n_frames": facts.frames,
        "fps": fps,
        "n_animals": facts.independent,
        "median_bout_s": facts.median_bout_s,
        "classes": {name: vars(value) for name, value in facts.classes.items()},
        "cores": facts.cores,
    }


def _facts_of_network(member: NetworkMember) -> dict[str, Any]:
    """What the recipe says of windows and encoders, for the rules of what it does not say."""
    encoders = [stream.encoder for stream in member.streams.values() if stream.encoder is not None]
    known: dict[str, Any] = {
        "pictures": bool(encoders),
        "begins_trained": any(each.options.get("weights") is not None for each in encoders),
    }
    if member.windows.length != "auto":
        known["length"] = member.windows.length
    if member.windows.stride != "none":
        known["stride"] = member.windows.stride
    return known


def _member_rules(head: str, values: Mapping[str, tuple[Any, str]]) -> dict[str, Rule]:
    def constant(pair: tuple[Any, str]) -> Rule:
        return lambda facts: pair

    return {f"{head}.{path}": constant(pair) for path, pair in values.items()}


def _autos(data: Any, head: str = "") -> Iterator[str]:
    """Dotted paths at which ``auto`` stands; options of a part are named by the part."""
    if data == "auto":
        yield head
    elif isinstance(data, Mapping):
        if set(data) == {"part", "options"}:
            yield from _autos({data["part"]: data["options"]}, head)
            return
        for key, value in data.items():
            yield from _autos(value, f"{head}.{key}" if head else str(key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _autos(value, f"{head}.{place}")


def _put(data: Any, path: str, value: Any) -> None:
    steps = path.split(".")
    for step in steps[:-1]:
        if isinstance(data, list):
            data = data[int(step)]
        elif set(data) == {"part", "options"} and step == data["part"]:
            data = data["options"]
        else:
            data = data[step]
    data[steps[-1]] = value
