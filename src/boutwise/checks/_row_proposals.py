"""Which frame each row of a file may be, proposed from the numbers; for a person to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from boutwise.types import PoseTrack

MOST_ENDS = 5
"""Rows too many or too few up to which one looks for an empty or repeated row at an end."""

MOST_STEP = 20
"""Largest k of 'every k-th frame'."""

MOST_PART = 6
"""Largest number in a plain fraction of two rates, as in 6/5: 30 frames a second for 25."""

LEAST_FOR_PART = 60
"""Rows and frames below which a plain fraction means nothing."""

SAME_FRAMES = 3.0
"""Frames up to which two places are the same."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """Which frame each row may be.

    Attributes:
        words: What is proposed and why, as a clause; says so when nobody can tell.
        row_to_frame: Frame of each row, (rows,), -1 = no frame of the recording; None when
            nobody can tell.
        sure: Whether something in the data speaks for it, beyond the numbers.
        rows: The word by which a person confirms it on import (``--rows``); several words with
            'or' where nobody can tell; empty where there is none.
    """

    words: str
    row_to_frame: NDArray[np.int64] | None = None
    sure: bool = False
    rows: str = ""


def rate_ratio(n_rows: int, n_frames: int) -> str:
    """By how much the rate of the rows seems to be another one; empty when it does not.

    >>> rate_ratio(1200, 600), rate_ratio(720, 600), rate_ratio(300, 600), rate_ratio(643, 600)
    ('2 times', '6/5 of', '1/2 of', '')
    """
    if min(n_rows, n_frames) < 1:
        return ""
    if n_rows > n_frames and _every_kth(n_rows, n_frames) is not None:
        return f"{round(n_rows / n_frames)} times"
    if n_rows < n_frames and _every_kth(n_rows, n_frames) is not None:
        return f"1/{round(n_frames / n_rows)} of"
    part = Fraction(n_rows, n_frames).limit_denominator(MOST_PART)
    if min(n_rows, n_frames) < LEAST_FOR_PART or not 1 < max(part.as_integer_ratio()) <= MOST_PART:
        return ""
    # Rounding makes one row more or less.
    return f"{part} of" if abs(n_rows - part * n_frames) <= 1 else ""


CANNOT_TELL = "which frame each row is cannot be told from the numbers"


def propose(
    n_rows: int,
    n_frames: int,
    *,
    ends: tuple[int, int] = (0, 0),
    late: float | None = None,
) -> Proposal:
    """Which frame each row may be, from the numbers and whatever else is known.

    Args:
        n_rows: Rows of the file.
        n_frames: Frames of the recording.
        ends: Rows at the start and at the end that are empty or repeat their neighbor.
        late: Frames by which the rows come behind something that they should go with, when they
            are counted from frame 0; negative = they should begin later.

    >>> propose(750, 749, ends=(0, 1)).words
    'leave out the last row, which is empty or repeats the one before'
    >>> propose(500, 1000).row_to_frame[:3].tolist()
    [0, 2, 4]
    >>> propose(345, 360).words
    'they may be the last rows (begin at frame 15) or the first; nothing here tells which'
    """
    for proposal in (
        _every_kth(n_rows, n_frames),
        _too_many(n_rows, n_frames, ends),
        _too_few(n_rows, n_frames, late),
    ):
        if proposal is not None:
            return proposal
    return Proposal(CANNOT_TELL)


def _every_kth(n_rows: int, n_frames: int) -> Proposal | None:
    """Every k-th frame has a row, or every frame k rows."""
    few, many = sorted((n_rows, n_frames))
    if not few:
        return None
    k = round(many / few)
    # So many rows come out when every k-th of the frames is taken, from whichever of the first.
    if not 2 <= k <= MOST_STEP or few not in (many // k, -(-many // k)):
        return None
    if n_rows < n_frames:
        words = f"every {_th(k)} frame may have a row"
        return Proposal(words, k * np.arange(n_rows), rows=f"every-{k}")
    frames = np.full(n_rows, -1)
    frames[::k] = np.arange(-(-n_rows // k))
    frames[frames >= n_frames] = -1
    words = f"every {_th(k)} row may be a frame: the file has {k} times the rate"
    return Proposal(words, frames, rows=f"thin-{k}")


def _too_many(n_rows: int, n_frames: int, ends: tuple[int, int]) -> Proposal | None:
    extra = n_rows - n_frames
    if not 0 < extra <= MOST_ENDS:
        return None
    last, first = _rows(extra, "last"), _rows(extra, "first")
    is_last, is_first = ends[1] >= extra, ends[0] >= extra
    if is_last == is_first:
        both = f"leave out the {last} or the {first}; nothing here tells which"
        return Proposal(both, rows="first or last")
    which, place = (last, 0) if is_last else (first, extra)
    verb = "repeats" if extra == 1 else "repeat"
    why = f"which {'is' if extra == 1 else 'are'} empty or {verb} the one {_side(is_last)}"
    frames = np.arange(n_rows) - place
    frames[frames >= n_frames] = -1
    rows = "first" if is_last else "last"
    return Proposal(f"leave out the {which}, {why}", np.maximum(frames, -1), True, rows)


def _too_few(n_rows: int, n_frames: int, late: float | None) -> Proposal | None:
    gap = n_frames - n_rows
    if gap <= 0:
        return None
    if late is not None and gap > 2 * SAME_FRAMES:
        for start, words in ((gap, "the last frames"), (0, "the first frames")):
            if abs(-late - start) <= min(SAME_FRAMES, gap / 3):
                return Proposal(
                    f"they are {words} (begin at frame {start}): there they lie on the movement",
                    start + np.arange(n_rows),
                    sure=True,
                    rows="last" if start else "first",
                )
        if 0 < -late < gap:
            start = round(-late)
            return Proposal(
                f"they may begin at frame {start}: there they lie best on the movement",
                start + np.arange(n_rows),
                rows=f"from-{start}",
            )
    return Proposal(
        f"they may be the last rows (begin at frame {gap}) or the first; nothing here tells which",
        rows="last or first",
    )


def confirm(proposal: Proposal) -> str:
    """How a person says which frame each row of a pose file is.

    >>> confirm(propose(750, 749)).split(";")[0]
    'if that is so, import the file again with --rows first or --rows last'
    """
    if not proposal.rows:
        return (
            "find out which frame each row is, and say so when you import the file again (--rows); "
            "nothing is moved by itself"
        )
    ways = " or ".join(f"--rows {word}" for word in proposal.rows.split(" or "))
    return f"if that is so, import the file again with {ways}; nothing is moved by itself"


def unused_ends(pose: PoseTrack) -> tuple[int, int]:
    """Rows at the start and at the end that are empty or repeat their neighbor exactly."""
    flat = pose.positions.reshape(pose.n_frames, -1)
    reach = min(MOST_ENDS, max(pose.n_frames - 1, 0))

    def count(order: NDArray[np.float32]) -> int:
        idle = [
            bool(np.isnan(order[row]).all() or np.array_equal(order[row], order[row + 1]))
            for row in range(reach)
        ]
        return idle.index(False) if False in idle else reach

    return count(flat[: reach + 1]), count(flat[::-1][: reach + 1])


def _rows(count: int, which: str) -> str:
    return f"{which} row" if count == 1 else f"{which} {count} rows"


def _side(last: bool) -> str:
    return "before" if last else "after"


def _th(number: int) -> str:
    """An ordinal number.

    >>> _th(2), _th(3), _th(11)
    ('2nd', '3rd', '11th')
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else ending}"
