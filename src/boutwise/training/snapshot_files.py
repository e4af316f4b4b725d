"""The files of a snapshot.

``data/labels.parquet`` holds the labels trained on, as runs of equal states, in native frames; with
``target.annotators: soft`` as runs of equal states and shares of votes, in one more column.
``data/snapshot.json`` says which streams of the store belong to which subject.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise.bundle.ethogram_json import ethogram_as_dict, ethogram_from_dict
from boutwise.errors import DataError
from boutwise.prepare import working_clock
from boutwise.store import Store
from boutwise.training.snapshot import Entry, Snapshot, ViewKeys
from boutwise.types import Ethogram, FrameClock, FrameState, Mirror, Subject

LABELS, SNAPSHOT = "labels.parquet", "snapshot.json"
COLUMNS = ("recording", "animal", "target", "behavior", "start", "stop", "state")
SHARE = "share"
"""Share of annotators who said 'yes'; empty where nobody judged. There with ``soft`` only."""


def save_snapshot(snapshot: Snapshot, directory: Path) -> str:
    """Write the labels and the list of streams; returns the digest of the labels."""
    directory.mkdir(parents=True, exist_ok=True)
    table = _label_table(snapshot)
    table.to_parquet(directory / LABELS, index=False)
    digest = hashlib.sha256(table.to_csv(index=False).encode("utf-8")).hexdigest()
    data = {
        "ethogram": ethogram_as_dict(snapshot.ethogram),
        "fps": snapshot.fps,
        "store": str(snapshot.store.directory.resolve()),
        "columns": [{k: list(v) for k, v in member.items()} for member in snapshot.columns],
        "pieces": [dict(member) for member in snapshot.pieces],
        "mirrors": [
            {name: asdict(mirror) for name, mirror in member.items()} for member in snapshot.mirrors
        ],
        "entries": [
            {
                "recording": entry.subject.recording,
                "animal": entry.subject.animal,
                "target": entry.subject.target,
                "group": entry.group,
                "unit": entry.unit,
                "clock": _clock_as_dict(entry.clock, snapshot.store),
                "keys": [{k: list(v) for k, v in member.items()} for member in entry.keys],
                "views": [[asdict(view) for view in member] for member in entry.views],
            }
            for entry in snapshot.entries
        ],
        "facts": {**snapshot.facts, "labels_digest": digest},
    }
    # The list of streams comes last, and whole: where it is there, so are the labels.
    temporary = directory / f".{SNAPSHOT}.tmp"
    temporary.write_text(json.dumps(data, indent=1), encoding="utf-8")
    temporary.replace(directory / SNAPSHOT)
    return digest


def load_snapshot(directory: Path) -> Snapshot:
    """The inverse of :func:`save_snapshot`."""
    data = json.loads((directory / SNAPSHOT).read_text(encoding="utf-8"))
    ethogram = ethogram_from_dict(data["ethogram"])
    store = Store(data["store"])
    clocks = [_clock_from_dict(row["clock"], store) for row in data["entries"]]
    entries = tuple(
        Entry(
            Subject(row["recording"], row["animal"], row["target"]),
            row["group"],
            row["unit"],
            clock,
            working_clock(clock, data["fps"]),
            tuple({k: tuple(v) for k, v in member.items()} for member in row["keys"]),
            tuple(tuple(_view(view) for view in member) for member in row["views"]),
        )
        for row, clock in zip(data["entries"], clocks, strict=True)
    )
    return Snapshot(
        ethogram,
        data["fps"],
        entries,
        tuple({k: tuple(v) for k, v in member.items()} for member in data["columns"]),
        read_labels(directory / LABELS, entries, ethogram),
        store,
        data["facts"],
        read_shares(directory / LABELS, entries, ethogram),
        tuple(
            {k: Mirror(tuple(v["source"]), tuple(v["sign"])) for k, v in member.items()}
            for member in data["mirrors"]
        ),
        tuple(
            {k: tuple(tuple(piece) for piece in v) for k, v in member.items()}
            for member in data["pieces"]
        ),
    )


def _view(row: dict[str, Any]) -> ViewKeys:
    return ViewKeys({name: tuple(keys) for name, keys in row["streams"].items()}, row["frames"])


def _clock_as_dict(clock: FrameClock, store: Store) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": clock.kind, "fps": clock.fps, "n_frames": clock.n_frames}
    if clock.kind == "pts":
        plain["times"] = Store.key("clock", clock.times_s)
        store.put(plain["times"], clock.times_s, {"what": "frame times, seconds"})
    return plain


def _clock_from_dict(data: dict[str, Any], store: Store) -> FrameClock:
    if data["kind"] == "declared":
        return FrameClock.declared(data["n_frames"], data["fps"])
    times_s = store.array(data["times"])
    if times_s is None:
        raise DataError(
            "the frame times of a recording are gone from the store", todo="start the run again"
        )
    return FrameClock.from_pts(times_s)


def _label_table(snapshot: Snapshot) -> pd.DataFrame:
    rows = []
    for entry in snapshot.entries:
        who = (entry.subject.recording, entry.subject.animal, entry.subject.target)
        states, shares = snapshot.states[entry.subject], snapshot.shares.get(entry.subject)
        for column, behavior in enumerate(snapshot.ethogram.names):
            share = None if shares is None else shares[:, column]
            rows += [(*who, behavior, *run) for run in _stretches(states[:, column], share)]
    columns = [*COLUMNS, SHARE] if snapshot.shares else list(COLUMNS)
    table = pd.DataFrame([row[: len(columns)] for row in rows], columns=columns)
    return table.sort_values(["recording", "animal", "target", "behavior", "start"])


def _stretches(
    states: NDArray[np.int8], shares: NDArray[np.float32] | None
) -> list[tuple[int, int, int, float]]:
    """Start, stop, state and share of each stretch of which somebody said anything."""
    if shares is None:
        shares = np.full(len(states), np.nan, dtype=np.float32)
    same = (states[1:] == states[:-1]) & (
        (shares[1:] == shares[:-1]) | (np.isnan(shares[1:]) & np.isnan(shares[:-1]))
    )
    edges = [0, *(np.flatnonzero(~same) + 1).tolist(), len(states)]
    return [
        (start, stop, int(states[start]), float(shares[start]))
        for start, stop in itertools.pairwise(edges)
        if states[start] != FrameState.UNLABELLED or not np.isnan(shares[start])
    ]


def read_labels(
    path: Path, entries: Sequence[Entry], ethogram: Ethogram
) -> dict[Subject, NDArray[np.int8]]:
    """Frame states of each subject from ``labels.parquet``, (native frames, behaviors)."""
    states = {
        entry.subject: np.full(
            (entry.clock.n_frames, len(ethogram.names)), FrameState.UNLABELLED, dtype=np.int8
        )
        for entry in entries
    }
    place = {name: column for column, name in enumerate(ethogram.names)}
    table = pd.read_parquet(path, columns=list(COLUMNS))
    for *who, behavior, start, stop, state in table.to_numpy().tolist():
        states[Subject(*who)][start:stop, place[behavior]] = state
    return states


def read_shares(
    path: Path, entries: Sequence[Entry], ethogram: Ethogram
) -> dict[Subject, NDArray[np.float32]]:
    """Shares of votes from ``labels.parquet``, (native frames, behaviors); empty without them."""
    table = pd.read_parquet(path)
    if SHARE not in table.columns:
        return {}
    shares = {
        entry.subject: np.full((entry.clock.n_frames, len(ethogram.names)), np.nan, np.float32)
        for entry in entries
    }
    place = {name: column for column, name in enumerate(ethogram.names)}
    for *who, behavior, start, stop, _, share in table[[*COLUMNS, SHARE]].to_numpy().tolist():
        shares[Subject(*who)][start:stop, place[behavior]] = share
    return shares
