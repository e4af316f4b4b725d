"""Where the fault in a recipe lies, in the words of the file, and the nearest name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from boutwise.errors import RecipeError, did_you_mean

Place = tuple[int | str, ...]
KeysBeside = Callable[[Place], list[str]]


def located(error: ValidationError, data: Any, source: str, keys_beside: KeysBeside) -> RecipeError:
    """The first fault of a recipe as an error with its place.

    Args:
        error: What pydantic says.
        data: The mapping that was read.
        source: File or name that the error speaks of.
        keys_beside: Location -> keys that the section around it knows.
    """
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    place = _written_place(fault["loc"], data, keys_beside)
    path = ".".join(str(step) for step in place)
    if fault["type"] == "extra_forbidden":
        name = str(place[-1])
        return RecipeError(
            f"unknown key '{path}'",
            file=source,
            todo=did_you_mean(name, keys_beside(fault["loc"])),
        )
    if fault["type"] == "missing":
        return RecipeError(f"'{path}' is missing", file=source, expected=str(fault["msg"]))
    same = [str(f["msg"]) for f in faults if _written_place(f["loc"], data, keys_beside) == place]
    return RecipeError(
        f"'{path}' cannot be {fault['input']!r}",
        file=source,
        expected="; or ".join(dict.fromkeys(same)),
    )


def _written_place(loc: Place, data: Any, keys_beside: KeysBeside) -> Place:
    """The part of pydantic's location that the user wrote: union branches are left out."""
    place: list[int | str] = []
    for position, step in enumerate(loc):
        inside = (isinstance(data, Mapping) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            data = data[step]
            place.append(step)
        elif (
            position == len(loc) - 1
            and isinstance(data, Mapping)
            and str(loc[-1]) in keys_beside(loc)
        ):
            place.append(step)
    return tuple(place)
