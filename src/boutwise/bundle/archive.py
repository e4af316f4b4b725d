"""A folder as one zip, always the same bytes for the same contents; and back, carefully."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path, PurePosixPath

from boutwise.errors import BundleError

LARGEST_BYTES = 8 << 30
MOST_FILES = 1000
_DATE = (1980, 1, 1, 0, 0, 0)


def pack(directory: Path, path: Path) -> None:
    """Zip a folder; the file appears under its name only when it is whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(directory.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(file.relative_to(directory).as_posix(), _DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes())
    temporary.replace(path)


def unpack(path: Path, directory: Path) -> None:
    """Unzip a bundle into a folder.

    Raises:
        BundleError: It is no zip, is damaged, is larger unpacked than a bundle can be, or holds a
            path that leads out of the folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse_bombs(entries, path)
            for entry in entries:
                place = PurePosixPath(entry.filename)
                if place.is_absolute() or ".." in place.parts or ":" in entry.filename:
                    raise BundleError(
                        f"the bundle holds the path '{entry.filename}', which leads out of it",
                        file=path,
                        todo="do not use this file; ask whoever gave it to you",
                    )
                _extract(archive, entry, directory.joinpath(*place.parts), path)
    except FileNotFoundError as error:
        raise BundleError(
            "there is no such bundle",
            file=path,
            todo="check the path; a run keeps its bundle in runs/<name>/bundle.boutwise",
        ) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
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


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path, path: Path) -> None:
    if entry.is_dir():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, place.open("wb") as target:
        while block := source.read(1 << 20):
            left -= len(block)
            if left < 0:
                raise BundleError(
                    f"'{entry.filename}' in the bundle is larger than it says", file=path
                )
            target.write(block)


def digest(path: Path) -> str:
    """The first twelve digits of the SHA-256 of a file: the id of a bundle."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
