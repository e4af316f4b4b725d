"""What names of files tell by patterns that the user declares."""

from __future__ import annotations

import re
from pathlib import Path

from boutwise.api.importing.metadata import AnimalFacts
from boutwise.errors import UsageError
from boutwise.types import Animal


def by_pattern(pattern: str, name: str) -> list[AnimalFacts]:
    """Animals and session by a pattern on a file name.

    Named groups ``animal``, ``animal2``, ..., ``session``, ``sex``, ``strain``, ``cohort``; without
    names the first group is the animal. Nothing when the pattern does not fit.

    Raises:
        UsageError: It is no pattern, or has no group.

    >>> by_pattern(r"(?P<animal>[0-9]+)", "young_8294.csv")[0].animal.id
    '8294'
    """
    expression = _compiled(pattern)
    match = expression.search(name)
    if match is None:
        return []
    groups = {group: text or "" for group, text in match.groupdict().items()}
    if not groups:
        groups = {"animal": match.group(1) or ""}
    about = {column: groups.get(column, "") for column in ("sex", "strain", "cohort")}
    names = [text for group, text in groups.items() if re.fullmatch(r"animal\d*", group) and text]
    return [
        AnimalFacts(Animal(animal, **about), session=groups.get("session", "")) for animal in names
    ]


def session_by_pattern(pattern: str, name: str) -> str:
    """Session by a pattern on a file name: group ``session`` or the first; empty without a fit."""
    match = _compiled(pattern).search(name)
    if match is None:
        return ""
    return (match.groupdict().get("session") or match.group(1)) or ""


def annotator_by_pattern(pattern: str, path: Path) -> tuple[str, str]:
    r"""Annotator and recording by a pattern on a label file: its folders and its name.

    The groups are ``annotator`` (or the first) and, where wanted, ``recording``.

    Returns:
        Both; empty what the pattern does not find.

    >>> annotator_by_pattern(r"(?P<recording>OFT_\d+)_(?P<annotator>\w+)", Path("OFT_5_FA.csv"))
    ('FA', 'OFT_5')
    """
    found = list(_compiled(pattern).finditer(path.as_posix()))
    if not found:
        return "", ""
    match = found[-1]  # the one nearest to the file: folders above may have any name
    groups = {group: text or "" for group, text in match.groupdict().items()}
    first = match.group(1) or ""
    return groups.get("annotator", "" if groups else first), groups.get("recording", "")


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"'{pattern}' is no pattern: {error}", expected="a regular expression"
        ) from None
    if not expression.groups:
        raise UsageError(
            f"the pattern '{pattern}' has no group", expected=r"for instance (?P<animal>\d+)"
        )
    return expression
