"""Figures and colors: the raster holds the bouts, and text can be read."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.report.colors import DARK, LIGHT, OKABE_ITO, contrast, mixed, swatches, text_on
from boutwise.report.figures import (
    Lane,
    Track,
    agreement_scatter,
    confusion_map,
    ethogram_raster,
    precision_recall,
    reliability,
    score_dots,
    score_scale,
    standalone,
)
from boutwise.report.figures.losses import loss_over_steps
from boutwise.report.figures.raster import NEITHER, UNKNOWN, UNSCORABLE, run_lengths
from boutwise.report.figures.svg import ticks

NAMES = ("walk", "rear", "other")
LOOK = swatches(NAMES, backgrounds=("other",))


def parsed(svg):
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns:x="x" ', 1))


def spans(path):
    """Half-open stretches of a path made of moves and horizontal lines."""
    at, found = 0, []
    for letter, x, _, length in re.findall(r"([Mm])(-?\d+) (\d+)(?:h(\d+))", path):
        at = int(x) if letter == "M" else at + int(x)
        found.append((at, at + int(length)))
        at += int(length)
    return found


def bars(svg, kind):
    """Behavior -> stretches, of the truth or the prediction, rows joined in order."""
    found = {}
    for path in parsed(svg).iter("path"):
        if path.get("class") == f"bouts {kind}":
            found.setdefault(path.find("title").text, []).append(spans(path.get("d")))
    return found


codes = st.lists(st.sampled_from([0, 1, 2, UNKNOWN, UNSCORABLE, NEITHER]), min_size=1, max_size=80)


@given(truth=codes, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_raster_intervals_equal_the_bouts(truth, seed):
    truth = np.array(truth, dtype=np.int16)
    predicted = np.random.default_rng(seed).permutation(truth)
    lane = Lane("activity", NAMES, truth, predicted, np.full(len(truth), 0.7, np.float32))
    track = Track("r", "m", "", np.arange(len(truth)) / 20, (lane,))
    svg = ethogram_raster(track, LOOK)
    for kind, values in (("truth", truth), ("prediction", predicted)):
        drawn = bars(svg, kind)
        for code, name in enumerate(NAMES):
            wanted = [(a, b) for a, b, c in run_lengths(values) if c == code]
            assert drawn.get(name, [[]])[0] == wanted
    wrong = [p for p in parsed(svg).iter("path") if p.get("class") == "wrong"]
    shown = sum(b - a for p in wrong for a, b in spans(p.get("d")))
    assert shown == lane.wrong.sum()


@pytest.mark.parametrize("rows", [1, 3, 7])
def test_enlarged_rows_hold_every_frame_once(rows):
    truth = np.repeat(np.array([0, 1, 2, 0, 1], dtype=np.int16), 31)
    lane = Lane("activity", NAMES, truth, truth)
    track = Track("r", "m", "", np.arange(len(truth)) / 20, (lane,))
    drawn = bars(ethogram_raster(track, LOOK, rows=rows), "truth")
    for code, name in enumerate(NAMES):
        total = sum(b - a for row in drawn[name] for a, b in row)
        assert total == (truth == code).sum()
    assert all(b <= -(-len(truth) // rows) for row in drawn["walk"] for _, b in row)


def test_unlabelled_is_drawn_apart_from_no():
    truth = np.array([UNKNOWN] * 5 + [NEITHER] * 5 + [UNSCORABLE] * 5, dtype=np.int16)
    lane = Lane("flinch", ("walk",), truth, np.full(15, NEITHER, np.int16))
    svg = ethogram_raster(Track("r", "m", "", np.arange(15) / 20, (lane,)), LOOK)
    by_class = {}
    for path in parsed(svg).iter("path"):
        if path.get("d").find("h") > 0:
            by_class.setdefault(path.get("class"), []).append(spans(path.get("d")))
    assert by_class["neither"][0] == [(5, 10)]
    assert by_class["unscorable"] == [[(10, 15)]]
    assert "wrong" not in by_class


def test_short_bouts_of_a_rare_behavior_are_seen():
    truth = np.full(100_000, NEITHER, dtype=np.int16)
    truth[[1000, 50_000]] = 0
    lane = Lane("walk", ("walk",), truth, truth)
    svg = ethogram_raster(Track("r", "m", "", np.arange(100_000) / 30, (lane,)), LOOK)
    brief = [p for p in parsed(svg).iter("path") if p.get("class") == "brief"]
    assert [re.findall(r"M(\d+)", p.get("d")) for p in brief] == [["1000", "50000"]] * 2


def test_the_time_axis_follows_the_clock():
    times_s = np.concatenate([np.arange(100) / 10, 10 + np.arange(100) / 20])
    truth = np.zeros(200, dtype=np.int16)
    track = Track("r", "m", "", times_s, (Lane("g", NAMES, truth, truth),))
    svg = parsed(ethogram_raster(track, LOOK, width=312))  # one unit a frame
    place = {
        t.text: float(t.get("x")) for t in svg.iter("text") if t.get("text-anchor") == "middle"
    }
    assert place["10"] == pytest.approx(100)
    assert place["12"] == pytest.approx(140)


def test_text_can_be_read_on_every_surface():
    for palette in (LIGHT, DARK):
        for surface in ("page", "card"):
            for ink in ("ink", "muted", "accent", "good", "warn", "bad"):
                assert contrast(palette[ink], palette[surface]) >= 4.5, (ink, surface)
        assert contrast(palette["warn"], palette["warn_fill"]) >= 4.5
        assert contrast(palette["bad"], palette["bad_fill"]) >= 4.5


@given(st.integers(0, 2**24 - 1))
@settings(max_examples=200, deadline=None)
def test_text_on_any_color_can_be_read(code):
    color = f"#{code:06X}"
    assert contrast(text_on(color), color) >= 4.5


def test_confusion_cells_can_be_read():
    counts = [[100 - k, k] for k in range(0, 101, 5)]
    svg = confusion_map(
        counts, truth=[f"b{k}" for k in range(21)], predicted=["yes", "no"], name="x"
    )
    cells = 0
    for group in parsed(svg).iter("g"):
        fill = group.find("rect").get("fill")
        for words in group.iter("text"):
            ink = words.get("style").removeprefix("fill:")
            assert contrast(ink, fill) >= 4.5
            cells += 1
    assert cells == 84


def test_behaviors_differ_by_color_and_pattern():
    look = swatches([f"b{k}" for k in range(42)])
    pairs = [(swatch.color, swatch.pattern) for swatch in look.values()]
    assert len(set(pairs)) == 42
    first = list(look.values())[: len(OKABE_ITO)]
    assert len({swatch.color for swatch in first}) == len(OKABE_ITO)
    assert swatches(["a"], colors={"a": "#123456"})["a"].color == "#123456"


def test_marks_whose_words_would_meet_stand_on_different_lines():
    svg = parsed(
        score_scale(0.9, low=0.8, high=0.95, references=[("a", 0.2), ("b", 0.21), ("c", 0.22)])
    )
    boxes = []
    for words in svg.iter("text"):
        if words.get("text-anchor") is None:
            x = float(words.get("x"))
            boxes.append((x, x + 6 * len(words.text), float(words.get("y"))))
    assert len(boxes) == 3
    for first, second in combinations(boxes, 2):
        apart = first[1] <= second[0] or second[1] <= first[0]
        assert apart or abs(first[2] - second[2]) >= 12


def test_undefined_scores_are_dashes_and_have_no_dot():
    svg = parsed(score_dots([("m1", 0.5, "h"), ("m2", None, "h")], name="x"))
    assert len(list(svg.iter("circle"))) == 1
    assert "–" in [words.text for words in svg.iter("text")]


def test_every_figure_is_well_formed_xml():
    bins = [{"mean_probability": 0.1, "observed_share": 0.2, "n": 10}]
    figures = [
        score_scale(None, low=None, high=None),
        precision_recall([0, 1], [1, 0.2], name="a & b", share=None),
        reliability(bins, name="<x>"),
        reliability([], name="x"),
        agreement_scatter([1, 2], [2, 1], words=["a", "b"], name="n"),
        agreement_scatter([], [], words=[], name="n"),
    ]
    for svg in figures:
        assert parsed(svg).tag == "svg"
    alone = standalone(figures[1])
    assert ElementTree.fromstring(alone).tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme" in alone


@given(st.floats(0, 1e4), st.floats(1e-3, 1e5), st.integers(3, 20))
@settings(max_examples=100, deadline=None)
def test_ticks_are_few_and_inside(low, size, most):
    found = ticks(low, low + size, most=most)
    assert 1 <= len(found) <= most
    assert all(low - 1e-6 <= mark <= low + size + 1e-6 for mark in found)


def test_mixing_stays_between():
    assert mixed("#102030", "#102030", share=0.3) == "#102030"


def test_patterns_are_left_out_only_where_bouts_are_too_thin():
    truth = np.tile(np.repeat(np.array([0, 1], dtype=np.int16), 4), 500)
    track = Track("r", "m", "", np.arange(4000) / 20, (Lane("g", NAMES, truth, truth),))
    thin = {p.get("stroke") for p in parsed(ethogram_raster(track, LOOK)).iter("path")}
    wide = {p.get("stroke") for p in parsed(ethogram_raster(track, LOOK, rows=10)).iter("path")}
    assert LOOK["rear"].color in thin
    assert "url(#raster-1)" in wide
    same = swatches(NAMES, colors=dict.fromkeys(NAMES, "#123456"))
    kept = {p.get("stroke") for p in parsed(ethogram_raster(track, same)).iter("path")}
    assert "url(#raster-1)" in kept


@pytest.mark.parametrize("n_steps", [1, 2, 7, 500])
def test_a_loss_lies_within_its_panel_at_its_steps(n_steps):
    svg = loss_over_steps([5.0 - step / n_steps for step in range(n_steps)], name="loss")
    panel, path = re.search(r'x="(\S+)" y="\S+" width="(\S+)"', svg), re.search(r'd="M(.*?)"', svg)
    left, wide = float(panel[1]), float(panel[2])
    first, *steps = [float(part.split()[0]) for part in path[1].split("l")]
    assert left <= first <= first + sum(steps) <= left + wide
    # A mean lies in the middle of the steps that it is of.
    half = (max(1, n_steps // 60) - 1) / 2 * wide / max(n_steps - 1, 1)
    assert first == pytest.approx(left + half, abs=0.1)
    if n_steps in (2, 7):
        assert first + sum(steps) == pytest.approx(left + wide, abs=0.5)
