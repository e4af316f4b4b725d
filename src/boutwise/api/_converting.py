"""``convert`` and ``export``: labels from one format to another, one file or a whole project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from boutwise import formats, registry
from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.formats._prediction import file_stem
from boutwise.project import Project
from boutwise.types import Bouts, FrameClock, Recording

Say = Callable[[int, int, str], None]


def writable_formats() -> list[str]:
    """Names of the formats that bouts can be written to."""
    names = registry.names("format")
    return [name for name in names if hasattr(registry.load("format", name), "write")]


def export(
    project: Project,
    out: str | Path,
    *,
    format: str,
    only: str | None = None,
    say: Say | None = None,
) -> list[Path]:
    """Write the labels of every labelled recording, one file each.

    Args:
        project: Its current labels are written.
        out: Folder; files in it are replaced only by files of the same name.
        format: ``bouts_csv``, ``frame_csv``, ``boris_aggregated``.
        only: Query such as ``session=baseline``.
        say: Called with (done, total, words).
    """
    part = _writer(format)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    recordings = project.recordings(only)
    for done, recording in enumerate(recordings):
        if say:
            say(done, len(recordings), recording.id)
        bouts = project.bouts(recording.id)
        if len(bouts) or bouts.observed:
            path = out / f"{file_stem(recording.id)}{_suffix(format)}"
            written += part.write(path, bouts, clocks={recording.id: recording.clock})
    if not written:
        raise DataError("no recording that fits has labels", file=project.root)
    return written


def convert(
    source: str | Path,
    target: str | Path,
    *,
    format: str | None = None,
    to: str | None = None,
    fps: float | None = None,
    frames: int | None = None,
) -> list[Path]:
    """Convert one label file.

    Args:
        source: File of any readable format.
        target: File to write; must not exist.
        format: Format of the source; found when not given.
        to: Format of the target; when not given ``bouts_csv`` for ``.bouts.csv``, else
            ``boris_aggregated``.
        fps: Frame rate, where the source does not state it.
        frames: Number of frames of the recording; by default the last labelled one.

    Raises:
        DataError: The source has no labels, or no frame rate is known.
        UsageError: The target exists.
    """
    target = Path(target)
    if target.exists():
        raise UsageError("the target exists", file=target, todo="choose another name")
    contents = formats.read(source, format=format)
    if not contents.labels:
        raise DataError("this file has no labels", file=source)
    clocks: dict[str, FrameClock] = {}
    tables: list[Bouts] = []
    for track in contents.labels:
        rate = fps or track.fps or contents.fps
        if rate is None:
            raise DataError("no frame rate is known", file=source, todo="give it by --fps")
        scale = rate if track.unit == "second" else 1.0
        ends = [row.stop for row in track.rows] + [stop for _, stop in track.observed or ()]
        last = max([track.n_rows or 0, *(round(end * scale) + 1 for end in ends)], default=1)
        animals = tuple(dict.fromkeys(row.animal or "animal" for row in track.rows)) or ("animal",)
        name = track.recording or contents.recording
        recording = Recording(name, FrameClock.declared(frames or last, rate), animals)
        bouts, _ = formats.labels_to_bouts(track, recording, annotator="", source=str(source))
        clocks[name] = recording.clock
        tables.append(bouts)
    name = to or ("bouts_csv" if target.name.endswith(".bouts.csv") else "boris_aggregated")
    return list(_writer(name).write(target, Bouts.concatenate(tables), clocks=clocks))


def _writer(format: str):  # type: ignore[no-untyped-def]
    names = writable_formats()
    if format not in names:
        raise UsageError(f"bouts cannot be written as '{format}'", todo=did_you_mean(format, names))
    return registry.load("format", format)


def _suffix(format: str) -> str:
    return {"bouts_csv": ".bouts.csv", "frame_csv": ".frames.csv"}.get(format, ".csv")
