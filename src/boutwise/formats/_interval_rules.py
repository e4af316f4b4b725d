"""What a person declares about the faults of a table of intervals; nothing is mended unasked.

.. code-block:: yaml

    format: intervals
    rules:
      rename: {StartEnd: Start/End}     # another spelling -> the behavior
      drop: [Start/End, _DEFAULT]       # words whose rows are no labels
      missing: drop                     # rows without behavior, start or stop
      swapped: swap                     # stop before start: report, drop or swap
      duplicates: drop                  # the same row again
      overlaps: join                    # labels of one behavior that share time: keep or join
      examined: all                     # everybody looked for every behavior of the table
      offset_s: {Jin: -1.5}             # seconds to be added to the times of a person, or of all

Every row that a rule leaves out or changes is reported with its number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import LabelRow
from boutwise.formats._faults import Faults
from boutwise.formats._text import MISSING, Row


class Rules(BaseModel):
    """What a mapping may say under ``rules``."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    rename: dict[str, str] = {}
    drop: tuple[str, ...] = ()
    missing: Literal["report", "drop"] = "report"
    swapped: Literal["report", "drop", "swap"] = "report"
    duplicates: Literal["report", "drop"] = "report"
    overlaps: Literal["keep", "join"] = "keep"
    examined: Literal["all"] | tuple[str, ...] = ()
    offset_s: float | dict[str, float] = 0.0

    def offset_of(self, annotator: str) -> float:
        """Seconds to be added to the times of an annotator."""
        if isinstance(self.offset_s, dict):
            return self.offset_s.get(annotator, 0.0)
        return self.offset_s


def parse(rules: Mapping[str, Any] | None, path: Path) -> Rules:
    """Check declared rules.

    Raises:
        FormatError: An unknown rule or value, with the nearest name.
    """
    try:
        return Rules.model_validate(dict(rules or {}))
    except (ValidationError, TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            what, todo = "the rules are no mapping", ""
        else:
            first = error.errors()[0]
            name = str(first["loc"][0])
            what = f"the rule '{name}' is wrong: {first['msg']}"
            unknown = first["type"] == "extra_forbidden"
            todo = did_you_mean(name, Rules.model_fields) if unknown else ""
        known = ", ".join(Rules.model_fields)
        raise FormatError(what, file=path, expected=known, todo=todo or None) from None


@dataclass
class Tidy:
    """Applies the rules to the rows of one table, and reports each row that they change.

    Attributes:
        rules: As declared.
        faults: Gets a blocking fault for what no rule covers, and a warning for what one does.
        words: Words of the behavior column that occurred.
    """

    rules: Rules
    faults: Faults
    words: dict[str, int] = field(default_factory=dict)
    annotators: set[str] = field(default_factory=set)

    def behavior(self, word: str, row: Row) -> str | None:
        """The behavior that a word stands for; None when the row is left out."""
        self.words.setdefault(word, row.number)
        name = self.rules.rename.get(word, word)
        if word in self.rules.drop or name in self.rules.drop:
            self._told(f"a row of '{word}' is left out, as the rule 'drop' says", row)
            return None
        if word in self.rules.rename:
            return name
        if word.lower() in MISSING:
            self._missing("the row has no behavior", row)
            return None
        return word

    def ends(
        self, behavior: str, start: float, stop: float, row: Row, annotator: str
    ) -> tuple[float, float] | None:
        """Start and stop by the rules; None when the row is left out."""
        if math.isnan(start) or math.isnan(stop):
            self._missing("the row has no start or no stop", row)
            return None
        if stop < start and self.rules.swapped != "report":
            what = f"'{behavior}' goes from {start:g} to {stop:g}; "
            if self.rules.swapped == "drop":
                self._told(f"{what}it is left out, as the rule 'swapped' says", row)
                return None
            self._told(f"{what}the ends are swapped, as the rule 'swapped' says", row)
            start, stop = stop, start
        self.annotators.add(annotator)
        offset = self.rules.offset_of(annotator)
        if not offset:
            return start, stop
        if start + offset < 0:
            what = f"'{behavior}' begins {-start - offset:g} s before 0 with the offset of "
            if stop + offset <= 0:
                self._told(f"{what}{offset:g} s, and is left out", row)
                return None
            self._told(f"{what}{offset:g} s, and is cut", row)
        return max(start + offset, 0.0), stop + offset

    def _missing(self, what: str, row: Row) -> None:
        if self.rules.missing == "drop":
            self._told(f"{what}; it is left out, as the rule 'missing' says", row)
        else:
            self.faults.report(
                what,
                row=row.number,
                expected="behavior, start and a later stop",
                todo="mend the row, or declare in the mapping: rules: {missing: drop}",
            )

    def _told(self, what: str, row: Row | LabelRow) -> None:
        number = row.number if isinstance(row, Row) else row.row
        self.faults.note(what, row=number)

    def labels(self, labels: Sequence[LabelRow]) -> list[LabelRow]:
        """The labels of one recording and annotator without declared doubles and overlaps."""
        kept = list(labels)
        if self.rules.duplicates == "drop":
            kept = self._without_doubles(kept)
        if self.rules.overlaps == "join":
            kept = self._joined(kept)
        return kept

    def _without_doubles(self, labels: Iterable[LabelRow]) -> list[LabelRow]:
        first: dict[LabelRow, LabelRow] = {}
        for label in labels:
            # A missing probability equals nothing, not even itself; row numbers always differ.
            key = replace(label, row=0, confidence=0.0)
            if key in first:
                what = f"a row of '{label.behavior}' that is there already is left out"
                self._told(f"{what}, as the rule 'duplicates' says", label)
            else:
                first[key] = label
        return list(first.values())

    def _joined(self, labels: Iterable[LabelRow]) -> list[LabelRow]:
        done: list[LabelRow] = []
        last: dict[tuple[str, ...], int] = {}
        for label in sorted(labels, key=lambda each: (each.start, each.stop)):
            key = (label.animal, label.target, label.behavior, label.state)
            place = last.get(key)
            if place is not None and label.start < done[place].stop:
                before = done[place]
                what = f"a row of '{label.behavior}' is joined to the one that it overlaps"
                self._told(f"{what}, as the rule 'overlaps' says", label)
                done[place] = replace(before, stop=max(before.stop, label.stop))
            else:
                last[key] = len(done)
                done.append(label)
        return done

    def behaviors(self, mine: Iterable[str], everybody: Iterable[str]) -> tuple[str, ...]:
        """The behaviors that one annotator looked for in one recording.

        Args:
            mine: Those that the annotator marked there.
            everybody: Those of the whole table.
        """
        looked_for = everybody if self.rules.examined == "all" else self.rules.examined
        return tuple(dict.fromkeys([*looked_for, *mine]))

    def check(self) -> None:
        """Warn of words and names in the rules that the table does not have: misspelt ones."""
        for rule, names in (("rename", self.rules.rename), ("drop", self.rules.drop)):
            meant = {self.rules.rename.get(word, word) for word in self.words}
            known = {*self.words, *(meant if rule == "drop" else ())}
            for word in names:
                if word not in known:
                    self._unused(rule, word, known)
        if isinstance(self.rules.offset_s, dict):
            for name in self.rules.offset_s:
                if name not in self.annotators:
                    self._unused("offset_s", name, self.annotators)
        for word, behavior in self.rules.rename.items():
            if word in self.words:
                what = f"'{word}' is read as '{behavior}', as the rule 'rename' says"
                self.faults.note(what, row=self.words[word])

    def _unused(self, rule: str, word: str, known: Iterable[str]) -> None:
        what = f"the rule '{rule}' names '{word}', which the table does not have"
        self.faults.warn(what, row=None, todo=did_you_mean(word, known))
