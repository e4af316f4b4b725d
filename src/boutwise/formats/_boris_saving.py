"""Bouts as a BORIS project: one observation a recording, every behavior a state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from boutwise.errors import LabelError
from boutwise.formats._writing import refuse_several_annotators, whole_file
from boutwise.types import Bout, Bouts, FrameClock

MAX_FPS = 500.0
"""Above it, the three decimals of BORIS' times do not tell the frames apart."""
PLAYERS = "12345678"
_Key = tuple[str, str, str, str]


def save_project(
    path: Path,
    bouts: Bouts,
    *,
    clocks: Mapping[str, FrameClock],
    media: Mapping[str, str],
) -> None:
    """Write a project of format 7.0.

    Raises:
        LabelError: There are several annotators, a bout is not a 'yes', two of one kind overlap,
            or a clock is too fast.
    """
    refuse_several_annotators(bouts)
    for key, mine in _by_key(bouts).items():
        _check(mine, clocks[key[0]])
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    behaviors = dict.fromkeys(
        [*bouts.behavior.tolist(), *(piece.behavior for piece in bouts.observed)]
    )
    project = {
        "time_format": "hh:mm:ss",
        "project_date": now,
        "project_name": path.name.split(".")[0],
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": _numbered(
            {"key": "", "name": name, "description": ""}
            for name in dict.fromkeys(bouts.animal.tolist())
            if name
        ),
        "behaviors_conf": _numbered(
            {
                "type": "State event",
                "key": "",
                "code": code,
                "description": "",
                "color": "",
                "category": "",
                "modifiers": {},
                "excluded": "",
                "coding map": "",
            }
            for code in behaviors
        ),
        "observations": {
            name: _observation(
                bouts.where(recording=name), clocks[name], media.get(name, name), now
            )
            for name in dict.fromkeys(bouts.recording.tolist())
        },
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    with whole_file(path) as file:
        json.dump(project, file, ensure_ascii=False, indent=1)


def _numbered(entries: Any) -> dict[str, Any]:
    return {str(number): entry for number, entry in enumerate(entries)}


def _by_key(bouts: Bouts) -> dict[_Key, list[Bout]]:
    """Bouts whose events would toggle each other, by start."""
    found: dict[_Key, list[Bout]] = {}
    for bout in sorted(bouts.rows(), key=lambda each: (each.start, each.stop)):
        key = (bout.recording, bout.animal, bout.behavior, _modifiers(bout))
        found.setdefault(key, []).append(bout)
    return found


def _modifiers(bout: Bout) -> str:
    return "|".join(filter(None, (bout.modifiers, bout.target)))


def _check(bouts: list[Bout], clock: FrameClock) -> None:
    wrong = next((bout for bout in bouts if bout.state != "yes"), None)
    if wrong or clock.fps > MAX_FPS:
        wrong = wrong or bouts[0]
        raise LabelError(
            f"a bout in state '{wrong.state}' at {clock.fps:g} fps cannot be told to BORIS",
            recording=wrong.recording,
            frame=wrong.start,
            expected=f"'yes', and at most {MAX_FPS:g} frames a second",
            todo="write frame_csv, which keeps everything",
        )
    for first, second in pairwise(bouts):
        if second.start < first.stop:
            raise LabelError(
                f"two bouts of '{second.behavior}' overlap; in BORIS one would end the other",
                recording=second.recording,
                frame=second.start,
                expected="one bout of a behavior, animal and modifiers at a time",
                todo="join them",
            )


def _observation(bouts: Bouts, clock: FrameClock, media: str, now: str) -> dict[str, Any]:
    events: list[list[Any]] = []
    for bout in bouts.rows():
        start_s, stop_s = (float(second) for second in clock.to_seconds([bout.start, bout.stop]))
        who = [bout.animal, bout.behavior, _modifiers(bout)]
        # A stop stands before a start at the same time, or touching bouts would swap.
        events.append([round(start_s, 3), 1, *who, bout.comment])
        events.append([round(stop_s, 3), 0, *who, ""])
    events.sort(key=lambda event: (event[0], event[1]))
    return {
        "file": {player: [media] if player == "1" else [] for player in PLAYERS},
        "type": "MEDIA",
        "date": now,
        "description": "",
        "time offset": 0.0,
        "events": [[time, *rest] for time, _, *rest in events],
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {media: round(clock.duration_s, 3)},
            "fps": {media: round(clock.fps, 3)},
            "hasVideo": {media: True},
            "hasAudio": {media: False},
            "offset": {"1": 0.0},
        },
    }
