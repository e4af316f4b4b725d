"""What a format hands over: the contents of one file, in the file's own words and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from boutwise.types import Animal, Boxes, Ethogram, PoseTrack, Problem, Ratings, Trial

Unit = Literal["frame", "second"]

THE_OTHER = "*"
"""As the target of a label: the other one of two animals, whatever its name."""


@dataclass(frozen=True)
class LabelRow:
    """One label as the file has it, half-open, 0-based, in the unit of its :class:`LabelTrack`.

    A reader turns inclusive ends and 1-based counts into half-open, 0-based ones; it does not turn
    seconds into frames, because only the recording's clock can.

    Attributes:
        behavior: As written.
        start: First frame or second.
        stop: Frame or second after the last; equal to ``start`` for a point event in seconds.
        row: Row of the file, counted from 1 as in a spreadsheet.
        animal: As written; empty when the file names none.
        target: As written; empty when there is none; :data:`THE_OTHER` = the other animal.
        state: ``yes``, ``no`` or ``unscorable``.
        modifiers: As written.
        comment: As written.
        confidence: Probability that the file gives, 0 to 1; NaN when it gives none.
        source: Origin that the file itself gives to this row, else empty.
    """

    behavior: str
    start: float
    stop: float
    row: int
    animal: str = ""
    target: str = ""
    state: str = "yes"
    modifiers: str = ""
    comment: str = ""
    confidence: float = float("nan")
    source: str = ""


@dataclass(frozen=True)
class LabelTrack:
    """The labels of one recording (or one trial of it) in one file.

    Attributes:
        recording: What the file calls its recording: a media or file name without folders and
            suffix; the import matches it to a recording.
        unit: Unit of all starts and stops.
        rows: The labels in file order.
        behaviors: The behaviors that were examined, as far as the file tells (its column heads or
            its list of classes; else those that occur).
        observed: Examined ranges ``(start, stop)`` in ``unit``; None = the whole of it.
        examined: Examined ranges by animal, target and behavior, for files that tell them apart;
            None = ``observed`` holds for every animal and behavior of the file.
        fps: Frame rate that the file itself states.
        n_rows: For labels frame by frame: how many frames the file has.
        trial: Number of the trial, for a file of one trial; its frames count within the trial.
        reaches: Where the last range ends that the file says was examined, in ``unit``, where it
            says so apart from its labels; the recording is at least as long.
        annotator: As the file tells, else empty.
        length: Length of the whole recording in ``unit``, where the file states it.
        lost: Rows that the reader left out as faulty; their frames are not known. An empty behavior
            or animal is any; an unknown start is minus infinity, an unknown stop infinity.
    """

    recording: str
    unit: Unit
    rows: tuple[LabelRow, ...]
    behaviors: tuple[str, ...] = ()
    observed: tuple[tuple[float, float], ...] | None = None
    fps: float | None = None
    n_rows: int | None = None
    trial: int | None = None
    reaches: float | None = None
    annotator: str = ""
    examined: tuple[LabelRow, ...] | None = None
    length: float | None = None
    lost: tuple[LabelRow, ...] = ()


@dataclass(frozen=True, eq=False)
class Contents:
    """Everything that one file (or one folder read as a whole) holds.

    Attributes:
        path: The file.
        format: Name of the format that read it.
        recording: What the file name says about its recording; see :class:`LabelTrack`.
        pose: Pose track, one row a frame, or None.
        labels: Labels, by recording and trial.
        ratings: Whatever is not a bout.
        fps: Frame rate that the file itself states.
        problems: What is wrong but did not stop the reading.
        row_to_frame: Frame of each pose row, (rows,), int64, where the file numbers its rows
            otherwise than 0, 1, 2, ...; None = row and frame are the same.
        times_s: Second of each pose row, (rows,), from 0, where the file has timestamps that no
            steady rate describes; None = rows come at ``fps``.
        animals: What the file itself knows of its animals, known by the same ids in every file;
            with pose, in the order of its tracks.
        trials: Of the recording, where the file tells them.
        ethogram: Its behaviors with scope and groups, where the file or its data set tells them.
        boxes: Boxes that people drew around the animals, by frames of the recording.
        video: The very video that the labels are of, where the layout of the files says it; it
            may be gone.
        probabilities: Of a file of predictions: (animal, target) -> behavior -> probability of each
            frame, (frames,), float32, NaN where the frame could not be judged.
    """

    path: Path
    format: str
    recording: str
    pose: PoseTrack | None = None
    labels: tuple[LabelTrack, ...] = ()
    ratings: Ratings = field(default_factory=Ratings)
    fps: float | None = None
    problems: tuple[Problem, ...] = ()
    row_to_frame: NDArray[np.int64] | None = None
    times_s: NDArray[np.float64] | None = None
    animals: tuple[Animal, ...] = ()
    trials: tuple[Trial, ...] = ()
    ethogram: Ethogram | None = None
    boxes: Boxes | None = None
    video: Path | None = None
    probabilities: Mapping[tuple[str, str], Mapping[str, NDArray[np.float32]]] = field(
        default_factory=dict
    )

    @property
    def any(self) -> bool:
        """Whether there is pose, a label, a rating or a box."""
        said = any(t.rows or t.behaviors or t.examined or t.n_rows for t in self.labels)
        posed = self.pose is not None or self.boxes is not None
        return posed or said or len(self.ratings) > 0


class Format(Protocol):
    """A module in this folder: one format.

    ``sniff`` looks at the head of a file only and claims it or not; exactly one format claims any
    one file. ``read`` takes the options that the format declares as keywords (``mapping``, ``fps``)
    and raises :class:`~boutwise.errors.FormatError` with file and row. ``files`` is only there for
    formats whose unit is a folder (``subtle``): the members of that folder, each read by ``read``.
    ``members`` is only there for formats of which one file holds the pose of several recordings:
    their names in the file, one of which is the option ``member`` of ``read``. ``WITH_LABELS`` is
    only there, and true, for formats whose files hold labels or ratings beside the pose;
    ``WITH_BOXES`` for those whose label files may hold boxes, which take ``strict``.
    ``LAYOUT_FOLDERS`` names folders in a folder format that say nothing of a recording (``video``).
    A format that predictions are written to has three functions for it: ``refuse(folder,
    ethogram)``, called before anything is predicted, ``prediction_path(folder, origin)``, and
    ``write_prediction(path, prediction, origin)``; see :mod:`boutwise.formats._predicted`.
    """

    DESCRIPTION: str
    """One line for ``boutwise formats``: what it holds, its unit, base and end."""

    def sniff(self, path: Path) -> bool:
        """Whether this is a file of this format."""
        ...

    def read(self, path: Path) -> Contents:
        """Read a whole file."""
        ...
