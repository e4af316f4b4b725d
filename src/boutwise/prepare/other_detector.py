"""Another detector than that of a bundle, given when it is used.

A bundle names the detector it was trained with. In another room that one may refuse, or its weights
may lie elsewhere; then another one is named, and what is written says so: the scores of the bundle
are of the boxes of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from boutwise import registry
from boutwise.errors import UsageError
from boutwise.prepare.boxes import Chosen, Detect
from boutwise.prepare.picture_steps import DETECT, bundle_steps
from boutwise.types.recipe import Part

EXPECTED = "the name of a detector, or {NAME: {option: value}}, as in a recipe"


@dataclass(frozen=True)
class OtherDetector:
    """A detector that is given in place of a bundle's own.

    Attributes:
        detector: Its name, or ``{NAME: {option: value}}``.

    Raises:
        PartError: There is no such detector.
        RecipeError: It has no such option, or its weights cannot be found.
        UsageError: It does not name one.
    """

    detector: str | Mapping[str, Any]

    def __post_init__(self) -> None:
        """Refuse what cannot be, before anything is computed."""
        given = self.detector
        if isinstance(given, Mapping):
            fine = len(given) == 1 and all(isinstance(each, Mapping) for each in given.values())
        else:
            fine = isinstance(given, str) and given not in ("", "auto")
        if not fine:
            raise UsageError(
                f"the detector cannot be {given!r}",
                expected=EXPECTED,
                todo='such as --detector pose, or --detector "{rtdetr: {weights: PATH}}"',
            )
        self.facts  # noqa: B018  (reads the weights)

    @cached_property
    def chosen(self) -> Chosen:
        """The detector with its options."""
        return Detect(detector=self.detector).chosen(has_pose=False, fps=1)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What is written about it: name, options, digest of its weights, where they come from."""
        module = registry.load("detector", self.chosen.name)
        found = {
            "name": self.chosen.name,
            "options": dict(self.chosen.options),
            "weights": self.chosen.content(),
            "version": module.VERSION,
        }
        if found["weights"] and hasattr(module, "origin"):
            found["origin"] = module.origin(**self.chosen.options)
        return found

    def step(self, need: Mapping[str, Any]) -> Part:
        """The step of ``prepare`` that looks with it, as often as the bundle's own where it can."""
        own = need.get("detector", "")
        alike = own in registry.names("detector") and _reads(own) == _reads(self.chosen.name)
        steps = (step["options"] for step in need["steps"] if step["part"] == DETECT)
        every = next(steps).get("every", "auto") if alike else "auto"
        return Part(part=DETECT, options={"detector": self.detector, "every": every})


def _reads(name: str) -> str:
    return str(registry.load("detector", name).READS)


def steps_with(need: Mapping[str, Any], other: OtherDetector | None) -> tuple[Part, ...]:
    """The steps of a bundle, with another detector where one is given.

    Args:
        need: ``pictures`` of the bundle.
        other: In place of its own.

    Raises:
        BundleError: This release makes other pictures of the same video.
        UsageError: The bundle looks for no animals.
    """
    if other is None:
        return bundle_steps(need)
    if not any(step["part"] == DETECT for step in need["steps"]):
        raise UsageError(
            "the bundle takes the whole picture, and a detector was given",
            todo="leave the detector out",
        )
    return bundle_steps(need, instead=other.step(need))


def instead_words(needs: Sequence[Mapping[str, Any]], other: OtherDetector | None) -> list[str]:
    """What to say of another detector, in words; nothing where it is that of the bundles."""
    if other is None:
        return []
    given = (other.facts["name"], other.facts["weights"])
    others = [need for need in needs if (need.get("detector"), need.get("weights")) != given]
    own = sorted({str(need.get("detector", "")) for need in others} - {""})
    if not own:
        return []
    return [
        f"animals were found by '{other.chosen.name}', which was given, and not by "
        f"'{' or '.join(own)}', with which the bundle was trained: its scores say nothing of that"
    ]
