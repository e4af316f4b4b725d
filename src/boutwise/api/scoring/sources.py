"""What ``score`` is given: label files, bouts or arrays, all brought into one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import formats
from boutwise.api.scoring.frames import SUFFIX, Probabilities, read_frames
from boutwise.errors import UsageError
from boutwise.formats import LabelRow, LabelTrack, bouts_csv
from boutwise.types import Bouts, Observed, Subject
from boutwise.types.bouts import from_frames

Source = str | Path | Bouts | NDArray[Any]


@dataclass(frozen=True)
class Labels:
    """The labels of one side.

    Attributes:
        tracks: Recording -> its labels.
        source: File, or the word for what was given; for messages.
        examined: Whether it says which frames were examined.
        rates: Recording -> frames per second, where the file states it.
        notes: What was found out of order while reading.
        probabilities: Recording -> probabilities of its subjects, where the file has them.
    """

    tracks: Mapping[str, LabelTrack]
    source: str
    examined: bool
    rates: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    probabilities: Mapping[str, Probabilities] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Behaviors, in the order in which they are named."""
        return tuple(
            dict.fromkeys(
                name
                for track in self.tracks.values()
                for name in (*track.behaviors, *(row.behavior for row in track.rows))
            )
        )

    def animals(self, recording: str) -> set[str]:
        """Animals that are named in one recording; the empty name counts."""
        track = self.tracks.get(recording)
        rows = [] if track is None else [*track.rows, *(track.examined or ())]
        return {row.animal for row in rows} | {row.target for row in rows if row.target}


def read_labels(source: Source, word: str) -> Labels:
    """Read one side.

    Args:
        source: A label file of any format, a folder of them, bouts, or a class for each frame
            (frames,).
        word: ``truth`` or ``prediction``.

    Raises:
        UsageError: The source holds no labels, several annotators, or is of no known kind.
        FormatError: The file cannot be read.
    """
    if isinstance(source, Bouts):
        return _of_bouts(source, word)
    if isinstance(source, str | Path):
        path = Path(source)
        return _of_folder(path, word) if path.is_dir() else _of_file(path, word)
    values = np.asarray(source)
    if values.ndim != 1 or values.dtype.kind not in "iuOUb":
        raise UsageError(
            f"the {word} is an array of {values.dtype} with {values.ndim} axes",
            expected="one class for each frame: whole numbers or names, (frames,)",
        )
    return _of_array(values, word)


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
    )


def _of_file(path: Path, word: str, *, needed: bool = True) -> Labels:
    if path.name.endswith(SUFFIX):
        bouts, probabilities, fps = read_frames(path)
        found = _of_bouts(bouts, word)
        kept = dict.fromkeys(found.tracks, probabilities)
        rates = dict.fromkeys(found.tracks, fps) if fps else {}
        return replace(found, source=str(path), rates=rates, probabilities=kept)
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


def _of_bouts(bouts: Bouts, word: str) -> Labels:
    if len(set(bouts.annotator.tolist())) > 1:
        raise UsageError(
            f"the {word} holds labels of {len(set(bouts.annotator.tolist()))} annotators",
            expected="one",
            todo="choose one with bouts.where(annotator=...)",
        )
    tracks = {}
    recordings = [*bouts.recording.tolist(), *(piece.recording for piece in bouts.observed)]
    for name in dict.fromkeys(recordings):
        mine = bouts.where(recording=name)
        rows = tuple(
            LabelRow(b.behavior, b.start, b.stop, place, b.animal, b.target, b.state)
            for place, b in enumerate(mine.rows(), start=1)
        )
        examined = tuple(_row(piece) for piece in mine.observed)
        behaviors = tuple(dict.fromkeys(row.behavior for row in (*examined, *rows)))
        tracks[name] = LabelTrack(name, "frame", rows, behaviors, examined=examined)
    return Labels(tracks, f"the {word}", examined=bool(bouts.observed))


def _row(piece: Observed) -> LabelRow:
    return LabelRow(piece.behavior, piece.start, piece.stop, 0, piece.animal, piece.target)


def _of_array(values: NDArray[Any], word: str) -> Labels:
    """Negative whole numbers are the codes of unlabelled (-1) and unscorable (-2) frames."""
    hidden = values < 0 if values.dtype.kind == "i" else np.zeros(len(values), dtype=bool)
    classes = sorted(set(values[~hidden].tolist()))
    states = np.array(values[:, None] == np.array(classes, dtype=values.dtype), dtype=np.int8)
    states[hidden] = values[hidden, None]
    bouts = from_frames(states, Subject("recording", ""), [str(name) for name in classes])
    return _of_bouts(bouts, word)
