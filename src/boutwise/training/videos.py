"""What a run keeps of the videos that it learned from: where they are, and where the animals are.

::

    data/videos.json                        one entry a recording
    data/boxes/<recording>.boxes.parquet    where something was detected

The report shows with them how well animals were found, and cuts clips of what went wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boutwise.formats._boxes import write_boxes
from boutwise.formats._prediction import file_stem
from boutwise.planning import Plan
from boutwise.prepare import PreparedRecording, material_of
from boutwise.project import Project
from boutwise.training.opening import write_json
from boutwise.training.snapshot import Snapshot

VIDEOS, BOXES = "videos.json", "boxes"


def keep_videos(project: Project, plan: Plan, snapshot: Snapshot, run: Path) -> None:
    """Write what a run keeps of its videos; nothing where its recipe reads none.

    Args:
        project: With the videos.
        plan: Of the run.
        snapshot: Taken, so that boxes are in the store.
        run: The run folder.
    """
    if "video" not in plan.recipe.reads:
        return
    found: dict[str, Any] = {}
    for name in dict.fromkeys(entry.subject.recording for entry in snapshot.entries):
        material = material_of(project, project.recording(name))
        prepared = PreparedRecording(
            material, fps=plan.fps, prepare=plan.recipe.prepare, store=project.store
        ).video
        index, boxes = prepared.scene.index, prepared.boxes
        found[name] = {
            "path": str(prepared.scene.path),
            "digest": index.digest,
            "frames": index.n_frames,
            "fps": material.clock.fps,
            "damaged": int(index.damaged.size),
        }
        if boxes is None:
            continue
        path = run / "data" / BOXES / f"{file_stem(name)}.boxes.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_boxes(boxes, material.clock, path)
        found[name]["boxes"] = path.relative_to(run / "data").as_posix()
    write_json(run / "data" / VIDEOS, found)
