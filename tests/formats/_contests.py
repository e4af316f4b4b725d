"""Files in the layout of public data sets, made of real and of simulated pairs of mice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boutwise import formats
from boutwise.synthetic import SimulatedPair
from boutwise.types import PoseTrack

VOCABULARY = {"attack": 0, "investigation": 1, "mount": 2, "other": 3}
AS_CALMS21 = {"attack": 0, "sniff_any": 1, "genitalgroom": 1, "mount": 2, "intromit": 2}
POINTS = ("nose", "left_ear", "right_ear", "neck", "left_hip", "right_hip", "tail_base")
AS_MABE = {
    "left_ear": "ear_left",
    "right_ear": "ear_right",
    "left_hip": "hip_left",
    "right_hip": "hip_right",
}
ETHOME = "ethome/e3v813a-20210610T122332-122642DLC_dlcrnetms5_pilot_studySep24shuffle1_100000_el_filtered.csv"  # noqa: E501
ETHOME_LABELS = "ethome/boris/e3v813a-20210610T122332-122642_reencode.csv"
ETHOME_POINTS = ("nose", "leftear", "rightear", "neck", "lefthip", "righthip", "tail")


def sequence(
    pose: PoseTrack, codes: NDArray[np.int64] | None, *, annotator: int = 0, **metadata: Any
) -> dict[str, Any]:
    """A sequence as the files have it; points in the order of the track."""
    positions = pose.positions.astype(float)
    confidence = np.ones(positions.shape[:3]) if pose.confidence is None else pose.confidence
    values: dict[str, Any] = {
        "keypoints": positions.transpose(0, 1, 3, 2).round(3).tolist(),
        "scores": confidence.astype(float).round(4).tolist(),
    }
    if codes is not None:
        values["annotations"] = codes.tolist()
        values["metadata"] = {"annotator-id": annotator, "vocab": VOCABULARY} | metadata
    return values


def codes_of(pair: SimulatedPair) -> NDArray[np.int64]:
    """What the resident does to the intruder, in the codes of CalMS21."""
    codes = np.full(pair.recording.n_frames, VOCABULARY["other"])
    for bout in pair.bouts.rows():
        if bout.animal == pair.recording.animals[0] and bout.behavior in AS_CALMS21:
            codes[bout.start : bout.stop] = AS_CALMS21[bout.behavior]
    return codes


def write_task1(folder: Path, pairs: Sequence[SimulatedPair], n_test: int) -> list[Path]:
    """Training and test file of task 1; the last pairs are the test."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for split, mine in (("train", pairs[:-n_test]), ("test", pairs[-n_test:])):
        content = {
            "annotator-id_0": {
                f"task1/{split}/mouse{number:03d}_task1_annotator1": sequence(
                    pair.pose, codes_of(pair)
                )
                for number, pair in enumerate(mine, start=1)
            }
        }
        path = folder / f"calms21_task1_{split}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        written.append(path)
    return written


def real_pair(pose: Path, labels: Path) -> tuple[PoseTrack, NDArray[np.int64]]:
    """The two real mice of ethome with the points of CalMS21, and their labels as its codes."""
    track = formats.read(pose).pose
    assert track is not None
    order = [track.keypoints.index(name) for name in ETHOME_POINTS]
    (events,) = formats.read(labels).labels
    codes = np.full(track.n_frames, VOCABULARY["other"])
    for row in events.rows:
        codes[round(row.start * 30) : round(row.stop * 30)] = VOCABULARY["investigation"]
    confidence = None if track.confidence is None else track.confidence[:, :, order]
    seven = PoseTrack(track.positions[:, :, order], confidence, track.animals, POINTS)
    return seven, codes


def write_video(
    root: Path,
    video: str,
    pose: PoseTrack,
    bouts: Sequence[tuple[int, int, str, int, int]] | None,
    **table: Any,
) -> dict[str, Any]:
    """A video of MABe 2025; gives its row of the table. Without bouts it has no annotation."""
    part, lab = "train" if bouts is not None else "test", table["lab_id"]
    names = [AS_MABE.get(name, name) for name in pose.keypoints]
    there = np.isfinite(pose.positions).all(axis=-1)
    frame, mouse, point = np.nonzero(there)
    (root / f"{part}_tracking" / lab).mkdir(parents=True, exist_ok=True)
    pd.DataFrame(
        {
            "video_frame": frame.astype(np.int32),
            "mouse_id": (mouse + 1).astype(np.int8),
            "bodypart": np.array(names)[point],
            "x": pose.positions[frame, mouse, point, 0],
            "y": pose.positions[frame, mouse, point, 1],
        }
    ).to_parquet(root / f"{part}_tracking" / lab / f"{video}.parquet", index=False)
    if bouts is not None:
        (root / "train_annotation" / lab).mkdir(parents=True, exist_ok=True)
        heads = ["agent_id", "target_id", "action", "start_frame", "stop_frame"]
        path = root / "train_annotation" / lab / f"{video}.parquet"
        pd.DataFrame(list(bouts), columns=heads).to_parquet(path, index=False)
    return {"video_id": video, "body_parts_tracked": json.dumps(names), **table}


def bouts_of(pair: SimulatedPair) -> list[tuple[int, int, str, int, int]]:
    """Agent, target, action, start, stop; running alone is added as the track shows it."""
    number = {name: place + 1 for place, name in enumerate(pair.recording.animals)}
    found = [
        (number[b.animal], number[b.target], b.behavior, b.start, b.stop)
        for b in pair.bouts.rows()
        if b.state == "yes"
    ]
    return found + [
        (mouse, mouse, "run", start, stop)
        for mouse in (1, 2)
        for start, stop in runs_of(pair.pose, mouse - 1, pair.recording.clock.fps)
    ]


def runs_of(pose: PoseTrack, mouse: int, fps: float) -> list[tuple[int, int]]:
    """Stretches in which a mouse is among its own fastest third, for half a second each time."""
    with np.errstate(invalid="ignore"):
        middle = np.nanmean(pose.positions[:, mouse], axis=1)
    width = max(int(fps / 2), 1)
    steps = np.nan_to_num(np.linalg.norm(middle[width:] - middle[:-width], axis=-1))
    fast = np.concatenate([steps > np.quantile(steps, 0.67), np.zeros(width, dtype=bool)])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fast, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def write_challenge(root: Path, labs: Mapping[str, Sequence[SimulatedPair]], n_test: int) -> None:
    """The folder of the challenge: of each lab the last videos are the test."""
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    for lab, pairs in labs.items():
        for place, pair in enumerate(pairs):
            split = "test" if place >= len(pairs) - n_test else "train"
            video = str(1000 * (1 + list(labs).index(lab)) + place)
            seen = {(o.animal, o.target, o.behavior) for o in pair.bouts.observed}
            names = {animal: f"mouse{n}" for n, animal in enumerate(pair.recording.animals, 1)}
            listed = [f"{names[a]},{names[t]},{b}" for a, t, b in sorted(seen)]
            listed += [f"{mouse},self,run" for mouse in names.values()]
            table = {
                "lab_id": lab,
                "mouse1_id": place + 1,
                "mouse2_id": place + 101,
                "mouse1_sex": "male",
                "mouse2_sex": "male",
                "frames_per_second": pair.recording.clock.fps,
                "video_duration_sec": pair.recording.clock.duration_s,
                "pix_per_cm_approx": 20,
                "behaviors_labeled": json.dumps(listed),
            }
            bouts = bouts_of(pair) if split == "train" else None
            rows[split].append(write_video(root, video, pair.pose, bouts, **table))
    for split, mine in rows.items():
        pd.DataFrame(mine).to_csv(root / f"{split}.csv", index=False)
