"""The human who labels pairs: late, not always equally late, and sometimes wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.pairs.chain import BEHAVIORS
from boutwise.synthetic.pairs.presets import PairPreset

_TAKEN_FOR = {
    "other": "other",
    "approach": "other",
    "attack": "sniff_any",
    "genitalgroom": "sniff_any",
    "intromit": "mount",
    "mount": "intromit",
    "sniff_any": "genitalgroom",
}
_SHORT_S = 0.7
_LEAST_FRAMES = 2


def label(
    truth: NDArray[np.int64],
    lag_s: float,
    *,
    fps: float,
    preset: PairPreset,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """What the human writes down of what one mouse does to the other.

    Args:
        truth: Index into ``chain.BEHAVIORS``, (frames,).
        lag_s: Mean delay of this human.
        fps: Frames per second.
        preset: How uneven and how often wrong.
        generator: Where the randomness comes from.
    """
    n_frames = len(truth)
    starts = np.flatnonzero(np.diff(truth, prepend=-1))
    codes = truth[starts]
    lengths_s = np.diff(np.append(starts, n_frames)) / fps
    short = (codes > 0) & (lengths_s < _SHORT_S)
    missed = short & (generator.random(len(codes)) < preset.label_missed)
    confused = generator.random(len(codes)) < preset.label_confused
    like = np.array([BEHAVIORS.index(_TAKEN_FOR[name]) for name in BEHAVIORS])
    written = np.where(confused, like[codes], codes)
    delay = (lag_s + preset.label_jitter_s * generator.standard_normal(len(codes))) * fps
    late = np.clip(np.round(starts + delay).astype(np.int64), 0, n_frames)
    late[0] = 0
    late = np.maximum.accumulate(late)
    stops = np.append(late[1:], n_frames)
    frames = np.empty(n_frames, dtype=np.int64)
    last = written[0]
    for place, code in enumerate(written.tolist()):
        seen = not missed[place] and stops[place] - late[place] >= _LEAST_FRAMES
        if seen or place == 0:
            last = code
        frames[late[place] : stops[place]] = last
    return frames
