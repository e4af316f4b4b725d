"""Words of a recipe: ``auto``, ``none``, and parts with their options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Auto = Literal["auto"]
NoneWord = Literal["none"]
LONGEST_BUDGET = 60 * 24 * 365
"""Minutes of a year: a larger budget is a slip of the pen."""


def _none_word(value: Any) -> Any:
    return "none" if value is None else value


def _part(value: Any) -> Any:
    if isinstance(value, str):
        return {"part": value}
    if isinstance(value, Mapping) and set(value) != {"part", "options"} and len(value) == 1:
        name, options = next(iter(value.items()))
        if name != "part":
            return {"part": name, "options": options or {}}
    return value


class Strict(BaseModel):
    """A section in which every key must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(Strict):
    """A part and its options: ``tcn`` or ``{tcn: {channels: 64}}``."""

    part: str
    options: dict[str, Any] = Field(default_factory=dict)


PartSpec = Annotated[Part, BeforeValidator(_part)]


def _each_once(parts: list[Part]) -> list[Part]:
    for place, part in enumerate(parts):
        if part in parts[:place]:
            raise ValueError(f"each part once; '{part.part}' is there twice with the same options")
    return parts


PartList = Annotated[list[PartSpec], AfterValidator(_each_once)]
"""Parts of which the same one twice is a slip of the pen."""
OrNone = BeforeValidator(_none_word)
