"""The videos of a run: where they are, and the boxes that were found in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from boutwise.errors import BoutwiseError, DataError
from boutwise.formats._boxes import read_boxes
from boutwise.store import Store
from boutwise.types import Boxes
from boutwise.video import VideoIndex, cached_index, index_video


@dataclass(frozen=True, eq=False)
class Film:
    """The video of a recording, as the run saw it.

    Attributes:
        recording: Id.
        path: Where the video was when the run began.
        digest: Of its frames.
        n_frames: Number of frames.
        fps: Frames per second.
        damaged: Frames whose packet is cut or marked as broken.
        boxes_file: Boxes of all its frames; None where nothing was detected.
        store: Where indexes are kept; None where that folder is gone.
        detected: Whether the animals were looked for in its pictures; else boxes are those around
            the pose.
        unturned: Animal -> frames in which it was found and nothing told where it faces, where its
            pictures are turned.
    """

    recording: str
    path: Path
    digest: str
    n_frames: int
    fps: float
    damaged: int
    boxes_file: Path | None
    store: Path | None
    detected: bool = True
    unturned: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def boxes(self) -> Boxes | None:
        """Where each animal is in each frame.

        Raises:
            FormatError: The run folder lost them.
        """
        return None if self.boxes_file is None else read_boxes(self.boxes_file)

    @cached_property
    def index(self) -> VideoIndex | None:
        """Index of the file; None where :attr:`gone` says why there is none."""
        return self._indexed[0]

    @property
    def gone(self) -> str:
        """Why no picture can be read; empty where the file is the one that was learned from."""
        return self._indexed[1]

    @cached_property
    def _indexed(self) -> tuple[VideoIndex | None, str]:
        if not self.path.is_file():
            return None, f"the video is no longer at {self.path}"
        try:
            index = (
                index_video(self.path)
                if self.store is None
                else cached_index(self.path, Store(self.store))
            )
        except BoutwiseError as error:
            return None, f"the video cannot be read: {error.what}"
        if index.digest != self.digest:
            return None, f"{self.path} is another video than when the run began"
        return index, ""


def read_films(directory: Path) -> dict[str, Film]:
    """The videos of a run by recording; none where it has none.

    Args:
        directory: The run folder.

    Raises:
        DataError: ``data/videos.json`` is broken.
    """
    path = directory / "data" / "videos.json"
    if not path.is_file():
        return {}
    store = _store(directory / "data" / "snapshot.json")
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {name: _film(directory, name, entry, store) for name, entry in entries.items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"the list of videos cannot be read: {error}",
            file=path,
            expected="what the training wrote",
            todo="bring it back as it was, or take it away: then the page shows no clips",
        ) from error


def _film(directory: Path, name: str, entry: dict[str, Any], store: Path | None) -> Film:
    boxes = entry.get("boxes")
    return Film(
        name,
        Path(entry["path"]),
        str(entry["digest"]),
        int(entry["frames"]),
        float(entry["fps"]),
        int(entry["damaged"]),
        None if boxes is None else directory / "data" / boxes,
        store,
        bool(entry.get("detected", True)),
        {str(who): int(frames) for who, frames in entry.get("unturned", {}).items()},
    )


def _store(snapshot: Path) -> Path | None:
    if not snapshot.is_file():
        return None
    said = json.loads(snapshot.read_text(encoding="utf-8")).get("store", "")
    return Path(said) if said and Path(said).is_dir() else None
