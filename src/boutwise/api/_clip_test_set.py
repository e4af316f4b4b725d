"""The recordings that an export of clips keeps apart: their videos in full length, listed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from boutwise import registry
from boutwise.formats._prediction import file_stem
from boutwise.project import Project
from boutwise.types import Recording


def write_kept_apart(
    project: Project, recordings: Sequence[Recording], folder: Path, annotator: str | None
) -> None:
    """List the full-length videos that are kept apart, with their labels beside the list."""
    if not recordings:
        return
    folder.mkdir(exist_ok=True)
    part = registry.load("format", "bouts_csv")
    with (folder / "videos.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("recording", "video", "animals", "frames", "seconds"))
        writer.writerows(_listed(project, recordings))
    for recording in recordings:
        bouts = project.bouts(recording.id)
        if annotator not in (None, "majority"):
            bouts = bouts.where(annotator=annotator)
        path = folder / f"{file_stem(recording.id)}.bouts.csv"
        part.write(path, bouts, clocks={recording.id: recording.clock})


def _listed(project: Project, recordings: Sequence[Recording]) -> Iterator[tuple[object, ...]]:
    for each in recordings:
        path = project.video_file(each.id).path
        yield each.id, path, " ".join(each.animals), each.n_frames, round(each.clock.duration_s, 3)
