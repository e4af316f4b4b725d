"""Other people's files: pose tracks and labels in, bouts out.

What lives here: one module a format; its name is the name behind ``--format``. Modules whose name
begins with ``_`` serve them. What may be imported: ``types``, ``errors``, ``registry``, numpy,
pandas, h5py, and inside functions openpyxl and the extras; nothing that lies higher. To add a
format: one file with ``DESCRIPTION``, ``sniff(path)`` and ``read(path, *, options)``, and
``write(path, ..., ...)`` where the format is written too, as :mod:`boutwise.formats._contract`
says; a sample in ``tests/formats/_samples.py``, and the contract tests run over it; a line on the
page ``docs/reference/formats.md``. A reader gives the file's own words and units, half-open and
counted from 0; :func:`labels_to_bouts` puts them on the frames of a recording. It reports and does
not guess: every error names the file and, where there is one, the row.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import yaml

from boutwise import registry
from boutwise.errors import FormatError, UsageError, did_you_mean
from boutwise.formats._bouts import label_offset, labels_to_bouts
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._text import refuse_special
from boutwise.types import PoseTrack
from boutwise.types.plain_yaml import load_yaml, row_of, words_of

__all__ = [
    "Contents",
    "LabelRow",
    "LabelTrack",
    "files",
    "label_offset",
    "labels_to_bouts",
    "members",
    "options_of",
    "read",
    "read_all",
    "sniff",
]


def sniff(path: str | Path) -> str:
    """Name of the one format that claims a file or folder.

    Raises:
        FormatError: No format or several claim it; the message says what was seen.
    """
    path = Path(path)
    if not path.exists():
        raise FormatError(
            "there is no such file",
            file=path,
            expected="an existing file or folder",
            todo="check the path",
        )
    refuse_special(path)
    names = registry.names("format")
    claims = [name for name in names if registry.load("format", name).sniff(path)]
    if len(claims) == 1:
        return claims[0]
    if claims:
        raise FormatError(
            f"{len(claims)} formats claim this file: {', '.join(claims)}",
            file=path,
            row=None if path.is_dir() else 1,
            expected="one format",
            todo=f"name it: --format {claims[0]}",
        )
    raise FormatError(
        f"no format claims this {'folder' if path.is_dir() else 'file'}; {_seen(path)}",
        file=path,
        row=None if path.is_dir() else 1,
        expected=f"one of {', '.join(names)}",
        todo="name it: --format NAME; a plain table needs --format pose_table --mapping YAML",
    )


def _seen(path: Path) -> str:
    """What a file looks like, in words."""
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir())[:5]
        return f"it holds {', '.join(inside) or 'nothing'}"
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        return "it is empty"
    if b"\x00" in head:
        return f"it is binary and begins with {head[:8]!r}"
    line = head.decode("utf-8", errors="replace").splitlines()[0]
    return f"it begins with '{line[:80]}'"


def read(path: str | Path, *, format: str | None = None, **options: Any) -> Contents:
    """Read a file.

    Args:
        path: A file; of a folder format, one of its :func:`files`.
        format: Name of the format; found by :func:`sniff` when not given.
        **options: Options of that format. ``mapping`` (a YAML file or a dict) describes a plain
            table; a mapping with the key ``format`` gives the options of that format instead.

    Raises:
        FormatError: The file cannot be read as that format.
        UsageError: The format has no such option.
    """
    path = Path(path)
    refuse_special(path)
    mapping = options.get("mapping")
    if mapping is not None:
        fields = load_mapping(mapping)
        if "format" in fields or ("keypoints" not in fields and "animals" not in fields):
            options = {**fields, **{key: options[key] for key in options if key != "mapping"}}
            named = options.pop("format", None)
            format = format or (str(named) if named else None)
        else:
            format = format or "pose_table"
    name = format or sniff(path)
    part = registry.load("format", name)
    known = options_of(name)
    for option in options:
        if option not in known:
            raise UsageError(
                f"the format '{name}' has no option '{option}'",
                file=path,
                todo=did_you_mean(option, known),
            )
    if hasattr(part, "members") and not options.get("member"):
        options["member"] = _only(path, part)
    contents = cast(Contents, part.read(path, **options))
    if contents.pose is not None:
        _refuse_empty(contents.pose, path)
    return contents


def _refuse_empty(pose: PoseTrack, path: Path) -> None:
    """Refuse a track without a single point: it would look like a mouse that is never there."""
    # Nearly every track has a point in its first frame, and then the rest is not looked at.
    if not np.isfinite(pose.positions[:1]).any() and not np.isfinite(pose.positions).any():
        raise FormatError(
            f"no point is there in any of {pose.n_frames} frames",
            file=path,
            expected="the place of a point in at least one frame",
            todo="leave the file out, or track the video again",
        )


def read_all(path: str | Path, *, format: str | None = None, **options: Any) -> list[Contents]:
    """Read every recording of a file: mostly one, of some formats several; see :func:`members`."""
    names = members(path, format=format)
    if not names:
        return [read(path, format=format, **options)]
    return [read(path, format=format, **{**options, "member": name}) for name in names]


def members(path: str | Path, *, format: str | None = None) -> list[str]:
    """Names of the recordings in a file of a format that holds several; empty for other formats."""
    part: ModuleType = registry.load("format", format or sniff(path))
    return cast(list[str], part.members(Path(path))) if hasattr(part, "members") else []


def _only(path: Path, part: ModuleType) -> str:
    """The one member of a file."""
    names = cast(list[str], part.members(path))
    if len(names) == 1:
        return names[0]
    some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    raise FormatError(
        f"the file holds {len(names)} recordings",
        file=path,
        expected=f"the name of one of them: {some}",
        todo="name it by the option 'member', or import the file: all of them are imported",
    )


def options_of(name: str) -> tuple[str, ...]:
    """Names of the options of a format's ``read``."""
    parameters = inspect.signature(registry.load("format", name).read).parameters
    return tuple(each.name for each in parameters.values() if each.kind is each.KEYWORD_ONLY)


def files(path: str | Path, *, format: str | None = None) -> list[Path]:
    """The files behind a path: the members of a folder format, or the file itself."""
    path = Path(path)
    part: ModuleType = registry.load("format", format or sniff(path))
    if path.is_dir() and hasattr(part, "files"):
        return cast(list[Path], part.files(path))
    return [path]


def load_mapping(mapping: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as a dict, read from its YAML file when it is a path.

    Raises:
        FormatError: The file cannot be read, or is no mapping.
    """
    if isinstance(mapping, Mapping):
        return dict(mapping)
    path = Path(mapping)
    refuse_special(path)
    try:
        loaded, _ = load_yaml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FormatError(
            f"the mapping cannot be read: {words_of(error)}",
            file=path,
            row=row_of(error),
            expected="a YAML file",
            todo="mend the mapping",
        ) from error
    if not isinstance(loaded, dict):
        raise FormatError(
            "the mapping is not a mapping",
            file=path,
            row=1,
            expected="key: value",
            todo="mend the mapping",
        )
    return loaded
