"""The page about people: how well they agree, and how far their clocks are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from boutwise.metrics import Estimate, PairAgreement, Rated, RaterAgreement
from boutwise.report.colors import swatches
from boutwise.report.figures import (
    Lane,
    Track,
    clock_offsets,
    ethogram_raster,
    score_dots,
    swatch_key,
)
from boutwise.report.figures.raster import NEITHER, UNKNOWN, UNSCORABLE
from boutwise.report.paper import rendered, write_page
from boutwise.report.sections.rasters import row_count
from boutwise.report.tables import Table, count, estimate, score, words
from boutwise.types import FrameState

OVERALL = (
    ("kappa", "Cohen's kappa"),
    ("agreement", "share of frames that agree"),
    ("macro_f1", "macro-F1 over frames"),
    ("bout_f1@0.1", "bout F1 at IoU 0.1"),
    ("bout_f1@0.25", "bout F1 at IoU 0.25"),
    ("bout_f1@0.5", "bout F1 at IoU 0.5"),
)
SECONDS = (
    ("start_difference_s", "starts differ by, median"),
    ("start_90_s", "90 % of starts are within"),
    ("stop_difference_s", "stops differ by, median"),
    ("stop_90_s", "90 % of stops are within"),
)
NOT_DEFINED = "not defined: one of the two, or both, never saw it"


def write_rater_page(
    found: RaterAgreement, shown: Sequence[tuple[PairAgreement, Rated]], path: Path
) -> Path:
    """Write the page.

    Args:
        found: Agreement of every two annotators.
        shown: Subjects whose labels are drawn, with the pair whose labels they are.
        path: Where to.
    """
    look = swatches(found.ethogram.names, backgrounds=found.ethogram.backgrounds)
    content: dict[str, Any] = {
        "found": found,
        "annotators": sorted({name for pair in found.pairs for name in pair.annotators}),
        "recordings": len({pair.subject.recording for pair in found.pairs}),
        "animals": _animals(found),
        "overall": _overall(found),
        "seconds": _seconds(found),
        "behaviors": _behaviors(found),
        "clocks": Markup(clock_offsets(_clock_rows(found))),
        "untold": [pair for pair in found.pairs if pair.offset.frames is None],
        "rasters": [_raster(pair, rated, look, n) for n, (pair, rated) in enumerate(shown)],
        "legend": [
            {"name": name, "box": Markup(swatch_key(swatch, uid="legend"))}
            for name, swatch in look.items()
        ],
        "pairs": _pairs(found),
    }
    return write_page(path, rendered("raters.html.j2", **content))


def _entry(value: Estimate) -> dict[str, Any]:
    plain = asdict(value)
    for part in (plain, plain["interval"]):
        for name in ("value", "low", "high"):
            if name in part and not np.isfinite(part[name]):
                part[name] = None
    return plain


def _cell(value: Estimate, *, bar: bool = False) -> Any:
    return estimate(_entry(value), NOT_DEFINED, bar=bar)


def _overall(found: RaterAgreement) -> Table:
    rows = [
        (
            words(name),
            _cell(found.given.overall[key], bar=True),
            _cell(found.aligned.overall[key], bar=True),
        )
        for key, name in OVERALL
    ]
    if np.isfinite(found.fleiss.value):
        kappa = (words("Fleiss' kappa, all annotators"), _cell(found.fleiss, bar=True), words(""))
        rows.insert(1, kappa)
    return Table(("mean over animals", "as labeled", "clocks aligned"), tuple(rows))


def _seconds(found: RaterAgreement) -> Table:
    rows = [
        (
            words(name),
            *(
                score(_entry(which.overall[key])["value"], "no bouts match", digits=2)
                for which in (found.given, found.aligned)
            ),
        )
        for key, name in SECONDS
    ]
    return Table(("boundaries of matching bouts, s", "as labeled", "clocks aligned"), tuple(rows))


def _behaviors(found: RaterAgreement) -> Table:
    rows = []
    for name, given in found.given.behaviors.items():
        aligned = found.aligned.behaviors[name]
        keys = ("f1", "bout_f1@0.5", "kappa")
        cells = [_cell(which[key]) for key in keys for which in (given, aligned)]
        rows.append((words(name, strong=True), *cells))
    heads = ("frame F1", "bout F1 at 0.5", "kappa")
    columns = [word for head in heads for word in (head, "aligned")]
    return Table(("behavior", *columns), tuple(rows))


def _animals(found: RaterAgreement) -> Markup:
    """Kappa of each animal, its pairs taken together."""
    units: dict[str, list[float]] = {}
    for pair in found.pairs:
        units.setdefault(pair.unit, []).append(pair.given.overall["kappa"])
    rows = []
    for unit, values in sorted(units.items()):
        defined = [value for value in values if np.isfinite(value)]
        mean = float(np.mean(defined)) if defined else None
        shown = None if mean is None else min(max(mean, 0.0), 1.0)
        rows.append((unit, shown, f"{unit}: {len(values)} pairs"))
    whole = _entry(found.given.overall["kappa"])
    ends = whole["interval"]
    known = ends["low"] is not None and ends["low"] >= 0
    return Markup(
        score_dots(
            rows,
            name="Cohen's kappa of each animal",
            mean=whole["value"],
            low=ends["low"] if known else None,
            high=ends["high"] if known else None,
        )
    )


def _clock_rows(found: RaterAgreement) -> list[tuple[str, list[tuple[str, float, float]]]]:
    rows: dict[str, list[tuple[str, float, float]]] = {}
    for pair in found.pairs:
        row = rows.setdefault(f"{pair.annotators[1]} after {pair.annotators[0]}", [])
        if pair.offset_s is not None:
            error = pair.offset.error_frames / pair.fps
            row.append((str(pair.subject), pair.offset_s, error))
    return sorted(rows.items())


def _pairs(found: RaterAgreement) -> Table:
    rows = []
    for pair in found.pairs:
        given = pair.given.overall
        aligned = pair.aligned.overall["kappa"] if pair.aligned else None
        rows.append(
            (
                words(str(pair.subject)),
                words(" and ".join(pair.annotators)),
                count(pair.given.n_frames),
                score(_known(given["kappa"]), NOT_DEFINED),
                score(_known(given["macro_f1"]), NOT_DEFINED),
                score(_known(given["bout_f1@0.5"]), NOT_DEFINED),
                score(pair.offset_s, pair.offset.reason, digits=2),
                score(_known(aligned), pair.offset.reason or NOT_DEFINED),
            )
        )
    columns = ("subject", "annotators", "frames", "kappa", "macro-F1", "bout F1 at 0.5")
    return Table((*columns, "offset, s", "kappa, clocks aligned"), tuple(rows))


def _known(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _raster(pair: PairAgreement, rated: Rated, look: Any, place: int) -> dict[str, Any]:
    """The labels of both, one bar over the other."""
    subject, names = pair.subject, rated.ethogram.names
    both = [rated.states[name] for name in pair.annotators]
    alone = all((states == FrameState.YES).sum(axis=1).max(initial=0) < 2 for states in both)
    groups = [tuple(range(len(names)))] if alone else [(column,) for column in range(len(names))]
    lanes = tuple(
        Lane(
            names[columns[0]],
            tuple(names[column] for column in columns),
            *(_codes(states[:, columns]) for states in both),
        )
        for columns in groups
    )
    times = np.arange(len(both[0])) / pair.fps
    bars = (pair.annotators[0][:14], pair.annotators[1][:14])
    track = Track(subject.recording, subject.animal, subject.target, times, lanes, bars)
    rows, length = row_count(track)
    enlarged = ethogram_raster(track, look, rows=rows, uid=f"e{place}") if rows > 1 else ""
    return {
        "name": f"{track.name}, {' over '.join(pair.annotators)}",
        "overview": Markup(ethogram_raster(track, look, uid=f"o{place}")),
        "enlarged": Markup(enlarged),
        "row": length,
        "kappa": pair.given.overall["kappa"],
    }


def _codes(states: Any) -> Any:
    """Code of each frame, (frames,), from the states of the behaviors of a lane."""
    yes = states == FrameState.YES
    codes = np.where(yes.any(axis=1), yes.argmax(axis=1), NEITHER).astype(np.int16)
    unsure = ~yes.any(axis=1)
    codes[unsure & (states == FrameState.UNLABELLED).any(axis=1)] = UNKNOWN
    codes[unsure & (states == FrameState.UNSCORABLE).any(axis=1)] = UNSCORABLE
    return codes
