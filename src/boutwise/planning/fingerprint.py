"""The fingerprint of a project: the facts from which a plan is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from boutwise import machine
from boutwise.features._body import FRONTS, REARS, trunk_end
from boutwise.planning.folds import group_of
from boutwise.planning.targets import LabelledSubject
from boutwise.project import Project
from boutwise.types import Ethogram, FrameState
from boutwise.types.frame_states import runs

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class ClassFacts:
    """What is known of one behavior.

    Attributes:
        frames: Frames in which it is shown.
        share: Of the labelled frames.
        bouts: Number of bouts.
        animals: Animals that show it.
        length_s: Bout length at the quantiles .05, .25, .5, .75 and .95, seconds.
    """

    frames: int
    share: float
    bouts: int
    animals: int
    length_s: tuple[float, ...]


@dataclass(frozen=True)
class Fingerprint:
    """The facts of a project that decide about its plan.

    Attributes:
        recordings: Number of labelled recordings that are learned from.
        unlabelled: Number of recordings without labels.
        animals: Number of labelled animals.
        frames: Labelled frames.
        rates: Frame rates of the labelled recordings, frames per second, sorted.
        clocks: ``pts``, ``declared``, or both.
        classes: Behavior -> its facts.
        median_bout_s: Median length over all bouts of behaviors that are no background.
        missing: Share of missing keypoints.
        keypoints: Number of keypoints; ``n_dims`` 2 or 3; both 0 where no pose is read.
        roles: Roles that keypoints have.
        cores: Cores of this machine that this process may use.
        partial_roles: Role -> recordings that have it, for those that not all have.
        trunks: What marks the ends of the trunk -> recordings, where it is not the same in all.
        groups: Number of animals, where those that were filmed together count as one.
    """

    recordings: int
    unlabelled: int
    animals: int
    frames: int
    rates: tuple[float, ...]
    clocks: tuple[str, ...]
    classes: dict[str, ClassFacts]
    median_bout_s: float
    missing: float
    keypoints: int
    n_dims: int
    roles: tuple[str, ...]
    cores: int = field(default_factory=lambda: machine.usable_cores())
    partial_roles: dict[str, int] = field(default_factory=dict)
    trunks: dict[str, int] = field(default_factory=dict)
    groups: int = 0

    @property
    def independent(self) -> int:
        """How many animals, or groups of them, tell nothing of each other; plans may not know."""
        return self.groups or self.animals

    @property
    def who(self) -> str:
        """These in words: ``6 animals``, or ``4 groups of animals filmed together``."""
        together = " filmed together" if self.independent < self.animals else ""
        return f"{self.independent} {'groups of ' if together else ''}animals{together}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``plan.yaml``."""
        plain = asdict(self)
        for key in ("rates", "clocks", "roles"):
            plain[key] = list(plain[key])
        for facts in plain["classes"].values():
            facts["length_s"] = list(facts["length_s"])
        return plain

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Fingerprint:
        """The inverse of :meth:`as_dict`."""
        classes = {
            name: ClassFacts(**{**facts, "length_s": tuple(facts["length_s"])})
            for name, facts in data["classes"].items()
        }
        tuples = {key: tuple(data[key]) for key in ("rates", "clocks", "roles")}
        return cls(**{**data, "classes": classes, **tuples})


def take_fingerprint(
    project: Project,
    ethogram: Ethogram,
    subjects: Sequence[LabelledSubject],
    reads: Sequence[str] = ("pose",),
) -> Fingerprint:
    """Measure what may be learned from; reads the pose of each of these subjects once.

    Args:
        project: Where they are.
        ethogram: Behaviors of the label columns.
        subjects: Without those that are held out: a plan must not know them.
        reads: What the recipe reads: pose it does not read is not looked at.
    """
    recordings = {item.recording.id: item.recording for item in subjects}
    classes, lengths = _classes(ethogram, subjects)
    missing, total, keypoints, n_dims = 0, 0, 0, 0
    roles: Counter[str] = Counter()
    trunks: Counter[str] = Counter()
    for name in recordings if "pose" in reads else ():
        pose = project.pose(name)
        missing += int(np.isnan(pose.positions[..., 0]).sum())
        total += pose.positions[..., 0].size
        keypoints, n_dims = len(pose.keypoints), pose.n_dims
        mine = set(pose.roles.values())
        roles.update(mine)
        trunks[trunk_of(mine)] += 1
    return Fingerprint(
        recordings=len(recordings),
        unlabelled=len(project.recordings("unlabelled")),
        animals=len({item.subject.animal for item in subjects}),
        frames=sum(
            int((item.states != FrameState.UNLABELLED).any(axis=1).sum()) for item in subjects
        ),
        rates=tuple(sorted({round(r.clock.fps, 4) for r in recordings.values()})),
        clocks=tuple(sorted({r.clock.kind for r in recordings.values()})),
        classes=classes,
        median_bout_s=float(np.median(lengths)) if lengths else 1.0,
        missing=missing / max(total, 1),
        keypoints=keypoints,
        n_dims=n_dims,
        roles=tuple(sorted(roles)),
        partial_roles={r: n for r, n in sorted(roles.items()) if n < len(recordings)},
        trunks=dict(sorted(trunks.items())) if len(trunks) > 1 else {},
        groups=len(set(group_of(subjects, "animal").values())),
    )


def _classes(
    ethogram: Ethogram, subjects: Sequence[LabelledSubject]
) -> tuple[dict[str, ClassFacts], list[float]]:
    classes, all_lengths = {}, []
    for column, name in enumerate(ethogram.names):
        frames, known, animals, lengths = 0, 0, set(), []
        for item in subjects:
            yes = item.states[:, column] == FrameState.YES
            known += int((item.states[:, column] >= FrameState.NO).sum())
            frames += int(yes.sum())
            if not item.trials:  # a trial is no bout
                fps = item.recording.clock.fps
                lengths += [(stop - start) / fps for start, stop in runs(yes)]
            if yes.any():
                animals.add(item.subject.animal)
        quantiles = np.quantile(lengths, QUANTILES).tolist() if lengths else []
        classes[name] = ClassFacts(
            frames,
            round(frames / max(known, 1), 5),
            len(lengths),
            len(animals),
            tuple(round(float(value), 4) for value in quantiles),
        )
        if name not in ethogram.backgrounds:
            all_lengths += lengths
    return classes, all_lengths


def trunk_of(roles: Iterable[str]) -> str:
    """What marks the two ends of the trunk, in words; empty where nothing does.

    >>> trunk_of(["nose", "left_ear", "right_ear", "tail_base"])
    'left_ear + right_ear to tail_base'
    """
    points = set(roles)
    front, rear = trunk_end(points, FRONTS), trunk_end(points, REARS)
    return f"{' + '.join(front)} to {' + '.join(rear)}" if front and rear else ""
