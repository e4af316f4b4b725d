"""What a bundle says of itself, and what it refuses."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from boutwise import registry
from boutwise.bundle.archive import digest, unpack
from boutwise.decision import Decision
from boutwise.errors import BundleError
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, FrameClock
from boutwise.types.recipe import Part

FORMAT = 1
SLOWEST, FASTEST = 0.5, 2.0
"""Rates that a bundle accepts, as shares of its working rate."""


@dataclass(frozen=True)
class StreamNeed:
    """What one stream of one member was trained on.

    Attributes:
        features: Feature sets and their options, in order.
        versions: Version of each set.
        columns: Name of each channel, in order.
    """

    features: tuple[Part, ...]
    versions: tuple[int, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model, opened.

    Attributes:
        path: The file.
        id: First digits of its SHA-256.
        manifest: ``bundle.json``: see :func:`boutwise.training.train`.
        directory: Where it is unpacked for as long as this object lives.
    """

    path: Path
    id: str
    manifest: Mapping[str, Any]
    directory: Path
    _keeper: Any = field(repr=False, default=None)

    @classmethod
    def open(cls, path: str | Path) -> Bundle:
        """Open a bundle file.

        Raises:
            BundleError: It is damaged, of another format, or needs a part that is not there.
        """
        path = Path(path)
        keeper = tempfile.TemporaryDirectory(prefix="boutwise-", ignore_cleanup_errors=True)
        directory = Path(keeper.name)
        unpack(path, directory)
        try:
            manifest = json.loads((directory / "bundle.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(
                "the bundle has no readable bundle.json", file=path, todo="copy it again"
            ) from error
        if manifest.get("format") != FORMAT:
            raise BundleError(
                f"the bundle has the format {manifest.get('format')}",
                file=path,
                expected=str(FORMAT),
                todo=f"use boutwise {manifest.get('boutwise', 'of another release')}",
            )
        bundle = cls(path, digest(path), manifest, directory, keeper)
        bundle._check_versions()
        return bundle

    @cached_property
    def ethogram(self) -> Ethogram:
        """Behaviors that it predicts, with their exclusive groups."""
        return ethogram_from_dict(self.manifest["ethogram"])

    @cached_property
    def decision(self) -> Decision:
        """Combiner, calibration and decoder."""
        return Decision.load(self.directory, self.ethogram)

    @property
    def fps(self) -> float:
        """Working rate."""
        return float(self.manifest["fps"])

    @property
    def animals(self) -> tuple[str, ...]:
        """The animals that it was trained on."""
        return tuple(self.manifest["animals"])

    @property
    def prepare(self) -> tuple[Part, ...]:
        """Preparations of the pose, in order."""
        return tuple(Part.model_validate(part) for part in self.manifest["prepare"])

    @property
    def keypoint_roles(self) -> dict[str, str]:
        """Keypoint -> role, as in the project that it was trained on."""
        return dict(self.manifest["keypoint_roles"])

    @property
    def members(self) -> list[dict[str, Any]]:
        """For each member: its learner, and its streams as :class:`StreamNeed`."""
        return [
            {
                "learner": member["learner"],
                "directory": self.directory / "members" / str(place),
                "streams": {
                    name: StreamNeed(
                        tuple(Part.model_validate(part) for part in stream["features"]),
                        tuple(stream["versions"]),
                        tuple(stream["columns"]),
                    )
                    for name, stream in member["streams"].items()
                },
            }
            for place, member in enumerate(self.manifest["members"])
        ]

    def refuse_clock(self, recording: str, clock: FrameClock) -> None:
        """Refuse a recording whose rate is too far from the working rate.

        Raises:
            BundleError: The rate is below half or above twice the bundle's.
        """
        if not SLOWEST * 0.99 <= clock.fps / self.fps <= FASTEST * 1.01:
            raise BundleError(
                f"the recording has {clock.fps:.3g} frames per second",
                recording=recording,
                expected=f"{SLOWEST * self.fps:.3g} to {FASTEST * self.fps:.3g}: the bundle "
                f"works at {self.fps:.3g}",
                todo="check the declared rate (--fps), or train on recordings of this rate",
            )

    def refuse_columns(self, recording: str, need: StreamNeed, columns: Sequence[str]) -> None:
        """Refuse a recording whose pose does not give the features that it was trained on.

        Raises:
            BundleError: Naming the features, and the keypoint roles of the training pose.
        """
        if tuple(columns) == need.columns:
            return
        if sorted(columns) == sorted(need.columns):
            raise BundleError(
                "the keypoints stand in another order than in training, or have other roles",
                recording=recording,
                expected=", ".join(f"{k} = {r}" for k, r in self.keypoint_roles.items()),
                todo="give the keypoints these roles, and write them in the order of training",
            )
        missing = [name for name in need.columns if name not in set(columns)]
        more = [name for name in columns if name not in set(need.columns)]
        what = f"lacks {len(missing)} features" if missing else f"has {len(more)} features more"
        first = ", ".join((missing or more)[:4])
        raise BundleError(
            f"the pose {what} than the bundle was trained on ({first}, ...)",
            recording=recording,
            expected=f"keypoints with the roles {', '.join(self.manifest['roles'])} in "
            f"{self.manifest['n_dims']}D",
            todo="give the keypoints these roles (keypoint_roles in boutwise.yaml, or a mapping)",
        )

    def refuse_animals(self, animals: Sequence[str]) -> None:
        """Refuse to be evaluated on animals that it was trained on.

        Raises:
            BundleError: Naming them.
        """
        seen = sorted(set(animals) & set(self.animals))
        if seen:
            raise BundleError(
                f"the bundle was trained on {len(seen)} of these animals: {', '.join(seen[:6])}",
                file=self.path,
                expected="animals that it has never seen",
                todo="read the out-of-fold scores of its run instead, or choose others by --only",
            )

    def _check_versions(self) -> None:
        needed = [
            ("preparation", part, version)
            for part, version in zip(self.prepare, self.manifest["prepare_versions"], strict=True)
        ]
        for member in self.members:
            for need in member["streams"].values():
                pairs = zip(need.features, need.versions, strict=True)
                needed += [("feature set", part, version) for part, version in pairs]
        for kind, part, version in needed:
            now = registry.load(kind, part.part).VERSION
            if now != version:
                raise BundleError(
                    f"the bundle needs version {version} of the {kind} '{part.part}', and this "
                    f"is version {now}",
                    file=self.path,
                    todo=f"use boutwise {self.manifest['boutwise']}, or train again",
                )


def ethogram_as_dict(ethogram: Ethogram) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        "behaviors": [vars(behavior) for behavior in ethogram.behaviors],
        "groups": [
            {"name": g.name, "behaviors": list(g.behaviors), "background": g.background}
            for g in ethogram.groups
        ],
        "merges": dict(ethogram.merges),
    }


def ethogram_from_dict(data: Mapping[str, Any]) -> Ethogram:
    """The inverse of :func:`ethogram_as_dict`."""
    return Ethogram(
        tuple(Behavior(**behavior) for behavior in data["behaviors"]),
        tuple(
            ExclusiveGroup(g["name"], tuple(g["behaviors"]), g["background"])
            for g in data["groups"]
        ),
        dict(data["merges"]),
    )
