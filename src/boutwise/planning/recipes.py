"""Read recipes by name or path, and change settings of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from boutwise.errors import RecipeError, did_you_mean
from boutwise.types.detector_recipe import DETECTOR, DetectorRecipe, parse_detector_recipe
from boutwise.types.plain_yaml import load_yaml, row_of, words_of
from boutwise.types.recipe import Recipe, parse_recipe


def recipe_names() -> list[str]:
    """Names of the recipes that come with boutwise."""
    folder = files("boutwise") / "recipes"
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


def describe_recipe(name: str) -> str:
    """The comment at the head of a recipe file."""
    text = (files("boutwise") / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
    lines = [line.removeprefix("#").strip() for line in text.splitlines()]
    return lines[0] if text.startswith("#") else ""


def trains_detector(name: str | Path) -> bool:
    """Whether a recipe trains a detector, and no behavior.

    Raises:
        RecipeError: No such recipe, or not YAML.

    >>> trains_detector("detector"), trains_detector("video")
    (True, False)
    """
    return DETECTOR in _whole(name)[0]


def load_detector_recipe(name: str | Path, settings: Iterable[str] = ()) -> DetectorRecipe:
    """A recipe that trains a detector; see :func:`load_recipe`.

    >>> load_detector_recipe("detector", ["detector.steps=50"]).detector.steps
    50
    """
    data, source = _whole(name)
    for setting in settings:
        _set(data, setting)
    return parse_detector_recipe(data, source=source)


def load_recipe(name: str | Path, settings: Iterable[str] = ()) -> Recipe:
    """A recipe by its name or the path of a YAML file, with settings changed.

    Args:
        name: ``pose``, or ``my_recipe.yaml``.
        settings: ``a.b=c`` each, where ``c`` is YAML: ``members.0.features=[egocentric]``.

    Raises:
        RecipeError: No such recipe, not YAML, or not of the schema; with the place.

    >>> load_recipe("pose", ["members.0.optim.rounds=50"]).members[0].optim.rounds
    50
    """
    data, source = _whole(name)
    if DETECTOR in data:
        raise RecipeError(
            "the recipe trains a detector, which says where animals are, and no behavior",
            file=source,
            expected="a recipe with members",
            todo="'boutwise plan' and 'boutwise train' take it; in Python: plan_detector",
        )
    for setting in settings:
        _set(data, setting)
    return parse_recipe(data, source=source)


def _whole(name: str | Path) -> tuple[dict[str, Any], str]:
    """What a recipe says, with what it extends, and where it says so."""
    data, source = _read(name)
    if "extends" in data:
        base, _ = _read(str(data["extends"]))
        if "extends" in base:
            raise RecipeError(
                f"'{data['extends']}' itself extends '{base['extends']}'",
                file=source,
                expected="a recipe that extends another, once",
            )
        data = {**base, **{key: value for key, value in data.items() if key != "extends"}}
    return data, source


def _read(name: str | Path) -> tuple[dict[str, Any], str]:
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise RecipeError("there is no such recipe file", file=path, todo="check the path")
        try:
            text, source = path.read_text(encoding="utf-8-sig"), str(path)
        except UnicodeDecodeError:
            raise RecipeError(
                "the recipe is not UTF-8", file=path, todo="save it as UTF-8"
            ) from None
    elif str(name) in recipe_names():
        text = (files("boutwise") / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
        source = f"recipe {name}"
    else:
        raise RecipeError(
            f"there is no recipe '{name}'",
            todo=did_you_mean(str(name), recipe_names()) + "; a file is named with its .yaml",
        )
    try:
        data, _ = load_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(
            f"this is no YAML: {words_of(error)}",
            file=source,
            row=row_of(error),
            todo="mend the recipe",
        ) from None
    if not isinstance(data, dict):
        raise RecipeError(
            "a recipe is a mapping of keys to values",
            file=source,
            expected="key: value",
            todo="see 'boutwise recipes' for recipes to begin with",
        )
    return data, source


def as_setting(path: str, value: Sequence[Any] | Mapping[str, Any]) -> str:
    """A ``--set`` as it is typed, for values that are lists or mappings.

    In double quotes, which cmd.exe knows, too; in single ones where a shell would read what is
    inside double ones.

    >>> print(as_setting("leave_out", ["day1/m3", "12"]))
    --set "leave_out=[day1/m3, '12']"
    >>> print(as_setting("leave_out", ["$m3"]))
    --set 'leave_out=[$m3]'
    """
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"))
    quote = "'" if set(text) & set('$`"!') and "'" not in text else '"'
    return f"--set {quote}{path}={text.strip()}{quote}"


def detector_setting(weights: Path) -> str:
    """The ``--set`` by which a recipe on videos takes a detector that was trained."""
    return as_setting("prepare.0.detect.detector", {"rtdetr": {"weights": str(weights)}})


def _set(data: dict[str, Any], setting: str) -> None:
    path, equals, text = setting.partition("=")
    if not equals or not path:
        raise RecipeError(f"the setting '{setting}' has no '='", expected="--set a.b=c")
    try:
        value, _ = load_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"the value of '{path}' is not YAML: {words_of(error)}") from None
    steps = path.split(".")
    here: Any = data
    for position, step in enumerate(steps[:-1]):
        before, here = here, _step_into(here, step, ".".join(steps[: position + 1]))
        if isinstance(before, list):
            _refuse_other_part(before, here, step, steps[position + 1], path)
    last = steps[-1]
    if isinstance(here, list):
        here[_place(here, last, path)] = value
    else:
        here[last] = value


def _refuse_other_part(parts: list[Any], part: Any, place: str, name: str, path: str) -> None:
    """Refuse to set what belongs to another part of a list: it would become a second part here.

    Args:
        parts: The list.
        part: One of its entries, ``{name: options}``.
        place: Of that entry, in words.
        name: What the setting calls it.
        path: Of the setting.
    """
    if not isinstance(part, Mapping) or len(part) != 1 or name in part or "learner" in part:
        return
    there = next(iter(part))
    begin = path[: path.rindex(f"{place}.{name}")]
    places = [n for n, each in enumerate(parts) if each == name or name in _names(each)]
    options = part[there] if isinstance(part[there], Mapping) else {}
    if places:
        todo = f"'{name}' is '{begin}{places[0]}.{name}'"
    elif name in options:
        todo = f"did you mean '{begin}{place}.{there}.{name}'?"
    else:
        known = [each for other in parts for each in _names(other)]
        todo = did_you_mean(name, known)
    raise RecipeError(
        f"'{path}' cannot be set: '{begin}{place}' is '{there}', not '{name}'", todo=todo
    )


def _names(part: Any) -> list[str]:
    """Name of a part of a list, with or without options."""
    if isinstance(part, str):
        return [part]
    return list(part) if isinstance(part, Mapping) and len(part) == 1 else []


def _step_into(here: Any, step: str, path: str) -> Any:
    if isinstance(here, list):
        place = _place(here, step, path)
        if isinstance(here[place], str):  # a part named without options
            here[place] = {here[place]: {}}
        return here[place]
    if here.get(step) is None:
        here[step] = {}
    if isinstance(here[step], str):
        here[step] = {here[step]: {}}
    if not isinstance(here[step], Mapping | list):
        raise RecipeError(f"'{path}' has no settings of its own", expected=f"--set {path}=...")
    return here[step]


def _place(here: list[Any], step: str, path: str) -> int:
    if not step.isdigit() or int(step) >= len(here):
        raise RecipeError(
            f"'{path}' does not exist",
            expected=f"a number from 0 to {len(here) - 1} in place of '{step}'",
        )
    return int(step)
