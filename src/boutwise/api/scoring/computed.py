"""A class that a program computed: what is left when nobody labelled anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from boutwise.api.scoring.labels import Labels
from boutwise.api.scoring.pairing import plain
from boutwise.formats import LabelRow
from boutwise.formats.deepethogram import BACKGROUND


def without_computed_background(prediction: Labels, truth: Labels, *, declared: str) -> Labels:
    """The prediction without a ``background`` that only means 'none of the others'.

    DeepEthogram has such a column in every file, whether anybody labelled a background or not. It
    says nothing that the other columns do not say, so a truth without it can be scored. A
    background that lies over another behavior is a class of its own, and is left for the caller
    to refuse.

    Args:
        prediction: What is scored.
        truth: The labels that are right.
        declared: The class that the caller calls the background; empty for none.
    """
    if declared or BACKGROUND in map(plain, truth.names()) or _has_background(truth):
        return prediction
    found = {name for name in prediction.names() if plain(name) == BACKGROUND}
    if not found or any(_overlaps(track.rows, found) for track in prediction.tracks.values()):
        return prediction

    def others(rows: Iterable[LabelRow]) -> tuple[LabelRow, ...]:
        return tuple(row for row in rows if row.behavior not in found)

    tracks = {
        name: replace(
            track,
            rows=others(track.rows),
            behaviors=tuple(each for each in track.behaviors if each not in found),
            examined=None if track.examined is None else others(track.examined),
        )
        for name, track in prediction.tracks.items()
    }
    words = (
        f"The predicted '{' and '.join(sorted(found))}' was left out: the truth knows no such "
        "behavior, and it is only there where no other is."
    )
    return replace(prediction, tracks=tracks, notes=(*prediction.notes, words))


def _has_background(truth: Labels) -> bool:
    """Whether a class of the truth is declared to mean 'none of the others', whatever its name."""
    return truth.ethogram is not None and any(group.background for group in truth.ethogram.groups)


def _overlaps(rows: Iterable[LabelRow], background: Collection[str]) -> bool:
    """Whether a background shares time with another behavior of the same subject."""
    reached: dict[tuple[str, str, bool], float] = {}
    for row in sorted(rows, key=lambda row: row.start):
        if row.state != "yes":
            continue
        mine = row.behavior in background
        if row.start < reached.get((row.animal, row.target, not mine), row.start):
            return True
        key = (row.animal, row.target, mine)
        reached[key] = max(row.stop, reached.get(key, row.stop))
    return False
