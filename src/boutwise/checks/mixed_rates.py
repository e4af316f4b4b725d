"""The recordings have frame rates that can be brought together, and the declared ones are true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from boutwise.checks._contract import Study
from boutwise.checks._poses import Points, Track, middles, tracks
from boutwise.types import Problem, Recording, Severity

DESCRIPTION = "different frame rates, and rates that the speed of the animals says are wrong"

SLOWEST, FASTEST = 0.5, 2.0
"""Rates that can be resampled, relative to the working rate; a bundle refuses others too."""

SAME_RATE = 0.01
"""Share by which equal rates may differ; nothing is resampled up to there."""

FACTOR = 2.0
"""Factor by which a rate is wrong when every second frame was left out, or the camera ran at twice
the rate; others are too near to how animals differ."""

LEAST_EVIDENCE = 2.0
"""Logarithm of how much likelier the movement is with a wrong rate than with the declared one."""

SPREAD, SPREAD_COUNT = 0.2, 4
"""Spread of pace between animals (logarithm) that is expected beforehand, and for how many animals
that counts against what the others of the project show: real ones have .1 in time, .4 in speed."""

LEAST_RATIO = 1.15
"""By so much at least both, speed and time, must differ from the others."""

_LEAST_OTHERS = 2
_MANY = 5
_LEAST_FRAMES = 300
_FASTEST = 0.95
_LIMIT = 0.98


@dataclass(frozen=True)
class Pace:
    """How an animal moves in time.

    Attributes:
        recording: Id of the recording.
        scale_s: Time scale of its movements, seconds: after so long the autocorrelation of its
            speed has fallen to half.
        speed: Body lengths per second that it reaches in 5 % of the time.
    """

    recording: str
    scale_s: float
    speed: float


def find(project: Study) -> list[Problem]:
    """Compare the declared rates, and what movement says of them."""
    recordings = {recording.id: recording for recording in project.recordings()}
    bouts = project.bouts()
    labeled = {piece.recording for piece in bouts.observed} | set(bouts.recording.tolist())
    problems = declared(list(recordings.values()), labeled)
    paces = [pace for track in tracks(project) if (pace := pace_of(track)) is not None]
    rates = {name: recording.clock.fps for name, recording in recordings.items()}
    return problems + by_movement(paces, rates)


def declared(recordings: Sequence[Recording], labeled: set[str]) -> list[Problem]:
    """Recordings whose rate is not the one at which the plan would work.

    Args:
        recordings: All of them.
        labeled: Ids of those with labels; the plan works at the middle one of their rates.
    """
    learned = sorted(one.clock.fps for one in recordings if one.id in labeled or not labeled)
    if not learned:
        return []
    working = learned[len(learned) // 2]
    problems = []
    for one in recordings:
        factor = one.clock.fps / working
        if abs(factor - 1) <= SAME_RATE:
            continue
        fits = SLOWEST <= factor <= FASTEST
        problems.append(
            Problem(
                "mixed_rates",
                Severity.WARNING if fits else Severity.BLOCKING,
                f"{one.clock.fps:g} frames per second, where the working rate is {working:g}: "
                + ("it will be resampled" if fits else "too far apart to be resampled"),
                recording=one.id,
                expected=f"{working * SLOWEST:g} to {working * FASTEST:g}, best {working:g}",
                todo="look whether the rate is right; if so, and it is too far from the others, "
                "train on it in a project of its own",
                value=round(one.clock.fps, 4),
            )
        )
    return problems


def pace_of(track: Track) -> Pace | None:
    """The pace of one animal; None where it hardly moves or is hardly seen."""
    middle = _bridged(middles(track.points))
    if middle is None or len(middle) < _LEAST_FRAMES or not track.length > 0:
        return None
    speed = np.linalg.norm(np.diff(middle, axis=0), axis=1) / track.length
    # A jump of the tracker must not outweigh everything else.
    speed = np.minimum(speed, np.quantile(speed, _LIMIT))
    half = _half_time(speed - speed.mean())
    fast = float(np.quantile(uniform_filter1d(speed, 3), _FASTEST))
    if half is None or not fast > 0:
        return None
    return Pace(track.recording.id, half / track.fps, fast * track.fps)


def _half_time(values: NDArray[np.floating]) -> float | None:
    """Frames after which an autocorrelation has fallen to half of its value one frame away.

    The value at no distance has the noise of the tracker in it.
    """
    size = next_fast_len(2 * len(values), real=True)
    power = np.abs(rfft(values, size)) ** 2
    curve = irfft(power, size)[: len(values)] / np.arange(len(values), 0, -1)
    if not curve[1] > 0:
        return None
    curve = curve / curve[1]
    below = np.flatnonzero(curve[1:] < 0.5)
    if not below.size:
        return None
    after = int(below[0]) + 1
    return float(after - 1 + (curve[after - 1] - 0.5) / (curve[after - 1] - curve[after]))


def by_movement(paces: Sequence[Pace], rates: Mapping[str, float]) -> list[Problem]:
    """Recordings in which animals move so fast and so briefly that their rate must be wrong.

    A lively animal is faster, but its movements do not take half the time; a wrong rate changes
    both by the same factor. Both are held against those of the other recordings.

    Args:
        paces: Of every animal of every recording.
        rates: Recording -> declared frames per second.
    """
    names = list(dict.fromkeys(pace.recording for pace in paces))
    if len(names) <= _LEAST_OTHERS:
        return []
    logs = np.array(
        [
            np.mean(
                [(-np.log(p.scale_s), np.log(p.speed)) for p in paces if p.recording == name],
                axis=0,
            )
            for name in names
        ]
    )
    found: list[tuple[float, Problem]] = []
    for place, name in enumerate(names):
        others = np.delete(logs, place, axis=0)
        away = logs[place] - np.median(others, axis=0)
        factor = FACTOR if away.sum() > 0 else 1 / FACTOR
        weight = evidence(logs[place], others, factor)
        if weight > LEAST_EVIDENCE:
            problem = _wrong(name, np.exp(away), rates[name] / factor, rates[name])
            found.append((weight, problem))
    # Among few recordings a wrong one makes the others look wrong too.
    if len(names) < _MANY and found:
        found = [max(found, key=lambda pair: pair[0])]
    return [problem for _weight, problem in found]


def evidence(pace: NDArray[np.float64], others: NDArray[np.float64], factor: float) -> float:
    """How much likelier a pace is when its rate is wrong by a factor, as a logarithm.

    Args:
        pace: Logarithms of 1 / time scale and of speed, (2,).
        others: The same of the other recordings, (recordings, 2).
        factor: By which the declared rate is too high.

    Returns:
        Log-likelihood ratio; minus infinity where one of both does not speak for it.
    """
    usual = np.median(others, axis=0)
    seen = 1.48 * np.median(np.abs(others - usual), axis=0)
    weight = SPREAD_COUNT + len(others)
    variance = (SPREAD_COUNT * SPREAD**2 + len(others) * seen**2) / weight
    size = abs(float(np.log(factor)))
    away = (pace - usual) * np.sign(np.log(factor))
    if (away < np.log(LEAST_RATIO)).any():
        return float("-inf")
    # What one of both says cannot make up for what the other does not.
    away = np.minimum(away, size)
    return float(((2 * size * away - size**2) / (2 * variance)).sum())


def _wrong(name: str, away: NDArray[np.float64], likely: float, fps: float) -> Problem:
    briefer, faster = away.tolist()
    return Problem(
        "mixed_rates",
        Severity.WARNING,
        f"animals move {_times(faster)} and their movements take "
        f"{_times(1 / briefer, short='as long')} as in the other recordings: the true rate may be "
        f"{likely:g} frames per second, not {fps:g}",
        recording=name,
        expected="movements that take about as long in all recordings",
        todo="look up the rate of the camera, and whether "
        + ("every second frame was left out" if briefer > 1 else "it ran at twice the rate")
        + "; import again with the right --fps",
        value=round(briefer, 3),
    )


def _times(factor: float, short: str = "as fast") -> str:
    return f"{factor:.2g} times {short}"


def _bridged(middle: Points) -> Points | None:
    """The path with gaps bridged by straight lines; None when there is none."""
    seen = np.isfinite(middle).all(axis=1)
    if seen.sum() < 2:
        return None
    if seen.all():
        return middle
    frame, known = np.arange(len(middle)), np.flatnonzero(seen)
    return np.stack([np.interp(frame, known, axis[seen]) for axis in middle.T], axis=1)
