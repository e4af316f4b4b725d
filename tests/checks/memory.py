"""A project in memory, and simulated mice to fill it with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from boutwise.project.files import FilePart, SourceFile
from boutwise.synthetic import simulate
from boutwise.types import Bouts, Ethogram, FrameClock, Observed, PoseTrack, Recording


@dataclass
class MemoryStudy:
    """What checks read of a project, without a folder on disk."""

    ethogram: Ethogram
    items: dict[str, Recording] = field(default_factory=dict)
    poses: dict[str, PoseTrack] = field(default_factory=dict)
    labels: list[Bouts] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    runs: Path = Path("no-runs")

    def recordings(self, only=None):
        return [self.items[name] for name in sorted(self.items)]

    def has_pose(self, recording_id):
        return recording_id in self.poses

    def pose(self, recording_id):
        return self.poses[recording_id]

    def bouts(self, recording_id=None, *, annotator=None):
        return Bouts.concatenate(self.labels).where(recording=recording_id, annotator=annotator)

    def files(self):
        return self.sources

    def run_names(self):
        return sorted(run.name for run in self.runs.glob("*"))


@cache
def _mice(preset, animals, minutes, seed):
    return simulate(preset, animals=animals, minutes=minutes, seed=seed)


def mice_study(*, preset="easy", animals=4, minutes=2.0, seed=0):
    """Simulated mice, one label file each."""
    items = _mice(preset, animals, minutes, seed)
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
