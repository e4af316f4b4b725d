"""Which detection is which animal, from picture to picture, and where each is in between.

Detections are given to animals by the smallest total cost (the Hungarian method) of distance from
where an animal should be by now, change of size, and overlap. An animal that has no detection of
its own, but should be inside one that is larger than a single animal, shares it: two mice that
touch are one patch. An animal that is lost too long has no box until it is found again.

Source: tracking by detection with a constant-velocity prediction, as in SORT (Bewley et al. 2016),
here with a fixed number of animals.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from boutwise.errors import UsageError
from boutwise.metrics import box_ious
from boutwise.prepare.detectors import Detections

VERSION = 1

LONGEST_GAP_S = 0.5
"""A mouse that is not seen for longer may be anywhere: there is no box between."""
FASTEST_LENGTHS = 15.0
"""Body sizes a second: a mouse runs 80 cm/s, and the root of its box's area is 5 to 6 cm."""
REACH_LENGTHS = 0.6
"""Body sizes by which a box strays without the animal moving."""
MOST_SIZE_RATIO = 3.5
"""Area of one box over the next, beyond which they are not one animal."""
LEAST_SCORE = 0.15
"""A detection less sure does not begin a track."""
OVERLAP_WEIGHT, SIZE_WEIGHT = 0.5, 0.3
SHARED_SCORE = 0.3
"""Of the patch's score, for each of the animals that share it."""
SHARED_AREA = 1.25
"""Area of a patch over that of one animal, from which it may hold a second one."""
VELOCITY_FOR_S = 0.3
"""An animal that is not seen goes on as before for so long."""
KEPT = 0.7
"""Weight of the past in an animal's size; half of it in its velocity."""
IMPOSSIBLE = 1e6

Floats = NDArray[np.float64]


@dataclass
class _Animal:
    """Where one animal was last seen."""

    frame: int = -1
    centre: Floats = field(default_factory=lambda: np.full(2, np.nan))
    size: Floats = field(default_factory=lambda: np.full(2, np.nan))
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    """Pixels a second."""

    @property
    def length(self) -> float:
        """Root of the area, pixels."""
        return float(np.sqrt(self.size.prod()))

    def ahead(self, seconds: float) -> Floats:
        """Where it should be after some time."""
        centre: Floats = self.centre + self.velocity * min(seconds, VELOCITY_FOR_S)
        return centre

    def see(self, frame: int, centre: Floats, size: Floats, seconds: float, alone: bool) -> None:
        """Take in a new place; what is known of the size is not changed by what is shared."""
        if self.frame < 0 or seconds > LONGEST_GAP_S:
            self.size, self.velocity = size, np.zeros(2)
        else:
            weight = KEPT / 2 if alone else KEPT
            step = (centre - self.centre) / seconds
            self.velocity = weight * self.velocity + (1 - weight) * step
            if alone:
                self.size = KEPT * self.size + (1 - KEPT) * size
        self.frame, self.centre = frame, centre


class Tracker:
    """Keeps a fixed number of animals apart; takes detections in rising order of frames.

    Args:
        n_animals: That are in the recording, all the time.
        fps: Frames per second.
    """

    def __init__(self, n_animals: int, fps: float) -> None:
        if n_animals < 1:
            raise UsageError("there are no animals to track", expected="one or more")
        self._fps = fps
        self._animals = [_Animal() for _ in range(n_animals)]
        # Numbers and no objects: two hours have 72,000 rows.
        self._frames = array("q")
        self._rows = array("f")

    def add(self, frame: int, found: Detections) -> None:
        """Take in the detections of one frame.

        Raises:
            UsageError: The frame is not after the one before.
        """
        if self._frames and frame <= self._frames[-1]:
            raise UsageError(
                f"frame {frame} comes after frame {self._frames[-1]}", expected="rising frames"
            )
        row = np.full((len(self._animals), 5), np.nan, dtype=np.float32)
        corners = found.corners.astype(np.float64)
        seconds = [(frame - animal.frame) / self._fps for animal in self._animals]
        given = self._matched(corners, found.scores, seconds)
        members_of = self._shared(corners, given, seconds)
        self._fill(members_of, found, seconds)
        for which, members in members_of.items():
            points = found.points[which] if found.points else np.zeros((0, 2))
            holds = 1 if found.holds is None else int(found.holds[which])
            alone = len(members) == 1
            score = float(found.scores[which]) * (1.0 if alone else SHARED_SCORE)
            for number, box in self._divided(members, corners[which], points, seconds).items():
                row[number] = (*box, score)
                # A patch of two with one of them lost is not the size of the one that is left.
                size = (box[2:] - box[:2]) / (np.sqrt(holds) if alone else 1.0)
                animal, middle = self._animals[number], (box[:2] + box[2:]) / 2
                animal.see(frame, middle, size, seconds[number], alone and holds == 1)
        self._frames.append(frame)
        self._rows.frombytes(row.tobytes())

    def boxes(
        self, n_frames: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Corners (frames, animals, 4), scores (frames, animals) and detected (frames, animals)."""
        looked = np.array(self._frames, dtype=np.int64)
        table = np.array(self._rows, dtype=np.float32).reshape(-1, len(self._animals), 5)
        values = np.full((n_frames, len(self._animals), 5), np.nan, dtype=np.float32)
        values[looked] = table
        detected = np.asarray(np.isfinite(values).all(axis=-1))
        fill_gaps(values, self._fps)
        return values[..., :4], values[..., 4], detected

    def _matched(
        self, corners: Floats, scores: NDArray[np.float32], seconds: list[float]
    ) -> dict[int, int]:
        """Animal -> its own detection."""
        cost = np.full((len(self._animals), len(corners)), IMPOSSIBLE)
        for number, animal in enumerate(self._animals):
            if len(corners):
                cost[number] = self._cost(animal, corners, scores, seconds[number])
        rows, columns = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return {row: column for row, column in pairs if cost[row, column] < IMPOSSIBLE}

    def _cost(
        self, animal: _Animal, corners: Floats, scores: NDArray[np.float32], seconds: float
    ) -> Floats:
        """Cost of each detection for one animal."""
        if animal.frame < 0:
            # Animals that were never seen take what is left, the surest first.
            return np.where(scores < LEAST_SCORE, IMPOSSIBLE, 100.0 - scores)
        sizes = corners[:, 2:] - corners[:, :2]
        ahead = animal.ahead(seconds)
        away = np.hypot(*((corners[:, :2] + corners[:, 2:]) / 2 - ahead).T) / animal.length
        ratio = np.abs(np.log(np.maximum(sizes.prod(axis=1), 1e-6) / animal.size.prod()))
        reach = REACH_LENGTHS + FASTEST_LENGTHS * seconds
        box = np.concatenate([ahead - animal.size / 2, ahead + animal.size / 2])
        cost: Floats = away / reach - OVERLAP_WEIGHT * box_ious(box, corners)[0]
        cost += SIZE_WEIGHT * ratio
        if seconds > LONGEST_GAP_S:
            # It may be anywhere, and whoever is tracked has the first choice.
            return np.where(scores < LEAST_SCORE, IMPOSSIBLE, cost + 10.0)
        return np.where((away > reach) | (ratio > np.log(MOST_SIZE_RATIO)), IMPOSSIBLE, cost)

    def _shared(
        self, corners: Floats, given: dict[int, int], seconds: list[float]
    ) -> dict[int, list[int]]:
        """Detection -> the animals that are in it."""
        members: dict[int, list[int]] = {}
        for number, which in given.items():
            members.setdefault(which, []).append(number)
        areas = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
        for number, animal in enumerate(self._animals):
            if number in given or animal.frame < 0 or seconds[number] > LONGEST_GAP_S:
                continue
            ahead, slack = animal.ahead(seconds[number]), REACH_LENGTHS * animal.length / 2
            inside = ((ahead > corners[:, :2] - slack) & (ahead < corners[:, 2:] + slack)).all(1)
            fits = inside & (areas > SHARED_AREA * animal.size.prod())
            if fits.any():
                middles = (corners[:, :2] + corners[:, 2:]) / 2
                away = np.hypot(*(middles - ahead).T)
                which = int(np.where(fits, away, np.inf).argmin())
                members.setdefault(which, []).append(number)
        return members

    def _fill(
        self, members_of: dict[int, list[int]], found: Detections, seconds: list[float]
    ) -> None:
        """Put animals that are nowhere into detections that hold more than those known to be there.

        Which of the lost ones it is, nobody knows; the one that was lost last comes first.
        """
        if found.holds is None:
            return
        placed = {number for members in members_of.values() for number in members}
        nowhere = [
            number
            for number, animal in enumerate(self._animals)
            if number not in placed and (animal.frame < 0 or seconds[number] > LONGEST_GAP_S)
        ]
        nowhere.sort(key=lambda number: -self._animals[number].frame)
        for which, holds in enumerate(found.holds.tolist()):
            members = members_of.get(which, [])
            while members and nowhere and holds > len(members):
                members.append(nowhere.pop(0))

    def _divided(
        self, members: list[int], box: Floats, points: NDArray[np.floating], seconds: list[float]
    ) -> dict[int, Floats]:
        """The box of each animal in a detection: all of it, or as large as the animal was last."""
        if len(members) == 1:
            return {members[0]: box}
        known = [n for n in members if self._animals[n].frame >= 0 and seconds[n] <= LONGEST_GAP_S]
        centres = [self._animals[number].ahead(seconds[number]) for number in known]
        places = points if len(points) >= 2 * len(members) else box.reshape(2, 2)
        for _ in range(len(members) - len(known)):
            centres.append(_farthest(places, centres))
        middles = np.stack(centres)
        if places is points:
            middles = split_points(points, middles)
        usual = (box[2:] - box[:2]) / np.sqrt(len(members))
        boxes = {}
        order = known + [number for number in members if number not in known]
        for number, centre in zip(order, middles, strict=True):
            size = self._animals[number].size if number in known else usual
            half = np.minimum(size, box[2:] - box[:2]) / 2
            centre = np.clip(centre, box[:2] + half, box[2:] - half)
            boxes[number] = np.concatenate([centre - half, centre + half])
        return boxes


def _farthest(places: NDArray[np.floating], centres: list[Floats]) -> Floats:
    """The place that is farthest from all of the centres; their corner when there are none."""
    if not centres:
        return np.asarray(places[0], dtype=np.float64)
    away = ((places[:, None] - np.stack(centres)[None]) ** 2).sum(axis=2).min(axis=1)
    return np.asarray(places[away.argmax()], dtype=np.float64)


def split_points(points: NDArray[np.floating], centres: Floats, *, rounds: int = 8) -> Floats:
    """Centres of groups of points, from where they are guessed to be (k-means).

    Args:
        points: (points, 2).
        centres: (groups, 2).
        rounds: Of assigning and averaging.

    Returns:
        (groups, 2); a group without points stays where it was guessed.

    >>> points = np.array([[0.0, 0], [1, 0], [9, 0], [10, 0]])
    >>> split_points(points, np.array([[3.0, 0], [6, 0]])).tolist()
    [[0.5, 0.0], [9.5, 0.0]]
    """
    found = centres.astype(np.float64, copy=True)
    for _ in range(rounds):
        nearest = ((points[:, None] - found[None]) ** 2).sum(axis=2).argmin(axis=1)
        for group in range(len(found)):
            if (nearest == group).any():
                found[group] = points[nearest == group].mean(axis=0)
    return found


def fill_gaps(values: NDArray[np.float32], fps: float) -> None:
    """Put straight lines between the frames that have values, in place, where the gap is short.

    Args:
        values: (frames, animals, numbers), NaN = missing.
        fps: Frames per second: gaps longer than ``LONGEST_GAP_S`` stay.
    """
    longest = max(int(LONGEST_GAP_S * fps + 1e-6), 1)
    for animal in range(values.shape[1]):
        track = values[:, animal]
        there = np.flatnonzero(np.isfinite(track).all(axis=1))
        gaps = np.diff(there)
        for place in np.flatnonzero((gaps > 1) & (gaps <= longest)):
            start, stop = there[place], there[place + 1]
            share = (np.arange(start + 1, stop) - start)[:, None] / (stop - start)
            track[start + 1 : stop] = track[start] + share * (track[stop] - track[start])
