"""Each animal has one name: no two names differ in spelling or in words of the session only.

What names tell is told here; the same movement under two animals is found by ``near_duplicates``,
one video in two parts by ``split_recording``. The size of a body proves nothing and is not used.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from boutwise.checks._contract import Study
from boutwise.types import Animal, Problem, Recording, Severity

DESCRIPTION = "one animal under two names: other spelling, or a day or an age in its name"

LONG_NUMBER = 4
"""Digits from which a number that two names share is hardly chance."""

_ANIMAL_WORDS = frozenset(
    {"m", "mouse", "mice", "mus", "maus", "animal", "subject", "sub", "id", "no", "nr", "tier"}
)
_NUMBERED_WORDS = frozenset(
    {
        "day",
        "d",
        "dpi",
        "week",
        "wk",
        "w",
        "session",
        "ses",
        "s",
        "run",
        "rec",
        "recording",
        "r",
        "trial",
        "test",
        "t",
        "p",
        "pt",
        "part",
        "teil",
        "rep",
        "repeat",
        "video",
        "vid",
        "cam",
        "camera",
        "hab",
        "probe",
    }
)
"""Words of a session behind which a number belongs to it: 'day 2'."""

_SESSION_WORDS = _NUMBERED_WORDS | {
    "baseline",
    "base",
    "bl",
    "pre",
    "post",
    "habituation",
    "training",
    "ctrl",
    "control",
    "vehicle",
    "veh",
    "saline",
    "cfa",
    "formalin",
    "capsaicin",
    "drug",
    "dose",
    "treatment",
    "treated",
    "injection",
    "inj",
    "morning",
    "evening",
    "am",
    "pm",
    "young",
    "old",
    "adult",
    "juvenile",
    "aged",
    "tracking",
    "tracked",
    "dlc",
    "filtered",
}
_PARTS = frozenset({"part", "pt", "teil"})
_DATE = re.compile(
    r"(?<!\d)(19|20)\d\d[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])"
    r"([ t_-]?\d\d[-:]?\d\d[-:]?\d\d)?(?!\d)"
)
"""A day, with or without a time: 2023-10-25, 20231025T122332."""

_SAME = "same"
_LOOSE = "loose"
_NUMBER = "number"


def find(project: Study) -> list[Problem]:
    """Compare the names of all animals that are in recordings."""
    recordings = project.recordings()
    known = project.animals()
    names = sorted({name for recording in recordings for name in recording.animals})
    return suspicious(names, known, recordings)


def suspicious(
    names: Sequence[str], known: Mapping[str, Animal], recordings: Sequence[Recording]
) -> list[Problem]:
    """Groups of names that may be one animal.

    Args:
        names: Ids of animals.
        known: What is known of them; other sexes or strains are other animals.
        recordings: Two animals in one recording are two.
    """
    together = {
        frozenset(pair) for one in recordings for pair in combinations(sorted(one.animals), 2)
    }
    where: dict[str, str] = {}
    for one in recordings:
        for animal in one.animals:
            where.setdefault(animal, one.id)
    problems = []
    for kind, group in groups_of(names):
        pairs = [
            pair
            for pair in combinations(group, 2)
            if frozenset(pair) not in together and not _differ(known, *pair)
        ]
        if pairs:
            found = sorted({name for pair in pairs for name in pair})
            problems.append(_problem(kind, found, where.get(found[-1], "")))
    return problems


def groups_of(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Names that are alike, each group once under the strongest reason.

    >>> groups_of(["m01", "M1", "f1"])
    [('loose', ['M1', 'm01'])]
    >>> groups_of(["young_8294", "adult_8294", "2023-10-25_8301"])
    [('loose', ['adult_8294', 'young_8294'])]
    """
    names = sorted(set(names))
    told: set[frozenset[str]] = set()
    found = []
    for kind, keys in ((_SAME, _same), (_LOOSE, _loose), (_NUMBER, _long_numbers)):
        groups: dict[str, list[str]] = defaultdict(list)
        for name in names:
            for key in keys(name):
                groups[key].append(name)
        for _key, group in sorted(groups.items()):
            pairs = {frozenset(pair) for pair in combinations(group, 2)}
            if pairs - told:
                found.append((kind, group))
                told |= pairs
    return found


def _same(name: str) -> list[str]:
    """The name without what nobody means: case, kind of letters, spaces at the ends."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return [re.sub(r"\s+", " ", plain).strip()]


def words_of(name: str) -> list[str]:
    """Words and numbers of a name, in lower case, numbers without leading zeros.

    >>> words_of("Mouse-007_Day2"), words_of("cohortA.m01")
    (['mouse', '7', 'day', '2'], ['cohorta', 'm', '1'])
    """
    plain = _DATE.sub(" ", unicodedata.normalize("NFKC", name).casefold())
    return [part.lstrip("0") or "0" for part in re.findall(r"\d+|[^\W\d_]+", plain)]


def _loose(name: str) -> list[str]:
    """The name without words for 'mouse', and without day, age or treatment."""
    kept: list[str] = []
    words = words_of(name)
    session = False
    for place, word in enumerate(words):
        numbered, session = session and word.isdigit(), word in _NUMBERED_WORDS
        if numbered or word in _SESSION_WORDS:
            continue
        follows = place + 1 < len(words) and words[place + 1].isdigit()
        if not (word in _ANIMAL_WORDS and follows):
            kept.append(word)
    # 'baseline' and 'day 2' alone name no animal; two parts of something are the same thing.
    told = any(word.isdigit() for word in kept) or (kept and bool(_PARTS & set(words)))
    return ["/".join(kept)] if told else []


def _long_numbers(name: str) -> list[str]:
    """Numbers that are long enough to be an animal's own, where they are the only ones."""
    numbers = [word for word in words_of(name) if word.isdigit()]
    numbers = [word for word in numbers if not re.fullmatch(r"(19|20)\d\d", word)]
    return numbers if len(numbers) == 1 and len(numbers[0]) >= LONG_NUMBER else []


def _differ(known: Mapping[str, Animal], one: str, other: str) -> bool:
    """Whether it is written down that two animals are of different sex or strain."""
    if one not in known or other not in known:
        return False
    facts = [(getattr(known[one], what), getattr(known[other], what)) for what in ("sex", "strain")]
    return any(first and second and first != second for first, second in facts)


def _problem(kind: str, names: Sequence[str], recording: str) -> Problem:
    listed = " and ".join(f"'{name}'" for name in names)
    reasons = {
        _SAME: "differ in upper and lower case or spaces only",
        _LOOSE: "differ in spelling, or in words for a day, an age or a treatment only",
        _NUMBER: "have the same long number",
    }
    sure = kind == _SAME
    return Problem(
        "same_animal_two_names",
        Severity.BLOCKING if sure else Severity.WARNING,
        f"{listed} {reasons[kind]}: {'one animal' if sure else 'is it one animal?'}",
        recording=recording,
        expected="one name for each animal in all its recordings",
        todo="if it is one animal, give it one name in the table of --animals, and a session of "
        "its own to each day: else a model is tested on an animal it was trained on"
        + ("; if they are two, give them names that nobody takes for one" if sure else ""),
        value=float(len(names)),
    )
