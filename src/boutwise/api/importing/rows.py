"""Which frame of its recording each row of a pose file is, where a person says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boutwise.api.importing.draft import Draft, names_of
from boutwise.api.importing.metadata import MOST_FRAMES, Metadata
from boutwise.api.importing.reading import ImportOptions
from boutwise.api.importing.types import ImportPlan
from boutwise.checks.rows_and_frames import propose, unused_ends
from boutwise.errors import UsageError
from boutwise.types import Problem, Severity

NO_FRAME = -1
"""In place of a frame, for a row that is none of the recording."""
WORDS = "first, last, from-N, every-K, every-K-from-N or thin-K"
_MOST = 10**12
"""Larger numbers are no frames, and would not fit beside each other in 64 bits."""
_PATTERN = re.compile(r"(first|last)|from-(\d+)|every-(\d+)(?:-from-(\d+))?|thin-(\d+)")


@dataclass(frozen=True)
class RowMap:
    """What a person says of the rows of a pose file.

    Attributes:
        first_frame: Frame of the first row; None = so that the last row is the last frame.
        step: Frames from one row to the next.
        thin: Rows from one frame to the next; the rows between are left out.
    """

    first_frame: int | None = 0
    step: int = 1
    thin: int = 1

    def frames(self, n_rows: int, n_frames: int | None) -> NDArray[np.int64]:
        """Frame of each row, (rows,); -1 for a row that lies outside the recording.

        >>> RowMap(None).frames(5, 4).tolist(), RowMap(2).frames(3, None).tolist()
        ([-1, 0, 1, 2, 3], [2, 3, 4])
        """
        places = np.arange(n_rows, dtype=np.int64)
        if self.first_frame is None:
            places += (n_rows if n_frames is None else n_frames) - n_rows
        else:
            places = places // self.thin * self.step + self.first_frame
            places[np.arange(n_rows) % self.thin > 0] = NO_FRAME
        outside = places < 0
        if n_frames is not None:
            outside |= places >= n_frames
        places[outside] = NO_FRAME
        return places


def parse(words: str) -> RowMap:
    """Read the words for a map.

    Raises:
        UsageError: They are none.

    >>> parse("every-2-from-10")
    RowMap(first_frame=10, step=2, thin=1)
    """
    match = _PATTERN.fullmatch(words.strip())
    if match is None:
        raise UsageError(f"the rows of a pose file cannot be '{words}'", expected=WORDS)
    whole, start, step, step_start, thin = match.groups()
    if whole is not None:
        return RowMap(0 if whole == "first" else None)
    first, every, thinned = int(start or step_start or 0), int(step or 1), int(thin or 1)
    if not (1 <= every <= _MOST and 1 <= thinned <= _MOST and first <= _MOST):
        raise UsageError(f"the rows of a pose file cannot be '{words}'", expected="K of 1 or more")
    return RowMap(first, every, thinned)


def with_rows(draft: Draft, metadata: Metadata, options: ImportOptions, plan: ImportPlan) -> Draft:
    """The draft with its number of frames and the frame of each row, as far as they are known.

    A number of frames comes from the video or is declared (column ``frames``), a map is declared
    (``--rows``, or column ``rows``). A number that differs from that of the rows is a contradiction
    as long as no map is declared.
    """
    names, known = names_of(draft), draft.known
    declared = metadata.frames_of(names)
    if None not in (declared, draft.shown) and declared != draft.shown:
        what = f"{declared} frames are declared, and the video shows {draft.shown}"
        _refuse(draft, what, "correct the table, or leave the number out", plan)
        return draft
    if draft.file is None:
        return draft
    words = metadata.rows_of(names) or options.rows
    declared = draft.shown or declared
    numbered = draft.row_to_frame
    if numbered is not None and draft.shown is not None and numbered.max() < draft.shown:
        draft = replace(draft, n_frames=draft.shown)  # frames after the last row have no pose
    counted = declared if known is None else None if known.open_end else known.n_frames
    if known is not None and known.open_end and draft.shown is not None:
        counted = max(draft.shown, known.n_frames)
    if None not in (declared, counted) and declared != counted:
        if draft.shown is not None:
            return draft  # told with the video
        todo = "correct the table; or import into a new project, if the project has it wrong"
        what = f"{declared} frames are declared, and the project has {counted} of this recording"
        _refuse(draft, what, todo, plan)
        return draft
    if words is None:
        if declared is not None and declared != draft.n_frames:
            _differ(draft, declared, plan)
        return draft
    if draft.row_to_frame is not None and known is None:
        _refuse(draft, "rows are declared, but the file numbers its rows itself", "", plan)
        return draft
    row_map = parse(words)
    if counted is None and row_map.first_frame is None:
        todo = "declare the number of frames in a column 'frames' of --animals"
        _refuse(draft, "the rows are the last frames, of nobody knows how many", todo, plan)
        return draft
    frames = row_map.frames(draft.n_rows, counted)
    n_frames = counted or max(int(frames.max()) + 1, known.n_frames if known else 0)
    used = int((frames >= 0).sum())
    if n_frames > MOST_FRAMES:
        _refuse(draft, f"with '{words}' the last row is frame {n_frames - 1}", "", plan)
        return draft
    if not used:
        _refuse(draft, f"with '{words}' no row lies in the {n_frames} frames", "", plan)
        return draft
    plan.notes.append(
        f"{draft.id}: by '{words}' {used} of {draft.n_rows} rows are frames "
        f"{frames[frames >= 0][0]} to {frames.max()} of {n_frames}"
    )
    same = np.array_equal(frames, np.arange(n_frames))
    return replace(draft, n_frames=n_frames, row_to_frame=None if same else frames)


def _differ(draft: Draft, declared: int, plan: ImportPlan) -> None:
    contents = None if draft.file is None else draft.file.contents
    pose = None if contents is None else contents.pose
    whole = pose is not None and pose.n_frames == draft.n_rows
    ends = unused_ends(pose) if pose is not None and whole else (0, 0)
    proposal = propose(draft.n_rows, declared, ends=ends)
    if draft.row_to_frame is not None and declared > draft.n_frames:
        what = f"the last row of the pose file is frame {draft.n_frames - 1}"
    else:
        what = f"the pose file has {draft.n_rows} rows"
    plan.contradictions.append(
        Problem(
            "import",
            Severity.BLOCKING,
            what,
            recording=draft.id,
            file=str(draft.file.path) if draft.file else "",
            expected=f"{declared}, the "
            + ("declared number of frames" if draft.shown is None else "frames of the video"),
            todo=f"say which frame each row is, by --rows or a column 'rows': {WORDS}; "
            + (f"proposed is '{proposal.rows}': " if proposal.rows else "")
            + proposal.words,
            value=float(draft.n_rows - declared),
        )
    )


def _refuse(draft: Draft, what: str, todo: str, plan: ImportPlan) -> None:
    plan.contradictions.append(
        Problem("import", Severity.BLOCKING, what, recording=draft.id, file=draft.path, todo=todo)
    )
