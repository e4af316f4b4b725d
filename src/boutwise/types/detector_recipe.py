"""The recipe of a detector: boxes in, weights out. No behavior is learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError

from boutwise.types.recipe_faults import located
from boutwise.types.recipe_words import Auto, NoneWord, OrNone, Strict

DETECTOR = "detector"
"""The key by which such a recipe is known."""


class DetectorSplit(Strict):
    """What is kept apart to say how good the detector is: animals, or whole recordings.

    ``holdout`` is a number, names, or ``none``: then nothing is known of how good it is.
    """

    by: Literal["animal", "recording"] = "animal"
    holdout: Annotated[Auto | NoneWord | PositiveInt | list[str], OrNone] = "auto"


class DetectorSettings(Strict):
    """How a detector is trained.

    ``boxes`` are those that people drew (``drawn``) or that lie around the keypoints (``pose``).
    ``pictures`` are taken of each recording, ``size`` pixels a side is what the network sees (a
    multiple of 32), ``weights`` is a folder, or a model of the hub's cache, to go on from; with
    ``none`` a small network of random weights is trained.
    """

    boxes: Auto | Literal["drawn", "pose"] = "auto"
    pictures: Auto | PositiveInt = "auto"
    size: Auto | Annotated[int, Field(ge=64, multiple_of=32)] = "auto"
    steps: Auto | PositiveInt = "auto"
    batch: Auto | PositiveInt = "auto"
    lr: Auto | PositiveFloat = "auto"
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    weights: Annotated[NoneWord | str, OrNone] = "none"


class DetectorRecipe(Strict):
    """A whole recipe of a detector."""

    name: str
    split: DetectorSplit = DetectorSplit()
    detector: DetectorSettings


def parse_detector_recipe(
    data: Mapping[str, Any], *, source: str = "recipe detector"
) -> DetectorRecipe:
    """Check a recipe as read from YAML.

    Raises:
        RecipeError: With the place of the first fault, and the nearest name of a misspelt key.

    >>> parse_detector_recipe({"name": "x", "detector": {"stesp": 3}})
    Traceback (most recent call last):
    boutwise.errors.RecipeError: unknown key 'detector.stesp'
      where: recipe detector
      what to do: did you mean 'steps'?
    """
    try:
        return DetectorRecipe.model_validate(dict(data))
    except ValidationError as error:
        raise located(error, data, source, _keys_beside) from None


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    sections: dict[str, type[Strict]] = {"split": DetectorSplit, DETECTOR: DetectorSettings}
    model = sections.get(str(loc[0]), DetectorRecipe) if len(loc) > 1 else DetectorRecipe
    return list(model.model_fields)
