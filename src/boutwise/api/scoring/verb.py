"""Score anybody's prediction against anybody's truth: no project, no bundle, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from boutwise.api.scoring.aligning import Aligned, aligned
from boutwise.api.scoring.framing import Framing
from boutwise.api.scoring.labels import Labels
from boutwise.api.scoring.labs import Labs, labs_of
from boutwise.api.scoring.sources import Described, Source, read_labels
from boutwise.errors import UsageError, did_you_mean
from boutwise.metrics import (
    Comparison,
    Preset,
    ScoredSubject,
    ScoreOptions,
    Scores,
    compare_predictions,
    score_recordings,
)
from boutwise.metrics import preset as preset_of
from boutwise.types import Ethogram


def score(  # each keyword is a word of the command line
    truth: Source,
    prediction: Source,
    *,
    preset: str | Preset = "default",
    frames: int | None = None,
    fps: float | None = None,
    background: str = "",
    options: ScoreOptions | None = None,
    labs: Labs | None = None,
    annotators: str = "auto",
    mapping: Described | None = None,
    truth_mapping: Described | None = None,
) -> Scores:
    """Score a prediction.

    Only examined frames are scored, and the truth must say which they are: by its
    ``.observed.csv``, by a label for every frame, or by ``frames``. A frame for which the
    prediction says nothing counts as 'not shown'. Recordings of animals on which the predicting
    bundle was trained are left out.

    Args:
        truth: A label file of any format that boutwise reads, a folder of them, a project folder,
            bouts, or the class of each frame (frames,): whole numbers or names; -1 is unlabelled
            and -2 unscorable.
        prediction: A file, bouts or array as above; a ``.frames.parquet`` or a folder that
            ``predict`` wrote; or the folder of a run, whose out-of-fold predictions are scored.
            Its behaviors are those of the truth, up to case and separators.
        preset: Rule of scoring by name; see the reference on metrics.
        frames: Frames of each recording, all of them examined unless the truth says otherwise.
        fps: Frames per second, for labels in seconds and for scores in seconds; what the files
            state when not given. When nobody states it, scores in seconds are undefined.
        background: The class that means 'none of the others'. It makes the behaviors exclusive,
            holds wherever an examined frame shows no other, and its bouts do not count.
        options: Thresholds and more instead of a preset.
        labs: Lab of each recording, or a CSV with the columns recording and lab.
        annotators: Whose labels of a project are the truth: ``auto``, ``majority`` or a name.
        mapping: What the columns of a predicted table mean, as for the import; a dict or a YAML
            file.
        truth_mapping: The same for a table of the truth.

    Raises:
        UsageError: What was examined, or the frame rate of seconds, is not known.
        DataError: The model was trained on every animal of the truth.
        LabelError: A predicted behavior is unknown, or exclusive behaviors overlap.
        FormatError: A file cannot be read.

    >>> import numpy as np
    >>> scores = score(np.array([0, 0, 1, 1, 1, 0]), np.array([0, 0, 0, 1, 1, 0]), background="0")
    >>> scores.behavior("1").f1.value, scores.bouts.tp
    (0.8, (1, 1, 1))
    """
    call = _Call(
        _rule(preset, options), frames, fps, background, labs, annotators, (truth_mapping, mapping)
    )
    sides = call.read(truth, [prediction])
    (framing,) = call.framings(sides)
    ethogram = framing.ethogram()
    items = call.items(framing, ethogram)
    scores = score_recordings(items, ethogram, options=call.options(sides))
    notes = (
        *scores.notes,
        *sides.truth.notes,
        *framing.prediction.notes,
        *_leaks([framing.prediction]),
        *framing.notes(ethogram, items),
    )
    return replace(scores, notes=notes, preset=call.rule.name)


def compare_scores(  # as score
    truth: Source,
    prediction: Source,
    other: Source,
    *,
    preset: str | Preset = "default",
    frames: int | None = None,
    fps: float | None = None,
    background: str = "",
    options: ScoreOptions | None = None,
    labs: Labs | None = None,
    annotators: str = "auto",
    mapping: Described | None = None,
    truth_mapping: Described | None = None,
) -> Comparison:
    """Score two predictions of the same recordings against each other.

    The arguments are those of :func:`score`; a difference is ``prediction`` less ``other``, with
    an interval over animals that is made of pairs. Recordings that only one of them predicted are
    left out, and so are animals on which either model was trained.

    Raises:
        UsageError: What was examined, or the frame rate of seconds, is not known.
        DataError: A model was trained on every animal of the truth.
        LabelError: A predicted behavior is unknown, or exclusive behaviors overlap.
        FormatError: A file cannot be read.

    >>> import numpy as np
    >>> truth = np.array([0, 0, 1, 1, 1, 0])
    >>> found = compare_scores(truth, truth, np.array([0, 0, 0, 1, 1, 0]), background="0")
    >>> round(found.difference("f1:1").difference.value, 2)
    0.2
    """
    call = _Call(
        _rule(preset, options), frames, fps, background, labs, annotators, (truth_mapping, mapping)
    )
    sides = call.read(truth, [prediction, other])
    framings = call.framings(sides)
    ethograms = [framing.ethogram() for framing in framings]
    # Exclusive only where neither prediction lets behaviors overlap.
    ethogram = next((each for each in ethograms if not each.groups), ethograms[0])
    first, second = (call.items(framing, ethogram) for framing in framings)
    found = compare_predictions(first, second, ethogram, options=call.options(sides))
    predictions = [framing.prediction for framing in framings]
    notes = (
        *found.notes,
        *_trained_alike(predictions),
        *sides.truth.notes,
        *(note for each in predictions for note in each.notes),
        *_leaks(predictions),
        *framings[0].notes(ethogram, first),
    )
    leaks = any(each.origin is not None and each.origin.leaks for each in predictions)
    return replace(found, notes=tuple(dict.fromkeys(notes)), leaks=leaks)


def _rule(preset: str | Preset, options: ScoreOptions | None) -> Preset:
    if isinstance(preset, Preset):
        return preset
    if options is None:
        return preset_of(preset)
    if preset != "default":
        raise UsageError(
            f"both the preset '{preset}' and options are given", expected="one of them"
        )
    return Preset("", "options of the caller", "", options)


@dataclass(frozen=True)
class _Call:
    """What the caller said about how to score."""

    rule: Preset
    frames: int | None
    fps: float | None
    background: str
    labs: Labs | None
    annotators: str
    mappings: tuple[Described | None, Described | None]
    """Of the truth, and of the predictions."""

    def read(self, truth: Source, predictions: Sequence[Source]) -> Aligned:
        """Both sides with one set of names."""
        if self.frames is not None and self.frames < 1:
            raise UsageError(f"a recording of {self.frames} frames cannot be", expected="1 or more")
        of_truth, of_prediction = self.mappings
        true = read_labels(truth, "truth", annotators=self.annotators, mapping=of_truth)
        said = [read_labels(each, "prediction", mapping=of_prediction) for each in predictions]
        for mapping, sides in ((of_truth, [true]), (of_prediction, said)):
            if mapping is not None and not any(side.mapped for side in sides):
                raise UsageError(
                    "the mapping is for another format than that of the file",
                    file=sides[0].source,
                    expected="'format: NAME' in the mapping, as 'boutwise formats' names it",
                    todo="leave the mapping out, or name the right format in it",
                )
        self._check_background(true, said)
        if not true.examined and self.frames is None:
            raise UsageError(
                "the truth does not say which frames were examined",
                file=true.source,
                expected="an .observed.csv beside it, a label for every frame, or a number of "
                "frames",
                todo="give --frames N when the whole recording was examined",
            )
        return aligned(true, said, background=self.background, rule=self.rule)

    def _check_background(self, truth: Labels, predictions: Sequence[Labels]) -> None:
        """A background that nobody names may be meant, but not one that is nearly a name."""
        names = {*truth.names(), *(name for each in predictions for name in each.names())}
        near = get_close_matches(self.background.lower(), [n.lower() for n in names], cutoff=0.7)
        if self.background and self.background not in names and near:
            raise UsageError(
                f"no label is called '{self.background}', the declared background",
                file=truth.source,
                expected="a behavior of the labels, or a name that is unlike all of them",
                todo=did_you_mean(self.background, names),
            )

    def framings(self, sides: Aligned) -> list[Framing]:
        """One a prediction."""
        return [
            Framing(sides.truth, said, sides.names, self.frames, self.fps, self.background)
            for said in sides.predictions
        ]

    def items(self, framing: Framing, ethogram: Ethogram) -> list[ScoredSubject]:
        """The subjects of all recordings."""
        return [item for name in framing.truth.tracks for item in framing.items(name, ethogram)]

    def options(self, sides: Aligned) -> ScoreOptions:
        """Those of the rule, with the labs of the recordings."""
        labs = labs_of(self.labs, sides.truth.labs, sides.truth.tracks)
        if self.rule.needs_labs and not labs:
            raise UsageError(
                f"the preset '{self.rule.name}' averages over labs, and no lab is known",
                file=sides.truth.source,
                expected="a column lab_id in the truth, or a CSV of recordings and labs",
                todo="give --labs CSV",
            )
        return replace(self.rule.options, strata=labs) if labs else self.rule.options


def _leaks(predictions: Sequence[Labels]) -> list[str]:
    return [
        f"LEAKS: the {each.origin.name} was split by random frame or window, so frames beside "
        "tested ones were trained on; this score says nothing about new animals."
        for each in predictions
        if each.origin is not None and each.origin.leaks
    ]


def _trained_alike(predictions: Sequence[Labels]) -> list[str]:
    """Whether two runs learned from the same labels; silent about strangers."""
    origins = [each.origin for each in predictions]
    digests = [origin.labels_digest for origin in origins if origin and origin.labels_digest]
    if len(digests) < 2:
        return []
    if digests[0] == digests[1]:
        return ["Both runs were trained on the same labels."]
    names = " and ".join(origin.name for origin in origins if origin)
    return [
        f"The two runs were trained on DIFFERENT labels ({names}): the difference is of the "
        "labels as well as of the models."
    ]
