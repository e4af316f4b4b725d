"""Left and right change places: what becomes of the streams and of the behaviors of a learner.

A mirrored mouse does the same things, so its frames are training material, and the scores of a
frame and of its mirror image can be averaged. A behavior that is called by a side (``turn_left``)
changes place with its partner; one without a partner cannot be mirrored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import RecipeError
from boutwise.learners._contract import Dataset
from boutwise.types import Ethogram, Mirror

if TYPE_CHECKING:
    from boutwise.types.recipe import NetworkMember, TreesMember

_SIDE = re.compile(r"(?<![a-z])(left|right)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Mirroring:
    """How the inputs and outputs of a learner are mirrored.

    Attributes:
        streams: Name of each stream of features -> what becomes of its columns.
        behaviors: For each behavior the place of the one whose label or score it takes.
        pixels: Names of the streams of pictures: the left edge becomes the right one.
    """

    streams: Mapping[str, Mirror]
    behaviors: tuple[int, ...]
    pixels: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        mirrors: Mapping[str, Mirror],
        streams: Iterable[str],
        ethogram: Ethogram,
        *,
        pixels: Iterable[str] = (),
    ) -> Self:
        """The mirroring of some streams.

        Args:
            mirrors: Of a dataset; a stream that cannot be mirrored is not there.
            streams: Those of features that are read.
            ethogram: Of the labels and scores.
            pixels: Those of pictures that are read.

        Raises:
            RecipeError: A stream or a behavior cannot be mirrored.
        """
        wanted = list(streams)
        for name in wanted:
            if name not in mirrors:
                raise RecipeError(
                    f"the stream '{name}' cannot be mirrored: one of its feature sets does not "
                    "tell what becomes of its columns when left and right change places",
                    expected="feature sets with a mirror",
                    todo="take 'mirror' out of 'augment' and 'average'",
                )
        found = {name: mirrors[name] for name in wanted}
        return cls(found, mirrored_behaviors(ethogram), tuple(pixels))

    def apply(self, streams: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
        """The features of the mirrored animal, (..., columns) of each stream."""
        return {
            name: mirror.apply(np.asarray(streams[name]))
            for name, mirror in self.streams.items()
            if name in streams
        }

    def swapped(self, values: NDArray[Any]) -> NDArray[Any]:
        """Labels or scores of the mirrored animal, (..., behaviors)."""
        return np.asarray(values[..., list(self.behaviors)])

    def dataset(self, data: Dataset) -> Dataset:
        """The mirrored subjects of a dataset."""
        items = tuple(
            replace(
                item,
                views=tuple(replace(v, streams=self.apply(v.streams)) for v in item.views),
                streams=self.apply(item.streams),
                labels=self.swapped(item.labels),
                shares=None if item.shares is None else self.swapped(item.shares),
            )
            for item in data.items
        )
        return replace(data, items=items)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the JSON beside a model."""
        streams = {
            name: {"source": list(mirror.source), "sign": [int(sign) for sign in mirror.sign]}
            for name, mirror in self.streams.items()
        }
        plain = {"streams": streams, "behaviors": list(self.behaviors)}
        return plain | ({"pixels": list(self.pixels)} if self.pixels else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        streams = {
            name: Mirror(tuple(mirror["source"]), tuple(float(sign) for sign in mirror["sign"]))
            for name, mirror in data["streams"].items()
        }
        return cls(streams, tuple(data["behaviors"]), tuple(data.get("pixels", ())))


def is_mirrored(member: TreesMember | NetworkMember) -> bool:
    """Whether a member learns from mirror images, or scores them."""
    return "mirror" in [*(part.part for part in member.augment), *member.average]


def mirrored_behaviors(ethogram: Ethogram) -> tuple[int, ...]:
    """For each behavior the one that it is in a mirror.

    Raises:
        RecipeError: A behavior has a side in its name, and none is called like its mirror image.

    >>> from boutwise.types import Behavior
    >>> mirrored_behaviors(Ethogram((Behavior("turn_left"), Behavior("turn_right"))))
    (1, 0)
    >>> mirrored_behaviors(Ethogram((Behavior("rest"), Behavior("bright"))))
    (0, 1)
    """
    places = {name.lower(): place for place, name in enumerate(ethogram.names)}
    found = []
    for name in ethogram.names:
        image = _SIDE.sub(_other_side, name.lower())
        if image not in places:
            raise RecipeError(
                f"the behavior '{name}' has a side in its name, and there is no '{image}' that a "
                "mirrored animal would show",
                todo="take 'mirror' out of 'augment' and 'average'",
            )
        found.append(places[image])
    return tuple(found)


def _other_side(found: re.Match[str]) -> str:
    return "right" if found[0] == "left" else "left"
