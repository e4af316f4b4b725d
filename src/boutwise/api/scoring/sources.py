"""What ``score`` is given: label files, folders, bouts or arrays, all brought into one shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import formats
from boutwise.api.scoring.contest import contest_labels, is_contest_table
from boutwise.api.scoring.frames import SUFFIX, read_frames
from boutwise.api.scoring.labels import Labels, labels_of_bouts
from boutwise.api.scoring.origins import OUT_OF_FOLD, bundle_origin, run_origin
from boutwise.errors import FormatError, UsageError
from boutwise.formats import LabelTrack, bouts_csv
from boutwise.types import Bouts, Subject
from boutwise.types.bouts import from_frames

DATABASE = "project.db"
"""What makes a folder a project; the word is here so that tables are scored without SQL."""
TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
Source = str | Path | Bouts | NDArray[Any]
Described = str | Path | Mapping[str, Any]
"""A mapping, or its YAML file."""


def read_labels(
    source: Source, word: str, *, annotators: str = "auto", mapping: Described | None = None
) -> Labels:
    """Read one side.

    Args:
        source: A label file of any format, a folder of them, a project (its labels), a run (its
            out-of-fold predictions), a folder that ``predict`` wrote, bouts, or a class for each
            frame (frames,).
        word: ``truth`` or ``prediction``.
        annotators: Whose labels of a project: ``auto``, ``majority`` or a name.
        mapping: What the columns of a plain table mean; heeded by files of the format that it
            names, and by tables that no format claims.

    Raises:
        UsageError: The source holds no labels, several annotators, or is of no known kind.
        FormatError: The file cannot be read.
    """
    if isinstance(source, Bouts):
        return labels_of_bouts(source, word)
    if isinstance(source, str | Path):
        return _of_path(Path(source), word, annotators, mapping)
    values = np.asarray(source)
    if values.ndim != 1 or values.dtype.kind not in "iuOUb":
        raise UsageError(
            f"the {word} is an array of {values.dtype} with {values.ndim} axes",
            expected="one class for each frame: whole numbers or names, (frames,)",
        )
    return _of_array(values, word)


def _of_path(path: Path, word: str, annotators: str, mapping: Described | None) -> Labels:
    if path.suffix == ".boutwise":
        raise UsageError(
            "a bundle holds no predictions",
            file=path,
            todo=f"boutwise predict {path} SOURCE --out DIR, and score DIR; or boutwise evaluate",
        )
    if (path / DATABASE).is_file():
        if word != "truth":
            raise UsageError(
                "a project holds labels, not predictions",
                file=path,
                expected="one of its runs, or a folder that 'predict' wrote",
            )
        # Only a project needs the database and the rules of planning; two tables do not.
        from boutwise.api.scoring.projects import project_labels

        return project_labels(path, annotators)
    if (path / OUT_OF_FOLD).is_dir():
        if word == "truth":
            raise UsageError(
                "a run holds predictions, not labels", file=path, todo="name its project"
            )
        found = _of_folder(path / OUT_OF_FOLD, word)
        return replace(found, source=str(path), complete=True, origin=run_origin(path))
    if path.is_dir():
        found = _of_folder(path, word, mapping)
        return replace(found, origin=bundle_origin(path))
    found = _of_file(path, word, mapping)
    return found if word == "truth" else replace(found, origin=bundle_origin(path.parent))


def _of_folder(folder: Path, word: str, mapping: Described | None = None) -> Labels:
    """All label files of a folder; of what ``predict`` writes, the one that tells most."""
    paths = _members(folder, tables=mapping is not None)
    parts = [_of_file(path, word, mapping, needed=False) for path in paths]
    parts = [part for part in parts if part.tracks]
    if not parts:
        raise UsageError(f"the {word} holds no labels", file=folder, expected="files of labels")
    tracks: dict[str, LabelTrack] = {}
    for part in parts:
        for name in part.tracks:
            if name in tracks:
                raise UsageError(
                    f"two files of the {word} label the recording '{name}'",
                    file=part.source,
                    expected="one file for each recording",
                )
        tracks |= part.tracks
    return Labels(
        tracks,
        str(folder),
        examined=all(part.examined for part in parts),
        rates={name: fps for part in parts for name, fps in part.rates.items()},
        notes=tuple(note for part in parts for note in part.notes),
        probabilities={name: p for part in parts for name, p in part.probabilities.items()},
        frames={name: n for part in parts for name, n in part.frames.items()},
        complete=all(part.complete for part in parts),
        labs={name: lab for part in parts for name, lab in part.labs.items()},
        mapped=any(part.mapped for part in parts),
    )


def _members(folder: Path, *, tables: bool) -> list[Path]:
    """The files of a folder that are read, each as a file of its own.

    Args:
        folder: What ``predict`` wrote, tables, files of any other format, or a folder format.
        tables: Whether a mapping says what is in tables that no format claims.

    Raises:
        FormatError: There is nothing in it that any format claims.
    """
    for pattern in (f"*{SUFFIX}", "*.bouts.csv", "*.csv"):
        members = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
        if members:
            return members
    try:
        return formats.files(folder)
    except FormatError as error:
        members = [path for path in sorted(folder.iterdir()) if _claimed(path, tables=tables)]
        if members:
            return members
        raise FormatError(
            error.what,
            file=folder,
            expected="files of labels in it, or a folder that 'predict' wrote",
            todo="name one file, or a folder of them",
        ) from error


def _claimed(path: Path, *, tables: bool) -> bool:
    """Whether this is a visible file of some format, or a table for the mapping."""
    if path.name.startswith(".") or not path.is_file():
        return False
    if tables and path.suffix.lower() in TABLES:
        return True
    try:
        return bool(formats.sniff(path))
    except FormatError:
        return False


def _of_file(
    path: Path, word: str, mapping: Described | None = None, *, needed: bool = True
) -> Labels:
    if path.name.endswith(SUFFIX):
        bouts, probabilities, fps = read_frames(path)
        found = labels_of_bouts(bouts, word)
        kept = dict.fromkeys(found.tracks, probabilities)
        rates = dict.fromkeys(found.tracks, fps) if fps else {}
        return replace(found, source=str(path), rates=rates, probabilities=kept, complete=True)
    if is_contest_table(path):
        return contest_labels(path, word)
    parts, mapped = _contents(path, word, mapping)
    if needed and not any(contents.labels for contents in parts):
        raise UsageError(
            f"the {word} holds no labels", file=path, expected="a file of bouts or frame labels"
        )
    tracks, stated = _tracks(parts, path, word)
    own = any(contents.format == "bouts_csv" for contents in parts)
    alone = own and not bouts_csv.observed_path(path).is_file()
    known = all(
        track.examined is not None or track.observed is not None or track.n_rows is not None
        for track in tracks.values()
    )
    return Labels(
        tracks,
        str(path),
        examined=known and not alone,
        rates=stated,
        notes=tuple(f"{word}: {p.what}" for contents in parts for p in contents.problems),
        probabilities={c.labels[0].recording: c.probabilities for c in parts if c.probabilities},
        mapped=mapped,
    )


def _tracks(
    parts: Sequence[formats.Contents], path: Path, word: str
) -> tuple[dict[str, LabelTrack], dict[str, float]]:
    """Recording -> its labels, and the frame rate that the file states for it."""
    tracks: dict[str, LabelTrack] = {}
    stated: dict[str, float] = {}
    for contents in parts:
        for track in contents.labels:
            name = track.recording if track.trial is None else f"{track.recording}_{track.trial}"
            if name in tracks:
                raise UsageError(
                    f"the {word} labels the recording '{name}' twice",
                    file=path,
                    expected="one annotator and one table for each recording",
                    todo="keep the labels of one annotator in the file: boutwise convert FILE "
                    "ONE.bouts.csv --annotator NAME",
                )
            tracks[name] = replace(track, recording=name, trial=None)
            if fps := track.fps or contents.fps:
                stated[name] = fps
    return tracks, stated


def _contents(
    path: Path, word: str, mapping: Described | None
) -> tuple[list[formats.Contents], bool]:
    """Everything in a file, and whether the mapping was heeded for it."""
    try:
        claimed = formats.sniff(path)
    except FormatError as error:
        if not path.is_file():
            raise
        if mapping is None:
            option = "--truth-mapping" if word == "truth" else "--mapping"
            raise FormatError(
                error.what,
                file=path,
                row=error.row,
                expected="labels of a format that 'boutwise formats' lists",
                todo=f"describe the table by {option} YAML, with 'format: NAME' in it",
            ) from error
        claimed = ""
    fields = {} if mapping is None else formats.load_mapping(mapping)
    if mapping is not None and claimed in ("", fields.get("format", "")):
        return [formats.read(path, mapping=fields)], True
    return formats.read_all(path), False


def _of_array(values: NDArray[Any], word: str) -> Labels:
    """Negative whole numbers are the codes of unlabelled (-1) and unscorable (-2) frames."""
    hidden = values < 0 if values.dtype.kind == "i" else np.zeros(len(values), dtype=bool)
    classes = sorted(set(values[~hidden].tolist()))
    states = np.array(values[:, None] == np.array(classes, dtype=values.dtype), dtype=np.int8)
    states[hidden] = values[hidden, None]
    bouts = from_frames(states, Subject("recording", ""), [str(name) for name in classes])
    return labels_of_bouts(bouts, word)
