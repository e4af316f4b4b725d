"""Predict every frame of a recording with one bundle, or with several that say the same things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.bundle import Bundle, StreamNeed
from boutwise.bundle.fitting import known_pose, refuse_misfit
from boutwise.errors import BundleError, UsageError
from boutwise.inference.ensembles import Refit, columns_in
from boutwise.learners import Fitted, score_subjects
from boutwise.prepare import Material, PreparedRecording, present_frames, scores_at
from boutwise.prepare.other_detector import OtherDetector, steps_with
from boutwise.prepare.trials import PreparedTrials
from boutwise.store import Store
from boutwise.types import Boxes, FrameClock, LongValues, Prediction, Subject, is_pixels

Scored = tuple[list[NDArray[np.float32]], NDArray[np.bool_]]
"""Raw scores of a subject by each member, (frames, behaviors), and the frames that can be judged.
"""


@dataclass(frozen=True, eq=False)
class Member:
    """One loaded member of a bundle, and the streams that it reads."""

    fitted: Fitted
    streams: dict[str, StreamNeed]


@dataclass(frozen=True, eq=False)
class Predictor:
    """Loaded bundles, ready for any number of recordings.

    The probabilities of several bundles are averaged, and the first bundle's decoder decides.

    Attributes:
        bundles: With the same behaviors, in whatever order, and the same exclusive groups.
        store: Where features are cached; None caches nothing.
        stride: Working frames from one that is scored to the next, at least; 1 = as trained.
        refit: What was fitted anew to the average of the bundles; None = it is taken as it is.
        detector: In place of that of the bundles; None = each looks with its own.
        members: Of each bundle, loaded.
        columns: For each bundle the columns of its behaviors, in the order of the first.
        steps: For each member of each bundle the frames from one that is scored to the next.
    """

    bundles: tuple[Bundle, ...]
    store: Store | None = None
    stride: int = 1
    refit: Refit | None = None
    detector: OtherDetector | None = None
    members: tuple[tuple[Member, ...], ...] = field(init=False, repr=False)
    columns: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    steps: tuple[tuple[int, ...], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Load the members.

        Raises:
            BundleError: The bundles do not predict the same behaviors.
            UsageError: The stride cannot be.
        """
        if self.stride < 1:
            raise UsageError(f"a stride of {self.stride} cannot be", expected="1 or more frames")
        columns = tuple(columns_in(bundle, self.bundles[0]) for bundle in self.bundles)
        object.__setattr__(self, "columns", columns)
        loaded = tuple(tuple(_load(entry) for entry in bundle.members) for bundle in self.bundles)
        object.__setattr__(self, "members", loaded)
        steps = tuple(tuple(m.fitted.score_every(self.stride) for m in each) for each in loaded)
        object.__setattr__(self, "steps", steps)

    @property
    def made_of(self) -> dict[str, Any]:
        """What tells this predictor's results from those of another one, beside the recording."""
        return {
            "bundle": self.id,
            "stride": self.stride if self.stride > 1 else None,
            "refit": None if self.refit is None else self.refit.calibration.as_dict(),
            "detector": None if self.detector is None else self.detector.facts,
        }

    @property
    def id(self) -> str:
        """Ids of the bundles, joined by ``+``."""
        return "+".join(bundle.id for bundle in self.bundles)

    def predict(self, material: Material, *, animals: Sequence[str] | None = None) -> Prediction:
        """Predict every frame.

        Args:
            material: Pose with roles, video, or both, as the bundles need them.
            animals: Animals to predict; by default all.

        Raises:
            BundleError: A bundle refuses the recording, naming what is missing.
        """
        ethogram, clock = self.bundles[0].ethogram, material.clock
        for bundle in self.bundles:
            if "trials" in bundle.manifest:
                raise BundleError(
                    "the bundle answers whole trials, not frames",
                    file=bundle.path,
                    todo="use 'boutwise predict', or boutwise.predict_trials",
                )
        subjects = self.subjects(material, animals=animals)
        probabilities, observed, boxes = self._averaged(material, subjects)
        decision = self.bundles[0].decision
        if self.refit is not None:
            probabilities = np.stack([self.refit.apply(rows, ethogram) for rows in probabilities])
            decision = self.refit.decision
        decided = np.stack([decision.decide(rows, clock.fps) for rows in probabilities])
        return Prediction(
            material.recording,
            subjects,
            clock,
            ethogram,
            probabilities,
            decided & observed[:, :, None],
            observed,
            self.id,
            boxes,
        )

    def _averaged(
        self, material: Material, subjects: Sequence[Subject]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], Boxes | None]:
        """The mean of what the bundles say, what all of them saw, and where the first saw it."""
        clock, boxes = material.clock, None
        shape = (len(subjects), clock.n_frames, len(self.bundles[0].ethogram.names))
        probabilities = np.zeros(shape, dtype=np.float32)
        observed = np.ones(shape[:2], dtype=bool)
        loaded = zip(self.bundles, self.members, self.columns, strict=True)
        for bundle, members, columns in loaded:
            bundle.refuse_clock(material.recording, clock)
            scored, found = self._scored(bundle, members, material, subjects)
            boxes = found if boxes is None else boxes
            for place, (raw, present) in enumerate(scored):
                chance = bundle.decision.probabilities(raw, clock.fps)
                probabilities[place] += chance[:, columns] / len(self.bundles)
                observed[place] &= present
        return probabilities, observed, boxes

    def _scored(
        self,
        bundle: Bundle,
        members: Sequence[Member],
        material: Material,
        subjects: Sequence[Subject],
    ) -> tuple[list[Scored], Boxes | None]:
        """What a bundle says of each subject, and where it saw them; the rest is forgotten.

        Of hours that is much: it is gone before anything else is made of the scores.
        """
        prepared = self.prepared(bundle, material)
        boxes = None if bundle.pictures is None else prepared.video.boxes
        return _score(bundle, members, prepared, subjects, material.clock), boxes

    def prepared(self, bundle: Bundle, material: Material) -> PreparedRecording:
        """A recording as one of the bundles saw those of its training.

        Raises:
            BundleError: It has no pose or no video, and the bundle needs it.
        """
        return prepared_for(bundle, material, store=self.store, detector=self.detector)

    def subjects(
        self, material: Material, *, animals: Sequence[str] | None = None
    ) -> tuple[Subject, ...]:
        """Whom there is to predict; for the arguments see :meth:`predict`.

        Raises:
            BundleError: There is nobody, or pose and clock do not fit.
        """
        pose, recording = material.pose, material.recording
        if pose is not None and pose.n_frames != material.clock.n_frames:
            raise BundleError(
                f"the pose has {pose.n_frames} frames and the clock {material.clock.n_frames}",
                recording=recording,
                expected="one row of pose for every frame",
            )
        if material.clock.n_frames == 0:
            raise BundleError("the recording has no frames", recording=recording)
        there = material.animals
        chosen = list(there if animals is None else animals)
        pairs = self.bundles[0].ethogram.behaviors[0].scope == "directed"
        subjects = tuple(
            Subject(recording, agent, target)
            for agent in chosen
            for target in (there if pairs else ("",))
            if agent != target
        )
        if not subjects:
            raise BundleError(
                f"there is no one to predict: it shows {', '.join(there) or 'nobody'}",
                recording=recording,
                expected="two animals or more, because the bundle predicts who does what to whom"
                if pairs
                else "one animal or more",
                todo="take the pose of all animals of the recording (of a video: import it into a "
                "project with its animals, and predict the project), or another bundle",
            )
        return subjects


def prepared_for(
    bundle: Bundle,
    material: Material,
    *,
    store: Store | None = None,
    detector: OtherDetector | None = None,
) -> PreparedRecording:
    """A recording as a bundle saw those of its training, or with another detector.

    Raises:
        BundleError: It has no pose or no video, and the bundle needs it.
    """
    prepare = bundle.prepare
    if bundle.pictures is not None:
        prepare = (*prepare, *steps_with(bundle.pictures, detector))
    has = {"pose": material.pose is not None, "video": material.scene is not None}
    for what in bundle.reads:
        if not has[what]:
            raise BundleError(
                f"the recording has no {what}, and the bundle was trained on {what}",
                recording=material.recording,
                expected=" and ".join(bundle.reads),
                todo=f"give its {what}, or take another bundle",
            )
    if "pose" in bundle.reads and material.pose is not None:
        material = replace(material, pose=known_pose(bundle, material.pose))
    return PreparedRecording(material, fps=bundle.fps, prepare=prepare, store=store)


def _load(entry: dict[str, Any]) -> Member:
    fitted = registry.load("learner", entry["learner"]).load(entry["directory"])
    return Member(fitted, entry["streams"])


def member_streams(
    bundle: Bundle, member: Member, prepared: PreparedRecording | PreparedTrials, subject: Subject
) -> dict[str, LongValues]:
    """What a member reads of a subject: name -> (frames at the working rate or trials, columns).

    Features are computed when they are read.

    Raises:
        BundleError: The recording does not give what the member needs.
    """
    streams: dict[str, LongValues] = {}
    for name, need in member.streams.items():
        rows = prepared.rows(subject, need.features)
        if is_pixels(rows):
            streams[name] = rows
            continue
        refuse_misfit(bundle, need, rows.columns, recording=subject.recording, roles=prepared.roles)
        streams[name] = rows.of_columns(need.columns)
    return streams


def _score(
    bundle: Bundle,
    members: Sequence[Member],
    prepared: PreparedRecording,
    subjects: Sequence[Subject],
    clock: FrameClock,
) -> list[Scored]:
    """What a bundle says of each subject."""
    raw: dict[Subject, list[NDArray[np.float32]]] = {subject: [] for subject in subjects}
    present = {subject: np.ones(clock.n_frames, dtype=bool) for subject in subjects}
    for member in members:
        for some in _together(member, subjects):
            streams = {who: member_streams(bundle, member, prepared, who) for who in some}
            for who, scores in score_subjects(member.fitted, bundle.fps, streams).items():
                raw[who].append(scores_at(scores, prepared.clock, clock))
                seen = present_frames(streams[who])[:, None].astype(np.float32)
                present[who] &= scores_at(seen, prepared.clock, clock)[:, 0] >= 0.5
    return [(raw[who], present[who]) for who in subjects]


def _together(member: Member, subjects: Sequence[Subject]) -> list[Sequence[Subject]]:
    """Subjects that are scored side by side: of pictures each has an open video of its own."""
    if all(need.features for need in member.streams.values()):
        return [subjects]
    return [[subject] for subject in subjects]
