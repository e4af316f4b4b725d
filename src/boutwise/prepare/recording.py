"""What learners see of a recording: streams of features made of its pose, and of its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from boutwise import registry
from boutwise.errors import DataError
from boutwise.prepare._outline_points import ROLES
from boutwise.prepare.detectors import Scene
from boutwise.prepare.picture_steps import OUTLINE, PictureSteps
from boutwise.prepare.pictures import PreparedVideo
from boutwise.prepare.poses import PreparedPose
from boutwise.prepare.rates import working_clock
from boutwise.prepare.rows import FeatureRows
from boutwise.prepare.streams import Stream
from boutwise.project import Project
from boutwise.store import Store
from boutwise.types import FrameClock, Pixels, PoseTrack, Recording, Subject
from boutwise.types.recipe import Part


@dataclass(frozen=True, eq=False)
class Material:
    """What there is of a recording before anything is computed: pose, video, or both.

    Attributes:
        recording: Its id.
        clock: Its frames and seconds.
        animals: Whom it shows; those of the pose, where there is one.
        pose: One row a frame; None where there is none.
        scene: The video; None where there is none.
    """

    recording: str
    clock: FrameClock
    animals: tuple[str, ...]
    pose: PoseTrack | None = None
    scene: Scene | None = None

    @classmethod
    def of_pose(cls, recording: str, pose: PoseTrack, clock: FrameClock) -> Material:
        """A recording of which there is a pose track only."""
        return cls(recording, clock, pose.animals, pose)

    @cached_property
    def content(self) -> dict[str, str]:
        """Digests of all that is computed from it: of the ``pose``, of the ``video``."""
        found = {}
        if self.pose is not None:
            pose = self.pose
            confidence = None if pose.confidence is None else np.asarray(pose.confidence)
            names = (pose.animals, pose.keypoints, dict(pose.roles))
            clock = (self.clock.times_s, self.clock.fps)
            found["pose"] = Store.key(np.asarray(pose.positions), confidence, names, *clock)
        if self.scene is not None:
            found["video"] = self.scene.index.digest
        return found

    @property
    def source(self) -> str:
        """The file that it came from; of pose and video the video."""
        if self.scene is not None:
            return str(self.scene.path)
        return "" if self.pose is None else self.pose.source


def material_of(
    project: Project, recording: Recording, *, reads: Sequence[str] = ("pose", "video")
) -> Material:
    """What a project has of a recording.

    Args:
        project: That has it.
        recording: Which.
        reads: What of it is going to be read; where that is pose only, a video that cannot be used
            counts as none.

    Raises:
        ProjectError: Its video is gone or has changed.
    """
    pose = project.pose(recording.id) if project.has_pose(recording.id) else None
    scene = None
    if project.has_video(recording.id):
        path = project.video_file(recording.id).path
        try:
            index = project.video_index(recording.id)
            scene = Scene(path, index, recording.animals, pose, recording.id)
        except DataError:
            if "video" in reads:
                raise
    return Material(recording.id, recording.clock, recording.animals, pose, scene)


def has_all(project: Project, recording: str, reads: Sequence[str]) -> bool:
    """Whether a project has what a recipe reads of a recording: ``pose``, ``video`` or both."""
    has = {"pose": project.has_pose, "video": project.has_video}
    return all(has[what](recording) for what in reads)


class PreparedRecording:
    """A recording at the working rate, ready to give streams.

    Args:
        material: Pose and video.
        fps: Working rate.
        prepare: Steps of the recipe, in order: preparations of the pose, and of pictures.
        store: Where features and pictures are kept; None keeps none.
        say: Called with words as long work goes on.
    """

    def __init__(
        self,
        material: Material,
        *,
        fps: float,
        prepare: Sequence[Part] = (),
        store: Store | None = None,
        say: Callable[[str], None] = lambda words: None,
    ) -> None:
        self.material, self.fps, self._store, self._say = material, fps, store, say
        self._prepare = tuple(prepare)
        self.clock = working_clock(material.clock, fps)

    @property
    def roles(self) -> Mapping[str, str]:
        """Keypoint -> role; nothing where there is no pose."""
        if self._of_outlines:
            return ROLES
        return {} if self.material.pose is None else self.material.pose.roles

    @property
    def _of_outlines(self) -> bool:
        """Whether the pose is made of the video; a view of such a recording has its own already."""
        made = any(part.part == OUTLINE for part in self._prepare)
        return made and self.material.scene is not None

    @property
    def _turned_by_outlines(self) -> bool:
        """Whether pictures are turned by the points, too."""
        return self.video.steps.faces_by(self.video.scene) == "outlines"

    @cached_property
    def pose(self) -> PreparedPose:
        """The pose, cleaned; of a recipe with outlines, the points on them.

        Raises:
            DataError: There is none.
        """
        pose = self.video.outlines if self._of_outlines else self.material.pose
        if pose is None:
            raise self._lacks("pose", "pose tracks")
        if self._of_outlines and self._store is None and not self._turned_by_outlines:
            del self.video.outlines  # hours of points: what is cleaned of them is enough
        return PreparedPose(
            pose,
            self.material.clock,
            fps=self.fps,
            prepare=pose_steps(self._prepare),
            store=self._store,
        )

    @cached_property
    def video(self) -> PreparedVideo:
        """The video, with what is cut out of it.

        Raises:
            DataError: There is none.
        """
        if self.material.scene is None:
            raise self._lacks("video", "video files")
        return PreparedVideo(
            self.material.scene,
            self.material.clock,
            fps=self.fps,
            steps=PictureSteps.of(self._prepare),
            store=self._store,
            say=self._say,
        )

    def stream(self, subject: Subject, parts: Sequence[Part]) -> Stream:
        """One stream of a subject: its features, or without any feature set its pictures."""
        if parts:
            self._refuse_absent(subject)
            return self.pose.stream(subject, parts)
        pixels, key = self.video.pictures(subject)
        return Stream(pixels, (), (key,) if key else ())

    def rows(self, subject: Subject, parts: Sequence[Part]) -> FeatureRows | Pixels:
        """The same stream, of which nothing is computed before it is read."""
        if parts:
            self._refuse_absent(subject)
            return self.pose.rows(subject, parts)
        return self.video.pictures(subject)[0]

    def _refuse_absent(self, subject: Subject) -> None:
        """Its outlines are those of nobody, and no feature would say why."""
        if self._of_outlines:
            self.video.refuse_absent(subject)

    def missing(self, subject: Subject, parts: Sequence[Part]) -> list[str]:
        """What of a stream is not in the store yet; nothing where all of it is."""
        if not parts:
            return self.video.missing(subject)
        lacking = self.video.missing(subject) if self._of_outlines else []
        return (
            [*lacking, *(part.part for part in parts)]
            if lacking
            else self.pose.missing(subject, parts)
        )

    def _lacks(self, what: str, files: str) -> DataError:
        return DataError(
            f"the recording has no {what}, and the recipe needs it",
            recording=self.material.recording,
            todo=f"import its {files}, or choose another recipe",
        )


def pose_steps(prepare: Sequence[Part]) -> tuple[Part, ...]:
    """The steps of a recipe that are preparations of poses."""
    known = registry.names("preparation")
    return tuple(part for part in prepare if part.part in known)
