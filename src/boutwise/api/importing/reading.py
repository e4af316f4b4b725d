"""First step of an import: read every file, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from boutwise import formats, registry
from boutwise.api.importing.sources import ANY_TABLE, TABLES, VIDEO, Found, real
from boutwise.api.importing.types import ImportPlan, ImportRow
from boutwise.errors import BoutwiseError, FormatError, UsageError
from boutwise.formats import Contents
from boutwise.project import Project, SourceFile
from boutwise.store import file_digest
from boutwise.types import Problem, Severity


@dataclass(frozen=True)
class ImportOptions:
    """What the user said beside the sources; see :func:`boutwise.api.plan_import`."""

    format: str | None = None
    mapping: Mapping[str, Any] | None = None
    fps: float | None = None
    trial_length: int | None = None
    label_offset: Literal["auto"] | int | None = None
    strict: bool = False
    animal_pattern: str | None = None
    session_pattern: str | None = None
    labels_only: bool = False
    annotator_pattern: str | None = None
    rows: str | None = None


@dataclass(frozen=True, eq=False)
class ReadFile:
    """A file that was read.

    Attributes:
        found: Where it is, and which format claims it.
        contents: What it holds; a pose is memory-mapped. None for a pose file that the project
            has already, in just this state.
        options: What the format was told.
        digest: Of its bytes.
        known: The project's entry of this file, or of an equal one that is gone from its place.
    """

    found: Found
    contents: Contents | None
    options: Mapping[str, Any]
    digest: str
    known: SourceFile | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.found.path

    @property
    def empty(self) -> str | None:
        """Why there is nothing in it yet, where it says that itself; None where there is."""
        notes = self.contents.problems if self.contents else ()
        if self.contents is None or self.contents.any or not notes:
            return None
        return notes[0].what

    @property
    def is_pose(self) -> bool:
        """Whether it holds pose."""
        return self.contents is None or self.contents.pose is not None


def problem_of(error: BoutwiseError, file: Path, recording: str = "") -> Problem:
    """A blocking problem that says what an error says."""
    return Problem(
        "import",
        Severity.BLOCKING,
        error.what,
        recording=error.recording or recording,
        file=error.file or str(file),
        row=error.row,
        frame=error.frame,
        expected=error.expected or "",
        todo=error.todo or "",
    )


def read_all(
    project: Project, found: Sequence[Found], options: ImportOptions, plan: ImportPlan
) -> list[ReadFile]:
    """Read the files but videos; those that cannot be read become rows and problems of the plan."""
    poses = [file for file in project.files() if file.kind == "pose"]
    found = [_mapped(one, options.mapping) for one in found if one.format != VIDEO]
    _refuse_unheeded(options.mapping, found)
    done: list[ReadFile] = []
    digests: dict[Path, str] = {}
    for one in found:
        if not one.format:
            plan.rows.append(ImportRow(str(one.path), "", "", False, one.why))
            if one.todo:
                error = FormatError(one.why, file=one.path, todo=one.todo)
                severity = Severity.BLOCKING if one.damaged else Severity.WARNING
                plan.problems.append(replace(problem_of(error, one.path), severity=severity))
            continue
        try:
            if one.path not in digests:
                digests[one.path] = _digest(one.path)
            file = _read(project, one, options, poses, digests[one.path])
            if file.empty is None:
                done.append(file)
            else:
                plan.rows.append(ImportRow(str(one.path), "labels", one.format, False, file.empty))
        except BoutwiseError as error:
            plan.rows.append(ImportRow(str(one.path), "", one.format, False, error.what))
            plan.problems.append(problem_of(error, one.path))
    for file in done:
        plan.problems += file.contents.problems if file.contents else ()
    return done


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise FormatError(
            f"the file cannot be read: {error.strerror or error}",
            file=path,
            expected="a readable file that stays where it is",
            todo="look whether it is still there and may be read, and import it again",
        ) from error


def _refuse_unheeded(mapping: Mapping[str, Any] | None, found: Sequence[Found]) -> None:
    """A mapping that no file heeds is not passed over in silence."""
    if mapping is None:
        return
    wanted = str(mapping.get("format", ANY_TABLE))
    registry.load("format", wanted)  # a misspelt name is told of with the nearest
    others = ", ".join(sorted({one.format for one in found if one.format}))
    if others and not any(one.format == wanted for one in found):
        raise UsageError(
            f"the mapping is for {wanted}, and none of the files is: they are {others}",
            expected="a mapping of the format of at least one file",
            todo=f"leave --mapping out, or name its format in it (format: {others})",
        )


def _mapped(one: Found, mapping: Mapping[str, Any] | None) -> Found:
    """A table that no format claims is what the mapping says, where there is a mapping."""
    if mapping is None or one.format or one.path.suffix.lower() not in TABLES:
        return one
    return replace(one, format=str(mapping.get("format", ANY_TABLE)))


def _read(
    project: Project,
    one: Found,
    options: ImportOptions,
    poses: Sequence[SourceFile],
    digest: str,
) -> ReadFile:
    told = _told(one.format, options)
    if one.member:
        told["member"] = one.member
    # The rate is no part of what is kept: it says when the rows are, not where the points are.
    kept = {name: value for name, value in told.items() if name not in ("fps", "strict")}
    known = _known(one, digest, poses)
    # Beside a pose that is known there may be labels that are not.
    alone = not getattr(registry.load("format", one.format), "WITH_LABELS", False)
    if known is not None and alone and dict(known.options) == kept:
        cached = project.parsed_pose(one.path, format=one.format, options=kept, track=None)
        if cached is not None:
            return ReadFile(one, None, kept, digest, known)
    contents = formats.read(one.path, format=one.format, **told)
    silent = all(problem.severity is Severity.NOTE for problem in contents.problems)
    if not contents.any and not (contents.problems and silent):
        raise _nothing(contents)
    if contents.pose is not None:
        track = project.parsed_pose(one.path, format=one.format, options=kept, track=contents.pose)
        roles = contents.pose.roles
        contents = replace(contents, pose=replace(track or contents.pose, roles=roles))
    return ReadFile(one, contents, kept, digest, known)


def _nothing(contents: formats.Contents) -> FormatError:
    """Why nothing of a file is left: the first thing that was wrong with it."""
    if not contents.problems:
        return FormatError(
            "the file holds neither pose nor labels",
            file=contents.path,
            expected="keypoints by frame, or at least one label",
            todo="leave the file out; if nothing was seen, a file that names the behaviors says so",
        )
    first, more = contents.problems[0], len(contents.problems) - 1
    return FormatError(
        first.what + (f" (and {more} more)" if more else "") + "; nothing else is in the file",
        file=contents.path,
        row=first.row,
        expected=first.expected or None,
        todo=first.todo or None,
    )


def _told(format: str, options: ImportOptions) -> dict[str, Any]:
    """The options that this format takes."""
    takes = formats.options_of(format)
    told: dict[str, Any] = {}
    if options.mapping is not None:
        mapping = dict(options.mapping)
        if mapping.get("format", ANY_TABLE) == format:
            if format == ANY_TABLE:
                mapping.pop("format", None)
                told["mapping"] = mapping
            else:
                told |= {name: value for name, value in mapping.items() if name != "format"}
    if options.fps is not None and "fps" in takes:
        told["fps"] = options.fps
    if "strict" in takes:
        told["strict"] = options.strict
    return told


def _known(one: Found, digest: str, poses: Sequence[SourceFile]) -> SourceFile | None:
    place = one.path.resolve()
    same = [file for file in poses if file.digest == digest and file.format == one.format]
    same = [file for file in same if file.part is None or file.part.member == one.member]
    here = [file for file in same if real(file.path) == place]
    gone = [file for file in same if not file.path.exists()]
    return next(iter([*here, *gone]), None)


def defaults(format: str) -> Mapping[str, Any]:
    """What a format takes for granted."""
    found: Mapping[str, Any] = getattr(registry.load("format", format), "DEFAULTS", {})
    return found
