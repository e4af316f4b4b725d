"""The human who labels: late, not always equally late, and sometimes wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.bout_lengths import BEHAVIORS, Script
from boutwise.synthetic.presets import Preset

_SHORT = ("paw_withdraw", "paw_shake")
_TAKEN_FOR = {
    "rest": "walk",
    "walk": "rest",
    "rear": "rest",
    "groom": "paw_lick",
    "paw_withdraw": "paw_shake",
    "paw_lick": "groom",
    "paw_shake": "paw_withdraw",
}
_LEAST_FRAMES = 2


def label(
    script: Script,
    lag_s: float,
    *,
    fps: float,
    preset: Preset,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """What the human writes down: the behavior of every frame, (frames,), index into BEHAVIORS.

    Args:
        script: What the animal does.
        lag_s: Mean delay of this human.
        fps: Frames per second.
        preset: How uneven and how often wrong.
        generator: Where the randomness comes from.
    """
    count, n_frames = len(script.codes), script.n_frames
    missed = script.are(*_SHORT) & (generator.random(count) < preset.label_missed)
    confused = generator.random(count) < preset.label_confused
    like = np.array([BEHAVIORS.index(_TAKEN_FOR[name]) for name in BEHAVIORS])
    written = np.where(confused, like[script.codes], script.codes)
    delay = (lag_s + preset.label_jitter_s * generator.standard_normal(count)) * fps
    starts = script.starts
    late = np.clip(np.round(starts + delay).astype(np.int64), 0, n_frames)
    late[0] = 0
    late = np.maximum.accumulate(late)
    stops = np.append(late[1:], n_frames)
    frames = np.empty(n_frames, dtype=np.int64)
    last = written[0]
    for place in range(count):
        seen = not missed[place] and stops[place] - late[place] >= _LEAST_FRAMES
        if seen or place == 0:
            last = written[place]
        frames[late[place] : stops[place]] = last
    return frames


def rate(
    truth: NDArray[np.int64],
    lag_s: float,
    *,
    fps: float,
    preset: Preset,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """What one more human writes down of the same recording, (frames,), index into BEHAVIORS.

    Args:
        truth: What the animal does, (frames,), index into BEHAVIORS.
        lag_s: Mean delay of this human.
        fps: Frames per second.
        preset: How uneven and how often wrong.
        generator: Where the randomness comes from: another one, another human.
    """
    starts = np.flatnonzero(np.diff(truth, prepend=-1))
    script = Script(truth[starts], starts, len(truth))
    return label(script, lag_s, fps=fps, preset=preset, generator=generator)
