"""Recordings and bouts for the tests of the project."""

from boutwise.types import (
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Recording,
)

ETHOGRAM = Ethogram(
    (Behavior("rest"), Behavior("walk")), (ExclusiveGroup("g", ("rest", "walk"), "rest"),)
)


def recording(name="day1/cage3", *, n_frames=100, animals=("m1",), **more):
    return Recording(name, FrameClock.declared(n_frames, fps=20), animals, **more)


def bout(start=3, stop=9, behavior="walk", **more):
    given = {"annotator": "eva"} | more
    return Bout("day1/cage3", "m1", behavior, start, stop, **given)


def table(*bouts, observed=()):
    return Bouts.from_rows(bouts, observed)
