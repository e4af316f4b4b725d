"""The pictures of a subject: boxes found, squares cut, and kept as a small video of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.prepare.boxes import boxes_key, boxes_of
from boutwise.prepare.crops import VERSION as CROPS
from boutwise.prepare.crops import Squares, crop_squares, whole_picture
from boutwise.prepare.detectors import Scene
from boutwise.prepare.facing import or_as_seen, trunk_facing
from boutwise.prepare.outlines import Outline, outline_key, outline_pose
from boutwise.prepare.picture_steps import VERSION, PictureSteps
from boutwise.prepare.pixels import CutPictures, keep, kept_pictures
from boutwise.prepare.rates import nearest_frames, working_clock
from boutwise.store import Store
from boutwise.types import Boxes, FrameClock, Pixels, PoseTrack, Subject

Say = Callable[[str], None]


class PreparedVideo:
    """The pictures of one recording at the working rate.

    Args:
        scene: The video and whom to look for.
        clock: The recording's own, with as many frames as the video.
        fps: Working rate.
        steps: How pictures are made.
        store: Where boxes and pictures are kept; None keeps none and cuts them when they are read.
        say: Called with words as the work goes on.

    Raises:
        DataError: The video has another number of frames than the recording.
    """

    def __init__(
        self,
        scene: Scene,
        clock: FrameClock,
        *,
        fps: float,
        steps: PictureSteps,
        store: Store | None = None,
        say: Say = lambda words: None,
    ) -> None:
        if scene.index.n_frames != clock.n_frames:
            raise DataError(
                f"the video has {scene.index.n_frames} frames",
                file=scene.path,
                expected=f"{clock.n_frames}, those of the recording",
                todo="find out which video belongs to the recording, and import it again",
            )
        self.scene, self.steps, self.say = scene, steps, say
        self.native, self.clock = clock, working_clock(clock, fps)
        self._store = store

    @cached_property
    def frames(self) -> NDArray[np.int64]:
        """The frame of the video that each working frame shows, (working frames,)."""
        if self.clock is self.native:
            return np.arange(self.clock.n_frames)
        return nearest_frames(self.native, self.clock.times_s)

    @cached_property
    def boxes(self) -> Boxes | None:
        """Where each animal is in each frame of the video; None where nothing is detected."""
        if self.steps.detect is None:
            return None
        return boxes_of(
            self.scene,
            self.steps.detect,
            store=self._store,
            say=lambda done, total, words: self.say(f"{words}: {done} of {total} frames"),
        )

    @cached_property
    def outlines(self) -> PoseTrack:
        """Points on the outline of each animal in each frame of the video.

        Raises:
            DataError: The cage cannot be learned from the video.
        """
        return outline_pose(self.scene, self._looked_at(), store=self._store, say=self.say)

    def refuse_absent(self, subject: Subject) -> None:
        """Refuse a subject of whom an animal is in no frame; others of the recording may be.

        Raises:
            DataError: Naming the animal.
        """
        assert self.boxes is not None
        for animal in filter(None, (subject.animal, subject.target)):
            corners = self.boxes.corners[:, self.boxes.index(animal)]
            if not np.isfinite(corners).all(axis=1).any():
                raise self._absent(animal)

    def _looked_at(self) -> dict[str, Squares]:
        """The square around each animal whose outline is looked for."""
        boxes, outline = self.boxes, self.steps.outline or Outline()
        assert boxes is not None
        name = self.scene.recording
        return {
            animal: crop_squares(boxes, Subject(name, animal), outline.crop, self.native)
            for animal in self.scene.animals
        }

    def squares(self, subject: Subject) -> Squares:
        """What is cut out of each working frame for a subject."""
        if self.boxes is None:
            return whole_picture(self.scene.size, len(self.frames))
        return self._turned(
            crop_squares(self.boxes, subject, self.steps.crop, self.native), subject
        )

    def _turned(self, squares: Squares, subject: Subject) -> Squares:
        """The working frames of squares in all frames of the video, turned where that is asked."""
        if self.steps.crop.facing == "heading" and squares.present.any():
            squares = squares.turned(self._facing(subject))
        return squares.at(self.frames)

    def unturned(self, subject: Subject) -> int:
        """Frames of the video in which a subject is found and nothing tells where it faces."""
        if self.boxes is None or self.steps.crop.facing == "none":
            return 0
        there = crop_squares(self.boxes, subject, self.steps.crop, self.native).present
        return int((there & ~np.isfinite(self._facing(subject))).sum())

    def _facing(self, subject: Subject) -> NDArray[np.float64]:
        """Where the subject faces in each frame of the video, told by the points that found it.

        Raises:
            DataError: They do not tell it in any frame.
        """
        try:
            if self.steps.faces_by(self.scene) == "outlines":
                return trunk_facing(self.outlines, subject, self.native)
            return self.steps.facing_by_pose(self.scene, subject)
        except DataError as refusal:
            raise or_as_seen(refusal) from None

    def pictures(self, subject: Subject) -> tuple[Pixels, str]:
        """The pictures of a subject, and the key under which they are kept; empty without a store.

        Raises:
            DataError: The subject is in no frame.
        """
        squares = self.squares(subject)
        if not squares.present.any():
            raise self._absent(str(subject))
        cutting = CutPictures(self.scene, self.frames, squares, self.steps.crop)
        if self._store is None:
            return cutting, ""
        key = self._key(squares)
        kept = kept_pictures(self._store, key)
        if kept is None:
            keep(self._store, key, cutting, self.clock, lambda n: self._told(subject, n))
            kept = kept_pictures(self._store, key)
        if kept is None:
            raise DataError(
                "the pictures of a recording cannot be read back from the store",
                file=self._store.directory,
                recording=subject.recording,
                todo="check the free space of the disk",
            )
        return kept, key

    def _absent(self, who: str) -> DataError:
        return DataError(
            f"{who} is found in no frame of the video",
            file=self.scene.path,
            recording=self.scene.recording or None,
            expected="a box in some frames at least",
            todo="choose another detector (--set prepare.0.detect.detector=NAME, in a "
            "prediction --detector NAME); leave the recording out (--set leave_out=[...]); or "
            "import it with the animals that it shows",
        )

    def missing(self, subject: Subject) -> list[str]:
        """What of a subject is not in the store yet: ``boxes``, ``pictures`` or ``outlines``."""
        last = "pictures" if self.steps.outline is None else "outlines"
        if self._store is None:
            return [last]
        if not self._boxes_lie_in(self._store):
            return ["boxes", last]
        if self.steps.needs_outlines(self.scene):
            lies = self._store.array(outline_key(self.scene, self._looked_at())) is not None
            if self.steps.outline is not None:
                return [] if lies else [last]
            if not lies:
                return ["outlines", last]
        key = self._key(self.squares(subject))
        return ["pictures"] if kept_pictures(self._store, key) is None else []

    def _boxes_lie_in(self, store: Store) -> bool:
        detect = self.steps.detect
        if detect is None:
            return True
        return store.array(boxes_key(self.scene, detect.chosen_for(self.scene))) is not None

    def _told(self, subject: Subject, done: int) -> None:
        self.say(f"pictures of {subject.animal}: {done} of {len(self.frames)} frames")

    def _key(self, squares: Squares) -> str:
        crop = self.steps.crop
        cut_so = [VERSION, CROPS, crop.size, crop.color]
        content = [self.scene.index.digest, self.frames, squares.corners, squares.present]
        if squares.facing is not None:
            content.append(squares.facing)
        return Store.key("pictures", cut_so, *content, self.clock.times_s)
