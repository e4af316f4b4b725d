"""The recipe: which parts make a model, and every setting of them.

A recipe is a YAML file of 10 to 30 lines. The schema is strict: an unknown or misspelt key is an
error that names the nearest one. ``auto`` stands wherever the plan shall choose; a plan holds the
same recipe with every ``auto`` replaced. Parts are named by their file name, alone or with
options::

    temporal: [{tcn: {channels: 64}}, transformer]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from boutwise.types.recipe_faults import located
from boutwise.types.recipe_target import RatedTrials as RatedTrials
from boutwise.types.recipe_target import Split as Split
from boutwise.types.recipe_target import Target as Target
from boutwise.types.recipe_words import (
    LONGEST_BUDGET,
    Auto,
    NoneWord,
    OrNone,
    PartList,
    PartSpec,
    Strict,
)
from boutwise.types.recipe_words import (
    Part as Part,
)


class TreesWindows(Strict):
    """Window statistics that trees see, and which frames they are trained on and score.

    Every ``frame_step``-th frame is a row of training. Every ``score_step``-th is scored, and the
    scores between are interpolated.
    """

    statistics: Annotated[Auto | NoneWord | list[PositiveFloat], OrNone] = "auto"
    frame_step: Auto | PositiveInt = "auto"
    score_step: Auto | PositiveInt = "auto"


class Boosting(Strict):
    """Settings of the boosted trees (LightGBM)."""

    lr: Auto | PositiveFloat = "auto"
    rounds: Auto | PositiveInt = "auto"
    leaves: Auto | Annotated[int, Field(ge=2)] = "auto"
    leaf_frames: Auto | PositiveInt = "auto"
    feature_fraction: Auto | Annotated[float, Field(gt=0, le=1)] = "auto"
    bagging_fraction: Auto | Annotated[float, Field(gt=0, le=1)] = "auto"
    l2: Auto | Annotated[float, Field(ge=0)] = "auto"
    bins: Auto | Annotated[int, Field(ge=2, le=255)] = "auto"
    weight_power: Auto | Annotated[float, Field(ge=0, le=1)] = "auto"


class TreesMember(Strict):
    """Boosted trees on features and their window statistics.

    ``augment`` takes ``mirror`` (every row and its mirror image) and parts that change the pose;
    ``average: [mirror]`` scores every frame as it is and mirrored, and takes the mean.
    """

    learner: Literal["trees"]
    features: PartList
    windows: TreesWindows = TreesWindows()
    augment: PartList = Field(default_factory=list)
    views: Auto | NonNegativeInt = "auto"
    optim: Boosting = Boosting()
    average: list[Literal["mirror"]] = Field(default_factory=list)


class Stream(Strict):
    """One input of a network: feature sets, or an encoder on pixels."""

    features: PartList = Field(default_factory=list)
    encoder: PartSpec | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.features) == (self.encoder is not None):
            raise ValueError("a stream has either features or an encoder")
        return self


def _word(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Head(Strict):
    """One output of a network and its loss.

    ``weights`` is the power of the class counts (0.25: count ** -0.25, counted in each fold on its
    training animals), or the weight of each behavior. ``class_weights`` multiplies what comes of
    it: ``{paw_withdraw: 3}`` makes that behavior count three times as much as it would.
    """

    loss: PartSpec = Part(part="cross_entropy")
    weights: Annotated[
        Auto | NoneWord | Annotated[float, Field(ge=0, le=1)] | dict[str, PositiveFloat], OrNone
    ] = "auto"
    class_weights: dict[str, PositiveFloat] = Field(default_factory=dict)


class NetworkWindows(Strict):
    """The stretches of frames that a network is trained on.

    ``stride`` is for readouts that give one score a window, which is that of its centre frame:
    trained frames from one centre to the next in an epoch; ``none`` takes every frame. Scoring
    takes every frame; only where an encoder sees whole windows of pictures, which is dear, it
    takes the same stride and interpolates the frames between.
    """

    length: Auto | Annotated[int, Field(ge=4)] = "auto"
    sampling: Literal["around_bouts", "uniform"] = "around_bouts"
    stride: Annotated[NoneWord | PositiveInt, OrNone] = "none"


class Optim(Strict):
    """How a network is trained; an epoch is as many windows as cover the training frames once.

    ``precision: bf16`` computes in 16 bits where the machine has instructions for it, and in 32
    elsewhere; weights and scores are always of 32.
    """

    lr: Auto | PositiveFloat = "auto"
    epochs: Auto | PositiveInt = "auto"
    batch: Auto | PositiveInt = "auto"
    weight_decay: Auto | Annotated[float, Field(ge=0)] = "auto"
    ema: Annotated[Auto | NoneWord | Annotated[float, Field(gt=0, lt=1)], OrNone] = "auto"
    early_stop: Annotated[NoneWord | PositiveInt, OrNone] = "none"
    precision: Annotated[Literal["auto", "32", "bf16"], BeforeValidator(_word)] = "32"


class NetworkMember(Strict):
    """A torch network: streams -> temporal parts -> readout -> heads.

    ``average: [mirror]`` scores every frame as it is and mirrored, and takes the mean.
    """

    learner: Literal["network"]
    streams: dict[str, Stream]
    temporal: list[PartSpec] = Field(default_factory=lambda: [Part(part="tcn")])
    readout: PartSpec = Part(part="frames")
    heads: dict[str, Head] = Field(default_factory=lambda: {"behavior": Head()})
    windows: NetworkWindows = NetworkWindows()
    augment: PartList = Field(default_factory=list)
    views: Auto | NonNegativeInt = "auto"
    optim: Optim = Optim()
    average: list[Literal["mirror"]] = Field(default_factory=list)


Member = Annotated[TreesMember | NetworkMember, Field(discriminator="learner")]


class Smooth(Strict):
    """Moving mean of the probabilities.

    ``seconds`` may be a length for each behavior; ``separate`` lets ``auto`` find one for each.
    """

    seconds: Auto | Annotated[float, Field(ge=0)] | dict[str, Annotated[float, Field(ge=0)]] = (
        "auto"
    )
    separate: bool = False


class Decode(Strict):
    """From probabilities to bouts."""

    smooth: Smooth = Smooth()
    decider: PartSpec = Part(part="most_likely")
    minimum_duration: Annotated[
        Auto | NoneWord | Annotated[float, Field(gt=0)] | dict[str, PositiveFloat], OrNone
    ] = "auto"


class Recipe(Strict):
    """A whole recipe; see the head of this file.

    ``leave_out`` names recordings that are not learned from: their videos are refused, say. The
    plan, the bundle and the report say which.
    """

    name: str
    target: Target = Target()
    leave_out: list[str] = Field(default_factory=list)
    split: Split = Split()
    prepare: PartList = Field(default_factory=lambda: [Part(part="clean_pose")])
    members: Annotated[list[Member], Field(min_length=1)]
    combine: Literal["auto", "mean", "logistic"] = "auto"
    calibrate: Annotated[
        Literal["auto", "none", "temperature", "bias", "vector", "platt"], OrNone
    ] = "auto"
    decode: Decode = Decode()
    budget_minutes: Annotated[
        NoneWord | Annotated[float, Field(gt=0, le=LONGEST_BUDGET)], OrNone
    ] = "none"

    @property
    def reads(self) -> tuple[Literal["pose", "video"], ...]:
        """What its members are made of."""
        of_points: Literal["pose", "video"] = "video" if self.outlined else "pose"
        found: set[Literal["pose", "video"]] = set()
        for member in self.members:
            if isinstance(member, TreesMember):
                found.add(of_points)
                continue
            found |= {of_points if each.features else "video" for each in member.streams.values()}
        return tuple(sorted(found))

    @property
    def outlined(self) -> bool:
        """Whether its pose is made of the outlines of the animals in the video."""
        return any(part.part == "outline" for part in self.prepare)

    @property
    def reads_points(self) -> bool:
        """Whether a member reads features of a pose, be it of a file or of outlines."""
        return any(
            isinstance(member, TreesMember)
            or any(each.features for each in member.streams.values())
            for member in self.members
        )


def parse_recipe(data: Mapping[str, Any], *, source: str = "recipe") -> Recipe:
    """Check a recipe as read from YAML.

    Args:
        data: The mapping at the head of the file.
        source: File or name that errors speak of.

    Raises:
        RecipeError: With the place of the first fault, and the nearest name of a misspelt key.

    >>> parse_recipe({"name": "x", "members": [{"learner": "trees", "featurs": []}]})
    Traceback (most recent call last):
    boutwise.errors.RecipeError: unknown key 'members.0.featurs'
      where: recipe
      what to do: did you mean 'features'?
    """
    try:
        return Recipe.model_validate(dict(data))
    except ValidationError as error:
        raise located(error, data, source, _keys_beside) from None


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """Keys that the section around a location knows."""
    sections: dict[str, type[BaseModel]] = {
        "target": Target,
        "ratings": RatedTrials,
        "split": Split,
        "trees": TreesMember,
        "network": NetworkMember,
        "windows": TreesWindows if "trees" in loc else NetworkWindows,
        "optim": Boosting if "trees" in loc else Optim,
        "streams": Stream,
        "heads": Head,
        "decode": Decode,
        "smooth": Smooth,
    }
    model = next((sections[str(s)] for s in reversed(loc[:-1]) if str(s) in sections), Recipe)
    return list(model.model_fields)
