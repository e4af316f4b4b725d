"""Ethograms: truth over prediction for every subject of every recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from boutwise.report.colors import Swatch
from boutwise.report.figures import Track, ethogram_raster, swatch_key
from boutwise.report.run_folder import Run

ROW_LENGTHS_S = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
MOST_ROWS = 12
MOST_DETAILED = 40
"""Enlarged rasters are left out above this many subjects; the page says so."""


def build(run: Run, swatches: Mapping[str, Swatch]) -> dict[str, Any]:
    """One overview for each subject, and the same enlarged."""
    scored = {entry["name"]: entry["macro_f1"] for entry in run.scores["by_recording"]}
    detailed = len(run.tracks) <= MOST_DETAILED
    figures = []
    for place, track in enumerate(run.tracks):
        if not track.n_frames:
            continue
        rows, length = row_count(track)
        value = scored.get(track.recording)
        enlarged = detailed and rows > 1
        figures.append(
            {
                "name": track.name,
                "score": "" if value is None else f"macro-F1 of the recording {value:.3f}",
                "overview": Markup(ethogram_raster(track, swatches, uid=f"o{place}")),
                "enlarged": Markup(
                    ethogram_raster(track, swatches, rows=rows, uid=f"e{place}") if enlarged else ""
                ),
                "row": length,
            }
        )
    return {
        "figures": figures,
        "detailed": detailed,
        "legend": [
            {"name": name, "box": Markup(swatch_key(swatch, uid="legend"))}
            for name, swatch in swatches.items()
        ],
    }


def row_count(track: Track) -> tuple[int, str]:
    """Into how many rows a recording is cut, and how long a row is, in words."""
    step = (track.times_s[-1] - track.times_s[0]) / max(track.n_frames - 1, 1)
    total = float(track.times_s[-1] - track.times_s[0] + step)
    length = next((s for s in ROW_LENGTHS_S if total / s <= MOST_ROWS), ROW_LENGTHS_S[-1])
    rows = max(1, round(total / length))
    each = total / rows
    return rows, f"{each:.0f} s" if each < 120 else f"{each / 60:.1f} min"
