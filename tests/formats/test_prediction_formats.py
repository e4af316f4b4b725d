"""Predictions in the formats of other programs: to their schema, and back as they were."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boutwise import formats, registry
from boutwise.errors import DataError, FormatError, UsageError
from boutwise.formats import labels_to_bouts
from boutwise.formats._predicted import Origin
from boutwise.inference import prediction_bouts
from boutwise.types import (
    Behavior,
    Bouts,
    Boxes,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Prediction,
    Recording,
    Subject,
)

SCHEMAS = Path(__file__).parent / "schemas"
N, FPS = 40, 30.0
NAMES = ("rest", "walk, fast", "Schnüffeln", 'with "quotes"')
ONE_CLASS = ("clip3d_json", "multitask_csv")
ALL = (*ONE_CLASS, "events_json", "supervisely")
FAST = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def schema(name: str):
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


def choice(names=NAMES, scope="individual") -> Ethogram:
    behaviors = tuple(Behavior(name, scope=scope) for name in names)
    return Ethogram(behaviors, (ExclusiveGroup("act", names, names[0]),) if len(names) > 1 else ())


# A number of parameters: what a test wants to be otherwise.
def predicted(chosen, observed, ethogram, subjects, *, boxes=None, seed=0) -> Prediction:
    """A prediction of which each frame shows one class; ``chosen`` is -1 where none."""
    chosen, observed = np.atleast_2d(chosen), np.atleast_2d(observed).astype(bool)
    raw = np.random.default_rng(seed).uniform(0.05, 1, (*chosen.shape, len(ethogram.names)))
    if ethogram.groups:
        raw /= raw.sum(axis=2, keepdims=True)
    decided = chosen[..., None] == np.arange(len(ethogram.names))
    return Prediction(
        subjects[0].recording,
        tuple(subjects),
        FrameClock.declared(chosen.shape[1], FPS),
        ethogram,
        raw.astype(np.float32),
        decided & observed[..., None],
        observed,
        "0123456789ab",
        boxes,
    )


def boxes_of(animals, present, seed=0) -> Boxes:
    """A box of each animal where ``present``, (frames, animals)."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 60, (*present.shape, 2))
    corners = np.concatenate([low, low + rng.uniform(1, 40, low.shape)], axis=2)
    corners = np.where(present[..., None], corners, np.nan).astype(np.float32)
    scores = np.where(present, 0.75, np.nan).astype(np.float32)
    return Boxes(corners, scores, present, tuple(animals), (96, 128), "test")


def origin_of(prediction: Prediction, source="/videos/day 1/cage 3.mp4") -> Origin:
    return Origin(prediction.recording, source, "clip3d 0123456789ab", (96, 128))


def written(name: str, folder: Path, prediction: Prediction, **given) -> Path:
    """The file of a prediction, which is held to its schema."""
    part = registry.load("format", name)
    origin = origin_of(prediction, **given)
    path = part.prediction_path(folder, origin)
    assert path in part.write_prediction(path, prediction, origin)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            jsonschema.validate(row, schema(name))
    else:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema(name))
    assert formats.sniff(path) == name
    return path


def back(path: Path, prediction: Prediction) -> tuple[Bouts, formats.Contents]:
    """What a file says, on the frames of the recording."""
    contents = formats.read(path)
    animals = tuple(dict.fromkeys(s.animal for s in prediction.subjects))
    targets = tuple(s.target for s in prediction.subjects if s.target)
    names = tuple(dict.fromkeys([*animals, *targets]))
    recording = Recording(prediction.recording, prediction.clock, names)
    alone = {"": names[0]} if len(names) == 1 else {}
    tables = [
        labels_to_bouts(track, recording, annotator="", source="", animal_map=alone)
        for track in contents.labels
    ]
    assert not [p for _, problems in tables for p in problems if p.row]
    return Bouts.concatenate(table for table, _ in tables), contents


def rows_of(bouts: Bouts):
    plain = (dataclasses.replace(row, confidence=0, source="") for row in bouts.rows())
    return sorted(plain, key=lambda row: (row.animal, row.target, row.behavior, row.start))


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    """One animal or two, or two of which each acts toward the other; some frames unscorable."""
    kind = draw(st.sampled_from(["one", "two", "pair"]))
    who = {
        "one": [("m1", "")],
        "two": [("m1", ""), ("m 2", "")],
        "pair": [("m1", "m 2"), ("m 2", "m1")],
    }
    subjects = [Subject("day 1/Käfig 3", *each) for each in who[kind]]
    n_frames = draw(st.integers(1, N))
    shape = (len(subjects), n_frames)
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    chosen = rng.integers(-1 if len(names) == 1 else 0, len(names), shape)
    chosen = np.repeat(chosen, 3, axis=1)[:, :n_frames]
    observed = np.repeat(rng.random(shape) < draw(st.sampled_from([0, 0.7, 1])), 4, axis=1)
    boxed = None
    if draw(st.booleans()):
        animals = tuple(dict.fromkeys(s.animal for s in subjects))
        boxed = boxes_of(animals, rng.random((n_frames, len(animals))) < 0.6, seed)
    scope = "directed" if kind == "pair" else "individual"
    ethogram = choice(names, scope)
    return predicted(chosen, observed[:, :n_frames], ethogram, subjects, boxes=boxed, seed=seed)


@pytest.mark.parametrize("name", ALL)
@FAST
@given(prediction=predictions())
def test_what_is_written_reads_back(name, prediction, tmp_path):
    for old in sorted(tmp_path.rglob("*"), reverse=True):
        old.rmdir() if old.is_dir() else old.unlink()
    path = written(name, tmp_path, prediction)
    found, contents = back(path, prediction)
    wanted = prediction_bouts(prediction)
    assert rows_of(found) == rows_of(wanted)
    said = {(r.animal, r.target, r.behavior, r.start): r for r in found.rows()}
    for row in wanted.rows():
        one = said[row.animal, row.target, row.behavior, row.start]
        assert one.confidence == pytest.approx(row.confidence, abs=2e-7)
        assert one.source.startswith("model:")
    if name in ONE_CLASS:
        key = {(o.animal, o.target, o.behavior, o.start, o.stop) for o in wanted.observed}
        assert {(o.animal, o.target, o.behavior, o.start, o.stop) for o in found.observed} == key
        for place, subject in enumerate(prediction.subjects):
            seen = prediction.observed[place]
            alone = len(prediction.subjects) == 1
            who = ("" if alone and not subject.target else subject.animal, subject.target)
            if not seen.any() and who not in contents.probabilities:
                continue
            columns = contents.probabilities[who]
            for column, behavior in enumerate(prediction.ethogram.names):
                values = columns[behavior]
                assert np.isfinite(values).tolist() == seen.tolist()
                true = prediction.probabilities[place, seen, column]
                np.testing.assert_allclose(values[seen], true, atol=1e-7)


@FAST
@given(prediction=predictions())
def test_boxes_of_supervisely_read_back(prediction, tmp_path):
    part = registry.load("format", "supervisely")
    path = part.prediction_path(tmp_path, origin_of(prediction))
    path.unlink(missing_ok=True)
    boxes = formats.read(written("supervisely", tmp_path, prediction)).boxes
    true = prediction.boxes
    if true is None or not true.present.any():
        assert boxes is None
        return
    shown = [animal for place, animal in enumerate(true.animals) if true.present[:, place].any()]
    assert sorted(boxes.animals) == sorted(shown)
    assert boxes.size == true.size
    for animal in shown:
        mine = boxes.corners[:, boxes.index(animal)]
        np.testing.assert_array_equal(mine, true.corners[:, true.index(animal)])


def lone(chosen=None, observed=None, **given) -> Prediction:
    chosen = np.arange(N) // 10 if chosen is None else chosen
    observed = np.ones(len(chosen)) if observed is None else observed
    ethogram = given.pop("ethogram", choice())
    return predicted(chosen, observed, ethogram, [Subject("day1/cage3", "m1")], **given)


def test_clip3d_says_what_it_was_predicted_from(tmp_path):
    observed = np.ones(N)
    observed[:3] = 0
    path = written("clip3d_json", tmp_path, lone(observed=observed))
    assert path.name == "day1__cage3.clip3d.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert (data["frame_count"], data["fps"], data["classes"]) == (N, FPS, list(NAMES))
    assert data["video_path"] == "/videos/day 1/cage 3.mp4"
    assert data["frame_indices"] == list(range(3, N))
    assert [row["action"] for row in data["predictions"][:8]] == [NAMES[0]] * 7 + [NAMES[1]]
    for row, chances in zip(data["predictions"], data["probabilities"], strict=True):
        assert row["confidence"] == chances[NAMES.index(row["action"])]
        assert sum(chances) == pytest.approx(1, abs=1e-5)
    assert formats.read(path).labels[0].recording == "cage 3"


def test_multitask_has_the_numbers_of_the_source_classes(tmp_path):
    names = ("rest", "paw_withdraw", "active")
    prediction = lone(np.arange(N) % 3, ethogram=choice(names))
    path = written("multitask_csv", tmp_path, prediction)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["Frame", "Action", "p:rest", "p:paw_withdraw", "p:active"]
    assert [row["Action"] for row in rows[:4]] == ["0", "1", "7", "0"]
    other = written("multitask_csv", tmp_path / "..", lone())
    with other.open(encoding="utf-8", newline="") as file:
        assert {row["Action"] for row in csv.DictReader(file)} == {"0", "1", "2", "3"}
    other.unlink()


def test_a_number_at_the_end_of_a_recording_is_no_trial(tmp_path):
    prediction = dataclasses.replace(lone(), recording="cage_12")
    (track,) = formats.read(written("multitask_csv", tmp_path, prediction)).labels
    assert (track.recording, track.trial) == ("cage_12", None)


def test_events_end_inside_and_lie_in_the_folders_of_the_input(tmp_path):
    present = np.zeros((N, 1), dtype=bool)
    present[10:14] = True
    boxes = boxes_of(["m1"], present)
    path = written("events_json", tmp_path, lone(boxes=boxes))
    assert path.relative_to(tmp_path).as_posix() == "events/day1/cage3.json"
    events = json.loads(path.read_text(encoding="utf-8"))
    assert [event["frame_range"] for event in events] == [[0, 9], [10, 19], [20, 29], [30, 39]]
    assert [event["label"] for event in events] == [0, 1, 2, 3]
    assert [event["label_name"] for event in events] == list(NAMES)
    low, high = boxes.corners[10:14, 0, :2].min(axis=0), boxes.corners[10:14, 0, 2:].max(axis=0)
    assert events[1]["bbox"] == pytest.approx([*low, *high])
    assert [event["bbox"] for event in events].count(None) == 3


@pytest.mark.parametrize("name", ALL)
def test_a_prediction_of_nothing_is_written_and_read(name, tmp_path):
    ethogram = choice(("rear",))
    prediction = lone(np.full(N, -1), ethogram=ethogram)
    found, _ = back(written(name, tmp_path, prediction), prediction)
    assert len(found) == 0
    unseen = dataclasses.replace(
        lone(), observed=np.zeros((1, N), bool), decided=np.zeros((1, N, 4), bool)
    )
    found, contents = back(written(name, tmp_path, unseen), unseen)
    assert len(found) == 0
    assert not found.observed or name == "supervisely"
    assert contents.format == name


@pytest.mark.parametrize("name", ONE_CLASS)
def test_behaviors_that_overlap_are_refused_before_the_work(name, tmp_path):
    free = Ethogram((Behavior("rear"), Behavior("walk")))
    with pytest.raises(UsageError, match="may overlap: rear, walk"):
        registry.load("format", name).refuse(tmp_path, free)
    registry.load("format", name).refuse(tmp_path, choice())
    registry.load("format", "events_json").refuse(tmp_path, free)


def test_behaviors_that_overlap_become_events_and_tags(tmp_path):
    ethogram = Ethogram((Behavior("rear"), Behavior("walk")))
    decided = np.zeros((1, N, 2), bool)
    decided[0, 5:20, 0] = decided[0, 10:30, 1] = True
    plain = lone(np.full(N, -1), ethogram=ethogram)
    prediction = dataclasses.replace(plain, decided=decided)
    for name in ("events_json", "supervisely"):
        found, _ = back(written(name, tmp_path, prediction), prediction)
        assert [(b.behavior, b.start, b.stop) for b in found.rows()] == [
            ("rear", 5, 20),
            ("walk", 10, 30),
        ]


# --- supervisely


def project_of_somebody(folder: Path) -> Path:
    """A video in a nested data set of a project; the bytes of the video do not matter here."""
    video = folder / "lab" / "day 1" / "datasets" / "evening" / "video" / "cage 3.mp4"
    (video.parent.parent / "ann").mkdir(parents=True)
    video.parent.mkdir()
    video.write_bytes(b"video")
    (folder / "lab" / "meta.json").write_text('{"classes": [], "tags": []}', encoding="utf-8")
    (video.parent.parent / "ann" / "cage 3.mp4.json").write_text("{}", encoding="utf-8")
    return video


def test_the_structure_of_a_project_is_kept_and_the_project_is_not_touched(tmp_path):
    video = project_of_somebody(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "lab").rglob("*") if path.is_file()}
    path = written("supervisely", tmp_path / "out", lone(), source=str(video))
    root = tmp_path / "out" / "supervisely"
    assert path == root / "day 1" / "datasets" / "evening" / "ann" / "cage 3.mp4.json"
    meta = json.loads((root / "meta.json").read_text(encoding="utf-8"))
    jsonschema.validate(meta, schema("supervisely_meta"))
    assert [tag["name"] for tag in meta["tags"]] == list(NAMES)
    assert formats.sniff(root) == "supervisely"
    assert formats.files(root) == [path]
    assert before == {p: p.read_bytes() for p in (tmp_path / "lab").rglob("*") if p.is_file()}


def test_no_project_of_people_is_written_into(tmp_path):
    project_of_somebody(tmp_path)
    part = registry.load("format", "supervisely")
    for inside in (tmp_path / "lab", tmp_path / "lab" / "results"):
        with pytest.raises(UsageError, match="lies in a Supervisely project"):
            part.refuse(inside, choice())
    (tmp_path / "lab").rename(tmp_path / "supervisely")
    with pytest.raises(UsageError, match="that predict did not write"):
        part.refuse(tmp_path, choice())
    written("supervisely", tmp_path / "out", lone())
    part.refuse(tmp_path / "out", choice())
    (tmp_path / "meta.json").write_text("[1]", encoding="utf-8")  # of another program
    part.refuse(tmp_path / "out", choice())


def test_no_annotation_of_people_or_of_another_recording_is_replaced(tmp_path):
    path = written("supervisely", tmp_path, lone())
    assert path == tmp_path / "supervisely" / "day1" / "ann" / "cage 3.mp4.json"
    written("supervisely", tmp_path, lone(np.zeros(N, int)))
    other = dataclasses.replace(lone(), recording="day1/cage4")
    with pytest.raises(DataError, match="another annotation is there"):
        written("supervisely", tmp_path, other)
    path.write_text('{"tags": [], "objects": [], "framesCount": 3}', encoding="utf-8")
    with pytest.raises(DataError, match="another annotation is there"):
        written("supervisely", tmp_path, lone())


def test_without_a_video_there_is_no_annotation_of_one(tmp_path):
    origin = Origin("cage3", "cage3.csv", "pose 0123456789ab", None)
    with pytest.raises(DataError, match="there is no video"):
        registry.load("format", "supervisely").prediction_path(tmp_path, origin)


def test_objects_at_once_keep_the_names_of_their_animals(tmp_path):
    subjects = [Subject("cage3", "6112"), Subject("cage3", "left, old")]
    boxes = boxes_of(["6112", "left, old"], np.ones((N, 2), bool))
    chosen = np.stack([np.arange(N) // 20, np.arange(N) // 10])
    prediction = predicted(chosen, np.ones((2, N)), choice(), subjects, boxes=boxes)
    contents = formats.read(written("supervisely", tmp_path, prediction))
    assert contents.boxes.animals == ("6112", "left, old")
    assert {row.animal for row in contents.labels[0].rows} == {"6112", "left, old"}


# --- what is broken


def broken(path: Path, change) -> Path:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "words", "row"),
    [
        (lambda d: d.pop("model"), "no 'model'", 1),
        (lambda d: d["classes"].append("rest"), "'classes'", 1),
        (lambda d: d.update(frame_count=0), "'frame_count'", 1),
        (lambda d: d.update(fps="30"), "'fps'", 1),
        (lambda d: d["probabilities"].pop(), "'probabilities'", 1),
        (lambda d: d["probabilities"].__setitem__(4, [2, 0, 0, 0]), "probabilities cannot be", 5),
        (lambda d: d["predictions"][4].update(action="rset"), "did you mean 'rest'", 5),
        (lambda d: d["predictions"][4].update(frame=9), "the frame is 4, and 9", 5),
        (lambda d: d["frame_indices"].__setitem__(4, N), f"the frame is {N}", 5),
        (lambda d: [d["predictions"][4].update(frame=3), d["frame_indices"].__setitem__(4, 3)],
         "do not count upward", 5),
    ],
)  # fmt: skip
def test_broken_clip3d_is_refused_by_row(change, words, row, tmp_path):
    path = broken(written("clip3d_json", tmp_path, lone()), change)
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(path, format="clip3d_json")
    assert (caught.value.file, caught.value.row) == (str(path), row)


@pytest.mark.parametrize(
    ("change", "words", "row"),
    [
        (lambda d: d[1].pop("label_name"), "no event", 2),
        (lambda d: d[1].update(label_name=""), "the label is", 2),
        (lambda d: d[2].update(frame_range=[5, 3]), "has the frames", 3),
        (lambda d: d[2].update(frame_range=[5.0, 7.0]), "has the frames", 3),
        (lambda d: d[2].update(confidence=1.5), "the confidence is 1.5", 3),
    ],
)
def test_broken_events_are_refused_by_row(change, words, row, tmp_path):
    path = broken(written("events_json", tmp_path, lone()), change)
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(path, format="events_json")
    assert (caught.value.file, caught.value.row) == (str(path), row)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("4,9,.25,.25,.25,.25", "'9' is no class"),
        ("4,0,1.5,.25,.25,.25", "probabilities cannot be"),
        ("4,0,,.25,.25,.25", "probabilities cannot be"),
        ("4,0,,,,", "a class without probabilities"),
        ("3,0,.25,.25,.25,.25", "the frame is 3 after 3"),
        ("4,0,.25", "the row has 3 cells"),
    ],
)
def test_broken_multitask_is_refused_by_row(cells, words, tmp_path):
    path = written("multitask_csv", tmp_path, lone())
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[5] = cells
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(path, format="multitask_csv")
    assert (caught.value.file, caught.value.row) == (str(path), 6)


def test_further_columns_of_a_trial_are_labels_as_before(tmp_path):
    path = tmp_path / "prediction_cage 3.mp4_2.csv"
    path.write_text("Frame,Action,sure\n0,0,.9\n1,2,.8\n", encoding="utf-8")
    assert formats.sniff(path) == "trial_labels"
    path.write_text("Frame,Action,p:rest,p:walk\n0,0,.9,.1\n1,6,.2,.8\n", encoding="utf-8")
    assert formats.sniff(path) == "multitask_csv"
    (track,) = formats.read(path).labels
    assert (track.recording, track.trial, track.n_rows) == ("cage 3", 2, 2)
