"""What a run keeps of the videos of its recordings: where they are, and where the animals are.

::

    data/videos.json                        one entry a recording
    data/boxes/<recording>.boxes.parquet    where something was detected

The report shows with them how well animals were found, and cuts clips of what went wrong. A run
that learned from pose has them too, where there are videos: there the boxes are those around the
keypoints, and say nothing of how well anything was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boutwise.errors import DataError
from boutwise.formats._boxes import write_boxes
from boutwise.formats._prediction import file_stem
from boutwise.planning import Plan
from boutwise.prepare import PreparedRecording, material_of
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.project import Project
from boutwise.training.opening import write_json
from boutwise.training.snapshot import Snapshot
from boutwise.types import Boxes

VIDEOS, BOXES = "videos.json", "boxes"


def keep_videos(project: Project, plan: Plan, snapshot: Snapshot, run: Path) -> None:
    """Write what a run keeps of its videos; nothing where there are none that can be read.

    Args:
        project: With the videos.
        plan: Of the run.
        snapshot: Taken, so that boxes are in the store.
        run: The run folder.
    """
    found: dict[str, Any] = {}
    reads = plan.recipe.reads
    for name in dict.fromkeys(entry.subject.recording for entry in snapshot.entries):
        material = material_of(project, project.recording(name), reads=reads)
        if material.scene is None:
            continue
        index = material.scene.index
        found[name] = {
            "path": str(material.scene.path),
            "digest": index.digest,
            "frames": index.n_frames,
            "fps": material.clock.fps,
            "damaged": int(index.damaged.size),
            "detected": "video" in reads,
        }
        prepared = PreparedRecording(
            material, fps=plan.fps, prepare=plan.recipe.prepare, store=project.store
        )
        boxes = _boxes(prepared, reads, project)
        if boxes is None:
            continue
        if "video" in reads:
            subjects = [e.subject for e in snapshot.entries if e.subject.recording == name]
            acting = {each.animal: prepared.video.unturned(each) for each in subjects}
            found[name]["unturned"] = {who: frames for who, frames in acting.items() if frames}
        path = run / "data" / BOXES / f"{file_stem(name)}.boxes.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_boxes(boxes, material.clock, path)
        found[name]["boxes"] = path.relative_to(run / "data").as_posix()
    if found:
        write_json(run / "data" / VIDEOS, found)


def _boxes(prepared: PreparedRecording, reads: Sequence[str], project: Project) -> Boxes | None:
    """Where the animals are: as they were detected, or around the pose that was learned from.

    None where nothing was detected, or the pose is not in pixels of the video.
    """
    if "video" in reads:
        return prepared.video.boxes
    assert prepared.material.scene is not None
    try:
        return boxes_of(prepared.material.scene, Detect(detector="pose"), store=project.store)
    except DataError:
        return None
