"""MABe 2025: poses of mice of many labs and who did what to whom (parquet and CSV).

A folder with ``train.csv`` or ``test.csv`` and ``train_tracking/LAB/VIDEO.parquet`` (one row a
point), ``train_annotation/LAB/VIDEO.parquet`` (one row a bout). Frames count from 0 and a bout ends
before its stop frame. What a mouse does to itself (target ``self``, or its own number) is of that
mouse alone. The table says what was examined in a video (``behaviors_labeled``); only that becomes
observed, for just those mice. The lab is the cohort of its mice. A number of a mouse
(``mouse1_id``) is the animal within its lab; a mouse without one is an animal of its own video.

The submission of the contest (CSV) is read and written too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._faults import Faults
from boutwise.formats._lost import lost_row
from boutwise.formats._mabe_csv import is_contest_table, save_submission, tracks_in
from boutwise.formats._mabe_meta import SELF, Key, Video, is_table, table_of, video_of
from boutwise.formats._mabe_parquet import (
    ANNOTATION,
    TRACKING,
    bouts,
    columns_of,
    last_frame,
    points,
)
from boutwise.types import Behavior, Bouts, Ethogram, FrameClock, PoseTrack

DESCRIPTION = "MABe 2025: poses and bouts by lab (parquet), frames from 0; submission CSV written"

PARTS = ("train_tracking", "test_tracking", "train_annotation")
ROLES = {
    "nose": "nose",
    "head": "head",
    "ear_left": "left_ear",
    "ear_right": "right_ear",
    "neck": "neck",
    "body_center": "center",
    "forepaw_left": "left_forepaw",
    "forepaw_right": "right_forepaw",
    "hindpaw_left": "left_hindpaw",
    "hindpaw_right": "right_hindpaw",
    "hip_left": "left_hip",
    "hip_right": "right_hip",
    "tail_base": "tail_base",
    "tail_tip": "tail_tip",
}


def sniff(path: Path) -> bool:
    """Whether this is the folder, a parquet file of it, or a submission."""
    if path.is_dir():
        tables = (path / "train.csv", path / "test.csv")
        return any((path / part).is_dir() for part in PARTS) and any(map(is_table, tables))
    if not path.is_file():
        return False
    columns = columns_of(path)
    if columns:
        return set(TRACKING) <= columns or set(ANNOTATION) <= columns
    return is_contest_table(path)


def files(folder: Path) -> list[Path]:
    """Pose files, then files of bouts, each sorted."""
    return [
        member
        for part in PARTS
        for member in sorted((folder / part).glob("*/*.parquet"))
        if not member.name.startswith(".")
    ]


def read(path: Path, *, fps: float | None = None, strict: bool = True) -> Contents:
    """Read a pose file, a file of bouts or a submission.

    Args:
        path: A file; of a folder, one of :func:`files`.
        fps: Frame rate, where no table states it.
        strict: Stop at a bout that does not end after its start; else report it and leave it out.

    Raises:
        FormatError: A file is broken, or the table beside it does not know the video.
    """
    if path.is_dir():
        raise FormatError(
            "this is a folder", file=path, expected="one of its files; files() lists them"
        )
    columns = columns_of(path)
    if set(TRACKING) <= columns:
        return _pose(path, fps)
    if set(ANNOTATION) <= columns:
        return _labels(path, strict)
    if columns or path.suffix.lower() == ".parquet":
        raise FormatError(
            "the parquet file is broken, or has other columns",
            file=path,
            expected=f"{', '.join(TRACKING)}; or {', '.join(ANNOTATION)}",
        )
    table, tracks = tracks_in(path)
    name = tracks[0].recording if len(tracks) == 1 else path.stem
    return Contents(
        path,
        "mabe2025",
        name,
        labels=tracks,
        fps=fps,
        problems=table.problems,
        ethogram=_ethogram([(r.animal, r.target, r.behavior) for t in tracks for r in t.rows]),
    )


def _pose(path: Path, fps: float | None) -> Contents:
    video = video_of(path)
    found = points(path, video.parts if video else ())
    track = PoseTrack(
        found.positions,
        None,
        found.mice,
        found.parts,
        roles={part: ROLES[part] for part in found.parts if part in ROLES},
        unit="px",
        source=str(path),
    )
    animals = (
        tuple(video.animals[mouse] for mouse in found.mice if mouse in video.animals)
        if (video)
        else ()
    )
    return Contents(
        path,
        "mabe2025",
        path.stem,
        pose=track,
        fps=fps or (video.fps if video else None),
        animals=animals if len(animals) == len(found.mice) else (),
    )


def _labels(path: Path, strict: bool) -> Contents:
    video = video_of(path)
    if video is None:
        raise FormatError(
            "the table that says what was examined is not there",
            file=path,
            expected=str(table_of(path)),
            todo="keep the folders as they were published",
        )
    faults = Faults(path, format="mabe2025", strict=strict)
    rows: list[LabelRow] = []
    lost: list[LabelRow] = []
    for number, (agent, target, action, start, stop) in enumerate(bouts(path), start=1):
        toward = "" if target in (SELF, agent) else target
        if not 0 <= start < stop:
            faults.report(
                f"a bout of '{action}' goes from frame {start} to {stop}",
                row=number,
                expected="half-open frames [start, stop) with 0 <= start < stop",
            )
            lost.append(lost_row(action, start, stop, number, animal=agent))
            continue
        rows.append(LabelRow(action, start, stop, number, agent, toward))
    _warn_unlisted(rows, video, faults)
    n_frames = _n_frames(path, video, rows)
    examined = tuple(
        LabelRow(action, 0, n_frames, video.row, agent, target)
        for agent, target, action in video.labelled
    )
    named = dict.fromkeys(row.behavior for row in (*examined, *rows))
    track = LabelTrack(
        path.stem,
        "frame",
        tuple(rows),
        tuple(named),
        fps=video.fps,
        examined=examined,
        lost=tuple(lost),
    )
    keys = [*video.labelled, *((row.animal, row.target, row.behavior) for row in rows)]
    return Contents(
        path,
        "mabe2025",
        path.stem,
        labels=(track,),
        fps=video.fps,
        problems=tuple(faults.problems),
        ethogram=_ethogram(keys),
    )


def _warn_unlisted(rows: list[LabelRow], video: Video, faults: Faults) -> None:
    odd = [row for row in rows if (row.animal, row.target, row.behavior) not in video.labelled]
    if odd:
        first = odd[0]
        key = ",".join((first.animal, first.target or SELF, first.behavior))
        faults.warn(
            f"{len(odd)} bouts are of what behaviors_labeled does not name, such as {key}",
            row=first.row,
            todo="nothing: they are kept; around them nobody says that the action was looked for",
        )


def _n_frames(path: Path, video: Video, rows: list[LabelRow]) -> int:
    """Frames of a video: as its pose file has them, else by its length."""
    pose = path.parent.parent.with_name("train_tracking") / path.parent.name / path.name
    last = last_frame(pose)
    if last is not None:
        return last + 1
    by_length = round(video.duration_s * video.fps) if video.duration_s else 1
    return max([by_length, *(int(row.stop) for row in rows)])


def _ethogram(keys: list[Key]) -> Ethogram | None:
    """Behaviors with their scope; one that is directed anywhere is directed."""
    names = dict.fromkeys(action for _, _, action in keys)
    directed = {action for _, target, action in keys if target}
    if not names:
        return None
    return Ethogram(
        tuple(
            Behavior(name, scope="directed" if name in directed else "individual") for name in names
        )
    )


def write(path: Path, bouts: Bouts, *, clocks: Mapping[str, FrameClock]) -> list[Path]:
    """Write a submission: one row a bout, one action of a pair at a time.

    Where two actions of one mouse toward one other overlap, the more confident one keeps the
    frames, because the contest refuses both. What was examined, and that something was not shown,
    has no place in a submission.

    Args:
        path: File to write.
        bouts: Of one annotator; recordings are called like the videos, with or without folders
            before it, mice ``mouse1`` to ``mouse4``.
        clocks: Recording -> clock.

    Raises:
        LabelError: There are several annotators, a mouse has another name, or two recordings
            would be one video.
    """
    save_submission(path, bouts)
    return [path]
