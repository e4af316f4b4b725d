"""``export --format features``: features, labels, what was examined, and the words for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import __version__, registry
from boutwise.api._converting import known_annotator
from boutwise.bundle.ethogram_json import ethogram_as_dict
from boutwise.errors import DataError, UsageError
from boutwise.formats._feature_files import write_features, write_states
from boutwise.formats._prediction import file_stem, refuse_same_stems
from boutwise.prepare import PreparedPose
from boutwise.prepare.rates import in_gap, nearest_frames
from boutwise.project import Project
from boutwise.types import Bouts, Ethogram, FeatureTable, FrameState, Recording, Subject
from boutwise.types.recipe import Part

Say = Callable[[int, int, str], None]

PREPARE = (Part(part="clean_pose"),)
"""What is done to pose before features are computed of it, as in the recipes."""
VOCABULARY = "features.json"
UNITS = {
    "body": "length of the animal's body, as its feature set defines it",
    "s": "second",
    "rad": "radian",
    "1": "no unit",
}


@dataclass(frozen=True)
class ExportedFeatures:
    """What was written.

    Attributes:
        files: In order; ``features.json`` is the last.
        left_out: Recordings without pose.
    """

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Wish:
    """A feature set and the scope of the subjects that it is computed of."""

    name: str
    scope: str

    @property
    def part(self) -> ModuleType:
        return registry.load("feature set", self.name)


def export_features(
    project: Project,
    out: str | Path,
    *,
    sets: Sequence[str] = ("egocentric",),
    only: str | None = None,
    annotator: str | None = None,
    say: Say | None = None,
) -> ExportedFeatures:
    """Write the features and labels of every recording with pose, for other people's programs.

    Pose is cleaned by ``clean_pose`` before. A set is computed of single animals, of ordered pairs
    or of both, as the behaviors of the project are individual or directed; a set that can be
    computed of the other kind only is computed of that one.

    Args:
        project: With pose; labels are written where there are some.
        out: Folder; files in it are replaced only by files of the same name.
        sets: Names of feature sets.
        only: Query such as ``session=baseline``.
        annotator: Only the labels of this one.
        say: Called with (done, total, words).

    Raises:
        DataError: No recording has pose, or a keypoint that a set needs is missing.
        UsageError: Nobody of that name labelled anything, or no set is named.
        PartError: There is no set of that name.
        LabelError: The labels of one annotator contradict each other.
    """
    scopes = sorted({b.scope for b in project.ethogram.behaviors}, reverse=True) or ["individual"]
    wishes = _wishes(sets, scopes)
    everything = project.recordings(only)
    recordings = [each for each in everything if project.has_pose(each.id)]
    if not recordings:
        raise DataError(
            "no recording that fits has pose",
            file=project.root,
            expected="pose, of which features are computed",
            todo="import pose; of videos alone '--format clips' cuts clips",
        )
    refuse_same_stems(recording.id for recording in recordings)
    labels = {each.id: project.bouts(each.id) for each in recordings}
    everybody = sorted({name for bouts in labels.values() for name in bouts.annotators()})
    if annotator is not None:
        everybody = [known_annotator(annotator, everybody, project.root)]
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    vocabulary = _Vocabulary(project, everybody)
    for done, recording in enumerate(recordings):
        if say:
            say(done, len(recordings), recording.id)
        prepared = PreparedPose(
            project.pose(recording.id), recording.clock, fps=recording.clock.fps, prepare=PREPARE
        )
        files = _write_features(out, prepared, recording, wishes, vocabulary)
        files += _write_labels(out, project, recording, labels[recording.id], everybody)
        vocabulary.add(recording, files)
    left_out = tuple(each.id for each in everything if not project.has_pose(each.id))
    return ExportedFeatures((*vocabulary.files, vocabulary.write(out, left_out)), left_out)


def _wishes(sets: Sequence[str], scopes: Sequence[str]) -> list[_Wish]:
    if not sets:
        raise UsageError("no feature set is named", expected="names; see 'boutwise features'")
    wishes = []
    for name in dict.fromkeys(sets):
        module = registry.load("feature set", name)
        if hasattr(module, "SIGNALS"):
            raise UsageError(
                f"the feature set '{name}' is measured with outlines, which are not exported",
                expected="sets that are computed of pose; see 'boutwise features'",
            )
        can = module.SCOPES
        wishes += [_Wish(name, scope) for scope in [s for s in scopes if s in can] or can]
    return wishes


def _subjects(recording: Recording, scope: str) -> list[Subject]:
    return recording.subjects(pairs=scope == "directed")


def _write_features(
    out: Path,
    prepared: PreparedPose,
    recording: Recording,
    wishes: Sequence[_Wish],
    vocabulary: _Vocabulary,
) -> list[Path]:
    """One file for each set and kind of subject that the recording has."""
    files = []
    for wish in wishes:
        subjects = _subjects(recording, wish.scope)
        if not subjects:
            continue
        path = out / f"{file_stem(recording.id)}.{wish.name}.{wish.scope}.parquet"
        tables = _tables(prepared, recording, wish, subjects)
        table = write_features(path, tables, recording.clock, facts={"boutwise": __version__})
        vocabulary.add_set(wish, table, recording.id)
        files.append(path)
    return files


def _tables(
    prepared: PreparedPose, recording: Recording, wish: _Wish, subjects: Sequence[Subject]
) -> Iterator[FeatureTable]:
    """Features at the frames of the recording, also where its frame times vary."""
    working, native = prepared.clock, recording.clock
    for subject in subjects:
        table = wish.part.compute(prepared.pose, working, subject)
        if working is not native:
            values = table.of(subject)[nearest_frames(working, native.times_s)]
            values[in_gap(working, native)] = np.nan
            table = FeatureTable(
                values[np.newaxis], (subject,), table.columns, table.units, wish.name, table.version
            )
        yield table


def _write_labels(
    out: Path, project: Project, recording: Recording, bouts: Bouts, annotators: Sequence[str]
) -> list[Path]:
    """One file for each scope of behaviors that somebody labelled."""
    files = []
    for scope in ("individual", "directed"):
        names = [b.name for b in project.ethogram.behaviors if b.scope == scope]
        subjects = _subjects(recording, scope)
        if not names or not subjects:
            continue
        ethogram = project.ethogram.only(names)
        wanted = set(ethogram.names) | set(ethogram.merges)
        theirs = {name: bouts.where(annotator=name, behaviors=wanted) for name in annotators}
        theirs = {name: mine for name, mine in theirs.items() if len(mine) or mine.observed}
        if not theirs:
            continue
        path = out / f"{file_stem(recording.id)}.labels.{scope}.parquet"
        rows = (
            (name, subject, _states(mine, subject, ethogram, recording))
            for name, mine in theirs.items()
            for subject in subjects
        )
        write_states(path, rows, recording.clock, behaviors=ethogram.names)
        files.append(path)
    return files


def _states(
    bouts: Bouts, subject: Subject, ethogram: Ethogram, recording: Recording
) -> NDArray[np.int8]:
    """What one annotator said; nothing is said of an invalid trial, as in training and scoring."""
    states = bouts.to_frames(subject, ethogram, recording.n_frames)
    for trial in recording.trials:
        if not trial.valid:
            states[trial.first_frame : trial.stop_frame] = FrameState.UNLABELLED
    return states


class _Vocabulary:
    """The words and units of what is written, as one JSON file."""

    def __init__(self, project: Project, annotators: Sequence[str]) -> None:
        self.files: list[Path] = []
        self._sets: dict[tuple[str, ...], dict[str, Any]] = {}
        self._recordings: list[dict[str, Any]] = []
        self._ethogram = ethogram_as_dict(project.ethogram)
        self._annotators = list(annotators)

    def add_set(self, wish: _Wish, table: FeatureTable, recording: str) -> None:
        """Take down columns; recordings with the same ones share an entry."""
        entry = self._sets.setdefault(
            (wish.name, wish.scope, *table.columns),
            {
                "name": wish.name,
                "version": table.version,
                "scope": wish.scope,
                "description": wish.part.DESCRIPTION,
                "does_not_change_with": list(wish.part.INVARIANCES),
                "columns": [
                    {"name": name, "unit": unit}
                    for name, unit in zip(table.columns, table.units, strict=True)
                ],
                "recordings": [],
            },
        )
        entry["recordings"].append(recording)

    def add(self, recording: Recording, files: Sequence[Path]) -> None:
        """Take down a recording and its files."""
        self.files += files
        self._recordings.append(
            {
                "id": recording.id,
                "fps": recording.clock.fps,
                "clock": recording.clock.kind,
                "n_frames": recording.n_frames,
                "animals": list(recording.animals),
                "session": recording.session,
                "files": [path.name for path in files],
            }
        )

    def write(self, out: Path, left_out: Sequence[str]) -> Path:
        """Write ``features.json``."""
        said = {
            "boutwise": __version__,
            "recordings": self._recordings,
            "without_pose": list(left_out),
            "prepared_by": [
                {
                    "name": part.part,
                    "version": registry.load("preparation", part.part).VERSION,
                    "options": dict(part.options),
                }
                for part in PREPARE
            ],
            "feature_sets": list(self._sets.values()),
            "units": UNITS,
            "missing": "NaN",
            "ethogram": self._ethogram,
            "states": {str(int(state)): state.name.lower() for state in FrameState},
            "annotators": self._annotators,
        }
        path = out / VOCABULARY
        temporary = path.with_name(f".{path.name}.tmp")
        words = json.dumps(said, indent=1, ensure_ascii=False)
        temporary.write_text(words + "\n", encoding="utf-8", newline="\n")
        temporary.replace(path)
        return path
