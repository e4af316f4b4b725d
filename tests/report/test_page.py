"""The page: complete, self-contained, and every number that of scores.json."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.report.run_builder import (
    MOUSE,
    PROBLEMS,
    SYNC,
    Folder,
    null_control,
    write_run,
)

from boutwise.errors import DataError
from boutwise.report import write_report
from boutwise.report.page import SECTIONS, SOME_RUNS
from boutwise.types import Behavior, Ethogram

VOID = {"meta", "br", "link", "img", "input", "hr"}
MIXED = Ethogram((*MOUSE.behaviors, Behavior("flinch"), Behavior("lick")), MOUSE.groups)


class Page(HTMLParser):
    """Text by section, ids, open tags, and anything that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.section = ""
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "section":
            self.section = attributes["id"]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        for key in ("src", "href", "xlink:href", "srcset", "data"):
            value = attributes.get(key, "")
            if value and not value.startswith(("#", "data:")):
                self.fetched.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.setdefault(self.section, []).append(data)
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def words(self, section: str) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text[section]))


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    spec = Folder(problems=PROBLEMS, sync=SYNC, unlabelled=300, unscorable=(700, 800))
    run = write_run(tmp_path_factory.mktemp("runs") / "mouse_pose", spec)
    page = read(write_report(run))
    return run, page, json.loads((run / "scores.json").read_text(encoding="utf-8"))


def test_the_page_is_one_file_that_fetches_nothing(ordinary):
    run, page, _ = ordinary
    text = (run / "report.html").read_text(encoding="utf-8")
    assert page.fetched == []
    assert not re.search(r"https?://", text)
    assert "<script" not in text
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    assert not list(run.glob(".*tmp"))


def test_all_sections_are_there_and_ids_are_unique(ordinary):
    _, page, _ = ordinary
    for name, heading in SECTIONS:
        if name in SOME_RUNS and name != "gallery":
            assert name not in page.ids
            continue
        assert name in page.ids
        assert heading in page.words(name)
    shared = ("key", "data", "scores", "legend", "agreement", "bouts")
    others = [i for i in page.ids if not i.startswith(tuple(f"{name}-" for name in shared))]
    assert len(others) == len(set(others))


def test_patterns_that_are_referred_to_exist(ordinary):
    run, page, _ = ordinary
    text = (run / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(page.ids)


def test_the_headline_stands_with_interval_baselines_and_control(ordinary):
    _, page, scores = ordinary
    words = page.words("head")
    estimate = scores["headline"]["estimate"]
    interval = estimate["interval"]
    assert f"macro-F1 of {estimate['value']:.3f}" in words
    assert f"interval over 6 animals: {interval['low']:.3f} to {interval['high']:.3f}" in words
    for entry in scores["baselines"]:
        assert f"{entry['name']} {entry['macro_f1']:.3f}" in words
    assert f"null control {scores['null_control']['macro_f1']:.3f}" in words
    assert "split by animal" in words
    assert "rough" in words
    assert "labels by people" in words
    assert "retraining" in words


def test_numbers_of_behaviors_equal_the_scores(ordinary):
    _, page, scores = ordinary
    for entry in scores["behaviors"]:
        row = next(r for r in page.rows if entry["name"] in r[0] and len(r) == 9)
        assert row[1] == f"{entry['precision']:.3f}"
        assert row[2] == f"{entry['recall']:.3f}"
        assert f"{entry['f1']['value']:.3f}" in row[3]
        low, high = entry["f1"]["interval"]["low"], entry["f1"]["interval"]["high"]
        assert row[3].endswith(f"{low:.2f} to {high:.2f}")
        assert row[4] == f"{entry['average_precision']:.3f}"
        counts = ("truth_frames", "predicted_frames", "truth_bouts", "n_animals")
        assert row[5:] == [f"{entry[key]:,}" for key in counts]


def test_bout_onset_and_agreement_numbers_equal_the_scores(ordinary):
    _, page, scores = ordinary
    pooled = next(r for r in page.rows if r[0] == "pooled")
    for cell, estimate in zip(pooled[1:4], scores["bouts"]["pooled_f1"], strict=True):
        assert cell.startswith(f"{estimate['value']:.3f}")
    assert pooled[6] == f"{scores['onsets']['false_bouts_per_hour']:.1f}"
    mean = next(r for r in page.rows if r[0] == "mean over behaviors" and len(r) == 7)
    onsets = [r for r in page.rows if r[0] == "mean over behaviors"][-1]
    assert onsets[1:4] == [f"{v:.3f}" for v in scores["onsets"]["mean_average_precision"]]
    assert mean[1].startswith(f"{scores['bouts']['macro_f1'][0]['value']:.3f}")
    first = scores["bout_agreement"][0]
    assert first["statistic"] == "count"
    shown = {row[1] for row in page.rows if len(row) == 9 and row[0].endswith(first["behavior"])}
    assert f"{first['bias']:+.2f}".replace("-", "−") in shown


def test_confusions_spread_and_facts_equal_the_scores(ordinary):
    _, page, scores = ordinary
    text = page.words("scores")
    for row in scores["confusions"][0]["counts"]:
        for count in row:
            assert f"{count:,}" in text
            assert f"{100 * count / sum(row):.1f} %" in text
    spread = page.words("spread")
    for entry in scores["by_animal"]:
        assert f"{entry['macro_f1']:.3f}" in spread
    data = page.words("data")
    assert f"{scores['facts']['scored_frames']:,}" in data
    assert f"{scores['facts']['unlabelled_frames']:,}" in data
    for recording in scores["facts"]["recordings"]:
        assert recording in data


def test_the_plan_shows_value_and_reason(ordinary):
    _, page, _ = ordinary
    rows = {row[0]: row[1:] for row in page.rows if len(row) in (2, 3)}
    assert rows["members.0.optim.leaves"] == ["12", "few animals: strong regularisation"]
    assert rows["split.folds"][0] == "6"
    assert rows["members.0.optim.rounds"] == ["200"]


def test_problems_and_sync_are_shown(ordinary):
    _, page, _ = ordinary
    words = page.words("checks")
    assert "the labels drift against the pose" in words
    assert "measured" not in words  # each problem says its number, with a unit, in its words
    assert "a.csv, row 12" in words
    assert "0 blocking, 2 warnings" in words
    rows = {row[0]: row[1:] for row in page.rows if len(row) == 5}
    assert rows["day1/cage0"] == ["+3.10± 0.4", "+0.72", "−0.50", "+6.70"]
    assert rows["day1/cage1"] == ["–a"] * 4
    assert "fewer than 20 changes" in words


def test_sync_is_estimated_where_the_scores_lack_it(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=3, sync=None))
    page = read(write_report(run))
    rows = {row[0]: row[1:] for row in page.rows if len(row) == 5}
    for recording in ("day1/cage0", "day1/cage1", "day1/cage2"):
        offset = re.match(r"[+−]?\d+\.\d\d", rows[recording][0])
        assert offset or rows[recording][0].startswith("–")


def test_held_out_animals_are_shown_apart(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=4, n_frames=1500, holdout=True))
    page = read(write_report(run))
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    value = scores["holdout"]["headline"]["estimate"]["value"]
    assert "The final model on m3, which no fold" in page.words("scores")
    assert f"macro-F1 {value:.3f} (no interval" in page.words("scores")
    assert "macro-F1 of held-out animals" in page.words("head")


def test_undefined_values_are_dashes_with_a_reason(tmp_path):
    spec = Folder(ethogram=MIXED, n_animals=2, n_frames=1200, never=("dig",), absent=("lick",))
    spec.never = ("dig", "lick")
    run = write_run(tmp_path / "run", spec)
    page = read(write_report(run))
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    dig = next(b for b in scores["behaviors"] if b["name"] == "dig")
    assert dig["precision"] is None
    row = next(r for r in page.rows if "dig" in r[0] and len(r) == 9)
    assert re.fullmatch(r"–[a-z]", row[1])
    lick = next(r for r in page.rows if "lick" in r[0] and len(r) == 9)
    assert all(cell.startswith("–") for cell in lick[1:5])
    words = page.words("scores")
    assert "it is never predicted" in words
    assert "it does not occur in the truth" in words
    head = page.words("head")
    assert "no interval" in head
    assert "at least 3 animals" in head


def test_independent_behaviors_and_pairs_have_lanes(tmp_path):
    spec = Folder(ethogram=MIXED, n_animals=3, n_frames=1200, targets=True)
    run = write_run(tmp_path / "run", spec)
    page = read(write_report(run))
    words = page.words("rasters")
    assert "m0 → m0b" in words
    for lane in ("activity", "flinch", "lick"):
        assert words.count(f" {lane} ") >= 3
    assert "how likely" in words


def test_a_run_without_probabilities_renders(tmp_path):
    spec = Folder(n_animals=3, n_frames=900, probabilities=False, human=False, null_control=None)
    page = read(write_report(write_run(tmp_path / "run", spec)))
    words = page.words("scores")
    assert "There are no curves" in words
    assert "There is no reliability" in words
    head = page.words("head")
    assert "labels by a model" in head
    assert "agreement with it, not accuracy" in head
    assert "The null control was not run" in head


@pytest.mark.parametrize(
    ("split", "wanted"),
    [
        ("random-frame", "LEAKING"),
        ("random-window", "LEAKING"),
        ("recording", "split by recording"),
        ("animal", "not seen"),
    ],
)
def test_the_protocol_is_named(tmp_path, split, wanted):
    leaks = split.startswith("random")
    spec = Folder(n_animals=3, n_frames=900, split=split, null_control=null_control(leaks=leaks))
    run = write_run(tmp_path / "run", spec)
    page = read(write_report(run))
    assert wanted in page.words("head")
    assert ("neighbors" in page.words("reading")) == leaks
    bad = 'class="alert"' in (run / "report.html").read_text(encoding="utf-8")
    assert bad == leaks


def test_what_the_folder_lacks_is_said(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=3, n_frames=900))
    (run / "environment.json").unlink()
    (run / "data" / "labels.parquet").unlink()
    for path in (run / "oof").iterdir():
        path.unlink()
    page = read(write_report(run, out=tmp_path / "elsewhere" / "page.html"))
    words = page.words("checks")
    for name in ("environment.json", "data/labels.parquet", "oof/"):
        assert name in words
    assert "nothing to draw" in page.words("rasters")
    assert not (run / "report.html").exists()


def test_an_unfinished_run_is_an_error(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=3, n_frames=900))
    (run / "scores.json").unlink()
    with pytest.raises(DataError, match=r"no scores\.json"):
        write_report(run)
    (run / "scores.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        write_report(run)


def test_names_are_escaped(tmp_path):
    odd = Ethogram((Behavior("<b>&walk"), Behavior("other")), ())
    run = write_run(tmp_path / "run", Folder(ethogram=odd, n_animals=3, n_frames=900))
    page = read(write_report(run))
    assert "<b>&walk" in page.words("scores")


def test_the_file_stays_small(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=6, n_frames=12_005))
    path = write_report(run)
    assert path.stat().st_size < 900_000
