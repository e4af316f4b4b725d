"""Several bundles averaged: their runs' out-of-fold predictions calibrate the average."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from boutwise.bundle import Bundle
from boutwise.formats._prediction import file_stem
from boutwise.inference import Refit, fit_average
from boutwise.types import Ethogram, FrameState

LABELS = "data/labels.parquet"
OUT_OF_FOLD = "oof"
ENOUGH_FRAMES = 300
"""Fewer labelled frames than this do not bear a calibration of their own."""
_Who = tuple[str, str, str]


@dataclass(frozen=True)
class Averaging:
    """How the average of several bundles is calibrated.

    Attributes:
        refit: What was fitted; None where nothing was.
        words: What was done, or why it was not; empty for a single bundle.
    """

    refit: Refit | None = None
    words: str = ""


def averaging_of(bundles: Sequence[Bundle]) -> Averaging:
    """Calibrate the average of bundles on what their runs predicted out of fold.

    That needs, for every bundle, the run folder in which it was trained, and frames that all of
    these runs predicted out of fold with the same labels.
    """
    if len(bundles) < 2:
        return Averaging()
    plain = f"the probabilities of {len(bundles)} bundles are averaged as they are"
    if any("trials" in bundle.manifest for bundle in bundles):
        return Averaging(words=plain)  # of whole trials there are too few to calibrate anew
    runs = [bundle.path.resolve().parent for bundle in bundles]
    for bundle, run in zip(bundles, runs, strict=True):
        if bundle.manifest.get("personal") is not None:
            return Averaging(words=f"{plain}: {bundle.path} was fitted to one animal afterwards")
        if not ((run / LABELS).is_file() and (run / OUT_OF_FOLD).is_dir()):
            return Averaging(
                words=f"{plain}: {bundle.path} does not lie in its run folder, and only the run "
                "knows what was predicted out of fold"
            )
    ethogram = bundles[0].ethogram
    means, states = [], []
    for mean, truth in _common(runs, ethogram):
        means.append(mean)
        states.append(truth)
    known = sum(int((truth >= FrameState.NO).any(axis=1).sum()) for truth in states)
    if known < ENOUGH_FRAMES:
        return Averaging(
            words=f"{plain}: only {known} frames have the same labels in all of the runs, and "
            f"{ENOUGH_FRAMES} are needed to calibrate the average"
        )
    words = (
        f"the average of {len(bundles)} bundles was calibrated anew on {known:,} frames that "
        "their runs predicted out of fold"
    )
    return Averaging(fit_average(bundles[0].decision, means, states), words)


def _common(
    runs: Sequence[Path], ethogram: Ethogram
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int8]]]:
    """Mean probabilities and states of each subject that all runs predicted out of fold.

    A frame in which two runs were taught different things counts as unlabelled.
    """
    labels = [_labels(run / LABELS) for run in runs]
    shared = sorted(set.intersection(*(set(each) for each in labels)))
    for recording in dict.fromkeys(who[0] for who in shared):
        tables = [_out_of_fold(run, recording, ethogram) for run in runs]
        for who in (who for who in shared if who[0] == recording):
            found = [table[who[1:]] for table in tables if who[1:] in table]
            if len(found) < len(runs) or len({len(each) for each in found}) > 1:
                continue
            n_frames = len(found[0])
            truths = [_states(mine[who], ethogram, n_frames) for mine in labels]
            same = np.all([truth == truths[0] for truth in truths[1:]], axis=0)
            truth = np.where(same, truths[0], FrameState.UNLABELLED).astype(np.int8)
            yield np.stack(found).mean(axis=0).astype(np.float32), truth


def _labels(path: Path) -> dict[_Who, pd.DataFrame]:
    table = pd.read_parquet(path)
    keys = ["recording", "animal", "target"]
    table[keys] = table[keys].fillna("").astype(str)
    return {
        (str(recording), str(animal), str(target)): part
        for (recording, animal, target), part in table.groupby(keys)
    }


def _out_of_fold(
    run: Path, recording: str, ethogram: Ethogram
) -> Mapping[tuple[str, str], NDArray[np.float32]]:
    """(animal, target) -> probabilities, (frames, behaviors); empty where there are none."""
    path = run / OUT_OF_FOLD / f"{file_stem(recording)}.frames.parquet"
    wanted = [f"p:{name}" for name in ethogram.names]
    try:
        table = pd.read_parquet(path, columns=["frame", "animal", "target", *wanted])
    except (OSError, ValueError, pa.ArrowException):
        return {}
    keys = ["animal", "target"]
    table[keys] = table[keys].fillna("").astype(str)
    return {
        (str(animal), str(target)): part.sort_values("frame")[wanted].to_numpy(np.float32)
        for (animal, target), part in table.groupby(keys)
    }


def _states(rows: pd.DataFrame, ethogram: Ethogram, n_frames: int) -> NDArray[np.int8]:
    states = np.full((n_frames, len(ethogram.names)), FrameState.UNLABELLED, dtype=np.int8)
    place = {name: column for column, name in enumerate(ethogram.names)}
    columns = ["behavior", "start", "stop", "state"]
    for behavior, start, stop, state in rows[columns].to_numpy().tolist():
        if behavior in place:
            states[start:stop, place[behavior]] = state
    return states
