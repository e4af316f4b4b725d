"""How well animals were found in the videos."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from boutwise.report.detection import Found, found_in, worst_first
from boutwise.report.figures import event_strips
from boutwise.report.run_folder import Run
from boutwise.report.tables import Cell, Table, count, missing, score, words

MOST_ROWS = 30
"""Animals in the first table; the others stand in a second one that opens."""
MOST_FIGURES = 8


def build(run: Run) -> dict[str, Any] | None:
    """Table, warnings and where boxes are missing; None where nothing was looked for."""
    found = worst_first([each for film in run.films.values() for each in found_in(film)])
    if not found:
        return None
    frames = sum(each.n_frames for each in found)
    several = any(each.overlapping is not None for each in found)
    poor = [each for each in found if each.poor]
    return {
        "warnings": [f"{each.recording}, {each.animal}: {each.poor}" for each in poor],
        "share": f"{100 * sum(each.detected + each.between for each in found) / frames:.1f} %",
        "table": _table(found[:MOST_ROWS], several),
        "rest": _table(found[MOST_ROWS:], several),
        "figures": [_figure(each) for each in found if each.gaps or each.jumps][:MOST_FIGURES],
        "several": several,
    }


def _table(found: list[Found], several: bool) -> Table:
    turned = any(each.unturned for each in found)
    rows = []
    for each in found:
        frames = each.n_frames
        overlapping = missing("it is alone")
        if each.overlapping is not None:
            overlapping = _share(each.overlapping, frames)
        rows.append(
            (
                words(each.recording, strong=bool(each.poor)),
                words(each.animal),
                count(frames),
                _share(each.detected, frames),
                _share(each.between, frames),
                _share(each.without, frames),
                count(len(each.jumps)),
                score(None if each.score != each.score else each.score, "no box", digits=2),
                count(each.damaged),
                *([overlapping] if several else []),
                *([_share(each.unturned, frames)] if turned else []),
            )
        )
    boxes = ("box found", "box put between two", "no box", "jumps", "median score")
    columns = ("recording", "animal", "frames", *boxes, "undecodable")
    also = [*(["overlaps another"] if several else []), *(["faces nowhere"] if turned else [])]
    return Table((*columns, *also), tuple(rows))


def _share(part: int, whole: int) -> Cell:
    return Cell(f"{100 * part / max(whole, 1):.1f} %", small=f"{part:,}", number=True)


def _figure(found: Found) -> dict[str, Any]:
    """Where an animal has no box, and where its box jumps, along a recording."""
    name = f"{found.recording}, {found.animal}"
    spans = [(frame, frame + 1) for frame in found.jumps]
    rows = [
        ("no box", found.gaps, len(found.gaps)),
        ("jumps", spans, len(spans)),
    ]
    svg = event_strips(
        rows,
        n_frames=found.n_frames,
        fps=found.fps,
        name=f"Where {name} has no box or jumps: {len(found.gaps)} stretches, {len(spans)} jumps",
    )
    return {"name": name, "figure": Markup(svg)}
