"""A project as truth; runs and folders of predictions as what is scored, alone and in pairs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from boutwise.api import compare_scores, score
from boutwise.errors import DataError, LabelError, UsageError
from boutwise.formats._prediction import write_frames
from boutwise.metrics import ScoredSubject, score_recordings
from boutwise.project import Project
from boutwise.types import (
    Behavior,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Prediction,
    Recording,
    Subject,
)
from boutwise.types.bouts import from_frames

NAMES = ("rest", "walk", "rear")
ETHOGRAM = Ethogram(tuple(map(Behavior, NAMES)), (ExclusiveGroup("g", NAMES, background="rest"),))
N_FRAMES = 240
CLOCK = FrameClock.declared(N_FRAMES, fps=20)
MICE = [f"m{place}" for place in range(5)]


def labels(place):
    rng = np.random.default_rng(place)
    return np.repeat(rng.integers(0, 3, N_FRAMES // 12), 12)


def states(place):
    found = np.eye(3, dtype=np.int8)[labels(place)]
    found[:20] = -1
    return found


@pytest.fixture(name="lab")
def lab_fixture(tmp_path):
    """A project of five mice, one recording each, all labelled by eva."""
    with Project.create(tmp_path / "lab") as project:
        project.set_ethogram(ETHOGRAM)
        for place, mouse in enumerate(MICE):
            project.add_recording(Recording(f"day1/{mouse}", CLOCK, (mouse,)))
            subject = Subject(f"day1/{mouse}", mouse)
            project.add_bouts(from_frames(states(place), subject, NAMES, annotator="eva"))
    return tmp_path / "lab"


def prediction(place, skill, *, names=NAMES, mouse=None):
    """Probabilities and decisions of one recording; the same noise for every skill."""
    rng = np.random.default_rng(100 + place)
    noise = np.repeat(rng.normal(0, 1, (N_FRAMES // 12, 3)), 12, axis=0)
    logits = noise + skill * np.eye(3)[labels(place)]
    p = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    columns = [NAMES.index(name) for name in names]
    p = p[:, columns] / p[:, columns].sum(axis=1, keepdims=True)
    subject = Subject(f"day1/{MICE[place]}", mouse or MICE[place])
    return Prediction(
        subject.recording,
        (subject,),
        CLOCK,
        ETHOGRAM.only(names),
        p[None],
        np.eye(len(names), dtype=bool)[p.argmax(axis=1)][None],
        np.ones((1, N_FRAMES), dtype=bool),
        "b",
    )


def write_run(lab, name, *, skill=1.5, places=range(5), digest="d1", leaks=False, names=NAMES):
    run = lab / "runs" / name
    (run / "oof").mkdir(parents=True)
    for place in places:
        path = run / "oof" / f"day1__{MICE[place]}.frames.parquet"
        write_frames([prediction(place, skill, names=names)], path)
    about = {"run": {"labels_digest": digest, "leaks": leaks}}
    (run / "scores.json").write_text(json.dumps(about), encoding="utf-8")
    return run


def write_predictions(folder, *, seen=(), skill=1.5, places=range(5)):
    folder.mkdir()
    for place in places:
        write_frames([prediction(place, skill)], folder / f"day1__{MICE[place]}.frames.parquet")
    bundle = {"id": "0a1b2c3d4e5f", "name": "pose", "animals": list(seen)}
    (folder / "manifest.json").write_text(json.dumps({"bundles": [bundle]}), encoding="utf-8")
    return folder


def direct(skill, places=range(5)):
    """The same without files and project."""
    items = []
    for place in places:
        said = prediction(place, skill)
        subject = said.subjects[0]
        items.append(
            ScoredSubject(
                subject, subject.animal, states(place), said.decided[0], 20.0, said.probabilities[0]
            )
        )
    return score_recordings(items, ETHOGRAM)


def without_words(scores):
    found = scores.as_dict()
    for key in ("notes", "preset"):
        found.pop(key)
    return found


def test_a_run_is_scored_by_its_out_of_fold_predictions(lab):
    scores = score(lab, write_run(lab, "pose"))
    assert without_words(scores) == without_words(direct(1.5))
    assert scores.facts.exclusive_groups == {"g": NAMES}
    assert scores.facts.backgrounds == ("rest",)
    assert scores.facts.labels == "human"


def test_a_prediction_of_fewer_frames_than_the_recording_is_refused(lab):
    run = write_run(lab, "pose")
    whole = prediction(0, 1.5)
    half = replace(
        whole,
        clock=FrameClock.declared(N_FRAMES // 2, fps=20),
        probabilities=whole.probabilities[:, : N_FRAMES // 2],
        decided=whole.decided[:, : N_FRAMES // 2],
        observed=whole.observed[:, : N_FRAMES // 2],
    )
    write_frames([half], run / "oof" / f"day1__{MICE[0]}.frames.parquet")
    with pytest.raises(LabelError, match="the prediction has 120 frames and the truth 240"):
        score(lab, run)


def test_what_a_run_did_not_predict_is_left_out_and_said(lab):
    scores = score(lab, write_run(lab, "pose", places=range(3)))
    assert without_words(scores) == without_words(direct(1.5, range(3)))
    assert any("2 labelled recordings were not predicted" in note for note in scores.notes)
    some = score(lab, write_run(lab, "some", names=("rest", "walk")))
    assert some.facts.behaviors == ("rest", "walk")
    assert any("left out: rear" in note for note in some.notes)


def test_a_leaking_split_is_said(lab):
    scores = score(lab, write_run(lab, "leaky", leaks=True))
    assert any(note.startswith("LEAKS: the run 'leaky'") for note in scores.notes)
    assert compare_scores(lab, lab / "runs" / "leaky", write_run(lab, "pose")).leaks
    assert not compare_scores(lab, write_run(lab, "other"), lab / "runs" / "pose").leaks


def test_animals_that_a_bundle_was_trained_on_are_left_out_loudly(lab, tmp_path):
    folder = write_predictions(tmp_path / "p", seen=MICE[:2])
    scores = score(lab, folder)
    assert without_words(scores) == without_words(direct(1.5, range(2, 5)))
    (note,) = [note for note in scores.notes if "LEFT OUT" in note]
    assert "2 recordings of m0, m1, on which the bundle 'pose' (0a1b2c3d4e5f)" in note
    one = folder / "day1__m3.frames.parquet"
    assert score(lab, one).facts.animals == ("m3",)
    with pytest.raises(DataError, match="was trained on"):
        score(lab, folder / "day1__m0.frames.parquet")


def test_a_bundle_that_has_seen_every_animal_is_refused(lab, tmp_path):
    folder = write_predictions(tmp_path / "p", seen=MICE)
    with pytest.raises(
        DataError, match="was trained on these animals: m0, m1, m2, m3, m4"
    ) as caught:
        score(lab, folder)
    assert "its run" in caught.value.todo
    unknown = write_predictions(tmp_path / "q")
    (unknown / "manifest.json").write_text('{"bundles": [{"id": "x"}]}', encoding="utf-8")
    with pytest.raises(DataError, match="does not say which animals"):
        score(lab, unknown)


def test_two_runs_are_compared_animal_by_animal(lab):
    good, poor = write_run(lab, "good", skill=2.0), write_run(lab, "poor", skill=1.0)
    found = compare_scores(lab, good, poor)
    macro = found.difference("macro_f1")
    assert macro.first == direct(2.0).frames.macro_f1.value
    assert macro.second == direct(1.0).frames.macro_f1.value
    assert macro.difference.interval.n_groups == 5
    assert 0 < macro.difference.interval.low < macro.difference.value
    assert found.recordings == tuple(f"day1/{mouse}" for mouse in MICE)
    assert "Both runs were trained on the same labels." in found.notes


def test_runs_of_other_labels_say_so(lab):
    one, two = write_run(lab, "one"), write_run(lab, "two", digest="d2")
    found = compare_scores(lab, one, two)
    (note,) = [note for note in found.notes if "DIFFERENT labels" in note]
    assert "run 'one' and run 'two'" in note
    # Nobody knows what a stranger learned from.
    stranger = two / "oof" / "day1__m0.frames.parquet"
    assert not any("labels" in note for note in compare_scores(lab, one, stranger).notes)


def test_only_what_both_predicted_is_compared(lab, tmp_path):
    one = write_run(lab, "one", places=(0, 1, 2, 3))
    two = write_predictions(tmp_path / "p", places=(1, 2, 3, 4), seen=("m1",))
    found = compare_scores(lab, one, two)
    assert found.recordings == ("day1/m2", "day1/m3")
    assert "at least 3 animals" in found.differences[0].difference.interval.reason
    text = " ".join(found.notes)
    assert "LEFT OUT: 1 recordings of m1" in text
    assert "1 labelled recordings were not predicted" in text
    with pytest.raises(UsageError, match="no recording"):
        compare_scores(lab, write_run(lab, "a", places=(0,)), write_run(lab, "b", places=(1,)))


def test_tables_are_compared_without_a_project():
    truth = Bouts.concatenate(
        [from_frames(states(place), Subject(f"r{place}", MICE[place]), NAMES) for place in range(4)]
    )

    def said(skill):
        return Bouts.concatenate(
            [
                from_frames(
                    prediction(place, skill).decided[0].astype(np.int8),
                    Subject(f"r{place}", MICE[place]),
                    NAMES,
                )
                for place in range(4)
            ]
        )

    found = compare_scores(truth, said(2.0), said(1.0), background="rest", fps=20)
    assert found.animals == tuple(MICE[:4])
    assert (
        found.difference("macro_f1").first
        == score(truth, said(2.0), background="rest").frames.macro_f1.value
    )
    assert found.difference("macro_f1").difference.value > 0


def test_behaviors_exclude_each_other_only_where_neither_prediction_overlaps():
    truth = Bouts.concatenate(
        [from_frames(states(place), Subject(f"r{place}", MICE[place]), NAMES) for place in range(3)]
    )
    both = np.ones((N_FRAMES, 3), dtype=np.int8)
    greedy = Bouts.concatenate(
        [from_frames(both, Subject(f"r{place}", MICE[place]), NAMES) for place in range(3)]
    )
    forth, back = compare_scores(truth, truth, greedy), compare_scores(truth, greedy, truth)
    for found, sign in ((forth, 1), (back, -1)):
        row = found.difference("accuracy")
        # Each behavior is a decision of its own, and one of three is right.
        assert row.difference.value == pytest.approx(sign * 2 / 3)


def test_the_only_recording_of_a_project_is_taken_at_its_word(tmp_path, lab):
    with Project.create(tmp_path / "one") as project:
        project.set_ethogram(ETHOGRAM)
        project.add_recording(Recording("day2/m0", CLOCK, ("m0",)))
        project.add_bouts(from_frames(states(0), Subject("day2/m0", "m0"), NAMES, annotator="eva"))
    with pytest.raises(UsageError, match="no recording is in truth and prediction"):
        score(tmp_path / "one", write_run(lab, "pose", places=(0,)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda lab: (lab, lab), "a project holds labels"),
        (lambda lab: (write_run(lab, "r"), write_run(lab, "s")), "a run holds predictions"),
        (lambda lab: (lab, lab / "x.boutwise"), "a bundle holds no predictions"),
    ],
)
def test_what_cannot_be_a_side_is_refused(lab, make, message):
    with pytest.raises(UsageError, match=message):
        score(*make(lab))


def test_a_project_without_labels_is_refused(tmp_path, lab):
    with Project.create(tmp_path / "empty") as project:
        project.set_ethogram(ETHOGRAM)
    with pytest.raises(DataError, match="the project has no labels"):
        score(tmp_path / "empty", write_run(lab, "pose"))


def test_one_of_several_annotators_must_be_chosen(lab):
    with Project.open(lab) as project:
        subject = Subject("day1/m0", "m0")
        flipped = np.roll(states(0), 30, axis=0)
        project.add_bouts(from_frames(flipped, subject, NAMES, annotator="bob"))
    run = write_run(lab, "pose")
    with pytest.raises(LabelError, match="2 annotators") as caught:
        score(lab, run)
    assert "--annotators majority" in caught.value.todo
    with pytest.raises(LabelError, match="'bob' did not label"):
        score(lab, run, annotators="bob")
    scores = score(lab, run, annotators="eva")
    assert scores.frames.macro_f1.value == direct(1.5).frames.macro_f1.value


def test_labels_of_a_model_are_named(tmp_path):
    with Project.create(tmp_path / "lab") as project:
        project.set_ethogram(ETHOGRAM)
        project.add_recording(Recording("day1/m0", CLOCK, ("m0",)))
        made = from_frames(
            states(0), Subject("day1/m0", "m0"), NAMES, annotator="pose", source="0a1b2c3d4e5f"
        )
        project.add_bouts(made)
    scores = score(tmp_path / "lab", write_run(tmp_path / "lab", "pose", places=(0,)))
    assert scores.facts.labels == "model"
    assert any("made by a model" in note for note in scores.notes)


def test_one_project_may_have_behaviors_of_one_and_of_two(tmp_path):
    ethogram = Ethogram((Behavior("rear"), Behavior("sniff", scope="directed")))
    rear, sniff = np.zeros((100, 1), np.int8), np.zeros((100, 1), np.int8)
    rear[10:30], sniff[50:60] = 1, 1
    with Project.create(tmp_path / "lab") as project:
        project.set_ethogram(ethogram)
        project.add_recording(Recording("r", FrameClock.declared(100, fps=20), ("a", "b")))
        project.add_bouts(from_frames(rear, Subject("r", "a"), ["rear"], annotator="eva"))
        project.add_bouts(from_frames(sniff, Subject("r", "a", "b"), ["sniff"], annotator="eva"))
    said = Bouts.concatenate(
        [
            from_frames(rear, Subject("r", "a"), ["rear"]),
            from_frames(np.roll(sniff, 5), Subject("r", "a", "b"), ["sniff"]),
        ]
    )
    scores = score(tmp_path / "lab", said)
    assert scores.behavior("rear").f1.value == 1
    assert scores.behavior("sniff").f1.value == pytest.approx(0.5)
    assert scores.facts.n_subjects == 2


def test_a_project_is_scored_without_torch(lab):
    run = write_run(lab, "pose")
    code = (
        "import sys; from boutwise.api import score, compare_scores; "
        f"score({str(lab)!r}, {str(run)!r}); "
        f"compare_scores({str(lab)!r}, {str(run)!r}, {str(run)!r}); "
        "print([m for m in ('torch', 'lightning', 'sklearn', 'lightgbm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
