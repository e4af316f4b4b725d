"""Arguments and options that several commands share."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from boutwise.errors import UsageError

if TYPE_CHECKING:
    from boutwise.project import Project

LONGEST = 100_000_000
"""Frames of a recording; at 30 a second that is more than a month."""

ProjectFolder = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
]
RecipeName = Annotated[
    str, typer.Option("--recipe", metavar="NAME", help="Recipe by name, or a YAML file.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="Change a setting of the recipe; repeatable."),
]


class SplitBy(StrEnum):
    """What folds keep together; ``random-frame`` and ``random-window`` leak."""

    ANIMAL = "animal"
    COHORT = "cohort"
    RECORDING = "recording"
    RANDOM_FRAME = "random-frame"
    RANDOM_WINDOW = "random-window"


Split = Annotated[SplitBy | None, typer.Option(help="What folds keep together; random-... leak.")]
Holdout = Annotated[
    str | None,
    typer.Option(metavar="N|LIST", help="Animals kept apart to the end: how many, or a,b,c."),
]


def all_settings(
    settings: Sequence[str] | None, split: SplitBy | None, holdout: str | None
) -> list[str]:
    """Settings of a recipe with those that have an option of their own."""
    changes = list(settings or ())
    if split is not None:
        changes.append(f"split.by={split.value}")
    if holdout is not None:
        changes.append(f"split.holdout={held_out(holdout)}")
    return changes


def held_out(text: str) -> str:
    """The value of ``split.holdout``: a number counts animals, anything else names them.

    A comma at the end makes a list of one animal whose name is a number.

    >>> held_out("2"), held_out("m1, m2"), held_out("8294,")
    ('2', '["m1", "m2"]', '["8294"]')
    """
    if text.strip().isdigit() or text.strip() == "none":
        return text.strip()
    return json.dumps([name.strip() for name in text.split(",") if name.strip()])


def _format_name(value: str | None) -> str | None:
    """Names of formats have underscores; hyphens are taken for them."""
    return None if value is None else value.replace("-", "_")


FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="Format of the files; see 'boutwise formats'.",
        callback=_format_name,
    ),
]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="YAML", help="What the columns of a plain table mean."),
]


def _rate(value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise typer.BadParameter(f"a frame rate of {value:g} cannot be; it is above 0")
    return value


Fps = Annotated[
    float | None,
    typer.Option(
        "--fps", metavar="F", help="Frames per second, where no file states it.", callback=_rate
    ),
]
Annotator = Annotated[
    str | None,
    typer.Option("--annotator", metavar="NAME", help="Only the labels of this annotator."),
]
Only = Annotated[
    str | None,
    typer.Option("--only", metavar="QUERY", help="Recordings, such as 'session=baseline'."),
]


def _detector(value: str | None) -> Any:
    """A detector as a recipe names it: a word, or a mapping."""
    if value is None:
        return None
    import yaml

    from boutwise.types.plain_yaml import load_yaml

    try:
        return load_yaml(value)[0] or ""
    except yaml.YAMLError:
        raise typer.BadParameter(f"'{value}' is neither a name nor {{NAME: {{...}}}}") from None


DetectorName = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="NAME",
        help="Find animals by this, not by what the bundle was trained with.",
        callback=_detector,
    ),
]


def open_project(folder: Path) -> Project:
    """Open the project of a command."""
    from boutwise.project import Project

    return Project.open(folder)


def whole_or_auto(text: str | None, option: str) -> int | Literal["auto"] | None:
    """A whole number, ``auto`` or nothing.

    Raises:
        UsageError: Anything else.

    >>> whole_or_auto("-3", "--label-offset"), whole_or_auto("auto", "--label-offset")
    (-3, 'auto')
    """
    if text is None:
        return None
    if text == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{option} cannot be '{text}'", expected="auto, or frames") from None


def shard(text: str | None) -> tuple[int, int] | None:
    """``2/8`` as (2, 8): the second of eight parts.

    Raises:
        UsageError: It is no part of a whole.

    >>> shard("2/8")
    (2, 8)
    """
    if text is None:
        return None
    first, slash, second = text.partition("/")
    if slash and first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise UsageError(
        f"--shard cannot be '{text}'", expected="i/n with i from 1 to n, such as --shard 1/8"
    )
