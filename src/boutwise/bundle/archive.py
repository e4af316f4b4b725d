"""A folder as one zip, always the same bytes for the same contents; and back, carefully.

The zip holds the digest of every file, so that a file that was replaced, added or lost is noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from boutwise.errors import BundleError

LARGEST_BYTES = 8 << 30
MOST_FILES = 1000
DIGESTS = "digests.json"
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError),  # another packing; a password; odd names
)
_DATE = (1980, 1, 1, 0, 0, 0)


def pack(directory: Path, path: Path) -> None:
    """Zip a folder; the file appears under its name only when it is whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        digests: dict[str, str] = {}
        for file in sorted(directory.rglob("*")):
            if file.is_file():
                name, content = file.relative_to(directory).as_posix(), file.read_bytes()
                digests[name] = hashlib.sha256(content).hexdigest()
                _add(archive, name, content)
        _add(archive, DIGESTS, json.dumps(digests, indent=1).encode("utf-8"))
    temporary.replace(path)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def unpack(path: Path, directory: Path) -> None:
    """Unzip a bundle into a folder.

    Raises:
        BundleError: It is no zip, is damaged, is larger unpacked than a bundle can be, or holds a
            path that leads out of the folder, a link, a file twice, or another than was packed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse_bombs(entries, path)
            for entry in entries:
                _refuse_odd(entry, path)
            _refuse_twins(entries, path)
            digests = _digests(archive, path)
            for entry in entries:
                if entry.filename != DIGESTS and not entry.is_dir():
                    place = directory.joinpath(*PurePosixPath(entry.filename).parts)
                    found = _extract(archive, entry, place, path)
                    if digests.pop(entry.filename, "") != found:
                        raise _replaced(
                            f"'{entry.filename}' in the bundle was put there later", path
                        )
            if digests:
                raise _replaced(f"'{min(digests)}' is missing in the bundle", path)
    except FileNotFoundError as error:
        raise BundleError(
            "there is no such bundle",
            file=path,
            todo="check the path; a run keeps its bundle in runs/<name>/bundle.boutwise",
        ) from error
    except _BROKEN as error:
        raise BundleError(
            f"this is not a bundle, or it is damaged ({error})",
            file=path,
            expected="a file written by 'boutwise train'",
            todo="copy it again",
        ) from error


def _refuse_bombs(entries: list[zipfile.ZipInfo], path: Path) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > LARGEST_BYTES or len(entries) > MOST_FILES:
        raise BundleError(
            f"the bundle unpacks to {total / 1e9:.1f} GB in {len(entries)} files",
            file=path,
            expected=f"at most {LARGEST_BYTES / 1e9:.0f} GB in {MOST_FILES} files",
            todo="do not use this file; ask whoever gave it to you",
        )


def _refuse_odd(entry: zipfile.ZipInfo, path: Path) -> None:
    """Refuse a path that leads out of the bundle, and links."""
    place, name = PurePosixPath(entry.filename), entry.filename
    out = place.is_absolute() or ".." in place.parts or ":" in name or "\\" in name
    if out or stat.S_ISLNK(entry.external_attr >> 16):
        what = "the path '{}', which leads out of it" if out else "the link '{}'"
        raise BundleError(
            f"the bundle holds {what.format(name)}",
            file=path,
            todo="do not use this file; ask whoever gave it to you",
        )


def _refuse_twins(entries: list[zipfile.ZipInfo], path: Path) -> None:
    """Refuse names that would be one file, here or on Windows."""
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename.casefold()
        if name in seen:
            raise _replaced(f"the bundle holds '{entry.filename}' twice", path)
        seen.add(name)


def _digests(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """What the files of the bundle were when it was packed."""
    try:
        with archive.open(DIGESTS) as member:
            found = json.loads(member.read(MOST_FILES * 1000))
        return {str(name): str(value) for name, value in found.items()}
    except (KeyError, ValueError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"the bundle has no readable {DIGESTS}",
            file=path,
            expected="a file written by 'boutwise train'",
            todo="copy it again, or train again",
        ) from error


def _replaced(what: str, path: Path) -> BundleError:
    return BundleError(
        what,
        file=path,
        expected="the files that 'boutwise train' packed, as it packed them",
        todo="ask whoever gave it to you for the bundle as it was trained",
    )


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path, path: Path) -> str:
    """Unpack one file; returns its digest."""
    found = hashlib.sha256()
    place.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, place.open("wb") as target:
        while block := source.read(1 << 20):
            left -= len(block)
            if left < 0:
                raise BundleError(
                    f"'{entry.filename}' in the bundle is larger than it says", file=path
                )
            found.update(block)
            target.write(block)
    return found.hexdigest()


def digest(path: Path) -> str:
    """The first twelve digits of the SHA-256 of a file: the id of a bundle."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
