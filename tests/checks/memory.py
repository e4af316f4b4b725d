"""A project in memory, and simulated mice to fill it with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from boutwise.errors import ProjectError
from boutwise.project.files import FilePart, SourceFile
from boutwise.synthetic import simulate
from boutwise.synthetic.signals import wander
from boutwise.types import (
    Animal,
    Bouts,
    Ethogram,
    FrameClock,
    Observed,
    PoseTrack,
    Ratings,
    Recording,
)
from boutwise.video import VideoFacts, VideoIndex


@dataclass
class MemoryStudy:
    """What checks read of a project, without a folder on disk."""

    ethogram: Ethogram
    items: dict[str, Recording] = field(default_factory=dict)
    poses: dict[str, PoseTrack] = field(default_factory=dict)
    labels: list[Bouts] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    runs: Path = Path("no-runs")
    known: dict[str, Animal] = field(default_factory=dict)
    rated: Ratings = field(default_factory=Ratings)
    videos: dict[str, VideoIndex] = field(default_factory=dict)

    def video_index(self, recording_id):
        index = self.videos[recording_id]
        mine = [f for f in self.files() if (f.kind, f.recording) == ("video", recording_id)]
        if index.digest != mine[0].digest:
            raise ProjectError("the video has changed", recording=recording_id, todo="look")
        return index

    def animals(self):
        ids = {animal for recording in self.items.values() for animal in recording.animals}
        return {name: self.known.get(name, Animal(name)) for name in sorted(ids)}

    def recordings(self, only=None):
        return [self.items[name] for name in sorted(self.items)]

    def has_pose(self, recording_id):
        return recording_id in self.poses

    def pose(self, recording_id):
        return self.poses[recording_id]

    def bouts(self, recording_id=None, *, annotator=None):
        return Bouts.concatenate(self.labels).where(recording=recording_id, annotator=annotator)

    def ratings(self, recording_id=None):
        return self.rated

    def files(self):
        return self.sources

    def run_names(self):
        return sorted(run.name for run in self.runs.glob("*"))


@cache
def _mice(preset, animals, minutes, seed, fps):
    return simulate(preset, animals=animals, minutes=minutes, seed=seed, fps=fps)


def mice_study(*, preset="easy", animals=4, minutes=2.0, seed=0, fps=30.0):
    """Simulated mice, one label file each."""
    items = _mice(preset, animals, minutes, seed, fps)
    study = MemoryStudy(items[0].ethogram)
    for number, item in enumerate(items):
        name = item.recording.id
        study.items[name] = item.recording
        study.poses[name] = item.pose
        study.labels.append(item.bouts)
        study.sources.append(
            SourceFile(
                id=number,
                path=Path("labels") / f"{name}.csv",
                digest=f"{seed}-{number}",
                size=1,
                kind="labels",
                format="",
                options={},
                part=FilePart(name, n_rows=item.recording.n_frames),
            )
        )
    return study


def filmed(study):
    """The study with a video of each recording, 30 frames a second and a key frame in each."""
    for name, recording in study.items.items():
        n_frames = recording.n_frames
        pts = np.arange(n_frames, dtype=np.int64)
        facts = VideoFacts(
            "mp4", "h264", "yuv420p", 640, 480, 0, n_frames, 30.0, n_frames, 0, n_frames / 30.0
        )
        study.videos[name] = VideoIndex(
            pts, Fraction(1, 30), pts[::30], pts[::30], pts[:0], False, f"digest of {name}", facts
        )
        study.sources.append(
            SourceFile(
                id=100 + len(study.sources),
                path=Path("videos") / f"{name}.mp4",
                digest=f"digest of {name}",
                size=1,
                kind="video",
                format="mp4",
                options={},
                part=FilePart(name),
            )
        )
    return study


def moved(bouts, move, n_frames):
    """The same labels with every boundary moved, cut to the recording.

    Args:
        bouts: Of one recording.
        move: Frame -> frame.
        n_frames: Of the recording.
    """

    def at(frame):
        return min(max(round(move(frame)), 0), n_frames)

    rows = [replace(bout, start=at(bout.start), stop=at(bout.stop)) for bout in bouts.rows()]
    rows = [row for row in rows if row.stop > row.start]
    first, last = min(row.start for row in rows), max(row.stop for row in rows)
    pieces = {(p.animal, p.behavior, p.target, p.annotator) for p in bouts.observed}
    name = rows[0].recording
    observed = [
        Observed(name, animal, behavior, first, last, target=target, annotator=annotator)
        for animal, behavior, target, annotator in sorted(pieces)
    ]
    return Bouts.from_rows(rows, observed)


def shortened(recording, n_frames):
    """The same recording with fewer frames."""
    return replace(recording, clock=FrameClock.declared(n_frames, recording.clock.fps))


def without_bouts(study, name):
    """The study with a recording as if nobody had labelled it."""
    place = list(study.items).index(name)
    study.labels[place] = Bouts.from_rows([])
    study.sources[place] = replace(study.sources[place], part=FilePart(name))


def add(study, name, recording, pose):
    """Add a recording without labels."""
    study.items[name] = replace(recording, id=name)
    study.poses[name] = pose


def changed(pose, change):
    """The pose with other positions: ``change`` gets (frames, keypoints, dims) and alters it."""
    positions = pose.positions.copy()
    for animal in range(positions.shape[1]):
        change(positions[:, animal])
    return replace(pose, positions=positions)


def tracked_again(pose, rng, *, noise=0.02):
    """The same animal tracked by somebody else: other errors, some of them slow."""
    length = 150.0
    error = 0.6 * rng.standard_normal(pose.positions.shape)
    error += wander(pose.positions.shape, 0.3, 30.0, rng)
    positions = pose.positions + (noise * length * error).astype(np.float32)
    return replace(pose, positions=positions)
