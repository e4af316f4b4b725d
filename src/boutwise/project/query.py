"""The little language of ``--only``: which recordings of a project are meant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from boutwise.errors import UsageError, did_you_mean
from boutwise.types import Animal, Condition, Recording, Session

WORDS = ("labelled", "unlabelled", "baseline", "trials")
FIELDS = (
    "id",
    "session",
    "animal",
    "sex",
    "strain",
    "cohort",
    "treatment",
    "dose",
    "side",
    "date",
)


@dataclass(frozen=True)
class Known:
    """What a query may ask for beside the recording itself."""

    animals: Mapping[str, Animal] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    labelled: Collection[str] = ()


def select(recordings: Iterable[Recording], only: str | None, known: Known) -> list[Recording]:
    """The recordings that fit all terms of a query, in order.

    A term is a word (``labelled``, ``unlabelled``, ``baseline``, ``trials``) or ``field=value``;
    ``*`` and ``?`` stand for letters, ``|`` parts several values, ``!`` before a term denies it:
    ``animal=6112|6115 session=day* !treatment=saline``.

    Raises:
        UsageError: A term that is not understood.
    """
    found = list(recordings)
    for term in _terms(only or ""):
        denied = term.startswith("!")
        word = term.removeprefix("!")
        found = [r for r in found if _fits(r, word, known) != denied]
    return found


def _terms(only: str) -> list[str]:
    try:
        return [term for term in shlex.split(only.replace("\\", "\\\\")) if term]
    except ValueError as error:
        raise UsageError(f"the query '{only}' cannot be read: {error}") from None


def _fits(recording: Recording, term: str, known: Known) -> bool:
    name, equals, wanted = term.partition("=")
    if not equals:
        return _word(recording, name, known)
    if name not in FIELDS:
        raise UsageError(
            f"a query cannot ask for '{name}'",
            expected=", ".join(f"{f}=..." for f in FIELDS),
            todo="write id=..." if name == "recording" else did_you_mean(name, FIELDS),
        )
    values = _values(recording, name, known)
    return any(fnmatchcase(value, one) for value in values for one in re.split(r"[|,]", wanted))


def _word(recording: Recording, word: str, known: Known) -> bool:
    if word in ("labelled", "labeled"):
        return recording.id in known.labelled
    if word in ("unlabelled", "unlabeled"):
        return recording.id not in known.labelled
    if word == "baseline":
        return any(condition.baseline for condition in _conditions(recording, known))
    if word == "trials":
        return bool(recording.trials)
    raise UsageError(
        f"a query does not know '{word}'",
        expected=", ".join(WORDS) + f", or a field: {', '.join(FIELDS)}",
        todo=did_you_mean(word, [*WORDS, *(f"{field}=" for field in FIELDS)]),
    )


def _conditions(recording: Recording, known: Known) -> list[Condition]:
    session = known.sessions.get(recording.session, Session(""))
    return [session.conditions[a] for a in recording.animals if a in session.conditions]


def _values(recording: Recording, name: str, known: Known) -> list[str]:
    if name == "id":
        return [recording.id]
    if name == "session":
        return [recording.session]
    if name == "date":
        return [known.sessions.get(recording.session, Session("")).date]
    if name == "animal":
        return list(recording.animals)
    if name in ("sex", "strain", "cohort"):
        return [getattr(known.animals.get(a, Animal(a)), name) for a in recording.animals]
    found = [getattr(condition, name) for condition in _conditions(recording, known)]
    return ["" if value is None else f"{value:g}" if name == "dose" else value for value in found]
