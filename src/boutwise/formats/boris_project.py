"""BORIS projects, ``.boris`` and ``.boris.gz``: all observations of a project, in seconds.

A project is JSON. The ethogram says which behaviors are states and which are points; the events of
a state are toggles, so that the first of a subject, behavior and modifiers is its start and the
next its stop. All behaviors of the ethogram were looked for in every observation that has events.
The row in a message is the number of the event in its observation, as BORIS shows its events.

The writer makes a project of format 7.0, with one observation a recording, in which every behavior
is a state; times have three decimals, as BORIS has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._boris_json import MEND, as_number, is_project, load_project, mapping
from boutwise.formats._boris_media import (
    Observation,
    Options,
    check_offset,
    tracks_of,
)
from boutwise.formats._boris_saving import save_project
from boutwise.formats._boris_toggles import Toggles
from boutwise.formats._contract import Contents
from boutwise.formats._faults import Faults
from boutwise.formats._names import media_name
from boutwise.types import Bouts, FrameClock

SUFFIX = ".boris"
"""End of the names of files that are written, without which BORIS does not show them."""

DESCRIPTION = "BORIS project (.boris, .boris.gz): states toggle, in seconds from the start; written"


def sniff(path: Path) -> bool:
    """Whether it is JSON with the words of a BORIS project at its head."""
    return is_project(path)


def read(
    path: Path,
    *,
    strict: bool = True,
    observations: Sequence[str] | None = None,
    media_durations_s: Mapping[str, float] | None = None,
    time_offset_s: float | None = None,
    annotators: Mapping[str, str] | None = None,
    targets: Sequence[str] | Literal["other"] = (),
) -> Contents:
    """Read a project.

    Args:
        path: The file.
        strict: Stop at a start without stop and other faults; else report them and leave the
            event out.
        observations: Those to read; all when not given.
        media_durations_s: Media name -> seconds, where the project does not know them.
        time_offset_s: Seconds to take off all times, where an observation states an offset.
        annotators: Observation -> who made it, where several people coded one video.
        targets: Names of animals that stand as modifiers: they are whom a behavior is directed at;
            or ``other``: every label is directed at the other one of two animals.

    Raises:
        FormatError: The file is no BORIS project, or (strict) an event has no end.
    """
    project = load_project(path)
    faults = Faults(path, format="boris_project", strict=strict)
    options = Options(strict, media_durations_s or {}, time_offset_s, annotators or {}, targets)
    kinds = _kinds(mapping(project.get("behaviors_conf"), "behaviors_conf", path), path)
    stored = mapping(project.get("observations"), "observations", path)
    for name in observations or ():
        if name not in stored:
            raise FormatError(
                f"there is no observation '{name}'", file=path, todo=did_you_mean(name, stored)
            )
    reader = _Reader(path, kinds, options, faults)
    found = [reader.observation(name, stored[name]) for name in observations or stored]
    tracks = tuple(tracks_of([each for each in found if each is not None], options, faults))
    rates = {track.fps for track in tracks}
    return Contents(
        path,
        "boris_project",
        tracks[0].recording if len(tracks) == 1 else path.name.split(".boris")[0],
        labels=tracks,
        fps=rates.pop() if len(rates) == 1 else None,
        problems=tuple(faults.problems),
    )


def _kinds(ethogram: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Behavior -> ``state`` or ``point``, in the order of the ethogram."""
    kinds: dict[str, str] = {}
    for entry in ethogram.values():
        behavior = mapping(entry, "a behavior of the ethogram", path)
        code, kind = str(behavior.get("code", "")), str(behavior.get("type", ""))
        known = {"state": "state", "point": "point"}.get(kind.partition(" ")[0].lower())
        if known is None:
            raise FormatError(
                f"the behavior '{code}' is a '{kind}'",
                file=path,
                row=1,
                expected="State event or Point event",
                todo=MEND,
            )
        kinds[code] = known
    return kinds


def write(
    path: Path,
    bouts: Bouts,
    *,
    clocks: Mapping[str, FrameClock],
    media: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write bouts as a project, to be looked at and corrected in BORIS.

    The target of a directed bout is written as modifier. BORIS has no words for 'no',
    'unscorable', confidence and what was observed; observed ranges are left out, the states are
    refused.

    Args:
        path: File to write.
        bouts: Bouts of one annotator and one or several recordings.
        clocks: Recording -> clock.
        media: Recording -> path of its video; the recording's own name where it is missing.

    Raises:
        LabelError: There are several annotators, a bout is not a 'yes', two of one kind overlap,
            or a clock is too fast.
    """
    save_project(path, bouts, clocks=clocks, media=media or {})
    return [path]


class _Reader:
    """Reads observations one by one."""

    def __init__(
        self, path: Path, kinds: Mapping[str, str], options: Options, faults: Faults
    ) -> None:
        self.path, self.kinds, self.options, self.faults = path, kinds, options, faults

    def observation(self, name: str, stored: Any) -> Observation | None:
        """An observation with its events; None for one that cannot be placed, or has no event."""
        stored = mapping(stored, f"the observation '{name}'", self.path)
        events = stored.get("events")
        if not isinstance(events, list) or not events:
            self.faults.warn(
                f"the observation '{name}' has no events, and is not read",
                row=None,
                todo="code it in BORIS, if it was meant to be coded",
            )
            return None
        media = self._media(stored)
        info = mapping(stored.get("media_info") or {}, f"media_info of '{name}'", self.path)
        refused = self._refused(stored, info)
        if refused:
            self.faults.report(
                f"the observation '{name}' {refused}",
                row=1,
                expected="a live observation, or one of videos whose times count from their start",
            )
            return None
        check_offset(str(stored.get("time offset") or 0), self.options, self.faults, 1)
        found = Observation(
            name,
            [media_name(str(each)) for each in media],
            self._numbers(info, "length", media),
            self._numbers(info, "fps", media),
            behaviors=tuple(self.kinds),
            limits=self._limits(stored),
        )
        toggles = Toggles(name, self.kinds, self.faults)
        found.intervals += toggles.run(events)
        found.lost += toggles.lost
        return found

    def _media(self, stored: Mapping[str, Any]) -> list[Any]:
        """Media of the first player that has any: other players show the same time."""
        players = stored.get("file")
        if not isinstance(players, dict):
            return []
        for number in sorted(players):
            if isinstance(players[number], list) and players[number]:
                return list(players[number])
        return []

    def _refused(self, stored: Mapping[str, Any], info: Mapping[str, Any]) -> str:
        """Why the times of an observation cannot be put on frames."""
        if stored.get("type") == "IMAGES":
            return "is of pictures, not of a video"
        if stored.get("media_creation_date_as_offset"):
            return "counts its times from the creation of the video file"
        if stored.get("scan_sampling_time") or stored.get("media_scan_sampling_duration"):
            return "is a scan sampling: what happened between two scans is not known"
        offsets = info.get("offset")
        offset = as_number(offsets.get("1", 0.0)) if isinstance(offsets, dict) else 0.0
        if offset:
            return f"delays its first player by {offset:g} s"
        return ""

    def _limits(self, stored: Mapping[str, Any]) -> tuple[float, float] | None:
        limits = stored.get("observation time interval")
        if isinstance(limits, list) and len(limits) == 2 and any(limits):
            start, stop = (as_number(limit) for limit in limits)
            if stop > start >= 0:
                return start, stop
        return None

    def _numbers(self, info: Mapping[str, Any], what: str, media: Sequence[Any]) -> list[float]:
        """A number of each media file; none at all where one is missing."""
        known = info.get(what)
        known = known if isinstance(known, dict) else {}
        found = [as_number(known.get(each)) for each in media]
        return found if all(value > 0 for value in found) else []
