"""``convert`` and ``export``: labels from one format to another, one file or a whole project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from boutwise import formats, registry
from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.formats._prediction import file_stem, refuse_same_stems
from boutwise.project import Project
from boutwise.types import Bouts, FrameClock, Problem, Recording

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

ANNOTATOR_FOLDERS = r"(?P<annotator>[^/]+)/[^/]+$"
"""Pattern by which the import reads the annotator from the folders that :func:`export` makes."""
FEATURES = "features"
"""What ``export`` calls a format that is none of labels alone; see ``_feature_export``."""
UNNAMED = "unnamed"
"""Folder for labels of which nobody said whose they are, beside the folders of others."""
_NO_FOLDER = re.compile(
    r"""[<>:"/\\|?*\x00-\x1f]|^\.|[. ]$|^$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)""", re.IGNORECASE
)


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
    annotator: str | None = None,
    say: Say | None = None,
) -> list[Path]:
    """Write the labels of every labelled recording, one file each.

    No format that is written has a place for the annotator. Where there are several, each gets
    a folder below ``out``; the import reads their names back by :data:`ANNOTATOR_FOLDERS`.

    Args:
        project: Its current labels are written.
        out: Folder; files in it are replaced only by files of the same name.
        format: ``bouts_csv``, ``frame_csv``, ``boris_aggregated``, ``boris_project``,
            ``deepethogram``.
        only: Query such as ``session=baseline``.
        annotator: Only the labels of this one.
        say: Called with (done, total, words).

    Raises:
        DataError: There are no labels, or an annotator's name can be no folder.
        UsageError: Nobody of that name labelled anything, or the format is not written.
        LabelError: The format has no words for a label.
    """
    part = _writer(format)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    recordings = project.recordings(only)
    refuse_same_stems(recording.id for recording in recordings)
    labels = {each.id: project.bouts(each.id) for each in recordings}
    everybody = sorted({name for bouts in labels.values() for name in bouts.annotators()})
    if not everybody:
        raise DataError("no recording that fits has labels", file=project.root)
    chosen = (
        everybody if annotator is None else [known_annotator(annotator, everybody, project.root)]
    )
    folders = _folders(chosen, project.root) if len(chosen) > 1 else {chosen[0]: ""}
    for folder in folders.values():
        (out / folder).mkdir(exist_ok=True)
    written: list[Path] = []
    for done, recording in enumerate(recordings):
        if say:
            say(done, len(recordings), recording.id)
        for name, folder in folders.items():
            bouts = labels[recording.id].where(annotator=name)
            if len(bouts) or bouts.observed:
                path = out / folder / f"{file_stem(recording.id)}{_suffix(format)}"
                written += part.write(path, bouts, clocks={recording.id: recording.clock})
    return written


def known_annotator(annotator: str, everybody: Iterable[str], file: str | Path) -> str:
    """The annotator, who is one of these.

    Raises:
        UsageError: Nobody of that name labelled anything.
    """
    everybody = list(everybody)
    if annotator not in everybody:
        raise UsageError(
            f"there are no labels by '{annotator}'",
            file=file,
            expected=", ".join(name or "(no name)" for name in everybody),
            todo=did_you_mean(annotator, everybody),
        )
    return annotator


def _folders(annotators: Iterable[str], file: str | Path) -> dict[str, str]:
    """Annotator -> folder: the name itself, so that it can be read back.

    Raises:
        DataError: A name can be no folder on every system, or two would be the same one.
    """
    folders: dict[str, str] = {}
    for name in annotators:
        folder = name or UNNAMED
        # Windows and macOS do not tell upper from lower case.
        same = folder.casefold() in {other.casefold() for other in folders.values()}
        if same or _NO_FOLDER.search(folder):
            raise DataError(
                f"each annotator gets a folder, and '{folder}' "
                + ("would be the folder of two" if same else "can be none"),
                file=file,
                expected='names that differ by more than case, without < > : " / \\ | ? *',
                todo="write one annotator after the other into folders of your choice: "
                "--annotator NAME --out DIR",
            )
        folders[name] = folder
    return folders


def convert(
    source: str | Path,
    target: str | Path,
    *,
    format: str | None = None,
    to: str | None = None,
    mapping: str | Path | Mapping[str, Any] | None = None,
    fps: float | None = None,
    frames: int | None = None,
    annotator: str | None = None,
    tell: Callable[[Problem], None] | None = None,
) -> list[Path]:
    """Convert one label file.

    Args:
        source: File of any readable format.
        target: File to write; must not exist.
        format: Format of the source; found when not given.
        to: Format of the target; when not given ``bouts_csv`` for ``.bouts.csv``, ``frame_csv``
            for ``.frames.csv``, ``deepethogram`` for ``_labels.csv``, ``boris_project`` for
            ``.boris`` and ``boris_aggregated`` for other ``.csv`` and ``.tsv``.
        mapping: What the columns of a plain table mean, and options of the format that it names;
            a dict or a YAML file.
        fps: Frame rate, where the source does not state it.
        frames: Number of frames of the recording; by default as long as the source says it is,
            else to the last label.
        annotator: Only the labels of this one; needed where the source has several, as no format
            that is written has a place for the annotator.
        tell: Called with each thing that was wrong in the source and did not stop the reading,
            such as a row that a rule of the mapping leaves out.

    Raises:
        DataError: The source has no labels, or no frame rate is known.
        UsageError: The target exists, its name does not tell the format, the source has several
            annotators, or the mapping is for another format.
    """
    target = Path(target)
    if target.exists():
        raise UsageError("the target exists", file=target, todo="choose another name")
    whole = _read(source, format, mapping)
    if not any(contents.labels for contents in whole):
        raise DataError("this file has no labels", file=source)
    name = to or _format_of(target)
    writer = _writer(name)
    clocks: dict[str, FrameClock] = {}
    tables: list[Bouts] = []
    problems = [problem for contents in whole for problem in contents.problems]
    for contents, track in [(each, track) for each in whole for track in each.labels]:
        rate = fps or track.fps or contents.fps
        if rate is None:
            raise DataError("no frame rate is known", file=source, todo="give it by --fps")
        recording = _recording_of(track, contents.recording, rate, frames)
        track = replace(track, trial=None)
        bouts, found = formats.labels_to_bouts(track, recording, annotator="", source=str(source))
        problems += found
        longest = clocks.get(recording.id, recording.clock)
        clocks[recording.id] = max(longest, recording.clock, key=lambda clock: clock.n_frames)
        tables.append(bouts)
    bouts = _of_one(Bouts.concatenate(tables), annotator, source)
    written = list(writer.write(target, bouts, clocks=clocks))
    if tell:
        for problem in problems:
            tell(problem)
    return written


def _read(
    source: str | Path, format: str | None, mapping: str | Path | Mapping[str, Any] | None
) -> list[formats.Contents]:
    """Everything in the source, by the format that the caller or the mapping names."""
    if mapping is None:
        return formats.read_all(source, format=format)
    fields = formats.load_mapping(mapping)
    named = str(fields["format"]) if fields.get("format") else None
    if format and named and format != named:
        raise UsageError(
            f"the mapping is for {named}, and the file is to be read as {format}",
            file=source,
            expected="one format",
            todo="leave --format out, or name the same one in the mapping",
        )
    return formats.read_all(source, format=format or named, mapping=fields)


def _of_one(bouts: Bouts, annotator: str | None, source: str | Path) -> Bouts:
    """The labels of one annotator.

    Raises:
        UsageError: There are several and none is chosen, or none of that name.
    """
    everybody = bouts.annotators()
    if annotator is not None:
        return bouts.where(annotator=known_annotator(annotator, everybody, source))
    if len(everybody) > 1:
        raise UsageError(
            f"the file holds labels by {len(everybody)} annotators: "
            + ", ".join(name or "(no name)" for name in everybody),
            file=source,
            expected="one, as the format that is written has no place for the annotator",
            todo="choose one by --annotator NAME, and convert once for each, into a file each",
        )
    return bouts


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
        known = names if format == FEATURES else [*names, FEATURES]
        raise UsageError(f"bouts cannot be written as '{format}'", todo=did_you_mean(format, known))
    return registry.load("format", format)


def _suffix(format: str) -> str:
    return next((suffix for suffix, name in _FORMATS if name == format), ".csv")
