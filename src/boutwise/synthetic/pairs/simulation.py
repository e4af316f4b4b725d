"""Whole recordings of two mice that meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError, did_you_mean
from boutwise.synthetic.camera import Camera
from boutwise.synthetic.pairs.body import KEYPOINTS, keypoints_mm
from boutwise.synthetic.pairs.chain import BEHAVIORS
from boutwise.synthetic.pairs.encounter import Course, meet
from boutwise.synthetic.pairs.labeling import label
from boutwise.synthetic.pairs.manners import Manner, draw_manner
from boutwise.synthetic.pairs.movement import STEP_HZ
from boutwise.synthetic.pairs.presets import PAIR_PRESETS, PAIRS_VERSION, PairPreset
from boutwise.synthetic.pairs.tracking import Swaps, draw_swaps, exchange, track
from boutwise.synthetic.signals import Floats
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
        Behavior(name, scope="directed", key=key)
        for name, key in zip(BEHAVIORS, ("o", "p", "a", "g", "i", "m", "s"), strict=True)
    ),
    (ExclusiveGroup("social", BEHAVIORS, background="other"),),
)
"""Seven directed behaviors of which one mouse shows one at a time towards the other."""

PX_PER_MM = 2.2
_HEIGHT_MM = 700.0
_CENTER_PX = 480.0


@dataclass(frozen=True, eq=False)
class SimulatedPair:
    """A resident and an intruder, filmed once.

    Attributes:
        recording: Id, clock and animals: resident, intruder.
        pose: What the tracker found, with the names that it gave.
        bouts: What the human wrote down of both ordered pairs: late and sometimes wrong.
        truth: What the mice did.
        ethogram: The same for all.
        animals: Id and sex of both.
        swaps: Stretches ``[start, stop)`` of frames in which the tracker has exchanged the mice.
    """

    recording: Recording
    pose: PoseTrack
    bouts: Bouts
    truth: Bouts
    ethogram: Ethogram
    animals: tuple[Animal, Animal]
    swaps: Swaps

    @property
    def subjects(self) -> list[Subject]:
        """Resident towards intruder, and intruder towards resident."""
        return self.recording.subjects(pairs=True)


# Seven parameters: all but the first are numbers of the experiment and named by every caller.
def simulate_pairs(
    preset: str = "default",
    *,
    pairs: int = 8,
    minutes: float = 5.0,
    fps: float = 30.0,
    seed: int = 0,
    swaps_per_minute: float | None = None,
    keypoints: Sequence[str] = KEYPOINTS,
) -> list[SimulatedPair]:
    """Simulate pairs of mice, one recording each, seen from above.

    The same arguments give the same mice. A pair does not depend on how many others there are, its
    movement not on the frame rate, and nothing but the names in the track on planted swaps.

    Args:
        preset: Name in :data:`~boutwise.synthetic.pairs.presets.PAIR_PRESETS`.
        pairs: How many.
        minutes: Length of each recording.
        fps: Frames per second.
        seed: Another seed, other mice.
        swaps_per_minute: Stretches in which the tracker exchanges the mice; None = that of the
            preset, which is 0.
        keypoints: Of the seven, those that the tracker finds, in the order of the track.

    Raises:
        UsageError: There is no such preset or keypoint, or a number cannot be.

    >>> first, second = simulate_pairs("easy", pairs=2, minutes=0.1)
    >>> first.pose.positions.shape, second.recording.animals
    ((180, 2, 7, 2), ('resident_2', 'intruder_2'))
    """
    if preset not in PAIR_PRESETS:
        raise UsageError(
            f"there is no preset '{preset}' of simulated pairs",
            todo=did_you_mean(preset, PAIR_PRESETS),
        )
    numbers = PAIR_PRESETS[preset]
    if swaps_per_minute is not None:
        numbers = replace(numbers, swaps_per_minute=swaps_per_minute)
    n_frames = round(minutes * 60 * fps) if minutes > 0 and fps > 0 else 0
    if pairs < 1 or n_frames < 2 or seed < 0 or numbers.swaps_per_minute < 0:
        raise UsageError(
            f"{pairs} pairs of {minutes} minutes at {fps} fps with seed {seed} cannot be",
            expected="at least one pair, two frames, a seed and swaps of 0 or more",
        )
    for name in keypoints:
        if name not in KEYPOINTS:
            raise UsageError(f"there is no keypoint '{name}'", todo=did_you_mean(name, KEYPOINTS))
    if len(set(keypoints)) != len(keypoints) or not keypoints:
        raise UsageError("the keypoints are none or not all different")
    return [
        _with_keypoints(simulate_pair(numbers, number, n_frames, fps=fps, seed=seed), keypoints)
        for number in range(1, pairs + 1)
    ]


def simulate_pair(
    preset: PairPreset, number: int, n_frames: int, *, fps: float, seed: int
) -> SimulatedPair:
    """One pair; ``number`` counts from 1 and seeds it together with ``seed``."""
    drawn = [np.random.default_rng([PAIRS_VERSION, 2, seed, number, part]) for part in range(6)]
    manners = (
        draw_manner(preset, drawn[0], adult=True),
        draw_manner(preset, drawn[0], adult=False),
    )
    tilt = np.radians(preset.camera_tilt_deg) * drawn[0].standard_normal(2)
    camera = Camera("top", _HEIGHT_MM, PX_PER_MM * _HEIGHT_MM, (float(tilt[0]), float(tilt[1])))
    lag_s = preset.label_lag_s * float(drawn[0].uniform(0.6, 1.4))
    n_steps = int(np.ceil(n_frames / fps * STEP_HZ)) + 2
    course = meet(manners, n_steps, preset=preset, generator=drawn[1])
    points, place, codes = _film(course, manners, n_frames, fps=fps, generator=drawn[2])
    lengths = np.array([manner.length_mm for manner in manners]) * PX_PER_MM
    found, confidence = track(
        camera.project(points), lengths=lengths, fps=fps, preset=preset, generator=drawn[3]
    )
    swaps = draw_swaps(
        place,
        float(lengths.mean()) / PX_PER_MM,
        per_minute=preset.swaps_per_minute,
        fps=fps,
        generator=drawn[4],
    )
    exchange(found, confidence, swaps)
    labels = [
        label(codes[:, k], lag_s, fps=fps, preset=preset, generator=drawn[5]) for k in range(2)
    ]
    return _as_recording(
        number,
        PoseTrack(
            found.astype(np.float32),
            confidence.astype(np.float32),
            (f"resident_{number}", f"intruder_{number}"),
            KEYPOINTS,
            {name: name for name in KEYPOINTS},
            unit="px",
            source="simulated",
        ),
        fps,
        codes=[labels, [codes[:, 0], codes[:, 1]]],
        swaps=swaps,
    )


def _film(
    course: Course,
    manners: tuple[Manner, Manner],
    n_frames: int,
    *,
    fps: float,
    generator: np.random.Generator,
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Keypoints (frames, 2, 7, 3) and centers (frames, 2, 2) in mm, codes (frames, 2)."""
    at = np.arange(n_frames) / fps * STEP_HZ
    before = np.minimum(at.astype(np.int64), len(course.codes) - 2)
    share = at - before
    nearest = before + (share >= 0.5)
    place = _between(course.place_mm, before, share)
    angle = _between(np.unwrap(course.angle, axis=0), before, share)
    points = [
        keypoints_mm(
            place[:, k],
            angle[:, k],
            course.manner[nearest, k],
            manner=manners[k],
            fps=fps,
            generator=generator,
        )
        for k in range(2)
    ]
    return np.stack(points, axis=1), place, course.codes[nearest]


def _between(values: Floats, before: NDArray[np.int64], share: Floats) -> Floats:
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((1 - share) * values[before] + share * values[before + 1])


def _as_recording(
    number: int,
    pose: PoseTrack,
    fps: float,
    *,
    codes: Sequence[Sequence[NDArray[np.int64]]],
    swaps: Swaps,
) -> SimulatedPair:
    """Labels and truth, codes of both mice each, become bouts."""
    recording = Recording(
        f"pair_{number}", FrameClock.declared(pose.n_frames, fps), tuple(pose.animals)
    )
    one, two = pose.animals
    subjects = (Subject(recording.id, one, two), Subject(recording.id, two, one))
    bouts = []
    for who, both in zip(("human", "truth"), codes, strict=True):
        parts = [
            from_frames(
                (code[:, None] == np.arange(len(BEHAVIORS))).astype(np.int8),
                subject,
                BEHAVIORS,
                annotator=who,
                source="simulated",
            )
            for subject, code in zip(subjects, both, strict=True)
        ]
        rows = [row for part in parts for row in part.rows()]
        observed = [piece for part in parts for piece in part.observed]
        bouts.append(Bouts.from_rows(rows, observed))
    return SimulatedPair(
        recording,
        pose,
        bouts[0],
        bouts[1],
        ETHOGRAM,
        (
            Animal(one, sex="male", strain="simulated"),
            Animal(two, sex="female" if number % 2 else "male", strain="simulated"),
        ),
        swaps,
    )


def _with_keypoints(pair: SimulatedPair, keypoints: Sequence[str]) -> SimulatedPair:
    """The same recording with the keypoints that another tracker finds."""
    if tuple(keypoints) == pair.pose.keypoints:
        return pair
    places = [pair.pose.keypoints.index(name) for name in keypoints]
    confidence = pair.pose.confidence
    pose = replace(
        pair.pose,
        positions=pair.pose.positions[:, :, places],
        confidence=None if confidence is None else confidence[:, :, places],
        keypoints=tuple(keypoints),
        roles={name: name for name in keypoints},
    )
    return replace(pair, pose=pose)
