"""Hind-paw trajectories of PAWS, repacked as NPZ: one recording a mouse, one trial a stimulus.

The file holds ``xy`` (the paths of all trials one after the other, (frames, 2)) and for each trial
``length`` in frames, ``id`` and ``strain`` of the mouse, and ``stimulus``. The trials of a mouse
follow each other in its recording, in the order of the file; between them time passed that is not
in it. The stimulus of a trial is a rating on the scale ``stimulus``. The file states no frame rate
(the videos were taken at high speed) and no unit. Its y points up, and is turned to point down.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents
from boutwise.types import Animal, PoseTrack, Rating, Ratings, Trial

DESCRIPTION = "PAWS trajectories (NPZ): one paw, trials by mouse, the stimulus of each as a rating"

WITH_LABELS = True
"""An import reads the ratings again even where it knows the pose."""

NAMES = ("xy", "length", "id", "strain", "stimulus")
SCALE = "stimulus"
KEYPOINT = "paw"


@dataclass(frozen=True)
class _Tracks:
    """All trials: the frames of trial ``i`` are ``xy[starts[i]:starts[i + 1]]``."""

    xy: NDArray[np.float32]
    starts: NDArray[np.int64]
    mice: tuple[str, ...]
    strains: tuple[str, ...]
    stimuli: tuple[str, ...]


def sniff(path: Path) -> bool:
    """Whether this is an NPZ with the arrays of PAWS."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            inside = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False
    return {f"{name}.npy" for name in NAMES} <= inside


def members(path: Path) -> list[str]:
    """The mice of a file, as ``strain_id``, in their order."""
    return list(dict.fromkeys(_load(path).mice))


def read(path: Path, *, member: str | None = None, fps: float | None = None) -> Contents:
    """Read the trials of one mouse.

    Args:
        path: The file.
        member: The mouse, as ``strain_id``.
        fps: Frame rate, which the file does not state.

    Raises:
        FormatError: The file is damaged, its arrays contradict each other, or there is no such
            mouse.
    """
    tracks = _load(path)
    name = member or tracks.mice[0]
    mine = [place for place, mouse in enumerate(tracks.mice) if mouse == name]
    if not mine:
        raise FormatError(
            f"there is no mouse '{name}' in the file",
            file=path,
            todo=did_you_mean(name, tracks.mice),
        )
    pieces = [tracks.xy[tracks.starts[place] : tracks.starts[place + 1]] for place in mine]
    positions = np.concatenate(pieces) * np.array([1, -1], dtype=np.float32)
    pose = PoseTrack(positions[:, None, None, :], None, (name,), (KEYPOINT,), source=str(path))
    trials, ratings = _trials([len(piece) for piece in pieces], [tracks.stimuli[p] for p in mine])
    animal = Animal(name, strain=tracks.strains[mine[0]])
    rows = tuple(Rating(name, name, SCALE, *rating) for rating in ratings)
    return Contents(
        path,
        "paws",
        name,
        pose=pose,
        ratings=Ratings(rows),
        fps=fps,
        animals=(animal,),
        trials=trials,
    )


def _trials(
    lengths: Sequence[int], stimuli: Sequence[str]
) -> tuple[tuple[Trial, ...], list[tuple[str, int, int]]]:
    """Trials one after the other, and the stimulus of each with its frames."""
    trials, ratings, first = [], [], 0
    for number, (length, stimulus) in enumerate(zip(lengths, stimuli, strict=True), start=1):
        trials.append(Trial(number, first, length))
        ratings.append((stimulus, first, first + length))
        first += length
    return tuple(trials), ratings


def _load(path: Path) -> _Tracks:
    arrays = _arrays(path)
    xy, lengths = arrays["xy"], arrays["length"]
    n_trials = len(lengths)
    if xy.ndim != 2 or xy.shape[1] != 2 or xy.dtype.kind != "f":
        raise _wrong(path, f"'xy' has the shape {xy.shape} of {xy.dtype}", "(frames, 2) of numbers")
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or not n_trials or lengths.min() < 1:
        raise _wrong(path, "'length' has no lengths of trials", "whole numbers from 1")
    for name in ("id", "strain", "stimulus"):
        if arrays[name].shape != (n_trials,) or arrays[name].dtype.kind != "U":
            found = f"'{name}' has the shape {arrays[name].shape} of {arrays[name].dtype}"
            raise _wrong(path, found, f"a word for each of the {n_trials} trials")
    if int(lengths.sum()) != len(xy):
        what = f"the trials have {int(lengths.sum())} frames together, and 'xy' has {len(xy)}"
        raise _wrong(path, what, "as many rows as frames")
    strains = tuple(str(strain).strip() for strain in arrays["strain"])
    mice = zip(strains, arrays["id"], strict=True)
    return _Tracks(
        xy.astype(np.float32),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        tuple(f"{strain}_{str(mouse).strip()}" for strain, mouse in mice),
        strains,
        tuple(str(stimulus).strip() for stimulus in arrays["stimulus"]),
    )


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of the file; objects in them, which would be pickles, are refused."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: np.asarray(file[name]) for name in NAMES}
    except Exception as error:  # a damaged archive raises whatever its bytes lead to
        if "allow_pickle" in str(error) or "Object arrays" in str(error):
            raise _wrong(
                path, "the file holds objects, which could run foreign code", "plain arrays"
            ) from None
        raise _wrong(path, f"the file cannot be read: {error}", ", ".join(NAMES)) from None


def _wrong(path: Path, what: str, expected: str) -> FormatError:
    return FormatError(what, file=path, expected=expected, todo="export or copy the file again")
