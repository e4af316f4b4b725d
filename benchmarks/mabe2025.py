"""Train and score on MABe 2025, when you have its folder: held-out animals, the contest's metric.

    python benchmarks/mabe2025.py FOLDER [--labs A,B] [--recipe NAME] [--set a.b=c]... [--seed N]
                                  [--share .2] [--by animal|recording] [--submit]
                                  [--workers N] [--out DIR] [--json]
    python benchmarks/mabe2025.py --loading

FOLDER holds ``train.csv``, ``train_tracking`` and ``train_annotation``. Of each lab about a share
of the labelled videos is kept apart, whole animals at a time; a lab whose animals were all filmed
with each other has none to keep apart and is only learned from (``--by recording`` keeps videos
apart then, and its score is of known animals). Two models are learned, of what mice do to others
and of what they do alone; of both, what was not looked for in a video is left out, and together
they are one submission. It is scored as the contest scores: F1 of each action in each lab, mean
over actions, then over labs. ``--submit`` predicts the videos of ``test.csv`` and writes
``submission.csv``. ``--loading`` compares reading with a loader that goes row by row, on 5,000
frames made here.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from boutwise import api, formats
from boutwise.errors import DataError
from boutwise.formats import bouts_csv, mabe2025
from boutwise.formats._mabe_csv import COLUMNS
from boutwise.formats._mabe_meta import SELF, Video, videos
from boutwise.formats._mabe_parquet import bouts as bouts_of
from boutwise.formats._prediction import file_stem
from boutwise.project import Project
from boutwise.project.splits import linked
from boutwise.types import Bout, Bouts

SCOPES = ("directed", "individual")
SOLUTION = (*COLUMNS, "lab_id", "behaviors_labeled")


def cpu_s() -> float:
    """CPU seconds of this process and of those that it waited for: folds are trained in others."""
    return sum(os.times()[:4])


def chosen(folder: Path, labs: Sequence[str]) -> dict[str, Video]:
    """The labelled videos of the labs, those without a file of bouts left out."""
    table = folder / "train.csv"
    if not table.is_file():
        raise DataError("there is no train.csv", file=folder, todo="name the folder of the contest")
    found = {
        name: video
        for name, video in videos(table).items()
        if video.labelled and (not labs or video.lab in labs)
    }
    found = {name: video for name, video in found.items() if file_of(folder, video, "annotation")}
    if not found:
        raise DataError("there is no labelled video", file=table, todo="look at --labs and FOLDER")
    return found


def near_in_rate(mine: Mapping[str, Video]) -> tuple[dict[str, Video], list[str]]:
    """Videos that one model can be learned from, and the labs that are filmed too differently.

    A model has one working rate, to which half and twice as many frames can be brought.
    """
    rates = sorted(video.fps for video in mine.values())
    middle = rates[len(rates) // 2]
    near = {name: v for name, v in mine.items() if 0.5 <= v.fps / middle <= 2}
    return near, sorted({v.lab for name, v in mine.items() if name not in near})


def file_of(folder: Path, video: Video, kind: str, split: str = "train") -> Path | None:
    """The file of a video, where it is there."""
    path = folder / f"{split}_{kind}" / video.lab / f"{video.id}.parquet"
    return path if path.is_file() else None


def project_of(folder: Path, mine: Mapping[str, Video], out: Path) -> Project:
    """A project of the videos; importing again adds nothing."""
    root = out / "project"
    there = (root / "boutwise.yaml").is_file()
    project = Project.open(root) if there else Project.create(root)
    kinds = ("tracking", "annotation")
    paths = [file_of(folder, video, kind) for video in mine.values() for kind in kinds]
    plan = api.plan_import(project, [path for path in paths if path is not None])
    api.apply_import(project, plan)
    return project


def kept_apart(
    project: Project, mine: Mapping[str, Video], share: float, by: str, seed: int
) -> dict[str, list[str]]:
    """Lab -> videos kept apart: whole groups of animals, until the share of the lab is reached."""
    recordings = {r.id: r for r in project.recordings() if r.id in mine}
    groups = linked(recordings.values())
    rng = np.random.default_rng(seed)
    apart: dict[str, list[str]] = {}
    for lab in sorted({video.lab for video in mine.values()}):
        together: dict[str, list[str]] = {}
        for name, video in mine.items():
            if video.lab == lab and name in recordings:
                animals = recordings[name].animals
                key = name if by == "recording" else groups[animals[0]]
                together.setdefault(key, []).append(name)
        names = sorted(together)
        wanted = share * sum(map(len, together.values()))
        apart[lab] = []
        for key in rng.permutation(names)[: len(names) - 1]:
            if len(apart[lab]) + len(together[key]) / 2 <= wanted or not apart[lab]:
                apart[lab] += together[key]
    return apart


def behaviors_of(project: Project, names: Iterable[str], scope: str) -> list[str]:
    """Behaviors of a scope that some of these recordings show."""
    shown = {bout.behavior for name in names for bout in project.bouts(name).rows()}
    return [b.name for b in project.ethogram.behaviors if b.scope == scope and b.name in shown]


def trained(project: Project, apart: Sequence[str], scope: str, given: argparse.Namespace) -> Path:
    """The bundle of a scope, trained where it is not there yet."""
    name = f"{scope}_{given.recipe}_{given.by}_{given.seed}"
    bundle = Path(project.root) / "runs" / name / "bundle.boutwise"
    learned = [r.id for r in project.recordings() if r.id not in apart]
    behaviors = behaviors_of(project, learned, scope)
    if not behaviors or bundle.is_file():
        return bundle
    animals = sorted({a for r in project.recordings() if r.id in apart for a in r.animals})
    held = sorted(apart) if given.by == "recording" else animals
    settings = [
        f"target.behaviors={json.dumps(behaviors)}",
        f"split.by={given.by}",
        f"split.holdout={json.dumps(held)}",
        *given.set,
    ]
    plan = api.plan(project, given.recipe, settings=settings, seed=given.seed)
    api.train(project, plan, out=name, workers=given.workers)
    return bundle


def predicted(
    folder: Path, mine: Mapping[str, Video], bundles: Sequence[Path], out: Path, split: str
) -> Bouts:
    """What the models see in videos, as far as it was looked for in each of them."""
    paths = [file_of(folder, video, "tracking", split) for video in mine.values()]
    rows: list[Bout] = []
    for bundle in bundles:
        place = out / bundle.parent.name
        there = [path for path in paths if path is not None]
        result = api.predict_files([bundle], there, place, format="mabe2025")
        if result.failed:
            raise DataError(next(iter(result.failed.values())), file=place)
        for video in mine.values():
            read = bouts_csv.read(place / f"{file_stem(video.id)}.bouts.csv")
            rows += [
                Bout(
                    *(video.id, row.animal, row.behavior, int(row.start), int(row.stop)),
                    target=row.target,
                    confidence=row.confidence,
                )
                for track in read.labels
                for row in track.rows
                if (row.animal, row.target, row.behavior) in video.labelled
            ]
    return Bouts.from_rows(rows)


def write_solution(path: Path, folder: Path, mine: Mapping[str, Video]) -> None:
    """The truth in the contest's own table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SOLUTION)
        count = 0
        for video in mine.values():
            listed = json.dumps([f"{a},{t or SELF},{b}" for a, t, b in video.labelled])
            source = file_of(folder, video, "annotation")
            for agent, target, action, start, stop in bouts_of(source) if source else []:
                toward = SELF if target in (SELF, agent) else target
                row = (count, video.id, agent, toward, action, start, stop, video.lab, listed)
                writer.writerow(row)
                count += 1


def measure(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Train, predict what was kept apart, score; a row for each lab and one for all."""
    out = given.out or given.folder / "boutwise"
    out.mkdir(parents=True, exist_ok=True)
    start = cpu_s()
    mine, far = near_in_rate(chosen(given.folder, given.labs))
    project = project_of(given.folder, mine, out)
    apart = kept_apart(project, mine, given.share, given.by, given.seed)
    names = [name for videos_of in apart.values() for name in videos_of]
    bundles = [trained(project, names, scope, given) for scope in SCOPES]
    bundles = [bundle for bundle in bundles if bundle.is_file()]
    tested = {name: mine[name] for name in names}
    found = predicted(given.folder, tested, bundles, out / "predictions", "train")
    submission, solution = out / "kept_apart.csv", out / "solution.csv"
    mabe2025.write(submission, found, clocks={})
    write_solution(solution, given.folder, tested)
    scores = api.score(solution, submission, preset="mabe2025")
    values = {unit.name: unit.macro_f1 for unit in scores.by_lab}
    rows: list[dict[str, Any]] = [
        {"job": f"lab {lab}", "videos": len(apart[lab]), "f1": values.get(lab)} for lab in apart
    ]
    rows.append(
        {"job": "contest", "videos": len(names), "f1": scores.quoted[0].estimate.value}
        | {"cpu_s": round(cpu_s() - start, 1)}
    )
    rows += [
        {"job": f"lab {lab}: left out, its rate is another; give --labs {lab}", "f1": None}
        for lab in far
    ]
    if given.submit:
        rows.append(submit(given.folder, bundles, out))
    return rows


def submit(folder: Path, bundles: Sequence[Path], out: Path) -> dict[str, Any]:
    """Predict the videos of ``test.csv``."""
    mine = {name: v for name, v in videos(folder / "test.csv").items() if v.labelled}
    found = predicted(folder, mine, bundles, out / "test", "test")
    mabe2025.write(out / "submission.csv", found, clocks={})
    return {"job": f"wrote {out / 'submission.csv'}", "videos": len(mine), "f1": None}


def row_by_row(path: Path) -> dict[tuple[int, int, str], tuple[float, float]]:
    """What a loader without arrays does: each row by itself into the place of its point."""
    return {
        (row["video_frame"], row["mouse_id"], row["bodypart"]): (row["x"], row["y"])
        for _, row in pd.read_parquet(path).iterrows()
    }


def loading() -> list[dict[str, Any]]:
    """CPU seconds of reading 5,000 frames of two mice with seven points, the median of three."""
    rng = np.random.default_rng(0)
    parts = ["nose", "ear_left", "ear_right", "neck", "hip_left", "hip_right", "tail_base"]
    frame, mouse, part = (a.ravel() for a in np.meshgrid(
        np.arange(5000), [1, 2], np.arange(7), indexing="ij"
    ))  # fmt: skip
    table = pd.DataFrame(
        {"video_frame": frame, "mouse_id": mouse, "bodypart": np.array(parts)[part]}
    )
    table["x"], table["y"] = rng.random((2, len(table))).astype(np.float32) * 900
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "1.parquet"
        table.to_parquet(path, index=False)
        spent = {}
        for job, read in (("row by row", row_by_row), ("boutwise", formats.read)):
            times = []
            for _ in range(4):  # the first is warm-up
                start = time.process_time()
                read(path)
                times.append(time.process_time() - start)
            spent[job] = sorted(times[1:])[1]
    return [
        {"job": job, "cpu_s": round(s, 4), "ratio": round(spent["row by row"] / s, 1)}
        for job, s in spent.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--labs", type=lambda text: text.split(","), default=[])
    parser.add_argument("--recipe", default="pose")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--by", choices=("animal", "recording"), default="animal")
    parser.add_argument("--submit", action="store_true")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--loading", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.folder is None and not given.loading:
        parser.error("name the folder of the contest, or give --loading")
    rows = loading() if given.loading else measure(given)
    if given.json:
        machine = {"platform": platform.platform(), "python": platform.python_version()}
        print(json.dumps({"machine": machine, "rows": rows}))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
