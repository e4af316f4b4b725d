"""What the first column of a pose table says of its rows: frames, or labelled images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.types import Problem, Severity


def frame_numbers(
    index: NDArray[np.generic] | Sequence[object],
    *,
    path: Path,
    first_row: int,
    images: bool = False,
) -> tuple[NDArray[np.int64] | None, list[Problem]]:
    """What the first column says of the frames.

    Args:
        index: Frame numbers, or names of labelled images.
        path: For messages.
        first_row: Row of the first entry, for messages.
        images: Whether rows may be labelled images, which are no track.

    Returns:
        None where the rows are the frames 0, 1, 2, ..., else the frame of each row; and warnings.

    Raises:
        FormatError: Frame numbers that repeat, run backward or are no whole numbers; or images.
    """
    labels = [str(entry) for entry in np.asarray(index).ravel().tolist()]
    numbers = [_frame_of(label) for label in labels]
    pictures = any(re.search(r"\.(png|jpe?g|tiff?|bmp)$", label, re.IGNORECASE) for label in labels)
    problems: list[Problem] = []
    if pictures and not images:
        raise FormatError(
            "the rows are labelled images, not the frames of a video in order",
            file=path,
            row=first_row,
            expected="a track: one row for each frame of a video",
            todo="import what the network made of a video; labelled images are what it was "
            "trained on, and are read with images: true in a mapping",
        )
    for place, number in enumerate(numbers):
        if number is None or (place and number <= (numbers[place - 1] or 0)):
            raise FormatError(
                f"the first column says '{labels[place]}'",
                file=path,
                row=first_row + place,
                expected="frame numbers or image names that count upward",
                todo="put the rows in order, each frame once, or export the table again",
            )
    _refuse_far(numbers, labels, path=path, first_row=first_row)
    frames = np.array(numbers, dtype=np.int64)
    if pictures:
        what = "the rows are labelled images, not the frames of a video in order"
    elif not np.array_equal(frames, np.arange(frames.size)):
        what = f"the frame numbers are not 0 to {frames.size - 1}: they begin with {frames[0]}"
    else:
        return None, []
    problems.append(
        Problem(
            "frame_numbers",
            Severity.WARNING,
            what,
            file=str(path),
            row=first_row,
            expected="one row for each frame, numbered from 0",
            todo="compare with the frame count of the video",
        )
    )
    return frames, problems


def _refuse_far(
    numbers: Sequence[int | None], labels: Sequence[str], *, path: Path, first_row: int
) -> None:
    """Refuse a number that no video reaches: all frames up to it would have to be kept."""
    most = 1000 * len(numbers) + 1_000_000
    for place, number in enumerate(numbers):
        if number is not None and number >= most:
            raise FormatError(
                f"the first column says '{labels[place]}', and the table has {len(numbers)} rows",
                file=path,
                row=first_row + place,
                expected="the number of a frame of the video, counted from 0",
                todo="mend the number; if it is a time, take the column away or export frames",
            )


def _frame_of(label: str) -> int | None:
    """The frame number in an entry of the first column."""
    whole = re.fullmatch(r"\s*(\d+)(?:\.0*)?\s*", label)
    if whole:
        return int(whole.group(1))
    image = re.search(r"(\d+)\D*$", re.sub(r"\.\w+$", "", label))
    return int(image.group(1)) if image and "." in label else None
