"""Which pairs of which lab each model of ``labs.py`` learns from and is tested on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MORE = ", more"
MODELS = (
    "one a lab",
    "all labs",
    "all, told",
    "unseen lab",
    f"all labs{MORE}",
    f"all, told{MORE}",
    f"unseen lab{MORE}",
)


@dataclass(frozen=True)
class Cell:
    """One model: groups of animals that it is tested on, and those that it learns from."""

    test: tuple[str, ...]
    train: tuple[str, ...]

    @property
    def lab(self) -> str:
        """The lab of the first pair that is tested."""
        return self.test[0].split("_", 1)[0]


def pair_name(lab: str, number: int) -> str:
    """The name of a group of a split: the two animals of a pair; numbers begin with 1."""
    return f"{lab}_intruder_{number}+{lab}_resident_{number}"


def cells_of(kind: str, labs: Sequence[str], pairs: int) -> list[Cell]:
    """The models of one kind; every pair is tested by exactly one of them.

    Args:
        kind: Of :data:`MODELS`.
        labs: Names.
        pairs: In each lab; one less must be a multiple of the number of labs, so that equally many
            come from each.
    """
    if len(labs) < 2 or (pairs - 1) % len(labs):
        raise SystemExit(
            f"with {len(labs)} labs: {len(labs) + 1} pairs in each, and 2 labs or more"
        )
    many = (len(labs) - 1) * (pairs - 1) if kind.endswith(MORE) else pairs - 1
    kind = kind.removesuffix(MORE)
    if kind == "one a lab":
        return [
            Cell((pair_name(lab, k + 1),), tuple(_after(lab, k, many, pairs)))
            for lab in labs
            for k in range(pairs)
        ]
    if kind == "unseen lab":
        return list(_unseen(labs, pairs, many))
    return [
        Cell(
            tuple(pair_name(lab, k + 1) for lab in labs),
            tuple(name for lab in labs for name in _after(lab, k, many // len(labs), pairs)),
        )
        for k in range(pairs)
    ]


def _unseen(labs: Sequence[str], pairs: int, many: int) -> Iterator[Cell]:
    """One model a lab; where the others cannot give equally many, who gives one more changes."""
    for place, lab in enumerate(labs):
        others = [name for name in labs if name != lab]
        each, rest = divmod(many, len(others))
        more = {others[(place + n) % len(others)] for n in range(rest)}
        counts = {name: each + (name in more) for name in others}
        train = (n for name in others for n in _after(name, place, counts[name], pairs))
        yield Cell(tuple(pair_name(lab, k + 1) for k in range(pairs)), tuple(train))


def _after(lab: str, k: int, count: int, pairs: int) -> list[str]:
    """The next pairs of a lab after the one with place ``k``, in a circle."""
    return [pair_name(lab, (k + 1 + step) % pairs + 1) for step in range(count)]
