"""What is asked for the cohort of an animal: its features, its predictions, its labels, as one row.

Every row is a mean over the recordings of an animal (or of animals filmed together), so that the
animal is the unit of the probe as it is of every interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.training.snapshot import Entry, Snapshot
from boutwise.types import FrameState, Pixels, Prediction, is_pixels

MOST_FRAMES = 5000
"""Frames of a recording that a summary rests on, evenly spaced."""
MOST_PICTURES = 64
OF_PICTURES = ("brightness", "contrast", "sharpness")
RARE = 1e-4
"""Shares are not taken for smaller than this, so that their logit stays a number."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """One row an animal.

    Attributes:
        what: ``features``, ``predictions`` or ``labels``.
        values: (animals, columns), no NaN.
        names: Of the columns.
    """

    what: str
    values: Floats
    names: tuple[str, ...]


def cohort_tables(
    snapshot: Snapshot,
    entries: Sequence[Entry],
    predictions: Sequence[Prediction],
    units: Sequence[str],
) -> list[Table]:
    """Features, predictions and labels of the animals.

    Args:
        snapshot: Streams and labels.
        entries: Those that are not held out.
        predictions: Out of fold, one an entry, in the same order.
        units: The animals, in the order of the rows.
    """
    features, said, labelled = [], [], []
    for entry, prediction in zip(entries, predictions, strict=True):
        if entry.unit in units:
            features.append((entry.unit, _of_features(snapshot, entry)))
            said.append((entry.unit, _of_predictions(prediction)))
            labelled.append((entry.unit, _of_labels(snapshot.states[entry.subject])))
    behaviors = snapshot.ethogram.names
    unsure = tuple(f"doubt about {name}" for name in behaviors)
    shares = tuple(f"share of {name}" for name in behaviors)
    return [
        Table("features", _by_unit(features, units), _feature_names(snapshot, entries[0])),
        Table("predictions", _by_unit(said, units), (*shares, *unsure)),
        Table("labels", _by_unit(labelled, units), shares),
    ]


def _feature_names(snapshot: Snapshot, entry: Entry) -> tuple[str, ...]:
    columns = [
        column
        for member, stream in _streams_once(entry)
        for column in snapshot.columns[member].get(stream, OF_PICTURES)
    ]
    kinds = ("median", "spread", "missing share")
    return tuple(f"{kind} of {column}" for kind in kinds for column in columns)


def _streams_once(entry: Entry) -> list[tuple[int, str]]:
    """Member and name of each stream; one that several members share comes once."""
    found: dict[tuple[str, ...], tuple[int, str]] = {}
    for member, streams in enumerate(entry.keys):
        for name, keys in streams.items():
            found.setdefault(keys, (member, name))
    return list(found.values())


def _of_features(snapshot: Snapshot, entry: Entry) -> Floats:
    """The summary of every column of every stream, side by side."""
    parts = []
    for member, name in _streams_once(entry):
        values = snapshot.streams(entry, member)[name]
        parts.append(summary_of(_of_pictures(values) if is_pixels(values) else values))
    return np.concatenate(parts, axis=1).ravel()


def summary_of(values: NDArray[np.float32]) -> Floats:
    """Median, spread and missing share of each column, (3, columns).

    Args:
        values: (frames, columns), NaN = missing.
    """
    sample = np.asarray(values[:: max(1, len(values) // MOST_FRAMES)], dtype=np.float64)
    low, median, high = _quartiles(sample)
    return np.stack([median, high - low, np.isnan(sample).mean(axis=0)])


def _of_pictures(pixels: Pixels) -> NDArray[np.float32]:
    """Brightness, contrast and sharpness of some frames, (frames, 3): what cameras differ in."""
    there = np.flatnonzero(pixels.present)
    if not there.size:
        return np.full((1, len(OF_PICTURES)), np.nan, dtype=np.float32)
    rows = []
    for frame in there[:: max(1, there.size // MOST_PICTURES)].tolist():
        picture = pixels[slice(frame, frame + 1)][0].astype(np.float32).mean(axis=0)
        slopes = np.abs(np.diff(picture, axis=1)).mean()
        rows.append((picture.mean(), picture.std(), slopes))
    return np.array(rows, dtype=np.float32)


def _quartiles(sample: Floats) -> Floats:
    """Of each column without what is missing, (3, columns); NaN where all of it is."""
    ordered = np.sort(sample, axis=0)  # missing values come last
    last = (~np.isnan(sample)).sum(axis=0) - 1
    places = np.round(np.multiply.outer([0.25, 0.5, 0.75], np.maximum(last, 0))).astype(int)
    return np.asarray(np.take_along_axis(ordered, places, axis=0))


def _of_predictions(prediction: Prediction) -> Floats:
    """How often each behavior is expected, as a logit, and how unsure that is."""
    p = prediction.probabilities[0][prediction.observed[0]].astype(np.float64)
    if len(p) == 0:
        return np.full(2 * prediction.probabilities.shape[2], np.nan)
    return np.concatenate([_logit(p.mean(axis=0)), (p * (1 - p)).mean(axis=0)])


def _of_labels(states: NDArray[np.int8]) -> Floats:
    known = (states >= FrameState.NO).sum(axis=0)
    yes = (states == FrameState.YES).sum(axis=0)
    return np.where(known > 0, _logit(yes / np.maximum(known, 1)), np.nan)


def _logit(share: Floats) -> Floats:
    share = np.clip(share, RARE, 1 - RARE)
    return np.asarray(np.log(share / (1 - share)))


def _by_unit(rows: Sequence[tuple[str, Floats]], units: Sequence[str]) -> Floats:
    """Mean over the recordings of an animal; what is missing is put in the middle."""
    table = np.full((len(units), len(rows[0][1])), np.nan)
    for place, unit in enumerate(units):
        mine = np.stack([values for name, values in rows if name == unit])
        known = np.isfinite(mine)
        total = np.where(known, mine, 0).sum(axis=0)
        table[place] = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    for column in table.T:
        lost = np.isnan(column)
        column[lost] = np.median(column[~lost]) if (~lost).any() else 0.0
    return table
