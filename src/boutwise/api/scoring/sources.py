"""What ``score`` is given: label files, folders, bouts or arrays, all brought into one shape."""

from __future__ import annotations

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
from boutwise.errors import UsageError
from boutwise.formats import LabelTrack, bouts_csv
from boutwise.types import Bouts, Subject
from boutwise.types.bouts import from_frames

DATABASE = "project.db"
"""What makes a folder a project; the word is here so that tables are scored without SQL."""
Source = str | Path | Bouts | NDArray[Any]


def read_labels(source: Source, word: str, *, annotators: str = "auto") -> Labels:
    """Read one side.

    Args:
        source: A label file of any format, a folder of them, a project (its labels), a run (its
            out-of-fold predictions), a folder that ``predict`` wrote, bouts, or a class for each
            frame (frames,).
        word: ``truth`` or ``prediction``.
        annotators: Whose labels of a project: ``auto``, ``majority`` or a name.

    Raises:
        UsageError: The source holds no labels, several annotators, or is of no known kind.
        FormatError: The file cannot be read.
    """
    if isinstance(source, Bouts):
        return labels_of_bouts(source, word)
    if isinstance(source, str | Path):
        return _of_path(Path(source), word, annotators)
    values = np.asarray(source)
    if values.ndim != 1 or values.dtype.kind not in "iuOUb":
        raise UsageError(
            f"the {word} is an array of {values.dtype} with {values.ndim} axes",
            expected="one class for each frame: whole numbers or names, (frames,)",
        )
    return _of_array(values, word)


def _of_path(path: Path, word: str, annotators: str) -> Labels:
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
        found = _of_folder(path, word)
        return replace(found, origin=bundle_origin(path))
    found = _of_file(path, word)
    return found if word == "truth" else replace(found, origin=bundle_origin(path.parent))


def _of_folder(folder: Path, word: str) -> Labels:
    """All label files of a folder; of what ``predict`` writes, the one that tells most."""
    for pattern in (f"*{SUFFIX}", "*.bouts.csv", "*.csv"):
        members = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
        if members:
            break
    parts = [_of_file(path, word, needed=False) for path in members or formats.files(folder)]
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
    )


def _of_file(path: Path, word: str, *, needed: bool = True) -> Labels:
    if path.name.endswith(SUFFIX):
        bouts, probabilities, fps = read_frames(path)
        found = labels_of_bouts(bouts, word)
        kept = dict.fromkeys(found.tracks, probabilities)
        rates = dict.fromkeys(found.tracks, fps) if fps else {}
        return replace(found, source=str(path), rates=rates, probabilities=kept, complete=True)
    if is_contest_table(path):
        return contest_labels(path, word)
    contents = formats.read(path)
    if needed and not contents.labels:
        raise UsageError(
            f"the {word} holds no labels", file=path, expected="a file of bouts or frame labels"
        )
    own = contents.format == "bouts_csv"
    alone = own and not bouts_csv.observed_path(path).is_file()
    tracks: dict[str, LabelTrack] = {}
    for track in contents.labels:
        name = track.recording if track.trial is None else f"{track.recording}_{track.trial}"
        if name in tracks:
            raise UsageError(
                f"the {word} labels the recording '{name}' twice",
                file=path,
                expected="one annotator and one table for each recording",
                todo="keep the labels of one annotator in the file",
            )
        tracks[name] = replace(track, recording=name, trial=None)
    known = all(
        track.examined is not None or track.observed is not None or track.n_rows is not None
        for track in tracks.values()
    )
    stated = {name: track.fps or contents.fps for name, track in tracks.items()}
    return Labels(
        tracks,
        str(path),
        examined=known and not alone,
        rates={name: fps for name, fps in stated.items() if fps},
        notes=tuple(f"{word}: {problem.what}" for problem in contents.problems),
    )


def _of_array(values: NDArray[Any], word: str) -> Labels:
    """Negative whole numbers are the codes of unlabelled (-1) and unscorable (-2) frames."""
    hidden = values < 0 if values.dtype.kind == "i" else np.zeros(len(values), dtype=bool)
    classes = sorted(set(values[~hidden].tolist()))
    states = np.array(values[:, None] == np.array(classes, dtype=values.dtype), dtype=np.int8)
    states[hidden] = values[hidden, None]
    bouts = from_frames(states, Subject("recording", ""), [str(name) for name in classes])
    return labels_of_bouts(bouts, word)
