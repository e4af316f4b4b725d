"""What a recipe learns and from whom: its target, its split."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt

from boutwise.types.recipe_words import Auto, NoneWord, OrNone, Strict


class RatedTrials(Strict):
    """What was rated of whole trials is learned: one answer a trial.

    ``scale`` names the ratings. ``merges`` says which values count as another one (``HP:
    pinprick``); ratings stay as they are. With ``relative`` a trial is also seen in comparison with
    the other trials of the same animal in its recording.
    """

    scale: str
    merges: dict[str, str] = Field(default_factory=dict)
    relative: Auto | bool = "auto"


def _rated(value: Any) -> Any:
    return {"scale": value} if isinstance(value, str) else value


class Target(Strict):
    """What is learned, and from whom: behaviors frame by frame, or with ``ratings`` whole trials.

    ``annotators`` is ``only`` (the one annotator of each recording), the name of one, ``majority``
    (what most of them say; a tie is unlabelled) or ``soft``: the share of their votes is what is
    learned, and the majority what is scored and calibrated against. With ``align: movement`` labels
    that are late against the movement, or slide against it, are put back before they are learned;
    ``auto`` does so where one annotator is learned from.
    """

    behaviors: Literal["all"] | list[str] = "all"
    annotators: str = "auto"
    align: Annotated[Auto | Literal["none", "movement"], OrNone] = "none"
    ratings: Annotated[RatedTrials | None, BeforeValidator(_rated)] = None


class Split(Strict):
    """How animals are divided.

    ``cohort`` leaves whole cohorts out: how good is it on the next batch. ``random-frame`` and
    ``random-window`` (stretches of two seconds) leak and are there to show by how much.
    """

    by: Literal["animal", "cohort", "recording", "random-frame", "random-window"] = "animal"
    folds: Auto | Annotated[int, Field(ge=2)] = "auto"
    holdout: Annotated[NoneWord | PositiveInt | list[str], OrNone] = "none"
