"""Videos of an import: each gone through once, with all that is to be known of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boutwise.api.importing.reading import problem_of
from boutwise.api.importing.sources import VIDEO, Found, real
from boutwise.api.importing.types import ImportPlan, ImportRow
from boutwise.errors import BoutwiseError, FormatError
from boutwise.project import Project, SourceFile
from boutwise.video import Probe, VideoIndex, cached_index, probe

DRAWN_ON = re.compile(r"DLC_.*_labeled$")
"""Names of the videos on which DeepLabCut drew the points that it found."""


@dataclass(frozen=True, eq=False)
class VideoFile:
    """A video that was indexed.

    Attributes:
        found: Where it is.
        index: Its frames and their times.
        probe: What is to be known of it.
        known: The project's entry of this file, or of an equal one that is gone from its place.
        copy_of: The project's entry of an equal video that is still at its place.
        why: How it is known which recording it is of.
    """

    found: Found
    index: VideoIndex
    probe: Probe
    known: SourceFile | None = None
    copy_of: SourceFile | None = None
    why: str = ""

    @property
    def path(self) -> Path:
        """The file."""
        return self.found.path

    @property
    def name(self) -> str:
        """What the file is called, without folders and suffix."""
        return self.found.path.stem

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.found.path.resolve().parent

    @property
    def news(self) -> str:
        """``new``, ``unchanged``, ``moved`` or ``changed`` against what the project has."""
        if self.known is None:
            return "new"
        if self.known.digest != self.index.digest:
            return "changed"
        return "unchanged" if real(self.known.path) == real(self.path) else "moved"


def video_row(
    video: VideoFile, recording: str, why: str, *, matched: bool, news: str = ""
) -> ImportRow:
    """The row of a video in the table of the dry run."""
    words = "; ".join([*([why] if why else []), *video.probe.words])
    return ImportRow(
        str(video.path),
        "video",
        VIDEO,
        matched,
        words,
        recording,
        n_rows=video.index.n_frames,
        news=news,
    )


def read_videos(project: Project, found: Sequence[Found], plan: ImportPlan) -> list[VideoFile]:
    """Index all videos; those that are none become rows and problems of the plan."""
    known = [file for file in project.files() if file.kind == "video"]
    done = []
    for one in found:
        if one.format != VIDEO:
            continue
        if DRAWN_ON.search(one.path.stem):
            why = "a video on which DeepLabCut drew its points; import the one that it was made of"
            plan.rows.append(ImportRow(str(one.path), "video", VIDEO, False, why))
            continue
        try:
            done.append(_read(project, one, known))
        except BoutwiseError as error:
            plan.rows.append(ImportRow(str(one.path), "video", VIDEO, False, error.what))
            plan.problems.append(problem_of(error, one.path))
    return done


def _read(project: Project, one: Found, known: Sequence[SourceFile]) -> VideoFile:
    try:
        index = cached_index(one.path, project.store)
    except OSError as error:
        raise FormatError(
            f"the file cannot be read: {error.strerror or error}",
            file=one.path,
            todo="look whether it is still there and may be read, and import it again",
        ) from error
    if index.n_frames < 2:
        raise FormatError(
            "the video has a single frame",
            file=one.path,
            expected="two frames or more: pictures are not imported",
            todo="leave the file out",
        )
    place = real(one.path)
    here = [file for file in known if real(file.path) == place]
    equal = [file for file in known if file.digest == index.digest]
    gone = [file for file in equal if not file.path.exists()]
    return VideoFile(
        one,
        index,
        probe(one.path, index, check="import"),
        known=next(iter([*here, *gone]), None),
        copy_of=None if here or gone else next(iter(equal), None),
    )
