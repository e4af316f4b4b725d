"""What an import learns of animals, sessions and trials: from a CSV or from file names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boutwise.errors import DataError, did_you_mean
from boutwise.formats import _text
from boutwise.types import Animal, Condition, Trial

ANIMAL_COLUMNS = (
    "recording",
    "animal",
    "track",
    "label_name",
    "sex",
    "strain",
    "cohort",
    "session",
    "date",
    "treatment",
    "dose",
    "dose_unit",
    "baseline",
    "side",
    "time_since_dose_s",
    "frames",
    "rows",
)
MOST_FRAMES = 50_000_000
"""Three weeks at 25 frames a second: a longer recording is a slip of the pen."""
TRIAL_COLUMNS = ("recording", "trial", "first_frame", "n_frames", "valid")
_CONDITION = ("treatment", "dose", "dose_unit", "baseline", "side", "time_since_dose_s")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_TRUE = frozenset({"1", "yes", "true", "y", "x"})
_FALSE = frozenset({"", "0", "no", "false", "n"})


@dataclass(frozen=True)
class Line:
    """A row of a metadata table: its cells by column, and its row in the file."""

    file: str
    row: int
    cells: Mapping[str, str]

    def number(self, column: str) -> float | None:
        """A cell as a number; None when it is empty."""
        text = self.cells.get(column, "").strip()
        if not text:
            return None
        if _THOUSANDS.fullmatch(text):
            # 1,000 may be one or a thousand: nobody can tell, so nobody guesses.
            raise self.wrong(column, "a number without separators of thousands")
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            raise self.wrong(column, "a number")
        return value

    def whole(self, column: str) -> int:
        """A cell as a whole number."""
        value = self.number(column)
        if value is None or value % 1:
            raise self.wrong(column, "a whole number")
        return int(value)

    def truth(self, column: str, *, default: bool) -> bool:
        """A cell as yes or no."""
        if column not in self.cells:
            return default
        text = self.cells[column].strip().lower()
        if text not in _TRUE | _FALSE:
            raise self.wrong(column, "yes or no")
        return text in _TRUE

    def wrong(self, column: str, expected: str) -> DataError:
        """The error for a cell that cannot be."""
        return DataError(
            f"'{self.cells.get(column, '')}' cannot be the {column}",
            file=self.file,
            row=self.row,
            expected=expected,
            todo="mend the cell",
        )


@dataclass(frozen=True)
class AnimalFacts:
    """One animal in one recording.

    Attributes:
        animal: Id and what is known of it.
        track: Its name in the pose file; empty = by order.
        label_name: Its name in the label files; empty = its id, or that of its track.
        session: Id of the session; empty when none is given.
        date: Of the session.
        condition: What was done to it in that session; None when nothing is said.
        frames: How many frames the recording has, where the table says it.
        rows: Which frame each row of its pose file is, in words; see :mod:`.rows`.
    """

    animal: Animal
    track: str = ""
    session: str = ""
    date: str = ""
    condition: Condition | None = None
    frames: int | None = None
    rows: str = ""
    label_name: str = ""


@dataclass
class Metadata:
    """Facts by the name that a table uses for a recording.

    Attributes:
        animals: Name of a recording -> its animals.
        trials: Name of a recording -> its trials.
        rows: Name -> the first row that has it, for messages.
        used: Names that a recording was found for.
    """

    animals: dict[str, list[AnimalFacts]] = field(default_factory=dict)
    trials: dict[str, list[Trial]] = field(default_factory=dict)
    rows: dict[str, Line] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def animals_of(self, names: Sequence[str]) -> list[AnimalFacts]:
        """Animals of a recording that goes by any of these names."""
        return self.animals.get(self._name(self.animals, names), [])

    def trials_of(self, names: Sequence[str]) -> tuple[Trial, ...]:
        """Trials of a recording, in order of their frames."""
        found = self.trials.get(self._name(self.trials, names), [])
        return tuple(sorted(found, key=lambda trial: trial.first_frame))

    def frames_of(self, names: Sequence[str]) -> int | None:
        """Declared number of frames of a recording; None where the table does not say it."""
        said = [fact.frames for fact in self.animals_of(names) if fact.frames is not None]
        return said[0] if said else None

    def rows_of(self, names: Sequence[str]) -> str | None:
        """Which frame each row of the pose file is, in words; None where nothing is said."""
        return next((fact.rows for fact in self.animals_of(names) if fact.rows), None)

    def _name(self, table: Mapping[str, object], names: Sequence[str]) -> str:
        for name in names:
            if name in table:
                self.used.add(name)
                return name
        return ""

    def unused(self) -> list[Line]:
        """Rows about recordings that nobody asked for."""
        return [line for name, line in self.rows.items() if name not in self.used]


def read_table(path: str | Path, columns: Sequence[str], needed: Sequence[str]) -> list[Line]:
    """Read a table with a header, as a text or a spreadsheet.

    Raises:
        DataError: With file and row: an unknown, missing or doubled column, a row of another
            length, or a file that is no table.
    """
    path = Path(path)
    rows = _text.read_table(path).rows
    heads = [cell.strip().lower() for cell in rows[0].cells]
    # A spreadsheet program writes separators for columns that were emptied.
    while heads and not heads[-1] and not any(_last(row.cells, len(heads)) for row in rows):
        heads.pop()
    _check_heads(heads, columns, needed, path, rows[0].number)
    lines = []
    for row in rows[1:]:
        cells = [cell.strip() for cell in row.cells]
        if len(cells) < len(heads) or any(cells[len(heads) :]):
            raise DataError(
                f"the row has {len(cells)} cells",
                file=path,
                row=row.number,
                expected=f"{len(heads)}, as in the header",
                todo="mend the row; a cell with a separator in it needs quotes",
            )
        lines.append(Line(str(path), row.number, dict(zip(heads, cells, strict=False))))
    return lines


def _last(cells: Sequence[str], width: int) -> str:
    return cells[width - 1].strip() if len(cells) >= width else ""


def _check_heads(
    heads: Sequence[str], columns: Sequence[str], needed: Sequence[str], path: Path, row: int
) -> None:
    for place, name in enumerate(heads):
        if name not in columns or name in heads[:place]:
            twice = name in heads[:place]
            raise DataError(
                f"the table has {'twice the' if twice else 'an unknown'} column '{name}'",
                file=path,
                row=row,
                expected=", ".join(columns),
                todo="take one of them away" if twice else did_you_mean(name, columns),
            )
    for name in needed:
        if name not in heads:
            raise DataError(
                f"the table has no column '{name}'",
                file=path,
                row=row,
                expected=", ".join(needed),
                todo="add it, or name the column so",
            )


def read(animals: str | Path | None, trials: str | Path | None) -> Metadata:
    """Read the tables that the user gave."""
    metadata = Metadata()
    if animals is not None:
        for line in read_table(animals, ANIMAL_COLUMNS, ("recording", "animal")):
            name = line.cells["recording"]
            metadata.rows.setdefault(name, line)
            fact = _facts(line)
            others = metadata.animals.setdefault(name, [])
            if any(other.animal.id == fact.animal.id for other in others):
                raise line.wrong("animal", f"each animal of '{name}' in one row")
            if fact.label_name and any(other.label_name == fact.label_name for other in others):
                raise line.wrong("label_name", f"each name of '{name}' in one row")
            if any(other.frames != fact.frames for other in others if other.frames is not None):
                raise line.wrong("frames", f"{others[0].frames}, as in another row of '{name}'")
            others.append(fact)
    if trials is not None:
        for line in read_table(trials, TRIAL_COLUMNS, TRIAL_COLUMNS[:4]):
            name = line.cells["recording"]
            metadata.rows.setdefault(name, line)
            trials_of = metadata.trials.setdefault(name, [])
            trials_of.append(_trial(line, trials_of))
            trials_of.sort(key=lambda trial: trial.first_frame)
    return metadata


def _trial(line: Line, others: Sequence[Trial]) -> Trial:
    first, n_frames = line.whole("first_frame"), line.whole("n_frames")
    if first < 0:
        raise line.wrong("first_frame", "0 or more")
    if n_frames < 1:
        raise line.wrong("n_frames", "1 or more")
    trial = Trial(line.whole("trial"), first, n_frames, line.truth("valid", default=True))
    for other in others:
        if other.number == trial.number:
            raise line.wrong("trial", "each trial of a recording in one row")
        if trial.first_frame < other.stop_frame and other.first_frame < trial.stop_frame:
            raise line.wrong(
                "first_frame",
                f"trials that do not overlap; trial {other.number} has the frames "
                f"{other.first_frame} to {other.stop_frame - 1}",
            )
    return trial


def _facts(line: Line) -> AnimalFacts:
    cells = line.cells
    if not cells["animal"]:
        raise line.wrong("animal", "the id of the animal")
    if cells.get("side", "") not in ("", "left", "right"):
        raise line.wrong("side", "left, right or nothing")
    condition = None
    if any(cells.get(column) for column in _CONDITION):
        condition = Condition(
            treatment=cells.get("treatment", ""),
            dose=line.number("dose"),
            dose_unit=cells.get("dose_unit", ""),
            time_since_dose_s=line.number("time_since_dose_s"),
            baseline=line.truth("baseline", default=False),
            side=cells.get("side", ""),
        )
    frames = line.whole("frames") if cells.get("frames") else None
    if frames is not None and not 1 <= frames <= MOST_FRAMES:
        raise line.wrong("frames", f"1 to {MOST_FRAMES}")
    animal = Animal(
        cells["animal"], cells.get("sex", ""), cells.get("strain", ""), cells.get("cohort", "")
    )
    return AnimalFacts(
        animal,
        track=cells.get("track", ""),
        session=cells.get("session", ""),
        date=cells.get("date", ""),
        condition=condition,
        frames=frames,
        rows=cells.get("rows", ""),
        label_name=cells.get("label_name", ""),
    )
