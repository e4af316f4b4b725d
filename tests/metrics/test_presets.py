"""Rules of scoring by name: their published numbers, and the documentation's tables of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from boutwise.cli.score import PRESETS as NAMED_IN_HELP
from boutwise.errors import DataError, UsageError
from boutwise.metrics import ScoredSubject, ScoreOptions, score_recordings
from boutwise.metrics._presets import PRESETS, preset
from boutwise.metrics._quoted import QUOTED
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
NAMES = ("a", "b", "c", "other")
ETHOGRAM = Ethogram(
    tuple(map(Behavior, NAMES)), (ExclusiveGroup("behavior", NAMES, background="other"),)
)
ON_BOUTS = [name for name, rule in PRESETS.items() if "bout_f1" in rule.options.quoted]


def scored(case, name):
    truth, said = case
    item = ScoredSubject(
        Subject("r", "m"),
        "m",
        np.eye(4, dtype=np.int8)[truth],
        np.eye(4, dtype=bool)[said],
        30.0,
    )
    return score_recordings([item], ETHOGRAM, options=preset(name).options)


@pytest.fixture(name="case")
def case_fixture(shared):
    with np.load(shared("scoring/case.npz")) as case:
        return case["g"], case["p"]


PUBLISHED = {
    "ms_tcn": (0.6104, 0.6080, 0.4951),
    "ms_tcn_background": (0.5823, 0.5791, 0.4768),
    "jabs": (0.7650, 0.7096, 0.4951),
    "macro_bouts": (0.5703, 0.5651, 0.4650),
    "inclusive_iou": (None, None, 0.5218),
}
"""What the tools that these rules are of said of the shared case, at IoU .1, .25 and .5."""


def test_every_rule_on_bouts_has_published_numbers():
    assert set(ON_BOUTS) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_shared_case_gives_the_numbers_of_the_tool(case, name):
    found = [each for each in scored(case, name).quoted if each.name.startswith("bout_f1")]
    for headline, expected in zip(found, PUBLISHED[name], strict=True):
        if expected is not None:
            assert round(headline.estimate.value, 4) == expected, headline.name


def test_the_shared_case_gives_counts_and_numbers_of_each_class(case):
    scores = scored(case, "ms_tcn")
    assert (scores.bouts.tp, scores.bouts.fp, scores.bouts.fn) == (
        (503, 501, 408),
        (573, 575, 668),
        (69, 71, 164),
    )
    by_class = [[round(e.value, 4) for e in scores.behavior(n).bout_f1] for n in "abc"]
    assert np.array(by_class).T.tolist() == [
        [0.6577, 0.6296, 0.4235],
        [0.6577, 0.6296, 0.4078],
        [0.5235, 0.5185, 0.3529],
    ]
    assert [round(scores.behavior(n).f1.value, 4) for n in "abc"] == [0.9338, 0.8848, 0.7884]
    assert round(scores.frames.accuracy.value, 5) == 0.89167
    assert round(scores.frames.macro_f1.value, 4) == 0.8098
    assert round(scores.frames.macro_f1_without_background.value, 4) == 0.8690
    many = scored(case, "jabs").bouts
    assert round(many.pooled_f1[2].value, 6) == 0.495146
    # Fragments count too, so more predicted bouts are used than true ones are found.
    assert many.used[0] > many.tp[0]


def test_the_edit_score_is_given_where_order_matters(case):
    first = tuple(labels[:20_000] for labels in case)
    assert round(scored(first, "ms_tcn").order.edit_score.mean, 4) == 59.9078
    assert scored(first, "default").order is None
    numbers = {each.name: each.estimate.value for each in scored(first, "ms_tcn").quoted}
    assert round(numbers["edit_score"], 4) == 59.9078
    with_background = scored(first, "ms_tcn_background").order.edit_score.mean
    assert with_background != pytest.approx(59.9078, abs=1e-3)


def number_table(case):
    """The table of the reference page, made by the code."""
    rows = ["| preset | F1@.1 | F1@.25 | F1@.5 |", "|---|---|---|---|"]
    for name in ON_BOUTS:
        found = [
            f"{each.estimate.value:.4f}"
            for each in scored(case, name).quoted
            if each.name.startswith("bout_f1")
        ]
        rows.append(f"| `{name}` | {' | '.join(value.lstrip('0') for value in found)} |")
    return rows


def rule_table():
    rows = ["| preset | what it does | of |", "|---|---|---|"]
    return rows + [f"| `{rule.name}` | {rule.text} | {rule.source} |" for rule in PRESETS.values()]


def lines_of(mark):
    text = PAGE.read_text(encoding="utf-8")
    _, found, rest = text.partition(f"<!-- {mark}:begin -->\n")
    assert found, f"the page has no place for {mark}"
    return rest.partition(f"\n<!-- {mark}:end -->")[0].splitlines()


def test_the_page_lists_every_rule_as_it_is():
    assert lines_of("presets") == rule_table(), "\n".join(rule_table())


def test_the_page_shows_the_numbers_of_the_code(case):
    assert lines_of("numbers") == number_table(case), "\n".join(number_table(case))


def test_the_help_names_every_rule():
    assert tuple(PRESETS) == NAMED_IN_HELP


def test_every_rule_is_complete():
    for name, rule in PRESETS.items():
        assert rule.name == name
        assert rule.text.endswith(".")
        assert rule.source
        assert set(rule.options.quoted) <= set(QUOTED)


def test_an_unknown_rule_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'ms_tcn'"):
        preset("mstcn")
    item = ScoredSubject(
        Subject("r", "m"), "m", np.ones((3, 1), np.int8), np.ones((3, 1), bool), 30.0
    )
    with pytest.raises(UsageError, match="did you mean 'macro_f1'"):
        score_recordings(
            [item], Ethogram((Behavior("a"),)), options=ScoreOptions(quoted=("macrof1",))
        )


# --- CalMS21

SOCIAL = ("attack", "investigation", "mount", "other")


def social_items(seed, n_recordings=3, n_frames=400):
    rng = np.random.default_rng(seed)
    items = []
    for place in range(n_recordings):
        labels = np.repeat(rng.integers(0, 4, n_frames // 10), 10)
        logits = rng.normal(0, 1, (n_frames, 4)) + 1.5 * np.eye(4)[labels]
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        decided = np.eye(4, dtype=bool)[p.argmax(axis=1)]
        truth = np.eye(4, dtype=np.int8)[labels]
        truth[: 20 * place] = -1
        items.append(ScoredSubject(Subject(f"r{place}", "m"), f"m{place}", truth, decided, 30.0, p))
    return items


@pytest.mark.parametrize("seed", range(4))
def test_calms21_is_sklearn_over_the_pooled_frames_of_three_behaviors(seed):
    ethogram = Ethogram(
        tuple(map(Behavior, SOCIAL)), (ExclusiveGroup("social", SOCIAL, background="other"),)
    )
    items = social_items(seed)
    scores = score_recordings(items, ethogram, options=preset("calms21").options)
    known = [item.truth[:, 0] >= 0 for item in items]
    truth = np.concatenate([i.truth[k].argmax(axis=1) for i, k in zip(items, known, strict=True)])
    said = np.concatenate([i.decided[k].argmax(axis=1) for i, k in zip(items, known, strict=True)])
    p = np.concatenate([i.probabilities[k] for i, k in zip(items, known, strict=True)])
    f1 = sklearn_metrics.f1_score(truth, said, labels=[0, 1, 2], average="macro")
    assert scores.headline.estimate.value == pytest.approx(f1)
    average = [sklearn_metrics.average_precision_score(truth == c, p[:, c]) for c in range(3)]
    assert scores.quoted[1].estimate.value == pytest.approx(np.mean(average))


def test_calms21_without_its_behaviors_is_refused():
    with pytest.raises(UsageError, match="names 'attack'"):
        score_recordings(
            [
                ScoredSubject(
                    Subject("r", "m"), "m", np.ones((3, 1), np.int8), np.ones((3, 1), bool), 30.0
                )
            ],
            Ethogram((Behavior("rear"),)),
            options=preset("calms21").options,
        )


# --- one at a time


def test_two_behaviors_at_a_time_are_an_error_where_the_rule_says_so():
    ethogram = Ethogram((Behavior("attack"), Behavior("mount")))
    truth = np.array([[1, 0], [0, 1], [0, -1]], dtype=np.int8)
    decided = np.array([[1, 0], [1, 1], [1, 1]])
    item = ScoredSubject(Subject("r", "m", "n"), "m", truth, decided.astype(bool), 30.0)
    score_recordings([item], ethogram)
    options = preset("mabe2025").options
    with pytest.raises(
        DataError, match="attack and mount are predicted at the same time"
    ) as caught:
        score_recordings([item], ethogram, options=options)
    assert caught.value.frame == 1
    decided[1] = 0, 1
    # In the last frame one of the two was not examined, so it does not count.
    clean = ScoredSubject(Subject("r", "m", "n"), "m", truth, decided.astype(bool), 30.0)
    score_recordings([clean], ethogram, options=options)
