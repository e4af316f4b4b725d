"""Whole recordings of several minutes with grooming and twitches, filmed from above or the side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from boutwise.errors import UsageError
from boutwise.synthetic.body import KEYPOINTS, keypoints_mm
from boutwise.synthetic.motion import follow
from boutwise.synthetic.presets import PRESETS
from boutwise.synthetic.rendering.kinds import Family
from boutwise.synthetic.traits import CHANNELS, LOWEST, Traits, draw_traits
from boutwise.synthetic.twitches.acts import (
    FPS,
    STATES,
    TAGS,
    Course,
    draw_course,
    postures,
    twitch,
)
from boutwise.types import Animal, Bouts, FrameClock, PoseTrack, Recording, Subject
from boutwise.types.bouts import from_frames

TWITCH_VERSION = 1
"""Version of the tables and of everything that draws from them."""

_BUILD = 0.09
_FOLLOW_S = 0.05


@dataclass(frozen=True, eq=False)
class LongRecording:
    """One simulated mouse over some minutes.

    Attributes:
        recording: Id, clock and animal.
        pose: True keypoints in space, mm.
        truth: Grooming and twitches; both may be absent, and a twitch is never within grooming.
        animal: Its id and sex.
        number: Of the animal, from 0: with it coat and cage are drawn.
        family: Of its coat and cage, ``train`` or ``test``.
    """

    recording: Recording
    pose: PoseTrack
    truth: Bouts
    animal: Animal
    number: int
    family: Family


def simulate_twitches(
    *,
    animals: int = 6,
    test_animals: int = 2,
    minutes: float = 4.0,
    per_minute: float = 24.0,
    seed: int = 0,
) -> list[LongRecording]:
    """Simulate long recordings at 30 frames a second, one of each animal.

    The same arguments give the same mice. The last ``test_animals`` have coats and cages unlike
    the others'.

    Args:
        animals: How many.
        test_animals: How many of them, at the end, look unlike the others.
        minutes: Length of each recording.
        per_minute: Twitches in a minute without grooming.
        seed: Another seed, other mice.

    Raises:
        UsageError: A number cannot be.

    >>> first = simulate_twitches(animals=1, test_animals=0, minutes=0.5)[0]
    >>> first.recording.n_frames, first.pose.unit
    (900, 'mm')
    """
    n_frames = round(minutes * 60 * FPS) if minutes > 0 else 0
    if animals < 1 or n_frames < 60 or per_minute < 0 or not 0 <= test_animals <= animals:
        raise UsageError(
            f"{animals} animals, {test_animals} of them for testing, of {minutes} minutes with "
            f"{per_minute} twitches a minute cannot be",
            expected="at least one animal and two seconds, and not more for testing than animals",
        )
    found = []
    for number in range(animals):
        generator = np.random.default_rng([TWITCH_VERSION, 41, seed, number])
        traits = draw_traits(replace(PRESETS["default"], build=_BUILD), generator)
        course = draw_course(n_frames, per_minute, _habits(traits), generator)
        family: Family = "test" if number >= animals - test_animals else "train"
        found.append(_recorded(course, traits, number, family, generator))
    return found


def _habits(traits: Traits) -> dict[str, float]:
    return {
        "grooming": traits.rates["groom"],
        "walk": traits.rates["walk"],
        "look": traits.rates["rear"],
    }


def _recorded(
    course: Course,
    traits: Traits,
    number: int,
    family: Family,
    generator: np.random.Generator,
) -> LongRecording:
    script = course.script
    sides = generator.integers(0, 2, len(script.codes))
    motion = follow(
        postures(course, traits, generator),
        sides,
        script,
        traits=traits,
        fps=FPS,
        generator=generator,
        follow_s=_FOLLOW_S,
    )
    channels = motion.channels.copy()
    thrown = twitch(channels, course, generator)
    length = CHANNELS.index("length")
    channels[:, length] = np.maximum(channels[:, length], LOWEST[length])
    motion = replace(motion, channels=channels, place_mm=motion.place_mm + thrown)
    unbiased = replace(traits, bias=0 * traits.bias)
    points = keypoints_mm(motion, unbiased, fps=FPS, generator=generator)
    animal = Animal(
        f"mouse_{number + 1}", sex="female" if number % 2 else "male", strain="simulated"
    )
    name = f"long_{number + 1}"
    return LongRecording(
        Recording(name, FrameClock.declared(script.n_frames, FPS), (animal.id,)),
        PoseTrack(
            points[:, None].astype(np.float32),
            None,
            (animal.id,),
            KEYPOINTS,
            {name: name for name in KEYPOINTS},
            unit="mm",
            source="simulated",
        ),
        _tags(course, Subject(name, animal.id)),
        animal,
        number,
        family,
    )


def _tags(course: Course, subject: Subject) -> Bouts:
    """Grooming and twitches as somebody tags them who sees everything."""
    script = course.script
    states = np.zeros((script.n_frames, len(TAGS)), dtype=np.int8)
    states[:, 0] = (script.codes == STATES.index("grooming"))[script.bout_of_frame]
    for start, stop in course.twitches.tolist():
        states[start:stop, 1] = 1
    return from_frames(states, subject, TAGS, annotator="truth", source="simulated")
