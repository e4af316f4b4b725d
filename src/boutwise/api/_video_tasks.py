"""Which recordings the video files of a prediction are, by the names that an import gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from boutwise.api.importing.sources import VIDEOS, below, recording_id
from boutwise.errors import DataError, UsageError
from boutwise.prepare import Material
from boutwise.prepare.detectors import Scene
from boutwise.store import Store
from boutwise.video import cached_index, index_video


def video_files(sources: Sequence[str | Path]) -> dict[str, Path]:
    """The video files among the sources and in their folders, by the ids of their recordings.

    Raises:
        DataError: There is none, or two of them would have the same id.
        UsageError: A source is not there.
    """
    found: dict[str, Path] = {}
    for path, folder in _files(sources):
        name = recording_id(folder, path.stem)
        if name in found and found[name].resolve() != path.resolve():
            raise DataError(
                f"two videos would both be the recording '{name}'",
                file=path,
                expected="one file a recording",
                todo=f"the other is {found[name]}; name the folder above them, so that their "
                "folders become part of the ids, or predict them one by one, into two folders",
            )
        found[name] = path
    if not found:
        raise DataError(
            "there is no video to predict",
            file=", ".join(map(str, sources)),
            expected=f"video files ({', '.join(sorted(VIDEOS))}), folders of them, or a project",
        )
    return found


def _files(sources: Sequence[str | Path]) -> Iterator[tuple[Path, str]]:
    for source in map(Path, sources):
        if not source.exists():
            raise UsageError("there is no such file or folder", file=source)
        if source.is_file():
            yield source, ""
            continue
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            if path.suffix.lower() in VIDEOS:
                yield path, below(path.parent, source)


def video_material(recording: str, path: Path, store: Store | None) -> Material:
    """A video of one animal, which is named after its recording.

    Raises:
        FormatError: The file is no video.
    """
    index = index_video(path) if store is None else cached_index(path, store)
    animals = (recording,)
    return Material(
        recording, index.clock, animals, scene=Scene(path, index, animals, recording=recording)
    )
