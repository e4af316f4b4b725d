"""One small file of every format, made here: the contract tests run over all of them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

DLC = """scorer,net,net,net,net,net,net
bodyparts,nose,nose,nose,tail base,tail base,tail base
coords,x,y,likelihood,x,y,likelihood
0,1.5,2.5,0.9,4,5,0.8
1,1.6,2.6,0.9,,,0.1
2,0,0,0,4.2,5.2,0.7
"""
TRIAL = "Frame,Action\n0,0\n1,0\n2,2\n3,2\n4,7\n"
BORIS_OLD = """Observation id,first,,,,,,,
Media file(s),,,,,,,,
Player #1,/home/lab/cage 3.mp4,,,,,,,
Time offset (s),0.0,,,,,,,
,,,,,,,,
Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status
1.000,/home/lab/cage 3.mp4,60.0,30.0,m1,rear,,,START
2.500,/home/lab/cage 3.mp4,60.0,30.0,m1,rear,,well seen,STOP
3.000,/home/lab/cage 3.mp4,60.0,30.0,No focal subject,twitch,,,POINT
"""
BORIS_NEW = "\n".join(
    "\t".join(cells)
    for cells in (
        ("Observation id", "Observation date", "Description", "Observation duration",
         "Observation type", "Source", "Time offset (s)", "Media duration (s)", "FPS", "drug",
         "Subject", "Behavior", "Behavioral category", "Modifier #1", "Behavior type", "Time",
         "Media file name", "Image index", "Image file path", "Comment"),
        ("one", "2024-01-01 10:00:00", "", "30", "Media file(s)", "player #1:C:\\v\\a.mp4;b.mp4",
         "0", "10.000;20.000", "25.000;30.000", "CFA", "m1", "rear", "", "high", "START", "9.000",
         "C:\\v\\a.mp4", "225", "NA", ""),
        ("one", "2024-01-01 10:00:00", "", "30", "Media file(s)", "player #1:C:\\v\\a.mp4;b.mp4",
         "0", "10.000;20.000", "25.000;30.000", "CFA", "m1", "rear", "", "high", "STOP", "12.000",
         "b.mp4", "60", "NA", ""),
        ("two", "2024-01-01 10:00:00", "", "5", "Media file(s)", "player #1:c.mp4",
         "0", "5.000", "25.000", "CFA", "m1", "twitch", "", "", "POINT", "4.000",
         "c.mp4", "100", "NA", ""),
    )
) + "\n"  # fmt: skip
AGGREGATED = """Observation id,Media file,Total length,FPS,Subject,Behavior,Modifiers,Behavior type,Start (s),Stop (s),Duration (s),Comment start,Comment stop
one,cage 3.mp4,60.0,30.0,m1,rear,,STATE,1.000,2.500,1.500,,
one,cage 3.mp4,60.0,30.0,No focal subject,twitch,left,POINT,3.000,3.000,NA,why,
"""  # noqa: E501
BARE = """one\t2016-12-01 23:01:31\tcage 3.mp4\t60.000\t30.0\tCFA\tm1\trear\t\t\tSTATE\t1.000\t2.500\t1.500\t\tyes
one\t2016-12-01 23:01:31\tcage 3.mp4\t60.000\t30.0\tCFA\tNo focal subject\ttwitch\t\tleft\tPOINT\t3.000\t3.000\tNA\twhy\t
"""  # noqa: E501
PROJECT: dict[str, object] = {
    "time_format": "hh:mm:ss",
    "project_format_version": "7.0",
    "subjects_conf": {"0": {"key": "1", "name": "m1"}},
    "behaviors_conf": {
        "0": {"type": "State event", "key": "r", "code": "rear", "excluded": "walk"},
        "1": {"type": "Point event with coding map", "key": "t", "code": "twitch"},
        "2": {"type": "State event", "key": "w", "code": "walk"},
    },
    "observations": {
        "one": {
            "type": "MEDIA",
            "file": {"1": ["C:\\v\\a.mp4", "b.mp4"], "2": ["side.mp4"]},
            "time offset": 0.0,
            "media_info": {
                "length": {"C:\\v\\a.mp4": 10.0, "b.mp4": 20.0, "side.mp4": 30.0},
                "fps": {"C:\\v\\a.mp4": 25.0, "b.mp4": 30.0, "side.mp4": 30.0},
                "offset": {"1": 0.0, "2": 0.0},
            },
            "events": [
                [9.0, "m1", "rear", "high|left", "begins", 225],
                [9.5, "", "rear", "", "", 237],
                [10.0, "", "twitch", "None", "", 0],
                [12.0, "m1", "rear", "high|left", "", 60],
                [12.5, "", "rear", "", "ends", 75],
            ],
        },
        "live": {"type": "LIVE", "file": [], "events": [[1.25, "m1", "twitch", "", ""]]},
    },
}
INTERVALS = """video;subject;behavior;start_s;stop_s
Käfig 3.mp4;m1;rear;0,5;1,25
Käfig 3.mp4;m1;walk;1,25;3
"""
BOUTS = """recording,animal,target,behavior,start_frame,stop_frame,start_s,stop_s,mean_probability,source
day 1/cage 3,m1,,rear,2,5,0.1,0.25,0.9,predicted
day 1/cage 3,m1,m2,attack,7,9,0.35,0.45,,predicted
"""  # noqa: E501
FRAME_LABELS = "frame,label\n0,rest\n1,rest\n2,rear\n3,\n"
ONE_HOT = "frame,rear,walk\n0,0,0\n1,1,1\n2,-1,-2\n"
DEEPETHOGRAM = ",background,rear,walk\n0,1,0,0\n1,0,1,1\n2,-1,-1,-1\n"
FRAME_CSV = """recording,frame,time_s,animal,target,rear,walk
cage 3,0,0.0,m1,,1,0
cage 3,1,0.05,m1,,-2,0
cage 3,2,0.1,m1,,-1,-1
"""
SIMBA = """,nose_x,nose_y,nose_p,tail_x,tail_y,tail_p,Mouse_speed,Low_prob_detections_0.1,rear,walk
0,1.5,2.5,0.9,4,5,0.8,0.1,0,0,1
1,1.6,2.6,0.9,4,5,0.1,0.2,0,1,1
2,1.7,2.7,0.9,4,5,0.7,0.3,0,1,0
"""
SUBTLE_LABELS = ",0\n0.0,na\n0.05,na\n0.1,walking\n0.15,rearing\n"
SUBTLE_POSE = "".join(",".join(f"{row + i / 10:.1f}" for i in range(27)) + "\n" for row in range(3))
POSE_TABLE = "t,nose x,nose y,p,tail x,tail y\n0,1,2,0.9,3,4\n1,1.5,2.5,0.8,,\n"
MAPPING = {
    "keypoints": {
        "nose": {"x": "nose x", "y": "nose y", "confidence": "p"},
        "tail_base": ["tail x", "tail y"],
    },
    "unit": "mm",
    "fps": 25,
}


@dataclass(frozen=True)
class Sample:
    """A small file.

    Attributes:
        format: Which claims it.
        name: Path below the folder.
        text: Content; None for files that are no text.
        number: (row counted from 1, column from 0) of a cell that must be a number.
        make: Writes a file that is no text.
        options: Of ``read``, where it needs some.
    """

    format: str
    name: str
    text: str | None = None
    number: tuple[int, int] | None = None
    make: Callable[[Path], None] | None = None
    options: tuple[tuple[str, object], ...] = ()

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.text is not None:
            path.write_bytes(self.text.encode("utf-8"))
        elif self.make is not None:
            self.make(path)
        return path

    @property
    def separator(self) -> str:
        assert self.text is not None
        last = self.text.splitlines()[-1]
        return "\t" if "\t" in last else ";" if ";" in last else ","


def write_supervisely(path: Path) -> None:
    """The annotation of a video of 90 frames, with the table of tags of its project."""
    tags = [{"name": name, "value_type": "none"} for name in ("twitch", "groom", "rear")]
    drug = {"name": "drug", "value_type": "any_string", "target_type": "globalOnly"}
    meta = {"classes": [{"title": "mouse", "shape": "rectangle"}], "tags": [*tags, drug]}
    (path.parents[2] / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    corners = [[10, 20], [49, 59]]
    figure = {
        "key": "f",
        "objectKey": "o",
        "geometryType": "rectangle",
        "geometry": {"points": {"exterior": corners, "interior": []}},
    }
    annotation = {
        "size": {"height": 128, "width": 160},
        "description": "",
        "key": "a",
        "tags": [
            {"name": "twitch", "value": None, "frameRange": [10, 14], "labelerLogin": "anna"},
            {"name": "groom", "value": "face", "frameRange": [30, 30], "labelerLogin": "anna"},
            {"name": "drug", "value": "CFA"},
        ],
        "objects": [{"key": "o", "classTitle": "mouse", "tags": []}],
        "frames": [{"index": index, "figures": [figure]} for index in (3, 4)],
        "framesCount": 90,
    }
    path.write_text(json.dumps(annotation), encoding="utf-8")


def write_h5(path: Path, kind: bytes | None = None, *, key: str = "df_with_missing") -> None:
    """A DeepLabCut H5 file in the table layout, as pandas and PyTables write it."""
    names = [("net", "nose", "x"), ("net", "nose", "y"), ("net", "nose", "likelihood")]
    table = np.zeros(4, dtype=[("index", "<i8"), ("values_block_0", "<f8", (3,))])
    table["index"] = np.arange(4)
    table["values_block_0"] = np.arange(12).reshape(4, 3) / 12
    import pickle

    with h5py.File(path, "w") as file:
        group = file.create_group(key)
        group.attrs["pandas_type"] = np.bytes_(b"frame_table")
        data = group.create_dataset("table", data=table)
        data.attrs["values_block_0_kind"] = np.bytes_(kind or pickle.dumps(names, 0))


def write_fixed_h5(path: Path) -> None:
    """A DeepLabCut H5 file of two animals in the fixed layout."""
    levels = (["net"], ["m1", "m2"], ["nose"], ["likelihood", "x", "y"])
    codes = ([0] * 6, [0, 0, 0, 1, 1, 1], [0] * 6, [1, 2, 0] * 2)
    with h5py.File(path, "w") as file:
        group = file.create_group("tracks")
        group.attrs["pandas_type"] = np.bytes_(b"frame")
        group.attrs["nblocks"] = 1
        for axis in ("axis0", "block0_items"):
            group.attrs[f"{axis}_nlevels"] = 4
            for level in range(4):
                group[f"{axis}_level{level}"] = np.array(levels[level], dtype="S")
                group[f"{axis}_label{level}"] = np.array(codes[level], dtype=np.int8)
        group["axis1"] = np.arange(5)
        group["block0_values"] = np.arange(30, dtype=float).reshape(5, 6)


def write_xlsx(text: str, separator: str = ",") -> Callable[[Path], None]:
    """Writes a text table as a workbook: what looks like a number becomes one."""

    def make(path: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        for line in text.splitlines():
            cells = [cell.replace(",", ".") for cell in line.split(separator)]
            book.active.append([float(c) if re.fullmatch(r"-?[\d.]+", c) else c for c in cells])
        book.save(path)

    return make


def write_project(path: Path, project: object = PROJECT) -> None:
    """A BORIS project, packed where the name says so."""
    data = json.dumps(project).encode("utf-8")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def write_sleap(path: Path, **changes: object) -> None:
    """A SLEAP analysis file of two tracks, three nodes and four frames; None leaves one out."""
    tracks = np.arange(48, dtype=float).reshape(2, 2, 3, 4)
    tracks[1, :, 2, 1] = np.nan
    members: dict[str, object] = {
        "tracks": tracks,
        "node_names": np.array([b"nose", b"neck", b"tail_base"]),
        "track_names": np.array([b"m1", b"m2"]),
        "point_scores": np.linspace(0.1, 1.1, 24).reshape(2, 3, 4),
        "instance_scores": np.ones((2, 4)),
        "tracking_scores": np.ones((2, 4)),
        "track_occupancy": np.ones((4, 2), dtype=np.uint8),
        "video_path": "/home/lab/cage 3.mp4",
    }
    with h5py.File(path, "w") as file:
        for name, value in (members | changes).items():
            if value is not None:
                file[name] = value


def write_jabs(path: Path, **changes: object) -> None:
    """A JABS pose file of version 4 with two mice that change places; None leaves one out."""
    members: dict[str, object] = {
        "points": np.arange(5 * 3 * 24, dtype=np.uint16).reshape(5, 3, 12, 2),
        "confidence": np.tile(np.float32([[0.5], [2], [0.25]]), (5, 1, 12)),
        "instance_count": np.full(5, 3, dtype=np.uint8),
        "instance_track_id": np.tile(np.arange(3, dtype=np.uint32), (5, 1)),
        "instance_embed_id": np.array([[1, 2, 0]] * 3 + [[2, 1, 0]] * 2, dtype=np.uint32),
        "id_mask": np.array([[0, 0, 1]] * 4 + [[0, 1, 1]], dtype=bool),
    }
    with h5py.File(path, "w") as file:
        group = file.create_group("poseest")
        group.attrs["version"] = [4, 0]
        for name, value in (members | changes).items():
            if value is not None:
                group[name] = value


ABODE = """Mouse,,,,R,R,G,G
Attribute,,,,GT.Source,GT.Behaviour,GT.Source,GT.Behaviour
CageID,Segment,Snippet,BTI,,,,
A,17,12,0,1,Imm,1,N/Obs
A,17,12,1,1,Imm,1,Feed
A,17,12,2,1,Other,1,Feed
B,1,0,0,1,Loco,1,N/Adm
"""


def write_paws(path: Path, **changes: object) -> None:
    """Three trials of two mice."""
    arrays: dict[str, object] = {
        "xy": np.column_stack([np.arange(7), 2 * np.arange(7)]).astype(np.float32),
        "length": np.array([3, 2, 2]),
        "id": np.array(["1", "1", "1"]),
        "strain": np.array(["AKR", "B6", "AKR"]),
        "stimulus": np.array(["CS", "DB", "HP"]),
    }
    with path.open("wb") as file:
        np.savez(file, **(arrays | changes))


CALMS21: dict[str, object] = {
    "annotator-id_0": {
        f"task1/train/mouse00{number}_task1_annotator1": {
            "keypoints": (100 * number + np.arange(140.0).reshape(5, 2, 2, 7)).tolist(),
            "scores": (np.arange(70).reshape(5, 2, 7) / 100).tolist(),
            "annotations": [3, 3, 0, 0, number],
            "metadata": {
                "annotator-id": 0,
                "vocab": {"attack": 0, "investigation": 1, "mount": 2, "other": 3},
            },
        }
        for number in (1, 2)
    }
}
FIRST = "task1/train/mouse001_task1_annotator1"


def write_calms21(path: Path, content: object = CALMS21) -> None:
    """A CalMS21 file as it is published, or as its converter writes it."""
    if path.suffix == ".json":
        path.write_text(json.dumps(content), encoding="utf-8")
        return
    converted = {
        group: {
            name: {key: np.array(v) if isinstance(v, list) else v for key, v in parts.items()}
            for name, parts in sequences.items()
        }
        for group, sequences in content.items()  # type: ignore[attr-defined]
    }
    np.save(path, converted, allow_pickle=True)


MABE_BODY = ("nose", "ear_left", "ear_right", "neck", "hip_left", "hip_right", "tail_base")
MABE_TABLE: dict[str, object] = {
    "lab_id": "LabA",
    "video_id": "11",
    "mouse1_strain": "C57BL/6J",
    "mouse1_sex": "male",
    "mouse1_id": "12.0",
    "mouse2_strain": "BALB/c",
    "mouse2_sex": "male",
    "mouse2_id": "",
    "frames_per_second": "30.0",
    "video_duration_sec": "0.2",
    "pix_per_cm_approx": "12",
    "body_parts_tracked": json.dumps(MABE_BODY),
    "behaviors_labeled": '["mouse1,mouse2,attack", "mouse2,self,\'rear\'"]',
    "tracking_method": "DeepLabCut",
}


def write_mabe(path: Path, **changes: object) -> None:
    """A video of MABe 2025 of six frames, with its table; ``path`` is its pose or its bouts."""
    import pandas as pd

    root, lab = path.parents[2], path.parent.name
    row = MABE_TABLE | changes
    for part in ("train_tracking", "train_annotation"):
        (root / part / lab).mkdir(parents=True, exist_ok=True)
    pd.DataFrame([row]).to_csv(root / "train.csv", index=False)
    frames = [(f, m, part) for f in range(6) for m in (1, 2) for part in MABE_BODY]
    pose = pd.DataFrame(frames, columns=["video_frame", "mouse_id", "bodypart"])
    pose["x"], pose["y"] = np.arange(len(pose)) * 1.5, np.arange(len(pose)) + 0.5
    pose.to_parquet(root / "train_tracking" / lab / path.name, index=False)
    bouts = pd.DataFrame(
        [(1, 2, "attack", 1, 3), (2, 2, "rear", 0, 6)],
        columns=["agent_id", "target_id", "action", "start_frame", "stop_frame"],
    )
    bouts.to_parquet(root / "train_annotation" / lab / path.name, index=False)


SUBMISSION = """row_id,video_id,agent_id,target_id,action,start_frame,stop_frame
0,11,mouse1,mouse2,attack,1,3
1,11,mouse2,self,rear,0,6
"""


def write_nwb(path: Path, fill: Callable[[object], None] | None = None) -> None:
    """An NWB file: one mouse of two points at 25 frames a second; or what ``fill`` puts into it."""
    from datetime import UTC, datetime

    from ndx_pose import PoseEstimation
    from pynwb import NWBHDF5IO, NWBFile

    nwb = NWBFile("a test", path.stem, datetime(2024, 1, 1, tzinfo=UTC))
    if fill is None:
        points = [nwb_series("nose", 0, rate=25.0), nwb_series("tail_base", 100, rate=25.0)]
        module = nwb.create_processing_module("behavior", "pose")
        module.add(PoseEstimation(name="mouse", pose_estimation_series=points))
    else:
        fill(nwb)
    with NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)


def nwb_series(name: str, first: float, *, rows: int = 5, **times: object) -> object:
    """A series of ndx-pose: x counts up from ``first``, y from 10 more, confidence 0.5, 0.6, ..."""
    from ndx_pose import PoseEstimationSeries

    told: dict[str, object] = {
        "data": np.stack([first + np.arange(rows), first + 10.0 + np.arange(rows)], axis=1),
        "confidence": 0.5 + np.arange(rows) / 10 % 0.5,
        "unit": "pixels",
        "reference_frame": "(0, 0) is the top left corner",
        "description": "a point",
    }
    return PoseEstimationSeries(name=name, **told | times)


MULTITASK = "Frame,Action,p:rest,p:walk\n0,0,.9,.1\n1,6,.25,.75\n2,,,\n"
EVENTS: list[object] = [
    {
        "frame_range": [3, 7],
        "label": 1,
        "label_name": "twitch",
        "confidence": 0.75,
        "bbox": [10, 20, 50, 60],
    }
]
CLIP3D: dict[str, object] = {
    "video_path": "/videos/cage 3.mp4",
    "frame_count": 3,
    "fps": 30.0,
    "classes": ["rest", "walk"],
    "model": "clip3d 0123456789ab",
    "predictions": [
        {"frame": 0, "action": "rest", "confidence": 0.9},
        {"frame": 2, "action": "walk", "confidence": 0.75},
    ],
    "frame_indices": [0, 2],
    "probabilities": [[0.9, 0.1], [0.25, 0.75]],
}


def write_json(content: object) -> Callable[[Path], None]:
    """Writes JSON."""
    return lambda path: path.write_text(json.dumps(content), encoding="utf-8") and None


SAMPLES = (
    Sample("dlc_csv", "cage 3DLC_resnet50_pawsMay7shuffle1_5000.csv", DLC, (5, 1)),
    Sample("dlc_h5", "cage 3DLC_resnet50_pawsMay7shuffle1_5000.h5", make=write_h5),
    Sample("dlc_h5", "cage 3DLC_dlcrnetms5_pawsMay7shuffle1_5000_el.h5", make=write_fixed_h5),
    Sample("trial_labels", "prediction_cage 3.mp4_2.csv", TRIAL, (3, 0)),
    Sample("boris_tabular", "old.csv", BORIS_OLD, (8, 0)),
    Sample("boris_tabular", "new.tsv", BORIS_NEW, (3, 15)),
    Sample("boris_aggregated", "aggregated.csv", AGGREGATED, (3, 8)),
    Sample("intervals", "Käfig.csv", INTERVALS, (3, 3)),
    Sample("bouts_csv", "cage 3.bouts.csv", BOUTS, (3, 4)),
    Sample("frame_labels", "cage 3_labels.csv", FRAME_LABELS, (3, 0)),
    Sample("frame_labels", "cage 4_labels.csv", ONE_HOT, (3, 0)),
    Sample("deepethogram", "cage 5_labels.csv", DEEPETHOGRAM, (3, 0)),
    Sample("frame_csv", "cage 3.frames.csv", FRAME_CSV, (3, 1)),
    Sample("subtle", "subtle/annots/adult_6112.csv", SUBTLE_LABELS, (3, 0)),
    Sample("subtle", "subtle/coords/adult_6112.csv", SUBTLE_POSE, (2, 4)),
    Sample("simba_csv", "cage 3.csv", SIMBA, (3, 7)),
    Sample("multitask_csv", "cage 3.multitask.csv", MULTITASK, (3, 0)),
    Sample("clip3d_json", "cage 3.clip3d.json", make=write_json(CLIP3D)),
    Sample("events_json", "events/cage 3.json", make=write_json(EVENTS)),
    Sample("supervisely", "lab/day1/ann/cage 3.mp4.json", make=write_supervisely),
    Sample("nwb", "cage 3.nwb", make=write_nwb),
    Sample("sleap_h5", "labels.000_cage 3.analysis.h5", make=write_sleap),
    Sample("jabs_h5", "cage 3_pose_est_v4.h5", make=write_jabs),
    Sample("boris_aggregated", "bare.tsv", BARE, (2, 12)),
    Sample("boris_project", "mice.boris", make=write_project),
    Sample("boris_project", "mice.boris.gz", make=write_project),
    Sample("boris_tabular", "old.xlsx", make=write_xlsx(BORIS_OLD)),
    Sample("boris_aggregated", "aggregated.xlsx", make=write_xlsx(AGGREGATED)),
    Sample("intervals", "Käfig.xlsx", make=write_xlsx(INTERVALS, ";")),
    Sample("frame_labels", "cage 4_labels.xlsx", make=write_xlsx(FRAME_LABELS)),
    Sample("abode", "annotations.csv", ABODE, (4, 5)),
    Sample("paws", "tracks.npz", make=write_paws, options=(("member", "AKR_1"),)),
    Sample("calms21_json", "train.json", make=write_calms21, options=(("member", FIRST),)),
    Sample("calms21_npy", "train.npy", make=write_calms21, options=(("member", FIRST),)),
    Sample("mabe2025", "train_tracking/LabA/11.parquet", make=write_mabe),
    Sample("mabe2025", "train_annotation/LabA/11.parquet", make=write_mabe),
    Sample("mabe2025", "submission.csv", SUBMISSION, (3, 5)),
    Sample("pose_table", "table.csv", POSE_TABLE, (3, 1), options=(("mapping", MAPPING),)),
)
