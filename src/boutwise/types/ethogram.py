"""The ethogram: which behaviors there are and how they relate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from boutwise.errors import LabelError, did_you_mean


@dataclass(frozen=True)
class Behavior:
    """One behavior that people label.

    Attributes:
        name: As in the label files.
        scope: ``individual`` (rest, rear) or ``directed`` at another animal (attack).
        kind: ``state`` with a length, or ``point`` (one frame).
        key: Key of the keyboard on the annotation page.
        color: ``#rrggbb`` in every picture; empty = chosen from the palette by position.
    """

    name: str
    scope: Literal["individual", "directed"] = "individual"
    kind: Literal["state", "point"] = "state"
    key: str = ""
    color: str = ""


@dataclass(frozen=True)
class ExclusiveGroup:
    """Behaviors of which an animal shows exactly one at a time.

    Attributes:
        name: Name of the group.
        behaviors: Its members, the background among them.
        background: The member that means 'examined, and none of the others'; it is a class like
            the others, predicted and scored. Empty when there is none.
    """

    name: str
    behaviors: tuple[str, ...]
    background: str = ""

    def __post_init__(self) -> None:
        """Check the members."""
        if len(self.behaviors) < 2:
            raise LabelError(
                f"the exclusive group '{self.name}' has {len(self.behaviors)} behavior",
                expected="at least two: an exclusive group is a choice",
            )
        if self.background and self.background not in self.behaviors:
            raise LabelError(
                f"the background '{self.background}' is no member of the group '{self.name}'",
                todo=did_you_mean(self.background, self.behaviors),
            )


@dataclass(frozen=True)
class Ethogram:
    """Behaviors in order, with exclusive groups, merges and rating scales.

    Attributes:
        behaviors: In the order in which they are shown and predicted.
        groups: Exclusive groups; a behavior is in one of them at most. A behavior in none may
            overlap with any other.
        merges: Name in the label files -> behavior it counts as. Merges act when labels are
            used; files and database keep what the person wrote.
        scales: Name of a rating scale -> its lowest and highest value.
    """

    behaviors: tuple[Behavior, ...]
    groups: tuple[ExclusiveGroup, ...] = ()
    merges: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check names, groups and merges."""
        names = [behavior.name for behavior in self.behaviors]
        for name in names:
            if names.count(name) > 1:
                raise LabelError(f"the behavior '{name}' is in the ethogram twice")
        taken: dict[str, str] = {}
        for group in self.groups:
            for name in group.behaviors:
                self._known(name, f"the exclusive group '{group.name}'")
                if name in taken:
                    raise LabelError(
                        f"'{name}' is in two exclusive groups: {taken[name]} and {group.name}",
                        expected="each behavior in one group at most",
                    )
                taken[name] = group.name
            scopes = {self.behavior(name).scope for name in group.behaviors}
            if len(scopes) > 1:
                raise LabelError(
                    f"the exclusive group '{group.name}' mixes individual and directed behaviors",
                    expected="one scope in a group",
                )
        for name, target in self.merges.items():
            self._known(target, f"the merge of '{name}'")
            if name in names:
                raise LabelError(
                    f"'{name}' is both a behavior and merged into '{target}'",
                    todo=f"take '{name}' out of the behaviors, or out of the merges",
                )

    def _known(self, name: str, place: str) -> None:
        names = [behavior.name for behavior in self.behaviors]
        if name not in names:
            raise LabelError(
                f"{place} names '{name}', which is not in the ethogram",
                todo=did_you_mean(name, names),
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the behaviors in order."""
        return tuple(behavior.name for behavior in self.behaviors)

    def behavior(self, name: str) -> Behavior:
        """The behavior of that name.

        Raises:
            LabelError: It is not in the ethogram.
        """
        self._known(name, "the request")
        return next(behavior for behavior in self.behaviors if behavior.name == name)

    def group_of(self, name: str) -> ExclusiveGroup | None:
        """The exclusive group of a behavior; None when it may overlap with any other."""
        return next((group for group in self.groups if name in group.behaviors), None)

    @property
    def backgrounds(self) -> tuple[str, ...]:
        """The background behaviors of all groups."""
        return tuple(group.background for group in self.groups if group.background)

    def merged(self, name: str) -> str:
        """The behavior that a label counts as.

        Raises:
            LabelError: The label is neither a behavior nor merged into one.

        >>> flinch = Ethogram((Behavior("paw_withdraw"),), merges={"flinch": "paw_withdraw"})
        >>> flinch.merged("flinch")
        'paw_withdraw'
        """
        if name in self.merges:
            return self.merges[name]
        if name not in self.names:
            raise LabelError(
                f"the behavior '{name}' is not in the ethogram",
                todo=did_you_mean(name, [*self.names, *self.merges]),
            )
        return name

    def only(self, names: Iterable[str]) -> Ethogram:
        """The same ethogram with some behaviors; a group left with one member is dissolved."""
        wanted = list(names)
        for name in wanted:
            self._known(name, "the selection")
        groups = []
        for group in self.groups:
            kept = tuple(name for name in group.behaviors if name in wanted)
            if len(kept) > 1:
                background = group.background if group.background in kept else ""
                groups.append(replace(group, behaviors=kept, background=background))
        return replace(
            self,
            behaviors=tuple(b for b in self.behaviors if b.name in wanted),
            groups=tuple(groups),
            merges={name: target for name, target in self.merges.items() if target in wanted},
        )
