"""Whole recordings of simulated mice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError, did_you_mean
from boutwise.synthetic.body import KEYPOINTS, keypoints_mm
from boutwise.synthetic.bout_lengths import BEHAVIORS, draw_sequence
from boutwise.synthetic.camera import draw_camera
from boutwise.synthetic.labeling import label
from boutwise.synthetic.motion import move
from boutwise.synthetic.presets import PRESETS, VERSION, Preset, View
from boutwise.synthetic.tracking import track
from boutwise.synthetic.traits import CHANNELS, draw_traits
from boutwise.types import (
    Animal,
    Behavior,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    PoseTrack,
    Recording,
    Subject,
)
from boutwise.types.bouts import from_frames

ETHOGRAM = Ethogram(
    tuple(
        Behavior(name, key=key)
        for name, key in zip(BEHAVIORS, ("r", "w", "u", "g", "f", "l", "s"), strict=True)
    ),
    (ExclusiveGroup("behavior", BEHAVIORS),),
)
"""Seven behaviors of which one is shown at a time; none is a background: rest is a behavior."""


@dataclass(frozen=True, eq=False)
class SimulatedRecording:
    """One simulated mouse, filmed once.

    Attributes:
        recording: Id, clock and animal.
        pose: What the tracker found.
        bouts: What the human wrote down: late and sometimes wrong.
        truth: What the mouse did.
        ethogram: The same for all.
        animal: Its id and sex.
    """

    recording: Recording
    pose: PoseTrack
    bouts: Bouts
    truth: Bouts
    ethogram: Ethogram
    animal: Animal

    @property
    def subject(self) -> Subject:
        """The mouse in this recording."""
        return Subject(self.recording.id, self.animal.id)


def simulate(
    preset: str = "default",
    *,
    animals: int = 8,
    minutes: float = 5.0,
    fps: float = 30.0,
    seed: int = 0,
    view: View | None = None,
) -> list[SimulatedRecording]:
    """Simulate mice, one recording each.

    The same arguments give the same mice. An animal does not depend on how many others there are.

    Args:
        preset: Name in :data:`~boutwise.synthetic.presets.PRESETS`.
        animals: How many.
        minutes: Length of each recording.
        fps: Frames per second.
        seed: Another seed, other mice.
        view: Camera from the ``bottom`` or the ``top``, or ``3d``; None = that of the preset.

    Raises:
        UsageError: There is no such preset, or a number cannot be.

    >>> first, second = simulate("easy", animals=2, minutes=0.1)
    >>> first.pose.positions.shape, second.animal.id
    ((180, 1, 11, 2), 'mouse_2')
    """
    if preset not in PRESETS:
        raise UsageError(
            f"there is no preset '{preset}' of simulated mice", todo=did_you_mean(preset, PRESETS)
        )
    if view not in (None, *get_args(View)):
        raise UsageError(f"there is no view '{view}'", todo=did_you_mean(str(view), get_args(View)))
    n_frames = round(minutes * 60 * fps) if minutes > 0 and fps > 0 else 0
    if animals < 1 or n_frames < 2 or seed < 0:
        raise UsageError(
            f"{animals} animals of {minutes} minutes at {fps} fps with seed {seed} cannot be",
            expected="at least one animal, two frames and a seed of 0 or more",
        )
    numbers = PRESETS[preset] if view is None else replace(PRESETS[preset], view=view)
    return [
        simulate_animal(numbers, number, n_frames, fps=fps, seed=seed)
        for number in range(1, animals + 1)
    ]


def simulate_animal(
    preset: Preset, number: int, n_frames: int, *, fps: float, seed: int
) -> SimulatedRecording:
    """One animal; ``number`` counts from 1 and seeds it together with ``seed``."""
    generators = [np.random.default_rng([VERSION, seed, number, part]) for part in range(5)]
    traits = draw_traits(preset, generators[0])
    script = draw_sequence(n_frames, fps, rates=traits.rates, generator=generators[1])
    motion = move(script, traits, fps=fps, preset=preset, generator=generators[2])
    points = keypoints_mm(motion, traits, fps=fps, generator=generators[2])
    scale = 1.0
    if preset.view != "3d":
        camera = draw_camera(preset, generators[0])
        points = camera.project(points)
        scale = camera.focal_px / camera.distance_mm
    positions, confidence = track(
        points,
        motion.channels[:, CHANNELS.index("pitch")],
        body_length=traits.length_mm * scale,
        fps=fps,
        preset=preset,
        generator=generators[3],
    )
    labels = label(script, traits.label_lag_s, fps=fps, preset=preset, generator=generators[4])
    animal = Animal(f"mouse_{number}", sex="female" if number % 2 else "male", strain="simulated")
    subject = Subject(animal.id, animal.id)
    truth = script.codes[script.bout_of_frame]
    return SimulatedRecording(
        Recording(animal.id, FrameClock.declared(n_frames, fps), (animal.id,)),
        PoseTrack(
            positions[:, None].astype(np.float32),
            confidence[:, None].astype(np.float32),
            (animal.id,),
            KEYPOINTS,
            {name: name for name in KEYPOINTS},
            unit="mm" if preset.view == "3d" else "px",
            source="simulated",
        ),
        _as_bouts(labels, subject, "human"),
        _as_bouts(truth, subject, "truth"),
        ETHOGRAM,
        animal,
    )


def _as_bouts(codes: NDArray[np.int64], subject: Subject, annotator: str) -> Bouts:
    states = (codes[:, None] == np.arange(len(BEHAVIORS))).astype(np.int8)
    return from_frames(states, subject, BEHAVIORS, annotator=annotator, source="simulated")
