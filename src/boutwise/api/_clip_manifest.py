"""``manifest.csv`` of a folder of clips: what each file shows, and from where it was cut."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from boutwise.errors import FormatError

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class ManifestRow:
    """One clip.

    Attributes:
        file: Below the folder, with forward slashes.
        behavior: Class that it shows.
        recording: Id of the recording.
        video: Where it was cut from.
        animals: Who acts, or who acts upon whom.
        start_frame: First frame in the video.
        stop_frame: The frame after the last.
        seconds: Length.
        why: ``whole``, ``merged``, ``grown``, ``split`` or ``idle``.
        key: Of the content: another one where the file would be another.
    """

    file: str
    behavior: str
    recording: str
    video: str
    animals: str
    start_frame: int
    stop_frame: int
    seconds: float
    why: str
    key: str


COLUMNS = tuple(field.name for field in fields(ManifestRow))


def read_manifest(folder: Path) -> dict[str, ManifestRow]:
    """File -> row of the clips that an export has listed; nothing where there is no manifest.

    Raises:
        FormatError: The file is no manifest of clips.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise FormatError(
                "this is no manifest of clips",
                file=path,
                expected=f"the columns {', '.join(COLUMNS)}",
                todo="give another folder, or take this file away",
            )
        return {row["file"]: _row(row) for row in rows}


def _row(told: dict[str, str]) -> ManifestRow:
    numbers = {
        "start_frame": int(told["start_frame"]),
        "stop_frame": int(told["stop_frame"]),
        "seconds": float(told["seconds"]),
    }
    return ManifestRow(**{**told, **numbers})  # type: ignore[arg-type]


def write_manifest(folder: Path, rows: Iterable[ManifestRow]) -> Path:
    """Write the list of clips in one go."""
    path = folder / MANIFEST
    temporary = path.with_name(f".{MANIFEST}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    temporary.replace(path)
    return path
