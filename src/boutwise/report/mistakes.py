"""The worst mistakes of a run: bouts that nobody labelled, and bouts that were not seen at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import spans_of
from boutwise.report.figures.raster import NEITHER, UNKNOWN, UNSCORABLE, Lane, Track

FALSE, MISSED = "false", "missed"
TOUCH = 0.1
"""Share of a bout's frames from which it is found, if only in part: that is a question of ends."""
KNOWN = 0.5
"""Share of a bout's frames that must have been labelled and judged, for it to be a mistake."""
EACH = (3, 2, 1)
"""Mistakes of each kind and behavior that are shown; fewer where there are many behaviors."""
MOST = 36
"""Mistakes on a page."""


@dataclass(frozen=True, eq=False)
class Mistake:
    """A bout that is wrong.

    Attributes:
        kind: ``false``: decided, and not labelled; ``missed``: labelled, and not decided.
        behavior: What was decided wrongly, or missed.
        recording: Where.
        animal: Who; ``target`` towards whom, or empty.
        target: See there.
        start: First frame.
        stop: Frame after the last.
        start_s: Time of the first frame, seconds.
        stop_s: Time of the end, seconds.
        labelled: What was labelled in most of its frames.
        decided: What was decided in most of them.
        probability: Mean probability of the behavior over the bout.
    """

    kind: str
    behavior: str
    recording: str
    animal: str
    target: str
    start: int
    stop: int
    start_s: float
    stop_s: float
    labelled: str
    decided: str
    probability: float

    @property
    def confidence(self) -> float:
        """How sure the model was of its mistake, 0 to 1."""
        return self.probability if self.kind == FALSE else 1 - self.probability


def mistakes_in(
    track: Track, chances: Mapping[str, NDArray[np.float32]], *, backgrounds: Sequence[str]
) -> Iterator[Mistake]:
    """All bouts of a subject that are wrong as a whole.

    Args:
        track: Truth and decision.
        chances: Probability of each behavior, (frames,).
        backgrounds: Behaviors whose bouts nobody looks for.
    """
    for lane in track.lanes:
        labelled = (lane.truth != UNKNOWN) & (lane.truth != UNSCORABLE)
        judged = labelled & (lane.predicted != UNKNOWN)
        for code, behavior in enumerate(lane.behaviors):
            if behavior in backgrounds:
                continue
            said, true = lane.predicted == code, lane.truth == code
            for kind, mine, other in ((FALSE, said, true), (MISSED, true, said)):
                for start, stop in spans_of(mine).tolist():
                    inside = judged[start:stop]
                    if inside.mean() < KNOWN or (other[start:stop] & inside).mean() >= TOUCH:
                        continue
                    yield _mistake(track, lane, kind, (start, stop), behavior, chances[behavior])


def _mistake(
    track: Track,
    lane: Lane,
    kind: str,
    span: tuple[int, int],
    behavior: str,
    chance: NDArray[np.float32],
) -> Mistake:
    start, stop = span
    times = track.times_s
    step = float(times[-1] - times[0]) / max(track.n_frames - 1, 1)
    return Mistake(
        kind,
        behavior,
        track.recording,
        track.animal,
        track.target,
        start,
        stop,
        float(times[start]),
        float(times[stop - 1]) + step,
        _mostly(lane, lane.truth[start:stop]),
        _mostly(lane, lane.predicted[start:stop]),
        float(np.nanmean(chance[start:stop])),
    )


def _mostly(lane: Lane, codes: NDArray[np.int16]) -> str:
    """What stands in most frames, in words."""
    words = {UNKNOWN: "nothing", UNSCORABLE: "unscorable", NEITHER: "none of them"}
    if len(lane.behaviors) == 1:
        words[NEITHER] = f"no {lane.behaviors[0]}"
    code = Counter(codes.tolist()).most_common(1)[0][0]
    return words[code] if code < 0 else lane.behaviors[code]


def worst(mistakes: Sequence[Mistake], behaviors: Sequence[str]) -> list[Mistake]:
    """Those that are shown: of each behavior and kind the ones the model was surest of.

    Args:
        mistakes: All.
        behaviors: In the order of the page.
    """
    by_kind: dict[tuple[str, str], list[Mistake]] = {}
    for mistake in mistakes:
        by_kind.setdefault((mistake.behavior, mistake.kind), []).append(mistake)
    each = next((n for n in EACH if n * len(by_kind) <= MOST), EACH[-1])
    found: list[Mistake] = []
    for behavior in behaviors:
        for kind in (FALSE, MISSED):
            mine = by_kind.get((behavior, kind), [])
            # Of two equally sure ones the longer, which is the worse.
            mine = sorted(mine, key=lambda m: (-round(m.confidence, 2), m.start - m.stop))
            found += mine[:each]
    return found[:MOST]


def counted(mistakes: Sequence[Mistake]) -> dict[str, dict[str, int]]:
    """Behavior -> how many bouts of each kind are wrong as a whole."""
    found: dict[str, dict[str, Any]] = {}
    for mistake in mistakes:
        found.setdefault(mistake.behavior, {FALSE: 0, MISSED: 0})[mistake.kind] += 1
    return found
