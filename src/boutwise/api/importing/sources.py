"""Which files an import is about: files, folders and patterns, each claimed by one format."""

from __future__ import annotations

import glob
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from boutwise import formats, registry
from boutwise.api.importing.strangers import unclaimed
from boutwise.errors import BoutwiseError, DataError
from boutwise.formats import bouts_csv

VIDEO = "video"
"""In place of a format: a video, which no format reads; see :mod:`.video_files`."""
VIDEOS = frozenset(
    {
        *(".mp4", ".avi", ".mov", ".mkv", ".mpg", ".mpeg", ".m4v", ".wmv", ".webm"),
        *(".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".flv"),
    }
)
TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
ANY_TABLE = "pose_table"
"""The format that claims nothing by itself: its mapping says what is in a table."""


@dataclass(frozen=True)
class Found:
    """A file of an import.

    Attributes:
        path: The file.
        folder: Where it lies below the source that it was found by; empty at the top.
        format: The format that claims it, or :data:`VIDEO`; empty when none does.
        why: Why none claims it.
        todo: What to do about it, where the file was perhaps meant to be read.
        damaged: Whether nobody could read it.
        member: Name of a recording in the file, where it holds the pose of several.
    """

    path: Path
    folder: str
    format: str
    why: str = ""
    todo: str = ""
    damaged: bool = False
    member: str = ""


def find(sources: Sequence[str | Path], format: str | None) -> list[Found]:
    """All files of the sources, each once (or once for each of its members), in order.

    A source is a file, a folder (searched with all its folders) or a pattern with ``*``. Files
    whose names begin with a dot are left out. With ``format``, files that it does not claim are
    listed as unclaimed; a single file is read by it in any case.

    Raises:
        DataError: A source is not there, holds no files, or a pattern fits nothing.
        PartError: There is no such format.
    """
    if format is not None:
        registry.load("format", format)
    found: dict[Path, list[Found]] = {}
    for source in sources:
        files = list(_of_source(str(source), format))
        if not files:
            raise DataError(
                "this folder holds no files",
                file=source,
                expected="files of pose or labels; names that begin with a dot are left out",
                todo="check the path",
            )
        for file in files:
            if real(file.path) not in found:
                found[real(file.path)] = _members(file)
    beside = _read_beside(found)
    return [one for path, files in found.items() if path not in beside for one in files]


def _read_beside(found: Mapping[Path, Sequence[Found]]) -> set[Path]:
    """Observed tables that are read with the bouts table beside them, and not on their own."""
    own = [one.path for files in found.values() for one in files if one.format == "bouts_csv"]
    beside = {path: bouts_csv.observed_path(path) for path in own}
    # An observed table without a bouts table is its own neighbor, and is read.
    return {real(other) for path, other in beside.items() if other != path}


def _members(file: Found) -> list[Found]:
    """The recordings of a file, where its format can hold several; else the file itself."""
    if file.format in ("", VIDEO):
        return [file]
    try:
        names = formats.members(file.path, format=file.format)
    except BoutwiseError:
        return [file]  # reading it will say what is wrong, and where
    return [replace(file, member=name) for name in names] or [file]


def _of_source(source: str, format: str | None) -> Iterator[Found]:
    path = Path(source)
    if path.is_dir():
        yield from _of_folder(path, path, format)
    elif path.is_file():
        named = format is not None and path.suffix.lower() not in VIDEOS
        yield Found(path, "", format or "") if named else _claimed(path, "")
    elif glob.has_magic(source):
        # Path.glob takes no pattern that begins at a drive or at the root.
        hits = sorted(Path(hit) for hit in glob.glob(source, recursive=True))  # noqa: PTH207
        if not hits:
            raise DataError("no file fits this pattern", file=source, todo="check the pattern")
        steady = re.split(r"[*?\[]", source)[0]
        root = Path(steady) if steady.endswith(("/", "\\")) else Path(steady).parent
        for hit in hits:
            if hit.is_dir():
                yield from _of_folder(hit, root, format)
            else:
                yield _claimed(hit, below(hit.parent, root), format)
    else:
        raise DataError(_absent(path), file=source, todo="check the path")


def real(path: Path) -> Path:
    """The file behind a path; a link that leads in a circle is itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _absent(path: Path) -> str:
    """Why a path is no file, in words; empty for a file."""
    if path.is_file():
        return ""
    if path.exists():
        return "this is neither a file nor a folder, but a pipe or a device"
    return "this link leads nowhere" if path.is_symlink() else "there is no such file or folder"


def _of_folder(
    folder: Path, root: Path, format: str | None, above: tuple[Path, ...] = ()
) -> Iterator[Found]:
    if folder.resolve() in above:
        return  # a link back to a folder that is being searched
    above = (*above, folder.resolve())
    whole = _folder_format(folder, format)
    if whole:
        part = registry.load("format", whole)
        for member in part.files(folder):
            yield Found(member, below(folder, root), whole)
        yield from _videos_in(folder, root, getattr(part, "LAYOUT_FOLDERS", frozenset()))
        return
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _of_folder(entry, root, format, above)
        else:
            yield _claimed(entry, below(folder, root), format)


def _videos_in(folder: Path, root: Path, layout: Collection[str]) -> Iterator[Found]:
    """Videos in a folder that is read as a whole; folders of its layout are no part of an id."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in VIDEOS and path.is_file() and not path.name.startswith("."):
            steps = PurePosixPath(below(path.parent, root)).parts
            yield Found(path, "/".join(step for step in steps if step not in layout), VIDEO)


def _folder_format(folder: Path, format: str | None) -> str:
    """The format whose unit is a whole folder and that claims this one."""
    for name in registry.names("format") if format is None else [format]:
        module = registry.load("format", name)
        if hasattr(module, "files") and module.sniff(folder):
            return name
    return ""


def _claimed(path: Path, folder: str, only: str | None = None) -> Found:
    absent = _absent(path)
    if absent:
        return Found(path, folder, "", absent, "mend the link, or take it away", damaged=True)
    if path.suffix.lower() in VIDEOS:
        return Found(path, folder, VIDEO)
    if only == ANY_TABLE:
        is_table = path.suffix.lower() in TABLES
        return Found(path, folder, only if is_table else "", "" if is_table else "it is no table")
    claims = []
    for name in registry.names("format") if only is None else [only]:
        try:
            if registry.load("format", name).sniff(path):
                claims.append(name)
        except BoutwiseError as error:
            return Found(path, folder, "", error.what, error.todo or "", damaged=True)
    if len(claims) == 1:
        return Found(path, folder, claims[0])
    if claims:
        return Found(path, folder, "", f"several formats claim it: {', '.join(claims)}")
    if only:
        return Found(path, folder, "", f"it is no {only}")
    return Found(path, folder, "", *unclaimed(path))


def below(path: Path, root: Path) -> str:
    """Where a folder lies below another one, with ``/``; empty for that folder itself."""
    # As it was found: what lies behind a link may be anywhere.
    inside = path.is_relative_to(root)
    below = (path.relative_to(root) if inside else Path(path.name)).as_posix()
    return "" if below == "." else below


def recording_id(folder: str, base: str) -> str:
    """The id of a new recording.

    Args:
        folder: Where its file lies below the source of the import; empty at the top.
        base: What the file says about its recording.

    >>> recording_id("day 1", "mouse/left")
    'day_1/mouse_left'
    """
    return slug("/".join(part for part in (folder, base.replace("/", "_")) if part))


def slug(name: str) -> str:
    """A name without what file systems and shells stumble over; folders stay apart.

    >>> slug("day 1/Käfig 3 (left)")
    'day_1/Käfig_3_left'
    """
    parts = [re.sub(r"[^\w.-]+", "_", part).strip("_.") for part in PurePosixPath(name).parts]
    return "/".join(part for part in parts if part)
