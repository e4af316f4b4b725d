"""Ethogram rasters: what people saw over what the model says, along time.

Bouts are written as run lengths in whole frames (``M120 0h45m300 0h12``), scaled to the page by a
transform: an hour takes a few kilobytes, and the numbers in the file are the bouts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boutwise.report.colors import Swatch
from boutwise.report.figures.patterns import definition, paint
from boutwise.report.figures.svg import drawing, element, number, text, title
from boutwise.report.figures.time_axis import time_axis

UNKNOWN, UNSCORABLE, NEITHER = -1, -2, -3
"""Codes beside the positions of behaviors: nobody said or decided anything; it could not be seen;
examined, and none of the behaviors of the lane."""

LEFT, RIGHT = 104, 8
BRIEF = 1.5
"""Width in user units below which a bout of a rare behavior is drawn as a line of that width."""
THIN = 4.0
"""Width in user units below which a pattern cannot be made out; it is left out where half of the
behavior's time lies in such bouts."""
RARE = 0.05
"""Share of frames up to which a behavior counts as rare."""
_SHADES = (0.12, 0.32, 0.52, 0.72, 0.92)


@dataclass(frozen=True, eq=False)
class Lane:
    """One exclusive group, or one independent behavior, of one subject.

    Attributes:
        name: Name of the group or behavior.
        behaviors: What the codes 0, 1, ... stand for.
        truth: Codes, (frames,), int.
        predicted: Codes, (frames,), int; ``UNKNOWN`` where nothing was decided.
        confidence: Probability of what was decided in an exclusive group; the behavior's own
            probability where it is alone in its lane; (frames,), or None.
    """

    name: str
    behaviors: tuple[str, ...]
    truth: NDArray[np.int16]
    predicted: NDArray[np.int16]
    confidence: NDArray[np.float32] | None = None

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Frames that were examined and decided differently, (frames,)."""
        known = (self.truth != UNKNOWN) & (self.truth != UNSCORABLE) & (self.predicted != UNKNOWN)
        return np.asarray(known & (self.truth != self.predicted))


@dataclass(frozen=True, eq=False)
class Track:
    """All lanes of one subject of one recording.

    Attributes:
        recording: Id of the recording.
        animal: The animal that acts.
        target: The animal that it acts upon, or empty.
        times_s: Time of each frame, (frames,), seconds.
        lanes: One for each exclusive group and independent behavior.
        bars: What the upper and the lower bar of a lane are called.
    """

    recording: str
    animal: str
    target: str
    times_s: NDArray[np.float64]
    lanes: tuple[Lane, ...]
    bars: tuple[str, str] = ("truth", "prediction")

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.times_s)

    @property
    def name(self) -> str:
        """Recording, animal and target as words."""
        arrow = f" → {self.target}" if self.target else ""
        if self.recording == self.animal:
            return f"{self.animal}{arrow}"
        return f"{self.recording}: {self.animal}{arrow}"


def run_lengths(codes: NDArray[np.generic]) -> list[tuple[int, int, int]]:
    """Half-open stretches of equal codes: start, stop, code.

    >>> run_lengths(np.array([4, 4, 1]))
    [(0, 2, 4), (2, 3, 1)]
    """
    if not len(codes):
        return []
    starts = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1))
    stops = np.append(starts[1:], len(codes))
    values = codes[starts].astype(np.int64)
    return list(zip(starts.tolist(), stops.tolist(), values.tolist(), strict=True))


def path_of(spans: Sequence[tuple[int, int]]) -> str:
    """Path data of half-open stretches, to be drawn with a thick stroke.

    >>> path_of([(2, 5), (9, 10)])
    'M2 0h3m4 0h1'
    """
    data, at = "", 0
    for start, stop in spans:
        data += f"m{start - at} 0h{stop - start}" if data else f"M{start} 0h{stop - start}"
        at = stop
    return data


def ethogram_raster(
    track: Track,
    swatches: Mapping[str, Swatch],
    *,
    rows: int = 1,
    width: float = 1000,
    uid: str = "raster",
) -> str:
    """Truth over prediction, how sure the model was, and where they differ.

    Args:
        track: One subject of one recording.
        swatches: Look of each behavior.
        rows: Into how many equal stretches of time the recording is cut, one below the other.
        width: Of the figure, in user units.
        uid: Prefix for ids; no two rasters of a page may share it.

    Returns:
        An ``<svg>``; each path of a bar holds the bouts of one behavior in whole frames.
    """
    length = -(-track.n_frames // rows)
    scale = (width - LEFT - RIGHT) / max(length, 1)
    used = {name: swatches[name] for lane in track.lanes for name in lane.behaviors}
    content = element(
        "defs",
        "".join(definition(uid, swatch, stretch=scale) for swatch in used.values()),
    )
    y = 0.0
    for row in range(rows):
        start, stop = row * length, min((row + 1) * length, track.n_frames)
        if start >= stop:
            break
        drawn, height = _row(track, (start, stop), used, scale, uid)
        content += element("g", drawn, transform=f"translate({LEFT} {number(y)})")
        y += height
    return drawing(content, size=(width, y), name=f"Ethogram of {track.name}", kind="raster")


def _row(
    track: Track, window: tuple[int, int], swatches: Mapping[str, Swatch], scale: float, uid: str
) -> tuple[str, float]:
    """All lanes of one stretch of time and its axis; the content and its height."""
    parts, y = [], 2.0
    for lane in track.lanes:
        if len(track.lanes) > 1:
            parts.append(text(-LEFT, y + 12, lane.name, class_="lane-name"))
            y += 17
        tall = 18.0 if len(lane.behaviors) > 1 else 12.0
        look = _plain_where_thin(lane, swatches, scale)
        bars = (("truth", lane.truth), ("prediction", lane.predicted))
        for label, (kind, codes) in zip(track.bars, bars, strict=True):
            words = (label, f"bouts {kind}")
            parts.append(_bar(lane, words, codes[slice(*window)], look, (y, tall, scale, uid)))
            y += tall + 2
        if lane.confidence is not None:
            label = "how sure" if len(lane.behaviors) > 1 else "how likely"
            parts.append(_shades(lane.confidence[slice(*window)], label, (y + 1, scale)))
            y += 12
        parts.append(_errors(lane.wrong[slice(*window)], y, scale))
        y += 13
    parts.append(time_axis(track.times_s[slice(*window)], y, scale))
    return "".join(parts), y + 30


def _plain_where_thin(
    lane: Lane, swatches: Mapping[str, Swatch], scale: float
) -> dict[str, Swatch]:
    """The look of a lane's behaviors, without patterns that would be noise in thin bouts.

    A pattern stays where another behavior of the lane has the same color.
    """
    look = {name: swatches[name] for name in lane.behaviors}
    colors = [swatch.color for swatch in look.values()]
    widths: dict[int, list[int]] = {}
    for start, stop, code in run_lengths(lane.truth) + run_lengths(lane.predicted):
        widths.setdefault(code, []).append(stop - start)
    for code, name in enumerate(lane.behaviors):
        mine = np.array(widths.get(code, [0]))
        thin = mine[mine * scale < THIN].sum() >= mine.sum() / 2
        if thin and colors.count(look[name].color) == 1:
            look[name] = replace(look[name], pattern="solid")
    return look


def _bar(
    lane: Lane,
    words: tuple[str, str],
    codes: NDArray[np.int16],
    swatches: Mapping[str, Swatch],
    place: tuple[float, float, float, str],
) -> str:
    y, height, scale, uid = place
    runs: dict[int, list[tuple[int, int]]] = {}
    for start, stop, code in run_lengths(codes):
        runs.setdefault(code, []).append((start, stop))
    content = element("rect", y=-height / 2, width=len(codes), height=height, class_="unknown")
    # What could not be seen is a thin line in the middle of an empty bar.
    for code, kind, thick in ((NEITHER, "neither", height), (UNSCORABLE, "unscorable", 3)):
        if code in runs:
            content += element("path", d=path_of(runs[code]), class_=kind, stroke_width=thick)
    # Rare behaviors are drawn last: at this scale a short bout shares its pixel with others.
    by_share = sorted(
        (code for code in runs if code >= 0), key=lambda c: -sum(b - a for a, b in runs[c])
    )
    for code in by_share:
        name = lane.behaviors[code]
        content += element(
            "path",
            title(name),
            d=path_of(runs[code]),
            stroke=paint(uid, swatches[name]),
            stroke_width=height,
            class_=words[1],
        )
        content += _brief(runs[code], len(codes), scale, height, swatches[name].color)
    move = f"translate(0 {number(y + height / 2)}) scale({scale:.6g} 1)"
    label = text(-8, y + height / 2 + 4, words[0], class_="tick", text_anchor="end")
    return label + element("g", content, transform=move)


def _brief(
    spans: Sequence[tuple[int, int]], n_frames: int, scale: float, height: float, color: str
) -> str:
    """Lines for bouts that would be too thin to see, where the behavior is rare.

    Of a frequent behavior they would hide its neighbors and make it look more frequent still.
    """
    brief = [start for start, stop in spans if (stop - start) * scale < BRIEF]
    if not brief or sum(stop - start for start, stop in spans) > RARE * n_frames:
        return ""
    data = "".join(f"M{start} {number(-height / 2)}v{number(height)}" for start in brief)
    return element("path", d=data, class_="brief", stroke=color, stroke_width=BRIEF)


def _shades(confidence: NDArray[np.float32], word: str, place: tuple[float, float]) -> str:
    """Mean confidence in stretches about two units wide, in five shades."""
    y, scale = place
    step = max(1, round(2 / scale))
    starts = np.arange(0, len(confidence), step)
    filled = np.nan_to_num(confidence.astype(np.float64), nan=0.0)
    counts = np.diff(np.append(starts, len(confidence)))
    mean = np.add.reduceat(filled, starts) / counts if len(starts) else np.array([])
    level = np.clip((mean * len(_SHADES)).astype(np.int64), 0, len(_SHADES) - 1)
    content = ""
    for code, opacity in enumerate(_SHADES):
        spans = [
            (a * step, min(b * step, len(confidence)))
            for a, b, c in run_lengths(level)
            if c == code
        ]
        if spans:
            content += element(
                "path", d=path_of(spans), class_="shade", stroke_width=8, opacity=f"{opacity}"
            )
    move = f"translate(0 {number(y + 4)}) scale({scale:.6g} 1)"
    label = text(-8, y + 7.5, word, class_="tick small", text_anchor="end")
    return label + element("g", content, transform=move)


def _errors(wrong: NDArray[np.bool_], y: float, scale: float) -> str:
    spans = [(a, b) for a, b, code in run_lengths(wrong) if code]
    label = text(-8, y + 9, "differs", class_="tick small", text_anchor="end")
    if not spans:
        return label
    move = f"translate(0 {number(y + 6)}) scale({scale:.6g} 1)"
    path = element("path", d=path_of(spans), class_="wrong", stroke_width=5)
    return label + element("g", path, transform=move)
