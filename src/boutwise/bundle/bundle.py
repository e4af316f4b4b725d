"""What a bundle says of itself, and what it refuses."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from boutwise import __version__, registry
from boutwise.bundle.archive import digest, unpack
from boutwise.bundle.ethogram_json import ethogram_from_dict
from boutwise.decision import Decision
from boutwise.errors import BundleError, DataError
from boutwise.types import Ethogram, FrameClock
from boutwise.types.recipe import Part

FORMAT = 1
NEEDED_KEYS = ("ethogram", "fps", "prepare", "prepare_versions", "members", "roles", "animals")
"""Keys without which a bundle cannot be used."""
SLOWEST, FASTEST = 0.5, 2.0
"""Rates that a bundle accepts, as shares of its working rate."""


@dataclass(frozen=True)
class StreamNeed:
    """What one stream of one member was trained on.

    Attributes:
        features: Feature sets and their options, in order.
        versions: Version of each set.
        columns: Name of each channel, in order.
        optional: Channels that some recordings of training lacked.
    """

    features: tuple[Part, ...]
    versions: tuple[int, ...]
    columns: tuple[str, ...]
    optional: frozenset[str] = frozenset()


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
        except (OSError, ValueError, RecursionError) as error:
            raise BundleError(
                "the bundle has no readable bundle.json", file=path, todo="copy it again"
            ) from error
        if not isinstance(manifest, dict):
            raise BundleError("bundle.json is no mapping", file=path, todo="train again")
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
        try:
            return Decision.load(self.directory, self.ethogram)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleError(
                "the bundle's combine.json, calibrate.json or decode.json cannot be read: "
                f"{type(error).__name__}: {error}",
                file=self.path,
                todo="fetch the bundle again, or train again",
            ) from error

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
    def reads(self) -> tuple[str, ...]:
        """What it needs of a recording: ``pose``, ``video`` or both."""
        of_files = bool(self.manifest["n_dims"]) and not self.outlined
        needs = {"pose": of_files, "video": self.pictures is not None}
        return tuple(what for what, needed in needs.items() if needed)

    @property
    def outlined(self) -> bool:
        """Whether its pose is made of the outlines of the animals in the video."""
        steps = self.pictures["steps"] if self.pictures else ()
        return any(step["part"] == "outline" for step in steps)

    @property
    def pictures(self) -> Mapping[str, Any] | None:
        """How pictures are made of a video; None where it reads none."""
        return self.manifest.get("pictures")

    @property
    def keypoint_roles(self) -> dict[str, str]:
        """Keypoint -> role, as in the project that it was trained on."""
        return dict(self.manifest["keypoint_roles"])

    @property
    def optional_roles(self) -> dict[str, int]:
        """Roles that not all recordings of training had -> those that did."""
        return dict(self.manifest.get("optional_roles", {}))

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
                        frozenset(stream.get("optional", ())),
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
                f"the recording has {clock.fps:g} frames per second",
                recording=recording,
                expected=f"{SLOWEST * self.fps:g} to {FASTEST * self.fps:g}: the bundle "
                f"works at {self.fps:g}",
                todo="check the declared rate (--fps), or train on recordings of this rate",
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
        lost = [key for key in NEEDED_KEYS if key not in self.manifest]
        if lost:
            raise BundleError(
                f"bundle.json has no '{lost[0]}'",
                file=self.path,
                expected=f"a bundle made by boutwise {__version__} or later",
                todo="train again",
            )
        self._check_shape()
        needed = [
            ("preparation", part, version)
            for part, version in zip(self.prepare, self.manifest["prepare_versions"], strict=True)
        ]
        for member in self.members:
            for need in member["streams"].values():
                pairs = zip(need.features, need.versions, strict=True)
                needed += [("feature set", part, version) for part, version in pairs]
        for kind, part, version in needed:
            if part.part not in registry.names(kind):
                raise BundleError(
                    f"the bundle needs the {kind} '{part.part}', which is not here",
                    file=self.path,
                    expected=", ".join(registry.names(kind)),
                    todo=f"use boutwise {self.manifest.get('boutwise')}, or install what has it",
                )
            now = registry.load(kind, part.part).VERSION
            if now != version:
                raise BundleError(
                    f"the bundle needs version {version} of the {kind} '{part.part}', and this "
                    f"is version {now}",
                    file=self.path,
                    todo=f"use boutwise {self.manifest.get('boutwise')}, or train again",
                )

    def _check_shape(self) -> None:
        """Look at everything that the rest of the code takes for granted."""
        try:
            shape = (self.ethogram.names, self.animals, self.prepare, self.members)
            whole = all(shape[:2]) and bool(shape[3]) and 0 < self.fps < math.inf
            # Feature sets that need no roles take keypoints by name, so there may be none.
            roles = [*self.manifest["roles"], *self.optional_roles]
            rolled = bool(self.keypoint_roles) and bool(roles)
            whole = whole and (rolled or not self._needs_roles())
        except (KeyError, TypeError, ValueError, AttributeError, DataError) as error:
            raise self._odd(f"{type(error).__name__}: {error}") from error
        if not whole:
            raise self._odd("behaviors, animals, members, keypoints or the rate are missing")

    def _needs_roles(self) -> bool:
        """Whether any feature set needs keypoints of certain roles."""
        parts = {
            part.part
            for member in self.members
            for need in member["streams"].values()
            for part in need.features
        }
        known = set(registry.names("feature set"))
        return any(
            part not in known or registry.load("feature set", part).NEEDED_ROLES for part in parts
        )

    def _odd(self, why: str) -> BundleError:
        return BundleError(
            f"bundle.json does not describe a bundle ({why[:300]})",
            file=self.path,
            expected=f"a bundle made by boutwise {__version__}",
            todo="fetch the bundle again, or train again",
        )
