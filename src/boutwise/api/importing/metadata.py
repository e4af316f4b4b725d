"""What an import learns of animals, sessions and trials: from a CSV or from file names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boutwise.api.importing.tables import Line, read_table
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
    "video",
)
MOST_FRAMES = 50_000_000
"""Three weeks at 25 frames a second: a longer recording is a slip of the pen."""
TRIAL_COLUMNS = ("recording", "trial", "first_frame", "n_frames", "valid")
_CONDITION = ("treatment", "dose", "dose_unit", "baseline", "side", "time_since_dose_s")


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
        video: Name of its video, where that is called otherwise.
    """

    animal: Animal
    track: str = ""
    session: str = ""
    date: str = ""
    condition: Condition | None = None
    frames: int | None = None
    rows: str = ""
    label_name: str = ""
    video: str = ""


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

    def video_of(self, names: Sequence[str]) -> str:
        """Name of the video of a recording, where the table says it; else empty."""
        return next((fact.video for fact in self.animals_of(names) if fact.video), "")

    def _name(self, table: Mapping[str, object], names: Sequence[str]) -> str:
        for name in names:
            if name in table:
                self.used.add(name)
                return name
        return ""

    def unused(self) -> list[Line]:
        """Rows about recordings that nobody asked for."""
        return [line for name, line in self.rows.items() if name not in self.used]


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
            for column in ("frames", "video"):
                said = [getattr(other, column) for other in others if getattr(other, column)]
                if said and getattr(fact, column) not in (said[0], None, ""):
                    raise line.wrong(column, f"{said[0]}, as in another row of '{name}'")
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
        video=cells.get("video", ""),
    )
