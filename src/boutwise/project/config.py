"""``boutwise.yaml``: what a person decides about a project, checked strictly."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from boutwise.errors import BoutwiseError, did_you_mean
from boutwise.types import Behavior, Ethogram, ExclusiveGroup
from boutwise.types.roles import ROLES

NO_ROLE = "none"
Color = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]


class Section(BaseModel):
    """A section in which every key must be known; numbers may stand for names (``6112``)."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class GroupSection(Section):
    """Behaviors of which an animal shows exactly one at a time."""

    behaviors: list[str]
    background: str = ""


class EthogramSection(Section):
    """The behaviors and how they relate; see :class:`~boutwise.types.Ethogram`."""

    behaviors: list[str] = Field(default_factory=list)
    directed: list[str] = Field(default_factory=list)
    points: list[str] = Field(default_factory=list)
    groups: dict[str, GroupSection] = Field(default_factory=dict)
    merges: dict[str, str] = Field(default_factory=dict)
    scales: dict[str, tuple[float, float]] = Field(default_factory=dict)
    keys: dict[str, Annotated[str, Field(min_length=1, max_length=1)]] = Field(default_factory=dict)
    colors: dict[str, Color] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        for place in ("directed", "points", "keys", "colors"):
            for name in getattr(self, place):
                if name not in self.behaviors:
                    raise ValueError(
                        f"'{place}' names '{name}', which is no behavior: "
                        + did_you_mean(name, self.behaviors)
                    )
        pressed = list(self.keys.values())
        for key in pressed:
            if pressed.count(key) > 1:
                raise ValueError(f"the key '{key}' stands for two behaviors")
        try:
            self.ethogram()
        except BoutwiseError as error:
            hint = error.todo or error.expected
            raise ValueError(f"{error.what}{f': {hint}' if hint else ''}") from None
        return self

    def ethogram(self) -> Ethogram:
        """The ethogram that is written here."""
        behaviors = tuple(
            Behavior(
                name,
                scope="directed" if name in self.directed else "individual",
                kind="point" if name in self.points else "state",
                key=self.keys.get(name, ""),
                color=self.colors.get(name, ""),
            )
            for name in self.behaviors
        )
        groups = tuple(
            ExclusiveGroup(name, tuple(group.behaviors), group.background)
            for name, group in self.groups.items()
        )
        return Ethogram(behaviors, groups, dict(self.merges), dict(self.scales))

    @classmethod
    def of(cls, ethogram: Ethogram) -> Self:
        """The section that writes down an ethogram."""
        behaviors = ethogram.behaviors
        return cls(
            behaviors=list(ethogram.names),
            directed=[b.name for b in behaviors if b.scope == "directed"],
            points=[b.name for b in behaviors if b.kind == "point"],
            groups={
                group.name: GroupSection(
                    behaviors=list(group.behaviors), background=group.background
                )
                for group in ethogram.groups
            },
            merges=dict(ethogram.merges),
            scales=dict(ethogram.scales),
            keys={b.name: b.key for b in behaviors if b.key},
            colors={b.name: b.color for b in behaviors if b.color},
        )


class Defaults(Section):
    """What the import uses where neither the command nor the file says otherwise."""

    fps: PositiveFloat | None = None
    trial_length: PositiveInt | None = None
    label_offset: Literal["auto"] | NonNegativeInt | None = None
    annotator: str = ""


class ProjectConfig(Section):
    """The whole of ``boutwise.yaml``.

    Attributes:
        ethogram: Behaviors, groups, merges, scales, keys and colors.
        keypoints: Name of a keypoint -> its role, or ``none``.
        defaults: For the import.
    """

    ethogram: EthogramSection = EthogramSection()
    keypoints: dict[str, str] = Field(default_factory=dict)
    defaults: Defaults = Defaults()

    @field_validator("keypoints")
    @classmethod
    def _known_roles(cls, keypoints: dict[str, str]) -> dict[str, str]:
        taken: dict[str, str] = {}
        for keypoint, role in keypoints.items():
            if role == NO_ROLE:
                continue
            if role not in ROLES:
                raise ValueError(f"'{role}' is no role: {did_you_mean(role, [*ROLES, NO_ROLE])}")
            if role in taken:
                raise ValueError(f"'{taken[role]}' and '{keypoint}' have the same role, '{role}'")
            taken[role] = keypoint
        return keypoints

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, data: Any) -> Any:
        # 'ethogram:' with nothing behind it is an empty section to whoever wrote it.
        if isinstance(data, dict):
            return {name: {} if value is None else value for name, value in data.items()}
        return data

    @property
    def roles(self) -> dict[str, str]:
        """Keypoint -> role, without those that have none."""
        return {name: role for name, role in self.keypoints.items() if role != NO_ROLE}
