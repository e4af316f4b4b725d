"""``convert`` and ``export``: labels from one format to another, one file or a whole project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from boutwise import formats, registry
from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.formats._prediction import file_stem, refuse_same_stems
from boutwise.project import Project
from boutwise.types import Bouts, FrameClock, Recording

Say = Callable[[int, int, str], None]

_FORMATS = (
    (".bouts.csv", "bouts_csv"),
    (".frames.csv", "frame_csv"),
    ("_labels.csv", "deepethogram"),
    (".boris", "boris_project"),
    (".csv", "boris_aggregated"),
    (".tsv", "boris_aggregated"),
)
"""End of a file's name -> format that ``convert`` writes."""


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
        format: ``bouts_csv``, ``frame_csv``, ``boris_aggregated``, ``boris_project``,
            ``deepethogram``.
        only: Query such as ``session=baseline``.
        say: Called with (done, total, words).
    """
    part = _writer(format)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    recordings = project.recordings(only)
    refuse_same_stems(recording.id for recording in recordings)
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
        to: Format of the target; when not given ``bouts_csv`` for ``.bouts.csv``, ``frame_csv``
            for ``.frames.csv``, ``deepethogram`` for ``_labels.csv``, ``boris_project`` for
            ``.boris`` and ``boris_aggregated`` for other ``.csv`` and ``.tsv``.
        fps: Frame rate, where the source does not state it.
        frames: Number of frames of the recording; by default as long as the source says it is,
            else to the last label.

    Raises:
        DataError: The source has no labels, or no frame rate is known.
        UsageError: The target exists, or its name does not tell the format.
    """
    target = Path(target)
    if target.exists():
        raise UsageError("the target exists", file=target, todo="choose another name")
    whole = formats.read_all(source, format=format)
    if not any(contents.labels for contents in whole):
        raise DataError("this file has no labels", file=source)
    name = to or _format_of(target)
    writer = _writer(name)
    clocks: dict[str, FrameClock] = {}
    tables: list[Bouts] = []
    for contents, track in [(each, track) for each in whole for track in each.labels]:
        rate = fps or track.fps or contents.fps
        if rate is None:
            raise DataError("no frame rate is known", file=source, todo="give it by --fps")
        recording = _recording_of(track, contents.recording, rate, frames)
        track = replace(track, trial=None)
        bouts, _ = formats.labels_to_bouts(track, recording, annotator="", source=str(source))
        longest = clocks.get(recording.id, recording.clock)
        clocks[recording.id] = max(longest, recording.clock, key=lambda clock: clock.n_frames)
        tables.append(bouts)
    return list(writer.write(target, Bouts.concatenate(tables), clocks=clocks))


def _recording_of(
    track: formats.LabelTrack, fallback: str, fps: float, frames: int | None
) -> Recording:
    """The recording as far as its labels tell: its animals, and frames up to its end."""
    scale = fps if track.unit == "second" else 1.0
    pieces = [*track.rows, *(track.examined or ())]
    # A point is one frame, and a stop is the frame after the last.
    ends = [max(round(piece.stop * scale), int(piece.start * scale) + 1) for piece in pieces]
    ends += [round(stop * scale) for _, stop in track.observed or ()]
    ends += [] if track.length is None else [round(track.length * scale)]
    n_frames = frames or max([track.n_rows or 0, *ends], default=1)
    named = [row.animal or "animal" for row in pieces] + [row.target for row in pieces]
    animals = tuple(dict.fromkeys(name for name in named if name)) or ("animal",)
    name = track.recording or fallback
    if track.trial is not None:
        name = f"{name}_{track.trial}"
    return Recording(name, FrameClock.declared(max(n_frames, 1), fps), animals)


def _format_of(target: Path) -> str:
    """The format that a file's name asks for."""
    for suffix, name in _FORMATS:
        if target.name.lower().endswith(suffix):
            return name
    raise UsageError(
        f"the name '{target.name}' does not tell the format",
        file=target,
        expected=f"a name that ends in {', '.join(suffix for suffix, _ in _FORMATS)}",
        todo=f"give --to: {', '.join(writable_formats())}",
    )


def _writer(format: str) -> ModuleType:
    names = writable_formats()
    if format not in names:
        raise UsageError(f"bouts cannot be written as '{format}'", todo=did_you_mean(format, names))
    return registry.load("format", format)


def _suffix(format: str) -> str:
    return next((suffix for suffix, name in _FORMATS if name == format), ".csv")
