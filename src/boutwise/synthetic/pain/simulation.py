"""Whole recordings of pain tests: three trials of one mouse, filmed from below."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError
from boutwise.synthetic.body import KEYPOINTS, keypoints_mm
from boutwise.synthetic.motion import follow
from boutwise.synthetic.pain.acts import (
    BEHAVIORS,
    FPS,
    N_FRAMES,
    N_TRIALS,
    PAIN,
    TRIAL_FRAMES,
    draw_trials,
)
from boutwise.synthetic.pain.postures import jerks, postures, sides
from boutwise.synthetic.presets import PRESETS
from boutwise.synthetic.rendering.kinds import Family
from boutwise.synthetic.signals import Floats, smooth
from boutwise.synthetic.traits import Traits, draw_traits
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
    Trial,
)
from boutwise.types.bouts import from_frames

PAIN_VERSION = 1
"""Version of the pain tests: of their tables and of everything that draws from them."""

ETHOGRAM = Ethogram(
    tuple(Behavior(name) for name in BEHAVIORS), (ExclusiveGroup("behavior", BEHAVIORS),)
)
"""The eight source classes, of which one is shown at a time."""

_PRESET = PRESETS["default"]
_BUILD = 0.11
_FOLLOW_S = 0.03
_JITTER = 0.25


@dataclass(frozen=True, eq=False)
class PainTest:
    """One simulated recording of three trials.

    Attributes:
        recording: Id, clock, animal and trials.
        pose: True keypoints in space, mm: no tracker has looked.
        bouts: What the human wrote down: a boundary is a frame early or late now and then.
        truth: What the mouse did.
        animal: Its id and sex; the same in all its recordings.
        number: Of the animal, from 0: with it coat and cage are drawn.
        family: Of its coat and cage, ``train`` or ``test``.
    """

    recording: Recording
    pose: PoseTrack
    bouts: Bouts
    truth: Bouts
    animal: Animal
    number: int
    family: Family

    @property
    def subject(self) -> Subject:
        """The mouse in this recording."""
        return Subject(self.recording.id, self.animal.id)


def simulate_pain(
    *, animals: int = 6, test_animals: int = 2, videos: int = 2, seed: int = 0
) -> list[PainTest]:
    """Simulate pain tests: videos of 1,080 frames, three trials of 360 at 30 frames a second.

    The same arguments give the same mice. Animals differ in size, proportions, speed, habits and
    in how they do each act. The last ``test_animals`` have coats and cages unlike the others'.

    Args:
        animals: How many.
        test_animals: How many of them, at the end, look unlike the others.
        videos: Recordings of each animal.
        seed: Another seed, other mice.

    Raises:
        UsageError: A number cannot be.

    >>> tests = simulate_pain(animals=2, test_animals=1, videos=1)
    >>> [(test.recording.id, test.family, test.recording.n_frames) for test in tests]
    [('mouse_1_day_1', 'train', 1080), ('mouse_2_day_1', 'test', 1080)]
    """
    if animals < 1 or videos < 1 or seed < 0 or not 0 <= test_animals <= animals:
        raise UsageError(
            f"{videos} videos of {animals} animals, {test_animals} of them for testing, with seed "
            f"{seed} cannot be",
            expected="at least one animal and video, and not more animals for testing than animals",
        )
    found = []
    for number in range(animals):
        generator = np.random.default_rng([PAIN_VERSION, 31, seed, number])
        traits = draw_traits(replace(_PRESET, build=_BUILD), generator)
        family: Family = "test" if number >= animals - test_animals else "train"
        for day in range(videos):
            drawn = np.random.default_rng([PAIN_VERSION, 37, seed, number, day])
            found.append(_recorded(traits, number, day, family=family, generator=drawn))
    return found


def _recorded(
    traits: Traits, number: int, day: int, *, family: Family, generator: np.random.Generator
) -> PainTest:
    script = draw_trials(_habits(traits), generator)
    channels = postures(script, traits, preset=_PRESET, generator=generator)
    motion = follow(
        channels,
        sides(script, traits, generator),
        script,
        traits=traits,
        fps=FPS,
        generator=generator,
        follow_s=_FOLLOW_S,
    )
    thrown = smooth(jerks(script, generator), 0.012, FPS)
    motion = replace(motion, place_mm=motion.place_mm + thrown)
    points = keypoints_mm(
        motion, replace(traits, bias=0 * traits.bias), fps=FPS, generator=generator
    )
    name = f"mouse_{number + 1}_day_{day + 1}"
    animal = Animal(
        f"mouse_{number + 1}", sex="female" if number % 2 else "male", strain="simulated"
    )
    truth = script.codes[script.bout_of_frame]
    subject = Subject(name, animal.id)
    clock = FrameClock.declared(N_FRAMES, FPS)
    trials = tuple(
        Trial(trial + 1, TRIAL_FRAMES * trial, TRIAL_FRAMES) for trial in range(N_TRIALS)
    )
    return PainTest(
        Recording(name, clock, (animal.id,), session=f"day_{day + 1}", trials=trials),
        _track(points, animal.id),
        _as_bouts(_written(truth, generator), subject, "human"),
        _as_bouts(truth, subject, "truth"),
        animal,
        number,
        family,
    )


def _habits(traits: Traits) -> dict[str, float]:
    """How often the animal does what: habits of the ordinary mouse, and of its pain as one."""
    rates = dict(traits.rates)
    rates["active"] = rates.pop("groom")
    rates["paw_guard"] = rates["flinch"] = rates["paw_withdraw"]
    return {name: rates.get(name, 1.0) for name in BEHAVIORS}


def _written(truth: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """What the human writes: some boundaries a frame late or early, no act lost."""
    written = truth.copy()
    for frame in np.flatnonzero(np.diff(truth)).tolist():
        chance = generator.random()
        if chance < _JITTER:
            written[frame + 1] = truth[frame]
        elif chance > 1 - _JITTER:
            written[frame] = truth[frame + 1]
    return written


def _track(points: Floats, animal: str) -> PoseTrack:
    return PoseTrack(
        points[:, None].astype(np.float32),
        None,
        (animal,),
        KEYPOINTS,
        {name: name for name in KEYPOINTS},
        unit="mm",
        source="simulated",
    )


def _as_bouts(codes: NDArray[np.int64], subject: Subject, annotator: str) -> Bouts:
    states = (codes[:, None] == np.arange(len(BEHAVIORS))).astype(np.int8)
    return from_frames(states, subject, BEHAVIORS, annotator=annotator, source="simulated")


def counts(tests: list[PainTest]) -> dict[str, int]:
    """How many true bouts of each behavior there are."""
    rows = [row.behavior for test in tests for row in test.truth.rows()]
    return {name: rows.count(name) for name in BEHAVIORS}


__all__ = ["ETHOGRAM", "PAIN", "PAIN_VERSION", "PainTest", "counts", "simulate_pain"]
